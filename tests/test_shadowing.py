"""Shadowing: a trainee answers beside real messages; nothing reaches the desk, and only quiet messages are offered."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from decisions_support import FOI, KNIFE, QUESTION, Desk, packs
from desk_support import database, sqlite_database
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.desk import clocks, decisions, drafts, threads
from responder.desk.tables import clock, conversation, message, message_flag, outbox, reply
from responder.errors import BadInput
from responder.practice import shadowing
from responder.practice.scenarios import Answer
from responder.practice.shadowing import Compared, Decided
from responder.practice.tables import practice_draft

__all__ = ["database", "sqlite_database"]  # fixtures
OFFICE, OTHER = "cleveland-opcc", "north-wales-opcc"
CANARY = "Canary words of a trainee"
ANSWER = Answer(intent="ask_question", urgency="routine", do="reply", reply=f"{CANARY}. Please write to us.")


@pytest.fixture
def desk(database):
    return Desk(database)


@pytest.fixture
def quick(sqlite_database):
    return Desk(sqlite_database)


def offered(desk, who="trainee", **given):
    with desk.database.read() as connection:
        return [one.message_id for one in shadowing.to_shadow(connection, desk.people[who], desk.now, **given)]


def keep(desk, message_id, answer=ANSWER, who="trainee"):
    with desk.database.write() as connection:
        return shadowing.keep(connection, packs(), desk.people[who], message_id, answer, desk.now)


def waiting(desk, who="moderator", compared=False):
    with desk.database.read() as connection:
        return shadowing.to_compare(connection, desk.people[who], compared=compared)


def comment(desk, draft_id, words="Well done.", who="moderator"):
    with desk.database.write() as connection:
        shadowing.comment(connection, desk.people[who], draft_id, words, desk.now)


def everything(desk):
    """The rows of the desk that a shadow must not change."""
    return [[dict(row) for row in desk.all(sa.select(one))] for one in (message, reply, outbox, conversation)]


def test_only_quiet_messages_are_offered(desk):
    quiet = desk.message(QUESTION)
    danger, doubt = desk.message(KNIFE), desk.message("I am scared of him")
    unread, passed = desk.message(QUESTION, read=False), desk.message(FOI)
    desk.do(decisions.escalate, "moderator", passed, "foi-officer", "They ask for figures.")
    elsewhere = desk.message(QUESTION, office=OTHER)
    own_office_only = desk.hire("new", "N. Trainee", "trainee", (OFFICE,))
    assert offered(desk, "new") == [quiet]
    for one in (danger, doubt, unread, passed, elsewhere):
        with desk.database.read() as connection:
            assert shadowing.row_of(connection, own_office_only, one, desk.now) is None
        with pytest.raises(BadInput, match="can't be shadowed"):
            keep(desk, one, who="new")
    assert desk.all(sa.select(practice_draft)) == []


def test_what_was_urgent_or_settled_with_a_role_is_never_offered(desk):
    passed = desk.message(FOI)
    desk.do(decisions.escalate, "moderator", passed, "foi-officer", "They ask for figures.")
    desk.do(decisions.settle_escalation, "moderator", passed)
    urgent = desk.message(QUESTION)
    with desk.database.write() as connection:
        connection.execute(sa.update(message).where(message.c.id == urgent).values(urgency="urgent"))
    assert offered(desk) == []


def test_nothing_of_an_answer_reaches_the_desk(desk):
    id_ = desk.message(QUESTION)
    before = everything(desk)
    keep(desk, id_)
    assert everything(desk) == before, "no reply, nothing in the outbox, and the message is as it was"
    comment(desk, waiting(desk)[0].id)
    assert everything(desk) == before


def test_opening_is_noted_but_the_message_counts_as_seen_by_nobody(desk):
    id_ = desk.message(QUESTION)
    with desk.database.write() as connection:
        shadowing.see(connection, desk.people["trainee"], id_, desk.now)
    last = desk.last(id_)
    assert (last.action, last.actor, last.after) == ("message.viewed", "Tom Trainee", {"shadowing": True})
    assert desk.row(id_)["seen_at"] is None


def test_the_audit_holds_no_word_of_answer_or_comment(desk):
    id_ = desk.message(QUESTION)
    keep(desk, id_)
    comment(desk, waiting(desk)[0].id, "A canary of a comment")
    said = desk.audited()
    assert "practice.shadowed" in said and "practice.shadow-compared" in said
    assert "anary" not in said


def test_an_answer_can_be_changed_until_it_was_compared(desk):
    id_ = desk.message(QUESTION)
    first = keep(desk, id_)
    assert keep(desk, id_, Answer(intent="greet", urgency="routine", do="no_reply")) == first
    (draft,) = waiting(desk)
    assert (draft.who, draft.answer.intent, draft.answer.reply) == ("Tom Trainee", "greet", "")
    comment(desk, draft.id)
    with pytest.raises(Compared):
        keep(desk, id_)
    assert waiting(desk) == ()
    (done,) = waiting(desk, compared=True)
    assert (done.comment, done.compared_by, done.is_compared) == ("Well done.", "Mo Moderator", True)


def test_an_answered_message_is_offered_no_more_but_stays_with_whoever_answered(desk):
    id_ = desk.message(QUESTION)
    keep(desk, id_)
    assert offered(desk) == []
    with desk.database.read() as connection:
        (mine,) = shadowing.own(connection, desk.people["trainee"])
        assert mine.message_id == id_
    desk.do(decisions.escalate, "moderator", id_, "complaints-officer", "It is one after all.")
    with desk.database.read() as connection:
        assert shadowing.row_of(connection, desk.people["trainee"], id_, desk.now) is not None
        assert shadowing.row_of(connection, desk.people["moderator"], id_, desk.now) is None, "others can't begin now"


def test_a_moderator_sees_the_words_beside_those_that_were_sent(desk):
    id_ = desk.message(QUESTION)
    keep(desk, id_, Answer(intent="ask_question", urgency="routine", do="reply", reply="Thank you. Ring 101."))
    draft = waiting(desk)[0].id
    with desk.database.read() as connection:
        before = shadowing.comparison(connection, desk.people["moderator"], draft)
    assert (before.done.reply, before.edits) == (None, ())
    desk.approve("moderator", id_, "Thank you. Write to us.")
    with desk.database.read() as connection:
        approved = shadowing.comparison(connection, desk.people["moderator"], draft)
    assert approved.done.reply is None, "what is only approved was not sent"
    desk.sent("moderator", id_)
    with desk.database.read() as connection:
        found = shadowing.comparison(connection, desk.people["moderator"], draft)
    assert found.done.reply == "Thank you. Write to us."
    assert found.edits == (("kept", "Thank you. "), ("removed", "Ring 101."), ("added", "Write to us."))
    assert (found.done.by, found.done.state, found.done.intent) == ("Mo Moderator", "answered", desk.row(id_)["intent"])


@pytest.mark.parametrize("flag", ["vulnerable", "live_case"])
def test_nobody_vulnerable_and_no_live_case_is_offered(quick, flag):
    id_ = quick.message(QUESTION)
    assert offered(quick) == [id_]
    with quick.database.write() as connection:
        connection.execute(sa.insert(message_flag).values(message_id=id_, flag=flag))
    assert offered(quick) == []


@pytest.mark.parametrize(
    "intent",
    ["media_enquiry", "report_emergency", "report_crime", "seek_victim_support", "disclose_self_harm", "abuse",
     "hate_speech", "threaten", "comment_on_live_case"],
)  # fmt: skip
def test_some_kinds_of_message_are_never_offered(quick, intent):
    id_ = quick.message(QUESTION)
    with quick.database.write() as connection:
        connection.execute(sa.update(message).where(message.c.id == id_).values(intent=intent))
    assert offered(quick) == []
    with pytest.raises(BadInput, match="can't be shadowed"):
        keep(quick, id_)


def test_what_law_or_policy_dates_within_a_day_comes_once_the_desk_has_settled_it(quick):
    pressing, window = quick.message(QUESTION, author="a"), quick.message(QUESTION, author="b")
    with quick.database.write() as connection:
        for id_, kind in ((pressing, clocks.DUTY), (window, clocks.WINDOW), (window, clocks.TARGET)):
            due = {"message_id": id_, "kind": kind, "clauses": [], "due_at": quick.now + timedelta(days=1, minutes=5)}
            connection.execute(sa.insert(clock).values(**due))
    assert offered(quick) == [window, pressing]
    quick.now += timedelta(minutes=6)
    assert offered(quick) == [window]  # nobody waits for what is written in shadow
    quick.do(decisions.close, "moderator", pressing, "told-before")
    assert offered(quick) == [window, pressing]


def test_whoever_answered_sees_nothing_of_what_nobody_has_decided(desk):
    id_ = desk.message(QUESTION)
    draft = keep(desk, id_)
    with desk.database.read() as connection:
        assert shadowing.own_comparison(connection, desk.people["trainee"], id_) is None
        assert not shadowing.comparison(connection, desk.people["moderator"], draft).done.decided
    keep(desk, id_, Answer(intent="greet", urgency="routine", do="no_reply"))


@pytest.mark.parametrize("deed", ["correct", "approve", "close", "close and reopen"])
def test_an_answer_stands_once_a_person_has_decided(desk, deed):
    id_ = desk.message(QUESTION)
    keep(desk, id_)
    if deed == "correct":
        desk.do(decisions.correct, "moderator", id_, "ask_contact")
    elif deed == "approve":
        desk.approve("moderator", id_, "Thank you. Write to us.")
    else:
        desk.do(decisions.close, "moderator", id_, "told-before")
    if deed == "close and reopen":
        desk.do(decisions.reopen, "moderator", id_)
    with desk.database.read() as connection:
        assert shadowing.own_comparison(connection, desk.people["trainee"], id_).done.decided
    with pytest.raises(Decided):
        keep(desk, id_, Answer(intent="greet", urgency="routine", do="no_reply"))
    assert waiting(desk)[0].answer == ANSWER
    keep(desk, id_, who="second")  # who has handed nothing in yet still may, once


def test_nobody_compares_their_own_or_another_offices(desk):
    id_ = desk.message(QUESTION)
    keep(desk, id_, who="moderator")
    (draft,) = waiting(desk, "second")
    assert waiting(desk, "moderator") == ()
    away = desk.hire("away", "A. Way", "moderator", (OTHER,))
    with desk.database.read() as connection:
        assert shadowing.comparison(connection, desk.people["moderator"], draft.id) is None
        assert shadowing.comparison(connection, away, draft.id) is None
        assert shadowing.count_waiting(connection, away) == 0
        assert shadowing.count_waiting(connection, desk.people["second"]) == 1
        assert shadowing.own_comparison(connection, desk.people["second"], id_) is None
    for who in ("moderator", "away"):
        with pytest.raises(BadInput, match="no such answer"):
            comment(desk, draft.id, who=who)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"intent": None}, "What it is"),
        ({"intent": "nonsense"}, "What it is"),
        ({"urgency": "soon"}, "How urgent"),
        ({"do": None}, "What to do"),
        ({"reply": "  "}, "Write the reply"),
        ({"moderate": "hide"}, "the message itself"),  # the channel has nothing to hide
        ({"flags": ("nonsense",)}, "flags and roles"),
        ({"tell": ("nobody",)}, "flags and roles"),
        ({"reply": "x" * 50_001}, "at most 50,000"),
    ],
)
def test_only_what_can_be_is_kept(quick, wrong, said):
    id_ = quick.message(QUESTION)
    with pytest.raises(BadInput, match=said):
        keep(quick, id_, Answer(**{**ANSWER.__dict__, **wrong}))


@pytest.mark.parametrize("words", ["", "   \n", "x" * 5_001])
def test_a_comment_needs_words_and_not_too_many(quick, words):
    keep(quick, quick.message(QUESTION))
    with pytest.raises(BadInput):
        comment(quick, waiting(quick)[0].id, words)


def test_the_check_is_the_one_of_the_desk(quick):
    id_ = quick.message(QUESTION)
    answer = Answer(intent="ask_question", urgency="routine", do="reply", reply="You idiot, ring 01642 123456.")
    with quick.database.read() as connection:
        row = threads.row_of(connection, quick.people["trainee"], id_)
        found = shadowing.findings(connection, packs(), row, answer, quick.now)
        whole = threads.whole(connection, quick.people["trainee"], id_)
    assert found == drafts.findings(packs(), whole.case, whole.read, answer.reply, quick.now)
    assert {one.level for one in found} >= {"blocking"}


def test_old_messages_are_no_practice_any_more(quick):
    id_ = quick.message(QUESTION)
    assert offered(quick) == [id_]
    quick.now += timedelta(days=29)
    assert offered(quick) == []


def test_the_list_goes_on(quick):
    ids = [quick.message(QUESTION, author=f"a{n}") for n in range(shadowing.PAGE + 3)]
    first = offered(quick)
    assert first == ids[::-1][: shadowing.PAGE + 1]
    assert offered(quick, before=first[shadowing.PAGE - 1]) == ids[::-1][shadowing.PAGE :]


def test_erasing_a_message_takes_the_words_about_it_along(quick):
    ids = [quick.message(QUESTION, author=f"a{n}") for n in range(2)]
    for id_ in ids:
        keep(quick, id_)
        keep(quick, id_, who="second")
    with quick.database.write() as connection:
        assert shadowing.forget(connection, ids[:1]) == 2
        assert shadowing.forget(connection, []) == 0
    assert {row["message_id"] for row in quick.all(sa.select(practice_draft))} == {ids[1]}


def test_whatever_is_written_comes_back_to_the_letter_and_goes_nowhere_else(quick):
    id_ = quick.message(QUESTION)
    before = everything(quick)

    @settings(max_examples=40, deadline=None)
    @given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=200), st.booleans())
    def rule(words, with_flags):
        flags = ("link",) if with_flags else ()
        answer = Answer(intent="greet", urgency="routine", flags=flags, do="reply", reply=f"Hello{words}")
        keep(quick, id_, answer)
        with quick.database.read() as connection:
            assert shadowing.of(connection, quick.people["trainee"], id_).answer == answer
        assert everything(quick) == before

    rule()
