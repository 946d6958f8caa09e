"""One message with what belongs to it: the conversation, the sender, what was read, the reply, the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import audit, states
from responder.desk.accounts import Account
from responder.desk.assessing import thread
from responder.desk.drafts import UNREAD, Case, assessment_of, drafted
from responder.desk.tables import account as account_table
from responder.desk.tables import (
    approval,
    assessment,
    clock,
    contact,
    contact_warning,
    conversation,
    duty_done,
    escalation,
    message,
    note,
    outbox,
    reply,
    reply_author,
)
from responder.drafting.model import Assessment

MOST_POSTS = 20
LONGEST_PAST = timedelta(days=365)


@dataclass(frozen=True)
class PostOnPage:
    """One post of the conversation. `sender` is public or office; `id` the message's number where it is on the desk."""

    sender: str
    text: str
    at: datetime | None
    id: int | None = None
    by: str = ""


@dataclass(frozen=True)
class Sender:
    """Who a message is from, as far as we know them."""

    id: int
    handle: str
    platform: str
    messages: int
    this_month: int
    first_at: datetime
    earlier: tuple[Mapping[str, Any], ...]
    warnings: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Whole:
    """Everything that the page of a message shows. `row` is the message, `reply` the reply in hand (None: none yet)."""

    row: Mapping[str, Any]
    case: Case
    posts: tuple[PostOnPage, ...]
    newest: int
    read: Assessment | None
    sender: Sender | None
    reply: Mapping[str, Any] | None
    authors: frozenset[int]
    decisions: tuple[Mapping[str, Any], ...]
    outbox: Mapping[str, Any] | None
    clocks: tuple[Mapping[str, Any], ...]
    notes: tuple[Mapping[str, Any], ...]
    escalations: tuple[Mapping[str, Any], ...]
    done: Mapping[str, Mapping[str, Any]]
    history: tuple[audit.Entry, ...] = field(default=())
    openers: tuple[tuple[str, int, datetime], ...] = field(default=())

    @property
    def later(self) -> int | None:
        """The last message of the conversation that came after this one; None where this is the last."""
        this = (self.row["received_at"], self.row["id"])
        after = [post.id for post in self.posts if post.id and post.at and (post.at, post.id) > this]
        return after[-1] if after else None

    @property
    def is_stale(self) -> bool:
        """Whether a new message came after the reply was written."""
        return self.reply is not None and self.reply["saw_message_id"] < self.newest


def whole(connection: Connection, account: Account, message_id: int) -> Whole | None:
    """The message with everything that belongs to it; None where this account must not know of it."""
    query = (
        sa.select(message, account_table.c.full_name.label("assignee"))
        .outerjoin(account_table, account_table.c.id == message.c.assignee_id)
        .where(message.c.id == message_id)
    )
    row = connection.execute(query).mappings().first()
    if row is None or row["office"] not in account.offices:
        return None
    kept = reply_in_hand(connection, row)
    posts = posts_of(connection, row)
    return Whole(
        row=row,
        case=case_of(connection, row),
        posts=posts,
        newest=newest(connection, row),
        read=reading(connection, row) if row["assessment_id"] else None,
        sender=_sender(connection, row),
        reply=kept,
        authors=_authors(connection, kept),
        decisions=_decisions(connection, message_id),
        outbox=_outbox(connection, kept),
        clocks=tuple(_mappings(connection, sa.select(clock).where(clock.c.message_id == message_id))),
        notes=tuple(_with_names(connection, note, message_id)),
        escalations=tuple(_with_names(connection, escalation, message_id)),
        done={one["duty"]: one for one in _with_names(connection, duty_done, message_id)},
        history=tuple(audit.entries(connection, subject=("message", message_id), without=audit.VIEWED, limit=60)),
        openers=tuple(audit.openers(connection, message_id)),
    )


def row_of(connection: Connection, account: Account, message_id: int) -> Mapping[str, Any] | None:
    """The message alone; None where this account must not know of it."""
    row = connection.execute(sa.select(message).where(message.c.id == message_id)).mappings().first()
    return None if row is None or row["office"] not in account.offices else row


def office_of(connection: Connection, account: Account, message_id: int) -> str | None:
    """The office of a message; None where this account must not know of it."""
    office = connection.execute(sa.select(message.c.office).where(message.c.id == message_id)).scalar()
    return office if office in account.offices else None


def reply_in_hand(connection: Connection, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest reply; None where that was withdrawn, or was sent before the message was opened again."""
    query = sa.select(reply).where(reply.c.message_id == row["id"]).order_by(reply.c.number.desc()).limit(1)
    kept = connection.execute(query).mappings().first()
    if kept is None or kept["state"] == states.WITHDRAWN:
        return None
    return None if kept["state"] == states.SENT and row["state"] != states.ANSWERED else kept


def approvers(connection: Connection, kept: Mapping[str, Any]) -> frozenset[int]:
    """Who approved this very version of a reply."""
    query = sa.select(approval.c.account_id).where(
        approval.c.reply_id == kept["id"],
        approval.c.version == kept["version"],
        approval.c.decision == "approved",
    )
    return frozenset(connection.execute(query).scalars())


def case_of(connection: Connection, row: Mapping[str, Any]) -> Case:
    """The message as drafting needs it."""
    return Case(row["office"], row["channel"], row["text"], row["received_at"], thread(connection, row))


def posts_of(connection: Connection, row: Mapping[str, Any]) -> tuple[PostOnPage, ...]:
    """The conversation, oldest first: what came with the message, what the desk received, what we answered.

    At most MOST_POSTS of each that came before the message, and as many after it.
    """
    here, at = message.c.conversation_id == row["conversation_id"], row["received_at"]
    before = sa.or_(message.c.received_at < at, sa.and_(message.c.received_at == at, message.c.id < row["id"]))
    received = (
        sa.select(message.c.id, message.c.text, message.c.received_at)
        .where(here, message.c.id != row["id"])
        .order_by(message.c.received_at.desc(), message.c.id.desc())
        .limit(MOST_POSTS)
    )
    around = [
        row,
        *(m for part in (before, sa.not_(before)) for m in connection.execute(received.where(part)).mappings()),
    ]
    ours = (
        sa.select(outbox.c.text, outbox.c.sent_at, account_table.c.full_name)
        .join(message, message.c.id == outbox.c.message_id)
        .outerjoin(account_table, account_table.c.id == outbox.c.sent_by)
        .where(message.c.conversation_id == row["conversation_id"], outbox.c.state == "sent")
        .order_by(outbox.c.sent_at.desc())
        .limit(MOST_POSTS)
    )
    posts = [PostOnPage("public", m["text"], m["received_at"], m["id"]) for m in around]
    posts += [PostOnPage("office", o.text, o.sent_at, by=o.full_name or "") for o in connection.execute(ours)]
    known = {(post.sender, post.text) for post in posts}
    with_it = [
        PostOnPage(post["from"], post["text"], _moment(post.get("at")))
        for post in row["earlier"] or ()
        if (post["from"], post["text"]) not in known
    ]
    return tuple(with_it + sorted(posts, key=lambda post: (post.at or at, post.id or 0)))


def newest(connection: Connection, row: Mapping[str, Any]) -> int:
    """The newest message of the conversation: what a reply must have seen."""
    query = sa.select(conversation.c.last_message_id).where(conversation.c.id == row["conversation_id"])
    return int(connection.execute(query).scalar() or row["id"])


def reading(connection: Connection, row: Mapping[str, Any]) -> Assessment:
    """What was read in a message; before it was read, that it may be danger."""
    if row["assessment_id"] is None:
        return UNREAD
    query = sa.select(assessment.c.reading).where(assessment.c.id == row["assessment_id"])
    return assessment_of(connection.execute(query).scalar_one())


def line_now(
    connection: Connection, packs: Any, row: Mapping[str, Any], now: datetime, language: str | None = None
) -> dict[str, Any] | None:
    """The draft for an answer at `now`: the output line of docs/contract.md; None where nothing was read yet."""
    if row["assessment_id"] is None:
        return None
    return drafted(packs, case_of(connection, row), reading(connection, row), now, language)


def _authors(connection: Connection, kept: Mapping[str, Any] | None) -> frozenset[int]:
    if kept is None:
        return frozenset()
    found = connection.execute(sa.select(reply_author.c.account_id).where(reply_author.c.reply_id == kept["id"]))
    return frozenset({*found.scalars(), *([kept["asked_by"]] if kept["asked_by"] else [])})


def _decisions(connection: Connection, message_id: int) -> tuple[Mapping[str, Any], ...]:
    """Approvals and what was sent back, oldest first, with who and of which version."""
    query = (
        sa.select(approval, account_table.c.full_name.label("who"), reply.c.number)
        .join(reply, reply.c.id == approval.c.reply_id)
        .join(account_table, account_table.c.id == approval.c.account_id)
        .where(reply.c.message_id == message_id)
        .order_by(approval.c.id)
    )
    return tuple(_mappings(connection, query))


def _outbox(connection: Connection, kept: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if kept is None:
        return None
    query = (
        sa.select(outbox, account_table.c.full_name.label("who"))
        .outerjoin(account_table, account_table.c.id == outbox.c.sent_by)
        .where(outbox.c.reply_id == kept["id"])
    )
    found: Mapping[str, Any] | None = connection.execute(query).mappings().first()
    return found


def _sender(connection: Connection, row: Mapping[str, Any]) -> Sender | None:
    if row["contact_id"] is None:
        return None
    who = connection.execute(sa.select(contact).where(contact.c.id == row["contact_id"])).mappings().one()
    theirs = message.c.contact_id == row["contact_id"]
    month = row["received_at"].replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    count, first_at = connection.execute(
        sa.select(sa.func.count(), sa.func.min(message.c.received_at, type_=message.c.received_at.type)).where(theirs)
    ).one()
    this_month = connection.execute(
        sa.select(sa.func.count()).where(theirs, message.c.received_at >= month, message.c.id <= row["id"])
    ).scalar_one()
    earlier = (
        sa.select(message.c.id, message.c.received_at, message.c.intent, message.c.state, message.c.channel)
        .where(theirs, message.c.id != row["id"], message.c.received_at >= row["received_at"] - LONGEST_PAST)
        .order_by(message.c.received_at.desc())
        .limit(8)
    )
    warned = (
        sa.select(contact_warning, account_table.c.full_name.label("who"))
        .join(account_table, account_table.c.id == contact_warning.c.account_id)
        .where(contact_warning.c.contact_id == row["contact_id"], contact_warning.c.ended_at.is_(None))
        .order_by(contact_warning.c.at.desc())
    )
    return Sender(
        id=who["id"],
        handle=who["handle"],
        platform=who["platform"],
        messages=int(count),
        this_month=int(this_month),
        first_at=first_at,
        earlier=tuple(_mappings(connection, earlier)),
        warnings=tuple(_mappings(connection, warned)),
    )


def _with_names(connection: Connection, table: sa.Table, message_id: int) -> list[Mapping[str, Any]]:
    query = (
        sa.select(table, account_table.c.full_name.label("who"))
        .join(account_table, account_table.c.id == table.c.account_id)
        .where(table.c.message_id == message_id)
        .order_by(table.c.at)
    )
    return _mappings(connection, query)


def _mappings(connection: Connection, query: Any) -> list[Mapping[str, Any]]:
    return list(connection.execute(query).mappings())


def _moment(found: Any) -> datetime | None:
    return datetime.fromisoformat(found) if found else None
