"""Offices and channels: who answers, where, in which languages, at which hours, under which policy.

>>> Channel("x-reply", "X reply", True, 280, 23, None, ("hide",)).length("see www.example.org/a/long/page")
27
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from responder.drafting.calendar import WEEKDAYS, Hours
from responder.drafting.conditions import OFFICE_KINDS, Vocabulary
from responder.drafting.model import MODERATION_ACTIONS
from responder.drafting.reading import Section

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()]{1,2000}|\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}/[^\s<>()]{1,2000}", re.I
)


@dataclass(frozen=True)
class Channel:
    """One kind of place where messages come in. `limit` counts characters; None where there is none."""

    id: str
    title: str
    public: bool
    limit: int | None
    link_length: int | None
    window_hours: int | None
    moderation: tuple[str, ...]
    human_agent_days: int | None = None

    def length(self, text: str) -> int:
        """How long the platform counts a text to be."""
        if self.link_length is None:
            return len(text)
        return len(_LINK.sub("x" * self.link_length, text))

    def fits(self, text: str) -> bool:
        """Whether a text is within the limit."""
        return self.limit is None or self.length(text) <= self.limit


def read_channels(section: Section) -> dict[str, Channel]:
    """channels.yml of the national pack."""
    channels = {}
    for id_ in section.names():
        entry: Section = section.section(id_)
        channels[id_] = Channel(
            id=id_,
            title=entry.text("title"),
            public=entry.flag("public"),
            limit=entry.number("limit", None),
            link_length=entry.number("link_length", None),
            window_hours=entry.number("window_hours", None),
            moderation=entry.texts("moderation", MODERATION_ACTIONS),
            human_agent_days=entry.number("human_agent_days", None),
        )
        entry.finish()
    return channels


@dataclass(frozen=True)
class Policy:
    """The document that a pack states."""

    title: str
    version: str
    issued: date
    review_due: date | None


@dataclass(frozen=True)
class Successor:
    """Who holds the functions now, since when, and where that was read."""

    name: str
    since: date
    source: str


@dataclass(frozen=True)
class Office:
    """The settings of one office, as office.yml states them."""

    id: str
    name: Mapping[str, str]
    short_name: Mapping[str, str]
    kind: str
    force: Mapping[str, str]
    country: str
    languages: tuple[str, ...]
    colour: str
    policy: Policy
    in_force_from: date
    in_force_until: date | None
    successor: Successor | None
    hours: Hours | None
    reply_target_hours: int | None
    channels: tuple[str, ...]
    channels_clause: str | None
    never_channels: tuple[str, ...]
    pre_election: tuple[tuple[date, date], ...]
    welsh_approved: bool

    def is_review_overdue(self, day: date) -> bool:
        """Whether the policy's own review date has passed."""
        return self.policy.review_due is not None and self.policy.review_due < day

    def is_superseded(self, day: date) -> bool:
        """Whether somebody else holds the office's functions, or the policy has ended."""
        ended = self.in_force_until is not None and self.in_force_until < day
        return ended or (self.successor is not None and self.successor.since <= day)

    def is_pre_election(self, day: date) -> bool:
        """Whether a pre-election period that the office entered covers the day."""
        return any(first <= day <= last for first, last in self.pre_election)

    def next_pre_election(self, day: date) -> tuple[date, date] | None:
        """The pre-election period that covers the day, else the next one that the office entered, else None."""
        return min((period for period in self.pre_election if day <= period[1]), default=None)


def _by_language(section: Section, key: str, words: Vocabulary) -> dict[str, str]:
    if isinstance(section.take(key), str):
        return {"en": section.text(key)}
    inner: Section = section.section(key)
    values = {language: inner.text(language) for language in words.languages if language in inner}
    for language in words.languages:
        inner.take(language, None)
    if "en" not in values:
        raise inner.fault(None, f"“{key}” has no English words (en)")
    inner.finish()
    return values


def clock_time(section: Section, key: str) -> time | None:
    """A time written "HH:MM", or None where it is null or missing."""
    value = section.text(key, None)
    if value is None:
        return None
    try:
        return time.fromisoformat(value)
    except ValueError:
        raise section.fault(key, f'“{key}” is “{value}”; a time written "HH:MM" is allowed') from None


def _read_hours(section: Section | None) -> Hours | None:
    if section is None:
        return None
    hours = Hours(
        days=section.texts("days", WEEKDAYS, WEEKDAYS[:5]),
        opens=clock_time(section, "opens"),
        closes=clock_time(section, "closes"),
        bank_holidays=section.choice("bank_holidays", ("closed", "open", "unknown")),
        clause=section.text("clause", None),
    )
    section.finish()
    return hours


def _read_successor(section: Section | None) -> Successor | None:
    if section is None:
        return None
    successor = Successor(section.text("name"), section.day("since"), section.text("source"))
    section.finish()
    return successor


def read_office(section: Section, id_: str, words: Vocabulary) -> Office:
    """office.yml. Raises PackError on a fault."""
    policy: Section = section.section("policy")
    in_force: Section = section.section("in_force")
    periods = []
    for entry in section.sections("pre_election"):
        first, last = entry.day("from"), entry.day("until")
        if last < first:
            raise entry.fault("until", "“until” is before “from”")
        periods.append((first, last))
        entry.finish()
    office = Office(
        id=id_,
        name=_by_language(section, "name", words),
        short_name=_by_language(section, "short_name", words),
        kind=section.choice("kind", OFFICE_KINDS),
        force=_by_language(section, "force", words),
        country=section.choice("country", words.countries),
        languages=section.texts("languages", words.languages, ("en",)),
        colour=section.text("colour"),
        policy=Policy(
            policy.text("title"), policy.text("version"), policy.day("issued"), policy.day("review_due", None)
        ),
        in_force_from=in_force.day("from"),
        in_force_until=in_force.day("until", None),
        successor=_read_successor(section.section("successor", None)),
        hours=_read_hours(section.section("hours", None)),
        reply_target_hours=section.number("reply_target_hours", None),
        channels=section.texts("channels", words.channels),
        channels_clause=section.text("channels_clause", None),
        never_channels=section.texts("never_channels"),
        pre_election=tuple(periods),
        welsh_approved=section.flag("welsh_approved"),
    )
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", office.colour):
        raise section.fault("colour", f'“colour” is “{office.colour}”; a colour written "#rrggbb" is allowed')
    section.text("note", None)
    policy.finish()
    in_force.finish()
    section.finish()
    return office
