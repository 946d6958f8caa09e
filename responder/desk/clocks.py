"""What runs out for a message: the office's own target, the platform's reply window, and the law's dates.

A date of law or policy runs out at the end of that day's office hours; a platform's window to the minute.

>>> [clock.kind for clock in clocks(packs, message_row, staff_actions)]  # doctest: +SKIP
['office-target', 'platform-window', 'human-agent-window', 'request_foi']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from responder.drafting.calendar import LONDON, local_time

TARGET, WINDOW, AGENT_WINDOW, DUTY = "office-target", "platform-window", "human-agent-window", "staff-duty"
KINDS = (TARGET, WINDOW, AGENT_WINDOW, DUTY)
END_OF_DAY = time(17, 0)


@dataclass(frozen=True)
class Clock:
    """One thing that runs out. `clauses` are what it rests on; none for a platform's rule that no pack states."""

    kind: str
    due_at: datetime
    clauses: tuple[str, ...] = ()


def clocks(
    packs: Any, office: str, channel: str, received_at: datetime, staff_actions: Iterable[Mapping[str, Any]] = ()
) -> tuple[Clock, ...]:
    """Everything that runs out for a message, the earliest first.

    `staff_actions` are those of the output line of docs/contract.md; empty before the message was read.
    """
    settings, place = packs.office(office), packs.channel(channel)
    received = local_time(received_at)
    found: list[Clock] = []
    if settings.reply_target_hours is not None:
        found.append(Clock(TARGET, _after(received, hours=settings.reply_target_hours)))
    if place.window_hours is not None:
        found.append(Clock(WINDOW, _after(received, hours=place.window_hours)))
    if place.human_agent_days is not None:
        found.append(Clock(AGENT_WINDOW, _after(received, hours=24 * place.human_agent_days)))
    closes = settings.hours.closes if settings.hours and settings.hours.closes else END_OF_DAY
    dates: dict[date, tuple[str, ...]] = {}
    for action in staff_actions:
        if action.get("due"):
            day = date.fromisoformat(action["due"])
            dates[day] = tuple(dict.fromkeys((*dates.get(day, ()), *(action.get("clauses") or ()))))
    for day, clauses in dates.items():
        if day > received.date():  # what is due today is a duty to do at once, not a clock to run down
            found.append(Clock(DUTY, datetime.combine(day, closes, LONDON), clauses))
    return tuple(sorted(found, key=lambda clock: clock.due_at))


def _after(moment: datetime, hours: int) -> datetime:
    """So many real hours later, also over the night when the clocks change."""
    return (moment.astimezone(timezone.utc) + timedelta(hours=hours)).astimezone(LONDON)


def next_due(running: Iterable[Clock]) -> Clock | None:
    """The clock that runs out first; None where none runs."""
    found = sorted(running, key=lambda clock: clock.due_at)
    return found[0] if found else None
