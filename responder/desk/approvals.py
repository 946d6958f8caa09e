"""Who must approve a reply: by the office's files, or by what its manager set on the desk in their place.

>>> needed(connection, rules, packs, "cleveland-opcc", "greet", "routine", "x-dm", "none").approvers  # doctest: +SKIP
0
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from responder.desk import audit
from responder.desk.accounts import Account
from responder.desk.desk_rules import APPROVERS, LISTS, ApprovalRule, DeskRules, Names, Need, read_approvals
from responder.desk.tables import account as account_table
from responder.desk.tables import office_setting
from responder.drafting.packs import Packs
from responder.errors import PackError, ResponderError

KEY = "approvals"  # of office_setting
PLACE = "The approval rules that this office set on the desk"
LOST = f"{PLACE} can't be read any more, so two are asked until a manager sets them again."


class ChangedMeanwhile(ResponderError):
    """Somebody else changed the rules after they were looked at."""

    def __init__(self) -> None:
        super().__init__("Somebody else changed these rules meanwhile. Look at them as they are now, then try again.")


@dataclass(frozen=True)
class Own:
    """What an office set for itself, by whom and when."""

    rules: tuple[ApprovalRule, ...]
    by: str
    at: datetime


def needed(
    connection: Connection,
    rules: DeskRules,
    packs: Packs,
    office: str,
    intent: str | None,
    urgency: str | None,
    channel: str,
    danger: str | None,
) -> Need:
    """How many must approve a reply to such a message, and why. None: nobody has read that in it yet.

    Where what the office set was altered so that it cannot be read, two are asked; danger waits as the files say.
    Raises UnknownName where there is no such office or channel.
    """
    packs.office(office)
    packs.channel(channel)
    about = (office, intent, urgency, channel, danger)
    try:
        own = own_rules(connection, rules, office)
    except PackError:
        is_danger = danger == "alarm" or urgency == "emergency"
        return rules.approvers(*about) if is_danger else Need(max(APPROVERS), LOST)
    return rules.approvers(*about, own.rules if own else None)


def may_approve(
    account: Account, need: Need, authors: Collection[int], earlier_approvers: Collection[int]
) -> str | None:
    """Why this account may not approve the reply, in one sentence; None where it may.

    `authors` are those who wrote any of its words, `earlier_approvers` those who approved the text as it stands.
    """
    if not account.may("send"):
        return "Somebody else approves what you write: ask for approval."
    if need.approvers and not account.may("approve"):
        return f"This reply needs an approver: ask for approval. {need.why}"
    if account.id in earlier_approvers:
        return "You have approved this reply already; it needs somebody else as well."
    if need.approvers > 1 and account.id in authors:
        return f"You wrote this reply, or some of it, and it needs two approvers who did not. {need.why}"
    return None


def still_needed(need: Need, authors: Collection[int], approvers: Iterable[int]) -> int:
    """How many more must approve; 0 where it may go. Where two are asked, no author counts."""
    counted = set(approvers) - (set(authors) if need.approvers > 1 else set())
    return max(0, need.people - len(counted))


def own_rules(connection: Connection, rules: DeskRules, office: str) -> Own | None:
    """What an office set for itself; None where the files hold. Raises PackError where it cannot be read."""
    found = _row(connection, office)
    if found is None:
        return None
    kept = _without_lost_names(found.value, rules.names)
    return Own(read_approvals(kept, rules.names, PLACE), found.full_name, found.at)


def mark(rules: Iterable[ApprovalRule]) -> str:
    """What stands for rules on a page, so that a change made from it is refused once they are others."""
    return hashlib.sha256(json.dumps([rule.as_dict() for rule in rules]).encode()).hexdigest()[:16]


def set_rules(
    connection: Connection, rules: DeskRules, office: str, value: Any, seen: str, account: Account, now: datetime
) -> tuple[ApprovalRule, ...]:
    """Let these rules hold in the place of the files'. `value`: in the shape of a desk.yml's `approvals`.

    Raises:
        PackError: they cannot be; `line` is the number of the rule at fault.
        ChangedMeanwhile: the rules are no longer those whose `mark` is `seen`.
    """
    new = read_approvals(value, rules.names, PLACE)
    before, is_set = _current(connection, rules, office, seen)
    row = {"value": [rule.as_dict() for rule in new], "account_id": account.id, "at": now}
    if is_set:
        connection.execute(sa.update(office_setting).where(*_here(office)).values(**row))
    else:
        try:
            connection.execute(sa.insert(office_setting).values(office=office, key=KEY, **row))
        except IntegrityError:  # somebody else set them between our look and our insert
            raise ChangedMeanwhile from None
    _log(connection, office, before, new, account, now)
    return new


def reset(connection: Connection, rules: DeskRules, office: str, seen: str, account: Account, now: datetime) -> None:
    """Let the files hold again; nothing happens where they do. Raises ChangedMeanwhile."""
    before, is_set = _current(connection, rules, office, seen)
    if is_set:
        connection.execute(sa.delete(office_setting).where(*_here(office)))
        _log(connection, office, before, rules.approvals(office), account, now)


def _here(office: str) -> tuple[Any, ...]:
    return office_setting.c.office == office, office_setting.c.key == KEY


def _row(connection: Connection, office: str, *, lock: bool = False) -> Any:
    query = (
        sa.select(office_setting.c.value, office_setting.c.at, account_table.c.full_name)
        .join(account_table, account_table.c.id == office_setting.c.account_id)
        .where(*_here(office))
    )
    return connection.execute(query.with_for_update(of=office_setting) if lock else query).first()


def _current(connection: Connection, rules: DeskRules, office: str, seen: str) -> tuple[tuple[ApprovalRule, ...], bool]:
    """What holds now, and whether the office set it, locked; the files' rules where its own cannot be read any more."""
    is_set = _row(connection, office, lock=True) is not None
    try:
        own = own_rules(connection, rules, office)
    except PackError:
        return rules.approvals(office), is_set
    now = own.rules if own else rules.approvals(office)
    if mark(now) != seen:
        raise ChangedMeanwhile
    return now, is_set


def _log(
    connection: Connection,
    office: str,
    before: Iterable[ApprovalRule],
    after: Iterable[ApprovalRule],
    account: Account,
    now: datetime,
) -> None:
    audit.append(
        connection, account.actor, "approvals.changed", "office", office, office=office, now=now,
        before={"rules": [rule.as_dict() for rule in before]}, after={"rules": [rule.as_dict() for rule in after]},
    )  # fmt: skip


def _without_lost_names(value: Any, names: Names) -> Any:
    """The rules without intents and channels that the packs no longer know: no message can be read as one.

    A rule whose whole list is lost could hold for nothing, so it goes.
    """
    if not isinstance(value, list):
        return value
    kept = []
    for rule in value:
        when = (rule.get("when") or {}) if isinstance(rule, Mapping) else {}
        lists = {key: [name for name in when[key] if name in names.allowed(key)] for key in LISTS if key in when}
        if all(lists.values()):
            kept.append({**rule, "when": {**when, **lists}} if when else rule)
    return kept
