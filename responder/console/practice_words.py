"""How the trainee's pages say things: steps, times, what came of an attempt, the clauses that a mark rests on.

What a mark says stands in practice/words.yml and in the scenario (`practice.wording`).

>>> verdict(percent=86, passed=True, marks=[])
'Passed, 86 %'
>>> time_in_words(timedelta(minutes=12, seconds=20))
'12 min'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from responder.console import words
from responder.console.sheet import in_english, role_name
from responder.drafting.packs import NATIONAL
from responder.practice.marking import Mark
from responder.practice.scenarios import Scenario

STEPS = {"see": "See", "decide": "Decide", "write": "Write and hand in"}
TITLES = {"see": "What do you see?", "decide": "What do you decide?", "write": "What do you write?"}
LEVELS = {1: "a first step", 2: "easy", 3: "middling", 4: "hard", 5: "very hard"}
DECISIONS = {"reply": "Reply", "no_reply": "No reply", "person": "It goes to a person"}
DECISIONS_EXPLAINED = {
    "reply": "You write to them now.",
    "no_reply": "Nobody answers; what else is to be done is done.",
    "person": "Somebody else decides on the words.",
}
URGENCIES_EXPLAINED = {
    "emergency": "Somebody may be in danger now.",
    "urgent": "Serious, or somebody is at risk, but not this minute.",
    "routine": "It takes its turn.",
}
FIRST_WORDS = 90
DANGER_MARKS = ("urgency", "check-danger-first")


@dataclass(frozen=True)
class Cited:
    """A clause as a mark names it: `whose` is the office's short name, or for a national one what it is; `duty` is what
    it asks of staff, in our words.
    """

    title: str
    section: str
    whose: str
    national: bool
    duty: str = ""


def cited(packs: Any, id_: str) -> Cited:
    """A clause by its id. Raises UnknownName."""
    clause = packs.clause(id_)
    office = packs.offices.get(id_.partition("/")[0])
    whose = words.CLAUSE_KINDS.get(clause.kind, clause.kind) if office is None else in_english(office.short_name)
    section = "" if clause.section == clause.title else clause.section
    return Cited(clause.title, section, whose, office is None, clause.duty)


def all_cited(packs: Any, ids: Iterable[str]) -> tuple[Cited, ...]:
    """Clauses by their ids; what is no pack's clause (a rule of the check itself) is left out."""
    return tuple(cited(packs, id_) for id_ in ids if id_.partition("/")[0] in (NATIONAL, *packs.offices))


def verdict(percent: int, passed: bool, marks: Iterable[Mark]) -> str:
    """What came of an attempt, in words first."""
    critical = [mark for mark in marks if mark.critical and not mark.met]
    if passed:
        return f"Passed, {percent} %"
    if any(mark.id in DANGER_MARKS or mark.kind == "order" for mark in critical):
        return "Not yet: the danger was missed"
    if critical:
        return "Not yet: a point was missed that always counts"
    return f"Not yet, {percent} %"


def announced(scenario: Scenario) -> str:
    """What distressing content a scenario holds, as a sentence."""
    return f"This is about {scenario.distress}."


def messages_in_words(scenario: Scenario) -> str:
    """`one message`, `a shift of 12 messages`."""
    number = len(scenario.messages)
    return "one message" if number == 1 else f"a shift of {number} messages"


def time_in_words(left: timedelta) -> str:
    """What is left of a clock: whole minutes, and seconds in the last one."""
    seconds = max(0, int(left.total_seconds()))
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def day(on: date) -> str:
    """`20 November 2028`."""
    return f"{on.day} {words.MONTHS[on.month - 1]} {on.year}"


def on_day(on: date, today: date) -> str:
    """A day within a sentence: `today`, `on Friday 18 December`."""
    said = words.day_in_words(on, today)
    return said if said in ("today", "tomorrow", "yesterday") else f"on {said}"


def first_words(text: str) -> str:
    """What a message begins with, for a list."""
    plain = " ".join(text.split())
    return f"{plain[:FIRST_WORDS].rstrip()}…" if len(plain) > FIRST_WORDS else plain


def roles_in_words(packs: Any, roles: Sequence[str]) -> str:
    """Roles as one phrase."""
    return words.listed([role_name(packs, role) for role in roles])
