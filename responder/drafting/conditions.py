"""When something in a pack holds: the `when` of parts, moderation, staff actions and checks.

>>> When(intent=("abuse",)).holds(Situation(intent="abuse", channel="x-dm"))
True
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from responder.drafting.model import FLAGS, URGENCIES
from responder.drafting.reading import Section

OFFICE_KINDS = ("opcc", "force")


@dataclass(frozen=True)
class Situation:
    """What a draft is made for: everything that a `when` may ask about."""

    intent: str = ""
    urgency: str = "routine"
    flags: frozenset[str] = frozenset()
    mentions: frozenset[str] = frozenset()
    channel: str = ""
    public: bool = False
    out_of_hours: bool = False
    country: str = "england"
    office_kind: str = "opcc"
    language: str = "en"
    thread_length: int = 0
    pre_election: bool = False
    also: str | None = None


@dataclass(frozen=True)
class When:
    """All that is given must hold; lists are any-of."""

    intent: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()
    flag: tuple[str, ...] = ()
    not_flag: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    not_mentions: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    office_kind: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    public: bool | None = None
    out_of_hours: bool | None = None
    pre_election: bool | None = None
    thread_at_least: int = 0

    def holds(self, now: Situation) -> bool:
        """Whether every given condition is met."""
        return (
            (not self.intent or now.intent in self.intent)
            and (not self.urgency or now.urgency in self.urgency)
            and (not self.flag or bool(now.flags.intersection(self.flag)))
            and not now.flags.intersection(self.not_flag)
            and (not self.channel or now.channel in self.channel)
            and (not self.mentions or bool(now.mentions.intersection(self.mentions)))
            and not now.mentions.intersection(self.not_mentions)
            and (not self.language or now.language in self.language)
            and (not self.country or now.country in self.country)
            and (not self.office_kind or now.office_kind in self.office_kind)
            and (not self.also or now.also in self.also)
            and self.public in (None, now.public)
            and self.out_of_hours in (None, now.out_of_hours)
            and self.pre_election in (None, now.pre_election)
            and now.thread_length >= self.thread_at_least
        )


ALWAYS = When()


@dataclass(frozen=True)
class Vocabulary:
    """The names that a `when` may use, as the national pack declares them."""

    intents: tuple[str, ...]
    channels: tuple[str, ...]
    subjects: tuple[str, ...]
    languages: tuple[str, ...] = ("en", "cy")
    countries: tuple[str, ...] = ("england", "wales")


def read_when(parent: Section, words: Vocabulary, key: str = "when") -> When:
    """The condition under a key, or ALWAYS. Raises PackError on a name that does not exist."""
    section: Section | None = parent.section(key, None)
    if section is None:
        return ALWAYS

    def one_or_more(name: str, allowed: Iterable[str]) -> tuple[str, ...]:
        if isinstance(section.take(name, None), str):
            return (section.choice(name, allowed),)
        return section.texts(name, allowed)

    def tri(name: str) -> bool | None:
        return section.flag(name) if name in section else section.take(name, None)

    when = When(
        intent=one_or_more("intent", words.intents),
        urgency=one_or_more("urgency", URGENCIES),
        flag=one_or_more("flag", FLAGS),
        not_flag=one_or_more("not_flag", FLAGS),
        channel=one_or_more("channel", words.channels),
        mentions=one_or_more("mentions", words.subjects),
        not_mentions=one_or_more("not_mentions", words.subjects),
        language=one_or_more("language", words.languages),
        country=one_or_more("country", words.countries),
        office_kind=one_or_more("office_kind", OFFICE_KINDS),
        also=one_or_more("also", words.intents),
        public=tri("public"),
        out_of_hours=tri("out_of_hours"),
        pre_election=tri("pre_election"),
        thread_at_least=section.number("thread_at_least", 0),
    )
    section.finish()
    return when
