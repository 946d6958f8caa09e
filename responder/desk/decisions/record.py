"""What a decision leaves behind: the message's new state, its line of the audit, and who was quicker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import audit, states
from responder.desk.decisions.acting import Acting
from responder.desk.tables import message


@dataclass(frozen=True)
class Line:
    """A line for the audit, to be written when all else is done: whoever writes one holds up every other writer."""

    action: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def move(connection: Connection, row: Mapping[str, Any], **values: Any) -> None:
    """Change a message, which makes another version of it."""
    connection.execute(
        sa.update(message).where(message.c.id == row["id"]).values(version=message.c.version + 1, **values)
    )


def state_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """How the audit names the state of a message."""
    return {"state": row["state"]}


def named(kept: Mapping[str, Any]) -> dict[str, Any]:
    """How the audit names a text without holding it."""
    return {"reply": kept["id"], "version": kept["version"], "digest": audit.digest(kept["salt"], kept["text"])}


def log_lines(connection: Connection, acting: Acting, row: Mapping[str, Any], *lines: Line | None) -> None:
    """Write the lines that there are, in their order."""
    for line in lines:
        if line is not None:
            log(connection, acting, row, line.action, before=line.before, after=line.after)


def log(
    connection: Connection,
    acting: Acting,
    row: Mapping[str, Any],
    action: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write a line about a message into the audit."""
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


def changed_by(connection: Connection, kept: Mapping[str, Any]) -> str:
    """Who changed a reply under somebody's eyes, in a sentence."""
    last = latest(connection, kept["message_id"], _MEANWHILE)
    who, did = (last.actor, _MEANWHILE[last.action]) if last else ("Somebody", "changed this reply")
    return f"{who} {did} while you were looking at it. Your words are kept below: look at both."


def what_happened(connection: Connection, row: Mapping[str, Any]) -> str:
    """Who was quicker, and what they did, in a sentence."""
    said = _ALREADY[row["state"]]
    last = latest(connection, row["id"], said)
    if last is None:
        return "The message is not as you saw it: look at it again."
    return f"{last.actor} {said[last.action]}."


def latest(connection: Connection, message_id: int, actions: Iterable[str]) -> audit.Entry | None:
    """The last line about a message that says one of these."""
    here = ("message", message_id)
    found = [one for name in actions for one in audit.entries(connection, subject=here, action=name, limit=1)]
    return max(found, key=lambda entry: entry.seq, default=None)
