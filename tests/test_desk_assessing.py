"""What the assistant read is stored whole or not at all, once, and nothing that waits is forgotten."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from desk_support import NOW, PACKS, database, incoming, packs, put_in  # noqa: F401 (a fixture)
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from fake_engine import FakeEngine

from responder.desk import assessing, audit, priority
from responder.desk.tables import assessment, clock, message, message_flag, outbox, reply
from responder.drafting.calendar import local_time

LATER = NOW + timedelta(minutes=1)
CANARY = "Someone nicked my van, ring me on 07700900123"


@pytest.fixture(scope="module")
def engine():
    return FakeEngine(PACKS)


def read(database, engine, message_id, now=LATER, **more):  # noqa: F811
    with database.read() as connection:
        found = engine.read(assessing.message_for_engine(connection, message_id))
    with database.write() as connection:
        return assessing.assess(connection, packs(), message_id, found["line"], found["reading"], now, **more)


def row(database, message_id):  # noqa: F811
    with database.read() as connection:
        return connection.execute(sa.select(message).where(message.c.id == message_id)).mappings().one()


def all_of(database, query):  # noqa: F811
    with database.read() as connection:
        return connection.execute(query).all()


def test_what_was_read_stands_in_the_inbox(database, engine):  # noqa: F811
    taken = put_in(database, text=CANARY)
    assert row(database, taken.id)["rank"] == priority.UNREAD
    assert read(database, engine, taken.id)
    found = row(database, taken.id)
    assert (found["intent"], found["confidence"], found["urgency"]) == ("report_crime", 91, "routine")
    assert (found["danger"], found["handling"], found["language"]) == ("none", "reply", "en")
    assert (found["rank"], found["version"], found["assessed_at"]) == (priority.ORDINARY, 2, LATER)
    kept = all_of(database, sa.select(assessment.c.id, assessment.c.line, assessment.c.reading))
    assert [one.id for one in kept] == [found["assessment_id"]]
    assert kept[0].line["intent"]["name"] == kept[0].reading["intent"]["name"] == "report_crime"
    assert kept[0].line["reply"]
    assert all_of(database, sa.select(message_flag.c.flag)) == [("personal_data",)]


def test_danger_comes_first_and_doubt_before_the_rest(database, engine):  # noqa: F811
    ranks = []
    for text in ("He has a knife", "I am scared of him, hello", "Hello"):
        taken = put_in(database, text=text)
        read(database, engine, taken.id)
        ranks.append(row(database, taken.id)["rank"])
    assert ranks == [priority.DANGER, priority.DOUBT, priority.ORDINARY]


def test_the_laws_date_is_known_once_it_was_read(database, engine):  # noqa: F811
    taken = put_in(database, text="A freedom of information request about cars")
    before = all_of(database, sa.select(clock.c.kind))
    read(database, engine, taken.id)
    after = all_of(database, sa.select(clock.c.kind, clock.c.due_at, clock.c.clauses).order_by(clock.c.due_at))
    assert {kind for (kind,) in before} < {one.kind for one in after}
    duties = [one for one in after if one.kind == "staff-duty"]
    assert duties and duties[0].clauses and local_time(duties[0].due_at).hour == 17
    found = row(database, taken.id)
    assert (found["due_kind"], found["due_at"]) == (after[0].kind, after[0].due_at)


def test_reading_twice_stores_once(database, engine):  # noqa: F811
    taken = put_in(database, text=CANARY)
    assert read(database, engine, taken.id) is True
    first = row(database, taken.id)
    assert read(database, engine, taken.id, now=LATER + timedelta(hours=1)) is False
    assert row(database, taken.id) == first
    assert len(all_of(database, sa.select(assessment.c.id))) == 1


def test_reading_again_replaces_what_the_inbox_shows(database, engine):  # noqa: F811
    taken = put_in(database, text=CANARY)
    read(database, engine, taken.id)
    clocks = len(all_of(database, sa.select(clock.c.id)))
    assert read(database, engine, taken.id, again=True)
    found = row(database, taken.id)
    assert (found["version"], len(all_of(database, sa.select(assessment.c.id)))) == (3, 2)
    assert len(all_of(database, sa.select(clock.c.id))) == clocks
    assert found["assessment_id"] == max(one for (one,) in all_of(database, sa.select(assessment.c.id)))


def test_the_audit_says_what_was_read_and_holds_no_word_of_it(database, engine):  # noqa: F811
    taken = put_in(database, text=CANARY, author="canary.handle")
    read(database, engine, taken.id)
    with database.read() as connection:
        assert audit.verify(connection)
        newest, *_ = audit.entries(connection, subject=("message", taken.id))
        lines = json.dumps([entry.as_dict() for entry in audit.export(connection)])
    assert (newest.action, newest.actor, newest.office) == ("message.assessed", "the assistant", "cleveland-opcc")
    assert newest.after["intent"] == "report_crime" and newest.after["flags"] == ["personal_data"]
    for secret in ("nicked", "07700900123", "canary"):
        assert secret not in lines


def test_a_message_that_is_gone_is_no_fault(database, engine):  # noqa: F811
    taken = put_in(database)
    with database.read() as connection:
        found = engine.read(assessing.message_for_engine(connection, taken.id))
        assert assessing.message_for_engine(connection, 4711) is None
    with database.write() as connection:
        assert not assessing.assess(connection, packs(), 4711, found["line"], found["reading"], NOW)


def test_a_thread_is_what_was_said_before_the_oldest_first(database):  # noqa: F811
    def at(minutes):
        return NOW + timedelta(minutes=minutes)

    came_with = ({"from": "public", "text": "An old post", "at": None}, {"from": "public", "text": "One", "at": None})
    one = put_in(database, text="One", received_at=at(0))
    two = put_in(database, text="Two", received_at=at(2))
    last = put_in(database, text="Last", received_at=at(10), earlier=came_with)
    put_in(database, text="Later", received_at=at(11))
    put_in(database, text="Another's", received_at=at(1), author="someone.else")
    answered(database, one.id, "We answered one.", at(1))
    answered(database, two.id, "We answered two, later.", at(30))
    with database.read() as connection:
        line = assessing.message_for_engine(connection, last.id)
    assert line["text"] == "Last" and line["id"] == str(last.id) and line["channel"] == "facebook-dm"
    assert [(post["from"], post["text"]) for post in line["thread"]] == [
        ("public", "An old post"),
        ("public", "One"),
        ("office", "We answered one."),
        ("public", "Two"),
    ]


def test_a_long_thread_ends_with_its_last_twenty_posts(database):  # noqa: F811
    for number in range(25):
        taken = put_in(database, text=f"Post {number}", received_at=NOW + timedelta(minutes=number))
    with database.read() as connection:
        posts = assessing.message_for_engine(connection, taken.id)["thread"]
    assert [post["text"] for post in posts] == [f"Post {number}" for number in range(4, 24)]


def answered(database, message_id, text, sent_at):  # noqa: F811
    with database.write() as connection:
        made = connection.execute(
            sa.insert(reply).values(
                message_id=message_id, number=1, state="sent", version=1, text=text, drafted=text,
                saw_message_id=message_id, salt="salt", made_at=sent_at, language="en",
            )
        )  # fmt: skip
        connection.execute(
            sa.insert(outbox).values(
                reply_id=made.inserted_primary_key[0], message_id=message_id, office="cleveland-opcc",
                channel="facebook-dm", text=text, state="sent", approved_at=sent_at, sent_at=sent_at,
            )
        )  # fmt: skip


def overdue(database, after, limit=100):  # noqa: F811
    """What is tried again so long after NOW."""
    with database.read() as connection:
        return assessing.overdue(connection, NOW + after, NOW + after - assessing.RETRY, limit)


def never_queued(database, limit=100):  # noqa: F811
    with database.read() as connection:
        return assessing.never_queued(connection, limit)


SECOND = timedelta(seconds=1)


def test_what_waits_is_found_until_it_was_read(database, engine):  # noqa: F811
    ids = [put_in(database).id for _ in range(4)]
    assert never_queued(database) == ids and never_queued(database, limit=2) == ids[:2]
    assert overdue(database, timedelta(days=1)) == []
    with database.write() as connection:
        assessing.note_queued(connection, ids, NOW)
        assert assessing.waiting(connection) == 4
    assert never_queued(database) == [] and overdue(database, assessing.RETRY) == []
    assert overdue(database, assessing.RETRY + SECOND) == ids
    assert overdue(database, assessing.RETRY + SECOND, limit=2) == ids[:2]
    read(database, engine, ids[0])
    assert overdue(database, assessing.RETRY + SECOND) == ids[1:]
    with database.read() as connection:
        assert assessing.waiting(connection) == 3
        assert not assessing.is_waiting(connection, ids[0]) and assessing.is_waiting(connection, ids[1])


def test_a_message_that_cannot_be_read_lets_others_go_first(database):  # noqa: F811
    stuck, other = put_in(database).id, put_in(database).id
    with database.write() as connection:
        assessing.note_queued(connection, [stuck, other], NOW)
    after = timedelta(0)
    for times in range(assessing.MOST_TRIES):
        after += assessing.RETRY + SECOND
        assert overdue(database, after) == ([stuck, other] if times == 0 else [other, stuck])
        with database.write() as connection:
            assessing.note_try(connection, stuck, NOW + after)
        assert row(database, stuck)["tries"] == times + 1
    assert overdue(database, after + assessing.RETRY + SECOND) == [other]
    assert overdue(database, after + assessing.REST) == [other, stuck]
    assert row(database, other)["tries"] == 0


@given(confidence=st.floats(0, 1), danger=st.sampled_from(("none", "possible", "alarm")))
def test_confidence_is_stored_in_whole_per_cent(confidence, danger):
    line = {"intent": {"name": "greet", "confidence": confidence}, "danger": danger, "urgency": "routine"}
    stored = assessing._read({**line, "handling": "reply", "language": "en"})
    assert 0 <= stored["confidence"] <= 100 and abs(stored["confidence"] - confidence * 100) <= 0.5
    assert stored["rank"] == priority.rank(assessed=True, danger=danger, urgency="routine")
