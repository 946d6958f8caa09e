"""Replies: which topics answer an intent, in which order.

>>> Item("foi_route").keep
'helpful'
"""

from __future__ import annotations

from dataclasses import dataclass

from responder.drafting.clauses import Duty, read_duty
from responder.drafting.conditions import ALWAYS, Vocabulary, When, read_when
from responder.drafting.model import HANDLINGS
from responder.drafting.reading import Section

RANKS = ("essential", "helpful", "courtesy")


@dataclass(frozen=True)
class Item:
    """A topic in a reply. `keep` says how soon it goes where the channel is tight."""

    topic: str
    when: When = ALWAYS
    keep: str = "helpful"
    optional: bool = False
    line: int = 0


Paragraphs = tuple[tuple[Item, ...], ...]


@dataclass(frozen=True)
class Reply:
    """One intent's reply. `public` is None where `paragraphs` serves both kinds of channel."""

    intent: str
    handling: str
    paragraphs: Paragraphs
    public: Paragraphs | None = None
    also: tuple[Item, ...] = ()
    danger: str | None = None
    must_have: tuple[str, ...] = ()
    staff_actions: tuple[Duty, ...] = ()
    clauses: tuple[str, ...] = ()
    why: str = ""
    yields_to_danger: bool = False
    file: str = ""


@dataclass(frozen=True)
class Frame:
    """What stands round every reply."""

    danger: str
    before: tuple[Item, ...]
    after: tuple[Item, ...]
    safety_close: str
    hand_over: str
    crisis_percent: int = 100
    silence_percent: int = 0
    file: str = ""


def _read_item(parent: Section, key: str, raw: object, words: Vocabulary) -> Item:
    if isinstance(raw, str):
        return Item(raw, line=parent.line_of(key))
    if not isinstance(raw, Section):
        raise parent.fault(key, f"“{key}” holds “{raw}”; a topic, or a mapping with a topic, is allowed")
    item = Item(
        topic=raw.text("topic"),
        when=read_when(raw, words),
        keep=raw.choice("keep", RANKS, "helpful"),
        optional=raw.flag("optional"),
        line=raw.line,
    )
    raw.finish()
    return item


def _read_items(section: Section, key: str, words: Vocabulary) -> tuple[Item, ...]:
    values = section.take(key, [])
    if not isinstance(values, list):
        raise section.fault(key, f"“{key}” is no list; a list of topics is allowed")
    return tuple(_read_item(section, key, raw, words) for raw in values)


def _read_paragraphs(section: Section, key: str, words: Vocabulary) -> Paragraphs:
    values = section.take(key, [])
    if not isinstance(values, list) or not all(isinstance(paragraph, list) for paragraph in values):
        raise section.fault(
            key, f"“{key}” is no list of lists; a list of paragraphs, each a list of topics, is allowed"
        )
    return tuple(tuple(_read_item(section, key, raw, words) for raw in paragraph) for paragraph in values)


def read_reply(section: Section, words: Vocabulary, roles: tuple[str, ...]) -> Reply:
    """One reply file. Raises PackError on a fault; topics and clauses are resolved by the pack."""
    reply = Reply(
        intent=section.choice("intent", words.intents),
        handling=section.choice("handling", HANDLINGS),
        paragraphs=_read_paragraphs(section, "paragraphs", words),
        public=_read_paragraphs(section, "public", words) if "public" in section else section.take("public", None),
        also=_read_items(section, "also", words),
        danger=section.text("danger", None),
        must_have=section.texts("must_have"),
        staff_actions=tuple(read_duty(entry, words, roles) for entry in section.sections("staff_actions")),
        clauses=section.texts("clauses"),
        why=section.text("why", ""),
        yields_to_danger=section.flag("yields_to_danger"),
        file=section.file,
    )
    if reply.handling == "reply" and not reply.paragraphs:
        raise section.fault("paragraphs", "a reply without paragraphs says nothing; at least one paragraph is needed")
    if reply.handling != "reply" and not (reply.why and reply.clauses):
        raise section.fault("handling", f"“{reply.handling}” needs “why” (words for staff) and “clauses”")
    section.finish()
    return reply


def read_frame(section: Section, words: Vocabulary) -> Frame:
    """frame.yml of the national pack."""
    frame = Frame(
        danger=section.text("danger"),
        before=_read_items(section, "before", words),
        after=_read_items(section, "after", words),
        safety_close=section.text("safety_close"),
        hand_over=section.text("hand_over"),
        crisis_percent=section.number("crisis_percent", 100),
        silence_percent=section.number("silence_percent", 0),
        file=section.file,
    )
    section.finish()
    return frame
