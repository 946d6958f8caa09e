"""Words in a reply count as they are meant: what one is told not to do isn't said."""

from __future__ import annotations

import pytest
from desk_support import packs
from hypothesis import given
from hypothesis import strategies as st
from practice_support import library

from responder.practice.phrases import as_written, contacts_meant, folded, slipped, slips, stands

WORDS = st.text(st.characters(whitelist_categories=("Ll",), max_codepoint=0x17F), min_size=1, max_size=12)


@pytest.mark.parametrize(
    "reply",
    [
        "Don't ring 999.",
        "You don't need to ring 999 for this.",
        "Please do not ever ring 999 about parking.",
        "There's no need to ring 999.",
        "Write to us instead of ring 999.",
        "We cannot ring 999 for you.",
        "You don’t have to ring 999.",
    ],
)
def test_what_one_is_told_not_to_do_earns_nothing(reply):
    assert not stands("ring 999", folded(reply))


@pytest.mark.parametrize(
    "reply",
    [
        "Ring 999.",
        "If you're not sure, ring 999.",
        "We can't come out. Ring 999.",
        "This isn't the place: ring 999 now.",
        "Don't wait for us, ring 999",
        "Don't ring 101 for this. Ring 999.",
        "It's not too late to ask. Please ring 999",
    ],
)
def test_what_one_is_told_to_do_earns_its_point_whatever_else_is_refused(reply):
    assert stands("ring 999", folded(reply))


@pytest.mark.parametrize(
    "reply", ["Please don't share the clip.", "Peidiwch, do not share the clip", "Don't ever share the clip"]
)
def test_asking_not_to_do_it_is_no_slip(reply):
    assert not slips("share the clip", folded(reply))


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("charged", "He wasn't charged."),
        ("charged", "Nobody was ever charged, and he has not been charged."),
        ("any record", "We don't have any record of him."),
        ("share the clip", "Share the clip!"),
        ("suspended", "She was released without being suspended"),
        ("in trouble", "He won't be in trouble."),
    ],
)
def test_a_word_on_what_must_not_be_spoken_of_stays_a_slip_when_it_denies(words, reply):
    assert slips(words, folded(reply))


@pytest.mark.parametrize(
    ("reply", "left"),
    [("Don't use 101, ring 999.", "999"), ("Never write to old@example.org, use new@example.org", "new@example.org")],
)
def test_a_contact_that_one_is_told_not_to_use_is_not_given(reply, left):
    kept = contacts_meant(folded(reply))
    assert left in kept and "101" not in kept and "old@" not in kept


@pytest.mark.parametrize(
    ("words", "reply", "said"),
    [
        ("we'll look", "No doubt We’ll  LOOK at it.", "We’ll LOOK"),
        ("looking into … for you", "We're Looking into all of\nit for you.", "Looking into all of it for you"),
        ("share the clip", "Please don't share the clip. They share the clip.", "share the clip"),
        ("share the clip", "Please don't share the clip.", None),
    ],
)
def test_what_slipped_is_found_as_it_was_written(words, reply, said):
    found = slipped(words, folded(reply))
    assert (found and as_written(found, reply)) == said


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_words_earn_alone_and_do_not_after_not(words):
    phrase = " ".join(words)
    assert stands(phrase, folded(phrase))
    assert not stands(phrase, folded(f"it is not {phrase}")) or phrase in folded("it is not")


def test_no_good_answer_of_any_scenario_loses_a_number_by_it():
    for one in library().book.values():
        for given_answer in one.examples["good"].values():
            said = folded(given_answer.reply)
            if "999" in said:
                assert "999" in contacts_meant(said), one.id
    assert packs()
