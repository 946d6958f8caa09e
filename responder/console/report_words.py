"""How reports say numbers, shares, days and lengths of time.

>>> length(95), length(3000), messages(1), per_cent(0.996)
('1 h 35 min', '2 days 2 h', '1 message', '99 %')
"""

from __future__ import annotations

from datetime import date

from responder.console import words

NONE = "–"


def length(minutes: int) -> str:
    """A length of time in its two largest units.

    >>> length(0), length(45), length(60)
    ('under 1 min', '45 min', '1 h')
    """
    if minutes < 60:
        return f"{minutes} min" if minutes else "under 1 min"
    if minutes < 48 * 60:
        return _two(minutes // 60, "h", minutes % 60, "min")
    return _two(minutes // (24 * 60), "days", minutes % (24 * 60) // 60, "h")


def percentage(share: float | None) -> int | None:
    """A share of 0 to 1 as a whole number of per cent; 0 and 100 only where it is none or all."""
    if share is None:
        return None
    return int(share * 100) if share in (0, 1) else min(99, max(1, round(share * 100)))


def per_cent(share: float | None) -> str:
    """The same in words."""
    return NONE if share is None else f"{percentage(share)} %"


def short_day(day: date) -> str:
    """`20 Nov`."""
    return f"{day.day} {words.MONTHS[day.month - 1][:3]}"


def full_day(day: date) -> str:
    """`Fri 20 Nov 2026`."""
    return f"{weekday(day)} {short_day(day)} {day.year}"


def weekday(day: date) -> str:
    """`Fri`."""
    return words.DAYS[day.weekday()][:3]


def messages(count: int) -> str:
    """`1 message`, `2 messages`."""
    return _counted(count, "message", "messages")


def replies(count: int) -> str:
    """`1 reply`, `2 replies`."""
    return _counted(count, "reply", "replies")


def drafts(count: int) -> str:
    """`1 draft`, `2 drafts`."""
    return _counted(count, "draft", "drafts")


def days(count: int) -> str:
    """`1 day`, `2 days`."""
    return _counted(count, "day", "days")


def times(count: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def were(count: int) -> str:
    """`was` or `were`, for so many."""
    return "was" if count == 1 else "were"


def capital(text: str) -> str:
    """With a capital letter at the beginning."""
    return text[:1].upper() + text[1:]


def _counted(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"


def _two(big: int, unit: str, small: int, smaller: str) -> str:
    return f"{big} {unit} {small} {smaller}" if small else f"{big} {unit}"
