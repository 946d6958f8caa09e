"""The gate: who may answer live, and why not; what managers may do about it; the certificate as a PDF."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from desk_support import NOW, packs
from practice_support import OFFICE, library, pass_course, person, practice_database, short_course, sqlite_practice

from responder.desk import accounts, audit
from responder.desk.audit import COMMAND_LINE
from responder.desk.decisions import Conflict, Refused
from responder.errors import BadInput, UnknownName
from responder.practice import progress
from responder.practice.certificate_pdf import certificate_pdf
from responder.practice.certificates import Certificate
from responder.practice.library import Library
from responder.practice.tables import practice_certificate, practice_override

__all__ = ["practice_database", "sqlite_practice"]

OTHER = "north-wales-opcc"
TODAY = NOW.date()
LONGEST = timedelta(days=92)
CERTIFICATE = Certificate(
    1, 1, OFFICE, "2026-7F3K-91QD", NOW, date(2026, 11, 20), date(2028, 11, 20), percent=91, refresher=False
)


def gate(database, account, on=TODAY, office=OFFICE, books=None):
    with database.read() as connection:
        return progress.gate_for(connection, books or short_course(), packs(), account, office, on)


def override(database, manager, account, until=TODAY, office=OFFICE, reason="She starts tonight.", now=NOW):
    with database.write() as connection:
        return progress.override(connection, library(), manager, account.id, office, reason, until, now)


def end(database, manager, override_id, now=NOW):
    with database.write() as connection:
        progress.end_override(connection, manager, override_id, now)


# What the gate says


def test_nobody_answers_live_before_the_course_is_passed(practice_database):
    one = person(practice_database, "tom", "moderator", offices=(OFFICE, OTHER))
    closed = gate(practice_database, one)
    assert (closed.open, closed.case, closed.until, closed.overridden) == (False, "never", None, False)
    assert closed.why.startswith("Pass the course of Cleveland PCC's office before you answer live")
    pass_course(practice_database, one)
    passed = gate(practice_database, one)
    assert (passed.open, passed.case, passed.until) == (True, "passed", date(2028, 11, 20))
    assert passed.why == (
        "You passed the course of Cleveland PCC's office on 20 November 2026. "
        "Your certificate runs until 20 November 2028."
    )
    assert not gate(practice_database, one, office=OTHER).open


@pytest.mark.parametrize(
    ("on", "open_", "case"),
    [
        (date(2028, 10, 20), True, "passed"),
        (date(2028, 10, 21), True, "refresher"),  # thirty days ahead
        (date(2028, 11, 20), True, "refresher"),  # its last day
        (date(2028, 11, 21), False, "ended"),
        (date(2031, 1, 1), False, "ended"),
    ],
)
def test_a_certificate_holds_for_two_years_and_asks_for_a_refresher_before(sqlite_practice, on, open_, case):
    one = person(sqlite_practice, "tom", "moderator")
    pass_course(sqlite_practice, one)
    found = gate(sqlite_practice, one, on)
    assert (found.open, found.case, found.refresher_due) == (open_, case, case != "passed")
    assert "20 November 2028" in found.why
    assert ("refresher" in found.why) == (case != "passed")


def test_the_refresher_opens_it_again(sqlite_practice):
    one, then = person(sqlite_practice, "tom", "moderator"), NOW.replace(year=2029)
    pass_course(sqlite_practice, one)
    assert not gate(sqlite_practice, one, then.date()).open
    pass_course(sqlite_practice, one, then)
    found = gate(sqlite_practice, one, then.date())
    assert (found.open, found.case, found.until) == (True, "passed", date(2031, 11, 20))


def test_after_its_end_approval_is_withdrawn_and_sight_is_not(sqlite_practice):
    one = person(sqlite_practice, "tom", "moderator")
    pass_course(sqlite_practice, one)
    found = gate(sqlite_practice, one, date(2029, 1, 1))
    assert "You can still read, draft and ask for approval" in found.why
    with sqlite_practice.read() as connection:
        kept = accounts.get(connection, one.id)
    assert kept.may("read") and kept.may("write")


def test_where_no_course_is_held_none_is_asked_for(sqlite_practice):
    one, shared = person(sqlite_practice, "tom"), library()
    bare = Library(packs(), {}, shared.modules, shared.settings, shared.words, shared.own_folder)
    found = gate(sqlite_practice, one, books=bare)
    assert (found.open, found.case) == (True, "no-course")
    assert gate(sqlite_practice, one, books=shared).case == "never"


def test_each_case_is_one_sentence_or_two_without_gaps():
    for case, words in library().words.gate.items():
        said = words.format(
            office="Cleveland PCC's office", until="20 November 2028", passed_on="20 November 2026", by="Mia"
        )
        assert re.fullmatch(r"[A-Z][^{}]+\.", said), case


def test_an_unknown_office_is_refused(sqlite_practice):
    with pytest.raises(UnknownName):
        gate(sqlite_practice, person(sqlite_practice, "tom"), office="mars-opcc")


# What managers may do


def test_a_manager_lets_somebody_through_for_a_while(practice_database):
    one, manager = person(practice_database, "tom", "moderator"), person(practice_database, "mia", "manager")
    made = override(practice_database, manager, one, TODAY + timedelta(days=7))
    found = gate(practice_database, one)
    assert (found.open, found.case, found.overridden, found.until) == (True, "overridden", True, date(2026, 11, 27))
    assert found.why == (
        "Mia Manager lets you answer for Cleveland PCC's office without a certificate until 27 November 2026."
    )
    assert gate(practice_database, one, TODAY + timedelta(days=7)).open
    assert not gate(practice_database, one, TODAY + timedelta(days=8)).open
    with practice_database.read() as connection:
        (line,) = audit.entries(connection, action="practice.overridden")
        (kept,) = progress.overrides_in(connection, (OFFICE,))
        assert progress.overrides_in(connection, (OTHER,)) == []
    assert (line.office, line.subject_id, line.account_id) == (OFFICE, str(one.id), manager.id)
    assert line.after == {
        "override": made, "until": "2026-11-27", "reason": "She starts tonight.", "own": False
    }  # fmt: skip
    assert (kept.by_name, kept.reason, kept.runs(TODAY)) == ("Mia Manager", "She starts tonight.", True)


@pytest.mark.parametrize("role", ["manager", "administrator"])
def test_whoever_is_first_here_may_let_themselves_through_and_the_audit_says_so(sqlite_practice, role):
    first = person(sqlite_practice, "ada", role)
    assert not gate(sqlite_practice, first).open
    override(sqlite_practice, first, first, reason="Nobody else is here yet.")
    assert gate(sqlite_practice, first).overridden
    with sqlite_practice.read() as connection:
        (line,) = audit.entries(connection, action="practice.overridden")
    assert (line.after["own"], line.after["reason"]) == (True, "Nobody else is here yet.")


def test_a_certificate_goes_before_an_override(sqlite_practice):
    one, manager = person(sqlite_practice, "tom", "moderator"), person(sqlite_practice, "mia", "manager")
    override(sqlite_practice, manager, one, TODAY + timedelta(days=7))
    pass_course(sqlite_practice, one)
    found = gate(sqlite_practice, one)
    assert (found.case, found.overridden) == ("passed", False)


def test_an_override_carries_over_the_end_of_a_certificate(sqlite_practice):
    one, manager = person(sqlite_practice, "tom", "moderator"), person(sqlite_practice, "mia", "manager")
    pass_course(sqlite_practice, one)
    then = NOW.replace(year=2029)
    override(sqlite_practice, manager, one, then.date(), now=then)
    found = gate(sqlite_practice, one, then.date())
    assert (found.open, found.overridden, found.refresher_due) == (True, True, True)


def test_an_override_ends_at_once_when_it_is_ended(practice_database):
    one, manager = person(practice_database, "tom", "moderator"), person(practice_database, "mia", "manager")
    made = override(practice_database, manager, one, TODAY + timedelta(days=7))
    end(practice_database, manager, made)
    assert not gate(practice_database, one).open
    with pytest.raises(Conflict):
        end(practice_database, manager, made)
    with practice_database.read() as connection:
        (line,) = audit.entries(connection, action="practice.override-ended")
        assert audit.verify(connection)
    assert (line.before, line.subject_id) == ({"override": made, "until": "2026-11-27"}, str(one.id))


def test_an_override_that_ran_out_is_not_ended_again(sqlite_practice):
    one, manager = person(sqlite_practice, "tom", "moderator"), person(sqlite_practice, "mia", "manager")
    made = override(sqlite_practice, manager, one)
    with pytest.raises(Conflict):
        end(sqlite_practice, manager, made, NOW + timedelta(days=1))
    with pytest.raises(Refused):
        end(sqlite_practice, manager, 999)


def test_a_new_override_takes_the_place_of_the_one_that_runs(sqlite_practice):
    one, manager = person(sqlite_practice, "tom", "moderator"), person(sqlite_practice, "mia", "manager")
    override(sqlite_practice, manager, one, TODAY + timedelta(days=60))
    override(sqlite_practice, manager, one, TODAY + timedelta(days=2))
    assert gate(sqlite_practice, one).until == TODAY + timedelta(days=2)
    assert not gate(sqlite_practice, one, TODAY + timedelta(days=3)).open
    with sqlite_practice.read() as connection:
        assert [kept.runs(TODAY) for kept in progress.overrides_in(connection, (OFFICE,), one.id)] == [True, False]


@pytest.mark.parametrize("role", ["trainee", "moderator", "approver"])
def test_only_managers_of_the_office_override(sqlite_practice, role):
    one, who = person(sqlite_practice, "tom", "moderator"), person(sqlite_practice, "mo", role)
    manager = person(sqlite_practice, "mia", "manager")
    abroad = person(sqlite_practice, "sian", "administrator", offices=(OTHER,))
    made = override(sqlite_practice, manager, one)
    for other in (who, abroad):
        with pytest.raises(Refused):
            override(sqlite_practice, other, one)
        with pytest.raises(Refused):
            override(sqlite_practice, other, other)
        with pytest.raises(Refused):
            end(sqlite_practice, other, made)
    assert gate(sqlite_practice, one).open
    assert not gate(sqlite_practice, who).open


@pytest.mark.parametrize(
    "given",
    [
        {"reason": "  "}, {"reason": "a" * 1_001}, {"until": TODAY - timedelta(days=1)},
        {"until": TODAY + LONGEST + timedelta(days=1)},
    ],
    ids=["no reason", "too long a reason", "past", "too far away"],
)  # fmt: skip
def test_an_override_has_a_reason_and_an_end(sqlite_practice, given):
    one, manager = person(sqlite_practice, "tom", "moderator"), person(sqlite_practice, "mia", "manager")
    with pytest.raises(BadInput):
        override(sqlite_practice, manager, one, **given)
    with sqlite_practice.read() as connection:
        assert connection.execute(sa.select(practice_override)).all() == []
    override(sqlite_practice, manager, one, TODAY + LONGEST)


def test_only_people_of_the_office_are_let_through(sqlite_practice):
    manager = person(sqlite_practice, "mia", "manager")
    with pytest.raises(BadInput):
        override(sqlite_practice, manager, person(sqlite_practice, "sian", offices=(OTHER,)))
    gone = person(sqlite_practice, "tom")
    with sqlite_practice.write() as connection:
        told = {"full_name": "Tom", "role": "trainee", "offices": [OTHER]}
        accounts.change(connection, packs(), COMMAND_LINE, gone.id, NOW, **told)
    with pytest.raises(BadInput):
        override(sqlite_practice, manager, gone)


# The certificate as a PDF


def pdf(**more):
    usual = {
        "given": CERTIFICATE,
        "full_name": "Siân Jones",
        "office": packs().office(OFFICE),
        "words": library().words,
    }
    return certificate_pdf(**{**usual, **more})


def test_it_is_one_a4_page_with_a_title():
    made = pdf()
    assert made.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b(?!s)", made)) == 1
    width, height = map(float, re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", made).groups())
    assert (round(width), round(height)) == (595, 842)
    assert "Certificate 2026-7F3K-91QD: Siân Jones".encode("utf-16-be") in made
    assert b"/Author (Office of the Police and Crime Commissioner for Cleveland)" in made
    assert b"/Subtype /Type3" not in made  # letters stay letters


def test_the_same_certificate_is_the_same_file():
    assert pdf() == pdf()
    assert pdf() != pdf(full_name="Jo Bloggs")


def test_any_name_can_stand_on_it():
    for name in ("$x^2$ \\frac", "渡辺 直美", "A" * 120, "Jo " * 40, "(Jo) \\ %PDF"):
        assert pdf(full_name=name).startswith(b"%PDF-")


@pytest.mark.parametrize("office", list(packs().offices))
def test_every_office_has_one(office):
    assert len(pdf(office=packs().office(office))) > 5_000


def test_what_is_stored_can_be_printed(sqlite_practice):
    one = person(sqlite_practice, "tom")
    pass_course(sqlite_practice, one)
    with sqlite_practice.read() as connection:
        given = progress.certificate(connection, one.id, OFFICE)
        assert connection.execute(sa.select(sa.func.count()).select_from(practice_certificate)).scalar() == 1
    assert given.number.encode("utf-16-be") in pdf(given=given)
