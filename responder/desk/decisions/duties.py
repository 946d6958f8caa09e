"""What staff must do about a message, beside answering it, and what of it is not ticked off."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import priority, threads
from responder.desk.decisions.acting import Acting
from responder.desk.drafts import drafted
from responder.desk.tables import duty_done


def duty_id(action: Mapping[str, Any]) -> str:
    """The name of one staff action of a message: who and what."""
    return hashlib.sha256(f"{action['to']}\n{action['what']}".encode()).hexdigest()


def undone(connection: Connection, acting: Acting, row: Mapping[str, Any]) -> int:
    """How much of what staff must do about a message of danger is not ticked off; 0 of any other."""
    return len(open_duties(connection, acting, row)) if row["rank"] == priority.DANGER else 0


def open_duties(connection: Connection, acting: Acting, row: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of what staff must do about a message now and is not ticked off."""
    line = drafted(acting.packs, threads.case_of(connection, row), threads.reading(connection, row), acting.now)
    query = sa.select(duty_done.c.duty).where(duty_done.c.message_id == row["id"])
    done = set(connection.execute(query).scalars())
    return tuple(dict.fromkeys(id_ for id_ in map(duty_id, line["staff_actions"] or ()) if id_ not in done))
