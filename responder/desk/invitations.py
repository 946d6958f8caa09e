"""One-time links: whoever holds one may set an account's password, once, within three days.

Only a digest of the token is stored: nobody can make a link from the database.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk.tables import invitation

LASTS = timedelta(hours=72)


def make(connection: Connection, account_id: int, now: datetime) -> str:
    """A new token for an account; those it had before end."""
    end(connection, account_id)
    token = secrets.token_urlsafe(32)
    row = {"digest": _digest(token), "account_id": account_id, "made_at": now, "expires_at": now + LASTS}
    connection.execute(sa.insert(invitation).values(**row))
    return token


def end(connection: Connection, account_id: int) -> None:
    """No unused link of an account works any more."""
    connection.execute(
        sa.delete(invitation).where(invitation.c.account_id == account_id, invitation.c.used_at.is_(None))
    )


def holder(connection: Connection, token: str, now: datetime) -> int | None:
    """Whose link it is, which stays unused; None where there is no such link, or it was used or has run out."""
    found = connection.execute(sa.select(invitation.c.account_id).where(*_still_good(token, now))).scalar()
    return None if found is None else int(found)


def use(connection: Connection, token: str, now: datetime) -> int | None:
    """Whose link it is, which is used by this; None as in `holder`. Of two who use it at once, one does."""
    account_id = holder(connection, token, now)
    used = connection.execute(sa.update(invitation).where(*_still_good(token, now)).values(used_at=now))
    return account_id if used.rowcount == 1 else None


def ends_at(connection: Connection, now: datetime) -> dict[int, datetime]:
    """When the open links of accounts run out."""
    query = sa.select(invitation.c.account_id, invitation.c.expires_at).where(
        invitation.c.used_at.is_(None), invitation.c.expires_at > now
    )
    return {row.account_id: row.expires_at for row in connection.execute(query)}


def _still_good(token: str, now: datetime) -> tuple[sa.sql.ColumnElement[bool], ...]:
    return (
        invitation.c.digest == _digest(token),
        invitation.c.used_at.is_(None),
        invitation.c.expires_at > now,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
