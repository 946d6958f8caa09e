"""What holds for an office at the chosen moment, in words: hours, policy, review, election; and other moments to see.

>>> [said.name for said in standing(packs, "north-wales-opcc", now)]  # doctest: +SKIP
['Office hours', 'Policy', 'Review', 'Election']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from responder.console import words
from responder.drafting import preview
from responder.drafting.calendar import LONDON, WEEKDAYS, bank_holidays, is_out_of_hours

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LOST = {
    ("opens",): "opening time",
    ("closes",): "closing time",
    ("opens", "closes"): "times",
}
MIDDAY = time(12, 0)


@dataclass(frozen=True)
class Said:
    """One thing to know. `kind` is the shape beside it: ok, or advice where staff should stop and think."""

    name: str
    title: str
    text: str
    kind: str = "ok"


@dataclass(frozen=True)
class Moment:
    """Another time worth a look."""

    name: str
    at: datetime


def standing(packs: Any, office: str, at: datetime) -> tuple[Said, ...]:
    """What holds at a time. Raises UnknownName."""
    settings = packs.office(office)
    return (
        _hours(packs, settings, at),
        _policy(settings, at.date()),
        _review(settings, at.date()),
        _election(settings, at.date()),
    )


def moments(packs: Any, offices: Iterable[str], at: datetime, now: datetime) -> tuple[Moment, ...]:
    """Other times at which the offices' replies may read otherwise, each once. Raises UnknownName."""
    found = {} if at == now else {"now": Moment("now", now)}
    for office in offices:
        for moment in _moments(packs, packs.office(office), at):
            found.setdefault(moment.name, moment)
    return tuple(found.values())


def _moments(packs: Any, settings: Any, at: datetime) -> Iterator[Moment]:
    out = is_out_of_hours(settings.hours, at, packs.ordinary_hours)
    inside, outside = preview.times(packs, settings.id, at)
    if inside != outside:
        yield Moment("in office hours", inside) if out else Moment("out of hours", outside)
    for first, last in settings.pre_election:
        if not first <= at.date() <= last:
            yield Moment(f"in the pre-election period of {first.year}", _open(packs, settings, first))
    if settings.successor and settings.is_superseded(at.date()):
        day = settings.successor.since - timedelta(days=1)
        yield Moment("on the last day before the successor", datetime.combine(day, MIDDAY, LONDON))


def _hours(packs: Any, settings: Any, at: datetime) -> Said:
    ordinary, hours = packs.ordinary_hours, settings.hours
    opens = (hours and hours.opens) or ordinary.opens
    closes = (hours and hours.closes) or ordinary.closes
    days = hours.days if hours else WEEKDAYS[:5]
    text = f"Hours: {_span(days)}, {_clock(opens)} to {_clock(closes)}."
    lost = tuple(name for name in ("opens", "closes") if not (hours and getattr(hours, name)))
    if lost:
        text += f" The policy gives no {LOST[lost]}: an ordinary working day is taken."
    if not is_out_of_hours(hours, at, ordinary):
        return Said("Office hours", "In office hours", text)
    if WEEKDAYS[at.weekday()] not in days:
        why = f"it is a {_DAYS[at.weekday()]}"
    elif at.date() in bank_holidays():
        why = "it is a bank holiday"
    else:
        why = "it is early" if at.time() < opens else "it is late"
    return Said("Office hours", f"Out of hours: {why}", text, "advice")


def _policy(settings: Any, day: date) -> Said:
    policy = f"{settings.policy.title}, {settings.policy.version}"
    if settings.successor and settings.successor.since <= day:
        since = _date(settings.successor.since)
        return Said("Policy", "Superseded", f"{policy}. Since {since}: {settings.successor.name}.", "advice")
    if settings.in_force_until and settings.in_force_until < day:
        return Said("Policy", "No longer in force", f"{policy}, until {_date(settings.in_force_until)}.", "advice")
    if day < settings.in_force_from:
        text = f"{policy}, from {_date(settings.in_force_from)}. We have no earlier one, so its words are shown."
        return Said("Policy", "Not yet in force", text, "advice")
    return Said("Policy", "In force", f"{policy}, since {_date(settings.in_force_from)}.")


def _review(settings: Any, day: date) -> Said:
    due = settings.policy.review_due
    if due is None:
        return Said("Review", "No review date", "The policy gives none.", "advice")
    if settings.is_review_overdue(day):
        return Said("Review", "Review overdue", f"It was due on {_date(due)}.", "advice")
    return Said("Review", "Review not yet due", f"It is due on {_date(due)}.")


def _election(settings: Any, day: date) -> Said:
    for first, last in settings.pre_election:
        if first <= day <= last:
            text = f"From {_date(first)} to {_date(last)}."
            return Said("Election", "Pre-election period", text, "advice")
    following = settings.next_pre_election(day)
    if following:
        text = f"The next is set from {_date(following[0])} to {_date(following[1])}."
        return Said("Election", "No pre-election period", text)
    text = "None is set for this day or a later one. "
    text += f"Its dates go into offices/{settings.id}/office.yml, under pre_election."
    return Said("Election", "No pre-election period", text, "advice")


def _span(days: tuple[str, ...]) -> str:
    named = [_DAYS[WEEKDAYS.index(day)] for day in days]
    numbers = [WEEKDAYS.index(day) for day in days]
    if len(days) > 2 and numbers == list(range(numbers[0], numbers[0] + len(days))):
        return f"{named[0]} to {named[-1]}"
    return words.listed(named)


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02d}"


def _date(day: date) -> str:
    return words.day_in_words(day, date.min)


def _open(packs: Any, settings: Any, day: date) -> datetime:
    """A time on a day, or on the next, at which the office is open."""
    return preview.times(packs, settings.id, datetime.combine(day, MIDDAY, LONDON))[0]
