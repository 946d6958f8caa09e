"""Phrases of rules in a text: slots, gaps, names, numbers, the ends of sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.drafting.rules import Phrases

SLOTS = {"who": ["we", "the police"], "do": ["come", "look into it"], "they_do": ["{who} will {do}", "{who} {do}"]}
FOUND = [  # phrase, text, what is found in it
    ("we {do}", "Here we come!", ["we come"]),
    ("{who} will * {do}", "The police will as always look into it.", ["The police will as always look into it"]),
    ("{who} will * {do}", "The police will not as far as we know come.", []),
    ("{they_do} now", "The police look into it now.", ["The police look into it now"]),
    ("{they_do} now", "And we will come now.", ["we will come now"]),
    ("{do}ing", "We're coming.", []),
    ("we will {do}ing", "We will comeing.", ["We will comeing"]),
    ("deal with it", "They can’t. Deal\u00a0with it.", ["Deal\u00a0with it"]),
    ("/ deal with it", "They deal with it. Deal with it! So deal with it.", ["Deal with it"]),
    ("/ deal with it", "Deal with it", ["Deal with it"]),
    ("so what /", "So what we do is this. So what? And so what", ["So what", "so what"]),
    ("wrong link / our mistake", "It was the wrong link. Our mistake.", ["wrong link. Our mistake"]),
    ("wrong link / our mistake", "It was the wrong link, our mistake.", []),
    ("link * / * our mistake", "The link was old. All our mistake.", ["link was old. All our mistake"]),
    ("our mistake", "It was ours. Our. Mistake.", []),
    ("pc <name>", "PC Khan, the PC on duty and PC O’Neil", ["PC Khan", "PC O’Neil"]),
    ("pc <number>", "PC 4417 and PC Khan", ["PC 4417"]),
    ("your kind", "YOUR\nKIND", []),
]  # fmt: skip


@pytest.mark.parametrize(("phrase", "text", "places"), FOUND)
def test_a_phrase_is_found(phrase: str, text: str, places: list[str]) -> None:
    assert [text[start:end] for start, end in Phrases([phrase], SLOTS).find(text)] == places


def test_the_longest_counts_and_none_begins_inside_another() -> None:
    phrases, text = Phrases(["a b", "a b c", "b c d"]), "a b c d"
    assert [text[start:end] for start, end in phrases.find(text)] == ["a b c"]
    assert [text[start:end] for start, end in phrases.find(text, overlapping=True)] == ["a b c", "b c d"]


def test_a_slot_that_is_not_there_or_comes_later_is_an_error() -> None:
    with pytest.raises(KeyError):
        Phrases(["{nobody} came"], SLOTS)
    with pytest.raises(KeyError):
        Phrases(["{first} came"], {"first": ["{second}"], "second": ["he"]})


WORDS = st.lists(st.sampled_from(["we", "come", "the", "police", "now", "it"]), min_size=1, max_size=6)


@given(WORDS, WORDS, WORDS, st.sampled_from([" ", "  ", ", ", " – ", " (", ": "]))
def test_words_of_a_phrase_are_found_wherever_they_stand(
    before: list[str], words: list[str], after: list[str], between: str
) -> None:
    text = between.join([*before, "sentence. And", *words, *after])
    found = list(Phrases([" ".join(words)]).find(text, overlapping=True))
    assert any(text[start:end].lower() == between.join(words) for start, end in found)


@given(st.text(max_size=200), st.lists(st.sampled_from(["*", "/", "<name>", "<number>", "a", "{who}"]), max_size=5))
def test_no_phrase_and_no_text_break_the_search(text: str, pieces: list[str]) -> None:
    end = 0
    for start, last in Phrases([" ".join(pieces)], SLOTS).find(text):
        assert end <= start < last <= len(text)
        end = last
