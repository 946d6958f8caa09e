"""The tables of practice, beside the desk's. A change here needs a migration (`desk/migrations/versions`).

What trainees and trainers write stands in `practice_attempt.answers`, `practice_version`, `practice_kept`,
`practice_objection`, `practice_allowance` and `practice_draft` alone; the audit holds none of it. `practice_draft`
answers a real message: erasure empties it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from responder.desk.tables import Moment, Number, metadata


def _table(name: str, *columns: Any) -> Table:
    return Table(
        name, metadata, Column("id", Number, primary_key=True), *columns, sqlite_autoincrement=True
    )  # an id is never given twice


def _account(name: str = "account_id", nullable: bool = False, **more: Any) -> Column[Any]:
    return Column(name, ForeignKey("account.id"), nullable=nullable, **more)


practice_version = Table(  # a scenario's text as somebody began it; it never changes
    "practice_version",
    metadata,
    Column("digest", String(64), primary_key=True),  # see practice.scenarios.Scenario.version
    Column("text", Text, nullable=False),
)
practice_attempt = _table(  # one go at a scenario
    "practice_attempt",
    _account(),
    Column("office", String(60), nullable=False),
    Column("scenario", String(120), nullable=False),
    Column("version", ForeignKey("practice_version.digest")),  # that it was begun with; null in old rows: unknown
    Column("state", String(8), nullable=False),  # open, done, skipped
    Column("timed", Boolean, nullable=False, default=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("seconds", Integer),  # that it took, without the pauses; null until it is done
    Column("paused_at", Moment),
    Column("paused_seconds", Integer, nullable=False, default=0),
    Column("answers", JSON, nullable=False, default=dict),  # {key: {intent, urgency, flags, do, tell, moderate, reply}}
    Column("order", JSON, nullable=False, default=list),  # the keys, as they were answered
    Column("percent", SmallInteger),
    Column("passed", Boolean),
    Column("critical_missed", Boolean),
    Column("marks", JSON, nullable=False, default=list),  # [{key, id, kind, met, weight, clauses, critical}]
    Index("ix_practice_attempt_account", "account_id", "office", "scenario", "state"),
    Index("ix_practice_attempt_scenario", "office", "scenario", "state"),
)
practice_box = Table(  # what was missed and comes back: see practice.courses.next_box
    "practice_box",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("office", String(60), primary_key=True),
    Column("scenario", String(120), primary_key=True),
    Column("box", SmallInteger, nullable=False),
    Column("due_on", Date, nullable=False),
)
practice_kept = Table(  # filled in and not handed in yet: see practice.keeping
    "practice_kept",
    metadata,
    Column("attempt_id", ForeignKey("practice_attempt.id"), primary_key=True),
    Column("key", String(60), primary_key=True),
    Column("answer", JSON, nullable=False),  # as in practice_attempt.answers
)
practice_objection = _table(
    "practice_objection",
    Column("attempt_id", ForeignKey("practice_attempt.id"), nullable=False),
    Column("key", String(60), nullable=False),  # the message; empty for the order of a shift
    Column("mark", String(80), nullable=False),
    Column("words", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("settled_at", Moment),
    _account("settled_by", nullable=True),
    Column("upheld", Boolean),
    Column("answer", Text),  # the trainer's words
    Column("allowance", JSON, nullable=False, default=list),  # [{key, mark, value}] that it came to
    UniqueConstraint("attempt_id", "key", "mark"),
    Index("ix_practice_objection_settled", "settled_at", "at"),
)
practice_allowance = _table(  # what a scenario learnt: see practice.marking.Allowance
    "practice_allowance",
    Column("office", String(60), nullable=False),
    Column("scenario", String(120), nullable=False),
    Column("key", String(60), nullable=False),
    Column("mark", String(80), nullable=False),
    Column("value", Text, nullable=False),
    Column("objection_id", ForeignKey("practice_objection.id")),
    _account("by"),
    Column("at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    _account("withdrawn_by", nullable=True),
    Index("ix_practice_allowance_scenario", "office", "scenario"),
)
practice_certificate = _table(
    "practice_certificate",
    _account(),
    Column("office", String(60), nullable=False),
    Column("number", String(20), nullable=False, unique=True),
    Column("at", Moment, nullable=False),  # when it was given: a refresher counts what was passed since
    Column("passed_on", Date, nullable=False),
    Column("valid_until", Date, nullable=False),  # the last day
    Column("percent", SmallInteger, nullable=False),  # the mean of the best marks that it rests on
    Column("refresher", Boolean, nullable=False, default=False),
    Index("ix_practice_certificate_account", "account_id", "office", "valid_until"),
)
practice_override = _table(  # a manager lets somebody answer live without a certificate
    "practice_override",
    _account(),
    Column("office", String(60), nullable=False),
    _account("by"),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Date, nullable=False),  # the last day
    Column("ended_at", Moment),
    _account("ended_by", nullable=True),
    Index("ix_practice_override_account", "account_id", "office", "until"),
)
practice_draft = _table(  # shadowing: a trainee's answer to a real message, which is sent to nobody
    "practice_draft",
    _account(),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("answer", JSON, nullable=False),  # as in practice_attempt.answers
    Column("at", Moment, nullable=False),
    _account("compared_by", nullable=True),
    Column("compared_at", Moment),
    Column("comment", Text),
    UniqueConstraint("account_id", "message_id"),
)
