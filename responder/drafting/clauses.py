"""Clauses: what a policy or a law demands, dated, with its reference, and all that follows from it.

A clause is one file; its path is its id. What it says, allows, asks of staff and checks stands in the
version in force on a day:

>>> Clause("x/1", "Title", "1", "Duty.", "office_policy", {}).at(date(2026, 1, 1)) is None
True
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from responder.drafting.conditions import ALWAYS, Vocabulary, When, read_when
from responder.drafting.model import HANDLINGS, MODERATION_ACTIONS
from responder.drafting.reading import Section

KINDS = ("statute", "guidance", "office_policy", "national_practice")
CLOCKS = ("foi", "sar", "data_protection", "reply_target", "now")
SETTINGS = (
    "hours",
    "channels",
    "never_channels",
    "languages",
    "policy",
    "reply_target_hours",
    "pre_election",
    "successor",
)


@dataclass(frozen=True)
class Reference:
    """Where it was read: a title, a section, an address where there is one."""

    title: str
    section: str = ""
    address: str = ""


@dataclass(frozen=True)
class Wording:
    """The words for one topic, by language; each a list of alternatives of which the first that can be filled counts.

    `short` serves where the channel is tight. `also` are further clauses that the words rest on.
    """

    full: Mapping[str, tuple[str, ...]]
    short: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Step:
    """A moderation step that the clause allows."""

    when: When
    action: str
    reason: str
    decides: str | None = None


@dataclass(frozen=True)
class Duty:
    """Something that staff must do. `clock` says how its date is reckoned; `clauses` beyond the own one."""

    when: When
    to: str
    what: str
    clock: str | None = None
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Requirement:
    """What a reply must have (facts by name) or must not have (phrases), or which national rules it keeps (by code).

    A rule that is kept here holds whatever its own `when`.
    """

    when: When
    must_have: tuple[str, ...]
    must_not_have: tuple[str, ...]
    why: str
    level: str = "blocking"
    must_keep: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """A clause as in force from `since`."""

    since: date
    reference: tuple[Reference, ...]
    review_by: date | None = None
    says: Mapping[str, Wording] = field(default_factory=dict)
    handling: Mapping[str, str] = field(default_factory=dict)
    moderation: tuple[Step, ...] = ()
    staff_actions: tuple[Duty, ...] = ()
    checks: tuple[Requirement, ...] = ()
    settings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    lesson: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Clause:
    """One clause with its versions, oldest first; a version of None ends it."""

    id: str
    title: str
    section: str
    duty: str
    kind: str
    versions: Mapping[date, Version | None]
    file: str = ""

    @property
    def is_national(self) -> bool:
        """Whether it stands in the national pack and not in the office's policy."""
        return self.id.startswith("national/")

    def at(self, day: date) -> Version | None:
        """The version in force on a day; before the first one, the first; None once it has ended."""
        begun = [since for since in self.versions if since <= day]
        if begun:
            return self.versions[max(begun)]
        return self.versions[min(self.versions)] if self.versions else None


def id_from_path(owner: str, stem: str) -> str:
    """`05-complaints` is `owner/5`; `foi-clock` is `owner/foi-clock`."""
    numbered = re.match(r"0*(\d+)(?:-|$)", stem)
    return f"{owner}/{numbered.group(1) if numbered else stem}"


def read_clause(section: Section, id_: str, words: Vocabulary, roles: tuple[str, ...]) -> Clause:
    """One clause file. Raises PackError on a fault; names across files are resolved by the pack."""
    versions: dict[date, Version | None] = {}
    dated: Section = section.section("versions")
    if not dated.names():
        raise section.fault("versions", "“versions” is empty; at least one date with what holds from then is allowed")
    for key in dated.names():
        try:
            since = date.fromisoformat(key)
        except ValueError:
            raise dated.fault(key, f"“{key}” is no date; a date written YYYY-MM-DD is allowed") from None
        versions[since] = None if dated.take(key) is None else _read_version(dated.section(key), since, words, roles)
    clause = Clause(
        id=id_,
        title=section.text("title"),
        section=section.text("section", ""),
        duty=section.text("duty"),
        kind=section.choice("kind", KINDS),
        versions=dict(sorted(versions.items())),
        file=section.file,
    )
    section.finish()
    return clause


def _read_version(section: Section, since: date, words: Vocabulary, roles: tuple[str, ...]) -> Version:
    references = []
    for entry in section.sections("reference"):
        references.append(Reference(entry.text("title"), entry.text("section", ""), entry.text("address", "")))
        entry.finish()
    if not references:
        raise section.fault("reference", "“reference” is missing or empty; at least one title is allowed")
    says: dict[str, Wording] = {}
    said: Section | None = section.section("says", None)
    for topic in said.names() if said else ():
        assert said is not None
        says[topic] = _read_wording(said.section(topic), words)
    handling: dict[str, str] = {}
    handled: Section | None = section.section("handling", None)
    for intent in handled.names() if handled else ():
        assert handled is not None
        if intent not in words.intents:
            raise handled.fault(intent, f"“{intent}” is no intent; allowed is: {', '.join(words.intents)}")
        handling[intent] = handled.choice(intent, HANDLINGS)
    version = Version(
        since=since,
        reference=tuple(references),
        review_by=section.day("review_by", None),
        says=says,
        handling=handling,
        moderation=tuple(_read_step(entry, words, roles) for entry in section.sections("moderation")),
        staff_actions=tuple(read_duty(entry, words, roles) for entry in section.sections("staff_actions")),
        checks=tuple(_read_requirement(entry, words) for entry in section.sections("checks")),
        settings=section.texts("settings", SETTINGS),
        facts=section.texts("facts"),
        lesson=section.text("lesson", None),
        note=section.text("note", None),
    )
    section.finish()
    effects = (says, handling, version.moderation, version.staff_actions, version.checks)
    if not any(effects) and not (version.settings or version.facts or version.lesson):
        raise section.fault(
            None,
            "nothing follows from this version; at least one of says, handling, moderation, staff_actions, checks, "
            "settings, facts or lesson is needed",
        )
    return version


def _alternatives(section: Section, language: str) -> tuple[str, ...]:
    if isinstance(section.take(language), list):
        values = section.texts(language)
        if not values:
            raise section.fault(language, f"“{language}” is an empty list; at least one wording is allowed")
        return values
    return (section.text(language),)


def _read_wording(section: Section, words: Vocabulary) -> Wording:
    full = {language: _alternatives(section, language) for language in words.languages if language in section}
    if not full:
        raise section.fault(None, f"has no words; allowed is a wording in: {', '.join(words.languages)}")
    short: dict[str, tuple[str, ...]] = {}
    tight: Section | None = section.section("short", None)
    if tight is not None:
        short = {language: _alternatives(tight, language) for language in words.languages if language in tight}
        for language in words.languages:
            tight.take(language, None)
        tight.finish()
    for language in words.languages:
        section.take(language, None)
    wording = Wording(full, short, section.texts("also"), section.line)
    section.finish()
    return wording


def _read_step(section: Section, words: Vocabulary, roles: tuple[str, ...]) -> Step:
    step = Step(
        when=read_when(section, words),
        action=section.choice("action", MODERATION_ACTIONS),
        reason=section.text("reason"),
        decides=section.choice("decides", roles, None),
    )
    section.finish()
    return step


def read_duty(section: Section, words: Vocabulary, roles: tuple[str, ...]) -> Duty:
    """One staff action, in a clause or in a reply."""
    duty = Duty(
        when=read_when(section, words),
        to=section.choice("to", roles),
        what=section.text("what"),
        clock=section.choice("clock", CLOCKS, None),
        clauses=section.texts("clauses"),
    )
    section.finish()
    return duty


def _read_requirement(section: Section, words: Vocabulary) -> Requirement:
    requirement = Requirement(
        when=read_when(section, words),
        must_have=section.texts("must_have"),
        must_not_have=section.texts("must_not_have"),
        why=section.text("why"),
        level=section.choice("level", ("blocking", "advice"), "blocking"),
        must_keep=section.texts("must_keep"),
    )
    if not (requirement.must_have or requirement.must_not_have or requirement.must_keep):
        raise section.fault(None, "asks for nothing; must_have, must_not_have or must_keep is needed")
    section.finish()
    return requirement


__all__ = [
    "ALWAYS",
    "Clause",
    "Duty",
    "Reference",
    "Requirement",
    "Step",
    "Version",
    "Wording",
    "id_from_path",
    "read_clause",
    "read_duty",
]
