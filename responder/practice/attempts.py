"""Attempts: one person's goes at a scenario, from the first look to the last answer.

Each function works on an open transaction and writes its line of the audit, which holds no word of an answer. What an
answer is worth is worked out when the attempt is finished (`practice.finishing`), never before.

>>> attempt_id = begin(connection, library, account, "cleveland-opcc", "national/on-the-latch", now)  # doctest: +SKIP
>>> answer(connection, library, account, attempt_id, "message", Answer(do="reply", reply="…"), now)  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import audit
from responder.desk.accounts import Account
from responder.desk.decisions import Conflict, Refused
from responder.desk.tables import account as account_table
from responder.drafting.model import FLAGS, MODERATION_ACTIONS, URGENCIES
from responder.drafting.packs import Packs
from responder.errors import BadInput
from responder.practice import versions
from responder.practice.library import Library
from responder.practice.marking import time_left
from responder.practice.scenarios import DECISIONS, Answer, Scenario
from responder.practice.tables import practice_attempt as table
from responder.practice.tables import practice_kept

OPEN, DONE, SKIPPED = "open", "done", "skipped"
LONGEST_REPLY = 5_000
_LISTS = ("flags", "tell")


@dataclass(frozen=True)
class Attempt:
    """One go at a scenario. `answers` by the message's key, `order` as they were given; `marks` as they were stored
    when it was finished: {key, id, kind, met, weight, clauses, critical}, with an empty key for the order of a shift.
    `version` of the scenario is the one that it was begun with (see `practice.versions`).
    """

    id: int
    account_id: int
    office: str
    scenario: str
    version: str | None
    state: str
    timed: bool
    started_at: datetime
    finished_at: datetime | None
    seconds: int | None
    paused_at: datetime | None
    paused_seconds: int
    answers: Mapping[str, Answer]
    order: tuple[str, ...]
    percent: int | None
    passed: bool | None
    critical_missed: bool | None
    marks: tuple[Mapping[str, Any], ...]

    def seconds_taken(self, now: datetime) -> int:
        """How many seconds it took so far, without the pauses; once it is done, in all."""
        if self.seconds is not None:
            return self.seconds
        whole = (self.paused_at or now) - self.started_at
        return max(0, int(whole.total_seconds()) - self.paused_seconds)

    def left(self, scenario: Scenario) -> tuple[str, ...]:
        """The keys of the messages that are not answered yet, in the order in which they came."""
        return tuple(task.key for task in scenario.messages if task.key not in self.answers)


def as_json(answer: Answer) -> dict[str, Any]:
    """An answer as the tables hold it."""
    return {name: list(value) if name in _LISTS else value for name, value in asdict(answer).items()}


def from_json(held: Mapping[str, Any]) -> Answer:
    """The answer that the tables hold."""
    values: dict[str, Any] = {name: tuple(value) if name in _LISTS else value for name, value in held.items()}
    return Answer(**values)


def seconds_left(attempt: Attempt, library: Library, scenario: Scenario, now: datetime) -> int | None:
    """How many seconds a timed attempt has left, 0 where they are over; None where it is not timed.

    Time that ran out ends nothing and costs no mark: the result says how long it took.
    """
    if not attempt.timed:
        return None
    whole = int(time_left(scenario, library.settings.shift_minutes).total_seconds())
    return max(0, whole - attempt.seconds_taken(now))


def begin(
    connection: Connection, library: Library, account: Account, office: str, scenario: str, now: datetime,
    timed: bool = False,
) -> int:  # fmt: skip
    """Begin a scenario as it is today; returns the attempt's id. One that the account has open is gone on with, in the
    version that it was begun with; where that can't be read any more, it is left out and begun anew.

    Raises:
        Refused: the account may not practise, or there is no such scenario in its office's course.
    """
    _need(account, office)
    today = library.book.get(scenario)
    if today is None or scenario not in library.practised(office):
        raise Refused("There is no such scenario.")
    lock_account(connection, account.id)
    here = sa.and_(table.c.account_id == account.id, table.c.office == office, table.c.scenario == scenario)
    known = connection.execute(sa.select(table.c.id, table.c.version).where(here, table.c.state == OPEN)).first()
    if known is not None:
        if versions.find(connection, library, scenario, known.version) is not None:
            return int(known.id)
        skip(connection, account, int(known.id), now)
    version = versions.keep(connection, today)
    values = {
        "account_id": account.id, "office": office, "scenario": scenario, "version": version, "state": OPEN,
        "timed": timed, "started_at": now, "paused_seconds": 0, "answers": {}, "order": [], "marks": [],
    }  # fmt: skip
    made = int(connection.execute(sa.insert(table).values(**values)).inserted_primary_key[0])
    _log(connection, account, made, office, "practice.begun", now, after={"scenario": scenario, "timed": timed})
    return made


def answer(
    connection: Connection, library: Library, account: Account, attempt_id: int, key: str, given: Answer, now: datetime
) -> None:
    """Keep the answer to one message. It stands: what was answered is not changed.

    Raises:
        Refused: there is no such attempt of this account.
        Conflict: the attempt is finished or paused, or the message was answered.
        BadInput: there is no such message, or the answer names what does not exist.
    """
    attempt = locked(connection, account, attempt_id)
    _need_open(attempt)
    if attempt.paused_at is not None:
        raise Conflict("The scenario is paused: go on with it first.")
    if key not in {task.key for task in scenario_of(connection, library, attempt).messages}:
        raise BadInput("There is no such message in this scenario.")
    if key in attempt.answers:
        raise Conflict("You have answered this message already; an answer stands.")
    held = {one: as_json(it) for one, it in attempt.answers.items()}
    held[key] = as_json(_plain(library.packs, given))
    values = {"answers": held, "order": [*attempt.order, key]}
    connection.execute(sa.update(table).where(table.c.id == attempt_id).values(**values))
    _log(connection, account, attempt_id, attempt.office, "practice.answered", now, after={"message": key})


def pause(connection: Connection, account: Account, attempt_id: int, now: datetime) -> None:
    """Stop the clock. Raises Refused, Conflict where it is finished; nothing happens where it is paused."""
    attempt = locked(connection, account, attempt_id)
    _need_open(attempt)
    if attempt.paused_at is None:
        connection.execute(sa.update(table).where(table.c.id == attempt_id).values(paused_at=now))
        _log(connection, account, attempt_id, attempt.office, "practice.paused", now)


def resume(connection: Connection, account: Account, attempt_id: int, now: datetime) -> None:
    """Go on after a pause. Raises Refused, Conflict where it is finished; nothing happens where it is not paused."""
    attempt = locked(connection, account, attempt_id)
    _need_open(attempt)
    if attempt.paused_at is not None:
        rested = attempt.paused_seconds + max(0, int((now - attempt.paused_at).total_seconds()))
        values = {"paused_at": None, "paused_seconds": rested}
        connection.execute(sa.update(table).where(table.c.id == attempt_id).values(**values))
        _log(connection, account, attempt_id, attempt.office, "practice.resumed", now)


def skip(connection: Connection, account: Account, attempt_id: int, now: datetime) -> None:
    """Leave a scenario out, without penalty: no mark, and it does not come back by itself. Raises Refused, Conflict."""
    attempt = locked(connection, account, attempt_id)
    _need_open(attempt)
    values = {"state": SKIPPED, "finished_at": now, "answers": {}, "order": [], "paused_at": None}
    connection.execute(sa.update(table).where(table.c.id == attempt_id).values(**values))
    connection.execute(sa.delete(practice_kept).where(practice_kept.c.attempt_id == attempt_id))
    _log(connection, account, attempt_id, attempt.office, "practice.skipped", now, after={"scenario": attempt.scenario})


def get(connection: Connection, attempt_id: int) -> Attempt | None:
    """An attempt of anybody's, for a trainer; the page must ask whether they see its office."""
    row = connection.execute(sa.select(table).where(table.c.id == attempt_id)).mappings().first()
    return of_row(row) if row is not None else None


def own_attempt(connection: Connection, account: Account, attempt_id: int) -> Attempt | None:
    """An attempt of this account's, whatever became of it, in an office that it still sees; else None."""
    found = get(connection, attempt_id)
    mine = found is not None and found.account_id == account.id and found.office in account.offices
    return found if mine else None


def open_attempt(connection: Connection, account: Account, attempt_id: int) -> Attempt | None:
    """An attempt of this account's that is still open; else None."""
    found = own_attempt(connection, account, attempt_id)
    return found if found is not None and found.state == OPEN else None


def attempts_of(
    connection: Connection, account_id: int, office: str, *, scenario: str | None = None, state: str | None = None,
    limit: int | None = None,
) -> list[Attempt]:  # fmt: skip
    """Somebody's attempts, the newest first."""
    query = sa.select(table).where(table.c.account_id == account_id, table.c.office == office)
    if scenario is not None:
        query = query.where(table.c.scenario == scenario)
    if state is not None:
        query = query.where(table.c.state == state)
    query = query.order_by(table.c.started_at.desc(), table.c.id.desc()).limit(limit)
    return [of_row(row) for row in connection.execute(query).mappings()]


def best_marks(connection: Connection, account_id: int, office: str, since: datetime | None = None) -> dict[str, int]:
    """The best per cent of each scenario that somebody passed, after `since` where that is given."""
    query = (
        sa.select(table.c.scenario, sa.func.max(table.c.percent))
        .where(
            table.c.account_id == account_id, table.c.office == office, table.c.state == DONE, table.c.passed.is_(True)
        )
        .group_by(table.c.scenario)
    )
    if since is not None:
        query = query.where(table.c.finished_at > since)
    return {str(scenario): int(percent) for scenario, percent in connection.execute(query)}


def passed(connection: Connection, account_id: int, office: str, since: datetime | None = None) -> frozenset[str]:
    """The ids of the scenarios that somebody passed, after `since` where that is given."""
    return frozenset(best_marks(connection, account_id, office, since))


def scenario_of(connection: Connection, library: Library, attempt: Attempt) -> Scenario:
    """The scenario of an attempt, as it was begun with. Raises Refused where that can't be read any more."""
    found = versions.find(connection, library, attempt.scenario, attempt.version)
    if found is None:
        raise Refused("This scenario can't be shown any more.")
    return found


def lock_account(connection: Connection, *account_ids: int) -> None:
    """Hold these accounts until the end of the transaction, so that two windows cannot do the same thing at once."""
    ids = sorted(set(account_ids))
    query = sa.select(account_table.c.id).where(account_table.c.id.in_(ids)).order_by(account_table.c.id)
    connection.execute(query.with_for_update()).all()


def locked(connection: Connection, account: Account, attempt_id: int) -> Attempt:
    """The account's own attempt, locked for this transaction. Raises Refused where there is none."""
    lock_account(connection, account.id)
    found = own_attempt(connection, account, attempt_id)
    if found is None or not account.may("practise"):
        raise Refused("There is no such attempt.")
    return found


def of_row(row: Mapping[str, Any]) -> Attempt:
    """An attempt as its row holds it."""
    answers = {key: from_json(held) for key, held in row["answers"].items()}
    return Attempt(**{**row, "answers": answers, "order": tuple(row["order"]), "marks": tuple(row["marks"])})


def _need(account: Account, office: str) -> None:
    if not account.may("practise") or office not in account.offices:
        raise Refused("Your account can't practise for this office.")


def _need_open(attempt: Attempt) -> None:
    if attempt.state != OPEN:
        raise Conflict("This scenario is finished: begin it again to try once more.")


def _plain(packs: Packs, given: Answer) -> Answer:
    """An answer without doubled names and other systems' line ends. Raises BadInput."""
    for value, allowed in (
        (given.intent, packs.intents), (given.urgency, URGENCIES), (given.do, DECISIONS),
    ):  # fmt: skip
        _allowed([value] if value is not None else [], allowed)
    _allowed([given.moderate], MODERATION_ACTIONS)
    _allowed(given.flags, FLAGS)
    _allowed(given.tell, packs.roles)
    reply = given.reply.replace("\r\n", "\n").replace("\x00", "\ufffd")
    if len(reply) > LONGEST_REPLY:
        raise BadInput(f"The reply must be {LONGEST_REPLY:,} characters or fewer; it has {len(reply):,}.")
    return replace(given, flags=tuple(dict.fromkeys(given.flags)), tell=tuple(dict.fromkeys(given.tell)), reply=reply)


def _allowed(chosen: Sequence[str], allowed: Any) -> None:
    if any(one not in allowed for one in chosen):
        raise BadInput("Choose from what the page offers.")


def _log(
    connection: Connection, account: Account, attempt_id: int, office: str, action: str, now: datetime,
    after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    audit.append(connection, account.actor, action, "practice", attempt_id, office=office, now=now, after=after or {})
