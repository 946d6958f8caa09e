"""Fair marking: what must hold of every scenario and every answer, and what each kind of mark does."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime

import pytest
from desk_support import packs
from hypothesis import given, settings
from hypothesis import strategies as st
from practice_support import OFFICE, library

from responder.drafting.calendar import LONDON
from responder.drafting.model import FLAGS, MODERATION_ACTIONS, URGENCIES
from responder.practice import wording
from responder.practice.marking import ORDER, PASS, WAIVED, Allowance, Result, mark
from responder.practice.scenarios import DECISIONS, Answer, Decide, Notice, Point, Scenario, Task

INTENTS = ("ask_question", "give_feedback", "give_praise", "thank", "greet")  # "Thank you." is a reply to each
ROLES = ("duty-officer", "communications-lead", "foi-officer", "complaints-officer")
GOOD_WORDS = ("a kettle", "red jam", "two spoons", "warm bread", "a teapot")
BAD_WORDS = ("zebra", "cold soup", "seven forks")
CLAUSE = "national/questions"


def some(values, least=0):
    return st.lists(st.sampled_from(values), min_size=least, unique=True).map(tuple)


@st.composite
def tasks(draw, key):
    """A message with marks of every kind; an emergency asks for words of its own, so the two others stand for all."""
    flags, roles = draw(some(FLAGS)), draw(some(ROLES))
    points = [
        Point(f"says-{number}", "Why.", CLAUSE, says=words, critical=draw(st.booleans()))
        for number, words in enumerate(draw(st.lists(some(GOOD_WORDS, 1), max_size=3)))
    ]
    if draw(st.booleans()):
        points.append(Point("never", "Why.", CLAUSE, never=BAD_WORDS, critical=draw(st.booleans())))
    cut = draw(st.integers(0, len(flags))), draw(st.integers(0, len(roles)))
    return Task(
        key=key,
        channel="facebook-dm",
        minutes=0,
        sender=f"Sender of {key}",
        text="Hello there, what about the meeting?",
        language="en",
        earlier=(),
        notice=Notice(draw(some(INTENTS, 1)), draw(some(("urgent", "routine"), 1)), flags[: cut[0]], flags[cut[0] :]),
        decide=Decide(
            draw(some(DECISIONS, 1)),
            roles[: cut[1]],
            roles[cut[1] :],
            draw(some(MODERATION_ACTIONS, 1)),
            tuple(one for one in draw(some(ROLES)) if one not in roles),
        ),
        clauses=(CLAUSE,),
        points=tuple(points),
    )


@st.composite
def scenarios(draw):
    """A scenario of one to three messages, in a shift with what comes first."""
    keys = ("one", "two", "three")[: draw(st.integers(1, 3))]
    first = draw(st.permutations(keys))[: draw(st.integers(0, len(keys)))] if len(keys) > 1 else ()
    messages = tuple(draw(tasks(key)) for key in keys)
    at = datetime(2026, 11, 18, 10, 30, tzinfo=LONDON)
    return Scenario("national/made-up", "Made up", "tone", 1, None, at, messages, "Why.", first=tuple(first))


@st.composite
def answers_to(draw, scenario):
    """Any answers, right or wrong, to some of the messages, in any order."""
    keys = draw(some([task.key for task in scenario.messages]))
    words = st.lists(st.sampled_from((*GOOD_WORDS, *BAD_WORDS, "Thank you.")), max_size=4).map(" ".join)
    given = {
        key: Answer(
            draw(st.sampled_from((None, *INTENTS, "abuse"))), draw(st.sampled_from((None, *URGENCIES))),
            draw(some(FLAGS)), draw(st.sampled_from((None, *DECISIONS))), draw(some(ROLES)),
            draw(st.sampled_from(MODERATION_ACTIONS)), draw(words),
        )
        for key in keys
    }  # fmt: skip
    return given, tuple(draw(st.permutations(keys)))


@st.composite
def right_answers_to(draw, scenario):
    """Answers that are right throughout, one of those that policy leaves room for."""
    order = (*scenario.first, *(task.key for task in scenario.messages if task.key not in scenario.first))
    given = {}
    for task in scenario.messages:
        words = [draw(st.sampled_from(point.says)) for point in task.points if point.says]
        given[task.key] = Answer(
            intent=draw(st.sampled_from(task.notice.intent)),
            urgency=draw(st.sampled_from(task.notice.urgency)),
            flags=(*task.notice.flags, *draw(some(task.notice.may_flags) if task.notice.may_flags else st.just(()))),
            do=draw(st.sampled_from(task.decide.do)),
            tell=(
                *draw(
                    st.sampled_from([task.decide.tell, *((one, *task.decide.tell[1:]) for one in task.decide.or_tell)])
                ),
                *draw(some(task.decide.may_tell) if task.decide.may_tell else st.just(())),
            ),
            moderate=draw(st.sampled_from(task.decide.moderate)),
            reply=" ".join(["Thank you.", *(f"{one.capitalize()}." for one in words)]),
        )
    return given, order


@st.composite
def allowances_for(draw, scenario):
    """Anything that a trainer might allow."""
    task = draw(st.sampled_from(scenario.messages))
    ids = [point.id for point in task.points]
    kinds = {
        "intent": INTENTS, "urgency": URGENCIES, "flags": FLAGS, "do": DECISIONS, "tell": ROLES,
        "moderate": MODERATION_ACTIONS, "check": ("empty", "no-reply", "long-sentences"),
        **dict.fromkeys(ids, (*GOOD_WORDS, *BAD_WORDS)),
    }  # fmt: skip
    name = draw(st.sampled_from(sorted(kinds)))
    if draw(st.booleans()):
        return Allowance(task.key, name, draw(st.sampled_from(kinds[name])))
    waived = [*kinds, *(f"flag-{one}" for one in task.notice.flags), *(f"tell-{one}" for one in task.decide.tell)]
    if scenario.first and draw(st.booleans()):
        return Allowance(ORDER, f"first-{draw(st.sampled_from(scenario.first))}", WAIVED)
    return Allowance(task.key, draw(st.sampled_from(waived)), WAIVED)


def marked(scenario, answers, order=(), allowed=(), **more) -> Result:
    return mark(packs(), scenario, OFFICE, answers, order, allowed, **more)


def met(result):
    return sorted((task.key, one.id, one.met) for task in result.tasks for one in task.marks)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_each_right_answer_earns_everything(data):
    scenario = data.draw(scenarios())
    found = marked(scenario, *data.draw(right_answers_to(scenario)))
    assert [one for one in found.marks if not one.met] == []
    assert (found.percent, found.passed) == (100, True)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_adding_what_is_asked_for_never_lowers_a_mark(data):
    scenario = data.draw(scenarios())
    answers, order = data.draw(answers_to(scenario))
    task = data.draw(st.sampled_from(scenario.messages))
    before = answers.get(task.key, Answer())
    added = [
        *(replace(before, flags=(*before.flags, flag)) for flag in task.notice.flags if flag not in before.flags),
        *(replace(before, tell=(*before.tell, role)) for role in task.decide.tell if role not in before.tell),
        *(replace(before, intent=intent) for intent in task.notice.intent),
        *(replace(before, urgency=urgency) for urgency in task.notice.urgency),
        *(replace(before, moderate=step) for step in task.decide.moderate),
        *(replace(before, reply=f"{before.reply} {words}.") for one in task.points for words in one.says),
    ]
    after = data.draw(st.sampled_from(added))
    old, new = marked(scenario, answers, order), marked(scenario, {**answers, task.key: after}, order)
    assert new.percent >= old.percent
    assert not old.passed or new.passed
    earned = {(key, id_) for key, id_, ok in met(old) if ok}
    kept = {(key, id_) for key, id_, ok in met(new) if ok}
    assert earned - kept <= {(task.key, "moderate")}  # leaving a post up is no mark of its own


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_an_allowance_only_ever_raises(data):
    scenario = data.draw(scenarios())
    answers, order = data.draw(answers_to(scenario))
    allowed = data.draw(st.lists(allowances_for(scenario), min_size=1, max_size=4))
    before = marked(scenario, answers, order, allowed[:-1])
    after = marked(scenario, answers, order, allowed)
    assert after.percent >= before.percent
    assert not before.passed or after.passed
    assert not after.failed_critical or before.failed_critical


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_critical_point_that_is_missed_fails_the_scenario(data):
    scenario = data.draw(scenarios())
    task = replace(
        scenario.messages[0], decide=replace(scenario.messages[0].decide, do=("reply",)),
        points=(*scenario.messages[0].points, Point("vital", "Why.", CLAUSE, says=("a ladder",), critical=True)),
    )  # fmt: skip
    scenario = replace(scenario, messages=(task, *scenario.messages[1:]))
    answers, order = data.draw(right_answers_to(scenario))
    without = replace(answers[task.key], reply=answers[task.key].reply.replace("A ladder.", ""))
    found = marked(scenario, {**answers, task.key: without}, order)
    assert marked(scenario, answers, order).passed
    assert found.failed_critical
    assert not found.passed


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_empty_answer_earns_nothing(data):
    scenario = data.draw(scenarios())
    keys = data.draw(some([task.key for task in scenario.messages]))
    found = marked(scenario, {key: Answer() for key in keys})
    kept = {one.id for one in found.marks if one.met}
    assert (found.percent, found.passed, kept) == (0, False, set())


@settings(max_examples=60, deadline=None)
@given(st.data(), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_flags_roles_or_right_answers(data, by_chance: random.Random):
    scenario = data.draw(scenarios())
    answers, order = data.draw(answers_to(scenario))
    allowed = data.draw(st.lists(allowances_for(scenario), max_size=3))

    def mixed(values):
        return tuple(by_chance.sample(values, len(values)))

    other = replace(scenario, messages=tuple(
        replace(
            task,
            notice=replace(task.notice, flags=mixed(task.notice.flags), may_flags=mixed(task.notice.may_flags)),
            decide=Decide(
                mixed(task.decide.do), mixed(task.decide.tell), mixed(task.decide.may_tell),
                mixed(task.decide.moderate), mixed(task.decide.or_tell),
            ),
        )
        for task in scenario.messages
    ))  # fmt: skip
    given_otherwise = {
        key: replace(one, flags=mixed(one.flags), tell=mixed(one.tell))
        for key, one in sorted(answers.items(), key=lambda _: by_chance.random())
    }
    first, second = marked(scenario, answers, order, allowed), marked(other, given_otherwise, order, mixed(allowed))
    assert (first.percent, first.passed, met(first)) == (second.percent, second.passed, met(second))
    assert {one.id: one.found for one in first.marks} == {one.id: one.found for one in second.marks}


# What each kind of mark does


def task_of(key="one", **more):
    usual = {
        "key": key, "channel": "facebook-dm", "minutes": 0, "sender": "Jo", "text": "When is the meeting?",
        "language": "en", "earlier": (), "notice": Notice(("ask_question",), ("routine",)),
        "decide": Decide(("reply",)), "clauses": (CLAUSE,),
    }  # fmt: skip
    return Task(**{**usual, **more})


def scenario_of(*messages, first=()):
    at = datetime(2026, 11, 18, 10, 30, tzinfo=LONDON)
    return Scenario("national/made-up", "Made up", "tone", 1, None, at, messages or (task_of(),), "Why.", first=first)


RIGHT = Answer("ask_question", "routine", do="reply", reply="Thank you. We'll find out.")


def ids(result, kept=None):
    return {one.id for one in result.marks if kept is None or one.met is kept}


def test_so_many_per_cent_pass():
    scenario = scenario_of(task_of(notice=Notice(("ask_question",), ("routine",), ("link", "profanity"))))
    found = marked(scenario, {"one": RIGHT})
    assert found.percent == 83  # of 2 + 2 + 1 + 1 + 4 + 2
    assert (PASS, found.passed) == (80, True)
    assert not marked(scenario, {"one": RIGHT}, needed=84).passed


def test_what_is_marked_too_much_is_one_point_and_names_only_that():
    scenario = scenario_of(task_of(notice=Notice(("ask_question",), ("routine",), ("link",), ("profanity",))))
    found = marked(scenario, {"one": replace(RIGHT, flags=("vulnerable", "link", "profanity", "political"))})
    (missed,) = (one for one in found.marks if not one.met)
    assert (missed.id, missed.weight, missed.found) == ("flags", 1, ("political", "vulnerable"))


@pytest.mark.parametrize("nonsense", ["asdf jkl", "🎉" * 30, "Thank you for your message.", "999 101"])
def test_words_that_say_nothing_of_what_is_asked_earn_nothing_by_breaking_no_rule(nonsense):
    points = (Point("a", "Why.", CLAUSE, says=("the meeting",)), Point("b", "Why.", CLAUSE, never=("no idea",)))
    found = marked(scenario_of(task_of(points=points)), {"one": replace(RIGHT, reply=nonsense)})
    assert not found.passed
    assert {"a", "b"} <= ids(found, False) and not {"check", "b"} & ids(found, True)


def test_telling_one_who_may_be_told_instead_does_and_is_said_so():
    scenario = scenario_of(task_of(decide=Decide(("reply",), ("duty-officer",), or_tell=("force-control-room",))))

    def decided(*tell):
        result = marked(scenario, {"one": replace(RIGHT, tell=tell)})
        return {one.id: one for one in wording.told(library().words, packs(), scenario, result).marks}

    assert not decided()["tell-duty-officer"].met and not decided("foi-officer")["tell-duty-officer"].met
    assert "instead" not in decided("duty-officer")["tell-duty-officer"].why
    instead = decided("force-control-room")
    assert instead["tell-duty-officer"].met and "instead: " in instead["tell-duty-officer"].why
    assert "tell" not in instead and "tell" in decided("force-control-room", "foi-officer")


def test_one_who_may_be_told_instead_stands_in_for_one_and_not_for_all():
    both = ("force-control-room", "commissioner")
    scenario = scenario_of(task_of(decide=Decide(("reply",), both, or_tell=("duty-officer",))))

    def missed(*tell):
        return {one for one in ids(marked(scenario, {"one": replace(RIGHT, tell=tell)}), False) if "tell" in one}

    assert missed("duty-officer") == {"tell-commissioner"} == missed("force-control-room")
    assert missed("duty-officer", "commissioner") == set() == missed(*both)


def test_where_several_kinds_are_right_the_words_answer_the_one_that_was_seen():
    scenario = scenario_of(task_of(notice=Notice(("complain_police", "ask_question"), ("routine",))))
    found = {
        intent: ids(marked(scenario, {"one": replace(RIGHT, intent=intent)}), False)
        for intent in ("complain_police", "ask_question")
    }
    assert any(one.startswith("check-") for one in found["complain_police"])  # a contact that complaints must hold
    assert found["ask_question"] == set()


def test_where_several_decisions_are_right_words_are_marked_only_with_a_reply():
    scenario = scenario_of(
        task_of(decide=Decide(("reply", "no_reply")), points=(Point("a", "Why.", CLAUSE, says=("tea",)),))
    )
    assert marked(scenario, {"one": replace(RIGHT, do="no_reply", reply="")}).percent == 100
    assert ids(marked(scenario, {"one": RIGHT}), False) == {"a", "check"}
    told = replace(RIGHT, reply="Thank you. Have some tea.")
    assert ids(marked(scenario, {"one": told}), False) == set()


def test_danger_that_was_not_seen_fails_whatever_else_is_right():
    message = task_of(text="He is breaking in", notice=Notice(("report_emergency",), ("emergency",)))
    right = Answer("report_emergency", "emergency", do="reply", reply="Please call 999 now.")
    assert marked(scenario_of(message), {"one": right}).passed
    assert marked(scenario_of(message), {"one": replace(right, urgency="urgent")}).failed_critical
    late = marked(scenario_of(message), {"one": replace(right, reply="Thank you for telling us. Please call 999.")})
    assert "check-danger-first" in ids(late, False)
    assert late.failed_critical


def test_the_check_of_the_desk_marks_the_words_once_for_each_kind_of_fault():
    found = marked(scenario_of(), {"one": replace(RIGHT, reply="Ring 0800 123 4567. Or 0800 765 4321.")})
    (missed,) = (one for one in found.marks if not one.met)
    assert (missed.id, missed.kind) == ("check-unknown-contact", "write")
    assert "0800 123 4567" in missed.why and "0800 765 4321" in missed.why
    assert "check" not in ids(found)
    allowed = [Allowance("one", "check", "unknown-contact")]
    assert marked(scenario_of(), {"one": replace(RIGHT, reply="Ring 0800 123 4567.")}, (), allowed).percent == 100


def test_words_count_however_they_are_typed():
    point = Point("a", "Why.", CLAUSE, says=("don't … wait",))
    scenario = scenario_of(task_of(points=(point,)))
    for reply in ("DON’T sit and WAIT.", "Please don't\nwait", "don't  you   wait"):
        assert "a" in ids(marked(scenario, {"one": replace(RIGHT, reply=reply)}), True), reply
    for reply in ("Don't. Wait.", "don't await", "don't " + "x" * 61 + " wait"):
        assert "a" in ids(marked(scenario, {"one": replace(RIGHT, reply=reply)}), False), reply


def test_words_that_must_not_stand_may_stand_where_a_trainer_allows_it():
    scenario = scenario_of(task_of(points=(Point("a", "Why.", CLAUSE, never=("ring you",), critical=True),)))
    reply = {"one": replace(RIGHT, reply="Thank you. We won't ring you.")}
    both = {"one": replace(RIGHT, reply="We won't ring you. I'll ring you.")}
    assert marked(scenario, reply).failed_critical
    allowed = [Allowance("one", "a", "won't ring you")]
    assert marked(scenario, reply, (), allowed).percent == 100
    assert marked(scenario, both, (), allowed).failed_critical


def test_a_fact_counts_however_its_number_is_written_and_only_where_the_office_has_it():
    point = Point("a", "Why.", "national/samaritans", facts=("samaritans",))
    scenario = scenario_of(task_of(points=(point,)))
    fact = packs().in_force(OFFICE, scenario.at.date()).facts["samaritans"].value("en")
    assert fact.replace(" ", "") == "116123"
    for reply in (f"Thank you. Call {fact}.", "Thank you. Call 116123."):
        assert "a" in ids(marked(scenario, {"one": replace(RIGHT, reply=reply)}), True), reply
    assert "a" in ids(marked(scenario, {"one": RIGHT}), False)
    unknown = replace(point, facts=("no such fact",))
    assert "a" not in ids(marked(scenario_of(task_of(points=(unknown,))), {"one": RIGHT}))


def test_a_shift_is_answered_in_its_order():
    danger = Notice(("ask_question",), ("routine",))
    scenario = scenario_of(task_of("one"), task_of("two", notice=danger), task_of("three"), first=("two", "three"))
    given = dict.fromkeys(("one", "two", "three"), RIGHT)
    assert ids(marked(scenario, given, ("two", "three", "one")), False) == set()
    assert ids(marked(scenario, given, ("two", "one", "three")), False) == {"first-three"}
    assert ids(marked(scenario, given, ("one", "two", "three")), False) == {"first-two", "first-three"}
    assert ids(marked(scenario, given, ()), False) == {"first-two", "first-three"}
    waived = [Allowance(ORDER, "first-three", WAIVED)]
    assert ids(marked(scenario, given, ("two", "one", "three"), waived), False) == set()


def test_a_decision_that_is_allowed_asks_for_no_words():
    scenario = scenario_of(task_of(points=(Point("a", "Why.", CLAUSE, says=("tea",)),)))
    silent = {"one": replace(RIGHT, do="no_reply", reply="")}
    assert ids(marked(scenario, silent), False) == {"do", "a", "check-empty"}
    assert marked(scenario, silent, (), [Allowance("one", "do", "no_reply")]).percent == 100


def test_an_unknown_office_is_refused():
    with pytest.raises(Exception, match="no office “mars”"):
        mark(packs(), scenario_of(), "mars", {})


# The sentences


SENTENCES = {
    "intent": (Answer(intent="greet"), "You read it as “Greeting”; it is “Question” or “Opinion or idea”."),
    "urgency": (Answer(urgency="routine"), "You took it to be routine; it is urgent."),
    "flag-link": (Answer(), "You didn't mark what is in it: a link."),
    "flags": (Answer(flags=("profanity", "political")), "You marked what isn't in it: party politics and swearing."),
    "do": (Answer(do="person"), "You decided to leave the words to a person. Right is to reply."),
    "tell-foi-officer": (Answer(), "This needs to reach somebody else too: Freedom of Information officer."),
    "tell": (Answer(tell=("trainer",)), "This needn't go to: Whoever trains moderators."),
    "moderate": (Answer(moderate="remove"), "You chose to remove it. Right is to hide it or warn the sender."),
}  # fmt: skip


@pytest.mark.parametrize("id_", SENTENCES)
def test_each_mark_says_what_was_right(id_):
    scenario = scenario_of(
        task_of(
            notice=Notice(("ask_question", "give_feedback"), ("urgent",), ("link",)),
            decide=Decide(("reply",), ("foi-officer",), (), ("hide", "warn")),
        )
    )
    answer, sentence = SENTENCES[id_]
    told = wording.told(library().words, packs(), scenario, marked(scenario, {"one": answer}))
    assert [one.why for one in told.marks if one.id == id_ and not one.met] == [sentence]


def test_an_order_names_the_sender_of_the_message():
    scenario = scenario_of(task_of("one", sender="Ann"), task_of("two", sender="Bob"), first=("two",))

    def said(order):
        return wording.told(library().words, packs(), scenario, marked(scenario, {}, order)).order[0].why

    assert said(("two", "one")) == "You answered the message from Bob in time: it comes before the others."
    assert said(("one",)) == (
        "The message from Bob must come before the others; you answered the message from Ann instead."
    )
    assert said(()) == "The message from Bob must come before the others; you didn't get to it."
