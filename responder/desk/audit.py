"""The audit: what happened, when, by whom, before and after. Only ever appended to, each line sealed with the last.

A seal is an HMAC over the line and the seal before it, under a key that is not in the database, and the head (how many
lines there are, and the last seal) is guarded the same way: whoever can write to the database but does not hold the key
can change, delete or reorder nothing that `verify` would not find. Nor do later lines hide it: where the end of the
audit is not as it was left, the next line is sealed so that it can never seem to follow. Lines hold no text of a
message or reply, so that those can be erased; a reply is named by a salted digest, whose salt goes with it.

>>> append(connection, actor, "message.assigned", "message", 7, now=now, after={"assignee": 3})  # doctest: +SKIP
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from responder.desk.tables import audit, audit_head

OPTION = "responder_audit_key"  # where Database keeps the key on its connections
HEAD = 1
VIEWED = "message.viewed"
START = "0" * 64  # what the first line follows
BROKEN = "f" * 64  # what a line follows where the end of the audit was not as it was left
SEALED = ("seq", "at", "account_id", "actor", "office", "action", "subject", "subject_id", "before", "after")
UNREADABLE = {"unreadable": True}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Actor:
    """Who did it: an account, or a part of the product (no id)."""

    id: int | None
    name: str


ASSISTANT = Actor(None, "the assistant")
COMMAND_LINE = Actor(None, "the command line")


@dataclass(frozen=True)
class Entry:
    """One line. `before` and `after` are plain JSON objects; `at` is aware, in UTC."""

    seq: int
    at: datetime
    account_id: int | None
    actor: str
    office: str | None
    action: str
    subject: str
    subject_id: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    seal: str

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, for export."""
        return {**self.__dict__, "at": self.at.isoformat(), "before": dict(self.before), "after": dict(self.after)}


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. `lines` were read; `fault` is one sentence, empty where the audit is whole."""

    lines: int
    seal: str
    fault: str = ""

    def __bool__(self) -> bool:
        return not self.fault


def begin(connection: Connection) -> None:
    """Make the head of an empty audit, with the tables: where it is missing later, somebody took it away."""
    _make_head(connection, _key(connection), 0, START)


def append(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    subject_id: int | str | None,
    *,
    now: datetime,
    office: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> int:
    """Add a line in the open transaction; returns its number.

    Call it last in a transaction, after the rows that it speaks of are locked: writers take turns at the head.
    """
    key = _key(connection)
    seq, previous = _head(connection, key)
    row = {
        "seq": seq + 1,
        "at": now.astimezone(timezone.utc).isoformat(timespec="microseconds"),
        "account_id": actor.id,
        "actor": actor.name[:120],
        "office": office,
        "action": action,
        "subject": subject,
        "subject_id": None if subject_id is None else str(subject_id),
        "before": _json(before or {}),
        "after": _json(after or {}),
    }
    seal = _seal(key, previous, row)
    connection.execute(sa.insert(audit).values(**row, seal=seal))
    connection.execute(
        sa.update(audit_head)
        .where(audit_head.c.id == HEAD)
        .values(seq=seq + 1, seal=seal, guard=_guard(key, seq + 1, seal))
    )
    return seq + 1


def verify(connection: Connection, expect: str | None = None) -> Verdict:
    """Read every line and every seal, while others write. `expect` is the last seal as it was noted elsewhere: it must
    still be among them. That finds what a key alone cannot: a database put back to an older state with its head.
    """
    key = _key(connection)
    chain = _Chain(key, expect)
    head: Mapping[str, Any] | None = None
    while True:
        earlier, head = head, connection.execute(_HEAD).mappings().first()
        head_fault = _head_fault(key, head)
        fault = chain.read(connection)
        if fault and head_fault and chain.lines == 0:
            fault = "Neither the first line nor the head fits the key: it is another key, or all was written anew."
        if fault or head is None or head_fault:
            return Verdict(chain.lines, chain.seal, fault or head_fault)
        if chain.lines <= head["seq"] or head == earlier:  # else lines came while we read: look at the head again
            break
    if chain.lines < head["seq"]:
        return Verdict(chain.lines, chain.seal, f"There were {head['seq']} lines; {chain.lines} are left.")
    if (head["seq"], head["seal"]) != (chain.lines, chain.seal):
        return Verdict(chain.lines, chain.seal, "The head was put back to an older state.")
    if not chain.seen:
        return Verdict(chain.lines, chain.seal, "The seal that was noted is not in the audit: it was put back or cut.")
    return Verdict(chain.lines, chain.seal)


def entries(
    connection: Connection,
    *,
    offices: tuple[str, ...] | None = None,
    office: str | None = None,
    subject: tuple[str, int | str] | None = None,
    action: str | None = None,
    without: str | None = None,
    account_id: int | None = None,
    before_seq: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Lines, the newest first. `offices` (None: all) lets lines through that belong to no office; `office` does not.

    A line that was altered so that it cannot be read is there too, as far as it can be.
    """
    query = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if offices is not None:
        query = query.where(sa.or_(audit.c.office.in_(offices), audit.c.office.is_(None)))
    if office is not None:
        query = query.where(audit.c.office == office)
    if subject is not None:
        query = query.where(audit.c.subject == subject[0], audit.c.subject_id == str(subject[1]))
    if action is not None:
        query = query.where(audit.c.action == action)
    if without is not None:
        query = query.where(audit.c.action != without)
    if account_id is not None:
        query = query.where(audit.c.account_id == account_id)
    if before_seq is not None:
        query = query.where(audit.c.seq < before_seq)
    return [_entry(row) for row in connection.execute(query).mappings()]


def openers(connection: Connection, message_id: int) -> list[tuple[str, int, datetime]]:
    """Who opened a message, how often and when last, the last first."""
    last = sa.func.max(audit.c.at)
    query = (
        sa.select(audit.c.actor, sa.func.count(), last)
        .where(audit.c.subject == "message", audit.c.subject_id == str(message_id), audit.c.action == VIEWED)
        .group_by(audit.c.actor)
        .order_by(last.desc())
    )
    return [(actor, int(count), datetime.fromisoformat(at)) for actor, count, at in connection.execute(query)]


def export(connection: Connection) -> Iterator[Entry]:
    """Every line, the oldest first."""
    for row in _rows(connection):
        yield _entry(row)


def digest(salt: str, text: str) -> str:
    """How a line names a text without holding it: nobody can find the text once the salt is gone."""
    return hashlib.sha256(f"{salt}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:24]


_HEAD = sa.select(audit_head).where(audit_head.c.id == HEAD)


class _Chain:
    """The lines read so far: how many, the last seal, and whether the expected one was among them."""

    def __init__(self, key: bytes, expect: str | None) -> None:
        self._key, self._expect = key, expect
        self.lines, self.seal, self.seen = 0, START, expect in (None, START)

    def read(self, connection: Connection) -> str:
        """Read what follows; the first fault, or nothing."""
        try:
            for row in _rows(connection, self.lines):
                if fault := self._fault(row):
                    return fault
                self.lines, self.seal = self.lines + 1, row["seal"]
                self.seen = self.seen or self.seal == self._expect
        except sa.exc.OperationalError as error:
            if "decode" not in str(error.orig):
                raise
            return f"After line {self.lines} stands what is no text."
        return ""

    def _fault(self, row: Mapping[str, Any]) -> str:
        number = self.lines + 1
        if row["seq"] != number:
            return f"Line {number} is missing: line {row['seq']} follows {self.lines}."
        if _same(row["seal"], _seal(self._key, self.seal, row)):
            return ""
        if _same(row["seal"], _seal(self._key, BROKEN, row)):
            return f"What stood before line {number} was not as it was left when that line was written."
        return f"Line {number} is not as it was written, or not in its place."


def _head_fault(key: bytes, head: Mapping[str, Any] | None) -> str:
    if head is None:
        return "The head is missing."
    fits = _same(head["guard"], _guard(key, head["seq"], head["seal"]))
    return "" if fits else "The head is not as it was written."


def _head(connection: Connection, key: bytes) -> tuple[int, str]:
    """The number and the seal that the next line follows, locked until the end of the transaction."""
    head = connection.execute(_HEAD.with_for_update()).mappings().first()
    last = connection.execute(sa.select(sa.func.max(audit.c.seq))).scalar() or 0
    if head is None:
        _make_head(connection, key, last, BROKEN)
        head = connection.execute(_HEAD.with_for_update()).mappings().one()
        last = connection.execute(sa.select(sa.func.max(audit.c.seq))).scalar() or 0
    if head["seq"] == last and not _head_fault(key, head):
        return int(last), str(head["seal"])
    return int(last), BROKEN


def _make_head(connection: Connection, key: bytes, seq: int, seal: str) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"id": HEAD, "seq": seq, "seal": seal, "guard": _guard(key, seq, seal)}
    connection.execute(insert(audit_head).values(**row).on_conflict_do_nothing(index_elements=["id"]))


def _key(connection: Connection) -> bytes:
    return connection.get_execution_options()[OPTION]  # type: ignore[no-any-return]


def _seal(key: bytes, previous: str, row: Mapping[str, Any]) -> str:
    """`default`: what is no text or number, which only somebody else can have put there, never fits a seal."""
    line = json.dumps([previous, *(row[name] for name in SEALED)], ensure_ascii=True, default=lambda odd: [repr(odd)])
    return hmac.new(key, line.encode("ascii"), hashlib.sha256).hexdigest()


def _guard(key: bytes, seq: Any, seal: Any) -> str:
    return hmac.new(key, f"head {seq} {seal}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _same(found: Any, right: str) -> bool:
    return hmac.compare_digest(str(found).encode("utf-8", "surrogatepass"), right.encode())


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot stand in the audit")


def _rows(connection: Connection, after: int | None = None) -> Iterator[Mapping[str, Any]]:
    query = sa.select(audit).order_by(audit.c.seq)
    if after:
        query = query.where(audit.c.seq > after)
    found = connection.execute(query, execution_options={"stream_results": True})
    yield from found.mappings().yield_per(1_000)


def _entry(row: Mapping[str, Any]) -> Entry:
    try:
        at = datetime.fromisoformat(row["at"])
    except (TypeError, ValueError):
        at = EPOCH
    return Entry(**{**row, "at": at, "before": _object(row["before"]), "after": _object(row["after"])})


def _object(text: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return UNREADABLE
    return found if isinstance(found, dict) else UNREADABLE
