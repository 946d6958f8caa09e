"""Who has done what: attempts, what comes back, objections and certificates, in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from desk_support import NOW, database, packs, sqlite_database
from hypothesis import given
from hypothesis import strategies as st
from practice_support import OFFICE, SMALL, library, library_with, pass_course, person, practise, short_course

from responder.desk import audit
from responder.desk.decisions import Conflict, Refused
from responder.errors import BadInput
from responder.practice import courses, objections, progress
from responder.practice.attempts import LONGEST_REPLY
from responder.practice.finishing import boxed
from responder.practice.marking import Allowance
from responder.practice.scenarios import Answer
from responder.practice.tables import practice_attempt, practice_box

__all__ = ["database", "sqlite_database"]

OTHER = "north-wales-opcc"
BIKE, BINS = "national/bike-off-the-railings", "national/van-gone-overnight"
SHIFT = "national/saturday-twelve"
STEPS = (1, 3, 7, 16, 35)
TODAY = NOW.date()
CANARY = "wombat"


def only_key(scenario):
    (task,) = library().book[scenario].messages
    return task.key


def begin(database, account, scenario=BIKE, now=NOW, **more):
    with database.write() as connection:
        return progress.begin(connection, library(), account, OFFICE, scenario, now, **more)


def answer(database, account, attempt_id, key, answer, now=NOW):
    with database.write() as connection:
        progress.answer(connection, library(), account, attempt_id, key, answer, now)


def finish(database, account, attempt_id, now=NOW, books=None):
    with database.write() as connection:
        return progress.finish(connection, books or library(), account, attempt_id, now)


def attempt_of(database, attempt_id):
    with database.read() as connection:
        return progress.get(connection, attempt_id)


def lines(database, action=None):
    with database.read() as connection:
        found = audit.entries(connection, action=action, limit=1_000)
    return [one for one in found if one.action.startswith("practice.")]


def objects(database, account, attempt_id, mark, key=None, words="Why?", now=NOW):
    with database.write() as connection:
        where = only_key(BIKE) if key is None else key
        return progress.object_to(connection, library(), account, attempt_id, where, mark, words, now)


def settles(database, trainer, objection_id, upheld=True, allowance=(), words="Because.", now=NOW, books=None):
    with database.write() as connection:
        return progress.settle(connection, books or library(), trainer, objection_id, upheld, words, allowance, now)


# An attempt


def test_an_attempt_that_is_open_is_gone_on_with(database):
    one = person(database, "tom")
    first = begin(database, one)
    assert begin(database, one) == first
    assert begin(database, person(database, "tim")) != first
    finish(database, one, first)
    assert begin(database, one) != first
    assert [line.action for line in lines(database)].count("practice.begun") == 3


def test_two_windows_begin_the_same_attempt(database):
    one, begun, ready = person(database, "tom"), [], Barrier(2)

    def window():
        ready.wait()
        begun.append(begin(database, one))

    threads = [Thread(target=window) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 2
    assert len(set(begun)) == 1


def test_only_what_the_course_holds_is_practised(sqlite_database):
    one = person(sqlite_database, "tom")
    for office, scenario in ((OFFICE, "north-wales-opcc/add-me-on-whatsapp"), (OFFICE, "national/none"), (OTHER, BIKE)):
        with pytest.raises(Refused), sqlite_database.write() as connection:
            progress.begin(connection, library(), one, office, scenario, NOW)


def test_nobody_sees_or_changes_another_s_attempt(sqlite_database):
    one, other = person(sqlite_database, "tom"), person(sqlite_database, "tim", "administrator")
    attempt_id = begin(sqlite_database, one)
    with sqlite_database.read() as connection:
        assert progress.open_attempt(connection, one, attempt_id) is not None
        assert progress.open_attempt(connection, other, attempt_id) is None
        assert progress.own_attempt(connection, other, attempt_id) is None
    for change in (progress.pause, progress.resume, progress.skip):
        with pytest.raises(Refused), sqlite_database.write() as connection:
            change(connection, other, attempt_id, NOW)
    with pytest.raises(Refused):
        answer(sqlite_database, other, attempt_id, only_key(BIKE), Answer())
    with pytest.raises(Refused):
        finish(sqlite_database, other, attempt_id)


def test_an_answer_stands_and_the_order_is_kept(database):
    one = person(database, "tom")
    attempt_id = begin(database, one, SHIFT)
    twice = Answer(do="reply", flags=("vulnerable", "vulnerable"), reply="a\r\nb")
    answer(database, one, attempt_id, "bill", twice)
    answer(database, one, attempt_id, "robot", Answer(do="no_reply"))
    with pytest.raises(Conflict):
        answer(database, one, attempt_id, "bill", Answer(do="no_reply"))
    found = attempt_of(database, attempt_id)
    assert found.order == ("bill", "robot")
    assert found.answers["bill"] == Answer(do="reply", flags=("vulnerable",), reply="a\nb")
    assert len(found.left(library().book[SHIFT])) == 10


@pytest.mark.parametrize(
    "given",
    [
        Answer(intent="kettle"), Answer(urgency="soon"), Answer(do="answer"), Answer(flags=("sad",)),
        Answer(tell=("my-boss",)), Answer(moderate="burn"), Answer(reply="a" * (LONGEST_REPLY + 1)),
    ],
    ids=repr,
)  # fmt: skip
def test_an_answer_names_only_what_there_is(sqlite_database, given):
    one = person(sqlite_database, "tom")
    attempt_id = begin(sqlite_database, one)
    with pytest.raises(BadInput):
        answer(sqlite_database, one, attempt_id, only_key(BIKE), given)
    with pytest.raises(BadInput):
        answer(sqlite_database, one, attempt_id, "no such message", Answer())
    assert attempt_of(sqlite_database, attempt_id).answers == {}


def test_a_pause_stops_the_clock(database):
    one = person(database, "tom")
    attempt_id = begin(database, one, SHIFT, timed=True)

    def after(minutes, change=None):
        with database.write() as connection:
            if change:
                change(connection, one, attempt_id, NOW + timedelta(minutes=minutes))
        found = attempt_of(database, attempt_id)
        return progress.seconds_left(found, library(), library().book[SHIFT], NOW + timedelta(minutes=minutes)) // 60

    assert after(0) == 36  # twelve messages of three minutes each
    assert after(10, progress.pause) == 26
    assert after(20, progress.pause) == 26
    with pytest.raises(Conflict):
        answer(database, one, attempt_id, "bill", Answer(), NOW + timedelta(minutes=20))
    assert after(30, progress.resume) == 26
    assert after(31, progress.resume) == 25
    assert after(120) == 0
    answer(database, one, attempt_id, "bill", Answer(), NOW + timedelta(minutes=60))  # late, and it counts
    finish(database, one, attempt_id, NOW + timedelta(minutes=65))
    assert attempt_of(database, attempt_id).seconds == 45 * 60


def test_nothing_is_told_before_the_answer(sqlite_database):
    one = person(sqlite_database, "tom")
    attempt_id = begin(sqlite_database, one)
    with pytest.raises(Refused, match="isn't finished yet"), sqlite_database.read() as connection:
        progress.result(connection, library(), attempt_of(sqlite_database, attempt_id))
    assert attempt_of(sqlite_database, attempt_id).marks == ()


@pytest.mark.parametrize("quality", ["good", "middling", "bad"])
def test_what_is_finished_is_marked_and_stored(database, quality):
    one = person(database, "tom")
    attempt_id = practise(database, one, SHIFT, quality, NOW)
    found = attempt_of(database, attempt_id)
    with database.read() as connection:
        result = progress.result(connection, library(), found)
        assert progress.passed(connection, one.id, OFFICE) == ({SHIFT} if quality == "good" else frozenset())
    assert (found.percent, found.passed) == (result.percent, result.passed)
    assert found.critical_missed == result.failed_critical
    assert found.passed == (quality == "good")
    assert [(mark["id"], mark["met"]) for mark in found.marks] == [(mark.id, mark.met) for mark in result.marks]
    assert {mark["key"] for mark in found.marks} == {"", *(task.key for task in library().book[SHIFT].messages)}
    assert all(mark.why for mark in result.marks)
    again = finish(database, one, attempt_id, NOW + timedelta(days=1))
    assert again.percent == found.percent
    assert attempt_of(database, attempt_id) == found
    with pytest.raises(Conflict):
        answer(database, one, attempt_id, "bill", Answer())


def test_a_message_without_an_answer_counts_as_left_empty(sqlite_database):
    one = person(sqlite_database, "tom")
    attempt_id = begin(sqlite_database, one, SHIFT)
    answer(sqlite_database, one, attempt_id, "bill", library().book[SHIFT].examples["good"]["bill"])
    result = finish(sqlite_database, one, attempt_id)
    assert 0 < result.percent < 30
    assert not result.passed


def test_a_later_miss_takes_no_pass_away(sqlite_database):
    one = person(sqlite_database, "tom")
    practise(sqlite_database, one, BIKE, "good")
    practise(sqlite_database, one, BIKE, "bad", NOW + timedelta(days=1))
    with sqlite_database.read() as connection:
        assert progress.passed(connection, one.id, OFFICE) == {BIKE}
        assert progress.passed(connection, one.id, OFFICE, since=NOW) == frozenset()
        assert progress.passed(connection, one.id, OTHER) == frozenset()


def test_skipping_costs_nothing(database):
    one = person(database, "tom")
    attempt_id = begin(database, one)
    with database.write() as connection:
        progress.skip(connection, one, attempt_id, NOW)
    found = attempt_of(database, attempt_id)
    assert (found.state, found.percent, found.marks, found.answers) == ("skipped", None, (), {})
    with pytest.raises(Refused):
        finish(database, one, attempt_id)
    with database.read() as connection:
        assert progress.boxes(connection, one.id, OFFICE) == {}
        assert progress.passed(connection, one.id, OFFICE) == frozenset()


def test_the_audit_tells_what_was_done_and_holds_no_word_of_it(database):
    one, trainer = person(database, "tom"), person(database, "ann", "approver")
    attempt_id = begin(database, one)
    answer(database, one, attempt_id, only_key(BIKE), Answer(do="reply", reply=f"Dear {CANARY}"))
    finish(database, one, attempt_id)
    made = objects(database, one, attempt_id, "intent", words=f"My {CANARY} is right")
    settles(database, trainer, made, False, words=f"No {CANARY}")
    found = lines(database)
    assert [line.action for line in reversed(found)] == [
        "practice.begun", "practice.answered", "practice.finished", "practice.objected", "practice.objection-settled",
    ]  # fmt: skip
    assert all(line.office == OFFICE for line in found)
    assert CANARY not in json.dumps([line.as_dict() for line in found])
    with database.read() as connection:
        assert audit.verify(connection)


def test_a_scenario_that_has_gone_leaves_its_marks_and_its_words(sqlite_database, tmp_path):
    one, books = person(sqlite_database, "tom"), library_with(tmp_path)
    books.keep_own(OFFICE, "kettle", SMALL)
    attempt_id = practise(sqlite_database, one, f"own-{OFFICE}/kettle", "good", NOW, books)
    assert books.drop_own(OFFICE, "kettle")
    found = attempt_of(sqlite_database, attempt_id)
    assert (found.percent, found.passed, len(found.marks) > 3) == (100, True, True)
    with sqlite_database.read() as connection:
        assert all(mark.why for mark in progress.result(connection, books, found).marks)


@pytest.mark.parametrize("office", sorted(packs().offices))
def test_no_module_is_passed_on_first_steps_alone(office):
    course = library().course(office)
    for module in course.modules:
        here = course.scenarios[module.id]
        easy = {one.id for one in here if one.level < courses.HARD}
        hard = [one.id for one in here if one.level >= courses.HARD]
        assert hard, f"{office} has nothing hard in {module.id}"
        assert not course.standing(module, easy).is_passed
        assert course.standing(module, {*easy, hard[0]}).hard_passed == 1
        assert course.standing(module, {one.id for one in here}).is_passed
        assert course.standing(module, easy, refresher=True).is_passed or len(easy) < 2


def test_where_only_a_hard_one_is_missing_it_is_offered_next(sqlite_database):
    one, books = person(sqlite_database, "tom"), short_course(passes_for_a_module=2, hard_for_a_module=1)
    module = books.course(OFFICE).modules[0].id
    for scenario in books.course(OFFICE).scenarios[module][:2]:
        assert scenario.level < courses.HARD
        practise(sqlite_database, one, scenario.id, "good", NOW, books)
    with sqlite_database.read() as connection:
        following = progress.next_scenario(connection, books, one.id, OFFICE, NOW.date(), module)
    assert following.level >= courses.HARD


# What comes back


def test_what_was_missed_comes_back_a_step_later_each_time(database):
    one, day, came = person(database, "tom"), 0, []
    practise(database, one, BIKE, "bad")
    while True:
        with database.read() as connection:
            back = progress.boxes(connection, one.id, OFFICE).get(BIKE)
            if back is None:
                break
            assert progress.due(connection, library(), one.id, OFFICE, back - timedelta(days=1)) == ()
            assert [it.id for it in progress.due(connection, library(), one.id, OFFICE, back)] == [BIKE]
            assert progress.next_scenario(connection, library(), one.id, OFFICE, back).id == BIKE
        came.append((back - TODAY).days - day)
        day = (back - TODAY).days
        practise(database, one, BIKE, "good", NOW + timedelta(days=day))
    assert tuple(came) == STEPS


def test_what_was_never_missed_does_not_come_back(sqlite_database):
    one = person(sqlite_database, "tom")
    practise(sqlite_database, one, BIKE, "good")
    with sqlite_database.read() as connection:
        assert connection.execute(sa.select(practice_box)).all() == []


histories = st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=12)


def days_of(history):
    day, found = TODAY, []
    for later, passed in history:
        day += timedelta(days=later)
        found.append((day, passed))
    return found


@given(histories)
def test_a_miss_starts_the_steps_anew(history):
    last = days_of([*history, (0, False)])
    assert boxed(last, STEPS) == (0, last[-1][0] + timedelta(days=STEPS[0]))


@given(histories, st.integers(1, 60))
def test_a_pass_on_the_day_moves_one_step_and_one_before_it_none(history, later):
    done = days_of(history)
    before = boxed(done, STEPS)
    if before is None:
        return
    box, due = before
    early, on_time = due - timedelta(days=1), due + timedelta(days=later)
    if not done or early >= done[-1][0]:
        assert boxed([*done, (early, True)], STEPS) == before
    after = boxed([*done, (on_time, True)], STEPS)
    assert after == (None if box + 1 == len(STEPS) else (box + 1, on_time + timedelta(days=STEPS[box + 1])))


@given(st.lists(st.integers(0, 40)))
def test_passes_alone_bring_nothing_back(days):
    assert boxed(days_of([(day, True) for day in days]), STEPS) is None


# What is next


def test_next_is_the_first_module_s_easiest_that_is_new(sqlite_database):
    one, course = person(sqlite_database, "tom"), library().course(OFFICE)
    (first, second, third, *_) = course.scenarios["crime-and-danger"]

    def following(module=None, day=TODAY):
        with sqlite_database.read() as connection:
            return progress.next_scenario(connection, library(), one.id, OFFICE, day, module).id

    assert following() == first.id
    practise(sqlite_database, one, first.id, "good")
    assert following() == second.id
    attempt_id = begin(sqlite_database, one, second.id)
    with sqlite_database.write() as connection:
        progress.skip(connection, one, attempt_id, NOW)
    assert following() == third.id
    practise(sqlite_database, one, third.id, "bad")
    assert following() not in (second.id, third.id)
    assert following(day=TODAY + timedelta(days=1)) == third.id
    assert following("tone") == course.scenarios["tone"][0].id


def test_following_what_is_next_passes_the_course(sqlite_database):
    one, books = person(sqlite_database, "tom"), short_course(own_for_a_module=1, shifts=1)
    pass_course(sqlite_database, one, NOW, books)
    with sqlite_database.read() as connection:
        found = progress.standing(connection, books, one.id, OFFICE, TODAY)
        given = progress.certificate(connection, one.id, OFFICE)
        done = progress.attempts_of(connection, one.id, OFFICE)
    assert found.is_passed
    assert [state.module.id for state in found.modules] == [module.id for module in books.course(OFFICE).modules]
    assert all(state.passed >= 1 and state.own_passed >= 1 for state in found.modules)
    assert found.shifts_passed >= 1
    assert len(done) <= 2 * len(found.modules) + 1  # nothing that the course did not ask for
    assert given is not None


def test_nothing_is_next_when_all_is_passed(sqlite_database):
    one, books = person(sqlite_database, "tom"), library()
    for scenario in books.course(OFFICE).scenarios["pre-election"]:
        practise(sqlite_database, one, scenario.id, "good")
    with sqlite_database.read() as connection:
        assert progress.next_scenario(connection, books, one.id, OFFICE, TODAY, "pre-election") is None


# Certificates


def test_whoever_passes_the_course_has_a_certificate_for_two_years(database):
    books, one = short_course(), person(database, "tom")
    with database.read() as connection:
        assert progress.certificate(connection, one.id, OFFICE) is None
    pass_course(database, one, NOW, books)
    with database.read() as connection:
        given = progress.certificate(connection, one.id, OFFICE)
        assert progress.certificate(connection, one.id, OTHER) is None
    assert (given.passed_on, given.valid_until) == (date(2026, 11, 20), date(2028, 11, 20))
    assert (given.percent, given.refresher) == (100, False)
    (line,) = lines(database, "practice.certified")
    assert line.after == {"number": given.number, "valid_until": "2028-11-20", "refresher": False}
    practise(database, one, BIKE, "good", NOW + timedelta(days=3), books)
    with database.read() as connection:
        assert progress.certificates(connection, one.id) == [given]


def test_numbers_are_unique(sqlite_database):
    books = short_course()
    for name in ("tom", "tim", "tam"):
        pass_course(sqlite_database, person(sqlite_database, name), NOW, books)
    numbers = {line.after["number"] for line in lines(sqlite_database, "practice.certified")}
    assert len(numbers) == 3
    assert all(number.startswith("2026-") and len(number) == 14 for number in numbers)


@pytest.mark.parametrize("on", [date(2028, 10, 21), date(2028, 11, 20), date(2029, 6, 1)])
def test_a_refresher_renews_it_from_thirty_days_before_its_end(sqlite_database, on):
    books, one = short_course(), person(sqlite_database, "tom")
    pass_course(sqlite_database, one, NOW, books)
    early = NOW.replace(year=2028, month=10, day=20)
    practise(sqlite_database, one, BIKE, "good", early, books)
    with sqlite_database.read() as connection:
        assert not progress.standing(connection, books, one.id, OFFICE, early.date()).refresher
    then = NOW.replace(year=on.year, month=on.month, day=on.day)
    with sqlite_database.read() as connection:
        found = progress.standing(connection, books, one.id, OFFICE, on)
        assert (found.refresher, found.is_passed) == (True, False)
        assert found.passed == {BIKE}  # what was passed since the certificate counts
    pass_course(sqlite_database, one, then, books)
    with sqlite_database.read() as connection:
        new, old = progress.certificates(connection, one.id, OFFICE)
    assert (new.refresher, old.refresher) == (True, False)
    assert (new.passed_on, new.valid_until) == (on, on.replace(year=on.year + 2))


# Objections


def missing(database, account, now=NOW, **more):
    """A finished attempt at BIKE whose answer is good but for what `more` says."""
    key = only_key(BIKE)
    attempt_id = begin(database, account, now=now)
    answer(database, account, attempt_id, key, replace(library().book[BIKE].examples["good"][key], **more), now)
    finish(database, account, attempt_id, now)
    return attempt_id


def test_what_is_upheld_raises_everybody_s_mark_in_the_office(database):
    one, other, trainer = (person(database, *who) for who in (("tom",), ("tim",), ("ann", "approver")))
    abroad = person(database, "sian", offices=(OFFICE, OTHER))
    mine, theirs = missing(database, one, intent="greet"), missing(database, other, intent="greet")
    wrong = missing(database, abroad, intent="spam")
    before = attempt_of(database, mine)
    made = objects(database, one, mine, "intent")
    with database.read() as connection:
        (waiting,) = progress.objections_in(connection, (OFFICE,))
        assert (waiting.id, waiting.mark, waiting.words, waiting.account_id) == (made, "intent", "Why?", one.id)
        assert progress.objections_in(connection, (OTHER,)) == []
    assert settles(database, trainer, made, True, [Allowance(only_key(BIKE), "intent", "greet")]) == 2
    for attempt_id in (mine, theirs):
        found = attempt_of(database, attempt_id)
        assert found.percent == 100 > before.percent
        assert all(mark["met"] for mark in found.marks)
    assert attempt_of(database, wrong).percent == before.percent
    with database.read() as connection:
        settled = progress.objections_of(connection, mine)[only_key(BIKE), "intent"]
        assert (settled.upheld, settled.answer, settled.settled_by) == (True, "Because.", trainer.id)
        assert progress.result(connection, library(), attempt_of(database, mine)).percent == 100
        assert progress.objections_in(connection, (OFFICE,)) == []
        assert [it.id for it in progress.objections_in(connection, (OFFICE,), settled=True)] == [made]
    later = missing(database, person(database, "tam"), intent="greet")
    assert attempt_of(database, later).percent == 100
    (line,) = lines(database, "practice.objection-settled")
    assert line.after["raised"] == [mine, theirs]


def test_another_office_marks_as_before(sqlite_database):
    abroad = person(sqlite_database, "sian", offices=(OTHER,))
    one, trainer = person(sqlite_database, "tom"), person(sqlite_database, "ann", "approver")
    made = objects(sqlite_database, one, missing(sqlite_database, one, intent="greet"), "intent")
    settles(sqlite_database, trainer, made, True, [Allowance(only_key(BIKE), "intent", "greet")])
    with sqlite_database.write() as connection:
        attempt_id = progress.begin(connection, library(), abroad, OTHER, BIKE, NOW)
        progress.answer(connection, library(), abroad, attempt_id, only_key(BIKE), Answer(intent="greet"), NOW)
        result = progress.finish(connection, library(), abroad, attempt_id, NOW)
    assert not {one.id: one.met for one in result.marks}["intent"]


def test_what_is_not_upheld_changes_nothing(sqlite_database):
    one, trainer = person(sqlite_database, "tom"), person(sqlite_database, "ann", "approver")
    attempt_id = missing(sqlite_database, one, intent="greet")
    before = attempt_of(sqlite_database, attempt_id)
    made = objects(sqlite_database, one, attempt_id, "intent")
    assert settles(sqlite_database, trainer, made, False, [Allowance(only_key(BIKE), "intent", "greet")]) == 0
    assert attempt_of(sqlite_database, attempt_id) == before
    with sqlite_database.read() as connection:
        assert objections.learnt(connection, (OFFICE,)) == []
    with pytest.raises(Conflict):
        settles(sqlite_database, trainer, made, True, [Allowance(only_key(BIKE), "intent", "greet")])


def test_only_a_missed_mark_of_one_s_own_finished_attempt_is_objected_to(sqlite_database):
    one, other = person(sqlite_database, "tom"), person(sqlite_database, "tim")
    attempt_id = missing(sqlite_database, one, intent="greet")
    for error, mark, words in (
        (BadInput, "urgency", "Why?"), (BadInput, "no-such", "Why?"), (BadInput, "intent", "  "),
        (BadInput, "intent", "a" * 2_001),
    ):  # fmt: skip
        with pytest.raises(error):
            objects(sqlite_database, one, attempt_id, mark, words=words)
    with pytest.raises(BadInput):
        objects(sqlite_database, one, attempt_id, "intent", key="no such message")
    with pytest.raises(Refused):
        objects(sqlite_database, other, attempt_id, "intent")
    objects(sqlite_database, one, attempt_id, "intent")
    with pytest.raises(Conflict):
        objects(sqlite_database, one, attempt_id, "intent")
    with pytest.raises(Refused):
        objects(sqlite_database, one, begin(sqlite_database, one), "intent")


def test_a_trainer_of_the_office_settles_and_nobody_their_own(sqlite_database):
    trainer = person(sqlite_database, "ann", "approver")
    made = objects(sqlite_database, trainer, missing(sqlite_database, trainer, intent="greet"), "intent")
    allowed = [Allowance(only_key(BIKE), "intent", "greet")]
    for who in (
        trainer, person(sqlite_database, "mo", "moderator"),
        person(sqlite_database, "sian", "administrator", offices=(OTHER,)),
    ):  # fmt: skip
        with pytest.raises(Refused):
            settles(sqlite_database, who, made, True, allowed)
    assert settles(sqlite_database, person(sqlite_database, "mia", "manager"), made, True, allowed) == 1


@pytest.mark.parametrize(
    "allowed",
    [
        [], [Allowance("elsewhere", "intent", "greet")], [Allowance("", "intent", "greet")],
        [Allowance("KEY", "intent", "spam")], [Allowance("KEY", "intent", " ")], [Allowance("KEY", "intent", "…")],
        [Allowance("KEY", "intent", "a" * 301)], [Allowance("KEY", "intent", "greet")] * 21,
    ],
)  # fmt: skip
def test_what_is_allowed_gives_the_mark(sqlite_database, allowed):
    one, trainer = person(sqlite_database, "tom"), person(sqlite_database, "ann", "approver")
    attempt_id = missing(sqlite_database, one, intent="greet")
    made = objects(sqlite_database, one, attempt_id, "intent")
    here = [Allowance(only_key(BIKE) if it.key == "KEY" else it.key, it.mark, it.value) for it in allowed]
    with pytest.raises(BadInput):
        settles(sqlite_database, trainer, made, True, here)
    with sqlite_database.read() as connection:
        assert objections.learnt(connection, (OFFICE,)) == []
        assert objections.objection(connection, made).settled_at is None


def test_the_same_objection_of_another_needs_no_further_allowance(sqlite_database):
    one, other, trainer = (person(sqlite_database, *who) for who in (("tom",), ("tim",), ("ann", "approver")))
    first = objects(sqlite_database, one, missing(sqlite_database, one, intent="greet"), "intent")
    second = objects(sqlite_database, other, missing(sqlite_database, other, intent="greet"), "intent")
    assert settles(sqlite_database, trainer, first, True, [Allowance(only_key(BIKE), "intent", "greet")]) == 2
    assert settles(sqlite_database, trainer, second, True) == 0
    with sqlite_database.read() as connection:
        assert objections.objection(connection, second).upheld


def test_what_is_suggested_gives_every_kind_of_mark(sqlite_database):
    one, trainer, seen = person(sqlite_database, "tom"), person(sqlite_database, "ann", "approver"), set()
    attempt_id = practise(sqlite_database, one, SHIFT, "bad")

    def result():
        with sqlite_database.read() as connection:
            return progress.result(connection, library(), attempt_of(sqlite_database, attempt_id))

    first = result()
    for key, id_ in [(t.key, it.id) for t in first.tasks for it in t.marks] + [("", it.id) for it in first.order]:
        mark = objections.mark_of(result(), key, id_)
        if mark is None or mark.met or (kind := kind_of(mark)) in seen:
            continue
        seen.add(kind)
        made = objects(sqlite_database, one, attempt_id, id_, key=key)
        assert settles(sqlite_database, trainer, made, True, progress.suggested(key, mark)[:1]) == 1, mark
        after = objections.mark_of(result(), key, id_)
        assert after is None or after.met
    assert seen == {"intent", "urgency", "do", "tell", "flag", "moderate", "first", "point", "check"}


def kind_of(mark):
    return "point" if mark.kind == "write" and not mark.id.startswith("check-") else mark.id.partition("-")[0]


def test_what_is_withdrawn_counts_no_more_and_marks_stay(database):
    one, trainer = person(database, "tom"), person(database, "ann", "approver")
    attempt_id = missing(database, one, intent="greet")
    settles(
        database, trainer, objects(database, one, attempt_id, "intent"), True,
        [Allowance(only_key(BIKE), "intent", "greet")],
    )  # fmt: skip
    with database.write() as connection:
        (kept,) = objections.learnt(connection, (OFFICE,), BIKE)
        progress.withdraw(connection, trainer, kept.id, NOW + timedelta(hours=1))
    with pytest.raises(Conflict), database.write() as connection:
        progress.withdraw(connection, trainer, kept.id, NOW + timedelta(hours=2))
    with pytest.raises(Refused), database.write() as connection:
        progress.withdraw(connection, one, kept.id, NOW + timedelta(hours=2))
    with database.read() as connection:
        assert progress.result(connection, library(), attempt_of(database, attempt_id)).percent == 100
    later = missing(database, one, NOW + timedelta(hours=2), intent="greet")
    assert attempt_of(database, later).percent < 100


def test_what_is_upheld_may_pass_the_course_and_stops_what_comes_back(sqlite_database):
    books = short_course()
    one, trainer = person(sqlite_database, "tom"), person(sqlite_database, "ann", "approver")
    for module, (easiest, *_) in books.course(OFFICE).scenarios.items():
        if module != books.book[BIKE].module:
            practise(sqlite_database, one, easiest.id, "good", NOW, books)
    attempt_id = missing(sqlite_database, one, intent="greet", do="no_reply", reply="")
    with sqlite_database.read() as connection:
        assert progress.certificate(connection, one.id, OFFICE) is None
        assert BIKE in progress.boxes(connection, one.id, OFFICE)
    made = objects(sqlite_database, one, attempt_id, "do")
    allowed = [Allowance(only_key(BIKE), "do", "no_reply"), Allowance(only_key(BIKE), "intent", "greet")]
    assert settles(sqlite_database, trainer, made, True, allowed, books=books) == 1
    with sqlite_database.read() as connection:
        assert progress.certificate(connection, one.id, OFFICE) is not None
        assert progress.boxes(connection, one.id, OFFICE) == {}
        assert set(connection.execute(sa.select(practice_attempt.c.passed)).scalars()) == {True}
