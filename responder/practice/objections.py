"""Objections: a trainee says why a mark is wrong, a trainer settles it, and what is upheld the scenario learns.

An objection that is upheld makes allowances: a further right answer, further words, or that a point is not asked for.
Every attempt at that scenario in the office is then marked anew, and no mark ever falls by it.

>>> id_ = object_to(connection, library, account, attempt_id, "message", "tell-foi-officer", "…", now)  # doctest: +SKIP
>>> settle(connection, library, trainer, id_, True, "You are right.", suggested(found), now)  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import audit
from responder.desk.accounts import Account
from responder.desk.decisions import Conflict, Refused
from responder.errors import BadInput
from responder.practice import certificates
from responder.practice.attempts import DONE, Attempt, get, lock_account, locked, of_row
from responder.practice.finishing import as_rows, done_with, marked, place, result, store
from responder.practice.library import Library
from responder.practice.marking import WAIVED, Allowance, Mark, Result
from responder.practice.scenarios import says_something
from responder.practice.tables import practice_allowance, practice_attempt
from responder.practice.tables import practice_objection as table

LONGEST_WORDS = 2_000
LONGEST_VALUE = 300
MOST_ALLOWANCES = 20


@dataclass(frozen=True)
class Objection:
    """One objection. `key` is empty for the order of a shift; `upheld` is None until it is settled."""

    id: int
    attempt_id: int
    key: str
    mark: str
    words: str
    at: datetime
    settled_at: datetime | None
    settled_by: int | None
    upheld: bool | None
    answer: str | None
    allowance: tuple[Allowance, ...]
    account_id: int
    office: str
    scenario: str


@dataclass(frozen=True)
class Learnt:
    """One allowance as it is kept. `objection_id` is None where a trainer made it without one."""

    id: int
    office: str
    scenario: str
    allowance: Allowance
    objection_id: int | None
    by: int
    at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Rise:
    """How many attempts of how many people would have a higher mark, of how many of how many that were finished."""

    attempts: int
    people: int
    of_attempts: int
    of_people: int


def object_to(
    connection: Connection, library: Library, account: Account, attempt_id: int, key: str, mark: str, words: str,
    now: datetime,
) -> int:  # fmt: skip
    """Object to a mark that was missed; returns the objection's id. `key` is empty for the order of a shift.

    Raises:
        Refused: there is no such attempt of this account, it is not finished, or its scenario can't be read any more.
        Conflict: there is an objection to this mark already.
        BadInput: there is no such mark, it was met, or the words are missing or too long.
    """
    attempt = locked(connection, account, attempt_id)
    if attempt.state != DONE:
        raise Refused("Finish the scenario first; then you can object to a mark.")
    found = mark_of(result(connection, library, attempt), key, mark)
    if found is None:
        raise BadInput("There is no such mark in this attempt.")
    if found.met:
        raise BadInput("You have this mark already, so there is nothing to object to.")
    text = _words(words, "why the mark is wrong")
    here = sa.and_(table.c.attempt_id == attempt_id, table.c.key == key, table.c.mark == mark)
    if connection.execute(sa.select(table.c.id).where(here)).first():
        raise Conflict("You have objected to this mark already.")
    values = {"attempt_id": attempt_id, "key": key, "mark": mark, "words": text, "at": now, "allowance": []}
    made = int(connection.execute(sa.insert(table).values(**values)).inserted_primary_key[0])
    audit.append(
        connection, account.actor, "practice.objected", "practice", attempt_id, office=attempt.office, now=now,
        after={"objection": made, "scenario": attempt.scenario, "message": key, "mark": mark},
    )  # fmt: skip
    return made


def settle(
    connection: Connection, library: Library, trainer: Account, objection_id: int, upheld: bool, words: str,
    allowance: Sequence[Allowance], now: datetime,
) -> int:  # fmt: skip
    """Settle an objection; returns how many attempts (of anybody) have better marks by it.

    `words` are the trainer's answer. Where it is upheld, `allowance` (see `suggested`) must give the mark; it may be
    empty where another objection gave it meanwhile. Where it is not, none is taken.

    Raises:
        Refused: the account may not train for that office, or it is its own objection; no such objection; where it is
            upheld, the version of the scenario can't be read any more.
        Conflict: it was settled already.
        BadInput: the words are missing or too long, or an allowance cannot be used.
    """
    found = _for_trainer(connection, trainer, objection_id)
    text = _words(words, "your answer")
    learnt = tuple(allowance) if upheld else ()
    if upheld:
        _refuse_unusable(connection, library, found, learnt)
    raised: list[int] = []
    people = _people(connection, found.office, found.scenario) if upheld else []
    lock_account(connection, *people)
    _settle_once(connection, trainer, found, upheld, text, learnt, now)
    awards: list[certificates.Certificate] = []
    if upheld:
        for one in learnt:
            _keep(connection, trainer, found.office, found.scenario, one, now, found.id)
        raised, awards = _mark_anew(connection, library, found.office, found.scenario, now)
    audit.append(
        connection, trainer.actor, "practice.objection-settled", "practice", found.attempt_id, office=found.office,
        now=now, before={"settled": False},
        after={
            "objection": found.id, "upheld": upheld, "scenario": found.scenario, "message": found.key,
            "mark": found.mark, "raised": raised,
        },
    )  # fmt: skip
    for given in awards:
        certificates.log_award(connection, trainer.actor, given, now)
    return len(raised)


def would_rise(connection: Connection, library: Library, found: Objection, allowance: Sequence[Allowance]) -> Rise:
    """What upholding an objection with this would come to; nothing is changed."""
    table = practice_attempt
    here = (table.c.office == found.office, table.c.scenario == found.scenario, table.c.state == DONE)
    done = [of_row(row) for row in connection.execute(sa.select(table).where(*here).order_by(table.c.id)).mappings()]
    rising = [one.account_id for one in done if _better(connection, library, one, allowance) is not None]
    return Rise(len(rising), len(set(rising)), len(done), len({one.account_id for one in done}))


def suggested(key: str, found: Mark) -> tuple[Allowance, ...]:
    """What a trainer may allow for a missed mark, the likeliest first; a trainer may also allow further words.

    What was chosen is allowed as a further right answer; at the end always: that the point is not asked for.
    """
    waived = Allowance(key, found.id, WAIVED)
    if found.id in ("intent", "urgency", "do", "moderate"):
        return (*(Allowance(key, found.id, one) for one in found.found), waived)
    if found.id in ("flags", "tell"):
        beyond = (one for one in found.found if one not in found.wanted)
        return (*(Allowance(key, found.id, one) for one in beyond), waived)
    if found.kind == "write" and found.id.startswith("check-"):
        return (Allowance(key, "check", found.id.removeprefix("check-")),)
    return (waived,)


def withdraw(connection: Connection, trainer: Account, allowance_id: int, now: datetime) -> None:
    """End an allowance for attempts that are finished from now on; marks that were given stay.

    Raises Refused; Conflict where it was withdrawn already.
    """
    here = practice_allowance.c.id == allowance_id
    row = connection.execute(sa.select(practice_allowance).where(here).with_for_update()).mappings().first()
    if row is None or not _trains(trainer, row["office"]):
        raise Refused("There is no such allowance.")
    if row["withdrawn_at"] is not None:
        raise Conflict("It was withdrawn already.")
    values = {"withdrawn_at": now, "withdrawn_by": trainer.id}
    connection.execute(sa.update(practice_allowance).where(here).values(**values))
    audit.append(
        connection, trainer.actor, "practice.allowance-withdrawn", "practice-allowance", allowance_id,
        office=row["office"], now=now, before={"scenario": row["scenario"], "mark": row["mark"]},
    )  # fmt: skip


def learnt(connection: Connection, offices: Collection[str], scenario: str | None = None) -> list[Learnt]:
    """What scenarios learnt in these offices, withdrawn or not, the newest first."""
    query = sa.select(practice_allowance).where(practice_allowance.c.office.in_(tuple(offices)))
    if scenario is not None:
        query = query.where(practice_allowance.c.scenario == scenario)
    found = connection.execute(query.order_by(practice_allowance.c.id.desc())).mappings()
    return [
        Learnt(
            row["id"], row["office"], row["scenario"], Allowance(row["key"], row["mark"], row["value"]),
            row["objection_id"], row["by"], row["at"], row["withdrawn_at"],
        )
        for row in found
    ]  # fmt: skip


def objection(connection: Connection, objection_id: int) -> Objection | None:
    """One objection; the page must ask whether the account sees its office."""
    row = connection.execute(_query().where(table.c.id == objection_id)).mappings().first()
    return _of_row(row) if row is not None else None


def objections_of(connection: Connection, attempt_id: int) -> dict[tuple[str, str], Objection]:
    """The objections to one attempt's marks, by the message's key and the mark."""
    rows = connection.execute(_query().where(table.c.attempt_id == attempt_id).order_by(table.c.id)).mappings()
    return {(one.key, one.mark): one for one in map(_of_row, rows)}


def objections_in(connection: Connection, offices: Collection[str], settled: bool = False) -> list[Objection]:
    """The objections in these offices that wait for a trainer, the oldest first; or those settled, the newest first."""
    query = _query().where(practice_attempt.c.office.in_(tuple(offices)))
    if settled:
        query = query.where(table.c.settled_at.is_not(None)).order_by(table.c.settled_at.desc(), table.c.id.desc())
    else:
        query = query.where(table.c.settled_at.is_(None)).order_by(table.c.at, table.c.id)
    return [_of_row(row) for row in connection.execute(query).mappings()]


def mark_of(found: Result, key: str, mark: str) -> Mark | None:
    """One mark of a result; an empty key is for the order of a shift."""
    marks = found.order if key == "" else next((task.marks for task in found.tasks if task.key == key), ())
    return next((one for one in marks if one.id == mark), None)


def _query() -> sa.sql.Select:
    attempt = practice_attempt.c
    return sa.select(table, attempt.account_id, attempt.office, attempt.scenario).join(
        practice_attempt, attempt.id == table.c.attempt_id
    )


def _of_row(row: Mapping[str, Any]) -> Objection:
    return Objection(**{**row, "allowance": tuple(Allowance(**one) for one in row["allowance"])})


def _trains(account: Account, office: str) -> bool:
    return account.may("train") and office in account.offices


def _for_trainer(connection: Connection, trainer: Account, objection_id: int) -> Objection:
    found = objection(connection, objection_id)
    if found is None or not _trains(trainer, found.office):
        raise Refused("There is no such objection.")
    if found.account_id == trainer.id:
        raise Refused("This is your own objection: another trainer settles it.")
    if found.settled_at is not None:
        raise Conflict("The objection was settled already.")
    return found


def _settle_once(
    connection: Connection, trainer: Account, found: Objection, upheld: bool, text: str,
    learnt: Sequence[Allowance], now: datetime,
) -> None:  # fmt: skip
    held = [{"key": one.key, "mark": one.mark, "value": one.value} for one in learnt]
    done = connection.execute(
        sa.update(table)
        .where(table.c.id == found.id, table.c.settled_at.is_(None))
        .values(settled_at=now, settled_by=trainer.id, upheld=upheld, answer=text, allowance=held)
    )
    if not done.rowcount:
        raise Conflict("The objection was settled already.")


def _refuse_unusable(connection: Connection, library: Library, found: Objection, learnt: Sequence[Allowance]) -> None:
    """Raises BadInput where the allowances would not give the mark that the objection is about."""
    if len(learnt) > MOST_ALLOWANCES:
        raise BadInput(f"Choose at most {MOST_ALLOWANCES} things that are to be allowed.")
    if any(one.key != found.key or not one.mark for one in learnt):
        raise BadInput("Choose what is to be allowed for this mark.")
    if not all(one.value == WAIVED or says_something(one.value) for one in learnt):
        raise BadInput("Give the words that are to be allowed.")
    if any(len(one.value) > LONGEST_VALUE for one in learnt):
        raise BadInput(f"Give words of {LONGEST_VALUE:,} characters or fewer.")
    attempt = get(connection, found.attempt_id)
    assert attempt is not None and attempt.finished_at is not None
    after = mark_of(marked(connection, library, attempt, attempt.finished_at, learnt), found.key, found.mark)
    if after is not None and not after.met:
        raise BadInput("With this the mark would still be missed: choose what is to be allowed, or give other words.")


def _keep(
    connection: Connection, trainer: Account, office: str, scenario: str, one: Allowance, now: datetime,
    objection_id: int,
) -> None:  # fmt: skip
    connection.execute(
        sa.insert(practice_allowance).values(
            office=office, scenario=scenario, key=one.key, mark=one.mark, value=one.value.strip(),
            objection_id=objection_id, by=trainer.id, at=now,
        )
    )  # fmt: skip


def _people(connection: Connection, office: str, scenario: str) -> list[int]:
    query = sa.select(practice_attempt.c.account_id).where(
        practice_attempt.c.office == office, practice_attempt.c.scenario == scenario
    )
    return [int(id_) for id_ in connection.execute(query.distinct()).scalars()]


def _mark_anew(
    connection: Connection, library: Library, office: str, scenario: str, now: datetime
) -> tuple[list[int], list[certificates.Certificate]]:
    """Mark every attempt at a scenario anew, each in its own version; the ids of those that rose, and the certificates
    that came of it. One whose version can't be read any more keeps its marks.
    """
    raised, people = [], []
    for attempt in done_with(connection, office, scenario):
        found = _better(connection, library, attempt)
        if found is not None:
            store(connection, attempt.id, found)
            raised.append(attempt.id)
            people.append(attempt.account_id)
    awards = []
    for account_id in dict.fromkeys(people):
        place(connection, library, account_id, office, scenario)
        awards.append(certificates.award(connection, library, account_id, office, now))
    return raised, [one for one in awards if one is not None]


def _better(
    connection: Connection, library: Library, attempt: Attempt, more: Sequence[Allowance] = ()
) -> Result | None:
    """What an attempt that is done would come to if it were marked anew; None where that is not better."""
    assert attempt.finished_at is not None
    try:
        found = marked(connection, library, attempt, attempt.finished_at, more)
    except Refused:
        return None
    no_worse = (found.passed, found.percent) >= (bool(attempt.passed), attempt.percent or 0)
    return found if no_worse and as_rows(found) != list(attempt.marks) else None


def _words(text: str, what: str, longest: int = LONGEST_WORDS) -> str:
    plain = text.replace("\r\n", "\n").replace("\x00", "\ufffd").strip()
    if not plain:
        raise BadInput(f"Say {what}.")
    if len(plain) > longest:
        raise BadInput(f"Say {what} in {longest:,} characters or fewer; it has {len(plain):,}.")
    return plain
