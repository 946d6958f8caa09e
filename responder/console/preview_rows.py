"""What the preview shows: every reply of an office, those that say the same words shown once.

Shared by the page (`views/preview.py`), the comparison (`preview_compare.py`) and the pages on disk
(`preview_pages.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from responder.console import sheet, words
from responder.drafting import preview
from responder.drafting.calendar import is_out_of_hours
from responder.drafting.model import Part

DEFAULT_CHANNELS = ("facebook-dm", "x-reply")


@dataclass(frozen=True)
class Place:
    """Where a wording is used: a channel at some hours. `applies`: these are the hours of the chosen moment."""

    channel: str
    hours: str
    applies: bool


@dataclass(frozen=True)
class Variant:
    """One wording of a reply, and where it is used, in one language.

    `extra` are the numbers of the sentences that the same channel does not say in office hours, `marked` those that
    what it is compared with (today, or another office) does not have.
    """

    where: tuple[Place, ...]
    language: str
    handling: str
    sentences: tuple[sheet.Sentence, ...]
    size: str
    extra: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Duty:
    """What staff must do, and who. `marked`: what it is compared with does not ask it."""

    to: str
    what: str
    marked: bool = False


@dataclass(frozen=True)
class Entry:
    """One intent with its wordings, its clauses and what staff do.

    `today` and `duties_today` are the wordings and duties of today that are not those of the chosen moment.
    """

    intent: Any
    variants: tuple[Variant, ...]
    cards: tuple[sheet.Card, ...]
    staff_actions: tuple[Duty, ...]
    missing: tuple[str, ...]
    today: tuple[Variant, ...] = ()
    duties_today: tuple[Duty, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether it is otherwise today."""
        return bool(self.today or self.duties_today or any(duty.marked for duty in self.staff_actions))


def entries(
    packs: Any,
    office: str,
    at: datetime,
    *,
    channels: Iterable[str],
    languages: Iterable[str],
    family: str = "",
    today: datetime | None = None,
) -> tuple[list[Entry], list[str]]:
    """The intents of an office with their wordings, and what is to be known of the office (warnings, once each).

    With `today`, each entry also holds what is worded otherwise on that day.

    Raises:
        UnknownName: an office or a channel that does not exist.
    """
    channels, languages = tuple(channels), tuple(languages)
    found = by_intent(packs, office, at, channels=channels, languages=languages, family=family)
    now: Mapping[str, list[preview.Row]] = {}
    if today is not None and today.date() != at.date():
        now = by_intent(packs, office, today, channels=channels, languages=languages, family=family)
    made = [_entry(packs, packs.intents[name], rows, now.get(name, []), at) for name, rows in found.items()]
    said: dict[str, int] = {}
    for rows in found.values():
        for row in rows:
            for warning in row.draft.warnings:
                said[warning.text] = said.get(warning.text, 0) + 1
    size = sum(len(rows) for rows in found.values())
    return made, [text for text, count in said.items() if count >= size / 3]


def by_intent(
    packs: Any, office: str, at: datetime, *, channels: Iterable[str], languages: Iterable[str], family: str = ""
) -> dict[str, list[preview.Row]]:
    """The rows of each intent of a family (empty: of all). Raises UnknownName."""
    intents = [name for name, intent in packs.intents.items() if family in ("", intent.family)]
    found: dict[str, list[preview.Row]] = {name: [] for name in intents}
    for row in preview.replies(packs, office, at, intents=intents, channels=channels, languages=languages):
        found[row.intent].append(row)
    return found


def letters_of(rows: Iterable[preview.Row]) -> dict[str, str]:
    """The clauses that the replies rest on, each with its letter."""
    return sheet.lettered(id_ for row in rows for part in row.draft.parts for id_ in part.clauses)


def duties_of(packs: Any, rows: Iterable[preview.Row], beside: Iterable[preview.Row] | None = None) -> tuple[Duty, ...]:
    """What staff must do, each once; marked is what the rows `beside` them do not ask."""
    others = None if beside is None else {(a.to, a.what) for row in beside for a in row.draft.staff_actions}
    asked = dict.fromkeys((action.to, action.what) for row in rows for action in row.draft.staff_actions)
    return tuple(
        Duty(sheet.role_name(packs, to), what, others is not None and (to, what) not in others) for to, what in asked
    )


def nothing(part: Part) -> bool:
    """Marks no sentence."""
    return False


def variants(
    packs: Any,
    rows: Sequence[preview.Row],
    letters: Mapping[str, str],
    at: datetime,
    is_marked: Callable[[Part], bool] = nothing,
) -> tuple[Variant, ...]:
    """The rows of one intent as wordings."""
    grouped: dict[tuple[str, str, str | None], list[preview.Row]] = {}
    for row in rows:
        grouped.setdefault((row.language, row.draft.handling, row.draft.reply), []).append(row)
    by_day = {(row.channel, row.language): row.draft.parts for row in rows if not row.out_of_hours}
    return tuple(_variant(packs, found, letters, by_day, at, is_marked) for found in grouped.values())


def _entry(packs: Any, intent: Any, rows: Sequence[preview.Row], now: Sequence[preview.Row], at: datetime) -> Entry:
    letters = letters_of([*rows, *now])
    then = {(row.channel, row.language, row.out_of_hours): row.draft.reply for row in rows}
    other = [row for row in now if row.draft.reply != then[row.channel, row.language, row.out_of_hours]]
    said_now = {part.text for row in now for part in row.draft.parts}
    return Entry(
        intent=intent,
        variants=variants(packs, rows, letters, at, (lambda part: part.text not in said_now) if other else nothing),
        cards=sheet.cards(packs, letters, (), at.date()),
        staff_actions=duties_of(packs, rows, now or None),
        missing=tuple(dict.fromkeys(name for row in rows for name in row.draft.missing)),
        today=variants(packs, other, letters, at),
        duties_today=tuple(duty for duty in duties_of(packs, now, rows) if duty.marked),
    )


def _variant(
    packs: Any,
    rows: Sequence[preview.Row],
    letters: Mapping[str, str],
    by_day: Mapping[tuple[str, str], tuple[Part, ...]],
    at: datetime,
    is_marked: Callable[[Part], bool],
) -> Variant:
    draft = rows[0].draft
    parts = [{"text": part.text, "clauses": part.clauses} for part in draft.parts]
    hours: dict[str, set[bool]] = {}
    for row in rows:
        hours.setdefault(row.channel, set()).add(row.out_of_hours)
    now = is_out_of_hours(packs.offices[draft.office].hours, at, packs.ordinary_hours)
    usual = {part.text for part in by_day.get((rows[0].channel, rows[0].language), draft.parts)}
    limits = [packs.channels[channel] for channel in hours]
    tightest = min(limits, key=lambda channel: channel.limit or 10**9)
    numbered = list(enumerate(draft.parts, start=1))
    return Variant(
        where=tuple(Place(packs.channels[id_].title, _hours(found), now in found) for id_, found in hours.items()),
        language=rows[0].language,
        handling=draft.handling,
        sentences=sheet.number_sentences(parts, draft.reply or "", letters),
        size=words.size_in_words(tightest.length(draft.reply), tightest.limit) if draft.reply else "",
        extra=frozenset(number for number, part in numbered if part.text not in usual),
        marked=frozenset(number for number, part in numbered if is_marked(part)),
    )


def _hours(found: set[bool]) -> str:
    if len(found) == 2:
        return "at any hour"
    return "out of hours" if True in found else "in hours"
