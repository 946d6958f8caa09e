"""The marks of an attempt that is done, laid out for the page: each with its clauses, beside the office's own draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from responder.console import access, desk_pages, practice_words
from responder.console.practice_pages import library, own_attempt
from responder.console.practice_words import Cited
from responder.console.sheet import Sheet, lay_out
from responder.desk.decisions import Refused
from responder.practice import finishing, objections
from responder.practice.attempts import Attempt
from responder.practice.marking import Mark, Result, TaskResult
from responder.practice.objections import Objection
from responder.practice.scenarios import Answer, Scenario, Task


@dataclass(frozen=True)
class Line:
    """One mark as the page shows it. `anchor` names it on the page; `objection`: the trainee's own, if any."""

    mark: Mark
    key: str
    anchor: str
    clauses: tuple[Cited, ...]
    objection: Objection | None


@dataclass(frozen=True)
class Objected:
    """One's own objection. `about` is the mark's sentence as it stands now, empty where it is no longer asked for."""

    objection: Objection
    title: str
    about: str


@dataclass(frozen=True)
class Marked:
    """The marks of one message by their kind, missed ones first, beside what the office's own rules would draft.

    `rests_on`: the clauses of each of the draft's sentences, by its number.
    """

    number: int
    task: Task
    answer: Answer
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    sheet: Sheet
    rests_on: Mapping[int, tuple[Cited, ...]]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every mark."""
        return tuple(line for _, group in self.groups for line in group)

    @property
    def missed(self) -> int:
        """How many points were missed."""
        return sum(not line.mark.met for line in self.lines)


def own_objections(connection: Connection) -> list[Objected]:
    """What whoever is signed in objected to, those that wait first."""
    mine = access.account()
    waiting = objections.objections_in(connection, mine.offices)
    settled = objections.objections_in(connection, mine.offices, settled=True)
    own = [one for one in (*waiting, *settled) if one.account_id == mine.id]
    results = {id_: _result(connection, own_attempt(connection, id_)) for id_ in {one.attempt_id for one in own}}
    return [_objected(one, results[one.attempt_id]) for one in own]


def laid_out(connection: Connection, attempt: Attempt, scenario: Scenario, result: Result) -> list[Marked]:
    """The marks of each message of an attempt that is done; the marks of the order stand apart (`order_lines`)."""
    packs = desk_pages.packs()
    objected = objections.objections_of(connection, attempt.id)
    by_key = {task.key: task for task in result.tasks}
    return [
        _marked(packs, attempt, scenario, number, by_key[task.key], objected)
        for number, task in enumerate(scenario.messages, start=1)
        if task.key in by_key
    ]


def order_lines(connection: Connection, attempt: Attempt, result: Result) -> tuple[Line, ...]:
    """The marks of what came first in a shift."""
    objected = objections.objections_of(connection, attempt.id)
    return _lines(desk_pages.packs(), result.order, "", "o", objected)


def missed_line(connection: Connection, attempt: Attempt, key: str, mark: str) -> Line | None:
    """One missed mark of an attempt that is done; None where there is none. An empty key is for a shift's order."""
    result = _result(connection, attempt)
    found = objections.mark_of(result, key, mark) if result is not None else None
    if found is None or found.met:
        return None
    return next(iter(_lines(desk_pages.packs(), [found], key, "m", {})))


def worst(marked: list[Marked]) -> int:
    """The number of the message to look at first: where a point was missed that always counts, else the first miss."""
    critical = [one.number for one in marked if any(not line.mark.met and line.mark.critical for line in one.lines)]
    return next(iter((*critical, *(one.number for one in marked if one.missed), 1)))


def _marked(
    packs: Any, attempt: Attempt, scenario: Scenario, number: int, found: TaskResult,
    objected: Mapping[tuple[str, str], Objection],
) -> Marked:  # fmt: skip
    task = scenario.messages[number - 1]
    lines = _lines(packs, found.marks, task.key, f"m{number}", objected)
    kinds = dict.fromkeys(line.mark.kind for line in lines)
    groups = tuple((kind, tuple(line for line in lines if line.mark.kind == kind)) for kind in kinds)
    sheet = lay_out(packs, found.drafted, task.text, scenario.message(task, attempt.office).received_at.date())
    ids = {letter: id_ for id_, letter in sheet.letters.items()}
    rests_on = {
        sentence.number: practice_words.all_cited(packs, (ids[letter] for letter in sentence.letters))
        for sentence in sheet.sentences
    }
    return Marked(number, task, attempt.answers.get(task.key, Answer()), groups, sheet, rests_on)


def _lines(
    packs: Any, marks: Iterable[Mark], key: str, prefix: str, objected: Mapping[tuple[str, str], Objection]
) -> tuple[Line, ...]:
    missed_first = sorted(marks, key=lambda mark: mark.met)
    return tuple(
        Line(
            mark=mark,
            key=key,
            anchor=f"{prefix}-{place}",
            clauses=practice_words.all_cited(packs, mark.clauses),
            objection=objected.get((key, mark.id)),
        )
        for place, mark in enumerate(missed_first, start=1)
    )


def _result(connection: Connection, attempt: Attempt) -> Result | None:
    """The marks of an attempt as they stand now; None where it is not done, or its scenario has gone."""
    try:
        return finishing.result(connection, library(), attempt)
    except Refused:
        return None


def _objected(one: Objection, result: Result | None) -> Objected:
    scenario = library().book.get(one.scenario)
    mark = objections.mark_of(result, one.key, one.mark) if result is not None else None
    return Objected(one, scenario.title if scenario else one.scenario, mark.why if mark is not None else "")
