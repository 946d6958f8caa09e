"""The accounts of those who work here: made by an administrator, entered first by a one-time link.

>>> with database.write() as connection:  # doctest: +SKIP
...     made = create(connection, packs, administrator.actor, now, name="j.bloggs", full_name="Jo Bloggs",
...                   role="moderator", offices=["cleveland-opcc"])
...     token = new_link(connection, administrator.actor, made.id, now)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from responder.desk import invitations, passwords, roles
from responder.desk.audit import ASSISTANT, Actor, append
from responder.desk.database import Database
from responder.desk.tables import account as table
from responder.desk.tables import account_office
from responder.desk.tables import session as session_table
from responder.errors import BadInput, UnknownName

NAME = re.compile(r"[a-z0-9._@-]{2,80}")
LONGEST_FULL_NAME = 120
PREFERENCES = {"single_keys": True, "blur": False}  # what holds until somebody chooses otherwise
FIRST = {"name": "administrator", "full_name": "Administrator", "role": "administrator"}


class LastAdministrator(BadInput):
    """Nobody would be left who can make and change accounts."""

    def __init__(self) -> None:
        super().__init__("This is the last administrator who can sign in: make somebody else an administrator first.")


@dataclass(frozen=True)
class Account:
    """One person's account. `offices` are those whose messages the account sees."""

    id: int
    name: str
    full_name: str
    role: str
    offices: tuple[str, ...]
    disabled_at: datetime | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)
    password_at: datetime | None = None

    def may(self, permission: str) -> bool:
        """Whether the account has a permission of `desk.roles`."""
        return self.disabled_at is None and roles.may(self.role, permission)

    def prefers(self, preference: str) -> bool:
        """What the person chose, or what holds until then. Raises KeyError for one that is not in PREFERENCES."""
        return bool(self.preferences.get(preference, PREFERENCES[preference]))

    @property
    def actor(self) -> Actor:
        """The account as the audit names it."""
        return Actor(self.id, self.full_name)


COLUMNS = tuple(
    table.c[name] for name in ("id", "name", "full_name", "role", "disabled_at", "preferences", "password_at")
)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[Account, ...]:
    """The accounts of rows that hold COLUMNS and one `office` each, in the order in which they first come."""
    found: dict[int, dict[str, Any]] = {}
    offices: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["id"], {column.name: row[column.name] for column in COLUMNS})
        offices.setdefault(row["id"], []).extend([row["office"]] if row["office"] else [])
    return tuple(Account(**told, offices=tuple(sorted(offices[id_]))) for id_, told in found.items())


def with_offices() -> sa.sql.Select:
    """What `of_rows` reads."""
    return sa.select(*COLUMNS, account_office.c.office).select_from(table.outerjoin(account_office))


def everyone(connection: Connection) -> tuple[Account, ...]:
    """All accounts, by full name; those that are disabled come last."""
    found = of_rows(connection.execute(with_offices().order_by(table.c.id)).mappings())
    return tuple(sorted(found, key=lambda one: (one.disabled_at is not None, one.full_name.casefold(), one.id)))


def get(connection: Connection, account_id: int) -> Account | None:
    """The account with this id."""
    found = of_rows(connection.execute(with_offices().where(table.c.id == account_id)).mappings())
    return found[0] if found else None


def named(connection: Connection, name: str) -> Account | None:
    """The account that signs in with this name, in whatever case it is typed."""
    found = of_rows(connection.execute(with_offices().where(table.c.name == plain_name(name))).mappings())
    return found[0] if found else None


def plain_name(name: str) -> str:
    """A name as it is stored: without spaces around it, in lower case."""
    return name.strip().lower()


def faults(packs: Any, *, name: str, full_name: str, role: str, offices: Iterable[str]) -> dict[str, str]:
    """What is wrong with an account as it was typed: for each field one sentence."""
    found = {}
    if not NAME.fullmatch(plain_name(name)):
        found["name"] = "Give a name of 2 to 80 letters, digits, dots, hyphens, underscores or @, without spaces"
    if not 1 <= len(_words(full_name)) <= LONGEST_FULL_NAME or not _words(full_name).isprintable():
        found["full_name"] = f"Give the full name, at most {LONGEST_FULL_NAME} characters"
    if role not in roles.ROLES:
        found["role"] = "Choose a role from the list"
    chosen = tuple(offices)
    if not chosen or any(office not in packs.offices for office in chosen):
        found["offices"] = "Choose at least one office from the list"
    return found


def create(
    connection: Connection,
    packs: Any,
    actor: Actor,
    now: datetime,
    *,
    name: str,
    full_name: str,
    role: str,
    offices: Iterable[str],
) -> Account:
    """A new account, which nobody can enter before its password is set by a one-time link.

    Raises:
        UnknownName: there is no such office or role.
        BadInput: the name is taken, or it or the full name cannot be used.
    """
    chosen = tuple(dict.fromkeys(offices))
    _refuse(packs, name=name, full_name=full_name, role=role, offices=chosen)
    row = {"name": plain_name(name), "full_name": _words(full_name), "role": role, "created_at": now, "preferences": {}}
    try:
        with connection.begin_nested():
            made = int(connection.execute(sa.insert(table).values(**row)).inserted_primary_key[0])
    except IntegrityError:
        raise BadInput(f"There is already an account with the name “{row['name']}”.") from None
    _set_offices(connection, made, chosen)
    append(
        connection, actor, "account.created", "account", made, now=now,
        after={"role": role, "offices": sorted(chosen)},
    )  # fmt: skip
    return _known(connection, made)


def change(
    connection: Connection,
    packs: Any,
    actor: Actor,
    account_id: int,
    now: datetime,
    *,
    full_name: str,
    role: str,
    offices: Iterable[str],
) -> Account:
    """Another full name, role or offices, at once for whoever is signed in. Raises as `create`; LastAdministrator."""
    before = _locked_in_turn(connection, account_id)
    chosen = tuple(dict.fromkeys(offices))
    _refuse(packs, name=before.name, full_name=full_name, role=role, offices=chosen)
    if role != "administrator":
        _refuse_last(connection, before)
    values = {"full_name": _words(full_name), "role": role}
    connection.execute(sa.update(table).where(table.c.id == account_id).values(**values))
    _set_offices(connection, account_id, chosen)
    after = _known(connection, account_id)
    if after != before:
        append(
            connection, actor, "account.changed", "account", account_id, now=now,
            before={"role": before.role, "offices": before.offices},
            after={"role": role, "offices": after.offices, "renamed": before.full_name != after.full_name},
        )  # fmt: skip
    return after


def disable(connection: Connection, actor: Actor, account_id: int, now: datetime) -> None:
    """Signed out everywhere, and no way in. Raises UnknownName, LastAdministrator."""
    before = _locked_in_turn(connection, account_id)
    if before.disabled_at is not None:
        return
    _refuse_last(connection, before)
    connection.execute(sa.update(table).where(table.c.id == account_id).values(disabled_at=now))
    _sign_out_everywhere(connection, account_id)
    invitations.end(connection, account_id)
    append(
        connection, actor, "account.disabled", "account", account_id, now=now,
        before={"disabled": False}, after={"disabled": True},
    )  # fmt: skip


def enable(connection: Connection, actor: Actor, account_id: int, now: datetime) -> None:
    """May sign in again, with the password it had. Raises UnknownName."""
    if _locked(connection, account_id).disabled_at is None:
        return
    connection.execute(sa.update(table).where(table.c.id == account_id).values(disabled_at=None))
    append(
        connection, actor, "account.enabled", "account", account_id, now=now,
        before={"disabled": True}, after={"disabled": False},
    )  # fmt: skip


def set_password(connection: Connection, actor: Actor, account_id: int, password: str, now: datetime) -> None:
    """A new password; whoever is signed in to the account is signed out, and its open links end.

    Raises:
        UnknownName: there is no such account.
        BadInput: the password cannot be used.
    """
    account = _locked(connection, account_id)
    if problem := passwords.fault(password, account.name):
        raise BadInput(f"{problem}.")
    values = {"password": passwords.hashed(password), "password_at": now}
    connection.execute(sa.update(table).where(table.c.id == account_id).values(**values))
    _sign_out_everywhere(connection, account_id)
    invitations.end(connection, account_id)
    append(connection, actor, "account.password-set", "account", account_id, now=now)


def set_preferences(
    connection: Connection, actor: Actor, account_id: int, chosen: Mapping[str, bool], now: datetime
) -> None:
    """What the person prefers, of PREFERENCES. Raises UnknownName."""
    before = _locked(connection, account_id)
    after = {name: bool(chosen.get(name, before.prefers(name))) for name in PREFERENCES}
    held = {**before.preferences, **after}  # practice keeps there too what was looked at
    connection.execute(sa.update(table).where(table.c.id == account_id).values(preferences=held))
    append(
        connection, actor, "account.preferences", "account", account_id, now=now,
        before={name: before.prefers(name) for name in PREFERENCES}, after=after,
    )  # fmt: skip


def new_link(connection: Connection, actor: Actor, account_id: int, now: datetime) -> str:
    """The token of a new one-time link to set the password; older links end. Raises UnknownName, BadInput."""
    account = _locked(connection, account_id)
    if account.disabled_at is not None:
        raise BadInput("The account is disabled: enable it first.")
    token = invitations.make(connection, account_id, now)
    append(connection, actor, "account.link-made", "account", account_id, now=now)
    return token


def holder(connection: Connection, token: str, now: datetime) -> Account | None:
    """Whom a one-time link is for; None where it does not work (any more). The link stays unused."""
    account_id = invitations.holder(connection, token, now)
    found = None if account_id is None else get(connection, account_id)
    return found if found is not None and found.disabled_at is None else None


def accept(connection: Connection, token: str, password: str, now: datetime) -> Account | None:
    """Set the password with a one-time link, which is used up; None where it does not work. Raises BadInput."""
    account_id = invitations.use(connection, token, now)
    if account_id is None:
        return None
    account = _locked(connection, account_id)
    if account.disabled_at is not None:
        return None
    set_password(connection, account.actor, account_id, password, now)
    return _known(connection, account_id)


def first_start(database: Database, packs: Any, now: datetime) -> str | None:
    """The token of the first administrator's one-time link; None once anybody has set a password.

    Makes that account, for all offices, where there is none yet. Raises DeskUnavailable.
    """
    with database.write() as connection:
        if connection.execute(sa.select(table.c.id).where(table.c.password.is_not(None)).limit(1)).first():
            return None
        first = named(connection, FIRST["name"])
        if first is None and everyone(connection):
            return None
        if first is None:
            first = create(connection, packs, ASSISTANT, now, **FIRST, offices=packs.offices)
        return new_link(connection, ASSISTANT, first.id, now)


def _refuse(packs: Any, *, name: str, full_name: str, role: str, offices: tuple[str, ...]) -> None:
    if role not in roles.ROLES:
        raise UnknownName("role", role, roles.ROLES)
    for office in offices:
        packs.office(office)
    for problem in faults(packs, name=name, full_name=full_name, role=role, offices=offices).values():
        raise BadInput(f"{problem}.")


def _refuse_last(connection: Connection, account: Account) -> None:
    """Raises LastAdministrator where no other enabled administrator is left. `account` came from `_locked_in_turn`."""
    if account.role != "administrator" or account.disabled_at is not None:
        return
    left = connection.execute(sa.select(table.c.id).where(_administers())).scalars().all()
    if set(left) <= {account.id}:
        raise LastAdministrator


def _administers() -> Any:
    return sa.and_(table.c.role == "administrator", table.c.disabled_at.is_(None))


def _locked(connection: Connection, account_id: int) -> Account:
    connection.execute(sa.select(table.c.id).where(table.c.id == account_id).with_for_update())
    return _known(connection, account_id)


def _locked_in_turn(connection: Connection, account_id: int) -> Account:
    """Locked together with all administrators, so that two of them cannot remove each other at once."""
    which = sa.or_(table.c.id == account_id, _administers())
    connection.execute(sa.select(table.c.id).where(which).order_by(table.c.id).with_for_update()).all()
    return _known(connection, account_id)


def _known(connection: Connection, account_id: int) -> Account:
    found = get(connection, account_id)
    if found is None:
        raise UnknownName("account", str(account_id), (one.name for one in everyone(connection)))
    return found


def _set_offices(connection: Connection, account_id: int, offices: Iterable[str]) -> None:
    connection.execute(sa.delete(account_office).where(account_office.c.account_id == account_id))
    connection.execute(sa.insert(account_office), [{"account_id": account_id, "office": one} for one in offices])


def _sign_out_everywhere(connection: Connection, account_id: int) -> None:
    connection.execute(sa.delete(session_table).where(session_table.c.account_id == account_id))


def _words(text: str) -> str:
    return " ".join(text.split())
