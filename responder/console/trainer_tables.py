"""The tables of the trainer's page: who is where, who is weak on what, which scenario is doubtful.

Each is a question, an answer in a sentence, and one Table, which the page shows and the CSV file holds. No cell holds
a word of a message or of an answer.

>>> [one.id for one in sections(Results(connection, library, "cleveland-opcc", now))]  # doctest: +SKIP
['people', 'clauses', 'modules', 'scenarios']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy.engine import Connection

from responder.console import csv_files, practice_words, words
from responder.console.report_sections import DAY, PERCENT, TEXT, Column, Table
from responder.console.sheet import in_english
from responder.desk import roles
from responder.drafting.calendar import LONDON
from responder.errors import UnknownName
from responder.practice import certificates, insight, versions
from responder.practice.courses import Standing
from responder.practice.gate import Gate, Override, gate
from responder.practice.insight import ScenarioRow, Weakness
from responder.practice.library import Library
from responder.practice.objections import Objection

AS_TODAY = "Only scenarios as they are today count: none of an earlier version, on trial or deleted."
MOST_NAMED = 5  # people in one cell of the page and the file
DOUBTS = {
    "missed": "many miss it",
    "good": "people who do well elsewhere don't here",
    "skipped": "many skip it",
    "objections": "an objection was upheld",
}


@dataclass(frozen=True)
class PersonRow:
    """Where one person is, for one office. `gate` says whether they may answer live, and why (not)."""

    account_id: int
    who: str
    role: str
    office: str
    passed: int
    asked: int
    last: datetime | None
    certificate: certificates.Certificate | None
    gate: Gate
    refresher: bool

    @property
    def answers(self) -> bool:
        """Whether they may answer live: by their role, and by the gate."""
        return self.gate.open and roles.may(self.role, "send")


@dataclass(frozen=True)
class Section:
    """One question. `links` lead from a row's first cell, one for each row ("" for none)."""

    id: str
    question: str
    answer: str
    table: Table
    links: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    note: str = ""


class Results:
    """What the tables of one office are made of, looked up once, in one transaction."""

    def __init__(self, connection: Connection, library: Library, office: str, now: datetime) -> None:
        self.connection, self.library, self.office, self.now = connection, library, office, now
        self.packs = library.packs

    @cached_property
    def attempts(self) -> tuple[insight.Attempt, ...]:
        """Every attempt that was finished or skipped, the oldest first."""
        return insight.attempts(self.connection, (self.office,))

    @cached_property
    def counted(self) -> tuple[insight.Attempt, ...]:
        """Those at scenarios as they are today, which alone say something about clauses, modules and scenarios."""
        return insight.counted(self.attempts, self.library.book)

    @cached_property
    def people(self) -> tuple[PersonRow, ...]:
        """Everybody at the office."""
        last = {one.account_id: one.at for one in self.attempts}
        return tuple(
            person_row(self.connection, self.library, *found, last.get(found[0]), self.now)
            for found in insight.people(self.connection, (self.office,))
        )

    def scenario(self, id_: str) -> str:
        """A scenario's title."""
        return title_of(self.library, id_)


def person_row(
    connection: Connection, library: Library, account_id: int, who: str, role: str, office: str,
    last: datetime | None, now: datetime,
) -> PersonRow:  # fmt: skip
    """Where one person is, for one office."""
    today = now.astimezone(LONDON).date()
    standing = certificates.standing(connection, library, account_id, office, today)
    return PersonRow(
        account_id=account_id,
        who=who,
        role=role,
        office=office,
        passed=sum(one.is_passed for one in standing.modules),
        asked=len(standing.modules),
        last=last,
        certificate=certificates.certificate(connection, account_id, office),
        gate=gate(connection, library, account_id, office, today),
        refresher=standing.refresher,
    )


def title_of(library: Library, id_: str) -> str:
    """A scenario's title; of one that was deleted, its name."""
    found = library.book.get(id_)
    return found.title if found else f"{id_.partition('/')[2]} (deleted)"


def module_title(library: Library, id_: str) -> str:
    """A module's title."""
    return library.modules[id_].title if id_ in library.modules else id_


def clause_title(packs: Any, id_: str) -> str:
    """A clause with whose it is: `Crime reports (Cleveland OPCC)`."""
    try:
        found = practice_words.cited(packs, id_)
    except UnknownName:  # a check of an earlier version rested on it
        return id_
    return f"{found.title} ({'national ' if found.national else ''}{found.whose})"


def sections(results: Results) -> tuple[Section, ...]:
    """Every table, in the order of the page."""
    return tuple(make(results) for make in MAKERS.values())


def people(results: Results) -> Section:
    """Who is where?"""
    rows = results.people
    open_ = sum(row.answers for row in rows)
    answer = f"{open_} of {len(rows)} may answer live." if rows else "Nobody has an account here yet."
    due = sum(row.gate.refresher_due for row in rows)
    answer += f" A refresher is due for {due}." if due else ""
    return Section(
        "people",
        "Who is where?",
        answer,
        Table(
            (
                Column("Name", TEXT), Column("Role", TEXT),
                Column("Modules passed"), Column("Of"), Column("Last practised", DAY),
                Column("Certificate until", DAY), Column("Refresher", TEXT), Column("Answers live", TEXT),
            ),
            tuple(
                (
                    row.who, roles.TITLES[row.role], row.passed, row.asked, _day(row.last),
                    row.certificate.valid_until if row.certificate else None,
                    "due" if row.gate.refresher_due else "", live(row),
                )
                for row in rows
            ),
        ),
        links=tuple(("trainer.person", {"account_id": row.account_id, "office": row.office}) for row in rows),
        note="Modules are those of the course, or of the refresher once that is due.",
    )  # fmt: skip


def live(row: PersonRow) -> str:
    """Whether somebody may answer live, in a few words."""
    if not roles.may(row.role, "send"):
        return "no: asks for approval"
    if row.gate.overridden:
        return "yes, a manager lets them"
    return "yes" if row.gate.open else "no"


def clauses(results: Results) -> Section:
    """Who is weak on what, by clause?"""
    rows = insight.by_clause(results.counted)
    answer = "No point was missed yet."
    if rows:
        often = "once" if rows[0].missed == 1 else f"{rows[0].missed} times"
        answer = f"Most often missed: {clause_title(results.packs, rows[0].clause)}, {often}."
    return Section(
        "clauses",
        "Which clauses are missed, and by whom?",
        answer,
        Table(
            (
                Column("Clause", TEXT), Column("Points asked"), Column("Missed"), Column("Share missed", PERCENT),
                Column("By whom", TEXT),
            ),
            tuple(
                (clause_title(results.packs, row.clause), row.asked, row.missed, row.percent_missed, named(row.people))
                for row in rows
            ),
        ),
        note=f"Counted from each person's newest attempt at each scenario. {AS_TODAY}",
    )  # fmt: skip


def modules(results: Results) -> Section:
    """How does each module go?"""
    rows = insight.by_module(results.counted, results.library.book)
    held = {id_: len(group) for id_, group in results.library.course(results.office).scenarios.items()}
    answer = "Nobody has finished a scenario yet."
    if rows:
        weakest = min(rows, key=lambda row: (row.passed / row.attempts, row.percent))
        title = module_title(results.library, weakest.module)
        answer = f"Weakest: {title}, {weakest.passed} of {attempts_in_words(weakest.attempts)} passed."
    return Section(
        "modules",
        "How does each module go?",
        answer,
        Table(
            (
                Column("Module", TEXT), Column("Scenarios tried"), Column("Of"), Column("Attempts"),
                Column("Attempts passed"), Column("Mean mark", PERCENT), Column("Not passed by", TEXT),
            ),
            tuple(
                (
                    module_title(results.library, row.module), row.scenarios, held.get(row.module, 0), row.attempts,
                    row.passed, row.percent, named(row.people),
                )
                for row in rows
            ),
        ),
        note=f"Attempts: each person's newest at each scenario. {AS_TODAY}",
    )  # fmt: skip


def scenarios(results: Results) -> Section:
    """Which scenario is doubtful?"""
    library = results.library
    rows = insight.by_scenario(results.connection, results.counted, library.settings, library.book)
    doubtful = sum(bool(row.doubts) for row in rows)
    answer = "Nobody has finished a scenario yet."
    if rows:
        answer = f"{doubtful} of {len(rows)} should be looked at." if doubtful else "None stands out."
    return Section(
        "scenarios",
        "Which scenario is at fault?",
        answer,
        Table(
            (
                Column("Scenario", TEXT), Column("Look at it because", TEXT), Column("Module", TEXT),
                Column("Tried by"), Column("Not passed"), Column("Mean mark", PERCENT),
                Column("Mean of those good elsewhere", PERCENT), Column("Skipped by"),
                Column("Marks objected to"), Column("Upheld"),
            ),
            tuple(_scenario_cells(results, row) for row in rows),
        ),
        links=tuple(_link_of(results, row.scenario) for row in rows),
        note=f"Counted from each person's first attempt, before they learnt it. {AS_TODAY} What fewer than "
        f"{library.settings.doubt_people} people did speaks against none; an objection that was upheld does.",
    )  # fmt: skip


def weak_clauses(packs: Any, found: Iterable[insight.Attempt]) -> Section:
    """What one person is weak on."""
    rows = insight.by_clause(found)
    answer = f"Most often: {clause_title(packs, rows[0].clause)}." if rows else ""
    columns = (Column("Clause", TEXT), Column("Points asked"), Column("Missed"), Column("Share missed", PERCENT))
    cells = tuple((clause_title(packs, row.clause), row.asked, row.missed, row.percent_missed) for row in rows)
    return Section("weak", "Which clauses do they miss?", answer, Table(columns, cells), note=AS_TODAY)


def attempt_row(library: Library, one: insight.Attempt) -> dict[str, Any]:
    """An attempt as one person's page shows it."""
    state = versions.state(library, one.scenario, one.version)
    return {**one.__dict__, "title": title_of(library, one.scenario), "changed": state == "changed"}


def attempts_in_words(number: int) -> str:
    """`1 attempt`, `13 attempts`."""
    return "1 attempt" if number == 1 else f"{number} attempts"


def asked_and_done(asked: int, done: int) -> str:
    """`5 needed, 7 done`."""
    return f"{asked} needed, {done} done"


def module_in_words(one: Standing) -> str:
    """How far somebody is in a module: `passed (5 needed, 7 done)`."""
    said = asked_and_done(one.asked, one.passed)
    said += f"; the office’s own: {asked_and_done(one.own_asked, one.own_passed)}" if one.own_asked else ""
    said += f"; not easy: {asked_and_done(one.hard_asked, one.hard_passed)}" if one.hard_asked else ""
    return f"{'passed' if one.is_passed else 'not passed yet'} ({said})"


def objection_row(library: Library, one: Objection) -> dict[str, Any]:
    """An objection as a list shows it."""
    return {**one.__dict__, "title": title_of(library, one.scenario)}


def override_row(one: Override, today: date) -> dict[str, Any]:
    """A manager's leave as one person's page shows it."""
    return {**one.__dict__, "by": one.by_name, "holds": one.runs(today)}


def why_of(row: PersonRow, library: Library, overrides: Iterable[Override]) -> str:
    """Why somebody may answer live or not, said about them."""
    found, office = row.gate, in_english(library.packs.office(row.office).short_name)
    if found.overridden and found.until:
        by = next((one.by_name for one in overrides if one.until == found.until and one.ended_at is None), "A manager")
        return f"{by} lets them without a certificate until {practice_words.day(found.until)}."
    if found.case == "no-course":
        return f"There is no course for {office}."
    if row.certificate is None:
        return f"They have not passed the course of {office} yet. They can read, draft and ask for approval."
    ends = practice_words.day(row.certificate.valid_until)
    return f"Their certificate runs until {ends}." if found.open else f"Their certificate ended on {ends}."


MAKERS: dict[str, Callable[[Results], Section]] = {
    "people": people,
    "clauses": clauses,
    "modules": modules,
    "scenarios": scenarios,
}


def named(found: Iterable[Weakness]) -> str:
    """People with how much they missed: `Tom Trainee 3 of 4, Mo Moderator 1 of 2`."""
    said = [f"{one.who} {one.missed} of {one.asked}" for one in found]
    return ", ".join(said[:MOST_NAMED]) + (f" and {len(said) - MOST_NAMED} more" if len(said) > MOST_NAMED else "")


def _scenario_cells(results: Results, row: ScenarioRow) -> tuple[csv_files.Cell, ...]:
    known = results.library.book.get(row.scenario)
    return (
        results.scenario(row.scenario),
        words.listed([DOUBTS[one] for one in row.doubts]),
        module_title(results.library, known.module) if known else None,
        row.tried,
        row.missed,
        row.percent,
        row.good_percent,
        row.skipped,
        row.objections,
        row.upheld,
    )


def _link_of(results: Results, id_: str) -> tuple[str, Mapping[str, Any]]:
    owner, _, name = id_.partition("/")
    return ("scenarios.look", {"owner": owner, "name": name}) if id_ in results.library.book else ("", {})


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.astimezone(LONDON).date()
