"""Two offices side by side at one moment: for each intent both replies, and what one has that the other lacks.

Sentences are compared by what they are there for, so that the same point in other words is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from responder.console import preview_rows, sheet, words
from responder.console.preview_rows import Duty, Variant
from responder.drafting import preview
from responder.drafting.calendar import is_out_of_hours
from responder.drafting.model import Part


@dataclass(frozen=True)
class Side:
    """One office's part. `only` are clauses that the other does not rest on, `points` sentences it does not have."""

    office: Any
    variants: tuple[Variant, ...]
    only: tuple[sheet.Card, ...]
    duties: tuple[Duty, ...]
    points: int


@dataclass(frozen=True)
class Pair:
    """One intent with both offices. `shared` are the clauses that both rest on; `summary` tells the difference."""

    intent: Any
    sides: tuple[Side, Side]
    shared: tuple[sheet.Card, ...]
    summary: str


def pairs(
    packs: Any,
    offices: tuple[str, str],
    at: datetime,
    *,
    channels: tuple[str, ...],
    languages: tuple[tuple[str, ...], tuple[str, ...]],
    family: str = "",
) -> list[Pair]:
    """The intents with both offices' replies at a time. `languages` are those to show of the first and of the second.

    Raises:
        UnknownName: an office or a channel that does not exist.
    """
    first, second = (
        _at_the_moment(packs, office, at, channels, chosen, family) for office, chosen in zip(offices, languages)
    )
    return [_pair(packs, packs.intents[name], offices, (first[name], second[name]), at) for name in first]


def _at_the_moment(
    packs: Any, office: str, at: datetime, channels: tuple[str, ...], languages: tuple[str, ...], family: str
) -> dict[str, list[preview.Row]]:
    """An office's replies by intent, those alone that hold at this hour."""
    found = preview_rows.by_intent(packs, office, at, channels=channels, languages=languages, family=family)
    out = is_out_of_hours(packs.offices[office].hours, at, packs.ordinary_hours)
    return {name: [row for row in rows if row.out_of_hours == out] for name, rows in found.items()}


def _pair(
    packs: Any, intent: Any, offices: tuple[str, str], rows: tuple[list[preview.Row], list[preview.Row]], at: datetime
) -> Pair:
    letters = preview_rows.letters_of([*rows[0], *rows[1]])
    cited = [set(preview_rows.letters_of(one)) for one in rows]
    by_id = {card.id: card for card in sheet.cards(packs, letters, (), at.date())}
    sides = []
    for mine, other in ((0, 1), (1, 0)):
        told = _topics(rows[other])
        sides.append(
            Side(
                office=packs.offices[offices[mine]],
                variants=preview_rows.variants(packs, rows[mine], letters, at, _not_among(told)),
                only=tuple(card for id_, card in by_id.items() if id_ in cited[mine] - cited[other]),
                duties=preview_rows.duties_of(packs, rows[mine], rows[other]),
                points=len(_topics(rows[mine]) - told),
            )
        )
    shared = tuple(card for id_, card in by_id.items() if id_ in cited[0] & cited[1])
    return Pair(intent, (sides[0], sides[1]), shared, _summary(sides, rows))


def _not_among(topics: set[str]) -> Callable[[Part], bool]:
    return lambda part: part.topic not in topics


def _topics(rows: Sequence[preview.Row]) -> set[str]:
    return {part.topic for row in rows for part in row.draft.parts}


def _summary(sides: Sequence[Side], rows: tuple[list[preview.Row], list[preview.Row]]) -> str:
    names = [sheet.in_english(side.office.short_name) for side in sides]
    first, second = ({row.draft.handling for row in one} for one in rows)
    if first != second:
        return " ".join(f"{name}: {_handled(found)}." for name, found in zip(names, (first, second)))
    if not any(_topics(one) for one in rows):
        return "Neither replies." if first == {"no_reply"} else "In both a person answers."
    if not any(side.points for side in sides):
        return "Both make the same points."
    return " ".join(
        f"{name} makes {side.points} point{'s' if side.points > 1 else ''} that the other doesn't."
        for name, side in zip(names, sides)
        if side.points
    )


def _handled(found: set[str]) -> str:
    named = {"reply": "replies", "no_reply": "doesn't reply", "person": "a person answers"}
    return words.listed([named[one] for one in sorted(found)], "or")
