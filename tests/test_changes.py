"""How a reply differs from its draft: the figures that reports are made of, and the edit as staff see it."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from responder.desk.changes import changes, difference

OPENING, MIDDLE, CLOSE = (
    "Thank you for telling us about this.",
    "Please ring 101 or report it at your force's site, since nobody takes crime reports here.",
    "We read messages on weekdays from nine to five.",
)
DRAFT = f"{OPENING} {MIDDLE}\n\n{CLOSE}"
PARTS = [
    {"text": OPENING, "clauses": ["north-wales-opcc/2"]},
    {"text": MIDDLE, "clauses": ["north-wales-opcc/9", "national/crime"]},
    {"text": CLOSE, "clauses": []},
]
TEXTS = st.text(alphabet="ab .\n\r\t!", max_size=60)


def fates(sent: str) -> list[str]:
    return [part["fate"] for part in changes(DRAFT, sent, PARTS)["parts"]]


def test_a_draft_that_goes_out_as_it_is():
    told = changes(DRAFT, DRAFT, PARTS)
    assert (told["same"], told["similarity"], told["added"]) == (True, 1.0, 0)
    assert [part["fate"] for part in told["parts"]] == ["kept"] * 3
    assert told["parts"][1]["clauses"] == ["north-wales-opcc/9", "national/crime"]


def test_line_ends_and_spaces_are_no_change():
    assert changes(DRAFT, DRAFT.replace("\n", "\r\n") + "\r\n", PARTS)["same"]


def test_one_other_word_changes_its_part_alone():
    told = changes(DRAFT, DRAFT.replace("101", "999"), PARTS)
    assert [part["fate"] for part in told["parts"]] == ["kept", "changed", "kept"]
    assert not told["same"] and 0.9 < told["similarity"] < 1
    assert told["added"] == 0


def test_a_part_that_was_taken_out():
    assert fates(f"{OPENING} {CLOSE}") == ["kept", "removed", "kept"]


def test_a_part_whose_words_nearly_all_went_was_taken_out():
    assert fates(f"{OPENING} Our complaints team will write to you at once. {CLOSE}") == ["kept", "removed", "kept"]


def test_parts_that_change_places_are_kept():
    assert fates(f"{CLOSE} {OPENING} {MIDDLE}") == ["kept"] * 3


def test_a_part_with_words_put_into_it_is_changed():
    assert fates(DRAFT.replace("Thank you", "Thank you very much")) == ["changed", "kept", "kept"]


def test_sentences_that_staff_added_are_counted():
    assert changes(DRAFT, f"{DRAFT} I have passed it on to Sam. Is there anything else?", PARTS)["added"] == 2


def test_a_reply_written_anew():
    told = changes(DRAFT, "Sorry, that's a matter which Clwyd council decides, try them.", PARTS)
    assert told["similarity"] < 0.3
    assert {part["fate"] for part in told["parts"]} == {"removed"}


def test_a_reply_without_a_draft():
    assert changes("", "Ring 101.", []) == {"same": False, "similarity": 0.0, "parts": [], "added": 1}


def test_a_similarity_of_one_means_the_same():
    long = "word " * 999
    assert changes(long, long + "more", [])["similarity"] == 0.99


def test_a_part_that_the_draft_never_held_is_no_part_of_it():
    other = {"text": "The office is closed until Monday.", "clauses": ["north-wales-opcc/1"]}
    assert len(changes(DRAFT, DRAFT, [*PARTS[:2], other, PARTS[2]])["parts"]) == 3


def test_the_digest_names_the_drafted_part():
    first, again = changes(DRAFT, "", PARTS), changes(f"{MIDDLE}", "x", PARTS[1:2])
    assert first["parts"][1]["digest"] == again["parts"][0]["digest"]
    assert len({part["digest"] for part in first["parts"]}) == 3


@given(st.text(alphabet="ghijklmnop .", min_size=1), st.text(alphabet="ghijklmnop .", min_size=1))
def test_no_word_of_either_text_is_told(drafted, sent):
    told = json.dumps(changes(drafted, sent, [{"text": drafted, "clauses": ["A/1"]}]))
    for known in ("same", "similarity", "parts", "clauses", "fate", "kept", "changed", "removed", "digest", "added"):
        told = told.replace(known, "")
    told = told.replace("true", "").replace("false", "")
    assert not re.search("[ghijklmnop]", told)


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=4))
def test_any_two_texts_can_be_told_apart(drafted, sent, parts):
    told = changes(drafted, sent, [{"text": text, "clauses": []} for text in parts])
    assert told["same"] == (drafted.split() == sent.split()) == (told["similarity"] == 1)
    assert 0 <= told["similarity"] <= 1
    assert len(told["parts"]) <= len(parts)
    assert json.loads(json.dumps(told)) == told


def test_the_edit_is_shown_word_by_word():
    shown = difference("Ring 101 now, please.", "Ring 999 now. Please don't wait.")
    assert shown == [
        ("kept", "Ring "), ("removed", "101 now, please."), ("added", "999 now. Please don't wait."),
    ]  # fmt: skip
    assert difference("Ring us.", "Do ring us.") == [("removed", "Ring "), ("added", "Do ring "), ("kept", "us.")]


@given(TEXTS, TEXTS)
def test_the_edit_holds_both_texts(drafted, sent):
    shown = difference(drafted, sent)
    assert "".join(text for kind, text in shown if kind != "removed") == (sent if sent.strip() else "")
    assert " ".join(text for kind, text in shown if kind != "added").split() == drafted.split()
    assert all(text for _, text in shown)


def test_very_long_texts_are_compared_all_the_same():
    one, other = "a " * 200_000, "a b " * 200_000
    told = changes(one + "end.", other + "end.", [{"text": one, "clauses": []}])
    assert not told["same"]
    shown = difference(one + "end.", other + "end.")
    assert shown[0][0] == shown[-1][0] == "kept"
    assert changes("x" * 1_000_000, "y" * 1_000_000, [])["similarity"] == 0
