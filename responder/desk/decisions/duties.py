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
    if row["rank"] != priority.DANGER:
        return 0
    line = drafted(acting.packs, threads.case_of(connection, row), threads.reading(connection, row), acting.now)
    query = sa.select(duty_done.c.duty).where(duty_done.c.message_id == row["id"])
    done = set(connection.execute(query).scalars())
    return len({duty_id(action) for action in line["staff_actions"] or ()} - done)
