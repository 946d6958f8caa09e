"""A draft fits the hour of its answer and whatever staff say that the message is; the law's dates fit its arrival."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import product

import pytest
from desk_support import NOW, packs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from responder.desk.drafts import UNREAD, Case, assessment_of, corrected, drafted, findings, reading_of, safety_words
from responder.drafting import draft
from responder.drafting.calendar import due, is_out_of_hours
from responder.drafting.checking.content import first_sentence
from responder.drafting.model import DANGERS, FLAGS, URGENCIES, Assessment, Flag, Scored

OFFICES, CHANNELS = sorted(packs().offices), sorted(packs().channels)
INTENTS = sorted(packs().intents)
LANGUAGES = ("en", "cy", "pl")
NIGHT, SUNDAY, CHRISTMAS = NOW.replace(hour=23), NOW + timedelta(days=2), NOW.replace(month=12, day=25)
HOURS = (NOW, NIGHT, SUNDAY, CHRISTMAS)
SCORES = st.integers(0, 100).map(lambda percent: percent / 100)
WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)

cases = st.builds(
    Case,
    st.sampled_from(OFFICES),
    st.sampled_from(CHANNELS),
    st.just("My neighbour Gareth Pritchard, 07700 900123, see www.bad.example/x"),
    st.sampled_from(HOURS),
    st.lists(st.fixed_dictionaries({"from": st.sampled_from(["public", "office"]), "text": WORDS}), max_size=3),
)
flags = st.builds(
    Flag,
    st.sampled_from(FLAGS),
    st.none() | WORDS,
    st.none() | st.integers(0, 9),
    st.none() | st.integers(9, 19),
    WORDS,
)
readings = st.builds(
    Assessment,
    st.builds(Scored, st.sampled_from(INTENTS), SCORES),
    st.lists(st.builds(Scored, st.sampled_from(INTENTS), SCORES), max_size=2).map(tuple),
    st.sampled_from(LANGUAGES),
    st.sampled_from(URGENCIES),
    st.sampled_from(DANGERS),
    st.lists(flags, max_size=3).map(tuple),
    st.lists(st.sampled_from(sorted(packs().mentions)), max_size=2, unique=True).map(tuple),
    st.none() | st.sampled_from(INTENTS),
    st.lists(WORDS, max_size=2).map(tuple),
    st.booleans(),
    st.none() | st.sampled_from(["empty", "no-words", "too-long", "other-language"]),
    st.booleans(),
)
moments = st.sampled_from(HOURS) | st.integers(0, 60 * 24 * 365).map(lambda minutes: NOW + timedelta(minutes=minutes))


@settings(max_examples=250, deadline=None)
@given(cases, readings, st.none() | st.sampled_from(INTENTS), st.none() | st.sampled_from(LANGUAGES), moments)
def test_danger_that_a_person_sees_opens_the_draft_with_999(case, read, intent, language, now):
    line = drafted(packs(), case, corrected(read, intent, "alarm"), now, language)
    assert "999" in first_sentence(line["reply"])
    assert (line["danger"], line["urgency"]) == ("alarm", "emergency")


@pytest.mark.parametrize("office", OFFICES)
def test_the_safety_words_open_with_999_everywhere(office):
    for channel, now, language in product(CHANNELS, HOURS, LANGUAGES):
        case = Case(office, channel, "", now)
        words = {safety_words(packs(), case, now), drafted(packs(), case, UNREAD, now, language)["reply"]}
        for said in words:
            assert "999" in first_sentence(said)
            blocking = [f.code for f in findings(packs(), case, UNREAD, said, now) if f.level == "blocking"]
            assert not [code for code in blocking if code != "wrong-language"], "they can be approved as they stand"


@settings(max_examples=250, deadline=None)
@given(cases, readings, moments)
@example(Case(OFFICES[0], CHANNELS[0], "", NIGHT), Assessment(Scored("ask_question", 0.9)), NOW)
def test_the_words_of_a_draft_fit_the_time_of_the_answer_whenever_the_message_came(case, read, now):
    made = draft(packs(), case.message(now), read)
    at_once = draft(packs(), Case(case.office, case.channel, case.text, now, case.thread).message(now), read)
    assert made.reply == at_once.reply
    office = packs().office(case.office)
    if not is_out_of_hours(office.hours, now, packs().ordinary_hours):
        assert not [part.text for part in made.parts if part.topic.startswith("out_of_hours")]


def test_out_of_hours_some_drafts_say_so_and_in_hours_none_does():
    """So that the property above cannot hold for want of such words."""
    case = Case("leicestershire-police", "facebook-dm", "", NIGHT)
    read = Assessment(Scored("ask_question", 0.95))
    topics = [{part.topic for part in draft(packs(), case.message(now), read).parts} for now in (NIGHT, NOW)]
    assert [any(topic.startswith("out_of_hours") for topic in found) for found in topics] == [True, False]


@settings(max_examples=250, deadline=None)
@given(cases, readings, moments)
@example(Case("cleveland-opcc", "email", "", NIGHT), Assessment(Scored("request_foi", 0.9)), NOW + timedelta(days=9))
def test_the_laws_dates_count_from_the_arrival_whenever_it_is_answered(case, read, now):
    def dates(moment):
        line = drafted(packs(), case, read, moment)
        return {(one["to"], one["what"]): one["due"] for one in line["staff_actions"]}

    late, at_once = dates(now), dates(case.received_at)
    assert {what: late[what] for what in late.keys() & at_once.keys()} == {
        what: at_once[what] for what in late.keys() & at_once.keys()
    }


@pytest.mark.parametrize("office", OFFICES)
def test_an_information_request_runs_out_twenty_working_days_after_it_came(office):
    case = Case(office, "email", "", NIGHT)
    for now in (NIGHT, NIGHT + timedelta(days=12)):
        line = drafted(packs(), case, Assessment(Scored("request_foi", 0.95)), now)
        assert due("foi", NIGHT).isoformat() in {one["due"] for one in line["staff_actions"]}


@settings(max_examples=200, deadline=None)
@given(readings)
def test_a_reading_is_stored_and_found_as_it_was(read):
    assert assessment_of(json.loads(json.dumps(reading_of(read)))) == read


@settings(max_examples=200, deadline=None)
@given(cases, readings, st.sampled_from(INTENTS), st.none() | st.sampled_from(["alarm", "none"]))
def test_a_correction_is_certain_and_lowers_danger_only_where_a_person_says_so(case, read, intent, danger):
    said = corrected(read, intent, danger)
    assert (said.intent, said.unsure, said.problem, said.chosen_by_staff) == (Scored(intent, 1.0), False, None, True)
    assert intent not in {other.name for other in said.alternatives}
    assert (said.flags, said.mentions, said.language) == (read.flags, read.mentions, read.language)
    if danger is None:
        assert (said.danger, said.urgency) == (read.danger, read.urgency)
    line = drafted(packs(), case, said, NOW)
    least = packs().intent(intent).least_urgency
    assert URGENCIES.index(line["urgency"]) <= URGENCIES.index(least), "never below what the intent always has"
    assert line["intent"] == {"name": intent, "confidence": 1.0}


@settings(max_examples=200, deadline=None)
@given(cases, readings)
def test_a_correction_of_danger_alone_leaves_the_rest(case, read):
    for danger in ("alarm", "none"):
        said = corrected(read, None, danger)
        assert said.danger == danger
        assert {**reading_of(said), "danger": "", "urgency": ""} == {**reading_of(read), "danger": "", "urgency": ""}
    assert corrected(read) == read


@settings(max_examples=250, deadline=None)
@given(cases, readings, st.sampled_from(INTENTS), st.sampled_from(["alarm", "none"]), moments)
def test_a_draft_can_be_approved_as_it_stands_at_its_hour(case, read, intent, danger, now):
    """Unless the pack lacks a fact that it needs, which then stands as a gap."""
    said = corrected(read, intent, danger)
    line = drafted(packs(), case, said, now)
    if line["reply"] is None:
        return
    office = packs().office(case.office)
    said = assessment_of({**reading_of(said), "language": said.language if said.language in office.languages else "en"})
    blocking = {one.code for one in findings(packs(), case, said, line["reply"], now) if one.level == "blocking"}
    assert not blocking or (line["missing"] and blocking <= {"unfilled-fact", "must-have"}), blocking


@settings(max_examples=200, deadline=None)
@given(cases, readings, moments)
def test_nothing_of_the_message_stands_in_a_draft(case, read, now):
    reply = drafted(packs(), case, read, now)["reply"] or ""
    for word in ("Gareth", "Pritchard", "900123", "bad.example"):
        assert word not in reply
