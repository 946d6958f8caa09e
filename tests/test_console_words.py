"""How the console says names, numbers and times, and lays out a message."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.console import words
from responder.console.sheet import lettered, number_sentences, segments

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (1.0, "sure, 99 %"),
        (0.8, "sure, 80 %"),
        (0.79, "likely, 79 %"),
        (0.5, "likely, 50 %"),
        (0.2, "unsure, 20 %"),
        (0, "unsure, 1 %"),
    ],
)
def test_confidence_has_a_word_and_a_number(confidence, said):
    assert f"{words.sureness(confidence)}, {words.percent(confidence)}" == said


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-11-20", "today"),
        ("2026-11-21", "by tomorrow"),
        ("2026-12-18", "by Friday 18 December"),
        ("2027-11-19", "by Friday 19 November 2027"),
        (None, None),
        ("", None),
    ],
)
def test_due_dates_are_said_as_people_say_them(due, said):
    assert words.due_in_words(due, TODAY) == said


def test_moments_sizes_and_lists():
    assert words.moment_in_words(datetime(2026, 11, 20, 9, 5)) == "Friday 20 November 2026, 9:05"
    assert words.size_in_words(1214, 2000) == "1,214 of 2,000 characters"
    assert words.size_in_words(9, None) == "9 characters"
    assert [words.listed(["1", "2", "3"][:n]) for n in range(4)] == ["", "1", "1 and 2", "1, 2 and 3"]


def test_letters_go_on_after_z():
    letters = list(lettered(str(n) for n in range(60)).values())
    assert letters[:2] + letters[25:28] + letters[51:53] == ["A", "B", "Z", "AA", "AB", "AZ", "BA"]
    assert len(set(letters)) == 60


@given(
    st.text(max_size=60),
    st.lists(
        st.tuples(st.integers(-5, 70), st.integers(-5, 70), st.sampled_from(["link", "profanity", "odd"])), max_size=5
    ),
)
def test_marks_never_lose_a_character(text, spans):
    flags = [{"name": name, "kind": None, "start": start, "end": end, "reason": ""} for start, end, name in spans]
    cut = segments(text, flags)
    assert len("".join(segment.text for segment in cut)) == len(text)


def test_overlapping_marks_are_both_named():
    flags = [{"name": "link", "start": 0, "end": 6}, {"name": "profanity", "start": 3, "end": 9}]
    assert [(s.text, s.labels) for s in segments("abcdefghij", flags)] == [
        ("abc", ("link",)),
        ("def", ("link", "swearing")),
        ("ghi", ("swearing",)),
        ("j", ()),
    ]


def test_sentences_know_their_place_in_the_reply():
    parts = [
        {"text": "One.", "clauses": ["x/1"]},
        {"text": "Two.", "clauses": ["x/2", "x/1"]},
        {"text": "Gone.", "clauses": []},
    ]
    one, two, gone = number_sentences(parts, "One.\n\nTwo.", lettered(["x/1", "x/2"]))
    assert (one.start, one.end, one.letters, one.opens_paragraph) == (0, 4, ("A",), False)
    assert (two.start, two.end, two.letters, two.opens_paragraph) == (6, 10, ("A", "B"), True)
    assert (gone.start, gone.end) == (None, None)
