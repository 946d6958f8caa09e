"""One drafted message laid out for reading: marked words, numbered sentences, lettered clauses.

Sentences carry numbers and clauses letters, so that each can point at the other on paper and without JavaScript.

>>> [s.text for s in segments("ring 07700 900123", [{"name": "personal_data", "kind": "phone", "start": 5, "end": 17}])]
['ring ', '07700 900123']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from responder.console import words

_IDS = re.compile(r"\s*\(([a-z-]+/[\w-]+(?:, [a-z-]+/[\w-]+){0,9})\)\s*$")


@dataclass(frozen=True)
class Segment:
    """A stretch of the message; `labels` name what is marked in it, `reasons` say why."""

    text: str
    labels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """A numbered passage of the reply with its clauses' letters; `start` and `end` count characters of the reply."""

    number: int
    text: str
    letters: tuple[str, ...]
    start: int | None = None
    end: int | None = None
    opens_paragraph: bool = False


@dataclass(frozen=True)
class Card:
    """A clause for the margin. `source` is the office's name, empty for a national one; `sentences` rest on it."""

    letter: str
    id: str
    title: str
    section: str
    duty: str
    source: str
    kind: str
    reference: str = ""
    sentences: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Everything that the draft page shows of one output line of docs/contract.md."""

    line: Mapping[str, Any]
    message: tuple[Segment, ...]
    whole_flags: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    cards: tuple[Card, ...]
    staff_actions: tuple[Mapping[str, Any], ...]
    moderation: tuple[Mapping[str, Any], ...]
    warnings: tuple[Mapping[str, Any], ...] = ()
    language: str = "en"
    letters: Mapping[str, str] = field(default_factory=dict)


def lay_out(packs: Any, line: Mapping[str, Any], text: str, today: date) -> Sheet:
    """A Sheet from an output line. `text` is the message as it was drafted for, `today` the day it came."""
    parts = line.get("parts") or []
    told = tuple(_told(packs, warning["text"]) for warning in line.get("warnings") or [])
    letters = lettered(_cited(parts, line.get("staff_actions") or [], line.get("moderation") or [], told))
    sentences = number_sentences(parts, line.get("reply") or "", letters)
    flags = line.get("flags") or []
    whole = [words.flag_name(f["name"], f.get("kind")) for f in flags if f.get("start") is None]
    office = packs.offices[line["office"]]
    return Sheet(
        line=line,
        message=segments(text, [flag for flag in flags if flag.get("start") is not None]),
        whole_flags=tuple(dict.fromkeys(whole)),
        sentences=sentences,
        cards=cards(packs, letters, sentences, today),
        staff_actions=tuple(_due(action, letters, packs, today) for action in line.get("staff_actions") or []),
        moderation=tuple(_step(option, letters, packs) for option in line.get("moderation") or []),
        warnings=tuple({"text": one["text"], "letters": _letters(one, letters)} for one in told),
        language=line["language"] if line.get("language") in office.languages else office.languages[0],
        letters=letters,
    )


def lettered(ids: Iterable[str]) -> dict[str, str]:
    """Clause ids in order, each with its letter: A … Z, then AA, AB …"""
    return {id_: _letter(number) for number, id_ in enumerate(dict.fromkeys(ids))}


def _letter(number: int) -> str:
    first, second = divmod(number, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)


def _told(packs: Any, warning: str) -> dict[str, Any]:
    """A warning without the ids of clauses that close it in brackets; they become letters like all others."""
    closing = _IDS.search(warning)
    ids = closing.group(1).split(", ") if closing else []
    if not ids or any(id_.partition("/")[0] not in ("national", *packs.offices) for id_ in ids):
        return {"text": warning, "clauses": ()}
    return {"text": warning[: closing.start()], "clauses": tuple(ids)}  # type: ignore[union-attr]


def _cited(*groups: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for group in groups:
        for entry in group:
            yield from entry.get("clauses") or ()


def _letters(entry: Mapping[str, Any], letters: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted((letters[id_] for id_ in entry.get("clauses") or ()), key=lambda letter: (len(letter), letter)))


def number_sentences(
    parts: Sequence[Mapping[str, Any]], reply: str, letters: Mapping[str, str]
) -> tuple[Sentence, ...]:
    """The parts of a reply in order, each with its place in the reply where it is found there."""
    found: list[Sentence] = []
    at = 0
    for number, part in enumerate(parts, start=1):
        text = part["text"]
        start = reply.find(text.strip(), at)
        end = start + len(text.strip()) if start >= 0 else None
        found.append(
            Sentence(
                number=number,
                text=text.strip(),
                letters=_letters(part, letters),
                start=start if start >= 0 else None,
                end=end,
                opens_paragraph=start >= 0 and "\n\n" in reply[at:start],
            )
        )
        at = end if end is not None else at
    return tuple(found)


def cards(packs: Any, letters: Mapping[str, str], sentences: Sequence[Sentence], today: date) -> tuple[Card, ...]:
    """One card for each lettered clause."""
    made = []
    for id_, letter in letters.items():
        clause = packs.clause(id_)
        office = packs.offices.get(id_.partition("/")[0])
        version = clause.at(today)
        made.append(
            Card(
                letter=letter,
                id=id_,
                title=clause.title,
                section=clause.section,
                duty=clause.duty,
                source=in_english(office.short_name) if office else "",
                kind=words.CLAUSE_KINDS.get(clause.kind, clause.kind),
                reference="; ".join(r.title for r in version.reference) if version else "",
                sentences=tuple(s.number for s in sentences if letter in s.letters),
            )
        )
    return tuple(made)


def in_english(name: Any) -> str:
    """A name that may be given by language, in English (the console's own language)."""
    return str(name.get("en") or next(iter(name.values()))) if isinstance(name, Mapping) else str(name)


def segments(text: str, flags: Sequence[Mapping[str, Any]]) -> tuple[Segment, ...]:
    """The text cut where marks begin and end; marks may overlap. Control characters are made visible as U+FFFD."""
    clean = "".join("\ufffd" if ord(c) < 32 and c not in "\n\t" else c for c in text)
    spans = [(max(0, f["start"]), min(len(clean), f["end"]), f) for f in flags]
    cuts = sorted({0, len(clean), *(edge for start, end, _ in spans for edge in (start, end) if start < end)})
    made: list[Segment] = []
    for start, end in pairwise(cuts):
        over = [f for s, e, f in spans if s <= start and end <= e]
        labels = tuple(dict.fromkeys(words.flag_name(f["name"], f.get("kind")) for f in over))
        reasons = tuple(dict.fromkeys(f["reason"] for f in over if f.get("reason")))
        made.append(Segment(clean[start:end], labels, reasons))
    return tuple(made)


def role_name(packs: Any, role: str) -> str:
    """Who a staff action goes to, in words."""
    return str(packs.roles.get(role, role.replace("-", " ")))


def _due(action: Mapping[str, Any], letters: Mapping[str, str], packs: Any, today: date) -> dict[str, Any]:
    return {
        "to": role_name(packs, action["to"]),
        "what": action["what"],
        "due": words.due_in_words(action.get("due"), today),
        "exact": action.get("due"),
        "letters": _letters(action, letters),
    }


def _step(option: Mapping[str, Any], letters: Mapping[str, str], packs: Any) -> dict[str, Any]:
    return {
        "action": words.MODERATION.get(option["action"], option["action"]),
        "reason": option["reason"],
        "decides": role_name(packs, option["decides"]) if option.get("decides") else None,
        "letters": _letters(option, letters),
    }
