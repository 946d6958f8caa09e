"""How the desk says when, how long and why.

>>> left(datetime(2026, 11, 20, 14, 0, tzinfo=LONDON), datetime(2026, 11, 20, 11, 40, tzinfo=LONDON))
'2 h left'
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from responder.console import words
from responder.desk import clocks, inbox, priority, states
from responder.drafting.calendar import FOI_WORKING_DAYS, LONDON, is_working_day

STATES = {
    states.OPEN: "To answer",
    states.AWAITING: "Waits for approval",
    states.APPROVED: "Approved, to be sent",
    states.ANSWERED: "Answered",
    states.CLOSED: "Closed without a reply",
}
VIEWS = {
    "to-do": "Everything to do",
    "open": "To answer",
    "awaiting": "Waits for approval",
    "approved": "Approved, to be sent",
    "settled": "Answered or closed",
    "answered": "Answered",
    "closed": "Closed without a reply",
    "undone": "Danger, and something not done yet",
    "all": "All messages",
}
CLOCKS = {
    clocks.TARGET: "the office's target",
    clocks.WINDOW: "the platform's reply window",
    clocks.AGENT_WINDOW: "the platform's window for a person's reply",
    clocks.DUTY: "a date in law or policy",
}
SHAPES = {
    priority.DANGER: "danger",
    priority.UNREAD: "unread",
    priority.DOUBT: "possible",
    priority.RUNS_OUT: "clock",
    priority.AGE: "routine",
}
KINDS = {
    priority.DANGER: "danger",
    priority.UNREAD: "unread",
    priority.DOUBT: "possible",
    priority.RUNS_OUT: "due",
    priority.AGE: "routine",
}
ACTIONS = {
    "message.received": "came in",
    "message.assessed": "was read",
    "message.viewed": "opened it",
    "message.assigned": "assigned it",
    "message.noted": "wrote a note",
    "message.corrected": "said what it is",
    "message.escalated": "told {role}",
    "message.escalation-settled": "settled what was asked of {role}",
    "message.closed": "closed it: no reply needed",
    "message.reopened": "opened it again",
    "message.taught": "kept it as an example",
    "reply.written": "started a reply",
    "reply.changed": "changed the reply",
    "reply.looked-again": "looked at the reply again, after a new message",
    "reply.asked": "asked for approval",
    "reply.approved": "approved the reply",
    "reply.sent-back": "sent the reply back",
    "reply.taken-back": "took the reply out of the outbox",
    "reply.sent": "marked it as sent",
    "reply.not-sent": "marked it as not sent after all",
    "duty.done": "ticked off something to do",
    "duty.not-done": "took a tick back",
    "contact.warning-kept": "kept a warning about the sender",
    "contact.warning-ended": "ended a warning about the sender",
}


def when(at: datetime, now: datetime) -> str:
    """A time as people say it: 9:40, yesterday 16:05, Mon 16 Nov, 3 Mar 2025."""
    at, now = at.astimezone(LONDON), now.astimezone(LONDON)
    clock = f"{at.hour}:{at.minute:02d}"
    away = (now.date() - at.date()).days
    if away == 0:
        return clock
    if away == 1:
        return f"yesterday {clock}"
    if away == -1:
        return f"tomorrow {clock}"
    if abs(away) < 7:
        return f"{words.DAYS[at.weekday()][:3]} {clock}"
    day = f"{at.day} {words.MONTHS[at.month - 1][:3]}"
    return day if abs(away) < 300 else f"{day} {at.year}"


def span(length: timedelta) -> str:
    """A length of time in its largest unit: 40 min, 2 h, 3 days."""
    minutes = int(abs(length.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def left(due: datetime, now: datetime) -> str:
    """What is left until a time, or how long it has passed."""
    return f"{span(due - now)} left" if due >= now else f"ran out {span(now - due)} ago"


def foi_day(received: datetime, today: date) -> str:
    """Which working day of the twenty an information request is on."""
    day, count = received.astimezone(LONDON).date(), 0
    while day < today and count <= FOI_WORKING_DAYS * 3:
        day += timedelta(days=1)
        count += is_working_day(day)
    return f"working day {count} of {FOI_WORKING_DAYS}"


def why(row: Any, now: datetime, intents: Any) -> str:
    """Why a message stands where it stands in the inbox, in a few words."""
    if row.state in states.SETTLED:
        return STATES[row.state]
    if row.band == priority.DANGER:
        return "Danger now"
    if row.band == priority.UNREAD:
        return "Not read by the assistant yet: read it now"
    if row.band == priority.DOUBT:
        return "Danger can't be ruled out"
    if row.band == priority.RUNS_OUT:
        return f"{left(row.due_at, now).capitalize()}: {CLOCKS.get(row.due_kind, 'a clock')}"
    if row.intent == "request_foi":
        return f"Information request, {foi_day(row.received_at, now.date())}"
    if row.due_at:
        return f"{left(row.due_at, now).capitalize()}: {CLOCKS.get(row.due_kind, 'a clock')}"
    return f"Waits for {span(now - row.received_at)}"


def first_words(row: Any) -> str:
    """What a message begins with, and that it goes on where it does."""
    if not row.first_words.strip():
        return "(no words)"
    return f"{row.first_words[: inbox.FIRST_WORDS]}…" if len(row.first_words) > inbox.FIRST_WORDS else row.first_words


def short_title(row: Any, intents: Any) -> str:
    """What a message reads as, for a list; before it was read, that it was not."""
    if row.intent is None:
        return "Not read yet"
    if row.handling == "person" and row.band != priority.DANGER:
        return f"{intents[row.intent].title}? Goes to a person"
    return str(intents[row.intent].title)


def count(number: int, most: int) -> str:
    """`1,000+` where counting stopped."""
    return f"{number:,}+" if number >= most else f"{number:,}"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def act(entry: Any, packs: Any) -> str:
    """What a line of the audit says that somebody did, for a message's history."""
    role = (entry.after.get("escalated_to") or entry.before.get("escalated_to")) or ""
    said = ACTIONS.get(entry.action, entry.action).format(role=packs.roles.get(role, role).lower())
    if entry.action == "message.corrected":
        now = packs.intents.get(entry.after.get("intent"))
        said += f": {now.title}" if now and entry.after["intent"] != entry.before.get("intent") else ""
        said += {"alarm": ", danger now", "none": ", no danger"}.get(_changed(entry, "danger"), "")
    if entry.action == "reply.approved" and entry.after.get("still_needed"):
        said += "; one more must"
    return said


def _changed(entry: Any, key: str) -> str:
    after = entry.after.get(key)
    return str(after) if after != entry.before.get(key) else ""
