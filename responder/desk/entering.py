"""Signing in with a name and a password.

>>> account = enter(database, key, "j.bloggs", password, "192.0.2.1", now)  # doctest: +SKIP
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from responder.desk import accounts, passwords, throttle
from responder.desk.accounts import Account
from responder.desk.database import Database
from responder.desk.tables import account as table
from responder.errors import BadInput


class NotRight(BadInput):
    """The name or the password is wrong, or the account is disabled: all the same to whoever tries."""

    def __init__(self) -> None:
        super().__init__("The name or the password isn't right.")


class TooManyTries(BadInput):
    """The name was tried too often from this address. `until`: when it may be tried again."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        shown = until + timedelta(seconds=59)  # the minute in which it has certainly ended
        super().__init__(f"That name was tried too often from here. You can try again at {shown:%H:%M}.")


def enter(database: Database, key: bytes, name: str, password: str, address: str, now: datetime) -> Account:
    """The account that a name and a password belong to. A name that nobody has takes as long to refuse.

    `key` hides who tried (`keys.derived`); `address` is where the try comes from.

    Raises:
        NotRight: they belong to no account that may sign in.
        TooManyTries: that name was tried too often from that address; the password was not looked at.
    """
    tried = throttle.pair(key, name, address)
    with database.write() as connection:
        until = throttle.take(connection, tried, now)
    if until is not None:
        raise TooManyTries(until)
    query = sa.select(table.c.id, table.c.password, table.c.disabled_at).where(
        table.c.name == accounts.plain_name(name)
    )
    with database.read() as connection:
        found = connection.execute(query).first()
    right = passwords.matches(found.password if found else None, password)
    if not right or found is None or found.disabled_at is not None:
        raise NotRight
    fresh = passwords.hashed(password) if passwords.is_old(found.password) else found.password
    with database.write() as connection:
        throttle.forget(connection, tried)
        connection.execute(
            sa.update(table).where(table.c.id == found.id, table.c.password == found.password).values(password=fresh)
        )
        account = accounts.get(connection, found.id)
    if account is None or account.disabled_at is not None:
        raise NotRight
    return account


def confirm(database: Database, key: bytes, account: Account, password: str, address: str, now: datetime) -> None:
    """Raises BadInput unless `password` is the account's; guessing is slowed down as in `enter`."""
    try:
        enter(database, key, account.name, password, address, now)
    except NotRight:
        raise BadInput("That isn't your current password.") from None
