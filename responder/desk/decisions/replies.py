"""What staff decide about a reply: keep, ask, approve, send back, take back, sent by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import approvals, states, threads
from responder.desk.changes import changes
from responder.desk.decisions.acting import (
    LONGEST_REASON,
    Acting,
    Approved,
    Conflict,
    Refused,
    Words,
    locked,
    need_of,
    require,
    words_of,
)
from responder.desk.decisions.duties import undone
from responder.desk.decisions.record import Line, changed_by, log, log_lines, move, named, state_of, what_happened
from responder.desk.decisions.refusals import (
    blocking_in,
    refuse_another_reading,
    refuse_blocked,
    refuse_closed,
    refuse_settled,
    refuse_stale,
)
from responder.desk.decisions.texts import authors_of, keep, newest_reply, parts_of
from responder.desk.tables import (
    approval,
    outbox,
    reply,
)


def save_reply(connection: Connection, acting: Acting, message_id: int, words: Words) -> int:
    """Keep the text of the reply; returns its version. A text that is as it was keeps its version.

    A reply that waits for approval waits on with its new words, unless the check blocks them: then it is a draft again.

    Raises:
        Conflict: somebody changed it meanwhile, or the message was settled.
        BadInput: it is empty, or too long.
    """
    row = locked(connection, acting, message_id)
    require(acting, "write")
    saved = keep(connection, acting, row, words)
    kept, line = saved.reply, saved.line
    if line and kept["state"] == states.ASKED and blocking_in(connection, acting, row, kept):
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.DRAFT))
        move(connection, row, state=states.OPEN)
        line = replace(line, before={**state_of(row), **line.before}, after={"state": states.OPEN, **line.after})
    log_lines(connection, acting, row, line)
    return int(kept["version"])


def ask(connection: Connection, acting: Acting, message_id: int, words: Words) -> None:
    """Keep the text and ask for approval. Raises Conflict, BadInput; Refused where the check blocks it."""
    row = locked(connection, acting, message_id)
    require(acting, "write")
    saved = keep(connection, acting, row, words)
    kept = saved.reply
    refuse_blocked(connection, acting, row, kept)
    connection.execute(
        sa.update(reply)
        .where(reply.c.id == kept["id"])
        .values(state=states.ASKED, asked_at=acting.now, asked_by=acting.account.id)
    )
    move(connection, row, state=states.AWAITING)
    asked = Line("reply.asked", state_of(row), {"state": states.AWAITING, **named(kept)})
    log_lines(connection, acting, row, saved.line, asked)


def approve(connection: Connection, acting: Acting, message_id: int, words: Words) -> Approved:
    """Approve the reply as it stands on the page; with enough approvals it goes to the outbox.

    Raises:
        Refused: this account may not approve it, or the check finds something that must be mended first.
        Stale: a new message came since `words.saw`.
        Conflict: somebody changed, approved or settled it meanwhile, or said that the message is something else.
    """
    row = locked(connection, acting, message_id)
    refuse_settled(connection, row)
    refuse_stale(connection, row, words.saw)
    refuse_another_reading(connection, row, words.read)
    saved = keep(connection, acting, row, words)
    kept = saved.reply
    refuse_blocked(connection, acting, row, kept)
    need = need_of(connection, acting, row)
    authors, earlier = authors_of(connection, kept["id"]), threads.approvers(connection, kept)
    why_not = approvals.may_approve(acting.account, need, authors, earlier)
    if why_not:
        raise Refused(why_not)
    refuse_closed(connection, acting, row)
    connection.execute(
        sa.insert(approval).values(
            reply_id=kept["id"], version=kept["version"], account_id=acting.account.id, decision="approved",
            at=acting.now,
        )
    )  # fmt: skip
    left = approvals.still_needed(need, authors, {*earlier, acting.account.id})
    if left > 0:
        _wait_for_more(connection, acting, row, kept)
        told = {"state": states.AWAITING, "still_needed": left, **named(kept)}
    else:
        _to_outbox(connection, acting, row, kept)
        told = {"state": states.APPROVED, "approvers_asked": need.approvers, **named(kept)}
    log_lines(connection, acting, row, saved.line, Line("reply.approved", state_of(row), told))
    return Approved(left == 0, left)


def send_back(connection: Connection, acting: Acting, message_id: int, version: int, reason: str) -> None:
    """Give a reply that waits for approval back to its author, with the reason.

    Raises Refused, Conflict; BadInput without a reason.
    """
    row = locked(connection, acting, message_id)
    require(acting, "send")
    reason = words_of(reason, "the reason", LONGEST_REASON)
    kept = newest_reply(connection, row)
    if kept is None or kept["state"] != states.ASKED:
        raise Conflict(what_happened(connection, row))
    if kept["version"] != version:
        raise Conflict(changed_by(connection, kept))
    connection.execute(
        sa.delete(approval).where(
            approval.c.reply_id == kept["id"],
            approval.c.version == version,
            approval.c.account_id == acting.account.id,
        )
    )
    connection.execute(
        sa.insert(approval).values(
            reply_id=kept["id"], version=version, account_id=acting.account.id, decision="sent-back", reason=reason,
            at=acting.now,
        )
    )  # fmt: skip
    connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.DRAFT, version=version + 1))
    assignee = kept["asked_by"] or row["assignee_id"]
    move(connection, row, state=states.OPEN, assignee_id=assignee)
    log(
        connection, acting, row, "reply.sent-back", before={**state_of(row), "assignee": row["assignee_id"]},
        after={"state": states.OPEN, "assignee": assignee, **named(kept)},
    )  # fmt: skip


def take_back(connection: Connection, acting: Acting, message_id: int) -> None:
    """Take an approved reply out of the outbox before it was sent; its text becomes a draft again.

    Raises Refused; Conflict where it was sent or taken back meanwhile.
    """
    row = locked(connection, acting, message_id)
    require(acting, "send")
    kept = newest_reply(connection, row)
    if kept is None or kept["state"] != states.READY:
        raise Conflict(what_happened(connection, row))
    connection.execute(sa.update(outbox).where(outbox.c.reply_id == kept["id"]).values(state="withdrawn"))
    connection.execute(
        sa.update(reply)
        .where(reply.c.id == kept["id"])
        .values(state=states.DRAFT, version=kept["version"] + 1, approved_at=None)
    )
    move(connection, row, state=states.OPEN)
    log(connection, acting, row, "reply.taken-back", before=state_of(row), after={"state": states.OPEN, **named(kept)})


def mark_sent(connection: Connection, acting: Acting, message_id: int, saw: int) -> int:
    """Say that the approved reply was sent by hand; returns how much must still be done about a message of danger.

    Raises:
        Conflict: somebody had already sent it, or took it back.
        Stale: a new message came since the page was shown (`saw`).
    """
    row = locked(connection, acting, message_id)
    require(acting, "send")
    kept = newest_reply(connection, row)
    if kept is None or kept["state"] != states.READY:
        raise Conflict(what_happened(connection, row))
    refuse_stale(connection, row, saw)
    refuse_closed(connection, acting, row)
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.reply_id == kept["id"])
        .values(state="sent", sent_at=acting.now, sent_by=acting.account.id)
    )
    connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.SENT))
    left = undone(connection, acting, row)
    move(connection, row, state=states.ANSWERED, settled_at=acting.now, undone=left)
    log(
        connection, acting, row, "reply.sent", before=state_of(row),
        after={"state": states.ANSWERED, "by": "hand", **named(kept)},
    )  # fmt: skip
    return left


def not_sent(connection: Connection, acting: Acting, message_id: int) -> None:
    """Undo `mark_sent`: the reply was not sent after all. Raises Refused; Conflict where it was opened again since."""
    row = locked(connection, acting, message_id)
    require(acting, "send")
    kept = newest_reply(connection, row)
    if row["state"] != states.ANSWERED or kept is None or kept["state"] != states.SENT:
        raise Conflict(what_happened(connection, row))
    connection.execute(
        sa.update(outbox).where(outbox.c.reply_id == kept["id"]).values(state="waiting", sent_at=None, sent_by=None)
    )
    connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.READY))
    move(connection, row, state=states.APPROVED, settled_at=None, undone=0)
    log(
        connection, acting, row, "reply.not-sent", before=state_of(row), after={"state": states.APPROVED, **named(kept)}
    )


def _wait_for_more(connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Let a reply that has one approval wait for the next. Whoever approved it unasked is not its author by that."""
    if kept["state"] == states.DRAFT:
        values = {"state": states.ASKED, "asked_at": acting.now, "asked_by": None}
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(**values))
    move(connection, row, state=states.AWAITING)


def _to_outbox(connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    connection.execute(
        sa.update(reply)
        .where(reply.c.id == kept["id"])
        .values(
            state=states.READY,
            approved_at=acting.now,
            changes=changes(kept["drafted"], kept["text"], parts_of(connection, acting, row, kept)),
        )
    )
    values = {"text": kept["text"], "state": "waiting", "approved_at": acting.now}
    again = connection.execute(sa.update(outbox).where(outbox.c.reply_id == kept["id"]).values(**values))
    if not again.rowcount:
        connection.execute(
            sa.insert(outbox).values(
                reply_id=kept["id"], message_id=row["id"], office=row["office"], channel=row["channel"], **values
            )
        )
    move(connection, row, state=states.APPROVED)
