"""What the assistant read in a message, stored with it; and which messages it has still to read.

>>> with database.write() as connection:  # doctest: +SKIP
...     assess(connection, packs, 7, line, reading, now)
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import priority
from responder.desk.audit import ASSISTANT, append
from responder.desk.clocks import clocks, next_due
from responder.desk.tables import assessment, message, message_flag, outbox
from responder.desk.tables import clock as clock_table

RETRY = timedelta(seconds=30)  # longer than one reading takes at most
REST = timedelta(minutes=5)
MOST_TRIES = 5  # after these a message is tried again only every REST: others come first
MOST_POSTS = 20
READ = ("intent", "confidence", "urgency", "danger", "handling", "language", "rank")
COUNTED = 1_000  # tries are not counted further


def assess(
    connection: Connection,
    packs: Any,
    message_id: int,
    line: Mapping[str, Any],
    reading: Mapping[str, Any],
    now: datetime,
    *,
    again: bool = False,
    account_id: int | None = None,
) -> bool:
    """Store what was read in a message, in the open transaction; whether it was stored.

    `line` is the output line of docs/contract.md, `reading` the fields of drafting's Assessment. A message that has
    been read is left as it is, unless it was to be read `again`; so is one that is no longer there. `account_id` is who
    corrected the reading; that decision writes its own line of the audit.
    """
    kept = ("office", "channel", "received_at", "assessed_at", "version", *READ)
    query = sa.select(*(message.c[name] for name in kept)).where(message.c.id == message_id).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None or (row["assessed_at"] is not None and not again):
        return False
    made = connection.execute(
        sa.insert(assessment).values(
            message_id=message_id, made_at=now, account_id=account_id, line=dict(line), reading=dict(reading)
        )
    )
    flags = sorted({flag["name"] for flag in line["flags"]})
    read = _read(line)
    due = _run_down(connection, packs, message_id, row, line)
    connection.execute(sa.delete(message_flag).where(message_flag.c.message_id == message_id))
    if flags:
        connection.execute(sa.insert(message_flag), [{"message_id": message_id, "flag": flag} for flag in flags])
    connection.execute(
        sa.update(message)
        .where(message.c.id == message_id)
        .values(
            **read,
            **due,
            assessment_id=made.inserted_primary_key[0],
            assessed_at=now,
            version=row["version"] + 1,
        )
    )
    if account_id is not None:
        return True
    append(
        connection, ASSISTANT, "message.assessed", "message", message_id, office=row["office"], now=now,
        before={name: row[name] for name in READ} if row["assessed_at"] else {},
        after={**read, "flags": flags},
    )  # fmt: skip
    return True


def message_for_engine(connection: Connection, message_id: int) -> dict[str, Any] | None:
    """The input line of docs/contract.md for a message, with its thread; None where it is no longer there."""
    row = connection.execute(sa.select(message).where(message.c.id == message_id)).mappings().first()
    if row is None:
        return None
    return {
        "id": str(message_id),
        "office": row["office"],
        "channel": row["channel"],
        "received_at": row["received_at"].isoformat(),
        "text": row["text"],
        "thread": thread(connection, row),
    }


def thread(connection: Connection, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was said before a message (a row of `message`): the oldest first, the last 20 posts.

    Posts that came with it, then the earlier messages of its conversation and the replies that were sent before it.
    """
    said = [*_said_before(connection, row), *_sent_before(connection, row)]
    said.sort(key=lambda post: post[0])
    posts = [{"from": sender, "text": text, "at": at.isoformat()} for at, sender, text in said]
    known = {(post["from"], post["text"]) for post in posts}
    with_it = [
        {"from": post["from"], "text": post["text"], "at": post.get("at")}
        for post in row["earlier"] or ()
        if (post["from"], post["text"]) not in known
    ]
    return [*with_it, *posts][-MOST_POSTS:]


def never_queued(connection: Connection, limit: int) -> list[int]:
    """Messages that nobody has read and that the sweep has not queued yet, the oldest first."""
    query = (
        sa.select(message.c.id)
        .where(message.c.assessed_at.is_(None), message.c.queued_at.is_(None))
        .order_by(message.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def overdue(connection: Connection, now: datetime, before: datetime, limit: int) -> list[int]:
    """Messages that were queued or tried `before` a time and are still not read: those tried least, then the oldest.

    After MOST_TRIES a message is overdue only every REST, so that one that cannot be read does not hold up others.
    """
    due = sa.or_(sa.and_(message.c.queued_at < before, message.c.tries < MOST_TRIES), message.c.queued_at <= now - REST)
    query = (
        sa.select(message.c.id)
        .where(message.c.assessed_at.is_(None), due)
        .order_by(message.c.tries, message.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def note_queued(connection: Connection, ids: Iterable[int], now: datetime) -> None:
    """Note that messages are queued now."""
    waiting_ones = (message.c.id.in_(list(ids)), message.c.assessed_at.is_(None))
    connection.execute(sa.update(message).where(*waiting_ones).values(queued_at=now))


def note_try(connection: Connection, message_id: int, now: datetime) -> None:
    """Note, before it is begun, that a message is tried again: whatever the try ends, it is counted."""
    tries = sa.case((message.c.tries < COUNTED, message.c.tries + 1), else_=message.c.tries)
    waiting_one = (message.c.id == message_id, message.c.assessed_at.is_(None))
    connection.execute(sa.update(message).where(*waiting_one).values(tries=tries, queued_at=now))


def is_waiting(connection: Connection, message_id: int) -> bool:
    """Whether there is such a message and nobody has read it."""
    query = sa.select(message.c.id).where(message.c.id == message_id, message.c.assessed_at.is_(None))
    return connection.execute(query).first() is not None


def waiting(connection: Connection) -> int:
    """How many messages the assistant has not read yet."""
    query = sa.select(sa.func.count()).select_from(message).where(message.c.assessed_at.is_(None))
    return int(connection.execute(query).scalar_one())


def _read(line: Mapping[str, Any]) -> dict[str, Any]:
    """What a message's row holds of the output line."""
    return {
        "intent": line["intent"]["name"],
        "confidence": round(line["intent"]["confidence"] * 100),
        "urgency": line["urgency"],
        "danger": line["danger"],
        "handling": line["handling"],
        "language": line["language"],
        "rank": priority.rank(assessed=True, danger=line["danger"], urgency=line["urgency"]),
    }


def _run_down(
    connection: Connection, packs: Any, message_id: int, row: Mapping[str, Any], line: Mapping[str, Any]
) -> dict[str, Any]:
    """Replace the message's clocks, now that its duties are known; which runs out first."""
    running = clocks(packs, row["office"], row["channel"], row["received_at"], line["staff_actions"])
    connection.execute(sa.delete(clock_table).where(clock_table.c.message_id == message_id))
    if running:
        rows = [
            {"message_id": message_id, "kind": clock.kind, "due_at": clock.due_at, "clauses": list(clock.clauses)}
            for clock in running
        ]
        connection.execute(sa.insert(clock_table), rows)
    first = next_due(running)
    return {"due_at": first.due_at if first else None, "due_kind": first.kind if first else None}


def _said_before(connection: Connection, row: Mapping[str, Any]) -> list[tuple[datetime, str, str]]:
    """The earlier messages of the same conversation: when, by whom, what."""
    before = sa.or_(
        message.c.received_at < row["received_at"],
        sa.and_(message.c.received_at == row["received_at"], message.c.id < row["id"]),
    )
    query = (
        sa.select(message.c.received_at, message.c.text)
        .where(message.c.conversation_id == row["conversation_id"], before, message.c.text != "")
        .order_by(message.c.received_at.desc(), message.c.id.desc())
        .limit(MOST_POSTS)
    )
    return [(at, "public", text) for at, text in reversed(connection.execute(query).all())]


def _sent_before(connection: Connection, row: Mapping[str, Any]) -> list[tuple[datetime, str, str]]:
    """The replies that were sent in the same conversation before the message came."""
    query = (
        sa.select(outbox.c.sent_at, outbox.c.text)
        .join(message, message.c.id == outbox.c.message_id)
        .where(
            message.c.conversation_id == row["conversation_id"],
            outbox.c.state == "sent",
            outbox.c.sent_at <= row["received_at"],
            outbox.c.text != "",
        )
        .order_by(outbox.c.sent_at.desc())
        .limit(MOST_POSTS)
    )
    return [(at, "office", text) for at, text in reversed(connection.execute(query).all())]
