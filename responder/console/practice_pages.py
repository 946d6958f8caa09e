"""What the trainee's pages are made from: the office in hand, an attempt as it stands, and its marks laid out.

Before an answer is handed in, nothing here gives a page the scenario's own answers, its marking points or its debrief.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import abort, current_app, flash, redirect, request, session, url_for
from sqlalchemy.engine import Connection

from responder.console import access, checking, desk_pages, practice_words
from responder.desk.decisions import Refused
from responder.drafting import check
from responder.drafting.calendar import local_time
from responder.drafting.model import FLAGS, URGENCIES, Assessment, Flag, Scored
from responder.practice import attempts, keeping
from responder.practice.attempts import Attempt
from responder.practice.library import Library
from responder.practice.scenarios import DECISIONS, Answer, Scenario, Task

OFFICE, SHOWN = "practice_office", "practice_shown"  # where the signed cookie keeps the office, and what may be shown
MOST_SHOWN = 8
STEPS = tuple(practice_words.STEPS)


@dataclass(frozen=True)
class Hand:
    """An attempt that is gone on with: what is filled in by the messages' keys, and how long its clock still runs."""

    attempt: Attempt
    scenario: Scenario
    kept: Mapping[str, Answer]
    left: timedelta | None

    @property
    def is_out(self) -> bool:
        """Whether its clock ran out."""
        return self.left is not None and self.left <= timedelta(0)

    def task(self, number: int) -> Task:
        """A message by its number, from 1. Raises NotFound."""
        if not 1 <= number <= len(self.scenario.messages):
            abort(404)
        return self.scenario.messages[number - 1]

    def filled_in(self, task: Task) -> Answer:
        """What is filled in for a message so far."""
        return self.kept.get(task.key, Answer())

    @property
    def handed_in(self) -> int:
        """How many messages are handed in."""
        return len(self.attempt.answers)


@dataclass(frozen=True)
class Inbox:
    """The messages of a shift that have come in, by key; `comes_in`: seconds until the next, None where all have."""

    there: frozenset[str]
    comes_in: int | None = None


def library() -> Library:
    """What there is to practise."""
    found: Library = current_app.extensions["practice"]
    return found


def chosen_office() -> str | None:
    """The office whose course is looked at: as the address or the form says, else as last time, else the first.

    None where the account has no office.
    """
    mine = own_offices()
    asked = request.values.get("office") or session.get(OFFICE)
    office = asked if asked in mine else next(iter(mine), None)
    if office is not None:
        session[OFFICE] = office
    return office


def own_offices() -> list[str]:
    """The offices of whoever is signed in, as far as there are packs of them."""
    return [office for office in access.account().offices if office in desk_pages.packs().offices]


def scenario_of(owner: str, name: str) -> tuple[str, Scenario]:
    """The office in hand, and a scenario of its course. Raises NotFound."""
    office, id_ = chosen_office(), f"{owner}/{name}"
    if office is None or id_ not in library().practised(office):
        abort(404)
    return office, library().book[id_]


def own_attempt(connection: Connection, attempt_id: int) -> Attempt:
    """An attempt of whoever is signed in. Raises NotFound."""
    found = attempts.own_attempt(connection, access.account(), attempt_id)
    if found is None:
        abort(404)
    return found


def hand(connection: Connection, attempt: Attempt, now: datetime) -> Hand:
    """An open attempt as it stands; away to the course where its scenario can't be read any more."""
    try:
        scenario = attempts.scenario_of(connection, library(), attempt)
    except Refused as problem:
        flash(f"{problem} You can begin it anew, where the course still has it.")
        abort(redirect(url_for("practice.course", office=attempt.office)))
    left = attempts.seconds_left(attempt, library(), scenario, now)
    kept = keeping.kept(connection, attempt.id)
    return Hand(attempt, scenario, kept, None if left is None else timedelta(seconds=left))


def inbox(found: Hand, now: datetime) -> Inbox:
    """What has come in. Only against the clock do messages come one after another; those that must be answered first
    are there from the beginning, so that the order can be asked for, and nobody ever waits for the next.
    """
    tasks = found.scenario.messages
    if not found.attempt.timed:
        return Inbox(frozenset(task.key for task in tasks))
    taken = found.attempt.seconds_taken(now)
    first = max((task.minutes for task in tasks if task.key in found.scenario.first), default=0)
    there = {task.key for task in tasks if task.minutes <= max(first, taken // 60)} | set(found.attempt.answers)
    later = sorted(task.minutes for task in tasks if task.key not in there)
    if later and there <= set(found.attempt.answers):
        there |= {task.key for task in tasks if task.minutes == later[0]}
        later = [minutes for minutes in later if minutes > later[0]]
    return Inbox(frozenset(there), max(1, later[0] * 60 - taken) if later else None)


def is_veiled(attempt: Attempt, scenario: Scenario) -> bool:
    """Whether distressing words are still hidden: until the trainee chooses to read them."""
    return bool(scenario.distress) and attempt.id not in session.get(SHOWN, ())


def unveil(attempt: Attempt) -> None:
    """From now on this attempt's words are shown to this browser."""
    session[SHOWN] = [*session.get(SHOWN, ()), attempt.id][-MOST_SHOWN:]


def filled(step: str, before: Answer, channel: Any) -> Answer:
    """What is filled in after a step's form was sent; what that step does not ask for stays as it was."""
    form, packs = request.form, desk_pages.packs()
    if step == "see":
        return replace(
            before,
            intent=_one(form.get("intent"), packs.intents),
            urgency=_one(form.get("urgency"), URGENCIES),
            flags=tuple(flag for flag in FLAGS if flag in form.getlist("flags")),
        )
    if step == "decide":
        return replace(
            before,
            do=_one(form.get("do"), DECISIONS),
            tell=tuple(role for role in packs.roles if role in form.getlist("tell")),
            moderate=_one(form.get("moderate"), channel.moderation) or "none",
        )
    reply = form.get("reply", before.reply).replace("\r\n", "\n").replace("\r", "\n")
    return replace(before, reply=reply)


def faults(step: str, answer: Answer) -> dict[str, str]:
    """What is missing in a step before one can go on, by field."""
    if step == "see":
        asked = {"intent": ("Say what it is", answer.intent), "urgency": ("Say how urgent it is", answer.urgency)}
    elif step == "decide":
        asked = {"do": ("Say what happens with it", answer.do)}
    else:
        asked = {"reply": ("Write your reply, or go back and decide on none", answer.reply.strip())}
        asked = asked if answer.do == "reply" else {}
    wrong = {field: said for field, (said, given) in asked.items() if not given}
    if step == "write" and answer.do == "reply" and len(answer.reply) > attempts.LONGEST_REPLY:
        wrong["reply"] = (
            f"The reply must be {attempts.LONGEST_REPLY:,} characters or fewer; it has {len(answer.reply):,}"
        )
    return wrong


def first_open_step(answer: Answer) -> str:
    """The first step in which something is missing; the last where nothing is."""
    return next((step for step in STEPS[:-1] if faults(step, answer)), STEPS[-1])


def roles(office: str) -> list[tuple[str, str]]:
    """Everybody who can be told, those whom the office's desk passes messages to first; the same for every message."""
    packs = desk_pages.packs()
    desk = [one.role for one in current_app.extensions["rules"].escalations(office)]
    return [(id_, packs.roles[id_]) for id_ in dict.fromkeys((*desk, *packs.roles))]


def families() -> dict[str, list[Any]]:
    """What a message may be, by family."""
    found: dict[str, list[Any]] = {}
    for intent in desk_pages.packs().intents.values():
        found.setdefault(intent.family, []).append(intent)
    return found


def checked(found: Hand, task: Task, answer: Answer) -> checking.Checked | None:
    """What the desk's check says to the reply, under what the trainee saw in the message; None without words."""
    if not answer.reply.strip() or answer.intent is None:
        return None
    packs, office = desk_pages.packs(), found.attempt.office
    read = Assessment(
        intent=Scored(answer.intent, 1.0),
        language=task.language,
        urgency=answer.urgency or "routine",  # type: ignore[arg-type]
        danger="alarm" if answer.urgency == "emergency" else "none",
        flags=tuple(Flag(name) for name in answer.flags),
        chosen_by_staff=True,
    )
    message = found.scenario.message(task, office)
    findings = check(
        packs, answer.reply, office=office, intent=answer.intent, channel=task.channel, at=message.received_at,
        message=message, assessment=read,
    )  # fmt: skip
    return checking.in_words(packs, findings, task.channel, answer.reply)


def mended(found: Hand, task: Task, answer: Answer, chosen: str | None) -> Answer:
    """The answer with one finding's mended words in place, where `chosen` is the number of one that has some."""
    now = checked(found, task, answer) if chosen is not None else None
    better = checking.mended(answer.reply, now, chosen) if now is not None and chosen is not None else None
    return answer if better is None else replace(answer, reply=better)


def to_hand_in(answer: Answer) -> Answer:
    """An answer as it goes in: words that were written before one decided on no reply stay behind."""
    return answer if answer.do == "reply" else replace(answer, reply="")


def today(now: datetime) -> date:
    """The day, in London."""
    return local_time(now).date()


def _one(given: str | None, allowed: Iterable[str]) -> str | None:
    return given if given and given in allowed else None
