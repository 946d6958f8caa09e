"""`responder user`: accounts from the command line, for whoever looks after the machine."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from responder.desk.roles import ROLES, WHAT
from responder.errors import UnknownName

if TYPE_CHECKING:
    from responder.desk.accounts import Account
    from responder.desk.database import Database

HERE = "http://127.0.0.1:8000"


@click.group()
def user() -> None:
    """Accounts: add, disable, enable, list, and one-time links to set a password."""


@user.command()
@click.argument("name")
@click.option("--full-name", required=True, help="As colleagues see it.")
@click.option("--role", required=True, type=click.Choice(ROLES), help=f"trainee {WHAT['trainee']}; each may do more.")
@click.option("--office", "offices", multiple=True, help="Whose messages they see; repeat it (default: all offices).")
def add(name: str, full_name: str, role: str, offices: tuple[str, ...]) -> None:
    """Add an account, and print the one-time link to hand over."""
    from responder.desk import accounts
    from responder.desk.audit import COMMAND_LINE

    database, packs, now = _desk()
    with database.write() as connection:
        made = accounts.create(
            connection, packs, COMMAND_LINE, now, name=name, full_name=full_name, role=role,
            offices=offices or packs.offices,
        )  # fmt: skip
        token = accounts.new_link(connection, COMMAND_LINE, made.id, now)
    click.echo(f"Added: {made.name}, {made.role}.")
    _hand_over(made, token)


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Sign NAME out everywhere and let them in no more."""
    from responder.desk import accounts
    from responder.desk.audit import COMMAND_LINE

    database, _, now = _desk()
    with database.write() as connection:
        found = _named(connection, name)
        accounts.disable(connection, COMMAND_LINE, found.id, now)
    click.echo(f"Disabled: {found.name}.")


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let NAME sign in again."""
    from responder.desk import accounts
    from responder.desk.audit import COMMAND_LINE

    database, _, now = _desk()
    with database.write() as connection:
        found = _named(connection, name)
        accounts.enable(connection, COMMAND_LINE, found.id, now)
    click.echo(f"Enabled: {found.name}.")


@user.command()
@click.argument("name")
def link(name: str) -> None:
    """Print a new one-time link with which NAME sets a password."""
    from responder.desk import accounts
    from responder.desk.audit import COMMAND_LINE

    database, _, now = _desk()
    with database.write() as connection:
        found = _named(connection, name)
        token = accounts.new_link(connection, COMMAND_LINE, found.id, now)
    _hand_over(found, token)


@user.command("list")
def list_() -> None:
    """List the accounts."""
    from responder.desk import accounts
    from responder.engine.terminal import printable

    database, packs, _ = _desk()
    with database.read() as connection:
        found = accounts.everyone(connection)
    for one in found:
        offices = "all offices" if set(one.offices) >= set(packs.offices) else ", ".join(one.offices)
        state = "disabled" if one.disabled_at else "in use" if one.password_at else "no password yet"
        click.echo(printable(f"{one.name:<24} {one.role:<14} {state:<16} {one.full_name} ({offices})"))
    click.echo(f"{len(found)} accounts")


def _desk() -> tuple[Database, Any, datetime]:
    from responder.desk.database import Database
    from responder.drafting.calendar import LONDON
    from responder.drafting.packs import load_packs
    from responder.engine.places import Places

    places = Places.default()
    packs = load_packs(places.packs)
    return Database.of(places.home), packs, datetime.now(LONDON)


def _named(connection: Any, name: str) -> Account:
    from responder.desk import accounts

    found = accounts.named(connection, name)
    if found is None:
        raise UnknownName("account", name, (one.name for one in accounts.everyone(connection)))
    return found


def _hand_over(account: Account, token: str) -> None:
    from responder.console.security import allowed
    from responder.desk.invitations import LASTS

    names, secure = allowed("127.0.0.1", os.environ)
    start = f"https://{names[0]}" if secure else HERE
    hours = LASTS.total_seconds() // 3600
    click.echo(f"For {account.full_name} alone, once, within {hours:.0f} hours: {start}/welcome/{token}")
