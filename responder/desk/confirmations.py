"""Facts that an office has confirmed: by whom, when, and for which value. Another value needs another confirmation.

>>> unconfirmed(connection, packs, "cleveland-opcc", today)  # doctest: +SKIP
('site', 'resolution team phone')
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import audit
from responder.desk.accounts import Account
from responder.desk.tables import account as account_table
from responder.desk.tables import fact_confirmation as table
from responder.drafting.facts import Fact
from responder.drafting.packs import Packs
from responder.errors import BadInput

WARNING = "facts-to-confirm"  # of offices/national/warnings.yml
LONGEST_NOTE = 500


@dataclass(frozen=True)
class Confirmation:
    """One confirmation. `value` is what it was given for, as `stated` writes it."""

    fact: str
    value: str
    by: str
    at: datetime
    note: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None

    def holds_for(self, fact: Fact) -> bool:
        """Whether it still says that the fact is right as it stands now."""
        return self.withdrawn_at is None and self.value == stated(fact)


def stated(fact: Fact) -> str:
    """A fact's value in all its languages, in one text that changes when any of them does."""
    return json.dumps(dict(fact.values or {}), sort_keys=True, ensure_ascii=False)


def latest(connection: Connection, office: str) -> dict[str, Confirmation]:
    """The newest confirmation of each fact of an office, withdrawn or not."""
    withdrawer = account_table.alias()
    query = (
        sa.select(table, account_table.c.full_name.label("by"), withdrawer.c.full_name.label("withdrawer"))
        .join(account_table, account_table.c.id == table.c.account_id)
        .outerjoin(withdrawer, withdrawer.c.id == table.c.withdrawn_by)
        .where(table.c.office == office)
        .order_by(table.c.id)
    )
    return {
        row["fact"]: Confirmation(
            row["fact"], row["value"], row["by"], row["at"], row["note"], row["withdrawn_at"], row["withdrawer"]
        )
        for row in connection.execute(query).mappings()
    }


def to_confirm(packs: Packs, office: str, day: date) -> dict[str, Fact]:
    """The office's own facts that somebody there must say are right, by name. Raises UnknownName."""
    facts = packs.in_force(office, day).facts
    return {name: facts[name] for name in packs.state(office, day).to_confirm}


def confirmed(connection: Connection, packs: Packs, office: str, day: date) -> frozenset[str]:
    """The names of the facts whose value as it stands was confirmed."""
    given = latest(connection, office)
    facts = to_confirm(packs, office, day)
    return frozenset(name for name, fact in facts.items() if name in given and given[name].holds_for(fact))


def unconfirmed(connection: Connection, packs: Packs, office: str, day: date) -> tuple[str, ...]:
    """The names of the facts that are still to be confirmed."""
    done = confirmed(connection, packs, office, day)
    return tuple(name for name in to_confirm(packs, office, day) if name not in done)


def confirm(
    connection: Connection,
    packs: Packs,
    office: str,
    name: str,
    value: str,
    account: Account,
    now: datetime,
    note: str = "",
) -> None:
    """Keep that somebody made sure of a fact; nothing happens where that is kept already.

    `value`: what the page showed, as `stated` writes it.

    Raises:
        BadInput: there is nothing to confirm under this name, the value is another by now, or the note is too long.
        UnknownName: there is no such office.
    """
    fact = to_confirm(packs, office, now.date()).get(name)
    if fact is None:
        raise BadInput("There is no fact of this name that needs confirming.")
    if value != stated(fact):
        raise BadInput(f"“{name}” was changed meanwhile. Look at it as it is now.")
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(note):,} characters; at most {LONGEST_NOTE} can be kept.")
    if name in confirmed(connection, packs, office, now.date()):
        return
    connection.execute(
        sa.insert(table).values(office=office, fact=name, value=value, note=note or None, account_id=account.id, at=now)
    )
    audit.append(
        connection, account.actor, "fact.confirmed", "fact", name[:60], office=office, now=now,
        before={"confirmed": False}, after={"confirmed": True, "value": dict(fact.values or {})},
    )  # fmt: skip


def withdraw(connection: Connection, office: str, name: str, account: Account, now: datetime) -> None:
    """Take a confirmation back. Raises BadInput where there is none."""
    taken = connection.execute(
        sa.update(table)
        .where(table.c.office == office, table.c.fact == name, table.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by=account.id)
    )
    if not taken.rowcount:
        raise BadInput("This fact is not confirmed, so there is nothing to take back.")
    audit.append(
        connection, account.actor, "fact.withdrawn", "fact", name[:60], office=office, now=now,
        before={"confirmed": True}, after={"confirmed": False},
    )  # fmt: skip


def without_confirmed(packs: Packs, line: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """An output line of docs/contract.md whose warnings no longer speak of the facts in `names`.

    A warning in other words than the pack's of today stays as it is.
    """
    kept = [_without(packs.warnings[WARNING], warning, names) for warning in line.get("warnings") or ()]
    return {**line, "warnings": [warning for warning in kept if warning is not None]}


def _without(words: str, warning: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any] | None:
    before, _, after = words.partition("{facts}")
    text = str(warning.get("text", ""))
    if warning.get("code") != WARNING or not (text.startswith(before) and text.endswith(after)):
        return warning
    told = text[len(before) : len(text) - len(after)].split(", ")
    left = [name for name in told if name not in names]
    return {**warning, "text": words.format(facts=", ".join(left))} if left else None
