"""What staff decide about a message: each a function on an open transaction, which also writes its line of the audit.

The page that a decision comes from says what it saw: the reply's version, and the newest message of the conversation.
If that is no longer so, somebody or something was quicker, and the decision is refused with a sentence that says what
happened: two people never send twice, and nothing goes out that was written before the last message came.

>>> approve(connection, acting, message_id, Words("Ring 101.", version=1, saw=7))  # doctest: +SKIP
Approved(complete=True, still_needed=0)
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import approvals, audit, priority, states, threads
from responder.desk.accounts import Account
from responder.desk.assessing import assess
from responder.desk.changes import changes
from responder.desk.desk_rules import DeskRules
from responder.desk.drafts import UNREAD, assessment_of, corrected, drafted, findings, reading_of
from responder.desk.tables import (
    account as account_table,
)
from responder.desk.tables import (
    account_office,
    approval,
    assessment,
    contact_warning,
    correction,
    duty_done,
    escalation,
    message,
    note,
    outbox,
    reply,
    reply_author,
)
from responder.drafting.compose import reply_language
from responder.drafting.model import Finding
from responder.errors import BadInput, ResponderError

LONGEST_REPLY = 50_000
LONGEST_NOTE = 5_000
LONGEST_REASON = 1_000


class Refused(ResponderError):
    """The decision may not be made, or not by this account; the sentence says why."""


class Conflict(Refused):
    """Somebody was quicker; the sentence says who, and what they did."""


class Stale(Refused):
    """A new message came after the reply was written: it must be looked at again."""


@dataclass(frozen=True)
class Acting:
    """Who acts, when, and under which rules."""

    packs: Any
    rules: DeskRules
    account: Account
    now: datetime


@dataclass(frozen=True)
class Words:
    """A reply as it stood on the page: its text, the version it was changed from (0: none was saved yet), the newest
    message of the conversation that the page showed, and the language of the draft where staff chose one.

    `read` is the number of the reading that the page showed (0: nobody had read it; None: the page does not say).
    """

    text: str
    version: int
    saw: int
    language: str | None = None
    read: int | None = None


@dataclass(frozen=True)
class Approved:
    """What an approval came to: whether the reply now stands in the outbox, or how many approvals it still needs."""

    complete: bool
    still_needed: int = 0


@dataclass(frozen=True)
class _Line:
    """A line for the audit, to be written when all else is done: whoever writes one holds up every other writer."""

    action: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class _Saved:
    """The reply as it was kept; `line` says what was new (None: nothing)."""

    reply: Mapping[str, Any]
    line: _Line | None = None


def see(connection: Connection, acting: Acting, message_id: int) -> None:
    """Note that a message was opened and read."""
    row = _row(connection, acting, message_id)
    if row["seen_at"] is None:
        connection.execute(sa.update(message).where(message.c.id == message_id).values(seen_at=acting.now))
    _log(connection, acting, row, "message.viewed")


# The reply


def save_reply(connection: Connection, acting: Acting, message_id: int, words: Words) -> int:
    """Keep the text of the reply; returns its version. A text that is as it was keeps its version.

    A reply that waits for approval waits on with its new words, unless the check blocks them: then it is a draft again.

    Raises:
        Conflict: somebody changed it meanwhile, or the message was settled.
        BadInput: it is empty, or too long.
    """
    row = _row(connection, acting, message_id)
    _need(acting, "write")
    saved = _save(connection, acting, row, words)
    kept, line = saved.reply, saved.line
    if line and kept["state"] == states.ASKED and _blocking(connection, acting, row, kept):
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.DRAFT))
        _move(connection, row, state=states.OPEN)
        line = replace(line, before={**_state(row), **line.before}, after={"state": states.OPEN, **line.after})
    _log_lines(connection, acting, row, line)
    return int(kept["version"])


def ask(connection: Connection, acting: Acting, message_id: int, words: Words) -> None:
    """Keep the text and ask for approval. Raises Conflict, BadInput; Refused where the check blocks it."""
    row = _row(connection, acting, message_id)
    _need(acting, "write")
    saved = _save(connection, acting, row, words)
    kept = saved.reply
    _refuse_blocked(connection, acting, row, kept)
    connection.execute(
        sa.update(reply)
        .where(reply.c.id == kept["id"])
        .values(state=states.ASKED, asked_at=acting.now, asked_by=acting.account.id)
    )
    _move(connection, row, state=states.AWAITING)
    asked = _Line("reply.asked", _state(row), {"state": states.AWAITING, **_named(kept)})
    _log_lines(connection, acting, row, saved.line, asked)


def approve(connection: Connection, acting: Acting, message_id: int, words: Words) -> Approved:
    """Approve the reply as it stands on the page; with enough approvals it goes to the outbox.

    Raises:
        Refused: this account may not approve it, or the check finds something that must be mended first.
        Stale: a new message came since `words.saw`.
        Conflict: somebody changed, approved or settled it meanwhile, or said that the message is something else.
    """
    row = _row(connection, acting, message_id)
    _refuse_settled(connection, row)
    _refuse_stale(connection, row, words.saw)
    _refuse_another_reading(connection, row, words.read)
    saved = _save(connection, acting, row, words)
    kept = saved.reply
    _refuse_blocked(connection, acting, row, kept)
    need = need_of(connection, acting, row)
    authors, earlier = _authors(connection, kept["id"]), threads.approvers(connection, kept)
    why_not = approvals.may_approve(acting.account, need, authors, earlier)
    if why_not:
        raise Refused(why_not)
    connection.execute(
        sa.insert(approval).values(
            reply_id=kept["id"], version=kept["version"], account_id=acting.account.id, decision="approved",
            at=acting.now,
        )
    )  # fmt: skip
    left = approvals.still_needed(need, authors, {*earlier, acting.account.id})
    if left > 0:
        _wait_for_more(connection, acting, row, kept)
        told = {"state": states.AWAITING, "still_needed": left, **_named(kept)}
    else:
        _to_outbox(connection, acting, row, kept)
        told = {"state": states.APPROVED, "approvers_asked": need.approvers, **_named(kept)}
    _log_lines(connection, acting, row, saved.line, _Line("reply.approved", _state(row), told))
    return Approved(left == 0, left)


def send_back(connection: Connection, acting: Acting, message_id: int, version: int, reason: str) -> None:
    """Give a reply that waits for approval back to its author, with the reason.

    Raises Refused, Conflict; BadInput without a reason.
    """
    row = _row(connection, acting, message_id)
    _need(acting, "send")
    reason = _words(reason, "the reason", LONGEST_REASON)
    kept = _reply(connection, row)
    if kept is None or kept["state"] != states.ASKED:
        raise Conflict(_what_happened(connection, row))
    if kept["version"] != version:
        raise Conflict(_changed_by(connection, kept))
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
    _move(connection, row, state=states.OPEN, assignee_id=assignee)
    _log(
        connection, acting, row, "reply.sent-back", before={**_state(row), "assignee": row["assignee_id"]},
        after={"state": states.OPEN, "assignee": assignee, **_named(kept)},
    )  # fmt: skip


def take_back(connection: Connection, acting: Acting, message_id: int) -> None:
    """Take an approved reply out of the outbox before it was sent; its text becomes a draft again.

    Raises Refused; Conflict where it was sent or taken back meanwhile.
    """
    row = _row(connection, acting, message_id)
    _need(acting, "send")
    kept = _reply(connection, row)
    if kept is None or kept["state"] != states.READY:
        raise Conflict(_what_happened(connection, row))
    connection.execute(sa.update(outbox).where(outbox.c.reply_id == kept["id"]).values(state="withdrawn"))
    connection.execute(
        sa.update(reply)
        .where(reply.c.id == kept["id"])
        .values(state=states.DRAFT, version=kept["version"] + 1, approved_at=None)
    )
    _move(connection, row, state=states.OPEN)
    _log(connection, acting, row, "reply.taken-back", before=_state(row), after={"state": states.OPEN, **_named(kept)})


def mark_sent(connection: Connection, acting: Acting, message_id: int, saw: int) -> None:
    """Say that the approved reply was sent by hand.

    Raises:
        Conflict: somebody had already sent it, or took it back.
        Stale: a new message came since the page was shown (`saw`).
    """
    row = _row(connection, acting, message_id)
    _need(acting, "send")
    kept = _reply(connection, row)
    if kept is None or kept["state"] != states.READY:
        raise Conflict(_what_happened(connection, row))
    _refuse_stale(connection, row, saw)
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.reply_id == kept["id"])
        .values(state="sent", sent_at=acting.now, sent_by=acting.account.id)
    )
    connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.SENT))
    _move(connection, row, state=states.ANSWERED, settled_at=acting.now)
    _log(
        connection, acting, row, "reply.sent", before=_state(row),
        after={"state": states.ANSWERED, "by": "hand", **_named(kept)},
    )  # fmt: skip


def not_sent(connection: Connection, acting: Acting, message_id: int) -> None:
    """Undo `mark_sent`: the reply was not sent after all. Raises Refused; Conflict where it was opened again since."""
    row = _row(connection, acting, message_id)
    _need(acting, "send")
    kept = _reply(connection, row)
    if row["state"] != states.ANSWERED or kept is None or kept["state"] != states.SENT:
        raise Conflict(_what_happened(connection, row))
    connection.execute(
        sa.update(outbox).where(outbox.c.reply_id == kept["id"]).values(state="waiting", sent_at=None, sent_by=None)
    )
    connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.READY))
    _move(connection, row, state=states.APPROVED, settled_at=None)
    _log(
        connection, acting, row, "reply.not-sent", before=_state(row), after={"state": states.APPROVED, **_named(kept)}
    )


# The message


def close(connection: Connection, acting: Acting, message_id: int, reason: str, words: str = "") -> None:
    """Say that a message needs no reply, with a reason of the office's list.

    A message that may be danger is closed only with words of one's own, which are kept as a note.

    Raises:
        BadInput: the reason is not on the list, or words are missing.
        Conflict: it was settled meanwhile, or its reply stands in the outbox.
    """
    row = _row(connection, acting, message_id)
    _need(acting, "close")
    allowed = {one.id: one for one in acting.rules.close_reasons(row["office"])}
    if reason not in allowed:
        raise BadInput("Choose why no reply is needed from the list.")
    kept = _reply(connection, row)
    _refuse_settled(connection, row)
    if (allowed[reason].needs_words or row["rank"] in (priority.DANGER, priority.UNREAD)) and not words.strip():
        raise BadInput("Say in your own words why no reply is needed.")
    if kept is not None and kept["state"] in (states.DRAFT, states.ASKED):
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.WITHDRAWN))
    if words.strip():
        _note(connection, acting, row, words)
    _move(connection, row, state=states.CLOSED, settled_at=acting.now, closed_reason=reason)
    _log(
        connection, acting, row, "message.closed", before=_state(row),
        after={"state": states.CLOSED, "reason": reason},
    )  # fmt: skip


def reopen(connection: Connection, acting: Acting, message_id: int) -> None:
    """Open a settled message again; words that somebody had written before it was closed are a draft again.

    Raises Refused; Conflict where it is open already.
    """
    row = _row(connection, acting, message_id)
    _need(acting, "close")
    kept = _reply(connection, row)
    if row["state"] not in states.SETTLED:
        raise Conflict(_what_happened(connection, row))
    if kept is not None and kept["state"] == states.WITHDRAWN and _authors_of_words(connection, kept):
        values = {"state": states.DRAFT, "version": kept["version"] + 1}
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(**values))
    _move(connection, row, state=states.OPEN, settled_at=None, closed_reason=None)
    _log(connection, acting, row, "message.reopened", before=_state(row), after={"state": states.OPEN})


def correct(
    connection: Connection, acting: Acting, message_id: int, intent: str | None, danger: str | None = None
) -> None:
    """Say what a message is; the draft follows. An untouched draft is dropped, a person's own words are kept.

    Raises:
        UnknownName: there is no such intent.
        BadInput: nothing was chosen, or not enough for a message that nobody has read yet.
        Conflict: the message was settled, or its reply stands in the outbox.
    """
    row = _row(connection, acting, message_id)
    _need(acting, "correct")
    if intent:
        acting.packs.intent(intent)
    if danger not in (None, "alarm", "none"):
        raise BadInput("Danger is “alarm” or “none”.")
    if not intent and not danger:
        raise BadInput("Choose what the message is.")
    if row["assessment_id"] is None and danger != "alarm" and not (intent and danger):
        raise BadInput("The assistant has not read this message: choose what it is, and whether there is danger.")
    _refuse_settled(connection, row)
    case = threads.case_of(connection, row)
    before = threads.reading(connection, row)
    read = corrected(before, intent, danger)
    line = drafted(acting.packs, case, read, acting.now)
    assess(
        connection, acting.packs, message_id, line, reading_of(read), acting.now, account_id=acting.account.id,
        again=True,
    )  # fmt: skip
    _drop_untouched(connection, row)
    _back_to_draft(connection, row)
    _move(connection, row, state=states.OPEN)
    connection.execute(
        sa.insert(correction).values(
            message_id=message_id, account_id=acting.account.id, at=acting.now, read_as=row["intent"],
            read_danger=row["danger"], intent=line["intent"]["name"], danger=line["danger"], taught=False,
        )
    )  # fmt: skip
    _log(
        connection, acting, row, "message.corrected",
        before={"intent": row["intent"], "danger": row["danger"], "urgency": row["urgency"], **_state(row)},
        after={
            "intent": line["intent"]["name"], "danger": line["danger"], "urgency": line["urgency"],
            "state": states.OPEN,
        },
    )  # fmt: skip


def taught(connection: Connection, acting: Acting, message_id: int) -> None:
    """Note that the last correction of a message was kept as an example for the next training. Raises Refused."""
    row = _row(connection, acting, message_id)
    _need(acting, "teach")
    last = sa.select(sa.func.max(correction.c.id)).where(correction.c.message_id == message_id).scalar_subquery()
    connection.execute(sa.update(correction).where(correction.c.id == last).values(taught=True))
    _log(connection, acting, row, "message.taught")


def assign(connection: Connection, acting: Acting, message_id: int, account_id: int | None) -> None:
    """Give a message to somebody of the office (None: to nobody). Taking it on, or giving up what one has, needs no
    further right.

    Raises Refused; BadInput where that account does not see the office's messages.
    """
    row = _row(connection, acting, message_id)
    me = acting.account.id
    own = account_id == me or (account_id is None and row["assignee_id"] in (me, None))
    _need(acting, "write" if own else "assign")
    if account_id is not None and account_id not in {id_ for id_, _ in colleagues(connection, row["office"])}:
        raise BadInput("Choose somebody from the list.")
    _move(connection, row, assignee_id=account_id)
    _log(
        connection, acting, row, "message.assigned", before={"assignee": row["assignee_id"]},
        after={"assignee": account_id},
    )  # fmt: skip


def add_note(connection: Connection, acting: Acting, message_id: int, text: str) -> None:
    """Write a note that only staff see. Raises BadInput."""
    row = _row(connection, acting, message_id)
    _need(acting, "write")
    _note(connection, acting, row, text)
    _log(connection, acting, row, "message.noted")


def escalate(connection: Connection, acting: Acting, message_id: int, role: str, text: str) -> None:
    """Hand a message to a role, with what that role needs. Raises BadInput."""
    row = _row(connection, acting, message_id)
    _need(acting, "write")
    if role not in {one.role for one in acting.rules.escalations(row["office"])}:
        raise BadInput("Choose who should know from the list.")
    words = _words(text, "what they need to know", LONGEST_NOTE)
    connection.execute(
        sa.insert(escalation).values(
            message_id=message_id, role=role, text=words, account_id=acting.account.id, at=acting.now
        )
    )
    _move(connection, row, escalated_to=role)
    _log(
        connection, acting, row, "message.escalated", before={"escalated_to": row["escalated_to"]},
        after={"escalated_to": role},
    )  # fmt: skip


def settle_escalation(connection: Connection, acting: Acting, message_id: int) -> None:
    """Say that the role has dealt with its part. Raises Conflict where there is nothing to settle."""
    row = _row(connection, acting, message_id)
    _need(acting, "write")
    if row["escalated_to"] is None:
        raise Conflict("Nobody is being waited for any more.")
    connection.execute(
        sa.update(escalation)
        .where(escalation.c.message_id == message_id, escalation.c.settled_at.is_(None))
        .values(settled_at=acting.now, settled_by=acting.account.id)
    )
    _move(connection, row, escalated_to=None)
    _log(
        connection, acting, row, "message.escalation-settled", before={"escalated_to": row["escalated_to"]},
        after={"escalated_to": None},
    )  # fmt: skip


def duty_id(action: Mapping[str, Any]) -> str:
    """The name of one staff action of a message: who and what."""
    return hashlib.sha256(f"{action['to']}\n{action['what']}".encode()).hexdigest()


def tick(connection: Connection, acting: Acting, message_id: int, duty: str, done: bool) -> None:
    """Tick off, or not after all, one of the things that staff must do. Raises BadInput."""
    row = _row(connection, acting, message_id)
    _need(acting, "write")
    if not (len(duty) == 64 and duty.isascii() and duty.isalnum()):
        raise BadInput("There is no such thing to do.")
    here = sa.and_(duty_done.c.message_id == message_id, duty_done.c.duty == duty)
    known = connection.execute(sa.select(duty_done.c.duty).where(here)).first() is not None
    if done and not known:
        values = {"message_id": message_id, "duty": duty, "account_id": acting.account.id, "at": acting.now}
        connection.execute(sa.insert(duty_done).values(**values))
    elif not done:
        connection.execute(sa.delete(duty_done).where(here))
    _log(connection, acting, row, "duty.done" if done else "duty.not-done", after={"duty": duty[:12]})


def warn_of(connection: Connection, acting: Acting, message_id: int, text: str) -> None:
    """Keep a warning about the sender, which is shown with each of their messages. Raises BadInput, Refused."""
    row = _row(connection, acting, message_id)
    _need(acting, "close")
    if row["contact_id"] is None:
        raise BadInput("The sender of this message isn't known.")
    connection.execute(
        sa.insert(contact_warning).values(
            contact_id=row["contact_id"], text=_words(text, "the warning", LONGEST_NOTE), at=acting.now,
            account_id=acting.account.id,
        )
    )  # fmt: skip
    _log(connection, acting, row, "contact.warning-kept", after={"contact": row["contact_id"]})


def end_warning(connection: Connection, acting: Acting, message_id: int, warning_id: int) -> None:
    """End a warning about the sender. Raises Conflict where it was ended already."""
    row = _row(connection, acting, message_id)
    _need(acting, "close")
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
    _log(connection, acting, row, "contact.warning-ended", after={"contact": row["contact_id"]})


def colleagues(connection: Connection, office: str) -> list[tuple[int, str]]:
    """Those who see the messages of an office: account and name, by name."""
    query = (
        sa.select(account_table.c.id, account_table.c.full_name)
        .join(account_office, account_office.c.account_id == account_table.c.id)
        .where(account_office.c.office == office, account_table.c.disabled_at.is_(None))
        .order_by(account_table.c.full_name)
    )
    return [(int(id_), str(name)) for id_, name in connection.execute(query)]


def need_of(connection: Connection, acting: Acting, row: Mapping[str, Any]) -> approvals.Need:
    """How many must approve a reply to this message, and why."""
    return approvals.needed(
        connection, acting.rules, acting.packs, row["office"], row["intent"], row["urgency"], row["channel"],
        row["danger"],
    )  # fmt: skip


# What the decisions share


def _row(connection: Connection, acting: Acting, message_id: int) -> Mapping[str, Any]:
    """The message, locked for this transaction. Raises Refused where the account must not know of it."""
    query = sa.select(message).where(message.c.id == message_id).with_for_update()
    found = connection.execute(query).mappings().first()
    if found is None or found["office"] not in acting.account.offices:
        raise Refused("There is no such message.")
    return found


def _need(acting: Acting, permission: str) -> None:
    if not acting.account.may(permission):
        raise Refused("Your account may not do that; an approver or a manager can.")


def _reply(connection: Connection, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest reply to a message, whatever became of it; locked."""
    query = (
        sa.select(reply)
        .where(reply.c.message_id == row["id"])
        .order_by(reply.c.number.desc())
        .limit(1)
        .with_for_update()
    )
    return connection.execute(query).mappings().first()


def _save(connection: Connection, acting: Acting, row: Mapping[str, Any], words: Words) -> _Saved:
    text = words.text.replace("\r\n", "\n").replace("\x00", "\ufffd")
    if not text.strip():
        raise BadInput("The reply is empty: write it, or say that none is needed.")
    if len(text) > LONGEST_REPLY:
        raise BadInput(f"The reply must be {LONGEST_REPLY:,} characters or fewer; it has {len(text):,}.")
    words = replace(words, text=text, saw=min(words.saw, threads.newest(connection, row)))
    kept = _reply(connection, row)
    _refuse_settled(connection, row)
    if kept is None or kept["state"] in (states.SENT, states.WITHDRAWN):
        if words.version != 0:
            raise Conflict(_what_happened(connection, row))
        return _first(connection, acting, row, words, number=kept["number"] + 1 if kept else 1)
    unaware = words.version == 0 and kept["version"] == 1  # of the same words, which somebody else kept meanwhile
    if kept["version"] != words.version and not (unaware and kept["text"] == text):
        raise Conflict(_changed_by(connection, kept))
    return _again(connection, acting, row, kept, words)


def _first(connection: Connection, acting: Acting, row: Mapping[str, Any], words: Words, number: int) -> _Saved:
    """The first words of a new reply, with the draft that they started from."""
    values = {
        "message_id": row["id"],
        "number": number,
        "state": states.DRAFT,
        "version": 1,
        "text": words.text,
        "saw_message_id": words.saw,
        "salt": secrets.token_hex(8),
        **_draft_of(connection, acting, row, words.language),
    }
    made = connection.execute(sa.insert(reply).values(**values)).inserted_primary_key
    kept = {**values, "id": made[0], "asked_by": None}
    if _differs(words.text, values["drafted"]):
        _write_author(connection, made[0], acting.account.id)
    return _Saved(kept, _Line("reply.written", {}, _named(kept)))


def _again(
    connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any], words: Words
) -> _Saved:
    """The words of a reply in hand. Other words, or the same looked at with a message that its approvers had not
    seen, make another version, which nobody has approved yet.
    """
    values: dict[str, Any] = {"saw_message_id": words.saw, "text": words.text}
    action = ""
    if words.text != kept["text"]:
        action = "reply.changed"
        now = _draft_of(connection, acting, row, words.language or kept["language"])
        if _differs(words.text, now["drafted"]):
            _write_author(connection, kept["id"], acting.account.id)
        else:  # the draft of today in place of what was kept: nobody's own words are left
            connection.execute(sa.delete(reply_author).where(reply_author.c.reply_id == kept["id"]))
            values |= now
    elif words.saw > kept["saw_message_id"]:
        action = "reply.looked-again" if threads.approvers(connection, kept) else ""
    else:
        values["saw_message_id"] = kept["saw_message_id"]
    if words.language:
        values["language"] = reply_language(acting.packs.office(row["office"]), words.language)
    values["version"] = kept["version"] + bool(action)
    if all(kept[name] == value for name, value in values.items()):
        return _Saved(kept)
    connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(**values))
    changed = {**kept, **values}
    return _Saved(changed, _Line(action, _named(kept), _named(changed)) if action else None)


def _draft_of(connection: Connection, acting: Acting, row: Mapping[str, Any], language: str | None) -> dict[str, Any]:
    """What a reply that is written now starts from; before the message was read, the safety words."""
    read = threads.reading(connection, row)
    line = drafted(acting.packs, threads.case_of(connection, row), read, acting.now, language)
    return {
        "drafted": line["reply"] or "",
        "language": reply_language(acting.packs.office(row["office"]), line["language"]),
        "assessment_id": row["assessment_id"],
        "made_at": acting.now,
    }


def _differs(text: str, drafted_text: str) -> bool:
    return text.strip() != drafted_text.strip()


def _write_author(connection: Connection, reply_id: int, account_id: int) -> None:
    here = sa.and_(reply_author.c.reply_id == reply_id, reply_author.c.account_id == account_id)
    if connection.execute(sa.select(reply_author.c.reply_id).where(here)).first() is None:
        connection.execute(sa.insert(reply_author).values(reply_id=reply_id, account_id=account_id))


def _authors(connection: Connection, reply_id: int) -> frozenset[int]:
    query = sa.select(reply_author.c.account_id).where(reply_author.c.reply_id == reply_id)
    asked = sa.select(reply.c.asked_by).where(reply.c.id == reply_id)
    found = {*connection.execute(query).scalars(), connection.execute(asked).scalar()}
    return frozenset(id_ for id_ in found if id_ is not None)


def _refuse_stale(connection: Connection, row: Mapping[str, Any], saw: int) -> None:
    newest = threads.newest(connection, row)
    if saw < newest:
        raise Stale("A new message has come in this conversation: read it, then look at the reply again.")


def _refuse_settled(connection: Connection, row: Mapping[str, Any]) -> None:
    if row["state"] not in (states.OPEN, states.AWAITING):
        raise Conflict(_what_happened(connection, row))


def _refuse_another_reading(connection: Connection, row: Mapping[str, Any], read: int | None) -> None:
    if read is None or read == (row["assessment_id"] or 0):
        return
    last = _latest(connection, row["id"], ("message.corrected", "message.assessed"))
    if last is not None and last.action == "message.corrected":
        raise Conflict(f"{last.actor} said what this message is while you were looking at it: see the draft again.")
    raise Conflict("The assistant has read this message while you were looking at it: see the draft again.")


def _blocking(connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]) -> list[Finding]:
    """What the check finds in a reply that must be mended before it goes."""
    read = replace(threads.reading(connection, row), language=kept["language"])
    found = findings(acting.packs, threads.case_of(connection, row), read, kept["text"], acting.now)
    return [one for one in found if one.level == "blocking"]


def _refuse_blocked(connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    blocking = _blocking(connection, acting, row, kept)
    if blocking:
        more = f" There {'is' if len(blocking) == 2 else 'are'} {len(blocking) - 1} more." if len(blocking) > 1 else ""
        raise Refused(f"Mend this first: {blocking[0].text}{more}")


def _wait_for_more(connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Let a reply that has one approval wait for the next. Whoever approved it unasked is not its author by that."""
    if kept["state"] == states.DRAFT:
        values = {"state": states.ASKED, "asked_at": acting.now, "asked_by": None}
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(**values))
    _move(connection, row, state=states.AWAITING)


def _to_outbox(connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    connection.execute(
        sa.update(reply)
        .where(reply.c.id == kept["id"])
        .values(
            state=states.READY,
            approved_at=acting.now,
            changes=changes(kept["drafted"], kept["text"], _parts(connection, acting, row, kept)),
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
    _move(connection, row, state=states.APPROVED)


def _parts(
    connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The passages of the draft that a reply started from, whatever the draft would be by now."""
    query = sa.select(assessment.c.reading).where(assessment.c.id == kept["assessment_id"])
    reading = connection.execute(query).scalar()
    read = UNREAD if reading is None else assessment_of(reading)
    line = drafted(acting.packs, threads.case_of(connection, row), read, kept["made_at"], kept["language"])
    return list(line["parts"])


def _drop_untouched(connection: Connection, row: Mapping[str, Any]) -> None:
    """Drop a draft that nobody changed, so that the new draft takes its place."""
    kept = _reply(connection, row)
    if kept is not None and kept["state"] in (states.DRAFT, states.ASKED) and not _authors_of_words(connection, kept):
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.WITHDRAWN))


def _authors_of_words(connection: Connection, kept: Mapping[str, Any]) -> bool:
    query = sa.select(reply_author.c.account_id).where(reply_author.c.reply_id == kept["id"])
    return connection.execute(query).first() is not None


def _back_to_draft(connection: Connection, row: Mapping[str, Any]) -> None:
    kept = _reply(connection, row)
    if kept is not None and kept["state"] == states.ASKED:
        values = {"state": states.DRAFT, "version": kept["version"] + 1}
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(**values))


def _note(connection: Connection, acting: Acting, row: Mapping[str, Any], text: str) -> None:
    words = _words(text, "the note", LONGEST_NOTE)
    values = {"message_id": row["id"], "account_id": acting.account.id, "at": acting.now, "text": words}
    connection.execute(sa.insert(note).values(**values))


def _words(text: str, what: str, longest: int) -> str:
    text = text.replace("\x00", "\ufffd").strip()
    if not text:
        raise BadInput(f"Write {what}.")
    if len(text) > longest:
        raise BadInput(f"{what[0].upper()}{what[1:]} must be {longest:,} characters or fewer; it has {len(text):,}.")
    return text


def _move(connection: Connection, row: Mapping[str, Any], **values: Any) -> None:
    connection.execute(
        sa.update(message).where(message.c.id == row["id"]).values(version=message.c.version + 1, **values)
    )


def _state(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": row["state"]}


def _named(kept: Mapping[str, Any]) -> dict[str, Any]:
    """How the audit names a text without holding it."""
    return {"reply": kept["id"], "version": kept["version"], "digest": audit.digest(kept["salt"], kept["text"])}


def _log_lines(connection: Connection, acting: Acting, row: Mapping[str, Any], *lines: _Line | None) -> None:
    for line in lines:
        if line is not None:
            _log(connection, acting, row, line.action, before=line.before, after=line.after)


def _log(
    connection: Connection,
    acting: Acting,
    row: Mapping[str, Any],
    action: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.append(
        connection, acting.account.actor, action, "message", row["id"], now=acting.now, office=row["office"],
        before=before, after=after,
    )  # fmt: skip


_MEANWHILE = {  # what changes a reply under somebody's eyes, and how a sentence says so
    "reply.written": "changed this reply",
    "reply.changed": "changed this reply",
    "reply.looked-again": "looked at this reply again",
    "reply.sent-back": "sent this reply back",
    "reply.taken-back": "took this reply out of the outbox",
    "message.corrected": "said what this message is",
    "message.reopened": "opened this message again",
}
_ALREADY = {  # what brings a message into each state, and how a sentence says so to whoever comes too late
    states.OPEN: {
        "reply.changed": "has changed the reply, which is a draft now",
        "reply.sent-back": "has sent the reply back: it is a draft again",
        "reply.taken-back": "has taken the reply out of the outbox: it is a draft again",
        "message.corrected": "has said what the message is: look at the draft again",
        "message.reopened": "has opened the message again",
    },
    states.AWAITING: {
        "reply.asked": "has asked for approval of the reply",
        "reply.approved": "has approved the reply, and it waits for somebody else's approval",
    },
    states.APPROVED: {
        "reply.approved": "has already approved the reply",
        "reply.not-sent": "has marked the reply as not sent: it stands in the outbox",
    },
    states.ANSWERED: {"reply.sent": "has already sent the reply"},
    states.CLOSED: {"message.closed": "has closed this message: no reply needed"},
}


def _changed_by(connection: Connection, kept: Mapping[str, Any]) -> str:
    last = _latest(connection, kept["message_id"], _MEANWHILE)
    who, did = (last.actor, _MEANWHILE[last.action]) if last else ("Somebody", "changed this reply")
    return f"{who} {did} while you were looking at it. Your words are kept below: look at both."


def _what_happened(connection: Connection, row: Mapping[str, Any]) -> str:
    """Who was quicker, and what they did, in a sentence."""
    said = _ALREADY[row["state"]]
    last = _latest(connection, row["id"], said)
    if last is None:
        return "The message is not as you saw it: look at it again."
    return f"{last.actor} {said[last.action]}."


def _latest(connection: Connection, message_id: int, actions: Iterable[str]) -> audit.Entry | None:
    """The last line about a message that says one of these."""
    here = ("message", message_id)
    found = [one for name in actions for one in audit.entries(connection, subject=here, action=name, limit=1)]
    return max(found, key=lambda entry: entry.seq, default=None)
