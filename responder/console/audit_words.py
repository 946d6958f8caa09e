"""The audit in words: what was done, and what was otherwise before.

>>> said("message.closed")
'Message closed without a reply'
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from responder.desk.audit import Entry
from responder.drafting.calendar import LONDON
from responder.practice.wording import day

ACTIONS = {
    "message.received": "Message came in",
    "message.assessed": "Message read by the assistant",
    "message.viewed": "Message opened",
    "message.assigned": "Message assigned",
    "message.noted": "Note written",
    "message.corrected": "Said what a message is",
    "message.escalated": "Message passed to a role",
    "message.escalation-settled": "Settled what a role was asked",
    "message.closed": "Message closed without a reply",
    "message.reopened": "Message opened again",
    "message.taught": "Message kept as an example",
    "reply.written": "Reply started",
    "reply.changed": "Reply changed",
    "reply.looked-again": "Reply looked at again after a new message",
    "reply.asked": "Approval asked for",
    "reply.approved": "Reply approved",
    "reply.sent-back": "Reply sent back",
    "reply.taken-back": "Reply taken out of the outbox",
    "reply.sent": "Reply marked as sent",
    "reply.not-sent": "Reply marked as not sent after all",
    "duty.done": "Duty ticked off",
    "duty.not-done": "Duty's tick taken back",
    "contact.warning-kept": "Warning about a sender kept",
    "contact.warning-ended": "Warning about a sender ended",
    "fact.confirmed": "Fact confirmed",
    "fact.withdrawn": "Confirmation of a fact taken back",
    "approvals.changed": "Approval rules changed",
    "audit.exported": "Audit exported",
    "practice.begun": "Scenario begun",
    "practice.answered": "Scenario's message answered",
    "practice.paused": "Scenario paused",
    "practice.resumed": "Scenario resumed",
    "practice.finished": "Scenario finished",
    "practice.skipped": "Scenario skipped",
    "practice.objected": "Mark objected to",
    "practice.objection-settled": "Objection settled",
    "practice.allowance-withdrawn": "Right answer taken back",
    "practice.certified": "Certificate given",
    "practice.overridden": "Let answer without a certificate",
    "practice.override-ended": "Leave to answer without a certificate ended",
    "practice.scenario-written": "Scenario written",
    "practice.scenario-changed": "Scenario changed",
    "practice.scenario-taken-on": "Scenario taken on",
    "practice.scenario-deleted": "Scenario deleted",
    "practice.shadowed": "Draft written beside a real message",
    "practice.shadow-compared": "Shadow draft compared",
    "account.created": "Account made",
    "account.changed": "Account changed",
    "account.disabled": "Account disabled",
    "account.enabled": "Account enabled",
    "account.link-made": "One-time link made",
    "account.password-set": "Password set",
    "account.preferences": "Preferences changed",
    "account.signed-in": "Signed in",
    "account.signed-out": "Signed out",
}
LONG = 60  # characters of one value
ENDED = "practice.override-ended"
LEAVES = ("practice.overridden", ENDED)
PEOPLE = ("assignee", "account")  # keys whose values are accounts


@dataclass(frozen=True)
class Change:
    """One thing that a line tells: its name, what it was before (None: nothing is told), what it is after."""

    name: str
    before: str | None
    after: str | None


def said(action: str) -> str:
    """An action in words; an unknown one as it is written."""
    return ACTIONS.get(action, action)


def moment(at: datetime) -> str:
    """`20 Nov 2026, 9:40:05` in London."""
    local = at.astimezone(LONDON)
    return f"{local.day} {local:%b %Y}, {local.hour}:{local:%M:%S}"


def person(entry: Entry, people: Mapping[int, str]) -> str:
    """Whose account a line is about."""
    number = entry.subject_id or ""
    if number == str(entry.account_id):
        return "Their own account"
    return people.get(int(number), f"Account {number}") if number.isdigit() else "Account"


def is_long(changed: tuple[Change, ...]) -> bool:
    """Whether what a line tells takes more room than a cell should."""
    return any(len(value or "") > LONG for one in changed for value in (one.before, one.after))


def changes(entry: Entry, people: Mapping[int, str]) -> tuple[Change, ...]:
    """What a line tells of before and after, without what stayed as it was."""
    if entry.action in LEAVES:
        return tuple(_leave(entry))
    names = dict.fromkeys((*entry.before, *entry.after))
    return tuple(one for name in names if (one := _change(entry, name, people)) is not None)


def _leave(entry: Entry) -> Iterator[Change]:
    """A manager's leave to answer live: until when, why, and where it is the manager's own."""
    before, after = (_day(held.get("until")) for held in (entry.before, entry.after))
    if entry.action == ENDED:
        yield Change("would have run until", None, before)
    elif before != after:
        yield Change("until", before, after)
    if "reason" in entry.after:
        yield Change("reason", None, _text(entry.after["reason"]))
    if entry.after.get("own"):
        yield Change("for", None, "themselves")


def _day(told: Any) -> str | None:
    """A day as people say it; None where there is none."""
    return day(date.fromisoformat(told)) if told else None


def _change(entry: Entry, name: str, people: Mapping[int, str]) -> Change | None:
    told, before, after = name.replace("_", " "), entry.before.get(name), entry.after.get(name)
    if name not in entry.before:
        return Change(told, None, _value(after, name, people))
    if name not in entry.after:
        return Change(told, _value(before, name, people), None)
    if before == after:
        return None
    if isinstance(before, list) and isinstance(after, list):
        gone, come = [one for one in before if one not in after], [one for one in after if one not in before]
        if not gone and not come:
            return Change(told, None, "in another order")
        before, after = gone, come
    return Change(told, _value(before, name, people), _value(after, name, people))


def _value(value: Any, name: str, people: Mapping[int, str]) -> str:
    if value is None:
        return "nobody" if name in PEOPLE else "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in PEOPLE and value in people:
        return people[value]
    if isinstance(value, list):
        return "; ".join(_text(one) for one in value) or "none"
    if isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()):
        return "; ".join(value.values())
    return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
