"""Who has done what, and what is next. What one does with an attempt is gathered here from the modules that do it.

>>> next_scenario(connection, library, account.id, "cleveland-opcc", today).title  # doctest: +SKIP
'Van gone overnight'
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.practice.attempts import (
    DONE,
    OPEN,
    SKIPPED,
    Attempt,
    answer,
    attempts_of,
    begin,
    get,
    open_attempt,
    own_attempt,
    passed,
    pause,
    resume,
    seconds_left,
    skip,
)
from responder.practice.certificates import (
    Certificate,
    CourseStanding,
    award,
    certificate,
    certificates,
    standing,
)
from responder.practice.courses import HARD, Course, Standing
from responder.practice.finishing import finish, result
from responder.practice.gate import Gate, Override, end_override, gate, gate_for, override, overrides_in, running
from responder.practice.library import Library
from responder.practice.objections import object_to, objections_in, objections_of, settle, suggested, withdraw
from responder.practice.scenarios import Scenario
from responder.practice.tables import practice_box

__all__ = [
    "DONE", "OPEN", "SKIPPED", "Attempt", "Certificate", "CourseStanding", "Gate", "Override", "answer", "attempts_of",
    "award", "begin", "boxes", "certificate", "certificates", "due", "end_override", "finish", "gate", "gate_for",
    "get",
    "next_scenario", "object_to", "objections_in", "objections_of", "open_attempt", "override",
    "overrides_in", "own_attempt", "passed", "pause", "result", "resume", "running", "seconds_left", "settle", "skip",
    "standing", "suggested", "withdraw",
]  # fmt: skip


def boxes(connection: Connection, account_id: int, office: str) -> dict[str, date]:
    """The scenarios that somebody missed and that come back, with the day."""
    table = practice_box
    query = sa.select(table.c.scenario, table.c.due_on).where(
        table.c.account_id == account_id, table.c.office == office
    )
    return {str(scenario): due_on for scenario, due_on in connection.execute(query)}


def due(connection: Connection, library: Library, account_id: int, office: str, today: date) -> tuple[Scenario, ...]:
    """The scenarios that somebody missed and should practise again by now, the longest due first.

    Raises UnknownName.
    """
    held = library.held(office)
    found = ((on, id_) for id_, on in boxes(connection, account_id, office).items() if on <= today and id_ in held)
    return tuple(library.book[id_] for _, id_ in sorted(found))


def next_scenario(
    connection: Connection, library: Library, account_id: int, office: str, today: date, module: str | None = None
) -> Scenario | None:
    """What to practise next: what is due, then the easiest one that is new, in the first module that asks for more.

    With `module`, from that module alone. What was skipped or waits for its day comes only where nothing else is left;
    None where all is passed. Raises UnknownName.
    """
    for one in due(connection, library, account_id, office, today):
        if module in (None, one.module):
            return one
    found = standing(connection, library, account_id, office, today)
    tried = attempts_of(connection, account_id, office, state=SKIPPED)
    later = {one.scenario for one in tried} | set(boxes(connection, account_id, office))
    left = [one for one in _in_turn(library.course(office), found, module) if one.id not in found.passed]
    return next((one for one in left if one.id not in later), left[0] if left else None)


def _in_turn(course: Course, found: CourseStanding, module: str | None) -> list[Scenario]:
    """A course's scenarios (or one module's): what the course still asks for comes first, the easy before the hard."""
    asked = [one for one in found.modules if module in (None, one.module.id)]
    still = [one for state in asked if not state.is_passed for one in _wanted(state, course.scenarios[state.module.id])]
    everything = [one for state in asked for one in course.scenarios[state.module.id]]
    shifts = sorted((one for one in everything if one.is_shift), key=lambda one: one.level)
    return [*still, *(shifts if found.shifts_passed < found.shifts_asked else ()), *everything]


def _wanted(standing: Standing, group: tuple[Scenario, ...]) -> list[Scenario]:
    """A module's scenarios; where only hard ones, or the office's own, are still asked for, those first."""
    if standing.passed < standing.asked:
        return list(group)
    own, hard = standing.own_passed < standing.own_asked, standing.hard_passed < standing.hard_asked
    return sorted(group, key=lambda one: (own and one.office is None) + (hard and one.level < HARD))
