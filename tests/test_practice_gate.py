"""The gate: who may answer live, and why not; what managers may do about it; the certificate as a PDF."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from desk_support import NOW, database, packs, sqlite_database
from practice_support import OFFICE, library, pass_course, person, short_course

from responder.desk import accounts, audit
from responder.desk.audit import COMMAND_LINE
from responder.desk.decisions import Conflict, Refused
from responder.errors import BadInput, UnknownName
from responder.practice import progress
from responder.practice.certificate_pdf import _page as certificate_page
from responder.practice.certificate_pdf import certificate_pdf
from responder.practice.certificates import Certificate
from responder.practice.library import Library
from responder.practice.tables import practice_certificate, practice_override

__all__ = ["database", "sqlite_database"]

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


def test_nobody_answers_live_before_the_course_is_passed(database):
    one = person(database, "tom", "moderator", offices=(OFFICE, OTHER))
    closed = gate(database, one)
    assert (closed.open, closed.case, closed.until, closed.overridden) == (False, "never", None, False)
    assert closed.why.startswith("Pass the course of Cleveland PCC's office before you answer live")
    pass_course(database, one)
    passed = gate(database, one)
    assert (passed.open, passed.case, passed.until) == (True, "passed", date(2028, 11, 20))
    assert passed.why == (
        "You passed the course of Cleveland PCC's office on 20 November 2026. "
        "Your certificate runs until 20 November 2028."
    )
    assert not gate(database, one, office=OTHER).open


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
def test_a_certificate_holds_for_two_years_and_asks_for_a_refresher_before(sqlite_database, on, open_, case):
    one = person(sqlite_database, "tom", "moderator")
    pass_course(sqlite_database, one)
    found = gate(sqlite_database, one, on)
    assert (found.open, found.case, found.refresher_due) == (open_, case, case != "passed")
    assert "20 November 2028" in found.why
    assert ("refresher" in found.why) == (case != "passed")


def test_the_refresher_opens_it_again(sqlite_database):
    one, then = person(sqlite_database, "tom", "moderator"), NOW.replace(year=2029)
    pass_course(sqlite_database, one)
    assert not gate(sqlite_database, one, then.date()).open
    pass_course(sqlite_database, one, then)
    found = gate(sqlite_database, one, then.date())
    assert (found.open, found.case, found.until) == (True, "passed", date(2031, 11, 20))


def test_after_its_end_approval_is_withdrawn_and_sight_is_not(sqlite_database):
    one = person(sqlite_database, "tom", "moderator")
    pass_course(sqlite_database, one)
    found = gate(sqlite_database, one, date(2029, 1, 1))
    assert "You can still read, draft and ask for approval" in found.why
    with sqlite_database.read() as connection:
        kept = accounts.get(connection, one.id)
    assert kept.may("read") and kept.may("write")


def test_where_no_course_is_held_none_is_asked_for(sqlite_database):
    one, shared = person(sqlite_database, "tom"), library()
    bare = Library(packs(), {}, shared.modules, shared.settings, shared.words, shared.own_folder)
    found = gate(sqlite_database, one, books=bare)
    assert (found.open, found.case) == (True, "no-course")
    assert gate(sqlite_database, one, books=shared).case == "never"


def test_each_case_is_one_sentence_or_two_without_gaps():
    for case, words in library().words.gate.items():
        said = words.format(
            office="Cleveland PCC's office", until="20 November 2028", passed_on="20 November 2026", by="Mia"
        )
        assert re.fullmatch(r"[A-Z][^{}]+\.", said), case


def test_an_unknown_office_is_refused(sqlite_database):
    with pytest.raises(UnknownName):
        gate(sqlite_database, person(sqlite_database, "tom"), office="mars-opcc")


# What managers may do


def test_a_manager_lets_somebody_through_for_a_while(database):
    one, manager = person(database, "tom", "moderator"), person(database, "mia", "manager")
    made = override(database, manager, one, TODAY + timedelta(days=7))
    found = gate(database, one)
    assert (found.open, found.case, found.overridden, found.until) == (True, "overridden", True, date(2026, 11, 27))
    assert found.why == (
        "Mia Manager lets you answer for Cleveland PCC's office without a certificate until 27 November 2026."
    )
    assert gate(database, one, TODAY + timedelta(days=7)).open
    assert not gate(database, one, TODAY + timedelta(days=8)).open
    with database.read() as connection:
        (line,) = audit.entries(connection, action="practice.overridden")
        (kept,) = progress.overrides_in(connection, (OFFICE,))
        assert progress.overrides_in(connection, (OTHER,)) == []
    assert (line.office, line.subject_id, line.account_id) == (OFFICE, str(one.id), manager.id)
    assert line.after == {
        "override": made, "until": "2026-11-27", "reason": "She starts tonight.", "own": False
    }  # fmt: skip
    assert (kept.by_name, kept.reason, kept.runs(TODAY)) == ("Mia Manager", "She starts tonight.", True)


@pytest.mark.parametrize("role", ["manager", "administrator"])
def test_whoever_is_first_here_may_let_themselves_through_and_the_audit_says_so(sqlite_database, role):
    first = person(sqlite_database, "ada", role)
    assert not gate(sqlite_database, first).open
    override(sqlite_database, first, first, reason="Nobody else is here yet.")
    assert gate(sqlite_database, first).overridden
    with sqlite_database.read() as connection:
        (line,) = audit.entries(connection, action="practice.overridden")
    assert (line.after["own"], line.after["reason"]) == (True, "Nobody else is here yet.")


def test_a_certificate_goes_before_an_override(sqlite_database):
    one, manager = person(sqlite_database, "tom", "moderator"), person(sqlite_database, "mia", "manager")
    override(sqlite_database, manager, one, TODAY + timedelta(days=7))
    pass_course(sqlite_database, one)
    found = gate(sqlite_database, one)
    assert (found.case, found.overridden) == ("passed", False)


def test_an_override_carries_over_the_end_of_a_certificate(sqlite_database):
    one, manager = person(sqlite_database, "tom", "moderator"), person(sqlite_database, "mia", "manager")
    pass_course(sqlite_database, one)
    then = NOW.replace(year=2029)
    override(sqlite_database, manager, one, then.date(), now=then)
    found = gate(sqlite_database, one, then.date())
    assert (found.open, found.overridden, found.refresher_due) == (True, True, True)


def test_an_override_ends_at_once_when_it_is_ended(database):
    one, manager = person(database, "tom", "moderator"), person(database, "mia", "manager")
    made = override(database, manager, one, TODAY + timedelta(days=7))
    end(database, manager, made)
    assert not gate(database, one).open
    with pytest.raises(Conflict):
        end(database, manager, made)
    with database.read() as connection:
        (line,) = audit.entries(connection, action="practice.override-ended")
        assert audit.verify(connection)
    assert (line.before, line.subject_id) == ({"override": made, "until": "2026-11-27"}, str(one.id))


def test_an_override_that_ran_out_is_not_ended_again(sqlite_database):
    one, manager = person(sqlite_database, "tom", "moderator"), person(sqlite_database, "mia", "manager")
    made = override(sqlite_database, manager, one)
    with pytest.raises(Conflict):
        end(sqlite_database, manager, made, NOW + timedelta(days=1))
    with pytest.raises(Refused):
        end(sqlite_database, manager, 999)


def test_a_new_override_takes_the_place_of_the_one_that_runs(sqlite_database):
    one, manager = person(sqlite_database, "tom", "moderator"), person(sqlite_database, "mia", "manager")
    override(sqlite_database, manager, one, TODAY + timedelta(days=60))
    override(sqlite_database, manager, one, TODAY + timedelta(days=2))
    assert gate(sqlite_database, one).until == TODAY + timedelta(days=2)
    assert not gate(sqlite_database, one, TODAY + timedelta(days=3)).open
    with sqlite_database.read() as connection:
        assert [kept.runs(TODAY) for kept in progress.overrides_in(connection, (OFFICE,), one.id)] == [True, False]


@pytest.mark.parametrize("role", ["trainee", "moderator", "approver"])
def test_only_managers_of_the_office_override(sqlite_database, role):
    one, who = person(sqlite_database, "tom", "moderator"), person(sqlite_database, "mo", role)
    manager = person(sqlite_database, "mia", "manager")
    abroad = person(sqlite_database, "sian", "administrator", offices=(OTHER,))
    made = override(sqlite_database, manager, one)
    for other in (who, abroad):
        with pytest.raises(Refused):
            override(sqlite_database, other, one)
        with pytest.raises(Refused):
            override(sqlite_database, other, other)
        with pytest.raises(Refused):
            end(sqlite_database, other, made)
    assert gate(sqlite_database, one).open
    assert not gate(sqlite_database, who).open


@pytest.mark.parametrize(
    "given",
    [
        {"reason": "  "}, {"reason": "a" * 1_001}, {"until": TODAY - timedelta(days=1)},
        {"until": TODAY + LONGEST + timedelta(days=1)},
    ],
    ids=["no reason", "too long a reason", "past", "too far away"],
)  # fmt: skip
def test_an_override_has_a_reason_and_an_end(sqlite_database, given):
    one, manager = person(sqlite_database, "tom", "moderator"), person(sqlite_database, "mia", "manager")
    with pytest.raises(BadInput):
        override(sqlite_database, manager, one, **given)
    with sqlite_database.read() as connection:
        assert connection.execute(sa.select(practice_override)).all() == []
    override(sqlite_database, manager, one, TODAY + LONGEST)


def test_only_people_of_the_office_are_let_through(sqlite_database):
    manager = person(sqlite_database, "mia", "manager")
    with pytest.raises(BadInput):
        override(sqlite_database, manager, person(sqlite_database, "sian", offices=(OTHER,)))
    gone = person(sqlite_database, "tom")
    with sqlite_database.write() as connection:
        told = {"full_name": "Tom", "role": "trainee", "offices": [OTHER]}
        accounts.change(connection, packs(), COMMAND_LINE, gone.id, NOW, **told)
    with pytest.raises(BadInput):
        override(sqlite_database, manager, gone)


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


def test_it_says_who_may_answer_for_which_office_and_how_to_check_that():
    assert "This certifies that Siân Jones may answer messages from the public for Cleveland PCC's office until".encode(
        "utf-16-be"
    ) in pdf().replace(b"\\(", b"(")
    page = certificate_page(CERTIFICATE, "Siân Jones", packs().office(OFFICE), library().words, "")
    said = " ".join(one.get_text() for one in page.texts)
    for words in (
        "This certifies that Siân Jones may answer messages", f"mean of the best marks: {CERTIFICATE.percent} %",
        "They passed the course on the office's policy", "ask Cleveland PCC's office about number 2026-7F3K-91QD",
        "on the person's page",
    ):  # fmt: skip
        assert words in said
    assert "Whoever holds it" not in said and "Demonstration" not in said


def test_one_of_a_demonstration_says_so_across_it():
    page = certificate_page(CERTIFICATE, "Siân Jones", packs().office(OFFICE), library().words, "Demonstration")
    (across,) = (one for one in page.texts if one.get_text() == "Demonstration")
    assert across.get_size() > 50 and 40 < across.get_rotation() < 60
    assert "Demonstration Certificate 2026-7F3K-91QD".encode("utf-16-be") in pdf(demonstration=True)
    assert "Demonstration".encode("utf-16-be") not in pdf()


def test_the_same_certificate_is_the_same_file():
    assert pdf() == pdf()
    assert pdf() != pdf(full_name="Jo Bloggs")


def test_any_name_can_stand_on_it():
    for name in ("$x^2$ \\frac", "渡辺 直美", "A" * 120, "Jo " * 40, "(Jo) \\ %PDF"):
        assert pdf(full_name=name).startswith(b"%PDF-")


@pytest.mark.parametrize("office", list(packs().offices))
def test_every_office_has_one(office):
    assert len(pdf(office=packs().office(office))) > 5_000


def test_what_is_stored_can_be_printed(sqlite_database):
    one = person(sqlite_database, "tom")
    pass_course(sqlite_database, one)
    with sqlite_database.read() as connection:
        given = progress.certificate(connection, one.id, OFFICE)
        assert connection.execute(sa.select(sa.func.count()).select_from(practice_certificate)).scalar() == 1
    assert given.number.encode("utf-16-be") in pdf(given=given)
