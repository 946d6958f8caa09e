"""What the preview shows: every reply of an office, those that say the same words shown once.

Shared by the page (`views/preview.py`) and by the pages on disk (`preview_pages.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from responder.console import sheet, words
from responder.drafting import preview
from responder.drafting.model import Part

DEFAULT_CHANNELS = ("facebook-dm", "x-reply")


@dataclass(frozen=True)
class Variant:
    """One wording of a reply, and where it is used: channels with their hours, in one language.

    `extra` are the numbers of the sentences that the same channel does not say in office hours.
    """

    where: tuple[tuple[str, str], ...]
    language: str
    handling: str
    sentences: tuple[sheet.Sentence, ...]
    size: str
    extra: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Entry:
    """One intent with its wordings, its clauses and what staff do."""

    intent: Any
    variants: tuple[Variant, ...]
    cards: tuple[sheet.Card, ...]
    staff_actions: tuple[dict[str, Any], ...]
    missing: tuple[str, ...]


def entries(
    packs: Any, office: str, at: datetime, *, channels: Iterable[str], languages: Iterable[str], family: str = ""
) -> tuple[list[Entry], list[str]]:
    """The intents of an office with their wordings, and what is to be known of the office (warnings, once each).

    Raises:
        UnknownName: an office or a channel that does not exist.
    """
    intents = [name for name, intent in packs.intents.items() if family in ("", intent.family)]
    rows = preview.replies(packs, office, at, intents=intents, channels=channels, languages=languages)
    by_intent: dict[str, list[preview.Row]] = {name: [] for name in intents}
    for row in rows:
        by_intent[row.intent].append(row)
    made = [_entry(packs, packs.intents[name], found, at) for name, found in by_intent.items()]
    said: dict[str, int] = {}
    for row in rows:
        for warning in row.draft.warnings:
            said[warning.text] = said.get(warning.text, 0) + 1
    return made, [text for text, count in said.items() if count >= len(rows) / 3]


def _entry(packs: Any, intent: Any, rows: Sequence[preview.Row], at: datetime) -> Entry:
    drafts = [row.draft for row in rows]
    letters = sheet.lettered(id_ for draft in drafts for part in draft.parts for id_ in part.clauses)
    grouped: dict[tuple[str, str, str | None], list[preview.Row]] = {}
    for row in rows:
        grouped.setdefault((row.language, row.draft.handling, row.draft.reply), []).append(row)
    by_day = {(row.channel, row.language): row.draft.parts for row in rows if not row.out_of_hours}
    variants = tuple(_variant(packs, found, letters, by_day) for found in grouped.values())
    return Entry(
        intent=intent,
        variants=variants,
        cards=sheet.cards(packs, letters, (), at.date()),
        staff_actions=tuple(
            {"to": sheet.role_name(packs, to), "what": what}
            for to, what in dict.fromkeys((a.to, a.what) for draft in drafts for a in draft.staff_actions)
        ),
        missing=tuple(dict.fromkeys(name for draft in drafts for name in draft.missing)),
    )


def _variant(
    packs: Any, rows: Sequence[preview.Row], letters: dict[str, str], by_day: dict[tuple[str, str], tuple[Part, ...]]
) -> Variant:
    draft = rows[0].draft
    parts = [{"text": part.text, "clauses": part.clauses} for part in draft.parts]
    hours: dict[str, set[bool]] = {}
    for row in rows:
        hours.setdefault(row.channel, set()).add(row.out_of_hours)
    where = tuple((packs.channels[channel].title, _hours(found)) for channel, found in hours.items())
    usual = {part.text for part in by_day.get((rows[0].channel, rows[0].language), draft.parts)}
    limits = [packs.channels[channel] for channel in hours]
    tightest = min(limits, key=lambda channel: channel.limit or 10**9)
    return Variant(
        where=where,
        language=rows[0].language,
        handling=draft.handling,
        sentences=sheet.number_sentences(parts, draft.reply or "", letters),
        size=words.size_in_words(tightest.length(draft.reply), tightest.limit) if draft.reply else "",
        extra=frozenset(number for number, part in enumerate(draft.parts, start=1) if part.text not in usual),
    )


def _hours(found: set[bool]) -> str:
    if len(found) == 2:
        return "at any hour"
    return "out of hours" if True in found else "in hours"
