"""The marks of an attempt that is done, laid out for the page: each with its clauses, beside the office's own draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection

from responder.console import access, desk_pages, practice_words
from responder.console.practice_pages import library, own_attempt
from responder.console.practice_words import Cited
from responder.console.sheet import Sheet, lay_out
from responder.console.trainer_pages import answer_rows
from responder.desk.decisions import Refused
from responder.errors import UnknownName
from responder.practice import attempts, finishing, objections, versions
from responder.practice.attempts import Attempt
from responder.practice.marking import Mark, Result, TaskResult
from responder.practice.objections import Objection
from responder.practice.scenarios import Answer, Scenario, Task

SINCE = {
    "same": "",
    "changed": "The scenario has been changed since; this is what {who} answered.",
    "gone": "The scenario is no longer there; this is what {who} answered.",
}
NAMES = {  # of stored marks, whose sentences can't be made any more, by how their ids begin
    "intent": "What it is.", "urgency": "How urgent it is.", "flag": "Something to mark.", "flags": "What was marked.",
    "do": "What happens with it.", "tell": "Who is told.", "moderate": "The message itself.",
    "first": "What came first.",
}  # fmt: skip
POINT, CHECK = "A point of the reply’s words.", "What the check finds in the reply."


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

    `rests_on`: the clauses of each of the draft's sentences, by its number; `good`: the scenario's own good answer.
    """

    number: int
    task: Task
    answer: Answer
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    sheet: Sheet
    rests_on: Mapping[int, tuple[Cited, ...]]
    good: Answer

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every mark."""
        return tuple(line for _, group in self.groups for line in group)

    @property
    def missed(self) -> int:
        """How many points were missed."""
        return sum(not line.mark.met for line in self.lines)


@dataclass(frozen=True)
class Stored:
    """One message of an attempt whose scenario can't be read any more: the answer, and the marks as they were stored.

    `number` is 0 for the order of a shift.
    """

    number: int
    answer: Answer
    groups: tuple[tuple[str, tuple[Line, ...]], ...]


def outcome(connection: Connection, attempt: Attempt) -> tuple[str, dict[str, Any]]:
    """The template that shows an attempt that is done, and what it shows, whoever reads it.

    The second template is for one whose scenario can't be read any more: it has the stored marks alone.
    """
    packs, needed = desk_pages.packs(), library().settings.pass_percent
    try:
        scenario = attempts.scenario_of(connection, library(), attempt)
        result = finishing.result(connection, library(), attempt)
    except Refused:
        result = finishing.stored(attempt, needed)
        return "practice/stored.html", {
            **_in_short(attempt, result),
            "title": title_of(attempt.scenario),
            "stored": _stored(packs, attempt, result),
            "shift": len(result.tasks) > 1,
        }
    marked = laid_out(connection, attempt, scenario, result)
    return "practice/feedback.html", {
        **_in_short(attempt, result),
        "scenario": scenario,
        "marked": marked,
        "order": order_lines(connection, attempt, result),
        "open_at": worst(marked),
    }


def since(attempt: Attempt, who: str = "you") -> str:
    """What became of an attempt's scenario since, in a sentence; empty where it is the same."""
    return SINCE[versions.state(library(), attempt.scenario, attempt.version)].format(who=who)


def title_of(scenario: str) -> str:
    """A scenario's title by its id; of one that has gone, its name."""
    today = library().book.get(scenario)
    return today.title if today else scenario.partition("/")[2]


def _in_short(attempt: Attempt, result: Result) -> dict[str, Any]:
    return {
        "attempt": attempt,
        "office": desk_pages.packs().offices[attempt.office],
        "verdict": practice_words.verdict(attempt.percent or 0, bool(attempt.passed), result.marks),
        "met": sum(one.met for one in result.marks),
        "asked": len(result.marks),
        "kinds": library().words.kinds,
        "answer_rows": answer_rows,
        "gone": attempt.scenario not in library().book,
    }


def _stored(packs: Any, attempt: Attempt, result: Result) -> list[Stored]:
    parts = [("", result.order)] if result.order else []
    parts += [(task.key, task.marks) for task in result.tasks]
    first = 0 if result.order else 1
    return [
        Stored(number, attempt.answers.get(key, Answer()), _groups(_lines(packs, map(_named, marks), key, "", {})))
        for number, (key, marks) in enumerate(parts, start=first)
    ]


def _named(mark: Mark) -> Mark:
    """A stored mark with what it is about in the place of its sentence."""
    head = mark.id.partition("-")[0]
    if mark.kind == "write":
        return replace(mark, why=CHECK if head == "check" else POINT)
    return replace(mark, why=NAMES.get(head, mark.id))


def _groups(lines: Iterable[Line]) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """Marks by their kind."""
    every = tuple(lines)
    kinds = dict.fromkeys(line.mark.kind for line in every)
    return tuple((kind, tuple(line for line in every if line.mark.kind == kind)) for kind in kinds)


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
    groups = _groups(lines)
    sheet = lay_out(packs, found.drafted, task.text, scenario.message(task, attempt.office).received_at.date())
    ids = {letter: id_ for id_, letter in sheet.letters.items()}
    rests_on = {
        sentence.number: practice_words.all_cited(packs, (ids[letter] for letter in sentence.letters))
        for sentence in sheet.sentences
    }
    good = scenario.examples["good"].get(task.key, Answer())
    return Marked(number, task, attempt.answers.get(task.key, Answer()), groups, sheet, rests_on, good)


def _lines(
    packs: Any, marks: Iterable[Mark], key: str, prefix: str, objected: Mapping[tuple[str, str], Objection]
) -> tuple[Line, ...]:
    missed_first = sorted(marks, key=lambda mark: mark.met)
    return tuple(
        Line(
            mark=mark,
            key=key,
            anchor=f"{prefix}-{place}",
            clauses=practice_words.all_cited(packs, (id_ for id_ in mark.clauses if _is_known(packs, id_))),
            objection=objected.get((key, mark.id)),
        )
        for place, mark in enumerate(missed_first, start=1)
    )


def _is_known(packs: Any, id_: str) -> bool:
    """Whether the clause that a mark rested on is still there."""
    try:
        packs.clause(id_)
    except UnknownName:
        return False
    return True


def _result(connection: Connection, attempt: Attempt) -> Result | None:
    """The marks of an attempt as they stand now; None where it is not done, or its scenario can't be read any more."""
    try:
        return finishing.result(connection, library(), attempt)
    except Refused:
        return None


def _objected(one: Objection, result: Result | None) -> Objected:
    mark = objections.mark_of(result, one.key, one.mark) if result is not None else None
    return Objected(one, title_of(one.scenario), mark.why if mark is not None else "")
