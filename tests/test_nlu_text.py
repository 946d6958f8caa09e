"""Cleaning: what a reader sees stays, what hides is taken out, and every character knows where it stood."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.nlu.text import LONGEST, clean, count_words, has_words, windows

ANY_TEXT = st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=300)
NASTY = st.lists(
    st.sampled_from(
        ["/", "\u200b", "\u202e", "\0", "\ud83d", "e\u0301", "\ufdfa", " ", "\r\n", "а", "kn", "🏴", "\u0301" * 9]
    )
).map("".join)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/restart", "restart"),  # Rasa would take it for a command
        ("  // /report_crime{}", "report_crime{}"),
        ("he\u200bl\u2060p me", "help me"),  # zero-width
        ("\u202ehelp\u202c", "help"),  # direction marks
        ("kn\u0456fe", "knife"),  # a Cyrillic i
        ("ＨＥＬＰ", "HELP"),  # full width
        ("𝓱𝓮𝓵𝓹", "help"),  # styled letters
        ("w\u0302yn", "ŵyn"),  # Welsh, typed as two characters
        ("H\u0337\u0338\u0335\u0336elp", "H\u0337\u0338elp"),  # piled-up marks
        ("one\r\n\r\ntwo\u2028three", "one two three"),
        ("x\0y\ud800z", "xyz"),
        ("Привет", "Привет"),  # Cyrillic that is no disguise
        ("tŷ a môr", "tŷ a môr"),
        (" \u200b \n ", ""),
    ],
)
def test_a_text_is_read_as_a_person_would_see_it(written: str, read: str) -> None:
    assert clean(written).text == read


@given(st.one_of(ANY_TEXT, NASTY))
def test_every_character_leads_back_to_where_it_stood(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned.text) == len(cleaned.starts) == len(cleaned.stops)
    assert list(cleaned.starts) == sorted(cleaned.starts)
    for at, character in enumerate(cleaned.text):
        start, stop = cleaned.span(at, at + 1)
        assert 0 <= start < stop <= len(text)
        if character.isascii() and character.isalnum() and text[start].isascii() and stop == start + 1:
            assert text[start] == character


@given(st.one_of(ANY_TEXT, NASTY))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text).text
    assert not once.startswith("/")
    assert clean(once).text == once


@given(st.text(alphabet="abc '", max_size=800))
def test_windows_cover_the_text(text: str) -> None:
    found = windows(text, size=10, step=6)
    assert found[0][0] == 0
    assert found[-1][1] == len(text)
    assert all(second[0] <= first[1] for first, second in pairwise(found))


@pytest.mark.parametrize("piece", ["a", "\u0301", "a\u0301", "\ufdfa", "a\n\n", "/", "\u200b", "\ud800"])
def test_a_megabyte_is_cut_quickly_and_still_known_to_be_too_long(piece: str) -> None:
    started = time.process_time()
    assert len(clean(piece * (1_000_000 // len(piece))).text) > LONGEST
    assert time.process_time() - started < 2


def test_words() -> None:
    assert count_words("I don't know, mate 😀") == 4
    assert has_words("ok")
    assert not has_words("🙂🙂 123 !!")
