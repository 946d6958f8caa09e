"""Certificates: given when an office's course is passed, valid for two years, renewed by a refresher.

>>> standing(connection, library, account.id, "cleveland-opcc", today).is_passed  # doctest: +SKIP
False
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import audit
from responder.desk.accounts import Account
from responder.desk.audit import Actor
from responder.drafting.calendar import local_time
from responder.practice.attempts import best_marks
from responder.practice.courses import Settings, Standing, refresher_from, valid_until
from responder.practice.library import Library
from responder.practice.tables import practice_certificate as table

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another
LETTERS_IN_A_NUMBER = 8


@dataclass(frozen=True)
class Certificate:
    """One certificate. `valid_until` is its last day; `percent` the mean of the best marks that it rests on."""

    id: int
    account_id: int
    office: str
    number: str
    at: datetime
    passed_on: date
    valid_until: date
    percent: int
    refresher: bool

    def is_valid(self, today: date) -> bool:
        """Whether it holds on a day."""
        return today <= self.valid_until

    def asks_refresher(self, settings: Settings, today: date) -> bool:
        """Whether a refresher is asked for: shortly before the end, and after it."""
        return today >= refresher_from(self.valid_until, settings.refresher_days)


@dataclass(frozen=True)
class CourseStanding:
    """How far somebody is in an office's course, or in its refresher. `modules` in the course's order."""

    office: str
    modules: tuple[Standing, ...]
    shifts_passed: int
    shifts_asked: int
    refresher: bool
    is_passed: bool
    passed: frozenset[str]


def certificate(connection: Connection, account_id: int, office: str) -> Certificate | None:
    """The newest certificate of somebody for an office."""
    found = certificates(connection, account_id, office)
    return found[0] if found else None


def certificates(connection: Connection, account_id: int, office: str | None = None) -> list[Certificate]:
    """Every certificate of somebody, the newest first."""
    query = sa.select(table).where(table.c.account_id == account_id)
    if office is not None:
        query = query.where(table.c.office == office)
    return [_of_row(row) for row in connection.execute(query.order_by(table.c.id.desc())).mappings()]


def refreshers(connection: Connection, settings: Settings, account: Account, today: date) -> list[Certificate]:
    """The account's newest certificates, of the offices that it sees, that a refresher is asked for: the first to end
    is first.
    """
    newest: dict[str, Certificate] = {}
    for one in certificates(connection, account.id):
        newest.setdefault(one.office, one)
    due = [one for one in newest.values() if one.office in account.offices and one.asks_refresher(settings, today)]
    return sorted(due, key=lambda one: (one.valid_until, one.office))


def standing(connection: Connection, library: Library, account_id: int, office: str, today: date) -> CourseStanding:
    """How far somebody is: in the course; in the refresher, once that is asked for; while a certificate runs, in what
    it was given for. Raises UnknownName.
    """
    given = certificates(connection, account_id, office)
    is_asked = bool(given) and given[0].asks_refresher(library.settings, today)
    renewed = given[0] if is_asked else given[1] if len(given) > 1 and given[0].refresher else None
    refresher, since = renewed is not None, renewed.at if renewed is not None else None
    course = library.course(office)
    have = frozenset(best_marks(connection, account_id, office, since))
    return CourseStanding(
        office=office,
        modules=tuple(course.standing(module, have, refresher=refresher) for module in course.modules),
        shifts_passed=course.shifts_passed(have),
        shifts_asked=0 if refresher else course.shifts_asked,
        refresher=refresher,
        is_passed=course.is_passed(have, refresher=refresher),
        passed=have,
    )


def award(connection: Connection, library: Library, account_id: int, office: str, now: datetime) -> Certificate | None:
    """Give the certificate where the course, or the refresher that is asked for, is passed; None where it is not.

    The account must be locked (`attempts.lock_account`); the caller logs it (`log_award`).
    """
    today = local_time(now).date()
    last = certificate(connection, account_id, office)
    if last is not None and not last.asks_refresher(library.settings, today):
        return None
    found = standing(connection, library, account_id, office, today)
    if not found.is_passed or not found.passed:
        return None
    since = last.at if last is not None else None
    held = library.held(office)
    best = [mark for one, mark in best_marks(connection, account_id, office, since).items() if one in held]
    percent = sum(best) // len(best) if best else 100
    return give(connection, library.settings, account_id, office, now, percent, refresher=last is not None)


def give(
    connection: Connection, settings: Settings, account_id: int, office: str, now: datetime, percent: int,
    refresher: bool = False,
) -> Certificate:  # fmt: skip
    """Give a certificate, whatever was passed; `award` says who has earned one."""
    passed_on = local_time(now).date()
    values: dict[str, Any] = {
        "account_id": account_id,
        "office": office,
        "number": _number(passed_on),
        "at": now,
        "passed_on": passed_on,
        "valid_until": valid_until(passed_on, settings.valid_months),
        "percent": percent,
        "refresher": refresher,
    }
    made = int(connection.execute(sa.insert(table).values(**values)).inserted_primary_key[0])
    return Certificate(id=made, **values)


def log_award(connection: Connection, actor: Actor, given: Certificate, now: datetime) -> None:
    """Write the line of the audit that says that a certificate was given."""
    audit.append(
        connection, actor, "practice.certified", "account", given.account_id, office=given.office, now=now,
        after={"number": given.number, "valid_until": given.valid_until.isoformat(), "refresher": given.refresher},
    )  # fmt: skip


def _number(today: date) -> str:
    """As 2026-7F3K-91QD: forty random bits, so that nobody can guess another's."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LETTERS_IN_A_NUMBER))
    return f"{today.year}-{letters[:4]}-{letters[4:]}"


def _of_row(row: Mapping[str, Any]) -> Certificate:
    return Certificate(**row)
