"""Courses: which scenarios an office's course holds, what passing asks, and when a certificate ends.

>>> course = course_of(book, modules, settings, "cleveland-opcc")  # doctest: +SKIP
>>> course.is_passed({"national/van-gone-overnight"})  # doctest: +SKIP
False
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from responder.drafting.reading import read
from responder.practice.scenarios import Module, Scenario

HARD = 3  # a scenario of this level or above is no first step


@dataclass(frozen=True)
class Settings:
    """practice/course.yml: what a course asks. Times in months, days and minutes, as the names say.

    Of at least `doubt_people` who tried a scenario, `doubt_percent` missed or skipped it: it is called doubtful.
    """

    pass_percent: int
    passes_for_a_module: int
    own_for_a_module: int
    hard_for_a_module: int
    shifts: int
    valid_months: int
    refresher_days: int
    refresher_passes: int
    shift_minutes: int
    override_days: int
    again_after_days: tuple[int, ...]
    support: str
    doubt_people: int
    doubt_percent: int


@dataclass(frozen=True)
class Standing:
    """How far somebody is in one module: different scenarios passed, of the office's own and of the hard ones too, and
    what is asked.
    """

    module: Module
    passed: int
    asked: int
    own_passed: int
    own_asked: int
    hard_passed: int = 0
    hard_asked: int = 0

    @property
    def is_passed(self) -> bool:
        """Whether the module asks for no more."""
        enough = self.passed >= self.asked and self.own_passed >= self.own_asked
        return enough and self.hard_passed >= self.hard_asked


@dataclass(frozen=True)
class Course:
    """The course of one office: its modules in order, each with its scenarios from easy to hard."""

    office: str
    settings: Settings
    modules: tuple[Module, ...]
    scenarios: Mapping[str, tuple[Scenario, ...]]

    def standing(self, module: Module, passed: Collection[str], *, refresher: bool = False) -> Standing:
        """How far somebody is in a module who has passed these scenarios."""
        here = self.scenarios[module.id]
        own = [one.id for one in here if one.office]
        asked = self.settings.refresher_passes if refresher else self.settings.passes_for_a_module
        own_asked = 0 if refresher else min(self.settings.own_for_a_module, len(own))
        hard = [one.id for one in here if one.level >= HARD]
        return Standing(
            module=module,
            passed=sum(one.id in passed for one in here),
            asked=min(asked, len(here)),
            own_passed=sum(id_ in passed for id_ in own),
            own_asked=own_asked,
            hard_passed=sum(id_ in passed for id_ in hard),
            hard_asked=0 if refresher else min(self.settings.hard_for_a_module, len(hard)),
        )

    def shifts_passed(self, passed: Collection[str]) -> int:
        """How many different shifts are among the scenarios passed."""
        return sum(one.is_shift and one.id in passed for group in self.scenarios.values() for one in group)

    @property
    def shifts_asked(self) -> int:
        """How many shifts the course asks for."""
        shifts = sum(one.is_shift for group in self.scenarios.values() for one in group)
        return min(self.settings.shifts, shifts)

    def is_passed(self, passed: Collection[str], *, refresher: bool = False) -> bool:
        """Whether the whole course (or its refresher) is passed with these scenarios."""
        modules = all(self.standing(module, passed, refresher=refresher).is_passed for module in self.modules)
        return modules and (refresher or self.shifts_passed(passed) >= self.shifts_asked)


def load_settings(folder: str | Path) -> Settings:
    """practice/course.yml. Raises PackError with file, line, what was found and what is allowed."""
    root = Path(folder)
    section = read(root / "course.yml", root)
    days = section.take("again_after_days")
    if not isinstance(days, list) or not days or not all(isinstance(day, int) and day > 0 for day in days):
        raise section.fault(
            "again_after_days", "“again_after_days” must be a list of whole numbers of days, as [1, 3, 7]"
        )
    numbers = {}
    for name in (
        "pass_percent", "passes_for_a_module", "own_for_a_module", "hard_for_a_module", "shifts", "valid_months",
        "refresher_days", "refresher_passes", "shift_minutes", "override_days", "doubt_people", "doubt_percent",
    ):  # fmt: skip
        numbers[name] = section.number(name)
        if numbers[name] < 0 or (name.endswith("_percent") and numbers[name] > 100):
            raise section.fault(
                name, f"“{name}” is {numbers[name]}; a whole number from 0 is allowed (per cent: to 100)"
            )
    settings = Settings(**numbers, again_after_days=tuple(days), support=section.text("support"))
    section.finish()
    return settings


def course_of(book: Mapping[str, Scenario], modules: Mapping[str, Module], settings: Settings, office: str) -> Course:
    """The course of one office: the national scenarios and its own, without those on trial."""
    held = tuple(module for module in modules.values() if not module.offices or office in module.offices)
    mine = [one for one in book.values() if one.office in (None, office) and not one.on_trial]
    scenarios = {
        module.id: tuple(
            sorted(
                (one for one in mine if one.module == module.id),
                key=lambda one: (one.level, one.office is None, one.id),
            )
        )
        for module in held
    }
    return Course(office, settings, held, scenarios)


def valid_until(passed_on: date, months: int) -> date:
    """The last day of a certificate.

    >>> valid_until(date(2026, 11, 20), 24)
    datetime.date(2028, 11, 20)
    """
    years, month = divmod(passed_on.month - 1 + months, 12)
    year = passed_on.year + years
    return date(year, month + 1, min(passed_on.day, calendar.monthrange(year, month + 1)[1]))


def refresher_from(until: date, days: int) -> date:
    """From when a refresher is asked for."""
    return until - timedelta(days=days)


def next_box(box: int, passed: bool, steps: tuple[int, ...]) -> tuple[int, int]:
    """Which step a scenario is at after an attempt, and in how many days it comes back: missed, it starts anew.

    >>> next_box(0, False, (1, 3, 7)), next_box(1, True, (1, 3, 7)), next_box(2, True, (1, 3, 7))
    ((0, 1), (2, 7), (3, 0))
    """
    if not passed:
        return 0, steps[0]
    later = box + 1
    return (later, 0) if later >= len(steps) else (later, steps[later])
