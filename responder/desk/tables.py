"""The tables of the desk, for SQLite and PostgreSQL alike. A change here needs a migration (`migrations/versions`).

Times are aware on the way in and out (Europe/London) and stored in UTC. Message and reply text stand in `message`,
`reply`, `outbox`, `note` and the JSON of `assessment` alone, so that erasure knows where to look; the audit holds none.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

from responder.drafting.calendar import LONDON

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator):
    """An aware time: stored in UTC without a zone, given back in London's."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=timezone.utc).astimezone(LONDON)


Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only in an INTEGER


def _id() -> Column[Any]:
    return Column("id", Number, primary_key=True)


def _table(name: str, *columns: Any) -> Table:
    return Table(name, metadata, *columns, sqlite_autoincrement=True)  # an id is never given twice


# People who work here

account = _table(
    "account",
    _id(),
    Column("name", String(80), nullable=False, unique=True),  # what one signs in with; lower case
    Column("full_name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password", String(200)),  # argon2id; null until a password is set by a one-time link
    Column("password_at", Moment),
    Column("disabled_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("preferences", JSON, nullable=False, default=dict),
)
account_office = Table(
    "account_office",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("office", String(60), primary_key=True),
)
invitation = _table(  # a one-time link to set a password and sign in
    "invitation",
    _id(),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the token; the token itself is not kept
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)
session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("search", Text),  # what was last searched for: it may be personal data, so it is in no address
)
attempt = _table(  # failed sign-ins, to slow down guessing
    "attempt",
    _id(),
    Column("pair", String(64), nullable=False),  # keyed digest of account name and address
    Column("at", Moment, nullable=False),
    Index("ix_attempt_pair_at", "pair", "at"),
)

# People who write, and what they wrote

contact = _table(
    "contact",
    _id(),
    Column("office", String(60), nullable=False),
    Column("platform", String(30), nullable=False),  # facebook, x, email …: the channel without its kind
    Column("handle", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("office", "platform", "handle"),
)
contact_warning = _table(
    "contact_warning",
    _id(),
    Column("contact_id", ForeignKey("contact.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("ended_at", Moment),
    Column("ended_by", ForeignKey("account.id")),
)
conversation = _table(
    "conversation",
    _id(),
    Column("office", String(60), nullable=False),
    Column("channel", String(30), nullable=False),
    Column("key", String(200), nullable=False),
    Column("contact_id", ForeignKey("contact.id"), index=True),
    Column("last_message_id", Number),  # the newest from the public: what a reply must have seen
    UniqueConstraint("office", "channel", "key"),
)
message = _table(
    "message",
    _id(),
    Column("office", String(60), nullable=False),
    Column("channel", String(30), nullable=False),
    Column("external_id", String(200), nullable=False),  # the platform's; a message comes once however often it is sent
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False),
    Column("contact_id", ForeignKey("contact.id")),
    Column("text", Text, nullable=False),
    Column("earlier", JSON, nullable=False, default=list),  # posts that came with it: [{from, text, at}]
    Column("received_at", Moment, nullable=False),
    Column("stored_at", Moment, nullable=False),
    Column("source", String(20), nullable=False),  # staff, import, demo, or a platform's hook
    Column("state", String(12), nullable=False),  # see desk.states
    Column(
        "to_do", SmallInteger, Computed("CASE WHEN state IN ('answered', 'closed') THEN 0 ELSE 1 END", persisted=True)
    ),
    Column("rank", SmallInteger, nullable=False),  # see desk.priority
    Column("due_at", Moment),
    Column("due_kind", String(30)),
    Column("version", Integer, nullable=False, default=1),  # counts every change, for those who look on
    # what was read in it; null until it was
    Column("assessment_id", Number),
    Column("assessed_at", Moment),
    Column("queued_at", Moment),
    Column("tries", SmallInteger, nullable=False, default=0),
    Column("intent", String(40)),
    Column("confidence", Integer),  # per cent
    Column("urgency", String(12)),
    Column("danger", String(12)),
    Column("handling", String(12)),
    Column("language", String(5)),
    # what staff did with it
    Column("assignee_id", ForeignKey("account.id")),
    Column("escalated_to", String(40)),
    Column("seen_at", Moment),  # first opened by a person
    Column("settled_at", Moment),  # answered, or closed without an answer
    Column("closed_reason", String(40)),
    # of a settled message of danger: how much of what staff must do is not ticked off
    Column("undone", SmallInteger, nullable=False, default=0, server_default="0"),
    UniqueConstraint("office", "channel", "external_id"),
    # the inbox: what is to do, by rank, then by what runs out, then by age
    Index("ix_message_to_do_age", "to_do", "rank", "received_at", "id"),
    Index("ix_message_to_do_due", "to_do", "rank", "due_at", "id"),
    Index("ix_message_due", "to_do", "due_at", "office"),
    Index("ix_message_state", "state", "rank", "received_at", "id"),
    Index("ix_message_received", "received_at", "id"),
    Index("ix_message_office", "office", "received_at"),
    Index("ix_message_conversation", "conversation_id", "id"),
    Index("ix_message_contact", "contact_id", "received_at"),
    Index("ix_message_unread", "assessed_at", "queued_at"),
    Index("ix_message_assignee", "assignee_id", "state"),
    Index("ix_message_undone", "undone", "settled_at"),
)
message_flag = Table(
    "message_flag",
    metadata,
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    Column("flag", String(30), primary_key=True),
    Index("ix_message_flag_flag", "flag", "message_id"),
)
clock = _table(  # everything that runs out for a message
    "clock",
    _id(),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    Column("kind", String(30), nullable=False),  # see desk.clocks
    Column("due_at", Moment, nullable=False),
    Column("clauses", JSON, nullable=False, default=list),
    Index("ix_clock_message", "message_id", "kind", "due_at"),
)
assessment = _table(
    "assessment",
    _id(),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("account_id", ForeignKey("account.id")),  # null: read by the assistant; else corrected by this person
    Column("line", JSON, nullable=False),  # the output line of docs/contract.md
    Column("reading", JSON, nullable=False),  # the fields of drafting's Assessment
)
correction = _table(
    "correction",
    _id(),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("read_as", String(40)),
    Column("read_danger", String(12)),
    Column("intent", String(40), nullable=False),
    Column("danger", String(12), nullable=False),
    Column("taught", Boolean, nullable=False, default=False),
)

# What goes out

reply = _table(
    "reply",
    _id(),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, and more where a message was opened again
    Column("state", String(12), nullable=False),  # see desk.states
    Column("version", Integer, nullable=False),  # counts changes of the text; an approval holds for one version
    Column("text", Text, nullable=False),
    Column("drafted", Text, nullable=False),  # what the assistant had drafted
    Column("parts", JSON, nullable=False, default=list),  # of the draft: each passage with its clauses
    Column("language", String(5), nullable=False),
    Column("assessment_id", ForeignKey("assessment.id")),
    Column("saw_message_id", Number, nullable=False),  # the newest message of the conversation when it was written
    Column("changes", JSON),  # against the draft, once approved: see desk.changes
    Column("salt", String(32), nullable=False),  # of the text's digest in the audit; erased with the text
    Column("made_at", Moment, nullable=False),
    Column("asked_at", Moment),
    Column("asked_by", ForeignKey("account.id")),
    Column("approved_at", Moment),
    UniqueConstraint("message_id", "number"),
)
reply_author = Table(
    "reply_author",
    metadata,
    Column("reply_id", ForeignKey("reply.id"), primary_key=True),
    Column("account_id", ForeignKey("account.id"), primary_key=True),
)
approval = _table(
    "approval",
    _id(),
    Column("reply_id", ForeignKey("reply.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("decision", String(12), nullable=False),  # approved, sent-back
    Column("reason", Text),
    Column("at", Moment, nullable=False),
    UniqueConstraint("reply_id", "version", "account_id"),
)
outbox = _table(
    "outbox",
    _id(),
    Column("reply_id", ForeignKey("reply.id"), nullable=False, unique=True),  # so a reply is sent once
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("office", String(60), nullable=False),
    Column("channel", String(30), nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(12), nullable=False),  # waiting, sent, withdrawn
    Column("approved_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("sent_by", ForeignKey("account.id")),  # null: sent by a channel
    Index("ix_outbox_state_office", "state", "office", "approved_at"),
)

# What staff write down

note = _table(
    "note",
    _id(),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Text, nullable=False),
)
escalation = _table(
    "escalation",
    _id(),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("role", String(40), nullable=False),
    Column("text", Text, nullable=False),  # what that role needs
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("settled_by", ForeignKey("account.id")),
)
duty_done = Table(  # what staff must do about a message, ticked off
    "duty_done",
    metadata,
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    Column("duty", String(64), primary_key=True),  # SHA-256 of who and what
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

# What the office decided about itself

office_setting = Table(
    "office_setting",
    metadata,
    Column("office", String(60), primary_key=True),
    Column("key", String(40), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("at", Moment, nullable=False),
)
fact_confirmation = _table(
    "fact_confirmation",
    _id(),
    Column("office", String(60), nullable=False),
    Column("fact", String(120), nullable=False),
    Column("value", Text, nullable=False),  # what was confirmed: another value needs another confirmation
    Column("note", Text),  # how it was made sure of
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Column("withdrawn_by", ForeignKey("account.id")),
    Index("ix_fact_confirmation_office", "office", "fact"),
)

# What happened: only ever appended to, each line sealed with the one before it (desk.audit)

audit = Table(
    "audit",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),  # ISO 8601 in UTC, as it was sealed
    Column("account_id", Number),
    Column("actor", String(120), nullable=False),
    Column("office", String(60)),
    Column("action", String(40), nullable=False),
    Column("subject", String(40), nullable=False),
    Column("subject_id", String(60)),
    Column("before", Text, nullable=False),  # JSON with sorted keys
    Column("after", Text, nullable=False),
    Column("seal", String(64), nullable=False),
    Index("ix_audit_subject", "subject", "subject_id"),
    Index("ix_audit_office", "office", "seq"),
)
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", Number, nullable=False),
    Column("seal", String(64), nullable=False),
    Column("guard", String(64), nullable=False),
)
