"""Hours and clocks: when an office reads messages, and by when the law wants an answer.

Bank holidays are the official ones of England and Wales, as `govuk-bank-holidays` carries them (no network).

>>> due("foi", datetime(2026, 11, 20, 10, 0))
datetime.date(2026, 12, 18)
"""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from govuk_bank_holidays.bank_holidays import BankHolidays

LONDON = ZoneInfo("Europe/London")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FOI_WORKING_DAYS = 20  # Freedom of Information Act 2000, section 10
DATA_PROTECTION_DAYS = 30  # acknowledgement of a data-protection complaint, since 19 June 2026


def local_time(at: datetime) -> datetime:
    """The time in London; a time without a zone is taken to be that already."""
    return at.astimezone(LONDON) if at.tzinfo else at


@lru_cache(maxsize=1)
def bank_holidays() -> frozenset[date]:
    """The bank holidays of England and Wales that are known."""
    known = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    return frozenset(holiday["date"] for holiday in known)


def holidays_known_until() -> date:
    """The last day for which bank holidays are published in the installed package: a year's end."""
    return date(max(bank_holidays()).year, 12, 31)


@dataclass(frozen=True)
class Hours:
    """When an office reads its messages. `opens` or `closes` is None where the policy does not say."""

    days: tuple[str, ...]
    opens: time | None
    closes: time | None
    bank_holidays: str
    clause: str | None = None


@dataclass(frozen=True)
class OrdinaryHours:
    """What decides where an office's own hours are unknown; never printed in a reply."""

    opens: time
    closes: time


def is_out_of_hours(hours: Hours | None, at: datetime, ordinary: OrdinaryHours) -> bool:
    """Whether nobody is expected to read a message at that time (local time in London)."""
    local = local_time(at)
    days = hours.days if hours else WEEKDAYS[:5]
    if WEEKDAYS[local.weekday()] not in days:
        return True
    if local.date() in bank_holidays() and not (hours and hours.bank_holidays == "open"):
        return True
    opens = hours.opens if hours and hours.opens else ordinary.opens
    closes = hours.closes if hours and hours.closes else ordinary.closes
    return not opens <= local.time().replace(tzinfo=None) < closes


def is_working_day(day: date) -> bool:
    """Monday to Friday, no bank holiday."""
    return day.weekday() < 5 and day not in bank_holidays()


def _working_days_after(day: date, number: int) -> date:
    while number:
        day += timedelta(days=1)
        number -= is_working_day(day)
    return day


def _one_month_after(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    due_day = date(year, month, min(day.day, months.monthrange(year, month)[1]))
    while not is_working_day(due_day):
        due_day += timedelta(days=1)
    return due_day


def due(clock: str | None, received: datetime, target_hours: int | None = None) -> date | None:
    """The date by which a clock runs out, for a message received at that time; None where no clock runs.

    A subject access request's month that ends on a day off ends on the next working day.

    Raises:
        ValueError: a clock that does not exist.
    """
    local = local_time(received)
    day = local.date()
    if clock is None:
        return None
    if clock == "now":
        return day
    if clock == "foi":
        return _working_days_after(day, FOI_WORKING_DAYS)
    if clock == "sar":
        return _one_month_after(day)
    if clock == "data_protection":
        return day + timedelta(days=DATA_PROTECTION_DAYS)
    if clock == "reply_target":
        return None if target_hours is None else (local + timedelta(hours=target_hours)).date()
    raise ValueError(f"there is no clock {clock!r}")
