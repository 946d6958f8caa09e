"""The trainer's and the manager's pages over HTTP: what they show, what they change, and what nobody else may see."""

from __future__ import annotations

import io
import itertools
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from practice_trainee import Trainee

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import account_for, console
from desk_filling import ServedDesk, plain

from responder.console import csv_files
from responder.desk import audit, decisions
from responder.desk.tables import account as account_table
from responder.desk.tables import account_office
from responder.practice import attempts, certificates, finishing, objections, writing
from responder.practice.scenarios import OWN, Answer
from responder.practice.tables import practice_draft, practice_override

OFFICE, OTHER = "cleveland-opcc", "north-wales-opcc"
BLINK, CLOSE, TWELVE = "national/blink-twice", "national/farlow-close", "national/saturday-twelve"
MARKUP = "<script>alert(1)</script> {{7*7}} & 'x'"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A console with all the pages of practice."""
    home = tmp_path_factory.mktemp("home")
    return console(home)


@pytest.fixture(scope="module")
def desk(app):
    return ServedDesk(app)


@pytest.fixture
def library(app):
    return app.extensions["practice"]


@pytest.fixture
def database(app):
    return app.extensions["database"]


def hired(app, role="trainee", offices=(OFFICE,), full_name=None):
    """Somebody new; their account."""
    account = account_for(app, role, offices)
    name = full_name or f"{role.title()} Number {next(_numbers)}"
    with app.extensions["database"].write() as connection:
        connection.execute(
            sa.update(account_table).where(account_table.c.id == account.id).values(full_name=name)
        )  # fmt: skip
    return account


def person(app, role="approver", offices=(OFFICE,), account=None):
    """Somebody signed in, without JavaScript."""
    return Trainee(app.test_client(account=account or hired(app, role, offices)))


def attempt(app, account, scenario=BLINK, quality="bad", office=OFFICE):
    """An attempt with one of a scenario's own example answers; its id."""
    library, now = app.extensions["practice"], app.extensions["clock"]()
    with app.extensions["database"].write() as connection:
        id_ = attempts.begin(connection, library, account, office, scenario, now)
        for key, answer in library.book[scenario].examples[quality].items():
            attempts.answer(connection, library, account, id_, key, answer, now)
        finishing.finish(connection, library, account, id_, now)
    return id_


def answered(app, account, scenario, office=OFFICE, **changed):
    """An attempt with the good answer, but for what is changed; its id and the result."""
    library, now = app.extensions["practice"], app.extensions["clock"]()
    (task,) = library.book[scenario].messages
    good = library.book[scenario].examples["good"][task.key]
    with app.extensions["database"].write() as connection:
        id_ = attempts.begin(connection, library, account, office, scenario, now)
        attempts.answer(connection, library, account, id_, task.key, Answer(**{**good.__dict__, **changed}), now)
        found = finishing.finish(connection, library, account, id_, now)
    return id_, found


def object_to(app, account, attempt_id, mark, words="I read it another way."):
    with app.extensions["database"].write() as connection:
        found = attempts.get(connection, attempt_id)
        key = next(one["key"] for one in found.marks if one["id"] == mark)
        return objections.object_to(
            connection, app.extensions["practice"], account, attempt_id, key, mark, words, app.extensions["clock"]()
        )


def percent(app, attempt_id):
    with app.extensions["database"].read() as connection:
        return attempts.get(connection, attempt_id).percent


# Results


def test_the_results_say_who_is_where_and_who_is_weak_on_what(app):
    tom = hired(app, full_name="Tom Weak")
    attempt(app, tom, quality="bad")
    page = person(app).go(f"/practice/trainer?office={OFFICE}")
    page.says("Who is where?", "Which clauses are missed, and by whom?", "How does each module go?", "at fault?")
    page.says("Tom Weak", "Blink")
    row = next(one for one in page.page.all("tr") if "Tom Weak" in one.text and "Trainee" in one.text)
    assert plain(row.text).endswith("no: asks for approval"), "they may not answer live"
    links = {plain(one.text): one.attrs["href"] for one in page.page.all("a")}
    assert links["Tom Weak"] == f"/practice/trainer/people/{tom.id}?office={OFFICE}"


@pytest.mark.parametrize("section", ["people", "clauses", "modules", "scenarios"])
def test_each_table_is_a_file_too_with_the_same_cells(app, section):
    attempt(app, hired(app, full_name="=Formula Person"), quality="bad")
    me = person(app)
    shown = me.go(f"/practice/trainer?office={OFFICE}").page.one("section", **{"aria-labelledby": section})
    answer = me.client.get(f"/practice/trainer/{section}.csv?office={OFFICE}")
    assert answer.mimetype == "text/csv"
    assert f"practice-{section}-{OFFICE}-2026-11-20.csv" in answer.headers["Content-Disposition"]
    columns, *rows = csv_files.read(answer.data)
    heads = [plain(one.text) for one in shown.one("thead").all("th")]
    assert [name.partition(" (")[0] for name in columns] == heads
    assert len(rows) == len(shown.one("tbody").all("tr"))
    assert [row[0] for row in rows] == [plain(one.text) for one in shown.one("tbody").all("th")]
    if section == "people":
        assert "'=Formula Person" in answer.text, "no cell is a formula"


def test_no_table_holds_a_word_of_an_answer(app):
    tom = hired(app)
    answered(app, tom, CLOSE, reply="A canary of a reply")
    me = person(app)
    for path in ("/practice/trainer", *(f"/practice/trainer/{one}.csv" for one in ("people", "clauses", "scenarios"))):
        assert "canary" not in me.client.get(path).text


def test_only_people_and_results_of_ones_own_offices_are_seen(app):
    away = hired(app, offices=(OTHER,), full_name="Alys Away")
    id_, found = answered(app, away, CLOSE, office=OTHER, intent="greet")
    objection = object_to(app, away, id_, "intent")
    me = person(app)
    me.go("/practice/trainer").says_not("Alys Away")
    for path in (
        f"/practice/trainer?office={OTHER}", f"/practice/trainer/people.csv?office={OTHER}",
        f"/practice/trainer/people/{away.id}", f"/practice/trainer/people/{away.id}?office={OTHER}",
        f"/practice/trainer/objections/{objection}", f"/practice/trainer/scenarios?office={OTHER}",
        f"/practice/trainer/scenarios/new?office={OTHER}", f"/practice/trainer/scenarios/{OTHER}/x/edit",
        "/practice/trainer/people/99999999999999999999", "/practice/trainer/nonsense.csv",
    ):  # fmt: skip
        assert me.go(path).status == 404, path
    me.go("/practice/trainer/objections").says_not("Alys Away")
    assert me.client.change(f"/practice/trainer/objections/{objection}", upheld="no", words="x").status_code == 404
    assert found.percent < 100


def test_a_person_of_two_offices_is_shown_for_the_shared_one_alone(app):
    both = hired(app, offices=(OFFICE, OTHER), full_name="Bo Both")
    attempt(app, both, quality="good", office=OTHER)
    page = person(app).go(f"/practice/trainer/people/{both.id}")
    page.says("for Cleveland PCC's office?", "They have not finished a scenario yet.").says_not("North Wales")


@pytest.mark.parametrize("role", ["trainee", "moderator"])
def test_who_does_not_train_sees_none_of_it(app, role):
    me = person(app, role)
    for path in ("/practice/trainer", "/practice/trainer/people.csv", "/practice/trainer/objections",
                 "/practice/trainer/scenarios", "/practice/trainer/scenarios/new",
                 "/practice/trainer/scenarios/look/national/blink-twice"):  # fmt: skip
        assert me.go(path).status == 403, path
    assert me.go("/practice/trainer/shadow").status == (403 if role == "trainee" else 200)


# One person, and the manager


def test_one_persons_page_tells_their_way(app):
    tess = hired(app, "moderator", full_name="Tess Steady")
    for scenario, quality in ((BLINK, "bad"), (BLINK, "good"), (CLOSE, "middling")):
        attempt(app, tess, scenario, quality)
    page = person(app).go(f"/practice/trainer/people/{tess.id}")
    page.says("Tess Steady", "May not answer live.", "have not passed the course", "1 of 3 passed.")
    page.says("Which clauses do they miss?", "passed", "not passed")
    plot = page.page.one("svg", cls="marks-plot")
    assert plot.attrs["aria-label"].startswith("Their marks over time")
    assert len(plot.all("circle")) == 3
    page.says_not("Let them answer live")


def test_a_manager_lets_somebody_answer_live_and_ends_it(app, database):
    tom = hired(app, "moderator", full_name="Tom Urgent")
    manager = person(app, "manager")
    page = manager.go(f"/practice/trainer/people/{tom.id}?office={OFFICE}")
    page.press("Let them answer live", reason="", until="").says("Give the reason", "Give the last day")
    assert page.status == 400
    page.press("Let them answer live", reason="Kept words", until="2025-01-01")
    assert page.status == 400
    page.says("There is a problem", "Kept words").says("Choose a last day")
    page.press("Let them answer live", reason="Two people are ill.", until="2026-11-30")
    assert "They may answer live until 30 November 2026." in page.banner
    page.says("May answer live.", "lets them without a certificate until 30 November 2026", "Two people are ill.")
    people = manager.go(f"/practice/trainer?office={OFFICE}").page
    row = next(one for one in people.all("tr") if "Tom Urgent" in one.text)
    assert "yes, a manager lets them" in plain(row.text)
    page = manager.go(f"/practice/trainer/people/{tom.id}?office={OFFICE}").press("End it now")
    assert "Ended" in page.banner
    page.says("May not answer live.", "ended")
    with database.read() as connection:
        actions = [one.action for one in audit.entries(connection, subject=("account", tom.id), limit=5)]
        (kept,) = connection.execute(
            sa.select(practice_override).where(practice_override.c.account_id == tom.id)
        ).mappings()
    assert actions[:2] == ["practice.override-ended", "practice.overridden"]
    assert kept["ended_at"] is not None


@pytest.mark.parametrize("certified", [True, False])
def test_what_decides_after_a_managers_leave_is_said_as_it_is(app, database, library, certified):
    mo, now = hired(app, "moderator"), app.extensions["clock"]()
    with database.write() as connection:
        if certified:  # it ended long ago
            certificates.give(connection, library.settings, mo.id, OFFICE, now - timedelta(days=900), 90)
    manager = person(app, "manager").go(f"/practice/trainer/people/{mo.id}?office={OFFICE}")
    manager.press("Let them answer live", reason="Two people are ill.", until="2026-11-30").press("End it now")
    assert manager.banner == f"Ended: the {'certificate decides again' if certified else 'course decides'}."


def test_the_audit_says_a_managers_leave_in_words(app):
    mo, manager = hired(app, "moderator"), person(app, "manager")
    page = manager.go(f"/practice/trainer/people/{mo.id}?office={OFFICE}")
    page.press("Let them answer live", reason="Two people are ill.", until="2026-11-30").press("End it now")
    own = f"/practice/trainer/people/{manager.client.account.id}?office={OFFICE}"
    manager.go(own).press("Let them answer live", reason="Nobody else is here.", until="2026-11-29")
    audit_page = person(app, "administrator").go("/admin/audit?action=practice.overridden")
    audit_page.says("until: 30 November 2026", "reason: Two people are ill.", "for: themselves")
    audit_page.says_not("override:", "own:", "2026-11-30")
    audit_page.go("/admin/audit?action=practice.override-ended").says("would have run until: 30 November 2026")
    audit_page.says_not("override:", "2026-11-30")


def test_what_is_asked_and_what_is_done_are_told_apart(app, library):
    tess = hired(app, full_name="Tess Keen")
    held = [one for one in library.course(OFFICE).scenarios["tone"] if not one.is_shift]
    own, hard = [one for one in held if one.office][:2], [one for one in held if one.level >= 3 and not one.office][:1]
    rest = [one for one in held if one not in (*own, *hard)][:4]
    for one in (*own, *hard, *rest):
        attempt(app, tess, one.id, "good")
    page = person(app).go(f"/practice/trainer/people/{tess.id}?office={OFFICE}")
    page.says("Tone: passed (5 needed, 7 done").says_not("7 of 5")


def test_scenarios_and_attempts_are_counted_apart(app, library):
    office = "leicestershire-police"
    for _ in range(3):
        attempt(app, hired(app, offices=(office,)), BLINK, "good", office)
    attempt(app, hired(app, offices=(office,)), CLOSE, "bad", office)
    answer = person(app, offices=(office,)).client.get(f"/practice/trainer/modules.csv?office={office}")
    columns, *rows = csv_files.read(answer.data)
    named = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    tone = named[library.modules[library.book[BLINK].module].title]
    wanted = len(library.course(office).scenarios[library.book[BLINK].module])
    counts = [tone[name] for name in ("Scenarios tried", "Of", "Attempts", "Attempts passed")]
    assert [int(one) for one in counts] == [1, wanted, 3, 3]


def test_a_trainer_who_is_no_manager_lets_nobody_through(app):
    tom = hired(app)
    me = person(app)
    me.go(f"/practice/trainer/people/{tom.id}").says_not("Let them answer live")
    answer = me.client.change(
        f"/practice/trainer/people/{tom.id}/override", office=OFFICE, reason="x", until="2026-11-30"
    )
    assert answer.status_code == 403


def test_a_manager_of_another_office_finds_nobody(app):
    tom = hired(app)
    away = person(app, "manager", (OTHER,))
    away.go("/practice/trainer")
    sent = {"office": OFFICE, "reason": "x", "until": "2026-11-30"}
    assert away.client.change(f"/practice/trainer/people/{tom.id}/override", **sent).status_code == 404
    assert away.client.change(f"/practice/trainer/people/{tom.id}/end-override", **sent).status_code == 404


# Objections


def test_an_objection_is_shown_with_all_that_it_is_about(app):
    tom = hired(app, full_name="Tom Objects")
    id_, _ = answered(app, tom, CLOSE, intent="complain_police", reply=f"Words of mine {MARKUP}")
    objection = object_to(app, tom, id_, "intent", f"Because {MARKUP}")
    me = person(app)
    me.go("/practice/trainer/objections").says("Tom Objects", "In case you've lost it again", "Waits")
    page = me.go(f"/practice/trainer/objections/{objection}")
    page.says("Everyone on Farlow Close knows", "What they answered", "What is right", "Because", "Words of mine")
    page.says("You read it as “Complaint about the police", "Why they object")
    page.says("<script>alert(1)</script> {{7*7}}")
    assert "<script>alert(1)" not in page.html
    for clause in ("Personal details", "Accusations against a person"):
        page.says(clause)


def test_upholding_lets_the_scenario_learn_and_marks_everybody_anew(app, library):
    scenario = "national/asking-as-a-taxpayer"
    right = library.book[scenario].messages[0].notice.intent
    wrong = next(one for one in library.packs.intents if one not in right)
    first, second = hired(app), hired(app)
    ids = [answered(app, one, scenario, intent=wrong)[0] for one in (first, second)]
    before = [percent(app, id_) for id_ in ids]
    objection = object_to(app, first, ids[0], "intent")
    page = person(app).go(f"/practice/trainer/objections/{objection}")
    page.press("Settle the objection", upheld="yes", words="You are right: it can be read so.")
    assert "2 attempts have a higher mark" in page.banner
    assert all(after > old for after, old in zip((percent(app, id_) for id_ in ids), before, strict=True))
    page.go(f"/practice/trainer/objections/{objection}").says("Upheld by", "is right too.", "You are right")
    assert "Settle the objection" not in page.buttons
    third = hired(app)
    assert answered(app, third, scenario, intent=wrong)[1].passed


def test_how_many_would_rise_is_counted_before_it_is_upheld(app, library):
    scenario = "national/drones-by-the-year"
    right = library.book[scenario].messages[0].notice.intent
    wrong, other = [one for one in library.packs.intents if one not in right][:2]
    first, second = hired(app), hired(app)
    ids = [answered(app, one, scenario, intent=wrong)[0] for one in (first, second, second)]
    answered(app, second, scenario, intent=other)
    before = [percent(app, id_) for id_ in ids]
    page = person(app).go(f"/practice/trainer/objections/{object_to(app, first, ids[0], 'intent')}")
    page.says("3 attempts of 2 people would rise, of 4 of 2 people in Cleveland PCC's office")
    page.says("In Cleveland PCC's office alone the scenario learns it")
    page.press("Count who would rise", upheld="yes", allow=[], words="Kept words")
    assert page.status == 200
    page.says("4 attempts of 2 people in Cleveland PCC's office are finished. Choose or write", "Kept words")
    assert [percent(app, id_) for id_ in ids] == before, "counting changes nothing"
    page.press("Count who would rise", allow=["0"]).says("3 attempts of 2 people would rise")
    page.press("Settle the objection")
    assert page.banner == (
        "Upheld: in Cleveland PCC's office the scenario has learnt it, and 3 attempts have a higher mark."
    )


def test_a_trainer_sees_what_earns_the_point_already(app, library):
    tom = hired(app)
    (task,) = library.book[CLOSE].messages
    point = next(one for one in task.points if one.says)
    id_, _ = answered(app, tom, CLOSE, reply="Nothing of that.")
    page = person(app).go(f"/practice/trainer/objections/{object_to(app, tom, id_, point.id)}")
    page.says("What earns this point already", *point.says)
    never = next(one for one in task.points if one.never)
    id_, _ = answered(app, tom, CLOSE, reply=f"We know {never.never[0]} <b>well</b>.")
    page = person(app).go(f"/practice/trainer/objections/{object_to(app, tom, id_, never.id)}")
    page.says("What must not stand", *never.never, f"They wrote: {never.never[0]}")


def test_declining_changes_no_mark_and_gives_the_answer_back(app):
    tom = hired(app)
    id_, _ = answered(app, tom, CLOSE, urgency="urgent")
    before = percent(app, id_)
    objection = object_to(app, tom, id_, "urgency")
    page = person(app).go(f"/practice/trainer/objections/{objection}")
    page.press("Settle the objection", upheld="no", allow=[], words="It can take its turn.")
    assert "Declined" in page.banner
    assert percent(app, id_) == before
    theirs = person(app, account=tom).go("/practice/objections")
    theirs.says("It can take its turn.")


def test_further_words_earn_a_point_from_then_on(app, library):
    point = next(one for one in library.book[CLOSE].messages[0].points if one.says)
    tom = hired(app)
    good = library.book[CLOSE].examples["good"][library.book[CLOSE].messages[0].key].reply
    reply = re.sub("|".join(re.escape(one) for one in point.says), "whisked off", good, flags=re.IGNORECASE)
    id_, found = answered(app, tom, CLOSE, reply=reply)
    assert not next(one for task in found.tasks for one in task.marks if one.id == point.id).met
    objection = object_to(app, tom, id_, point.id)
    page = person(app).go(f"/practice/trainer/objections/{objection}")
    page.press("Settle the objection", upheld="yes", words="Fair.")
    assert page.status == 400
    page.says("Choose what is allowed from now on", "Fair.")
    page.press("Settle the objection", upheld="yes", other_words="not in the reply at all", words="Fair.")
    assert page.status == 400
    page.says("would still be missed", "not in the reply at all")
    page.press("Settle the objection", upheld="yes", other_words="whisked off\n", words="Fair.")
    assert "higher mark" in page.banner
    page.go(f"/practice/trainer/scenarios/look/{CLOSE}").says("What it learnt from objections", "“whisked off” earns")
    page.press(f"Forget it: {point.why} “whisked off” earns the point too.")
    assert "forgotten" in page.banner
    page.says_not("whisked off")


def test_nobody_settles_their_own_and_nothing_is_settled_twice(app):
    own = hired(app, "approver")
    id_, _ = answered(app, own, CLOSE, urgency="urgent")
    objection = object_to(app, own, id_, "urgency")
    mine = person(app, account=own)
    mine.go("/practice/trainer/objections").says("your own: another trainer settles it")
    mine.go(f"/practice/trainer/objections/{objection}").says("Another trainer of the office settles it.")
    sent = {"upheld": "no", "words": "Mine."}
    assert mine.client.change(f"/practice/trainer/objections/{objection}", **sent).status_code == 409
    other = person(app)
    assert other.client.change(f"/practice/trainer/objections/{objection}", **sent).status_code == 302
    late = other.client.change(f"/practice/trainer/objections/{objection}", upheld="yes", allow="0", words="Again.")
    assert late.status_code == 409
    assert "settled already" in late.text


def test_an_objection_to_a_scenario_that_was_deleted_can_still_be_settled(app, library, database):
    writer = hired(app, "approver")
    kept = keep_own(app, writer, "Gone tomorrow")
    tom = hired(app)
    id_, found = answered(app, tom, kept.id, urgency="urgent")
    objection = object_to(app, tom, id_, "urgency")
    with database.write() as connection:
        writing.delete(connection, library, OFFICE, kept.name, writer, app.extensions["clock"](), kept.seen)
    page = person(app).go(f"/practice/trainer/objections/{objection}")
    page.says("The scenario is no longer there", "Everyone on Farlow Close knows")
    page.press("Settle the objection", upheld="yes", words="It is right all the same.")
    assert "one attempt has a higher mark" in page.banner
    assert percent(app, id_) > found.percent
    page.go("/practice/trainer").says_not("gone-tomorrow")
    page.go(f"/practice/trainer/people/{tom.id}").says("gone-tomorrow (deleted)")


# Scenarios of one's own


def keep_own(app, writer, title, like=CLOSE, office=OFFICE):
    library = app.extensions["practice"]
    outline = {**writing.outline(library.book[like]), "title": title}
    with app.extensions["database"].write() as connection:
        return writing.keep(
            connection, library, office, None, writing.as_yaml(outline), writer, app.extensions["clock"]()
        )


def test_the_list_is_filtered_by_module_level_clause_and_whose(app, library):
    me = person(app)
    everything = library.course(OFFICE)
    me.go(f"/practice/trainer/scenarios?office={OFFICE}").says("In case you've lost it again")
    clause = "national/foi-clock"
    me.go(f"/practice/trainer/scenarios?office={OFFICE}&clause={clause}&level=2")
    shown = {plain(one.text) for one in me.page.all("span", cls="row__kind")}
    wanted = {
        one.title
        for group in everything.scenarios.values()
        for one in group
        if clause in one.clauses and one.level == 2
    }
    assert shown == wanted
    me.go("/practice/trainer/scenarios?whose=own&module=pre-election").says("None fits")


def test_a_scenario_can_be_looked_at_whole(app):
    me = person(app)
    me.go(f"/practice/trainer/scenarios/look/{CLOSE}")
    me.says("What is right", "Points of the reply", "Must not stand:", "Good answer: 100 %, passes", "does not pass")
    me.go(f"/practice/trainer/scenarios/look/{TWELVE}").says("Message 12 of 12", "must be answered 1st")
    assert me.go(f"/practice/trainer/scenarios/look/{OTHER}/follow-us-back").status == 404
    assert me.go("/practice/trainer/scenarios/look/national/none").status == 404


def test_a_trainer_writes_one_in_the_form_and_another_takes_it_on(app, library):
    writer, other = person(app), person(app)
    page = writer.go(f"/practice/trainer/scenarios/new?office={OFFICE}&like={CLOSE}")
    page.press("Keep it", title="A close of our own")
    assert "is kept, on trial" in page.banner
    page.says("On trial", "Another trainer takes it on.", "Good answer: 100 %, passes")
    assert "Take it on" not in page.buttons
    id_ = f"{OWN}{OFFICE}/a-close-of-our-own"
    assert id_ not in library.held(OFFICE)
    page.follow("Try it as a trainee").says("A close of our own")
    page.press("Begin").says("What do you see?")
    other.go(f"/practice/trainer/scenarios?office={OFFICE}").says("A close of our own", "On trial")
    other.follow("A close of our own").press("Take it on")
    assert "the course counts it" in other.banner
    assert id_ in library.held(OFFICE)


def test_it_survives_its_form_whole(app, library):
    page = person(app).go(f"/practice/trainer/scenarios/new?like={CLOSE}").press("Keep it", title="Round and round")
    page.follow("Change it").press("Keep it")
    kept = library.book[f"{OWN}{OFFICE}/round-and-round"]
    (mine,), (given,) = kept.messages, library.book[CLOSE].messages
    assert (mine.text, mine.notice, mine.clauses, mine.points) == (
        given.text.strip(), given.notice, given.clauses, given.points,
    )  # fmt: skip
    assert set(mine.decide.may_tell) == set(given.decide.may_tell)
    assert (mine.decide.do, mine.decide.moderate) == (given.decide.do, given.decide.moderate)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_is_kept(app):
    page = person(app).go("/practice/trainer/scenarios/new").press("Keep it", title="X", text=f"Typed {MARKUP}")
    assert page.status == 400
    summary = page.page.one(cls="govuk-error-summary__list")
    targets = [one.attrs["href"].lstrip("#") for one in summary.all("a")]
    assert {"title", "module", "from", "clause-1", "intent", "good-do"} <= set(targets)
    ids = {one.attrs["id"] for one in page.page.all() if "id" in one.attrs}
    assert set(targets) <= ids
    assert page.page.one("textarea", id="text").text.strip() == f"Typed {MARKUP}"
    page.says("Give a title of 3 to 60 characters")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("clause-2", "national/nothing-like-it", "No policy has a clause “national/nothing-like-it”"),
        ("point1-clause", "nonsense", "No policy has a clause “nonsense”"),
        ("point1-facts", "the moon", "The office has no fact “the moon”"),
        ("point1-never", "never this", "Give either words or facts that earn it"),
        ("earlier", "Hello there", "Begin each post with “They:” or “We:”"),
        ("time", "25:99", "Give the time as hours and minutes"),
    ],
)
def test_a_fault_in_one_field_is_said_with_what_is_allowed(app, field, value, said):
    page = person(app).go(f"/practice/trainer/scenarios/new?like={CLOSE}").press("Keep it", **{field: value})
    assert page.status == 400
    page.says(said)


def test_answers_that_are_not_in_order_are_said_at_the_answer_with_their_marks(app):
    page = person(app).go(f"/practice/trainer/scenarios/new?like={CLOSE}")
    page.press("Keep it", **{"good-reply": "Go away.", "title": "Never kept"})
    assert page.status == 400
    page.says("The good answer", "it must pass", "How the three answers are marked")
    assert page.page.one("textarea", id="good-reply").attrs.get("aria-describedby")
    page.go("/practice/trainer/scenarios?whose=own").says_not("Never kept")


def test_checking_marks_the_answers_and_keeps_nothing(app):
    page = person(app).go(f"/practice/trainer/scenarios/new?like={CLOSE}")
    page.press("Check it", title="Only tried")
    assert page.status == 200
    page.says("How the three answers are marked", "Good answer: 100 %, passes", "the office’s own rules would draft")
    page.go("/practice/trainer/scenarios?whose=own").says_not("Only tried")


def test_a_check_that_finds_nothing_says_so_and_that_nothing_is_kept(app):
    page = person(app).go(f"/practice/trainer/scenarios/new?like={CLOSE}").press("Check it")
    page.says("All well", "Nothing is kept yet: press Keep it.").says_not("Where the key differs")
    assert "All well" not in page.press("Keep it", title="Kept without a word of that").html


def test_a_wrong_key_is_warned_of_and_can_be_kept_all_the_same(app):
    given = {"channel": "facebook-comment", "text": "Ring me on 07700 900418 about it", "flags": [], "may_flags": []}
    page = person(app).go(f"/practice/trainer/scenarios/new?like={CLOSE}").press("Check it", **given, moderate=["none"])
    assert page.status == 200
    page.says("Nothing stands in its way", "Look at these first", "“personal data” is neither asked for nor allowed")
    page.says("The office's policy has a step for this: hide it", "(“Mute, block, hide”").says_not("All well")
    page.press("Keep it", title="Warned of")
    assert "is kept, on trial" in page.banner
    other = person(app).go(f"/practice/trainer/scenarios/look/{OWN}{OFFICE}/warned-of")
    other.says("Where the key differs from the office’s own rules", "“personal data” is neither asked for nor allowed")
    assert other.html.index("Where the key differs") < other.html.index("Take it on")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("text", "Ring 07911 123456"), ("earlier", "They: ring 07911 123456"), ("good-reply", "Write to pat@gmail.com"),
        ("point1-says", "ring 07911 123456"), ("debrief", "They wrote from pat@gmail.com"), ("from", "pat@gmail.com"),
    ],
)  # fmt: skip
def test_what_could_be_somebodys_is_refused_at_its_field(app, field, words):
    page = person(app).go(f"/practice/trainer/scenarios/new?like={CLOSE}").press("Check it", **{field: words})
    assert page.status == 400
    targets = [one.attrs["href"] for one in page.page.one(cls="govuk-error-summary__list").all("a")]
    assert f"#{field}" in targets
    page.says("could be somebody's").says_not("All well", "Nothing stands in its way")


def test_in_a_file_it_is_refused_at_its_line(app):
    page = person(app).go(f"/practice/trainer/scenarios/new?like={TWELVE}")
    lines = page.page.one("textarea", id="text").text.split("\n")
    at = next(number for number, line in enumerate(lines) if line.strip().startswith("text: "))
    lines[at] = lines[at].partition("text: ")[0] + "text: ring 07911 123456"
    page.press("Keep it", text="\n".join(lines))
    assert page.status == 400
    page.says(f"Line {at + 1}: “07911 123456” could be somebody's number", "There it says: text: ring 07911")


def test_why_an_answer_does_not_pass_is_not_hidden(app, library):
    why = next(one for one in library.book[CLOSE].messages[0].points if one.says).why
    page = person(app).go(f"/practice/trainer/scenarios/new?like={CLOSE}")
    number = next(n for n in range(1, 9) if page.page.one("input", id=f"point{n}-why").attrs["value"] == why)
    page.press("Check it", **{f"point{number}-critical": ["yes"], "middling-reply": "No."})
    page.says(f"Whoever misses this one does not pass: {why}")
    page.press("Check it", **{"good-reply": "No."})
    page.says("The good answer misses a point that always counts: “")


def test_in_a_shift_each_part_of_its_page_has_a_name_of_its_own(app):
    page = person(app).go(f"/practice/trainer/scenarios/look/{TWELVE}?office={OFFICE}")
    named = [one.attrs["aria-labelledby"] for one in page.page.all("section") if "aria-labelledby" in one.attrs]
    names = [plain(page.page.one(id=one).text) for one in named]
    assert len(names) > 12 and len(names) == len(set(names))


def test_another_point_is_one_press_away(app):
    page = person(app).go("/practice/trainer/scenarios/new")
    before = len(page.page.all("fieldset", cls="point-block"))
    page.press("Add a point", title="Kept while adding")
    assert len(page.page.all("fieldset", cls="point-block")) == before + 1
    assert page.page.one("input", id="title").attrs["value"] == "Kept while adding"


def test_a_shift_is_written_as_a_file(app, library):
    page = person(app).go(f"/practice/trainer/scenarios/new?like={TWELVE}")
    text = page.page.one("textarea", id="text").text.replace("Twelve on a Saturday", "Twelve of our own")
    page.press("Keep it", text=text)
    assert "is kept, on trial" in page.banner
    assert library.book[f"{OWN}{OFFICE}/twelve-of-our-own"].is_shift
    page.follow("Change it").says("Change “Twelve of our own”")
    page.press("Keep it", text=text.replace("level: 5", "level: 7"))
    assert page.status == 400
    page.says("Line 3: “level” is 7; allowed is: 1, 2, 3, 4, 5", "There it says: level: 7")


def test_a_file_can_be_uploaded(app, library):
    me = person(app)
    me.go("/practice/trainer/scenarios/new?as=file")
    text = writing.as_yaml({**writing.outline(library.book[CLOSE]), "title": "Uploaded – ä"})

    def upload(content):
        form = {"csrf_token": me.client.token, "office": OFFICE, "deed": "keep", "text": "", "seen": ""}
        return me.client.post(
            "/practice/trainer/scenarios/new-file", data={**form, "file": (content, "x.yml")},
            content_type="multipart/form-data",
        )  # fmt: skip

    refused = upload(io.BytesIO(b"\xff\xfe\x00bad"))
    assert refused.status_code == 400 and "not text in UTF-8" in refused.text
    refused = upload(io.BytesIO(b"title: \x00\n"))
    assert refused.status_code == 400 and "does not allow" in refused.text
    done = upload(io.BytesIO(text.encode()))
    assert done.status_code == 302
    assert library.book[f"{OWN}{OFFICE}/uploaded-a"].title == "Uploaded – ä"


def test_two_trainers_at_once_do_not_undo_each_other(app):
    first, second = person(app), person(app)
    keep_own(app, first.client.account, "Shared work")
    address = f"/practice/trainer/scenarios/{OFFICE}/shared-work/edit"
    first.go(address)
    second.go(address).press("Keep it", debrief="The second was quicker.")
    first.press("Keep it", debrief="The first was slower.")
    assert first.status == 409
    first.says("Somebody changed this scenario while you were looking at it", "The first was slower.")
    second.go(f"/practice/trainer/scenarios/look/{OWN}{OFFICE}/shared-work").says("The second was quicker.")


def test_deleting_asks_once_and_names_it(app, library):
    me = person(app)
    kept = keep_own(app, me.client.account, "To be deleted")
    me.go(f"/practice/trainer/scenarios/look/{kept.id}").follow("Delete it")
    me.says("Delete “To be deleted”?", "can’t be brought back")
    assert kept.id in library.book, "asking deletes nothing"
    me.press("Delete it")
    assert "“To be deleted” is deleted." in me.banner
    assert kept.id not in library.book
    assert me.go(f"/practice/trainer/scenarios/{OFFICE}/to-be-deleted/edit").status == 404


def test_the_writer_cannot_take_it_on_by_hand_either(app, library):
    me = person(app)
    kept = keep_own(app, me.client.account, "By hand")
    me.go("/practice/trainer/scenarios")
    answer = me.client.change(f"/practice/trainer/scenarios/{OFFICE}/{kept.name}/take-on", seen=kept.seen)
    assert answer.status_code == 409
    assert "another trainer takes it on" in answer.text
    assert library.book[kept.id].on_trial


def test_another_offices_own_scenario_does_not_exist(app):
    away = hired(app, "approver", (OTHER,))
    kept = keep_own(app, away, "Theirs alone", office=OTHER, like=CLOSE)
    me = person(app)
    for path in (f"/practice/trainer/scenarios/look/{kept.id}", f"/practice/trainer/scenarios/{OTHER}/{kept.name}/edit",
                 f"/practice/trainer/scenarios/{OTHER}/{kept.name}/delete",
                 f"/practice/trainer/scenarios/new?like={kept.id}"):  # fmt: skip
        assert me.go(path).status == 404, path
    me.go("/practice/trainer/scenarios")
    for deed in ("take-on", "delete", "edit", "edit-file"):
        sent = me.client.change(f"/practice/trainer/scenarios/{OTHER}/{kept.name}/{deed}", seen=kept.seen, text="x")
        assert sent.status_code == 404
    me.says_not("Theirs alone")


def test_a_file_put_there_with_a_fault_is_named_with_it(app, library):
    folder = library.own_folder / OFFICE
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "by-hand-broken.yml"
    file.write_text("title: By hand\nmodule: tone\nlevel: 12\n")
    try:
        me = person(app).go("/practice/trainer/scenarios")
        me.says("by-hand-broken.yml", "can’t be read")
        me.follow("by-hand-broken.yml").says("The scenario, in YAML", "level: 12")
    finally:
        file.unlink()


# Shadowing


def test_a_trainee_answers_in_shadow_and_a_moderator_writes_back(app, desk, database):
    id_ = desk.message(f"Hello, who do I write to about a meeting? {MARKUP}", channel="x-dm")
    tom = hired(app, full_name="Tom Shadow")
    me = person(app, account=tom)
    me.go("/practice/shadow").says("Answer in shadow", "Hello, who do I write to")
    me.go(f"/practice/shadow/{id_}").says("Nothing you write here is sent.", "<script>alert(1)</script>")
    assert "<script>alert(1)" not in me.html
    assert desk.last(id_).action == "message.viewed"
    me.press("Hand in my answer").says("Say what it is", "Say how urgent it is", "Say what happens with it")
    assert me.status == 400
    mine = {"intent": "ask_question", "urgency": "routine", "do": "reply", "reply": "We promise to ring you. Canary."}
    me.press("Check my words", **mine).says("to mend", "promise", "Canary.")
    assert desk.all(sa.select(practice_draft).where(practice_draft.c.message_id == id_)) == [], "checking keeps nothing"
    me.press("Hand in my answer", **mine)
    assert "Nothing was sent" in me.banner
    me.says("Nobody has decided on this message yet.").says_not("The desk", "Not decided yet", "reading")
    me.press("Change my answer", reply="We promise to ring you soon. Canary.")
    moderator = person(app, "moderator")
    moderator.go("/practice/trainer/shadow").says("Tom Shadow").take("Tom Shadow")
    moderator.says("Their words", "Canary.", "No reply was sent yet", "Their answer; nobody has decided yet")
    moderator.says("The assistant’s reading, which nobody has checked").says_not("The desk", "Whether it is the same")
    moderator.press("Keep the comment", comment="").says("Write what was good")
    moderator.press("Keep the comment", comment=f"Leave the promise out. {MARKUP}")
    assert "they read it beside their answer" in moderator.banner
    me.go(f"/practice/shadow/{id_}").says("wrote,", "Leave the promise out.", "Canary.")
    assert not {"Hand in my answer", "Change my answer"} & set(me.buttons)
    me.says_not("reading, which nobody has checked")
    assert desk.outbox(id_) == []
    with database.read() as connection:
        said = " ".join(str(one.as_dict()) for one in audit.entries(connection, limit=50))
    assert "Canary" not in said and "promise" not in said


def test_the_words_that_were_sent_are_shown_only_after_ones_own(app, desk):
    id_ = desk.message("Hello, who do I write to about a stall?")
    desk.approve("moderator", id_, "Thank you. Sent words. Write to us.")
    desk.sent("moderator", id_)
    me = person(app, "trainee")
    me.go(f"/practice/shadow/{id_}").says_not("Sent words")
    me.press("Hand in my answer", intent="ask_question", urgency="routine", do="reply", reply="Thank you. Mine.")
    me.says("From your words to those that were sent by Mo Moderator", "Sent words.", "It stands as it is")
    assert not {"Hand in my answer", "Change my answer"} & set(me.buttons)
    sent = {"intent": "greet", "urgency": "routine", "do": "reply", "reply": "Copied. Sent words."}
    answer = me.client.change(f"/practice/shadow/{id_}", **sent)
    assert answer.status_code == 409 and "can’t be changed any more" in answer.text.replace("&#39;", "’")
    assert "Copied" not in answer.text


def test_what_may_not_be_shadowed_is_not_found(app, desk):
    danger = desk.message("He has a knife and he is breaking in")
    elsewhere = desk.message("Hello, who do I write to?", office=OTHER)
    me = person(app, "trainee")
    me.go("/practice/shadow").says_not("knife")
    for id_ in (danger, elsewhere, 10**9, 10**20):
        assert me.go(f"/practice/shadow/{id_}").status == 404
    for id_ in (danger, elsewhere):
        for address in (f"/practice/shadow/{id_}", f"/practice/shadow/{id_}/check"):
            assert me.client.change(address, intent="greet").status_code == 404
    assert desk.last(danger).action != "message.viewed"


def test_nobody_compares_their_own_or_anothers_office(app, desk):
    id_ = desk.message("Hello, who do I write to about the fair?", channel="x-dm")
    moderator = hired(app, "moderator")
    me = person(app, account=moderator)
    me.go(f"/practice/shadow/{id_}")
    me.press("Hand in my answer", intent="ask_question", urgency="routine", do="no_reply")
    (draft,) = desk.all(sa.select(practice_draft).where(practice_draft.c.message_id == id_))
    away = person(app, "moderator", (OTHER,))
    away.go("/practice/trainer/shadow")
    for who in (me, away):
        assert who.go(f"/practice/trainer/shadow/{draft['id']}").status == 404
        assert who.client.change(f"/practice/trainer/shadow/{draft['id']}", comment="Mine.").status_code == 404


def test_a_message_that_became_danger_meanwhile_is_not_begun_with(app, desk):
    id_ = desk.message("Hello, who do I write to about noise?", channel="x-dm")
    me = person(app, "trainee").go(f"/practice/shadow/{id_}")
    desk.do(decisions.correct, "moderator", id_, None, "alarm")
    me.press("Hand in my answer", intent="ask_question", urgency="routine", do="no_reply")
    assert me.status == 404
    assert desk.all(sa.select(practice_draft).where(practice_draft.c.message_id == id_)) == []


# All pages


def test_no_words_stand_in_an_address(app, desk):
    me = person(app, "approver")
    kept = keep_own(app, me.client.account, "Words of a title")
    me.go(f"/practice/trainer/scenarios/{OFFICE}/{kept.name}/edit").press("Keep it", text="Canary of a message")
    assert not any("anary" in address for address in me.addresses)


def test_an_account_without_an_office_is_told_so(app):
    me = person(app, "approver", (OFFICE,))
    with app.extensions["database"].write() as connection:
        connection.execute(sa.delete(account_office).where(account_office.c.account_id == me.client.account.id))
    for path in ("/practice/trainer", "/practice/trainer/scenarios"):
        me.go(path).says("Your account has no office yet")
    me.go("/practice/trainer/objections").says("No objection waits")
    me.go("/practice/shadow").says("nothing to shadow")
    assert me.go("/practice/trainer/scenarios/new").status == 404
    assert me.go("/practice/trainer/people.csv").status == 404


def test_the_numbers_beside_the_places_say_what_waits_for_oneself(app, desk):
    me = person(app, offices=("leicestershire-police",))
    me.go("/practice/trainer/objections")
    assert "Objections (" not in me.words
    tom = hired(app, offices=("leicestershire-police",))
    id_, _ = answered(app, tom, CLOSE, office="leicestershire-police", urgency="urgent")
    object_to(app, tom, id_, "urgency")
    me.go("/practice/trainer").says("Objections (1)")


def test_old_attempts_are_dated_as_people_say_it(app):
    tess = hired(app, full_name="Tess Dated")
    clock = app.extensions["clock"]
    clock.forward(days=-3)
    try:
        attempt(app, tess)
    finally:
        clock.forward(days=3)
    person(app).go(f"/practice/trainer/people/{tess.id}").says("Tue 1")
