"""Hours and clocks, against days that anyone can look up."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from drafting_support import the_packs
from hypothesis import given
from hypothesis import strategies as st

from responder.drafting.calendar import Hours, OrdinaryHours, due, holidays_known_until, is_out_of_hours, is_working_day

TEN_TO_FOUR = Hours(("mon", "tue", "wed", "thu", "fri"), time(10), time(16), "closed")
ORDINARY = OrdinaryHours(time(9), time(17))


@pytest.mark.parametrize(
    ("at", "out"),
    [
        (datetime(2026, 11, 18, 10, 0), False),  # a Wednesday, just opened
        (datetime(2026, 11, 18, 9, 59), True),
        (datetime(2026, 11, 18, 15, 59), False),
        (datetime(2026, 11, 18, 16, 0), True),  # just closed
        (datetime(2026, 11, 21, 12, 0), True),  # a Saturday
        (datetime(2026, 12, 25, 12, 0), True),  # Christmas, a Friday
        (datetime(2026, 12, 28, 12, 0), True),  # the substitute day for Boxing Day
        (datetime(2026, 12, 29, 12, 0), False),
    ],
)
def test_hours_of_north_wales(at: datetime, out: bool) -> None:
    assert is_out_of_hours(TEN_TO_FOUR, at, ORDINARY) is out


def test_unknown_hours_use_the_ordinary_day() -> None:
    assert is_out_of_hours(None, datetime(2026, 11, 18, 8, 0), ORDINARY)
    assert not is_out_of_hours(None, datetime(2026, 11, 18, 12, 0), ORDINARY)


@pytest.mark.parametrize(
    ("clock", "received", "day"),
    [
        ("foi", datetime(2026, 11, 18, 9), date(2026, 12, 16)),
        ("foi", datetime(2026, 12, 18, 9), date(2027, 1, 20)),  # three bank holidays between
        ("sar", datetime(2026, 1, 31, 9), date(2026, 3, 2)),  # 28 February is a Saturday
        ("sar", datetime(2026, 11, 18, 9), date(2026, 12, 18)),
        ("data_protection", datetime(2026, 11, 18, 9), date(2026, 12, 18)),
        ("reply_target", datetime(2026, 11, 18, 9), date(2026, 11, 19)),
        ("now", datetime(2026, 11, 18, 9), date(2026, 11, 18)),
        (None, datetime(2026, 11, 18, 9), None),
    ],
)
def test_clocks(clock: str | None, received: datetime, day: date | None) -> None:
    assert due(clock, received, 24) == day


@given(st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1)))
def test_the_foi_clock_counts_twenty_working_days(received: datetime) -> None:
    day = due("foi", received)
    assert day is not None
    between = [date.fromordinal(n) for n in range(received.date().toordinal() + 1, day.toordinal() + 1)]
    assert sum(is_working_day(d) for d in between) == 20
    assert is_working_day(day)


def test_bank_holidays_are_known_for_a_while() -> None:
    """Fails in time: when this fails, raise govuk-bank-holidays in requirements.lock (`make lock`)."""
    assert holidays_known_until() > date.today().replace(day=1)


def test_every_office_has_hours_that_can_be_worked_out() -> None:
    packs = the_packs()
    for office in packs.offices.values():
        assert is_out_of_hours(office.hours, datetime(2026, 11, 21, 3, 0), packs.ordinary_hours)
        assert not is_out_of_hours(office.hours, datetime(2026, 11, 18, 11, 0), packs.ordinary_hours)
