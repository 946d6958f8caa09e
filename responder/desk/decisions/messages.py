"""What staff decide about a message: what it is, whose it is, who must know, and that no reply is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import priority, states, threads
from responder.desk.assessing import assess
from responder.desk.decisions.acting import LONGEST_NOTE, Acting, Conflict, locked, require, words_of
from responder.desk.decisions.duties import undone
from responder.desk.decisions.record import log, move, state_of, what_happened
from responder.desk.decisions.refusals import refuse_settled
from responder.desk.decisions.texts import back_to_draft, drop_untouched, has_words_of_its_own, newest_reply
from responder.desk.drafts import corrected, drafted, reading_of
from responder.desk.tables import (
    account as account_table,
)
from responder.desk.tables import (
    account_office,
    contact_warning,
    correction,
    duty_done,
    escalation,
    message,
    note,
    reply,
)
from responder.errors import BadInput


def see(connection: Connection, acting: Acting, message_id: int) -> None:
    """Note that a message was opened and read."""
    row = locked(connection, acting, message_id)
    if row["seen_at"] is None:
        connection.execute(sa.update(message).where(message.c.id == message_id).values(seen_at=acting.now))
    log(connection, acting, row, "message.viewed")


def close(connection: Connection, acting: Acting, message_id: int, reason: str, words: str = "") -> int:
    """Say that a message needs no reply, with a reason of the office's list; returns how much must still be done about
    a message of danger.

    A message that may be danger is closed only with words of one's own, which are kept as a note.

    Raises:
        BadInput: the reason is not on the list, or words are missing.
        Conflict: it was settled meanwhile, or its reply stands in the outbox.
    """
    row = locked(connection, acting, message_id)
    require(acting, "close")
    allowed = {one.id: one for one in acting.rules.close_reasons(row["office"])}
    if reason not in allowed:
        raise BadInput("Choose why no reply is needed from the list.")
    kept = newest_reply(connection, row)
    refuse_settled(connection, row)
    if (allowed[reason].needs_words or row["rank"] in (priority.DANGER, priority.UNREAD)) and not words.strip():
        raise BadInput("Say in your own words why no reply is needed.")
    if kept is not None and kept["state"] in (states.DRAFT, states.ASKED):
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.WITHDRAWN))
    if words.strip():
        _note(connection, acting, row, words)
    left = undone(connection, acting, row)
    move(connection, row, state=states.CLOSED, settled_at=acting.now, closed_reason=reason, undone=left)
    log(
        connection, acting, row, "message.closed", before=state_of(row),
        after={"state": states.CLOSED, "reason": reason},
    )  # fmt: skip
    return left


def reopen(connection: Connection, acting: Acting, message_id: int) -> None:
    """Open a settled message again; words that somebody had written before it was closed are a draft again.

    Raises Refused; Conflict where it is open already.
    """
    row = locked(connection, acting, message_id)
    require(acting, "close")
    kept = newest_reply(connection, row)
    if row["state"] not in states.SETTLED:
        raise Conflict(what_happened(connection, row))
    if kept is not None and kept["state"] == states.WITHDRAWN and has_words_of_its_own(connection, kept):
        values = {"state": states.DRAFT, "version": kept["version"] + 1}
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(**values))
    move(connection, row, state=states.OPEN, settled_at=None, closed_reason=None, undone=0)
    log(connection, acting, row, "message.reopened", before=state_of(row), after={"state": states.OPEN})


def correct(
    connection: Connection, acting: Acting, message_id: int, intent: str | None, danger: str | None = None
) -> None:
    """Say what a message is; the draft follows. An untouched draft is dropped, a person's own words are kept.

    Raises:
        UnknownName: there is no such intent.
        BadInput: nothing was chosen, or not enough for a message that nobody has read yet.
        Conflict: the message was settled, or its reply stands in the outbox.
    """
    row = locked(connection, acting, message_id)
    require(acting, "correct")
    if intent:
        acting.packs.intent(intent)
    if danger not in (None, "alarm", "none"):
        raise BadInput("Danger is “alarm” or “none”.")
    if not intent and not danger:
        raise BadInput("Choose what the message is.")
    if row["assessment_id"] is None and danger != "alarm" and not (intent and danger):
        raise BadInput("The assistant has not read this message: choose what it is, and whether there is danger.")
    refuse_settled(connection, row)
    case = threads.case_of(connection, row)
    before = threads.reading(connection, row)
    read = corrected(before, intent, danger)
    line = drafted(acting.packs, case, read, acting.now)
    assess(
        connection, acting.packs, message_id, line, reading_of(read), acting.now, account_id=acting.account.id,
        again=True,
    )  # fmt: skip
    drop_untouched(connection, row)
    back_to_draft(connection, row)
    move(connection, row, state=states.OPEN)
    connection.execute(
        sa.insert(correction).values(
            message_id=message_id, account_id=acting.account.id, at=acting.now, read_as=row["intent"],
            read_danger=row["danger"], intent=line["intent"]["name"], danger=line["danger"], taught=False,
        )
    )  # fmt: skip
    log(
        connection, acting, row, "message.corrected",
        before={"intent": row["intent"], "danger": row["danger"], "urgency": row["urgency"], **state_of(row)},
        after={
            "intent": line["intent"]["name"], "danger": line["danger"], "urgency": line["urgency"],
            "state": states.OPEN,
        },
    )  # fmt: skip


def taught(connection: Connection, acting: Acting, message_id: int) -> None:
    """Note that the last correction of a message was kept as an example for the next training. Raises Refused."""
    row = locked(connection, acting, message_id)
    require(acting, "teach")
    last = sa.select(sa.func.max(correction.c.id)).where(correction.c.message_id == message_id).scalar_subquery()
    connection.execute(sa.update(correction).where(correction.c.id == last).values(taught=True))
    log(connection, acting, row, "message.taught")


def assign(connection: Connection, acting: Acting, message_id: int, account_id: int | None) -> None:
    """Give a message to somebody of the office (None: to nobody). Taking it on, or giving up what one has, needs no
    further right.

    Raises Refused; BadInput where that account does not see the office's messages.
    """
    row = locked(connection, acting, message_id)
    me = acting.account.id
    own = account_id == me or (account_id is None and row["assignee_id"] in (me, None))
    require(acting, "write" if own else "assign")
    if account_id is not None and account_id not in {id_ for id_, _ in colleagues(connection, row["office"])}:
        raise BadInput("Choose somebody from the list.")
    move(connection, row, assignee_id=account_id)
    log(
        connection, acting, row, "message.assigned", before={"assignee": row["assignee_id"]},
        after={"assignee": account_id},
    )  # fmt: skip


def add_note(connection: Connection, acting: Acting, message_id: int, text: str) -> None:
    """Write a note that only staff see. Raises BadInput."""
    row = locked(connection, acting, message_id)
    require(acting, "write")
    _note(connection, acting, row, text)
    log(connection, acting, row, "message.noted")


def escalate(connection: Connection, acting: Acting, message_id: int, role: str, text: str) -> None:
    """Hand a message to a role, with what that role needs. Raises BadInput."""
    row = locked(connection, acting, message_id)
    require(acting, "write")
    if role not in {one.role for one in acting.rules.escalations(row["office"])}:
        raise BadInput("Choose who should know from the list.")
    words = words_of(text, "what they need to know", LONGEST_NOTE)
    connection.execute(
        sa.insert(escalation).values(
            message_id=message_id, role=role, text=words, account_id=acting.account.id, at=acting.now
        )
    )
    move(connection, row, escalated_to=role)
    log(
        connection, acting, row, "message.escalated", before={"escalated_to": row["escalated_to"]},
        after={"escalated_to": role},
    )  # fmt: skip


def settle_escalation(connection: Connection, acting: Acting, message_id: int) -> None:
    """Say that the role has dealt with its part. Raises Conflict where there is nothing to settle."""
    row = locked(connection, acting, message_id)
    require(acting, "write")
    if row["escalated_to"] is None:
        raise Conflict("Nobody is being waited for any more.")
    connection.execute(
        sa.update(escalation)
        .where(escalation.c.message_id == message_id, escalation.c.settled_at.is_(None))
        .values(settled_at=acting.now, settled_by=acting.account.id)
    )
    move(connection, row, escalated_to=None)
    log(
        connection, acting, row, "message.escalation-settled", before={"escalated_to": row["escalated_to"]},
        after={"escalated_to": None},
    )  # fmt: skip


def tick(connection: Connection, acting: Acting, message_id: int, duty: str, done: bool) -> None:
    """Tick off, or not after all, one of the things that staff must do. Raises BadInput."""
    row = locked(connection, acting, message_id)
    require(acting, "write")
    if not (len(duty) == 64 and duty.isascii() and duty.isalnum()):
        raise BadInput("There is no such thing to do.")
    here = sa.and_(duty_done.c.message_id == message_id, duty_done.c.duty == duty)
    known = connection.execute(sa.select(duty_done.c.duty).where(here)).first() is not None
    if done and not known:
        values = {"message_id": message_id, "duty": duty, "account_id": acting.account.id, "at": acting.now}
        connection.execute(sa.insert(duty_done).values(**values))
    elif not done:
        connection.execute(sa.delete(duty_done).where(here))
    if row["state"] in states.SETTLED:
        values = {"undone": undone(connection, acting, row)}
        connection.execute(sa.update(message).where(message.c.id == message_id).values(**values))
    log(connection, acting, row, "duty.done" if done else "duty.not-done", after={"duty": duty[:12]})


def warn_of(connection: Connection, acting: Acting, message_id: int, text: str) -> None:
    """Keep a warning about the sender, which is shown with each of their messages. Raises BadInput, Refused."""
    row = locked(connection, acting, message_id)
    require(acting, "close")
    if row["contact_id"] is None:
        raise BadInput("The sender of this message isn't known.")
    connection.execute(
        sa.insert(contact_warning).values(
            contact_id=row["contact_id"], text=words_of(text, "the warning", LONGEST_NOTE), at=acting.now,
            account_id=acting.account.id,
        )
    )  # fmt: skip
    log(connection, acting, row, "contact.warning-kept", after={"contact": row["contact_id"]})


def end_warning(connection: Connection, acting: Acting, message_id: int, warning_id: int) -> None:
    """End a warning about the sender. Raises Conflict where it was ended already."""
    row = locked(connection, acting, message_id)
    require(acting, "close")
    done = connection.execute(
        sa.update(contact_warning)
        .where(
            contact_warning.c.id == warning_id,
            contact_warning.c.contact_id == row["contact_id"],
            contact_warning.c.ended_at.is_(None),
        )
        .values(ended_at=acting.now, ended_by=acting.account.id)
    )
    if not done.rowcount:
        raise Conflict("The warning was ended already.")
    log(connection, acting, row, "contact.warning-ended", after={"contact": row["contact_id"]})


def colleagues(connection: Connection, office: str) -> list[tuple[int, str]]:
    """Those who see the messages of an office: account and name, by name."""
    query = (
        sa.select(account_table.c.id, account_table.c.full_name)
        .join(account_office, account_office.c.account_id == account_table.c.id)
        .where(account_office.c.office == office, account_table.c.disabled_at.is_(None))
        .order_by(account_table.c.full_name)
    )
    return [(int(id_), str(name)) for id_, name in connection.execute(query)]


def _note(connection: Connection, acting: Acting, row: Mapping[str, Any], text: str) -> None:
    words = words_of(text, "the note", LONGEST_NOTE)
    values = {"message_id": row["id"], "account_id": acting.account.id, "at": acting.now, "text": words}
    connection.execute(sa.insert(note).values(**values))
