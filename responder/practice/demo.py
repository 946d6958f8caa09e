"""What the demonstration's people have practised: told once to its desk, from demo/practice.yml.

>>> tell(database, load(library, people, now))  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import Connection

from responder.desk.accounts import Account
from responder.desk.database import Database
from responder.drafting.reading import Section, read
from responder.engine.places import ROOT
from responder.practice import attempts, certificates, finishing, gate, objections, progress
from responder.practice.library import Library
from responder.practice.scenarios import QUALITIES, Scenario

FILE = ROOT / "demo" / "practice.yml"
SKIP = "skip"
BETWEEN = timedelta(hours=7)  # two attempts of one row
TOOK = timedelta(minutes=4)

Told = Callable[[Connection, str], object]  # what is told of an office


@dataclass(frozen=True)
class _Teller:
    """Those who practise, by name, and when it is now."""

    library: Library
    people: Mapping[str, Account]
    now: datetime

    def who(self, row: Section, key: str = "who") -> Account:
        """Somebody whom a row names."""
        return self.people[row.choice(key, self.people)]

    def ago(self, row: Section) -> datetime:
        """So many days ago."""
        return self.now - timedelta(days=row.number("days"))


@dataclass(frozen=True)
class Story:
    """What is to be told, in order, of each of these offices."""

    offices: tuple[str, ...]
    told: tuple[Told, ...]


def load(library: Library, people: Mapping[str, Account], now: datetime, file: Path = FILE) -> Story:
    """What these people have practised by `now`; `people` by what they sign in with. Raises PackError."""
    section, teller = read(file, file.parent), _Teller(library, people, now)
    told = tuple(read_row(teller, row) for key, read_row in _TELLERS.items() for row in section.sections(key))
    section.finish()
    return Story(tuple(library.packs.offices), told)


def tell(database: Database, story: Story) -> None:
    """Tell it to the desk, which others may use meanwhile. Raises DeskUnavailable."""
    for office in story.offices:
        for one in story.told:
            with database.write() as connection:
                one(connection, office)


def _certificate(teller: _Teller, row: Section) -> Told:
    who, at, percent = teller.who(row), teller.ago(row), row.number("percent")
    row.finish()

    def tell(connection: Connection, office: str) -> None:
        given = certificates.give(connection, teller.library.settings, who.id, office, at, percent)
        certificates.log_award(connection, who.actor, given, at)

    return tell


def _leave(teller: _Teller, row: Section) -> Told:
    who, by, at, days = teller.who(row), teller.who(row, "by"), teller.ago(row), row.number("for_days")
    reason = row.text("reason")
    row.finish()

    def tell(connection: Connection, office: str) -> None:
        until = at.date() + timedelta(days=days)
        gate.override(connection, teller.library, by, who.id, office, reason, until, at)

    return tell


def _passed(teller: _Teller, row: Section) -> Told:
    who, at = teller.who(row), teller.ago(row)
    row.finish()

    def tell(connection: Connection, office: str) -> None:
        number = 0
        while certificates.certificate(connection, who.id, office) is None:
            one = progress.next_scenario(connection, teller.library, who.id, office, at.date())
            assert one is not None, f"the course of {office} asks for more than it holds"
            _answer(teller, connection, who, office, one, "good", at + number * BETWEEN / 10)
            number += 1

    return tell


def _practised(teller: _Teller, row: Section) -> Told:
    who, at = teller.who(row), teller.ago(row)
    module, took = row.choice("module", teller.library.modules), row.texts("took", (*QUALITIES, SKIP))
    row.finish()

    def tell(connection: Connection, office: str) -> None:
        held = [one for one in teller.library.course(office).scenarios.get(module, ()) if not one.is_shift]
        for number, (scenario, quality) in enumerate(zip(held, took)):
            _answer(teller, connection, who, office, scenario, quality, at + number * BETWEEN)

    return tell


def _answer(
    teller: _Teller, connection: Connection, who: Account, office: str, scenario: Scenario, quality: str, at: datetime
) -> None:
    made = attempts.begin(connection, teller.library, who, office, scenario.id, at)
    if quality == SKIP:
        attempts.skip(connection, who, made, at + TOOK)
        return
    for key, given in scenario.examples[quality].items():
        attempts.answer(connection, teller.library, who, made, key, given, at + TOOK)
    finishing.finish(connection, teller.library, who, made, at + TOOK)


def _objection(teller: _Teller, row: Section) -> Told:
    who, at, words, nth = teller.who(row), teller.ago(row), row.text("words"), row.number("nth")
    settled = row.section("settled", None)
    if settled is not None:
        by, when, reply = teller.who(settled, "by"), teller.ago(settled), settled.text("answer")
        settled.finish()
    row.finish()

    def tell(connection: Connection, office: str) -> None:
        for attempt in attempts.attempts_of(connection, who.id, office, state=attempts.DONE):
            missed = [one for one in attempt.marks if not one["met"]]
            if attempt.finished_at is None or attempt.finished_at > at or len(missed) < nth:
                continue
            mark = missed[nth - 1]
            made = objections.object_to(
                connection, teller.library, who, attempt.id, mark["key"], mark["id"], words, at
            )  # fmt: skip
            if settled is not None:
                objections.settle(connection, teller.library, by, made, False, reply, (), when)
            return

    return tell


_TELLERS = {
    "certificates": _certificate,
    "passed": _passed,
    "lets": _leave,
    "practised": _practised,
    "objections": _objection,
}
