"""What the administration pages show of an office: how it stands, and its facts with what rests on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.engine import Connection

from responder.desk import approvals, confirmations
from responder.desk.confirmations import Confirmation
from responder.desk.desk_rules import ApprovalRule, DeskRules
from responder.drafting.clauses import Clause
from responder.drafting.facts import Fact, names_in
from responder.drafting.packs import Packs, State
from responder.errors import PackError


@dataclass(frozen=True)
class Approvals:
    """The approval rules that hold at an office; `own`: set on the desk; `fault`: why those cannot be read any more."""

    rules: tuple[ApprovalRule, ...]
    own: approvals.Own | None = None
    fault: str = ""
    makes_danger_wait: bool = False


@dataclass(frozen=True)
class Standing:
    """How one office stands: its pack, its facts, its rules."""

    office: str
    state: State
    facts: int
    unconfirmed: tuple[str, ...]
    approvals: Approvals


@dataclass(frozen=True)
class FactRow:
    """One fact as the page shows it. `confirmed`: it holds as it stands; `given`: the newest confirmation, if any."""

    fact: Fact
    stated: str
    confirmed: bool
    given: Confirmation | None
    used_in: tuple[Clause, ...]


@dataclass(frozen=True)
class Facts:
    """The facts of one office, by what is to be done about them."""

    to_confirm: tuple[FactRow, ...]
    confirmed: tuple[FactRow, ...]
    of_policy: tuple[FactRow, ...]
    unknown: tuple[FactRow, ...]
    national: tuple[FactRow, ...]


def standing(connection: Connection, packs: Packs, rules: DeskRules, office: str, today: date) -> Standing:
    """How an office stands on a day."""
    return Standing(
        office=office,
        state=packs.state(office, today),
        facts=len(confirmations.to_confirm(packs, office, today)),
        unconfirmed=confirmations.unconfirmed(connection, packs, office, today),
        approvals=approvals_of(connection, rules, office),
    )


def approvals_of(connection: Connection, rules: DeskRules, office: str) -> Approvals:
    """The approval rules of an office; the files' where its own cannot be read any more."""
    try:
        own = approvals.own_rules(connection, rules, office)
    except PackError as fault:
        return Approvals(rules.approvals(office), fault=fault.what)
    held = own.rules if own else rules.approvals(office)
    return Approvals(held, own, makes_danger_wait=_makes_danger_wait(rules, office, held))


def facts(connection: Connection, packs: Packs, office: str, today: date) -> Facts:
    """The facts of an office on a day."""
    uses = _uses(packs, office, today)
    given = confirmations.latest(connection, office)
    to_confirm = confirmations.to_confirm(packs, office, today)
    done = confirmations.confirmed(connection, packs, office, today)

    def row(fact: Fact, newest: Confirmation | None = None) -> FactRow:
        used = tuple(uses.get(fact.name, {}).values())
        return FactRow(fact, confirmations.stated(fact), fact.name in done, newest, used)

    own = [fact for fact in packs.by_office[office].facts.values() if fact.name not in to_confirm]
    mine = packs.by_office[office].facts
    asked = [row(fact, given.get(name)) for name, fact in to_confirm.items()]
    return Facts(
        to_confirm=tuple(one for one in asked if not one.confirmed),
        confirmed=tuple(one for one in asked if one.confirmed),
        of_policy=tuple(row(fact) for fact in own if fact.values),
        unknown=tuple(row(fact) for fact in own if not fact.values),
        national=tuple(row(f) for f in packs.national.facts.values() if f.values and f.name not in mine),
    )


def _uses(packs: Packs, office: str, day: date) -> dict[str, dict[str, Clause]]:
    """Which clauses put a fact into their words, by the fact's name and the clause's id."""
    found: dict[str, dict[str, Clause]] = {}
    for clause, wording in packs.in_force(office, day).topics.values():
        for texts in (*wording.full.values(), *wording.short.values()):
            for text in texts:
                for name in names_in(text):
                    found.setdefault(name, {})[clause.id] = clause
    return found


def _makes_danger_wait(rules: DeskRules, office: str, held: tuple[ApprovalRule, ...]) -> bool:
    """Whether a reply to somebody in danger now would wait for an approver."""
    kinds: Mapping[str, Any] = rules.names.families
    return any(
        rules.approvers(office, intent, "emergency", channel, "alarm", held).approvers
        for intent in kinds
        for channel in rules.names.public
    )
