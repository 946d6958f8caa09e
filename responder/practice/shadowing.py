"""Shadowing: a trainee answers beside real messages, and nothing of it is sent.

The answer is kept beside the message in `practice_draft`, apart from reply and outbox, which nothing here touches. A
moderator compares it with what was really done, and writes back. Only quiet messages are shadowed (`may_be_shadowed`).
Whoever answered sees what was done once a person has decided, and from then on their answer stands.

>>> page = to_shadow(connection, trainee, now)  # doctest: +SKIP
>>> keep(connection, packs, trainee, page[0].message_id, Answer(do="reply", reply="Thank you."), now)  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from responder.desk import audit, clocks, drafts, priority, states, threads
from responder.desk.accounts import Account
from responder.desk.changes import difference
from responder.desk.tables import account as account_table
from responder.desk.tables import audit as audit_table
from responder.desk.tables import clock, escalation, message, message_flag, outbox
from responder.drafting.model import FLAGS, MODERATION_ACTIONS, URGENCIES, Finding
from responder.drafting.packs import Packs
from responder.errors import BadInput
from responder.practice.attempts import as_json, from_json
from responder.practice.scenarios import DECISIONS, Answer
from responder.practice.tables import practice_draft as table

PAGE = 30
FIRST_WORDS = 110
LONGEST_PAST = timedelta(days=28)  # older messages are no practice any more
SOON = timedelta(days=1)  # what runs out within it, the desk settles first
NEVER_FLAGS = ("vulnerable", "live_case")
NEVER_INTENTS = (
    "report_emergency", "disclose_self_harm", "report_crime", "seek_victim_support", "threaten", "hate_speech", "abuse",
    "comment_on_live_case", "media_enquiry",
)  # fmt: skip
BY_A_PERSON = ("message.corrected", "message.closed", "reply.approved", "reply.sent")  # lines of the audit
LONGEST_REPLY = 50_000
LONGEST_COMMENT = 5_000


class Stands(BadInput):
    """The answer stands as it was handed in; the sentence says why."""


class Compared(Stands):
    """A moderator has compared the answer."""

    def __init__(self) -> None:
        super().__init__("A moderator has compared your answer already: it can't be changed any more.")


class Decided(Stands):
    """Somebody has decided on the message, so that whoever answered sees what was done."""

    def __init__(self) -> None:
        super().__init__("What was really done is shown beside your answer now: it can't be changed any more.")


@dataclass(frozen=True)
class Row:
    """A message to shadow. `draft_at`: when the account answered it; `compared_at`: when somebody compared that."""

    message_id: int
    office: str
    channel: str
    first_words: str
    received_at: datetime
    draft_at: datetime | None
    compared_at: datetime | None


@dataclass(frozen=True)
class Draft:
    """What somebody answered to a real message."""

    id: int
    account_id: int
    who: str
    message_id: int
    office: str
    channel: str
    received_at: datetime
    answer: Answer
    at: datetime
    compared_by: str | None
    compared_at: datetime | None
    comment: str

    @property
    def is_compared(self) -> bool:
        """Whether a moderator has looked at it."""
        return self.compared_at is not None


@dataclass(frozen=True)
class Done:
    """What was really done with a message: what staff say that it is, whom they told, and the words that were sent.

    `reply` None: none was sent (yet). `intent` and `urgency` None: nobody has read it. `state` is the message's.
    `decided`: a person has corrected the reading, approved a reply or closed the message; until then `intent`,
    `urgency` and `flags` are the assistant's reading, which nobody has checked.
    """

    intent: str | None
    urgency: str | None
    flags: tuple[str, ...]
    told: tuple[str, ...]
    reply: str | None
    state: str
    by: str
    sent_at: datetime | None
    decided: bool


@dataclass(frozen=True)
class Comparison:
    """A trainee's answer beside what was done. `edits` lead from the trainee's words to those that were sent."""

    draft: Draft
    done: Done
    edits: tuple[tuple[str, str], ...]


# Which messages


def may_be_shadowed(now: datetime) -> Any:
    """The condition on a quiet message: it was read, is routine, without danger or doubt, passed to nobody; it is about
    nobody vulnerable, no live case, crime, threat, hate or abuse, and not from the press; and no date in law or
    policy is within a day, or past, while it is still to do. A platform's window or the office's own target doesn't
    matter here: nobody waits for what is written in shadow.
    """
    passed_on = sa.select(escalation.c.id).where(escalation.c.message_id == message.c.id).exists()
    flagged = sa.select(message_flag.c.flag).where(
        message_flag.c.message_id == message.c.id, message_flag.c.flag.in_(NEVER_FLAGS)
    )
    running = sa.select(clock.c.id).where(
        clock.c.message_id == message.c.id, clock.c.kind == clocks.DUTY, clock.c.due_at <= now + SOON
    )
    return sa.and_(
        message.c.assessment_id.is_not(None),
        sa.or_(message.c.intent.is_(None), message.c.intent.not_in(NEVER_INTENTS)),
        ~flagged.exists(),
        sa.or_(message.c.state.in_(states.SETTLED), ~running.exists()),
        message.c.rank == priority.ORDINARY,
        message.c.urgency == "routine",
        sa.or_(message.c.danger.is_(None), message.c.danger == "none"),
        message.c.escalated_to.is_(None),
        ~passed_on,
    )


def to_shadow(connection: Connection, account: Account, now: datetime, *, before: int | None = None) -> tuple[Row, ...]:
    """Messages of the account's offices that may be shadowed, the newest first: one more than PAGE where more follow.

    `before` (a message's number) continues the list. What the account has answered is not among them.
    """
    mine = sa.select(table.c.id).where(table.c.message_id == message.c.id, table.c.account_id == account.id).exists()
    query = (
        sa.select(
            message.c.id.label("message_id"), message.c.office, message.c.channel, message.c.received_at,
            sa.func.substr(message.c.text, 1, FIRST_WORDS + 1).label("first_words"),
        )
        .where(
            message.c.office.in_(account.offices), may_be_shadowed(now), ~mine,
            message.c.received_at >= now - LONGEST_PAST,
        )
        .order_by(message.c.id.desc())
        .limit(PAGE + 1)
    )  # fmt: skip
    if before is not None:
        query = query.where(message.c.id < before)
    return tuple(Row(**row, draft_at=None, compared_at=None) for row in connection.execute(query).mappings())


def own(connection: Connection, account: Account) -> tuple[Row, ...]:
    """What the account has answered in shadow, the newest first."""
    query = (
        sa.select(
            message.c.id.label("message_id"), message.c.office, message.c.channel, message.c.received_at,
            sa.func.substr(message.c.text, 1, FIRST_WORDS + 1).label("first_words"),
            table.c.at.label("draft_at"), table.c.compared_at,
        )
        .join(message, message.c.id == table.c.message_id)
        .where(table.c.account_id == account.id, message.c.office.in_(account.offices))
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(PAGE)
    )  # fmt: skip
    return tuple(Row(**row) for row in connection.execute(query).mappings())


def row_of(connection: Connection, account: Account, message_id: int, now: datetime) -> Mapping[str, Any] | None:
    """The message, where this account may shadow it or has answered it so; else None."""
    row = threads.row_of(connection, account, message_id)
    if row is None:
        return None
    query = sa.select(message.c.id).where(message.c.id == message_id, may_be_shadowed(now))
    allowed = connection.execute(query).first()
    return row if allowed or of(connection, account, message_id) else None


def see(connection: Connection, account: Account, message_id: int, now: datetime) -> None:
    """Note that the account opened the message to shadow it; the message counts as seen by nobody for that."""
    row = threads.row_of(connection, account, message_id)
    assert row is not None
    audit.append(
        connection, account.actor, "message.viewed", "message", message_id, office=row["office"], now=now,
        after={"shadowing": True},
    )  # fmt: skip


# The trainee's answer


def of(connection: Connection, account: Account, message_id: int) -> Draft | None:
    """What an account answered to a message."""
    query = _drafts().where(table.c.account_id == account.id, table.c.message_id == message_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _draft(row)


def keep(connection: Connection, packs: Packs, account: Account, message_id: int, answer: Answer, now: datetime) -> int:
    """Keep an answer; another one takes its place until somebody has decided on the message, or compared the answer.

    Returns its number.

    Raises:
        BadInput: the message may not be shadowed, or the answer holds what is not allowed.
        Compared, Decided: it stands as it was handed in.
    """
    row = row_of(connection, account, message_id, now)
    if row is None:
        raise BadInput("This message can't be shadowed (any more).")
    _refuse(packs, row, answer)
    values = {"answer": as_json(answer), "at": now}
    here = sa.and_(table.c.account_id == account.id, table.c.message_id == message_id)
    found = connection.execute(sa.select(table.c.id, table.c.compared_at).where(here).with_for_update()).first()
    if found is not None and found.compared_at is not None:
        raise Compared
    if found is not None and is_decided(connection, row):
        raise Decided
    if found is not None:
        connection.execute(sa.update(table).where(table.c.id == found.id).values(**values))
        kept = int(found.id)
    else:
        kept = _insert(connection, {"account_id": account.id, "message_id": message_id, **values})
    audit.append(
        connection, account.actor, "practice.shadowed", "shadow", kept, office=row["office"], now=now,
        after={"message": message_id},
    )  # fmt: skip
    return kept


def findings(
    connection: Connection, packs: Packs, row: Mapping[str, Any], answer: Answer, now: datetime
) -> list[Finding]:
    """What the policy has to say about the words of an answer: the same check as on the desk."""
    read = threads.reading(connection, row)
    return drafts.findings(packs, threads.case_of(connection, row), read, answer.reply, now)


def _insert(connection: Connection, values: Mapping[str, Any]) -> int:
    try:
        with connection.begin_nested():
            return int(connection.execute(sa.insert(table).values(**values)).inserted_primary_key[0])
    except IntegrityError:
        raise BadInput("Your answer was kept from another page just now: open the message again.") from None


def _refuse(packs: Packs, row: Mapping[str, Any], answer: Answer) -> None:
    if len(answer.reply) > LONGEST_REPLY:
        raise BadInput(f"The reply has {len(answer.reply):,} characters; at most {LONGEST_REPLY:,} can be kept.")
    steps = packs.channel(row["channel"]).moderation
    for what, found, allowed in (
        ("What it is", answer.intent, packs.intents),
        ("How urgent it is", answer.urgency, URGENCIES),
        ("What to do", answer.do, DECISIONS),
        ("What to do with the message itself", answer.moderate, steps if steps else MODERATION_ACTIONS),
    ):
        if found not in allowed:
            raise BadInput(f"{what}: choose one from the list.")
    if not set(answer.flags) <= set(FLAGS) or not set(answer.tell) <= set(packs.roles):
        raise BadInput("Choose flags and roles from the lists.")
    if answer.do == "reply" and not answer.reply.strip():
        raise BadInput("Write the reply, or choose another decision.")


# The moderator's side


def to_compare(connection: Connection, moderator: Account, *, compared: bool = False) -> tuple[Draft, ...]:
    """Answers of others at the moderator's offices: those that wait, the oldest first; or the last compared ones."""
    query = _drafts().where(message.c.office.in_(moderator.offices), table.c.account_id != moderator.id)
    if compared:
        query = query.where(table.c.compared_at.is_not(None)).order_by(table.c.compared_at.desc(), table.c.id.desc())
    else:
        query = query.where(table.c.compared_at.is_(None)).order_by(table.c.at, table.c.id)
    return tuple(_draft(row) for row in connection.execute(query.limit(PAGE)).mappings())


def count_waiting(connection: Connection, moderator: Account) -> int:
    """How many answers of others at the moderator's offices wait to be compared."""
    query = (
        sa.select(sa.func.count())
        .select_from(table.join(message, message.c.id == table.c.message_id))
        .where(
            message.c.office.in_(moderator.offices), table.c.account_id != moderator.id, table.c.compared_at.is_(None)
        )
    )
    return int(connection.execute(query).scalar_one())


def comparison(connection: Connection, moderator: Account, draft_id: int) -> Comparison | None:
    """An answer beside what was done; None where it is another office's, or the moderator's own."""
    query = _drafts().where(
        table.c.id == draft_id, table.c.account_id != moderator.id, message.c.office.in_(moderator.offices)
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else _beside(connection, _draft(row))


def own_comparison(connection: Connection, account: Account, message_id: int) -> Comparison | None:
    """The account's own answer beside what was done; None until it has answered and a person has decided."""
    draft = of(connection, account, message_id)
    if draft is None or draft.office not in account.offices:
        return None
    beside = _beside(connection, draft)
    return beside if beside.done.decided else None


def is_decided(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether a person has ever decided on a message: said what it is, approved a reply, or closed it. Once they have,
    it stays so, also where the message is opened again.
    """
    if row["state"] in (states.APPROVED, *states.SETTLED):
        return True
    query = sa.select(audit_table.c.seq).where(
        audit_table.c.subject == "message", audit_table.c.subject_id == str(row["id"]),
        audit_table.c.action.in_(BY_A_PERSON),
    )  # fmt: skip
    return connection.execute(query.limit(1)).first() is not None


def comment(connection: Connection, moderator: Account, draft_id: int, words: str, now: datetime) -> None:
    """Write back to the trainee; the answer counts as compared. Raises BadInput."""
    words = words.replace("\r\n", "\n").replace("\x00", "\ufffd").strip()
    if not words:
        raise BadInput("Write what was good, and what to do otherwise next time.")
    if len(words) > LONGEST_COMMENT:
        raise BadInput(f"The comment has {len(words):,} characters; at most {LONGEST_COMMENT:,} can be kept.")
    connection.execute(sa.select(table.c.id).where(table.c.id == draft_id).with_for_update())
    found = comparison(connection, moderator, draft_id)
    if found is None:
        raise BadInput("There is no such answer (any more).")
    values = {"compared_by": moderator.id, "compared_at": now, "comment": words}
    connection.execute(sa.update(table).where(table.c.id == draft_id).values(**values))
    audit.append(
        connection, moderator.actor, "practice.shadow-compared", "shadow", draft_id, office=found.draft.office,
        now=now, before={"compared": found.draft.is_compared},
        after={"compared": True, "message": found.draft.message_id},
    )  # fmt: skip


def forget(connection: Connection, message_ids: Iterable[int]) -> int:
    """Erase every answer and comment about these messages; how many there were. Erasure of a message calls it."""
    ids = list(message_ids)
    return int(connection.execute(sa.delete(table).where(table.c.message_id.in_(ids))).rowcount) if ids else 0


def _drafts() -> Any:
    comparer = account_table.alias("comparer")
    return (
        sa.select(
            table.c.id, table.c.account_id, account_table.c.full_name.label("who"), table.c.message_id,
            message.c.office, message.c.channel, message.c.received_at, table.c.answer, table.c.at,
            comparer.c.full_name.label("compared_by"), table.c.compared_at, table.c.comment,
        )
        .join(message, message.c.id == table.c.message_id)
        .join(account_table, account_table.c.id == table.c.account_id)
        .outerjoin(comparer, comparer.c.id == table.c.compared_by)
    )  # fmt: skip


def _draft(row: Mapping[str, Any]) -> Draft:
    return Draft(**{**row, "answer": from_json(row["answer"]), "comment": row["comment"] or ""})


def _beside(connection: Connection, draft: Draft) -> Comparison:
    done = _done(connection, draft.message_id)
    edits = tuple(difference(draft.answer.reply, done.reply)) if done.reply is not None else ()
    return Comparison(draft, done, edits)


def _done(connection: Connection, message_id: int) -> Done:
    row = connection.execute(sa.select(message).where(message.c.id == message_id)).mappings().one()
    flags = sa.select(message_flag.c.flag).where(message_flag.c.message_id == message_id).order_by(message_flag.c.flag)
    told = sa.select(escalation.c.role).where(escalation.c.message_id == message_id).order_by(escalation.c.id)
    sent = (
        sa.select(outbox.c.text, outbox.c.sent_at, account_table.c.full_name)
        .outerjoin(account_table, account_table.c.id == outbox.c.sent_by)
        .where(outbox.c.message_id == message_id, outbox.c.state == "sent")
        .order_by(outbox.c.id.desc())
        .limit(1)
    )
    out = connection.execute(sent).first() if row["state"] == states.ANSWERED else None
    return Done(
        intent=row["intent"],
        urgency=row["urgency"],
        flags=tuple(connection.execute(flags).scalars()),
        told=tuple(dict.fromkeys(connection.execute(told).scalars())),
        reply=out.text if out else None,
        state=row["state"],
        by=(out.full_name or "") if out else "",
        sent_at=out.sent_at if out else None,
        decided=is_decided(connection, row),
    )
