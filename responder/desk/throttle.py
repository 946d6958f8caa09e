"""Slows down guessing: after ten failures within a quarter of an hour, an account name and an address are refused.

The count is of the pair, so that nobody can lock the owner out from elsewhere, and stands under a keyed digest, so that
the table holds no names.

>>> pair(b"key", "J.Bloggs ", "192.0.2.1") == pair(b"key", "j.bloggs", "192.0.2.1")
True
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk.accounts import plain_name
from responder.desk.tables import attempt

MOST = 10
WITHIN = timedelta(minutes=15)
SECRET = "throttle"  # what the key is derived for


def pair(key: bytes, name: str, address: str) -> str:
    """How the table names an account name and the address that it was tried from."""
    return hmac.new(key, f"{plain_name(name)}\n{address}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def take(connection: Connection, tried: str, now: datetime) -> datetime | None:
    """Count one try of a pair, before its password is looked at; or, where it had too many, until when it must wait.

    Of many tries at once no more than MOST get through. Old tries are swept away.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(tried[:15], 16))))
    connection.execute(sa.delete(attempt).where(attempt.c.at <= now - WITHIN))
    query = sa.select(attempt.c.at).where(attempt.c.pair == tried).order_by(attempt.c.at.desc()).limit(MOST)
    earlier = connection.execute(query).scalars().all()
    if len(earlier) >= MOST:
        ends: datetime = earlier[-1] + WITHIN
        return ends
    connection.execute(sa.insert(attempt).values(pair=tried, at=now))
    return None


def forget(connection: Connection, tried: str) -> None:
    """The pair has got in: its tries no longer count."""
    connection.execute(sa.delete(attempt).where(attempt.c.pair == tried))
