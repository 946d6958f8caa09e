"""Staff teach: examples are kept without contacts, listed, forgotten, and never make the model worse."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from test_engine_shared import shared_packs

from responder.engine import teaching
from responder.engine.places import Places
from responder.errors import BadInput, UnknownName
from responder.evaluation.gate import Outcome, Standing, worse

PACKS = shared_packs()
GOOD = Standing(accuracy=0.9, missed=frozenset({7}), false_alarms=0.03, own_right=1)


@pytest.fixture
def places(tmp_path):
    return Places(root=tmp_path, home=tmp_path / "home", packs=tmp_path)


def test_what_is_taught_is_kept_without_contacts_for_this_account_only(places):
    kept = teaching.teach(places, PACKS, "my hedge! ring 07700 900123 or a.b@mail.example", "out_of_scope")
    assert kept.text == "my hedge! ring 00000 000000 or x.x@xxxx.xxxxxxx"
    assert teaching.examples(places) == [kept]
    assert stat.S_IMODE(places.own_examples.stat().st_mode) == 0o600
    assert "07700" not in places.own_examples.read_text(encoding="utf-8")


def test_urgency_is_at_least_the_intents_own(places):
    assert teaching.teach(places, PACKS, "someone is in the house", "report_emergency").urgency == "emergency"


def test_the_same_words_are_kept_once_with_the_newest_label(places):
    teaching.teach(places, PACKS, "Where is my bin?", "ask_question")
    teaching.teach(places, PACKS, "where is my BIN", "out_of_scope", language="en")
    assert [one.intent for one in teaching.examples(places)] == ["out_of_scope"]


def test_examples_can_be_forgotten(places):
    teaching.teach(places, PACKS, "first words", "greet")
    teaching.teach(places, PACKS, "other words", "thank", flags=["political"])
    assert teaching.forget(places, 1).intent == "greet"
    assert teaching.examples(places)[0].flags == ("political",)
    with pytest.raises(BadInput, match="1 to 1"):
        teaching.forget(places, 2)
    teaching.forget(places, 1)
    assert not places.own_examples.exists()


@pytest.mark.parametrize(
    ("text", "intent", "more", "error"),
    [("hello", "hullo", {}, UnknownName), ("  ", "greet", {}, BadInput), ("12 34", "greet", {}, BadInput),
     ("hello", "greet", {"urgency": "high"}, BadInput), ("hello", "greet", {"language": "fr"}, BadInput)],
)  # fmt: skip
def test_what_teaches_nothing_is_refused(places, text, intent, more, error):
    with pytest.raises(error):
        teaching.teach(places, PACKS, text, intent, **more)
    assert teaching.examples(places) == []


def test_those_who_teach_at_once_are_all_kept(places):
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda n: teaching.teach(places, PACKS, f"message {'x' * n} of somebody", "greet"), range(24)))
    assert len(teaching.examples(places)) == 24


def test_a_broken_file_is_named_and_left_as_it_is(places):
    places.home.mkdir()
    places.own_examples.write_text("nlu: 5", encoding="utf-8")
    with pytest.raises(BadInput, match=r"examples\.yml"):
        teaching.teach(places, PACKS, "hello", "greet")
    assert places.own_examples.read_text(encoding="utf-8") == "nlu: 5"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Standing(0.9, frozenset({7, 9}), 0.03, 2), "999"),
        (Standing(0.87, frozenset({7}), 0.03, 2), "rightly"),
        (Standing(0.95, frozenset(), 0.06, 2), "false alarms"),
    ],
)
def test_a_model_that_got_worse_is_not_taken(after, said):
    assert said in ", ".join(worse(GOOD, after))
    assert "old model is kept" in Outcome(MANIFEST, False, 2, GOOD, after).sentence()


def test_a_model_that_is_as_good_is_taken():
    assert worse(GOOD, Standing(0.895, frozenset({7}), 0.035, 2)) == []
    assert worse(GOOD, Standing(0.9, frozenset(), 0.03, 2)) == []


class MANIFEST:
    seconds = 50.0
