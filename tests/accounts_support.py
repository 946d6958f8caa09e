"""What the tests about accounts share: cheap passwords, and accounts with one."""

from __future__ import annotations

import pytest
from argon2 import profiles
from desk_support import NOW, packs

from responder.desk import accounts, passwords
from responder.desk.audit import COMMAND_LINE

PASSWORD = "correct horse battery"
OTHER = "a staple of the stable"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch):
    """Hashes that take no time."""
    monkeypatch.setattr(passwords, "PARAMETERS", profiles.CHEAPEST)


def made(database, name="j.bloggs", role="moderator", offices=("cleveland-opcc",), password=None, now=NOW):
    """A new account, with a password where one is given."""
    with database.write() as connection:
        account = accounts.create(
            connection, packs(), COMMAND_LINE, now, name=name, full_name=f"Jo {name}", role=role, offices=offices
        )
        if password is not None:
            accounts.set_password(connection, COMMAND_LINE, account.id, password, now)
    return account
