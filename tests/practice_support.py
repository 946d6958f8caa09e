"""What the tests of practice share: a desk with practice's tables, the library, and people who practise.

>>> attempt_id = practise(database, trainee, "national/burglary-now")  # doctest: +SKIP
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from desk_support import NOW, packs

from responder.desk import accounts
from responder.desk.accounts import Account
from responder.desk.audit import COMMAND_LINE
from responder.desk.database import Database
from responder.drafting.calendar import local_time
from responder.practice import progress
from responder.practice.library import Library

ROOT = Path(__file__).resolve().parents[1]
PRACTICE = ROOT / "practice"
OFFICE = "cleveland-opcc"
SMALL = """\
title: A kettle
module: tone
level: 1
at: "2026-11-18T10:30"
messages:
  - key: kettle
    channel: facebook-dm
    from: Jo
    text: "Is the kettle on?"
    notice: {intent: [ask_question], urgency: [routine]}
    decide: {do: [reply]}
    clauses: [national/questions]
debrief: Kettles matter.
answers:
  good:
    kettle: {intent: ask_question, urgency: routine, do: reply, reply: "It is on."}
  middling:
    kettle: {intent: ask_question, do: reply, reply: "Yes."}
  bad:
    kettle: {do: no_reply}
"""


@functools.cache
def library() -> Library:
    """The real library, read once, with an own folder that stays empty."""
    return Library.load(PRACTICE, Path(tempfile.mkdtemp(prefix="responder-practice-")) / "none", packs())


def library_with(own_folder: Path) -> Library:
    """The real library, beside own scenarios in a folder of the test."""
    shared = library()
    return Library(packs(), shared.given, shared.modules, shared.settings, shared.words, own_folder)


def person(
    database: Database, name: str, role: str = "trainee", offices: Iterable[str] = (OFFICE,), now: datetime = NOW
) -> Account:
    """A new account."""
    with database.write() as connection:
        return accounts.create(
            connection, packs(), COMMAND_LINE, now, name=name, full_name=f"{name.title()} {role.title()}", role=role,
            offices=offices,
        )  # fmt: skip


def short_course(**asked: int) -> Library:
    """The real library with a course that asks for little: one scenario a module and no shift, unless told."""
    shared = library()
    usual = {
        "passes_for_a_module": 1,
        "own_for_a_module": 0,
        "hard_for_a_module": 0,
        "shifts": 0,
        "refresher_passes": 1,
    }
    settings = replace(shared.settings, **{**usual, **asked})
    return Library(packs(), shared.given, shared.modules, settings, shared.words, shared.own_folder)


def practise(
    database: Database, account: Account, scenario: str, quality: str = "good", now: datetime = NOW,
    books: Library | None = None, office: str = OFFICE,
) -> int:  # fmt: skip
    """Begin a scenario, give its good, middling or bad answers and finish it; returns the attempt's id."""
    books = books or library()
    given = books.book[scenario].examples[quality]
    with database.write() as connection:
        attempt_id = progress.begin(connection, books, account, office, scenario, now)
        for key, answer in given.items():
            progress.answer(connection, books, account, attempt_id, key, answer, now)
        progress.finish(connection, books, account, attempt_id, now)
    return attempt_id


def pass_course(
    database: Database, account: Account, now: datetime = NOW, books: Library | None = None, office: str = OFFICE
) -> None:
    """Pass an office's whole course, or its refresher, with good answers."""
    books = books or short_course()
    today = local_time(now).date()
    for _ in books.held(office):
        with database.read() as connection:
            one = progress.next_scenario(connection, books, account.id, office, today)
            done = progress.standing(connection, books, account.id, office, today).is_passed
        if done or one is None:
            return
        practise(database, account, one.id, "good", now, books, office)
