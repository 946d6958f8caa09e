"""A scenario is changed, deleted or can't be read any more: what somebody answered stays what they answered."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from desk_support import NOW, database, sqlite_database
from practice_support import OFFICE, SMALL, library, library_with, person, practise
from practice_trainee import Trainee

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import account_for, console

from responder.desk.decisions import Refused
from responder.practice import attempts, finishing, insight, keeping, objections, progress, versions, writing
from responder.practice.library import Library
from responder.practice.marking import Allowance
from responder.practice.scenarios import Answer
from responder.practice.tables import practice_attempt, practice_version

__all__ = ["database", "sqlite_database"]  # fixtures
KETTLE = f"own-{OFFICE}/kettle"
FIRST = SMALL.replace("facebook-dm", "facebook-comment")
SECOND = (
    FIRST.replace("title: A kettle", "title: A teapot")
    .replace("Is the kettle on?", "You are all teapots")
    .replace("key: kettle", "key: teapot")
    .replace("    kettle: {", "    teapot: {")
    .replace("decide: {do: [reply]}", "decide: {do: [no_reply], moderate: [hide]}")
)
_numbers = itertools.count(1)
RIGHT = Answer("ask_question", "routine", (), "reply", (), "none", "It is on.")


@pytest.fixture
def shelf(tmp_path):
    """The library, with a kettle of the office's own."""
    made = library_with(tmp_path / "practice")
    made.keep_own(OFFICE, "kettle", FIRST)
    return made


def afresh(shelf):
    """The same library as a new process reads it."""
    return library_with(shelf.own_folder)


def begin(database, shelf, who, scenario=KETTLE):
    with database.write() as connection:
        return attempts.begin(connection, shelf, who, OFFICE, scenario, NOW)


def finish(database, shelf, who, attempt_id, key="kettle", given=RIGHT):
    with database.write() as connection:
        attempts.answer(connection, shelf, who, attempt_id, key, given, NOW)
        return finishing.finish(connection, shelf, who, attempt_id, NOW)


def at(database, attempt_id):
    with database.read() as connection:
        return attempts.get(connection, attempt_id)


def result(database, shelf, attempt_id):
    with database.read() as connection:
        return finishing.result(connection, shelf, attempts.get(connection, attempt_id))


def scenario(database, shelf, attempt_id):
    with database.read() as connection:
        return attempts.scenario_of(connection, shelf, attempts.get(connection, attempt_id))


def state(shelf, attempt):
    return versions.state(shelf, attempt.scenario, attempt.version)


def spoil(database, attempt_id, text="title: Of another product\n"):
    """What a version holds can't be read by this loader."""
    with database.write() as connection:
        here = practice_version.c.digest == at(database, attempt_id).version
        connection.execute(sa.update(practice_version).where(here).values(text=text))


def test_what_was_answered_stays_what_was_answered(database, shelf):
    tom, tess = person(database, "tom"), person(database, "tess")
    old = begin(database, shelf, tom)
    before = finish(database, shelf, tom, old)
    stored = at(database, old)
    assert state(shelf, stored) == "same"
    shelf.keep_own(OFFICE, "kettle", SECOND)
    for books in (shelf, afresh(shelf)):
        assert state(books, stored) == "changed"
        assert scenario(database, books, old).messages[0].text == "Is the kettle on?"
        assert scenario(database, books, old).id == KETTLE
        assert result(database, books, old) == before
        assert at(database, old) == stored
    new = begin(database, shelf, tess)
    assert scenario(database, shelf, new).messages[0].text == "You are all teapots"
    assert state(shelf, at(database, new)) == "same"
    again = begin(database, shelf, tom)
    assert scenario(database, shelf, again).messages[0].text == "You are all teapots"


def test_what_is_begun_is_gone_on_with_in_its_own_version(database, shelf):
    tom = person(database, "tom")
    begun = begin(database, shelf, tom)
    shelf.keep_own(OFFICE, "kettle", SECOND)
    assert begin(database, shelf, tom) == begun
    found = finish(database, afresh(shelf), tom, begun)
    assert (found.percent, found.passed) == (100, True)
    assert [task.key for task in found.tasks] == ["kettle"]


def test_what_is_begun_is_gone_on_with_when_it_is_deleted(database, shelf):
    tom = person(database, "tom")
    begun = begin(database, shelf, tom)
    assert shelf.drop_own(OFFICE, "kettle")
    assert finish(database, shelf, tom, begun).passed
    assert state(shelf, at(database, begun)) == "gone"
    assert all(mark.why for mark in result(database, afresh(shelf), begun).marks)
    with pytest.raises(Refused):
        begin(database, shelf, tom)


def test_a_version_is_stored_once(database, shelf):
    people = [person(database, f"t{number}") for number in range(4)]
    ready, begun = Barrier(4), []

    def window(who):
        ready.wait()
        begun.append(begin(database, shelf, who))

    threads = [Thread(target=window, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(begun)) == 4
    with database.read() as connection:
        assert connection.execute(sa.select(practice_version.c.text)).scalars().all() == [FIRST]


def test_a_shipped_scenario_is_kept_too(sqlite_database, tmp_path):
    tom, id_ = person(sqlite_database, "tom"), "national/blink-twice"
    old = practise(sqlite_database, tom, id_, "bad")
    before = result(sqlite_database, library(), old)
    shared = library()
    later = Library(
        shared.packs, {**shared.given, id_: shared.given["national/on-the-latch"]}, shared.modules, shared.settings,
        shared.words, tmp_path,
    )  # fmt: skip
    assert state(later, at(sqlite_database, old)) == "changed"
    assert result(sqlite_database, later, old) == before


def test_being_on_trial_is_no_other_version(sqlite_database, shelf):
    ann, art, tom = (person(sqlite_database, *who) for who in (("ann", "approver"), ("art", "approver"), ("tom",)))
    with sqlite_database.write() as connection:
        text = writing.as_yaml(writing.outline(library().book["national/farlow-close"]))
        kept = writing.keep(connection, shelf, OFFICE, None, text, ann, NOW)
    made = begin(sqlite_database, shelf, tom, kept.id)
    with sqlite_database.write() as connection:
        writing.take_on(connection, shelf, OFFICE, kept.name, art, NOW, kept.seen)
    assert not shelf.book[kept.id].on_trial
    assert state(shelf, at(sqlite_database, made)) == "same"


def test_an_attempt_from_before_counts_as_one_of_today(database, shelf):
    tom = person(database, "tom")
    old = begin(database, shelf, tom)
    finish(database, shelf, tom, old)
    with database.write() as connection:
        connection.execute(sa.update(practice_attempt).values(version=None))
    assert state(shelf, at(database, old)) == "same"
    assert result(database, shelf, old).passed
    shelf.drop_own(OFFICE, "kettle")
    assert state(shelf, at(database, old)) == "gone"
    with pytest.raises(Refused):
        result(database, shelf, old)


def test_where_a_version_cannot_be_read_the_stored_marks_stand(database, shelf):
    tom = person(database, "tom")
    old = begin(database, shelf, tom)
    before = finish(database, shelf, tom, old, given=Answer(do="no_reply"))
    spoil(database, old)
    shelf.keep_own(OFFICE, "kettle", SECOND)
    books, kept = afresh(shelf), at(database, old)
    with pytest.raises(Refused):
        result(database, books, old)
    again = finishing.stored(kept, before.needed)
    assert finishing.as_rows(again) == list(kept.marks)
    assert (again.percent, again.passed, again.failed_critical) == (kept.percent, kept.passed, kept.critical_missed)
    assert not any(mark.why for mark in again.marks)


def test_what_cannot_be_gone_on_with_is_begun_anew(database, shelf):
    tom = person(database, "tom")
    old = begin(database, shelf, tom)
    with database.write() as connection:
        keeping.keep(connection, tom, old, "kettle", Answer(intent="greet"))
    spoil(database, old)
    shelf.keep_own(OFFICE, "kettle", SECOND)
    books = afresh(shelf)
    new = begin(database, books, tom)
    assert new != old
    assert at(database, old).state == attempts.SKIPPED
    assert scenario(database, books, new).messages[0].key == "teapot"
    with database.read() as connection:
        assert keeping.kept(connection, old) == {}


def objected(database, shelf, who, attempt_id, mark, key="kettle"):
    with database.write() as connection:
        return objections.object_to(connection, shelf, who, attempt_id, key, mark, "Why?", NOW)


def settled(database, shelf, trainer, objection, *allowed):
    with database.write() as connection:
        return objections.settle(connection, shelf, trainer, objection, True, "Yes.", allowed, NOW)


def test_objections_are_about_the_version_that_was_answered(database, shelf):
    tom, tim, ann = person(database, "tom"), person(database, "tim"), person(database, "ann", "approver")
    wrong = Answer(**{**vars(RIGHT), "intent": "greet"})
    mine, theirs = begin(database, shelf, tom), begin(database, shelf, tim)
    for who, attempt_id in ((tom, mine), (tim, theirs)):
        finish(database, shelf, who, attempt_id, given=wrong)
    third = SECOND.replace("teapot: {", "kettle: {").replace("key: teapot", "key: kettle")
    shelf.keep_own(OFFICE, "kettle", third)
    later = begin(database, shelf, tim)
    hides = Answer("greet", "routine", (), "no_reply", (), "hide")
    assert not met(finish(database, shelf, tim, later, given=hides), "intent")
    before = {attempt_id: at(database, attempt_id).percent for attempt_id in (mine, theirs, later)}
    objection = objected(database, shelf, tom, mine, "intent")
    assert settled(database, shelf, ann, objection, Allowance("kettle", "intent", "greet")) == 3
    for attempt_id, percent in before.items():
        assert at(database, attempt_id).percent > percent
        assert met(result(database, shelf, attempt_id), "intent"), "wherever there is the mark"
    assert met(result(database, shelf, mine), "do"), "marked by what it was begun with"


def met(found, mark):
    return next(one.met for one in found.marks if one.id == mark)


def test_what_cannot_be_read_keeps_its_marks_and_stands_in_nobodys_way(database, shelf):
    tom, tim, ann = person(database, "tom"), person(database, "tim"), person(database, "ann", "approver")
    wrong = Answer(**{**vars(RIGHT), "intent": "greet"})
    old = begin(database, shelf, tom)
    finish(database, shelf, tom, old, given=wrong)
    waits = objected(database, shelf, tom, old, "intent")
    spoil(database, old)
    shelf.keep_own(OFFICE, "kettle", FIRST.replace("Is the kettle on?", "Is it on?"))
    books, kept = afresh(shelf), at(database, old)
    new = begin(database, books, tim)
    finish(database, books, tim, new, given=wrong)
    objection = objected(database, books, tim, new, "intent")
    assert settled(database, books, ann, objection, Allowance("kettle", "intent", "greet")) == 1
    assert at(database, old) == kept
    with pytest.raises(Refused):
        objected(database, books, tom, old, "urgency")
    with pytest.raises(Refused):
        settled(database, books, ann, waits)
    with database.write() as connection:
        assert progress.settle(connection, books, ann, waits, False, "It is gone.", (), NOW) == 0


def test_only_marks_of_what_is_there_today_say_something_about_it(database, shelf):
    tom, tim, ann = person(database, "tom"), person(database, "tim"), person(database, "ann", "approver")
    wrong = Answer(**{**vars(RIGHT), "intent": "greet"})
    old = begin(database, shelf, tom)
    finish(database, shelf, tom, old, given=wrong)
    settled(database, shelf, ann, objected(database, shelf, tom, old, "intent"), Allowance("kettle", "intent", "greet"))
    practise(database, tim, "national/blink-twice", "bad")

    def told():
        with database.read() as connection:
            found = insight.counted(insight.attempts(connection, (OFFICE,)), shelf.book)
            rows = insight.by_scenario(connection, found, shelf.settings, shelf.book)
        counts = {row.scenario: (row.tried, row.upheld) for row in rows}
        return counts, {row.clause for row in insight.by_clause(found)}

    blink = "national/blink-twice"
    counts, clauses = told()
    assert counts == {KETTLE: (1, 1), blink: (1, 0)}
    shelf.keep_own(OFFICE, "kettle", SECOND)
    assert told() == ({blink: (1, 0)}, clauses - {"national/questions"})
    new = begin(database, shelf, tim)
    finish(database, shelf, tim, new, key="teapot")
    counts, clauses = told()
    assert counts == {KETTLE: (1, 0), blink: (1, 0)}, "the objection was to what stood there before"
    assert "national/questions" in clauses
    shelf.keep_own(OFFICE, "kettle", f'trial: ["ann"]\n{SECOND}')
    assert told()[0] == {blink: (1, 0)}
    shelf.drop_own(OFFICE, "kettle")
    assert told()[0] == {blink: (1, 0)}


# Pages


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"))


@pytest.fixture
def own(app):
    """The application's library, with a kettle that no other test has."""
    books = app.extensions["practice"]
    books.keep_own(OFFICE, "kettle", FIRST.replace("Kettles matter.", f"Kettle {next(_numbers)} matters."))
    yield books
    books.drop_own(OFFICE, "kettle")


def somebody(app, role="trainee", offices=(OFFICE,)):
    return Trainee(app.test_client(account=account_for(app, role, offices)))


def answered(app, me, given=RIGHT):
    """Answer the kettle by the pages; the number of the attempt."""
    me.begin(KETTLE).answer(given)
    with app.extensions["database"].read() as connection:
        newest, *_ = attempts.attempts_of(connection, me.client.account.id, OFFICE)
    return newest.id


def test_a_trainee_reads_what_they_answered(app, own):
    me = somebody(app)
    id_ = answered(app, me, Answer(**{**vars(RIGHT), "urgency": "urgent"}))
    me.says("Is the kettle on?").says_not("changed since", "no longer there")
    own.keep_own(OFFICE, "kettle", SECOND)
    me.go(f"/practice/attempts/{id_}/feedback")
    me.says("A kettle", "Is the kettle on?", "The scenario has been changed since; this is what you answered.")
    me.says_not("teapot", "hide it").object_to(0).says("A kettle").press("Send the objection", words="I see it so.")
    me.go(f"/practice/attempts/{id_}/feedback").press("Try it again").says("You are all teapots")
    own.drop_own(OFFICE, "kettle")
    me.go(f"/practice/attempts/{id_}/feedback")
    me.says("Is the kettle on?", "The scenario is no longer there; this is what you answered.")
    assert "Try it again" not in me.buttons
    me.go("/practice/objections").says("I see it so.")


def test_a_trainee_goes_on_with_what_they_began(app, own):
    me = somebody(app)
    me.begin(KETTLE).press("Continue", intent="ask_question", urgency="routine")
    own.keep_own(OFFICE, "kettle", SECOND)
    me.press("Continue", do="reply").says("Is the kettle on?").press("Hand in", reply="It is on.")
    me.says("Passed, 100 %", "The scenario has been changed since")


def spoilt(app, own, id_):
    """A later version of the product, which can't read what an attempt was begun with."""
    spoil(app.extensions["database"], id_)
    own.keep_own(OFFICE, "kettle", SECOND)


def test_what_cannot_be_read_any_more_is_said_and_the_marks_stand(app, own):
    me, trainer = somebody(app), somebody(app, "approver")
    id_ = answered(app, me, Answer(**{**vars(RIGHT), "urgency": "urgent", "reply": "A canary is on."}))
    with app.extensions["database"].write() as connection:
        objection = objections.object_to(
            connection, own, me.client.account, id_, "kettle", "urgency", "Why?", app.extensions["clock"]()
        )
    spoilt(app, own, id_)
    me.go(f"/practice/attempts/{id_}/feedback").says("The scenario can’t be shown any more", "without their sentences")
    me.says("Missed: How urgent it is.", "Met: What it is.", "A canary is on.", "What you answered")
    assert me.go(f"/practice/attempts/{id_}/object?key=kettle&mark=urgency").status == 404
    me.go("/practice/objections").says("Why?")
    trainer.go(f"/practice/trainer/attempts/{id_}")
    trainer.says("The scenario can’t be shown any more", "Missed: How urgent it is.", "What they answered", "A canary")
    trainer.go(f"/practice/trainer/objections/{objection}").says("The scenario can’t be shown any more")
    trainer.press("Settle the objection", upheld="no", words="It is gone.")
    assert "Declined" in trainer.banner


def test_what_was_begun_and_cannot_be_read_any_more_is_no_error(app, own):
    me = somebody(app)
    me.begin(KETTLE)
    with app.extensions["database"].read() as connection:
        (begun,) = attempts.attempts_of(connection, me.client.account.id, OFFICE)
    spoilt(app, own, begun.id)
    me.go(f"/practice/attempts/{begun.id}")
    assert me.banner.startswith("This scenario can't be shown any more.")
    me.go(f"/practice/{KETTLE}").press("Go on").says("You are all teapots")


def test_a_trainer_reads_a_finished_attempt_and_changes_nothing(app, own):
    me, trainer = somebody(app), somebody(app, "approver")
    given = Answer("ask_question", "urgent", ("link",), "reply", ("commissioner",), "hide", "It is on.")
    id_ = answered(app, me, given)
    who = me.client.account
    trainer.go(f"/practice/trainer/people/{who.id}?office={OFFICE}").follow("A kettle")
    assert trainer.addresses[-1].endswith(f"/practice/trainer/attempts/{id_}")
    trainer.says(who.full_name, "A kettle", "Is the kettle on?", "It is on.", "What they did", "Missed:")
    trainer.says("How urgent", "Marked", "Told", "Hide")
    trainer.says_not("Object to this mark", "What you did", "Try it again", "Your answer")
    assert [one for one in trainer.page.all("form") if "sign-out" not in one.attrs["action"]] == []
    own.keep_own(OFFICE, "kettle", SECOND)
    shown = trainer.go(f"/practice/trainer/attempts/{id_}")
    shown.says("Is the kettle on?", "The scenario has been changed since; this is what they answered.")
    trainer.go(f"/practice/trainer/people/{who.id}?office={OFFICE}").says("(changed since)")
    own.drop_own(OFFICE, "kettle")
    shown = trainer.go(f"/practice/trainer/attempts/{id_}")
    shown.says("Is the kettle on?", "The scenario is no longer there; this is what they answered.")
    trainer.go(f"/practice/trainer/people/{who.id}?office={OFFICE}").says("kettle (deleted)")


def test_a_trainer_reads_no_open_attempt_and_none_of_another_office(app, own):
    me, trainer, away = somebody(app), somebody(app, "approver"), somebody(app, "approver", ("north-wales-opcc",))
    id_ = answered(app, me)
    me.begin(KETTLE)
    with app.extensions["database"].read() as connection:
        begun, _ = attempts.attempts_of(connection, me.client.account.id, OFFICE)
    assert begun.state == attempts.OPEN
    assert trainer.go(f"/practice/trainer/attempts/{begun.id}").status == 404
    me.press("Leave it for now")
    skipped = begun.id
    with app.extensions["database"].write() as connection:
        attempts.skip(connection, me.client.account, skipped, app.extensions["clock"]())
    assert trainer.go(f"/practice/trainer/attempts/{skipped}").status == 404
    assert trainer.go(f"/practice/trainer/attempts/{10**9}").status == 404
    assert trainer.go(f"/practice/trainer/attempts/{10**20}").status == 404
    assert away.go(f"/practice/trainer/attempts/{id_}").status == 404
    assert me.go(f"/practice/trainer/attempts/{id_}").status == 403
    assert trainer.go(f"/practice/trainer/attempts/{id_}").status == 200


def test_a_shift_is_read_message_by_message(app, own, monkeypatch):
    me, trainer, books = somebody(app), somebody(app, "approver"), own
    twelve, now = "national/saturday-twelve", app.extensions["clock"]()
    with app.extensions["database"].write() as connection:
        id_ = attempts.begin(connection, books, me.client.account, OFFICE, twelve, now)
        for key, given in books.book[twelve].examples["middling"].items():
            attempts.answer(connection, books, me.client.account, id_, key, given, now)
        finishing.finish(connection, books, me.client.account, id_, now)
    trainer.go(f"/practice/trainer/attempts/{id_}").says("Message by message", "What they did")
    monkeypatch.setattr(books, "given", {id_: one for id_, one in books.given.items() if id_ != twelve})
    spoilt(app, own, id_)
    trainer.go(f"/practice/trainer/attempts/{id_}")
    me.go(f"/practice/attempts/{id_}/feedback")
    for reader in (trainer, me):
        reader.says("The scenario can’t be shown any more", "Message 12", "What came first.")


def test_an_objection_shows_the_message_that_was_answered(app, own):
    me, trainer = somebody(app), somebody(app, "approver")
    id_ = answered(app, me, Answer(**{**vars(RIGHT), "urgency": "urgent"}))
    with app.extensions["database"].write() as connection:
        objection = objections.object_to(
            connection, own, me.client.account, id_, "kettle", "urgency", "Why?", app.extensions["clock"]()
        )
    own.keep_own(OFFICE, "kettle", SECOND)
    trainer.go(f"/practice/trainer/objections/{objection}")
    trainer.says("Is the kettle on?", "changed since; this is what they answered").says_not("teapots")
    own.drop_own(OFFICE, "kettle")
    trainer.go(f"/practice/trainer/objections/{objection}").says("Is the kettle on?", "no longer there")
    trainer.press("Settle the objection", upheld="yes", words="You are right.")
    assert "Upheld" in trainer.banner
    with app.extensions["database"].read() as connection:
        assert attempts.get(connection, id_).percent == 100
