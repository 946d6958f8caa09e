"""What practice says: practice/words.yml, and a sentence for every mark.

>>> told(words, packs, scenario, result).tasks[0].marks[0].why  # doctest: +SKIP
'You read it as “Question”; it is “Danger now”.'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from responder.drafting.model import FLAGS, MODERATION_ACTIONS, URGENCIES
from responder.drafting.packs import Packs
from responder.drafting.reading import Section, read
from responder.practice.marking import KINDS, Mark, Result, TaskResult
from responder.practice.scenarios import DECISIONS, Scenario

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
OUTCOMES = ("met", "missed", "blank")
GATE = ("passed", "refresher", "ended", "never", "overridden", "no-course")
CERTIFICATE = (
    "heading", "certifies", "may", "passed", "refreshed", "passed_on", "valid_until", "number", "marks", "mean",
    "check", "demonstration",
)  # fmt: skip
_OUTCOMES_OF = {  # of each mark; where nothing was chosen, `blank` goes before `missed`
    "intent": OUTCOMES, "urgency": OUTCOMES, "flag": ("met", "missed"), "flags": ("missed",), "do": OUTCOMES,
    "tell": ("met", "missed"), "tell-instead": ("met",), "tell-too-many": ("missed",), "moderate": ("met", "missed"),
    "check": ("met", "missed"),
    "first": OUTCOMES,
}  # fmt: skip
_IN_MARKS = frozenset({"found", "wanted", "title"})
_IN_CERTIFICATE = frozenset({"policy", "office", "until", "percent", "number"})
_IN_GATE = frozenset({"office", "until", "passed_on", "by"})


@dataclass(frozen=True)
class Words:
    """words.yml. `marks`: by the mark and what came of it; the others by the domain's names."""

    kinds: Mapping[str, str]
    flags: Mapping[str, str]
    flag_hints: Mapping[str, str]
    urgencies: Mapping[str, str]
    decisions: Mapping[str, str]
    moderation: Mapping[str, str]
    roles: Mapping[str, str]
    marks: Mapping[str, Mapping[str, str]]
    gate: Mapping[str, str]
    certificate: Mapping[str, str]


def load_words(folder: str | Path) -> Words:
    """practice/words.yml. Raises PackError with file, line, what was found and what is allowed."""
    root = Path(folder)
    section = read(root / "words.yml", root)
    marks: Section = section.section("marks")
    hints: Section = section.section("roles")
    words = Words(
        kinds=_texts(section.section("kinds"), KINDS),
        flags=_texts(section.section("flags"), FLAGS),
        flag_hints=_texts(section.section("flag_hints"), FLAGS),
        urgencies=_texts(section.section("urgencies"), URGENCIES),
        decisions=_texts(section.section("decisions"), DECISIONS),
        moderation=_texts(section.section("moderation"), MODERATION_ACTIONS),
        roles=_texts(hints, tuple(hints.names())),
        marks={name: _texts(marks.section(name), allowed, _IN_MARKS) for name, allowed in _OUTCOMES_OF.items()},
        gate=_texts(section.section("gate"), GATE, _IN_GATE),
        certificate=_texts(section.section("certificate"), CERTIFICATE, _IN_CERTIFICATE),
    )
    marks.finish()
    section.finish()
    return words


def _texts(section: Section, names: Iterable[str], places: frozenset[str] = frozenset()) -> dict[str, str]:
    found = {name: section.text(name) for name in names}
    for name, text in found.items():
        for place in re.findall(r"[{}][^{}]*[}]?", text):
            if place[1:-1] not in places:
                allowed = ", ".join(f"{{{one}}}" for one in sorted(places)) or "no braces"
                raise section.fault(name, f"“{name}” holds “{place}”; allowed is: {allowed}")
    section.finish()
    return found


def told(words: Words, packs: Packs, scenario: Scenario, result: Result) -> Result:
    """The same result, with a sentence for each mark that had none."""
    senders = {task.key: task.sender for task in scenario.messages}
    tasks = tuple(
        TaskResult(task.key, tuple(_told(words, packs, mark, senders) for mark in task.marks), task.drafted)
        for task in result.tasks
    )
    return replace(result, tasks=tasks, order=tuple(_told(words, packs, mark, senders) for mark in result.order))


def day(on: date) -> str:
    """A day as a sentence says it.

    >>> day(date(2028, 11, 20))
    '20 November 2028'
    """
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def listed(items: Iterable[str], last: str = "and") -> str:
    """Several in one phrase.

    >>> listed(["hide it", "remove it", "warn the sender"], "or")
    'hide it, remove it or warn the sender'
    """
    *first, final = tuple(items) or ("",)
    return f"{', '.join(first)} {last} {final}" if first else final


def _told(words: Words, packs: Packs, mark: Mark, senders: Mapping[str, str]) -> Mark:
    name, title = _name(mark)
    if mark.why or name not in words.marks:
        return mark
    called = _table(words, packs, name, senders)
    sentences = words.marks[name]
    outcome = "met" if mark.met else "blank" if not mark.found and "blank" in sentences else "missed"
    found = mark.found[-1:] if name == "first" else mark.found
    said = sentences[outcome].format(
        found=listed(called.get(one, one) for one in found),
        wanted=listed((called.get(one, one) for one in mark.wanted), "or"),
        title=called.get(title, title),
    )
    return replace(mark, why=said[:1].upper() + said[1:])


def _name(mark: Mark) -> tuple[str, str]:
    """The mark's row in the table of words, and what the rest of its id names.

    >>> _name(Mark("tell-foi-officer", "decide", True, 2, "", (), found=("foi-officer",)))
    ('tell', 'foi-officer')
    """
    if mark.id == "tell":
        return "tell-too-many", ""
    head, _, rest = mark.id.partition("-")
    if mark.kind != "write" and head == "tell" and mark.met and rest not in mark.found:
        return "tell-instead", ""
    return (head, rest) if mark.kind != "write" and head in ("flag", "tell", "first") else (mark.id, "")


def _table(words: Words, packs: Packs, name: str, senders: Mapping[str, str]) -> Mapping[str, str]:
    """How the names in a mark of this row are said."""
    quoted = {one.name: f"“{one.title}”" for one in packs.intents.values()}
    tables: dict[str, Mapping[str, str]] = {
        "intent": quoted, "urgency": words.urgencies, "flag": words.flags, "flags": words.flags,
        "do": words.decisions, "tell": packs.roles, "tell-instead": packs.roles, "tell-too-many": packs.roles,
        "moderate": words.moderation,
        "first": {key: f"the message from {sender}" for key, sender in senders.items()},
    }  # fmt: skip
    return tables.get(name, {})
