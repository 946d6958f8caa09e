"""Who is signed in: rows on this side, found by a random token of which only a digest is stored.

A session ends when it was not used for an hour, after twelve hours in any case, when its owner signs out or gets
another password, and when the account is disabled. The account is read with it each time, so that a changed role
counts at once.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import accounts
from responder.desk.accounts import Account
from responder.desk.audit import append
from responder.desk.tables import account as account_table
from responder.desk.tables import session as table

IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
NOTE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """One browser that is signed in. `digest` finds its row."""

    digest: str
    account: Account
    made_at: datetime
    seen_at: datetime


def begin(connection: Connection, account: Account, now: datetime) -> str:
    """Sign an account in; the token of the new session."""
    sweep(connection, now)
    token = secrets.token_urlsafe(32)
    row = {"digest": digest(token), "account_id": account.id, "made_at": now, "seen_at": now}
    connection.execute(sa.insert(table).values(**row))
    append(connection, account.actor, "account.signed-in", "account", account.id, now=now)
    return token


def find(connection: Connection, token: str, now: datetime) -> Session | None:
    """The session of a token, with its account as it is now; None where nobody is signed in with it (any more)."""
    query = (
        accounts.with_offices()
        .add_columns(table.c.digest, table.c.made_at, table.c.seen_at)
        .join(table, table.c.account_id == account_table.c.id)
        .where(table.c.digest == digest(token))
    )
    rows = connection.execute(query).mappings().all()
    if not rows:
        return None
    made_at, seen_at = rows[0]["made_at"], rows[0]["seen_at"]
    (account,) = accounts.of_rows(rows)
    if account.disabled_at is not None or now - seen_at > IDLE or now - made_at > LONGEST:
        return None
    return Session(rows[0]["digest"], account, made_at, seen_at)


def is_stale(session: Session, now: datetime) -> bool:
    """Whether it is time to note again that the session is used."""
    return now - session.seen_at >= NOTE_EVERY


def note(connection: Connection, session: Session, now: datetime) -> None:
    """Note that the session is used."""
    connection.execute(sa.update(table).where(table.c.digest == session.digest).values(seen_at=now))


def end(connection: Connection, token: str, now: datetime) -> None:
    """Sign out; nothing happens where nobody is signed in with this token."""
    session = find(connection, token, now)
    connection.execute(sa.delete(table).where(table.c.digest == digest(token)))
    if session is not None:
        append(connection, session.account.actor, "account.signed-out", "account", session.account.id, now=now)


def sweep(connection: Connection, now: datetime) -> None:
    """Sessions that have run out are swept away, with what was searched for in them."""
    connection.execute(sa.delete(table).where(sa.or_(table.c.seen_at < now - IDLE, table.c.made_at < now - LONGEST)))


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def search(connection: Connection, token: str) -> str | None:
    """What was last searched for in this session."""
    found: str | None = connection.execute(sa.select(table.c.search).where(table.c.digest == digest(token))).scalar()
    return found


def keep_search(connection: Connection, token: str, words: str) -> None:
    """Keep what is searched for; an empty text ends the search. It may be somebody's name, so no address holds it."""
    connection.execute(sa.update(table).where(table.c.digest == digest(token)).values(search=words or None))
