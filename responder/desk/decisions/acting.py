"""Who decides, on what they saw, and why a decision may be refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import approvals, priority
from responder.desk.accounts import Account
from responder.desk.desk_rules import DeskRules, Need
from responder.desk.tables import message
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


def _open(connection: Connection, office: str) -> str | None:
    """Nothing keeps anybody from answering."""
    return None


@dataclass(frozen=True)
class Acting:
    """Who acts, when, and under which rules. `closed` says, for an office, why this account may not answer live yet
    (None: it may): the gate of practice. Danger passes it: 999 waits for nobody's course.
    """

    packs: Any
    rules: DeskRules
    account: Account
    now: datetime
    closed: Callable[[Connection, str], str | None] = _open


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


def locked(connection: Connection, acting: Acting, message_id: int) -> Mapping[str, Any]:
    """The message, locked for this transaction. Raises Refused where the account must not know of it."""
    query = sa.select(message).where(message.c.id == message_id).with_for_update()
    found: Mapping[str, Any] | None = connection.execute(query).mappings().first()
    if found is None or found["office"] not in acting.account.offices:
        raise Refused("There is no such message.")
    return found


def require(acting: Acting, permission: str) -> None:
    """Refused where the account lacks a permission."""
    if not acting.account.may(permission):
        raise Refused("Your account may not do that; an approver or a manager can.")


def words_of(text: str, what: str, longest: int) -> str:
    """A text that somebody must write, without the blanks around it. Raises BadInput: empty, or too long."""
    text = text.replace("\x00", "\ufffd").strip()
    if not text:
        raise BadInput(f"Write {what}.")
    if len(text) > longest:
        raise BadInput(f"{what[0].upper()}{what[1:]} must be {longest:,} characters or fewer; it has {len(text):,}.")
    return text


def closed(connection: Connection, acting: Acting, row: Mapping[str, Any]) -> str | None:
    """Why this account may not answer the message live yet; None where it may, and always where it reads as danger or
    nobody has read it.
    """
    if row["rank"] in (priority.DANGER, priority.UNREAD):
        return None
    return acting.closed(connection, row["office"])


def need_of(connection: Connection, acting: Acting, row: Mapping[str, Any]) -> Need:
    """How many must approve a reply to this message, and why."""
    return approvals.needed(
        connection, acting.rules, acting.packs, row["office"], row["intent"], row["urgency"], row["channel"],
        row["danger"],
    )  # fmt: skip
