"""The gate: nobody answers live until the office's course is passed, or a manager lets them through for a while.

What it closes is the answering, never the reading: who stands before it can still read, draft and ask for approval.

>>> gate_for(connection, library, packs, account, "cleveland-opcc", today).open  # doctest: +SKIP
False
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import accounts, audit, roles
from responder.desk.accounts import Account
from responder.desk.decisions import Conflict, Refused
from responder.desk.tables import account as account_table
from responder.desk.tables import account_office
from responder.drafting.calendar import local_time
from responder.drafting.packs import Packs
from responder.errors import BadInput
from responder.practice.attempts import lock_account
from responder.practice.certificates import Certificate, certificate
from responder.practice.library import Library
from responder.practice.tables import practice_override as table
from responder.practice.wording import day

LONGEST_REASON = 1_000


@dataclass(frozen=True)
class Gate:
    """Whether somebody may answer live for an office. `case` names the sentence of practice/words.yml that is `why`;
    `until` is the last day of what opens it, or the day on which the certificate ended.
    """

    open: bool
    why: str
    case: str
    until: date | None = None
    refresher_due: bool = False
    overridden: bool = False


@dataclass(frozen=True)
class Override:
    """A manager's leave to answer live without a certificate. `until` is its last day."""

    id: int
    account_id: int
    office: str
    by: int
    by_name: str
    reason: str
    at: datetime
    until: date
    ended_at: datetime | None

    def runs(self, today: date) -> bool:
        """Whether it opens the gate on a day."""
        return self.ended_at is None and today <= self.until


def gate(connection: Connection, library: Library, account_id: int, office: str, today: date) -> Gate:
    """Whether somebody may answer live for an office on a day, and why. Raises UnknownName."""
    given = certificate(connection, account_id, office)
    if given is not None and given.is_valid(today):
        due = given.asks_refresher(library.settings, today)
        return _told(library, office, "refresher" if due else "passed", True, given, refresher_due=due)
    leave = running(connection, account_id, office, today)
    if leave is not None:
        why = _sentence(library, "overridden", office, until=leave.until, by=leave.by_name)
        return Gate(True, why, "overridden", leave.until, refresher_due=given is not None, overridden=True)
    if given is not None:
        return _told(library, office, "ended", False, given, refresher_due=True)
    if not library.held(office):
        return Gate(True, _sentence(library, "no-course", office), "no-course")
    return Gate(False, _sentence(library, "never", office), "never")


def gate_for(
    connection: Connection, library: Library, packs: Packs, account: Account, office: str, today: date
) -> Gate:
    """The gate of an account, for the desk's decisions. Raises UnknownName."""
    packs.office(office)
    return gate(connection, library, account.id, office, today)


def override(
    connection: Connection, library: Library, manager: Account, account_id: int, office: str, reason: str, until: date,
    now: datetime,
) -> int:  # fmt: skip
    """Let somebody answer live without a certificate until a day, with a reason; returns the override's id.

    One that runs already ends with it. A manager may let themselves through: a new installation has nobody else, and
    the audit shows it.

    Raises:
        Refused: the account may not manage that office.
        BadInput: no such person in the office, no reason, or a day that is past or too far away.
    """
    _need_manager(manager, office)
    today = local_time(now).date()
    person = accounts.get(connection, account_id)
    if person is None or office not in person.offices:
        raise BadInput("Choose somebody of the office.")
    if not person.may("send"):
        raise BadInput(
            "A trainee asks for approval whatever the course says: an administrator can make them a moderator."
        )
    words = reason.replace("\r\n", "\n").replace("\x00", "\ufffd").strip()
    if not 1 <= len(words) <= LONGEST_REASON:
        raise BadInput(f"Give a reason, in {LONGEST_REASON:,} characters or fewer.")
    latest = today + timedelta(days=library.settings.override_days)
    if not today <= until <= latest:
        raise BadInput(f"Choose a last day from {day(today)} to {day(latest)}.")
    lock_account(connection, account_id)
    earlier = running(connection, account_id, office, today)
    if earlier is not None:
        _end(connection, manager, earlier.id, now)
    values = {
        "account_id": account_id, "office": office, "by": manager.id, "reason": words, "at": now, "until": until,
    }  # fmt: skip
    made = int(connection.execute(sa.insert(table).values(**values)).inserted_primary_key[0])
    audit.append(
        connection, manager.actor, "practice.overridden", "account", account_id, office=office, now=now,
        before={"override": earlier.id, "until": earlier.until.isoformat()} if earlier else {},
        after={"override": made, "until": until.isoformat(), "reason": words, "own": account_id == manager.id},
    )  # fmt: skip
    return made


def end_override(connection: Connection, manager: Account, override_id: int, now: datetime) -> None:
    """End an override before its day.

    Raises:
        Refused: there is no such override in the manager's offices.
        Conflict: it ended already.
    """
    row = connection.execute(sa.select(table).where(table.c.id == override_id).with_for_update()).mappings().first()
    if row is None:
        raise Refused("There is no such override.")
    _need_manager(manager, row["office"])
    if row["ended_at"] is not None or row["until"] < local_time(now).date():
        raise Conflict("It ended already.")
    _end(connection, manager, override_id, now)
    audit.append(
        connection, manager.actor, "practice.override-ended", "account", row["account_id"], office=row["office"],
        now=now, before={"override": override_id, "until": row["until"].isoformat()},
    )  # fmt: skip


def running(connection: Connection, account_id: int, office: str, today: date) -> Override | None:
    """The override that opens the gate for somebody on a day."""
    query = _query().where(
        table.c.account_id == account_id, table.c.office == office, table.c.ended_at.is_(None), table.c.until >= today
    )
    row = connection.execute(query.order_by(table.c.id.desc()).limit(1)).mappings().first()
    return Override(**row) if row is not None else None


def overrides_in(connection: Connection, offices: Collection[str], account_id: int | None = None) -> list[Override]:
    """The overrides in these offices, the newest first."""
    query = _query().where(table.c.office.in_(tuple(offices)))
    if account_id is not None:
        query = query.where(table.c.account_id == account_id)
    return [Override(**row) for row in connection.execute(query.order_by(table.c.id.desc())).mappings()]


def answering(connection: Connection, library: Library, office: str, today: date) -> int:
    """How many may answer live for an office: by their role, and by the course or a manager's leave."""
    query = (
        sa.select(account_table.c.id, account_table.c.role)
        .join(account_office, account_office.c.account_id == account_table.c.id)
        .where(account_office.c.office == office, account_table.c.disabled_at.is_(None))
    )
    found = [int(id_) for id_, role in connection.execute(query) if roles.may(role, "send")]
    return sum(gate(connection, library, id_, office, today).open for id_ in found)


def _query() -> sa.sql.Select:
    names = ("id", "account_id", "office", "by", "reason", "at", "until", "ended_at")
    columns: list[Any] = [table.c[name] for name in names]
    return sa.select(*columns, account_table.c.full_name.label("by_name")).join(
        account_table, account_table.c.id == table.c.by
    )


def _told(library: Library, office: str, case: str, opened: bool, given: Certificate, refresher_due: bool) -> Gate:
    why = _sentence(library, case, office, until=given.valid_until, passed_on=given.passed_on)
    return Gate(opened, why, case, given.valid_until, refresher_due)


def _sentence(library: Library, case: str, office: str, by: str = "", **days: date) -> str:
    said: Mapping[str, str] = {name: day(on) for name, on in days.items()}
    name = library.packs.office(office).short_name["en"]
    return library.words.gate[case].format(**{"office": name, "by": by, "until": "", "passed_on": "", **said})


def _need_manager(manager: Account, office: str) -> None:
    if not manager.may("manage") or office not in manager.offices:
        raise Refused("Only a manager of the office may do that.")


def _end(connection: Connection, manager: Account, override_id: int, now: datetime) -> None:
    values = {"ended_at": now, "ended_by": manager.id}
    connection.execute(sa.update(table).where(table.c.id == override_id).values(**values))
