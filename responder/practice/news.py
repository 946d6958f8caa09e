"""What waits to be looked at by whoever practises: objections that were settled, and comments on answers in shadow.

New is what came since they last opened the page that shows it; when that was is kept with their account's preferences.

>>> news(connection, account).objections  # doctest: +SKIP
1
>>> looked(connection, account, OBJECTIONS, now)  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk.accounts import Account
from responder.desk.tables import account as account_table
from responder.desk.tables import message
from responder.practice.tables import practice_attempt, practice_draft, practice_objection

SEEN = "practice_seen"  # of the preferences: for each page, when it was last opened
OBJECTIONS, SHADOW = "objections", "shadow"


@dataclass(frozen=True)
class News:
    """How many objections were settled, and answers in shadow compared, that nobody has looked at yet."""

    objections: int
    comments: int


def news(connection: Connection, account: Account) -> News:
    """What is new for an account, of the offices that it sees."""
    settled = (
        sa.select(sa.func.count())
        .select_from(
            practice_objection.join(practice_attempt, practice_attempt.c.id == practice_objection.c.attempt_id)
        )
        .where(practice_attempt.c.account_id == account.id, practice_attempt.c.office.in_(account.offices))
        .where(_since(practice_objection.c.settled_at, account, OBJECTIONS))
    )
    compared = (
        sa.select(sa.func.count())
        .select_from(practice_draft.join(message, message.c.id == practice_draft.c.message_id))
        .where(practice_draft.c.account_id == account.id, message.c.office.in_(account.offices))
        .where(_since(practice_draft.c.compared_at, account, SHADOW))
    )
    return News(*(int(connection.execute(query).scalar_one()) for query in (settled, compared)))


def seen_at(account: Account, page: str) -> datetime | None:
    """When an account last opened one of the pages; None where it never has."""
    held = account.preferences.get(SEEN) or {}
    return datetime.fromisoformat(held[page]) if page in held else None


def looked(connection: Connection, account: Account, page: str, now: datetime) -> None:
    """Note that an account has opened one of the pages: what it shows is no news any more."""
    table = account_table
    query = sa.select(table.c.preferences).where(table.c.id == account.id).with_for_update()
    held = dict(connection.execute(query).scalar_one() or {})
    held[SEEN] = {**(held.get(SEEN) or {}), page: now.isoformat()}
    connection.execute(sa.update(table).where(table.c.id == account.id).values(preferences=held))


def _since(column: Any, account: Account, page: str) -> Any:
    last = seen_at(account, page)
    return column.is_not(None) if last is None else column > last
