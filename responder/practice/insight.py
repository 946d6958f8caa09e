"""What a trainer wants to know: who is where, who is weak on what, and which scenario is at fault.

Plain counting over the marks as they were stored, of scenarios as they are today (`counted`). What people can do now
is read from their newest attempt of each scenario; what a scenario is like from everybody's first, before anybody
learnt it.

>>> found = counted(attempts(connection, ("cleveland-opcc",)), library.book)  # doctest: +SKIP
>>> by_clause(found)[0].clause  # doctest: +SKIP
'national/danger-now'
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk.tables import account as account_table
from responder.desk.tables import account_office
from responder.practice.attempts import DONE, SKIPPED
from responder.practice.courses import Settings
from responder.practice.scenarios import Scenario
from responder.practice.tables import practice_attempt, practice_objection


@dataclass(frozen=True)
class Attempt:
    """One finished or skipped attempt, as far as it is counted. `missed` and `asked`: clause ids, once a mark each."""

    id: int
    account_id: int
    who: str
    office: str
    scenario: str
    version: str | None
    at: datetime
    skipped: bool
    percent: int
    passed: bool
    critical_missed: bool
    asked: tuple[str, ...]
    missed: tuple[str, ...]


@dataclass(frozen=True)
class Weakness:
    """How somebody stands with one clause or module: `missed` of `asked` points."""

    account_id: int
    who: str
    missed: int
    asked: int


@dataclass(frozen=True)
class ClauseRow:
    """One clause: how many of its points were asked and missed, and by whom, those with the most first."""

    clause: str
    asked: int
    missed: int
    people: tuple[Weakness, ...]

    @property
    def percent_missed(self) -> int:
        """The share missed, in whole per cent."""
        return rounded(100 * self.missed, self.asked)


@dataclass(frozen=True)
class ModuleRow:
    """One module: how many of its scenarios were tried, and each person's newest attempts at them: how many there are,
    how many are passed, their mean, and who did not pass how many.
    """

    module: str
    scenarios: int
    attempts: int
    passed: int
    percent: int
    people: tuple[Weakness, ...]


@dataclass(frozen=True)
class ScenarioRow:
    """One scenario, by everybody's first attempt. `tried`, `missed` and `skipped` count people.

    `good_percent`: the mean of those who do well elsewhere (None: too few). `doubts` name what speaks against it:
    missed, good, skipped, objections.
    """

    scenario: str
    tried: int
    missed: int
    percent: int | None
    skipped: int
    objections: int
    upheld: int
    good_percent: int | None
    doubts: tuple[str, ...]


def attempts(connection: Connection, offices: Sequence[str], *, account_id: int | None = None) -> tuple[Attempt, ...]:
    """The attempts of these offices that were finished or skipped, the oldest first; of one account where asked."""
    table = practice_attempt
    at = sa.func.coalesce(table.c.finished_at, table.c.started_at, type_=table.c.started_at.type)
    query = (
        sa.select(
            table.c.id, table.c.account_id, account_table.c.full_name.label("who"), table.c.office, table.c.scenario,
            table.c.version, table.c.state, at.label("at"), table.c.percent, table.c.passed, table.c.critical_missed,
            table.c.marks,
        )
        .join(account_table, account_table.c.id == table.c.account_id)
        .where(table.c.office.in_(list(offices)), table.c.state.in_((DONE, SKIPPED)))
        .order_by(at, table.c.id)
    )  # fmt: skip
    if account_id is not None:
        query = query.where(table.c.account_id == account_id)
    return tuple(_attempt(row) for row in connection.execute(query).mappings())


def _attempt(row: Mapping[str, Any]) -> Attempt:
    marks = row["marks"] or ()
    return Attempt(
        id=row["id"],
        account_id=row["account_id"],
        who=row["who"],
        office=row["office"],
        scenario=row["scenario"],
        version=row["version"],
        at=row["at"],
        skipped=row["state"] == SKIPPED,
        percent=row["percent"] or 0,
        passed=bool(row["passed"]),
        critical_missed=bool(row["critical_missed"]),
        asked=tuple(clause for one in marks for clause in one["clauses"]),
        missed=tuple(clause for one in marks if not one["met"] for clause in one["clauses"]),
    )


def people(connection: Connection, offices: Sequence[str]) -> tuple[tuple[int, str, str, str], ...]:
    """Everybody with an account that works, at each of these offices: number, full name, role, office; by name."""
    query = (
        sa.select(account_table.c.id, account_table.c.full_name, account_table.c.role, account_office.c.office)
        .join(account_office, account_office.c.account_id == account_table.c.id)
        .where(account_office.c.office.in_(list(offices)), account_table.c.disabled_at.is_(None))
        .order_by(account_table.c.full_name, account_table.c.id, account_office.c.office)
    )
    return tuple((int(id_), str(name), str(role), str(office)) for id_, name, role, office in connection.execute(query))


def counted(found: Iterable[Attempt], book: Mapping[str, Scenario]) -> tuple[Attempt, ...]:
    """The attempts at scenarios as they are today: none of an earlier version, on trial, or deleted since."""
    return tuple(
        one
        for one in found
        if (today := book.get(one.scenario)) and not today.on_trial and one.version in (None, today.version)
    )


def newest(found: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Each person's newest finished attempt of each scenario."""
    kept = {(one.account_id, one.office, one.scenario): one for one in found if not one.skipped}
    return tuple(kept.values())


def first(found: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Each person's first finished attempt of each scenario."""
    kept: dict[tuple[int, str, str], Attempt] = {}
    for one in found:
        if not one.skipped:
            kept.setdefault((one.account_id, one.office, one.scenario), one)
    return tuple(kept.values())


def by_clause(found: Iterable[Attempt]) -> tuple[ClauseRow, ...]:
    """The clauses whose points were missed, those missed most often first; from the newest attempts."""
    asked: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    missed: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    names = {}
    for one in newest(found):
        names[one.account_id] = one.who
        for clause in one.asked:
            asked[clause][one.account_id] += 1
        for clause in one.missed:
            missed[clause][one.account_id] += 1
    rows = (
        ClauseRow(
            clause=clause,
            asked=sum(asked[clause].values()),
            missed=sum(by.values()),
            people=_weakest(Weakness(who, names[who], count, asked[clause][who]) for who, count in by.items()),
        )
        for clause, by in missed.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.missed, -row.percent_missed, row.clause)))


def by_module(found: Iterable[Attempt], book: Mapping[str, Scenario]) -> tuple[ModuleRow, ...]:
    """How each module goes, by the modules' names; from the newest attempts at scenarios that are there."""
    groups: dict[str, list[Attempt]] = defaultdict(list)
    for one in newest(found):
        if one.scenario in book:
            groups[book[one.scenario].module].append(one)
    return tuple(
        ModuleRow(
            module=module,
            scenarios=len({one.scenario for one in group}),
            attempts=len(group),
            passed=sum(one.passed for one in group),
            percent=_mean(one.percent for one in group),
            people=_not_passed(group),
        )
        for module, group in sorted(groups.items())
    )


def by_scenario(
    connection: Connection, found: Sequence[Attempt], settings: Settings, book: Mapping[str, Scenario]
) -> tuple[ScenarioRow, ...]:
    """Every scenario that somebody tried or skipped, the most doubtful first; from the first attempts among `found`,
    and the objections to marks of `found`.
    """
    modules = {id_: one.module for id_, one in book.items()}
    objected = _objections(connection, found)
    tried: dict[str, list[Attempt]] = defaultdict(list)
    skipped: dict[str, set[int]] = defaultdict(set)
    of_people: dict[int, list[Attempt]] = defaultdict(list)
    for one in first(found):
        tried[one.scenario].append(one)
        of_people[one.account_id].append(one)
    for one in found:
        if one.skipped:
            skipped[one.scenario].add(one.account_id)
    rows = [
        _row(
            scenario,
            tried[scenario],
            skipped[scenario],
            objected.get(scenario, (0, 0)),
            [one.percent for one in tried[scenario] if _does_well(of_people[one.account_id], one, modules, settings)],
            settings,
        )
        for scenario in {one.scenario for one in found}
    ]
    return tuple(sorted(rows, key=lambda row: (-len(row.doubts), _or_all(row.percent), row.scenario)))


def _row(
    scenario: str,
    firsts: Sequence[Attempt],
    skipped: set[int],
    objected: tuple[int, int],
    of_good: Sequence[int],
    settings: Settings,
) -> ScenarioRow:
    missed = sum(not one.passed for one in firsts)
    met_it = skipped | {one.account_id for one in firsts}
    objections, upheld = objected
    enough, share = settings.doubt_people, settings.doubt_percent
    good = _mean(of_good) if of_good and len(of_good) >= enough else None
    doubts = {
        "missed": len(firsts) >= enough and 100 * missed >= share * len(firsts),
        "good": good is not None and good < settings.pass_percent,
        "skipped": len(skipped) >= enough and 100 * len(skipped) >= share * len(met_it),
        "objections": upheld > 0,
    }
    return ScenarioRow(
        scenario=scenario,
        tried=len(firsts),
        missed=missed,
        percent=_mean(one.percent for one in firsts) if firsts else None,
        skipped=len(skipped),
        objections=objections,
        upheld=upheld,
        good_percent=good,
        doubts=tuple(name for name, holds in doubts.items() if holds),
    )


def _does_well(firsts: Sequence[Attempt], at: Attempt, modules: Mapping[str, str], settings: Settings) -> bool:
    """Whether somebody with these first attempts passes on the whole, in at least a few scenarios besides `at`, and is
    not weak in its module.
    """
    others = [one for one in firsts if one is not at]
    alike = [one for one in others if modules.get(one.scenario) == modules.get(at.scenario)]
    well = settings.pass_percent
    return (
        len(others) >= settings.doubt_people
        and mean(one.percent for one in others) >= well
        and (not alike or mean(one.percent for one in alike) >= well)
    )


def _objections(connection: Connection, found: Sequence[Attempt]) -> dict[str, tuple[int, int]]:
    """By scenario: how many objections there are to marks of these attempts, and how many of them were upheld."""
    scenarios = {one.id: one.scenario for one in found}
    offices = sorted({one.office for one in found})
    query = (
        sa.select(practice_objection.c.attempt_id, practice_objection.c.upheld)
        .join(practice_attempt, practice_attempt.c.id == practice_objection.c.attempt_id)
        .where(practice_attempt.c.office.in_(offices))
    )
    counts: dict[str, tuple[int, int]] = {}
    for attempt_id, upheld in connection.execute(query):
        if attempt_id in scenarios:
            count, held = counts.get(scenarios[attempt_id], (0, 0))
            counts[scenarios[attempt_id]] = (count + 1, held + bool(upheld))
    return counts


def _not_passed(group: Iterable[Attempt]) -> tuple[Weakness, ...]:
    """Who did not pass how many of the scenarios that they tried."""
    by: dict[int, list[Attempt]] = defaultdict(list)
    for one in group:
        by[one.account_id].append(one)
    found = (
        Weakness(account_id, tried[0].who, sum(not one.passed for one in tried), len(tried))
        for account_id, tried in by.items()
    )
    return _weakest(one for one in found if one.missed)


def _weakest(found: Iterable[Weakness]) -> tuple[Weakness, ...]:
    return tuple(sorted(found, key=lambda one: (-one.missed, one.asked, one.who, one.account_id)))


def _or_all(percent: int | None) -> int:
    return 100 if percent is None else percent


def _mean(percents: Iterable[int]) -> int:
    found = list(percents)
    return rounded(sum(found), len(found))


def rounded(part: int, whole: int) -> int:
    """A share as a whole number, a half upwards; 0 of nothing.

    >>> rounded(200, 3), rounded(133, 2)
    (67, 67)
    """
    return (2 * part + whole) // (2 * whole) if whole else 0
