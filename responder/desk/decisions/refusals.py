"""What keeps a decision about a reply from being made: each raises with a sentence, or lets it pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Connection

from responder.desk import states, threads
from responder.desk.decisions.acting import Acting, Conflict, Refused, Stale, closed
from responder.desk.decisions.record import latest, what_happened
from responder.desk.drafts import findings
from responder.drafting.model import Finding


def refuse_settled(connection: Connection, row: Mapping[str, Any]) -> None:
    """Conflict where nothing can be decided about the reply any more."""
    if row["state"] not in (states.OPEN, states.AWAITING):
        raise Conflict(what_happened(connection, row))


def refuse_stale(connection: Connection, row: Mapping[str, Any], saw: int) -> None:
    """Stale where a message came in the conversation after `saw`."""
    newest = threads.newest(connection, row)
    if saw < newest:
        raise Stale("A new message has come in this conversation: read it, then look at the reply again.")


def refuse_another_reading(connection: Connection, row: Mapping[str, Any], read: int | None) -> None:
    """Conflict where the message was read anew since the page with the reading `read` was shown."""
    if read is None or read == (row["assessment_id"] or 0):
        return
    last = latest(connection, row["id"], ("message.corrected", "message.assessed"))
    if last is not None and last.action == "message.corrected":
        raise Conflict(f"{last.actor} said what this message is while you were looking at it: see the draft again.")
    raise Conflict("The assistant has read this message while you were looking at it: see the draft again.")


def refuse_closed(connection: Connection, acting: Acting, row: Mapping[str, Any]) -> None:
    """Refused where this account may not answer live yet."""
    why = closed(connection, acting, row)
    if why:
        raise Refused(why)


def blocking_in(
    connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]
) -> list[Finding]:
    """What the check finds in a reply that must be mended before it goes."""
    read = replace(threads.reading(connection, row), language=kept["language"])
    found = findings(acting.packs, threads.case_of(connection, row), read, kept["text"], acting.now)
    return [one for one in found if one.level == "blocking"]


def refuse_blocked(connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Refused where the check finds something that must be mended first."""
    blocking = blocking_in(connection, acting, row, kept)
    if blocking:
        more = f" There {'is' if len(blocking) == 2 else 'are'} {len(blocking) - 1} more." if len(blocking) > 1 else ""
        raise Refused(f"Mend this first: {blocking[0].text}{more}")
