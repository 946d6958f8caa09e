"""What the page of a course shows: what is next, how far one is, and how one stands with each scenario."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.engine import Connection

from responder.console import access
from responder.console.practice_pages import library, today
from responder.practice import attempts, certificates, progress
from responder.practice.attempts import Attempt
from responder.practice.courses import Standing
from responder.practice.scenarios import Scenario

NEXT, BACK, BEGUN = "Next in your course", "Comes back today: there was something you missed", "You have begun this"


@dataclass(frozen=True)
class Next:
    """The one thing to do next: why, and where the button leads."""

    scenario: Scenario
    why: str
    button: str
    address: str


@dataclass(frozen=True)
class Row:
    """A scenario in a list; `said` is how one stands with it, empty where it is new, and `shape` goes beside that."""

    scenario: Scenario
    address: str
    said: str = ""
    shape: str = ""


@dataclass(frozen=True)
class Part:
    """A module of the course with its scenarios."""

    standing: Standing
    scenarios: tuple[Row, ...]


def shown(connection: Connection, office: str, now: datetime) -> dict[str, Any]:
    """Everything that the page of an office's course shows of whoever is signed in."""
    mine, day = access.account(), today(now)
    standing = certificates.standing(connection, library(), mine.id, office, day)
    due = {one.id for one in progress.due(connection, library(), mine.id, office, day)}
    known = attempts.attempts_of(connection, mine.id, office)
    said = _said(known, standing.passed, due)
    scenarios = library().course(office).scenarios
    return {
        "standing": standing,
        "gate": progress.gate(connection, library(), mine.id, office, day),
        "certificate": certificates.certificate(connection, mine.id, office),
        "due_count": len(due),
        "policy": library().packs.state(office, day),
        "trains": mine.may("train"),
        "next": begun(known) or fresh(connection, office, now),
        "modules_passed": sum(one.is_passed for one in standing.modules),
        "modules": [
            Part(one, tuple(Row(it, address_of(it, office), *said.get(it.id, ())) for it in scenarios[one.module.id]))
            for one in standing.modules
        ],
    }


def begun(known: list[Attempt]) -> Next | None:
    """The attempt to go on with: one whose clock runs, else the newest that is still open; `known` are somebody's
    attempts, the newest first.
    """
    for one in sorted(known, key=lambda one: not (one.timed and one.paused_at is None)):
        scenario = library().book.get(one.scenario)
        if one.state == attempts.OPEN and scenario is not None:
            return Next(scenario, BEGUN, "Go on", url_for("practice.attempt", attempt_id=one.id))
    return None


def fresh(connection: Connection, office: str, now: datetime) -> Next | None:
    """What to take up next: what comes back today, else the next of the course; None where nothing is left."""
    mine, day = access.account(), today(now)
    found = progress.next_scenario(connection, library(), mine.id, office, day)
    if found is None:
        return None
    due = found in progress.due(connection, library(), mine.id, office, day)
    return Next(found, BACK if due else NEXT, "Start", address_of(found, office))


def address_of(scenario: Scenario, office: str) -> str:
    """A scenario's first page."""
    return url_for("practice.start", office=office, **parts(scenario.id))


def parts(scenario: str) -> dict[str, str]:
    """A scenario's id, as the addresses hold it."""
    owner, _, name = scenario.partition("/")
    return {"owner": owner, "name": name}


def _said(known: list[Attempt], passed: frozenset[str], due: set[str]) -> dict[str, tuple[str, str]]:
    """How somebody stands with each scenario that they have met, in a word and a shape."""
    said = {}
    for one in reversed(known):
        if one.state == attempts.SKIPPED:
            said.setdefault(one.scenario, ("skipped", "silent"))
        elif one.state == attempts.DONE:
            said[one.scenario] = ("passed before", "ok") if one.passed else (f"not yet, {one.percent} %", "advice")
    said |= dict.fromkeys(passed, ("passed", "ok"))
    said |= dict.fromkeys(due, ("comes back today", "clock"))
    return said | {one.scenario: ("begun", "advice") for one in known if one.state == attempts.OPEN}
