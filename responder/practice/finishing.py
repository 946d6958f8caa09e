"""What an attempt came to: marked by rules, stored, and followed by what comes back and by the certificate.

>>> finish(connection, library, account, attempt_id, now).percent  # doctest: +SKIP
86
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import audit
from responder.desk.accounts import Account
from responder.desk.decisions import Refused
from responder.drafting.calendar import local_time
from responder.practice import certificates
from responder.practice.attempts import DONE, SKIPPED, Attempt, attempts_of, locked, of_row, scenario_of
from responder.practice.courses import next_box
from responder.practice.library import Library
from responder.practice.marking import ORDER, Allowance, Mark, Result, TaskResult, mark
from responder.practice.tables import practice_allowance, practice_attempt, practice_box
from responder.practice.wording import told


def finish(connection: Connection, library: Library, account: Account, attempt_id: int, now: datetime) -> Result:
    """Mark an attempt and store what it came to; a message without an answer counts as left empty.

    Moves the scenario to the day on which it comes back, and gives the certificate where the course is passed with it.
    An attempt that is done stays as it is.

    Raises:
        Refused: there is no such attempt of this account, it was skipped, or its scenario can't be read any more.
    """
    attempt = locked(connection, account, attempt_id)
    if attempt.state == SKIPPED:
        raise Refused("You skipped this scenario, so there is nothing to mark.")
    if attempt.state == DONE:
        return result(connection, library, attempt)
    values = {
        "state": DONE, "finished_at": now, "seconds": attempt.seconds_taken(now), "paused_at": None,
    }  # fmt: skip
    found = marked(connection, library, attempt, now)
    store(connection, attempt.id, found, **values)
    place(connection, library, attempt.account_id, attempt.office, attempt.scenario)
    given = certificates.award(connection, library, attempt.account_id, attempt.office, now)
    audit.append(
        connection, account.actor, "practice.finished", "practice", attempt.id, office=attempt.office, now=now,
        after={"scenario": attempt.scenario, "percent": found.percent, "passed": found.passed},
    )  # fmt: skip
    if given is not None:
        certificates.log_award(connection, account.actor, given, now)
    return found


def result(connection: Connection, library: Library, attempt: Attempt) -> Result:
    """The marks of an attempt that is done, marked anew from its answers, with a sentence for each.

    Raises Refused where it is not done, so that nobody sees what is right before they have answered; or where its
    scenario can't be read any more (`stored` has the marks without sentences).
    """
    if attempt.state != DONE or attempt.finished_at is None:
        raise Refused("This scenario isn't finished yet: what is right is shown afterwards.")
    return marked(connection, library, attempt, attempt.finished_at)


def marked(
    connection: Connection, library: Library, attempt: Attempt, at: datetime, more: Iterable[Allowance] = ()
) -> Result:
    """Mark an attempt's answers, with what the scenario learnt; what was withdrawn before `at` no longer counts.

    The scenario is the attempt's own version; what it learnt since counts wherever that has the mark. `more` is tried
    beside that. Raises Refused where that version can't be read any more.
    """
    scenario = scenario_of(connection, library, attempt)
    learnt = [*allowances(connection, attempt.office, attempt.scenario, at), *more]
    found = mark(
        library.packs, scenario, attempt.office, attempt.answers, attempt.order, learnt, library.settings.pass_percent
    )
    return told(library.words, library.packs, scenario, found)


def allowances(connection: Connection, office: str, scenario: str, at: datetime) -> list[Allowance]:
    """What a scenario learnt from objections in an office, as far as it was not withdrawn before `at`."""
    table = practice_allowance
    query = (
        sa.select(table.c.key, table.c.mark, table.c.value)
        .where(
            table.c.office == office, table.c.scenario == scenario,
            sa.or_(table.c.withdrawn_at.is_(None), table.c.withdrawn_at > at),
        )
        .order_by(table.c.id)
    )  # fmt: skip
    return [Allowance(*row) for row in connection.execute(query)]


def store(connection: Connection, attempt_id: int, found: Result, **more: Any) -> None:
    """Keep what an attempt came to."""
    values = {
        "percent": found.percent, "passed": found.passed, "critical_missed": found.failed_critical,
        "marks": as_rows(found), **more,
    }  # fmt: skip
    here = practice_attempt.c.id == attempt_id
    connection.execute(sa.update(practice_attempt).where(here).values(**values))


def place(connection: Connection, library: Library, account_id: int, office: str, scenario: str) -> None:
    """Work out anew from somebody's attempts when a scenario comes back to them."""
    table = practice_box
    done = attempts_of(connection, account_id, office, scenario=scenario, state=DONE)
    history = sorted((one.finished_at, one.id, bool(one.passed)) for one in done if one.finished_at is not None)
    found = boxed(((local_time(at).date(), ok) for at, _, ok in history), library.settings.again_after_days)
    here = {"account_id": account_id, "office": office, "scenario": scenario}
    connection.execute(sa.delete(table).where(*(table.c[name] == value for name, value in here.items())))
    if found is not None:
        connection.execute(sa.insert(table).values(**here, box=found[0], due_on=found[1]))


def boxed(history: Iterable[tuple[date, bool]], steps: tuple[int, ...]) -> tuple[int, date] | None:
    """The step that a scenario is at and the day on which it comes back, after attempts on these days, passed or not.

    None: it does not come back, as it was never missed, or was passed at every step. Practice before the day is
    welcome, but only a miss moves it.

    >>> boxed([(date(2026, 11, 2), False), (date(2026, 11, 2), True), (date(2026, 11, 3), True)], (1, 3, 7))
    (1, datetime.date(2026, 11, 6))
    """
    kept: tuple[int, date] | None = None
    for day, passed in history:
        if passed and (kept is None or day < kept[1]):
            continue
        box, days = next_box(kept[0] if kept else 0, passed, steps)
        kept = (box, day + timedelta(days=days)) if days else None
    return kept


def done_with(connection: Connection, office: str, scenario: str) -> list[Attempt]:
    """Every attempt at a scenario in an office that is done, locked, the oldest first."""
    table = practice_attempt
    query = (
        sa.select(table)
        .where(table.c.office == office, table.c.scenario == scenario, table.c.state == DONE)
        .order_by(table.c.id)
        .with_for_update()
    )
    return [of_row(row) for row in connection.execute(query).mappings()]


def stored(attempt: Attempt, needed: int) -> Result:
    """The marks of an attempt that is done as they were stored, without sentences and without the office's own draft.

    `needed`: the per cent that passes.
    """
    by_key: dict[str, list[Mark]] = {}
    for row in attempt.marks:
        made = Mark(row["id"], row["kind"], row["met"], row["weight"], "", tuple(row["clauses"]), row["critical"])
        by_key.setdefault(row["key"], []).append(made)
    tasks = tuple(TaskResult(key, tuple(marks), {}) for key, marks in by_key.items() if key != ORDER)
    return Result(attempt.scenario, attempt.office, tasks, tuple(by_key.get(ORDER, ())), needed)


def as_rows(found: Result) -> list[dict[str, Any]]:
    """The marks as the tables hold them."""
    keyed = [(task.key, one) for task in found.tasks for one in task.marks] + [(ORDER, one) for one in found.order]
    return [
        {
            "key": key, "id": one.id, "kind": one.kind, "met": one.met, "weight": one.weight,
            "clauses": list(one.clauses), "critical": one.critical,
        }
        for key, one in keyed
    ]  # fmt: skip
