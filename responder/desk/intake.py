"""Taking a message in: stored before it is acknowledged, once however often it arrives.

>>> with database.write() as connection:  # doctest: +SKIP
...     taken = receive(connection, packs, Incoming("cleveland-opcc", "facebook-dm", "mid.1", "Hello", now), now)
>>> taken.is_new  # doctest: +SKIP
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from responder.desk import priority, states
from responder.desk.audit import ASSISTANT, Actor, append
from responder.desk.clocks import clocks, next_due
from responder.desk.tables import clock as clock_table
from responder.desk.tables import contact, conversation, message
from responder.errors import BadInput

LONGEST_TEXT = 1_000_000
LONGEST_NAME = 200


@dataclass(frozen=True)
class Incoming:
    """One message as it came. `external_id` is the platform's name for it, which makes a second delivery the same one.

    `author` is the sender's handle (None: unknown); `thread` the platform's name for the conversation (None: the
    author's own); `earlier` are posts that came with it: {"from": "public" | "office", "text", "at"}.
    """

    office: str
    channel: str
    external_id: str
    text: str
    received_at: datetime
    author: str | None = None
    thread: str | None = None
    earlier: tuple[Mapping[str, Any], ...] = field(default=())
    source: str = "staff"


@dataclass(frozen=True)
class Taken:
    """The message's number on the desk; `is_new` is false where it had arrived before."""

    id: int
    is_new: bool


def receive(connection: Connection, packs: Any, incoming: Incoming, now: datetime, actor: Actor = ASSISTANT) -> Taken:
    """Store a message in the open transaction of `connection`; acknowledge it after that has been committed.

    Raises:
        UnknownName: there is no such office or channel.
        BadInput: it is too long, or a name is.
    """
    incoming = _cleaned(incoming)
    _check(packs, incoming)
    found = _find(connection, incoming)
    if found is not None:
        return Taken(found, False)
    contact_id = _contact(connection, incoming, now)
    conversation_id = _conversation(connection, incoming, contact_id)
    running = clocks(packs, incoming.office, incoming.channel, incoming.received_at)
    due = next_due(running)
    made = _insert_once(
        connection,
        message,
        ("office", "channel", "external_id"),
        {
            "office": incoming.office,
            "channel": incoming.channel,
            "external_id": incoming.external_id,
            "conversation_id": conversation_id,
            "contact_id": contact_id,
            "text": incoming.text,
            "earlier": [dict(post) for post in incoming.earlier],
            "received_at": incoming.received_at,
            "stored_at": now,
            "source": incoming.source,
            "state": states.OPEN,
            "rank": priority.UNREAD,
            "due_at": due.due_at if due else None,
            "due_kind": due.kind if due else None,
            "version": 1,
            "tries": 0,
        },
    )
    if made is None:  # somebody else stored it between our look and our insert
        again = _find(connection, incoming)
        assert again is not None
        return Taken(again, False)
    if running:
        rows = [{"message_id": made, "kind": c.kind, "due_at": c.due_at, "clauses": list(c.clauses)} for c in running]
        connection.execute(sa.insert(clock_table), rows)
    connection.execute(
        sa.update(conversation)
        .where(conversation.c.id == conversation_id)
        .where(sa.or_(conversation.c.last_message_id.is_(None), conversation.c.last_message_id < made))
        .values(last_message_id=made)
    )
    append(
        connection, actor, "message.received", "message", made, office=incoming.office, now=now,
        after={"channel": incoming.channel, "source": incoming.source, "received_at": incoming.received_at},
    )  # fmt: skip
    return Taken(made, True)


def storable(text: str) -> str:
    """A text without what no database stores: NUL, and half a character (a lone surrogate)."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _cleaned(incoming: Incoming) -> Incoming:
    named: dict[str, Any] = {
        name: storable(value)
        for name in ("external_id", "text", "author", "thread")
        if (value := getattr(incoming, name)) is not None
    }
    earlier = tuple({**post, "text": storable(str(post.get("text") or ""))} for post in incoming.earlier)
    return replace(incoming, **named, earlier=earlier)


def _check(packs: Any, incoming: Incoming) -> None:
    packs.office(incoming.office)
    packs.channel(incoming.channel)
    if len(incoming.text) > LONGEST_TEXT:
        raise BadInput(f"The message has {len(incoming.text):,} characters; at most {LONGEST_TEXT:,} can be kept.")
    for name, value in (("id", incoming.external_id), ("author", incoming.author), ("thread", incoming.thread)):
        if value is not None and (not value.strip() or len(value) > LONGEST_NAME):
            raise BadInput(f"The message's “{name}” must have 1 to {LONGEST_NAME} characters.")


def _find(connection: Connection, incoming: Incoming) -> int | None:
    query = sa.select(message.c.id).where(
        message.c.office == incoming.office,
        message.c.channel == incoming.channel,
        message.c.external_id == incoming.external_id,
    )
    found: int | None = connection.execute(query).scalar()
    return found


def _contact(connection: Connection, incoming: Incoming, now: datetime) -> int | None:
    if incoming.author is None:
        return None
    key = {"office": incoming.office, "platform": platform_of(incoming.channel), "handle": incoming.author}
    return _once(connection, contact, key, {"created_at": now})


def _conversation(connection: Connection, incoming: Incoming, contact_id: int | None) -> int:
    if incoming.thread:
        name = f"thread:{incoming.thread}"
    elif contact_id is not None:
        name = f"contact:{contact_id}"
    else:
        name = f"message:{incoming.external_id}"
    key = {"office": incoming.office, "channel": incoming.channel, "key": name[:LONGEST_NAME]}
    return _once(connection, conversation, key, {"contact_id": contact_id})


def platform_of(channel: str) -> str:
    """The platform of a channel: one person is the same in a Facebook message and a Facebook comment.

    >>> platform_of("facebook-comment"), platform_of("email")
    ('facebook', 'email')
    """
    return channel.partition("-")[0]


def _once(connection: Connection, table: sa.Table, key: Mapping[str, Any], rest: Mapping[str, Any]) -> int:
    """The id of the row with this key, made if it is not there."""
    query = sa.select(table.c.id).where(*(table.c[name] == value for name, value in key.items()))
    found = connection.execute(query).scalar()
    if found is None:
        found = _insert_once(connection, table, tuple(key), {**key, **rest})
    if found is None:
        found = connection.execute(query).scalar()
    assert found is not None
    return int(found)


def _insert_once(
    connection: Connection, table: sa.Table, key: tuple[str, ...], values: Mapping[str, Any]
) -> int | None:
    """The id of a new row, or None where another transaction stored one with this key first."""
    if connection.dialect.name == "postgresql":
        quietly = postgresql.insert(table).values(**values).on_conflict_do_nothing(index_elements=list(key))
        made: int | None = connection.execute(quietly.returning(table.c.id)).scalar()
        return made
    done = connection.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing(index_elements=list(key)))
    return int(done.inserted_primary_key[0]) if done.rowcount else None
