"""What a trainer is told: counted from the right attempts, of the right people, and with doubts where they are due."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import sqlalchemy as sa
from desk_support import NOW, database, sqlite_database
from hypothesis import given, settings
from hypothesis import strategies as st
from practice_support import library, person

from responder.desk import accounts
from responder.desk.audit import COMMAND_LINE
from responder.practice import insight
from responder.practice.insight import Attempt
from responder.practice.tables import practice_attempt, practice_objection

__all__ = ["database", "sqlite_database"]  # fixtures
OFFICE, OTHER = "cleveland-opcc", "north-wales-opcc"
DANGER, CRIME, TONE = "national/danger-now", "national/crime-reporting", "cleveland-opcc/11"


def tried(
    database, account, scenario="national/a", percent=100, missed=(), met=(), *, minutes=0, skipped=False, office=OFFICE
):
    """One attempt as it would be stored; `missed` and `met` are clauses, one mark each."""
    marks = [
        {"key": "m", "id": f"p{n}", "kind": "write", "met": clause in met, "weight": 2, "clauses": [clause],
         "critical": False}
        for n, clause in enumerate((*missed, *met))
    ]  # fmt: skip
    at = NOW + timedelta(minutes=minutes)
    values = {
        "account_id": account.id, "office": office, "scenario": scenario, "state": "skipped" if skipped else "done",
        "timed": False, "started_at": at, "finished_at": at, "seconds": 60, "paused_seconds": 0, "answers": {},
        "order": [], "percent": None if skipped else percent, "passed": None if skipped else percent >= 80,
        "critical_missed": None if skipped else False, "marks": [] if skipped else marks,
    }  # fmt: skip
    with database.write() as connection:
        return connection.execute(sa.insert(practice_attempt).values(**values)).inserted_primary_key[0]


def objected(database, attempt_id, upheld):
    with database.write() as connection:
        connection.execute(
            sa.insert(practice_objection).values(
                attempt_id=attempt_id, key="m", mark=f"p{attempt_id}", words="no", at=NOW, allowance=[], upheld=upheld
            )
        )


def found(database, *offices):
    with database.read() as connection:
        return insight.attempts(connection, offices or (OFFICE,))


def scenarios(database, book=None):
    with database.read() as connection:
        attempts = insight.attempts(connection, (OFFICE,))
        rows = insight.by_scenario(connection, attempts, library().settings, book or {})
    return {row.scenario: row for row in rows}


def test_it_says_which_clause_is_missed_most_and_by_whom(database):
    tom, tess = person(database, "tom"), person(database, "tess")
    tried(database, tom, "national/a", 40, missed=(DANGER, CRIME), met=(TONE,))
    tried(database, tom, "national/b", 60, missed=(DANGER,), met=(TONE,), minutes=1)
    tried(database, tess, "national/a", 60, missed=(DANGER,), met=(CRIME, TONE), minutes=2)
    rows = insight.by_clause(found(database))
    assert [row.clause for row in rows] == [DANGER, CRIME], "what nobody missed is not there"
    assert (rows[0].asked, rows[0].missed, rows[0].percent_missed) == (3, 3, 100)
    assert [(one.who, one.missed, one.asked) for one in rows[0].people] == [
        ("Tom Trainee", 2, 2),
        ("Tess Trainee", 1, 1),
    ]
    assert [(one.who, one.missed, one.asked) for one in rows[1].people] == [("Tom Trainee", 1, 1)]


def test_who_has_learnt_it_since_is_not_weak_on_it(database):
    tom = person(database, "tom")
    tried(database, tom, "national/a", 20, missed=(DANGER,))
    tried(database, tom, "national/a", 100, met=(DANGER,), minutes=5)
    assert insight.by_clause(found(database)) == ()


def test_a_scenario_is_judged_by_the_first_attempts(database):
    tom = person(database, "tom")
    tried(database, tom, "national/a", 20)
    tried(database, tom, "national/a", 100, minutes=5)
    row = scenarios(database)["national/a"]
    assert (row.tried, row.missed, row.percent) == (1, 1, 20)


def test_other_offices_are_not_seen(database):
    tom = person(database, "tom", offices=(OFFICE, OTHER))
    tried(database, tom, "national/a", 20, missed=(DANGER,), office=OTHER)
    assert found(database) == ()
    assert scenarios(database) == {}
    assert [one.office for one in found(database, OTHER)] == [OTHER]


def test_a_scenario_is_doubtful_once_enough_people_missed_it(database):
    people = [person(database, f"t{n}") for n in range(3)]
    for n, one in enumerate(people[:2]):
        tried(database, one, "national/a", 30, minutes=n)
    assert scenarios(database)["national/a"].doubts == (), "two are too few to say so"
    tried(database, people[2], "national/a", 90, minutes=3)
    row = scenarios(database)["national/a"]
    assert (row.tried, row.missed, row.percent, row.doubts) == (3, 2, 50, ("missed",))


def test_shares_and_means_are_rounded_to_the_nearest(database):
    tom, tess, tim = (person(database, name) for name in ("tom", "tess", "tim"))
    tried(database, tom, "national/a", 66, missed=(DANGER,))
    tried(database, tess, "national/a", 67, missed=(DANGER,), minutes=1)
    assert scenarios(database)["national/a"].percent == 67, "66.5"
    tried(database, tim, "national/a", 68, met=(DANGER,), minutes=2)
    assert scenarios(database)["national/a"].percent == 67
    (row,) = insight.by_clause(found(database))
    assert row.percent_missed == 67, "2 of 3"


@given(st.integers(0, 500), st.integers(1, 500))
def test_rounding_is_never_off_by_more_than_a_half(part, whole):
    assert abs(insight.rounded(part, whole) - part / whole) <= 0.5


def test_a_scenario_is_doubtful_where_people_who_are_good_elsewhere_do_badly(database):
    for n in range(3):
        rows = scenarios(database)
        assert n == 0 or (rows["national/a"].good_percent, rows["national/a"].doubts) == (None, ()), "two are too few"
        one = person(database, f"g{n}")
        for k, scenario in enumerate("bcd"):
            tried(database, one, f"national/{scenario}", 95, minutes=10 * n + k)
        tried(database, one, "national/a", (60, 70, 90)[n], minutes=10 * n + 5)
    tried(database, person(database, "passes"), "national/a", 95, minutes=50)
    rows = scenarios(database)
    assert rows["national/a"].good_percent == 73, "without whoever tried nothing else"
    assert rows["national/a"].doubts == ("missed", "good")
    assert rows["national/b"].doubts == (), "the weak one does not tell against the others"
    assert next(iter(rows)) == "national/a", "the doubtful one stands first"


def test_who_is_weak_in_a_module_does_not_count_as_good_elsewhere_there(database):
    live = [id_ for id_, one in library().book.items() if one.module == "live-cases" and not one.is_shift][:2]
    tone = [id_ for id_, one in library().book.items() if one.module == "tone"][:6]
    for n in range(3):
        one = person(database, f"g{n}")
        for k, scenario in enumerate(tone):
            tried(database, one, scenario, 100, minutes=20 * n + k)
        for k, scenario in enumerate(live):
            tried(database, one, scenario, 45, minutes=20 * n + 10 + k)
    rows = scenarios(database, library().book)
    assert [rows[id_].good_percent for id_ in live] == [None, None]
    assert {rows[id_].good_percent for id_ in tone} == {100}
    assert scenarios(database)[live[0]].good_percent == 45, "on the whole they do well"


def test_those_who_do_badly_everywhere_tell_nothing_about_one_scenario(database):
    for n in range(3):
        weak = person(database, f"w{n}")
        for k, scenario in enumerate("abcd"):
            tried(database, weak, f"national/{scenario}", 30, minutes=10 * n + k)
    assert {row.good_percent for row in scenarios(database).values()} == {None}


def test_a_scenario_is_doubtful_where_many_skip_it(database):
    people = [person(database, f"t{n}") for n in range(4)]
    for n in range(4):
        tried(database, people[0], "national/a", skipped=True, minutes=n)
    assert scenarios(database)["national/a"].doubts == (), "one who skips it often is one"
    for n, one in enumerate(people[1:3]):
        tried(database, one, "national/a", skipped=True, minutes=n)
    tried(database, people[3], "national/a", 100, minutes=4)
    row = scenarios(database)["national/a"]
    assert (row.skipped, row.tried, row.doubts) == (3, 1, ("skipped",))
    assert insight.by_clause(found(database)) == (), "skipping costs nobody anything"


def test_an_objection_counts_against_a_scenario_only_once_it_is_upheld(database):
    tom = person(database, "tom")
    ids = [tried(database, tom, f"national/{n}", 70, minutes=k) for k, n in enumerate("ab")]
    objected(database, ids[0], True)
    objected(database, ids[1], None)
    rows = scenarios(database)
    assert (rows["national/a"].objections, rows["national/a"].upheld, rows["national/a"].doubts) == (
        1,
        1,
        ("objections",),
    )
    assert (rows["national/b"].objections, rows["national/b"].upheld, rows["national/b"].doubts) == (1, 0, ())


def test_a_scenario_that_was_only_skipped_has_no_mark(database):
    tried(database, person(database, "tom"), "national/a", skipped=True)
    row = scenarios(database)["national/a"]
    assert (row.tried, row.percent, row.good_percent) == (0, None, None)


def test_modules_are_counted_from_the_newest_attempts(database):
    tom, tess = person(database, "tom"), person(database, "tess")
    tried(database, tom, "national/on-the-latch", 40)
    tried(database, tom, "national/on-the-latch", 90, minutes=1)
    tried(database, tess, "national/on-the-latch", 50, minutes=2)
    tried(database, tess, "own-cleveland-opcc/deleted-since", 10, minutes=3)
    (row,) = insight.by_module(found(database), library().book)
    assert row.module == library().book["national/on-the-latch"].module
    assert (row.scenarios, row.attempts, row.passed, row.percent) == (1, 2, 1, 70)
    assert [(one.who, one.missed, one.asked) for one in row.people] == [("Tess Trainee", 1, 1)]


def test_people_who_left_are_not_listed(database):
    person(database, "tom")
    gone, elsewhere = person(database, "gone"), person(database, "away", offices=(OTHER,))
    with database.write() as connection:
        accounts.disable(connection, COMMAND_LINE, gone.id, NOW)
    with database.read() as connection:
        names = [who for _, who, _, _ in insight.people(connection, (OFFICE,))]
    assert names == ["Tom Trainee"]
    assert elsewhere.full_name not in names


def attempt(n, account_id, scenario, asked, missed):
    return Attempt(n, account_id, f"P{account_id}", OFFICE, scenario, None, NOW, False, 50, False, False, asked, missed)


@st.composite
def histories(draw):
    """Attempts of a few people at a few scenarios; what is missed was asked."""
    made = []
    for n in range(draw(st.integers(0, 12))):
        asked = tuple(draw(st.lists(st.sampled_from([DANGER, CRIME, TONE]), max_size=5)))
        count = draw(st.integers(0, len(asked)))
        made.append(
            attempt(
                n, draw(st.integers(1, 3)), draw(st.sampled_from(["national/a", "national/b"])), asked, asked[:count]
            )
        )
    return made


@settings(deadline=None)
@given(histories())
def test_no_point_is_lost_or_counted_twice(history):
    last = {(one.account_id, one.scenario): one for one in history}.values()
    wanted = Counter(clause for one in last for clause in one.missed)
    rows = insight.by_clause(history)
    assert {row.clause: row.missed for row in rows} == dict(wanted)
    for row in rows:
        assert row.missed == sum(one.missed for one in row.people)
        assert all(0 < one.missed <= one.asked for one in row.people)
        assert row.missed <= row.asked
    assert [row.missed for row in rows] == sorted((row.missed for row in rows), reverse=True)


def test_an_open_attempt_is_not_counted_yet(sqlite_database):
    tried(sqlite_database, person(sqlite_database, "tom"))
    with sqlite_database.write() as connection:
        connection.execute(sa.update(practice_attempt).values(state="open", finished_at=None))
    assert found(sqlite_database) == ()
