"""The geometry of the plots in reports; `templates/reports/plots.html` draws it as SVG.

Lengths along a bar are per cent of the room there is, so that words keep their size on a phone. No plot speaks through
colour: parts differ by pattern and carry their number, and the words beside a bar say what it shows.

>>> bars([("Question", 30, "30"), ("Praise", 10, "10")]).bars[1].segments[0].width
33.3
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from responder.console.report_words import short_day, weekday

SOLID, HATCH, CROSS, DOTS, OPEN = "solid", "hatch", "cross", "dots", "open"  # the patterns that plots.html defines
HEIGHT = 150  # of the columns, in pixels
ROOM_OF_A_DIGIT = 3.0  # per cent of a bar on the narrowest screen
MOST_TICKS = 5
MOST_STEPS = 5


@dataclass(frozen=True)
class Segment:
    """A piece of a bar: `start` and `width` in per cent; `label` is empty where it would not fit."""

    start: float
    width: float
    pattern: str
    label: str = ""

    @property
    def middle(self) -> float:
        """Where the label stands, in per cent."""
        return round(self.start + self.width / 2, 1)


@dataclass(frozen=True)
class Bar:
    """A bar with its name, what it says in words, and its pieces."""

    name: str
    said: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Bars:
    """Bars below each other; `legend` names the patterns where there are several."""

    bars: tuple[Bar, ...]
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Column:
    """A column: `x` and `width` in per cent, `y` and `height` in pixels; `label` stands above it."""

    x: float
    width: float
    y: float
    height: float
    label: str = ""
    tick: str = ""


@dataclass(frozen=True)
class Columns:
    """Columns side by side over days or weeks. `lines` are (y, number) of the scale; `said` tells it all in words."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[float, int], ...]
    said: str
    height: int = HEIGHT


def bars(rows: Sequence[tuple[str, int, str]]) -> Bars:
    """A bar for each (name, value, value in words); the longest takes all the room."""
    most = max((value for _, value, _ in rows), default=0) or 1
    return Bars(tuple(Bar(name, said, (Segment(0, _share(value, most), SOLID),)) for name, value, said in rows))


def stacked(rows: Iterable[tuple[str, str, Sequence[int]]], series: Sequence[tuple[str, str]]) -> Bars:
    """A bar of full length for each (name, words, values): the shares of the values, in the order of `series`.

    `series` are (name, pattern).
    """
    patterns = [pattern for _, pattern in series]
    return Bars(tuple(Bar(name, said, _pieces(values, patterns)) for name, said, values in rows), tuple(series))


def columns(counts: Sequence[tuple[date, int]], said: str) -> Columns:
    """A column for each day, or each week, with round numbers on the scale and few days named below."""
    scale = round_scale(max((value for _, value in counts), default=0))
    width = 100 / max(1, len(counts))
    ticks = _ticks([day for day, _ in counts])
    few = len(counts) <= 10
    found = []
    for number, (day, value) in enumerate(counts):
        height = round(HEIGHT * value / scale[-1], 1)
        found.append(
            Column(
                x=round(number * width + width * 0.1, 2), width=round(width * 0.8, 2), y=round(HEIGHT - height, 1),
                height=height, label=f"{value:,}" if few else "", tick=ticks.get(day, ""),
            )
        )  # fmt: skip
    return Columns(tuple(found), tuple((round(HEIGHT - HEIGHT * n / scale[-1], 1), n) for n in scale), said)


def round_scale(most: int) -> tuple[int, ...]:
    """Round numbers from 0, at most six, that reach at least as high as `most`.

    >>> round_scale(52), round_scale(0)
    ((0, 20, 40, 60), (0, 1))
    """
    steps = (10**power * times for power in count() for times in (1, 2, 5))
    step = next(step for step in steps if step * MOST_STEPS >= most)
    return tuple(range(0, max(most, 1) + step, step))[: MOST_STEPS + 1]


def _pieces(values: Sequence[int], patterns: Sequence[str]) -> tuple[Segment, ...]:
    total, start, found = sum(values), 0.0, []
    for value, pattern in zip(values, patterns):
        if value:
            width = 100 * value / total
            said = f"{value:,}"
            fits = width >= ROOM_OF_A_DIGIT * (len(said) + 1)
            found.append(Segment(round(start, 1), round(width, 1), pattern, said if fits else ""))
            start += width
    return tuple(found)


def _share(value: int, most: int) -> float:
    return round(100 * value / most, 1)


def _ticks(days: Sequence[date]) -> dict[date, str]:
    """The days that are named: each of a few, else some Mondays."""
    if len(days) <= MOST_TICKS + 2:
        return {day: weekday(day) for day in days} if len(days) > 1 else {}
    mondays = [day for day in days if day.weekday() == 0] or list(days[:1])
    step = -(-len(mondays) // MOST_TICKS)
    return {day: short_day(day) for day in mondays[::step]}
