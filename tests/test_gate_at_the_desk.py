"""The gate as people at the live desk meet it: who may answer before the course, what stays open, and how it opens."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from decisions_support import FOI, KNIFE, QUESTION
from practice_support import pass_course, short_course

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import console
from desk_filling import Person, ServedDesk, plain, values_of
from desk_support import packs

from responder.desk import accounts, audit, decisions
from responder.desk.audit import COMMAND_LINE
from responder.desk.decisions import Refused
from responder.errors import BadInput
from responder.practice import gate, progress
from responder.practice.wording import day

OFFICES = sorted(packs().offices)
OFFICE = "cleveland-opcc"
FIRST = "Pass the course of"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The console of a real desk, with a course that asks for little."""
    app = console(tmp_path_factory.mktemp("home"), gate=True)
    app.extensions["practice"] = short_course()
    return app


@pytest.fixture(scope="module")
def desk(app):
    return ServedDesk(app)


def certified(desk, role, office=OFFICE):
    """Somebody new who has passed the office's course."""
    one = desk.somebody(role, office)
    pass_course(desk.database, desk.people[f"new.{len(desk.people) - 1}"], now=desk.now, office=office)
    return one


@pytest.mark.parametrize("office", OFFICES)
@pytest.mark.parametrize("role", ["moderator", "approver", "manager", "administrator"])
def test_nobody_answers_live_before_the_course_whatever_their_role(desk, office, role):
    id_ = desk.message(QUESTION, office=office)
    newcomer = desk.somebody(role, office).go(f"/messages/{id_}").says(FIRST, "Go to practice")
    assert "Approve" not in newcomer.buttons
    assert {"Ask for approval", "Keep for later", "Check my words"} <= newcomer.buttons
    newcomer.press("Ask for approval")
    assert desk.row(id_)["state"] == "awaiting"
    newcomer.go(f"/messages/{desk.message(QUESTION, office=office)}").follow("Go to practice")
    assert newcomer.status == 200 and newcomer.heading == "Practice"


def test_a_forged_approval_is_refused_and_nothing_goes_out(desk):
    id_ = desk.message(QUESTION, office=OFFICE)
    newcomer = desk.somebody("moderator", OFFICE)
    values = dict(values_of(newcomer.go(f"/messages/{id_}").page.one("form", id="reply-form")))
    answer = newcomer.client.post(f"/messages/{id_}/approve", data=values)
    assert answer.status_code == 400 and FIRST in answer.text
    assert desk.row(id_)["state"] == "open"


@pytest.mark.parametrize("office", OFFICES)
def test_danger_and_what_nobody_has_read_wait_for_nobodys_course(desk, office):
    for id_ in (desk.message(KNIFE, office=office), desk.message(QUESTION, read=False, office=office)):
        newcomer = desk.somebody("approver", office).go(f"/messages/{id_}").says_not(FIRST)
        newcomer.press("Approve")
        assert desk.row(id_)["state"] == "approved"
        newcomer.go(f"/messages/{id_}").press("Mark as sent")
        assert desk.row(id_)["state"] == "answered"


def test_whoever_has_passed_answers_and_sends(desk):
    id_ = desk.message(QUESTION, office=OFFICE)
    passed = certified(desk, "moderator").go(f"/messages/{id_}").says_not(FIRST)
    passed.press("Approve")
    passed.go("/outbox").says_not(FIRST)
    passed.go(f"/messages/{id_}").press("Mark as sent")
    assert desk.row(id_)["state"] == "answered"


def test_sending_what_somebody_else_approved_is_answering_too(desk):
    id_ = desk.message(FOI, office=OFFICE)
    certified(desk, "moderator").go(f"/messages/{id_}").press("Approve")
    newcomer = desk.somebody("moderator", OFFICE).go("/outbox").says(FIRST)
    assert f"Mark as sent: message {id_}" not in newcomer.buttons
    newcomer.go(f"/messages/{id_}").says(FIRST)
    assert "Mark as sent" not in newcomer.buttons and "Take it back" in newcomer.buttons
    account = desk.people[f"new.{len(desk.people) - 1}"]
    with desk.database.write() as connection, pytest.raises(Refused, match=FIRST):
        acting = decisions.Acting(
            packs(), desk.rules, account, desk.now, lambda found, office: progress.gate_for(
                found, short_course(), packs(), account, office, desk.now.date()
            ).why,
        )  # fmt: skip
        decisions.mark_sent(connection, acting, id_, saw=id_)


def test_a_trainee_is_told_to_ask_and_not_of_a_course_that_would_not_help(desk):
    id_ = desk.message(QUESTION, office=OFFICE)
    trainee = desk.somebody("trainee", OFFICE).go(f"/messages/{id_}").says_not(FIRST)
    assert "Approve" not in trainee.buttons and "Ask for approval" in trainee.buttons


def test_a_course_passed_for_one_office_opens_no_other(desk):
    other = "north-wales-opcc"
    both = desk.somebody("moderator", OFFICE, other)
    pass_course(desk.database, desk.people[f"new.{len(desk.people) - 1}"], now=desk.now, office=OFFICE)
    both.go(f"/messages/{desk.message(QUESTION, office=OFFICE)}").says_not(FIRST)
    both.go(f"/messages/{desk.message(QUESTION, office=other)}").says(FIRST)


def test_a_manager_opens_it_for_a_while_with_a_reason_that_the_audit_keeps(desk):
    id_ = desk.message(QUESTION, office=OFFICE)
    newcomer, number = desk.somebody("moderator", OFFICE), len(desk.people) - 1
    account = desk.people[f"new.{number}"]
    manager = desk.somebody("manager", OFFICE).go(f"/practice/trainer/people/{account.id}?office={OFFICE}")
    until = desk.now.date() + timedelta(days=7)
    manager.press("Let them answer live", reason="She ran this desk for years.", until=until.isoformat())
    assert manager.status == 200, manager.words[:500]
    newcomer.go(f"/messages/{id_}").says_not(FIRST).press("Approve")
    assert desk.row(id_)["state"] == "approved"
    with desk.database.read() as connection:
        lines = [one for one in audit.entries(connection) if one.action == "practice.overridden"]
    assert lines[-1].subject_id == str(account.id) and lines[-1].after["reason"] == "She ran this desk for years."
    moderator = desk.somebody("moderator", OFFICE)
    assert moderator.go(f"/practice/trainer/people/{account.id}?office={OFFICE}").status in (403, 404)


def test_a_refresher_is_asked_for_thirty_days_ahead_and_then_answering_ends_while_seeing_goes_on(desk, app):
    certified(desk, "moderator")
    account, clock = desk.people[f"new.{len(desk.people) - 1}"], app.extensions["clock"]
    id_, before = desk.message(QUESTION, office=OFFICE), clock.now
    ends = before.replace(year=before.year + 2)

    def at(moment):
        clock.now = moment
        one = Person(app.test_client(account=account)).go(f"/messages/{id_}")
        return one, plain(one.page.one("section", id="bar").text)

    try:
        early, bar = at(ends - timedelta(days=31))
        assert "Approve" in early.buttons and "refresher" not in bar
        due, bar = at(ends - timedelta(days=30))
        assert "Approve" in due.buttons and f"Pass the refresher by {day(ends.date())}" in bar
        last, bar = at(ends.replace(hour=23, minute=30))
        assert "Approve" in last.buttons and "Pass the refresher" in bar
        over, bar = at(ends + timedelta(days=1))
        over.says("Your certificate", "ended on", "pass the refresher")
        assert "Approve" not in over.buttons and over.reply and "Your certificate ended on" in bar
        pass_course(desk.database, account, now=clock.now, office=OFFICE)
        renewed, bar = at(clock.now + timedelta(minutes=5))
        assert "Approve" in renewed.buttons and "certificate" not in bar
    finally:
        clock.now = before


def test_nobody_is_reminded_who_has_no_certificate_or_may_not_answer(desk):
    for role in ("trainee", "moderator"):
        page = desk.somebody(role, OFFICE).go("/inbox").page
        assert "refresher" not in page.one("section", id="bar").text


def test_a_trainee_before_danger_is_told_to_fetch_somebody_and_nothing_that_is_not_theirs(desk):
    page = desk.somebody("trainee", OFFICE).go(f"/messages/{desk.message(KNIFE, office=OFFICE)}")
    page.says("ask for approval", "tell whoever is on duty, now").says_not("go out at once")


def test_a_trainee_is_not_let_through_since_it_would_open_nothing(desk):
    desk.somebody("trainee", OFFICE)
    account = desk.people[f"new.{len(desk.people) - 1}"]
    manager = desk.somebody("manager", OFFICE).go(f"/practice/trainer/people/{account.id}?office={OFFICE}")
    manager.says("May not answer live.", "an administrator can make them a moderator")
    assert "Let them answer live" not in manager.buttons
    with desk.database.write() as connection, pytest.raises(BadInput, match="make them a moderator"):
        boss = desk.people[f"new.{len(desk.people) - 1}"]
        gate.override(connection, short_course(), boss, account.id, OFFICE, "Why.", desk.now.date(), desk.now)
    results = desk.somebody("manager", OFFICE).go(f"/practice/trainer?office={OFFICE}").words
    assert "no: asks for approval" in results


def test_a_new_office_is_told_that_nobody_may_answer_and_a_manager_finds_the_way(tmp_path):
    app = console(tmp_path, gate=True)
    office, desk = "south-yorkshire-pcc", ServedDesk(app)
    for one in list(desk.people.values()):
        with desk.database.write() as connection:
            accounts.change(
                connection, packs(), COMMAND_LINE, one.id, desk.now, full_name=one.full_name, role=one.role,
                offices=[OFFICE],
            )  # fmt: skip
    manager = desk.somebody("manager", office).go("/admin").says("Nobody yet: open a person there to let them answer")
    id_ = desk.message(QUESTION, office=office)
    manager.go(f"/messages/{id_}").says("A manager of the office may let you answer").follow("let yourself answer")
    manager.press("Let them answer live", reason="Nobody else is here.", until=desk.now.date().isoformat())
    assert "Approve" in manager.go(f"/messages/{id_}").buttons
    assert "1 person" in manager.go("/admin").words
    moderator = desk.somebody("moderator", office).go(f"/messages/{id_}").says(FIRST).says_not("let yourself answer")
    assert "Approve" not in moderator.buttons


def test_whoever_renews_reads_that_the_refresher_is_passed(desk, app):
    certified(desk, "moderator")
    account, clock, before = desk.people[f"new.{len(desk.people) - 1}"], app.extensions["clock"], desk.now

    def course():
        return Person(app.test_client(account=account)).go(f"/practice?office={OFFICE}")

    course().says("The course: passed")
    try:
        clock.now = before.replace(year=before.year + 2) - timedelta(days=5)
        course().says("The refresher: 0 of")
        pass_course(desk.database, account, now=clock.now, office=OFFICE)
        person = course().says("The refresher: passed")
        with desk.database.read() as connection:
            standing = progress.standing(connection, short_course(), account.id, OFFICE, clock.now.date())
            last = progress.attempts_of(connection, account.id, OFFICE)[0]
        assert standing.is_passed and all(one.is_passed for one in standing.modules)
        person.go(f"/practice/attempts/{last.id}/feedback").says("With it you have passed the refresher", "runs until")
    finally:
        clock.now = before
