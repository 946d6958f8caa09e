"""The outbox: approved replies that wait to be sent, and those that were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk.accounts import Account
from responder.desk.tables import account as account_table
from responder.desk.tables import contact, conversation, message, reply
from responder.desk.tables import outbox as table

MOST = 50


@dataclass(frozen=True)
class Outgoing:
    """One reply on its way. `newest` is the newest message of its conversation; `is_stale`: that came after it."""

    message_id: int
    rank: int
    office: str
    channel: str
    text: str
    language: str
    handle: str | None
    approved_at: datetime
    sent_at: datetime | None
    by: str | None
    newest: int
    is_stale: bool


def waiting(connection: Connection, account: Account) -> list[Outgoing]:
    """What is to be sent, the oldest first."""
    return _found(connection, account, "waiting", table.c.approved_at)


def sent(connection: Connection, account: Account) -> list[Outgoing]:
    """What was sent last."""
    return _found(connection, account, "sent", table.c.sent_at.desc())


def _found(connection: Connection, account: Account, state: str, order: object) -> list[Outgoing]:
    query = (
        sa.select(
            table.c.message_id, message.c.rank, table.c.office, table.c.channel, table.c.text, reply.c.language,
            contact.c.handle, table.c.approved_at, table.c.sent_at, account_table.c.full_name.label("by"),
            conversation.c.last_message_id.label("newest"), reply.c.saw_message_id,
        )
        .join(reply, reply.c.id == table.c.reply_id)
        .join(message, message.c.id == table.c.message_id)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .outerjoin(contact, contact.c.id == message.c.contact_id)
        .outerjoin(account_table, account_table.c.id == table.c.sent_by)
        .where(table.c.state == state, table.c.office.in_(account.offices))
        .order_by(order, table.c.id)
        .limit(MOST)
    )  # fmt: skip
    found = []
    for row in connection.execute(query).mappings():
        values = dict(row)
        saw = values.pop("saw_message_id")
        found.append(Outgoing(**values, is_stale=saw < row["newest"]))
    return found
