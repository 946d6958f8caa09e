"""Greetings and thanks are cut off where a message is left without them."""

import time

import pytest

from responder.errors import PackError
from responder.nlu import places

pytestmark = pytest.mark.filterwarnings("ignore")  # spaCy imports TensorFlow, whose imports warn


@pytest.fixture(scope="module")
def courtesies():
    from responder.nlu.courtesies import Courtesies

    return Courtesies.load(places.cues() / "courtesies.yml")


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("Good morning, sorry to bother you. My van has gone. Many thanks", "My van has gone"),
        ("hiya theres a man in our yard x", "theres a man in our yard"),
        ("Bore da, mae rhywun yn yr ardd. Diolch yn fawr!", "mae rhywun yn yr ardd"),
        ("HELLO THERE!!! WHERE IS MY CASE UP TO??? THANKS", "WHERE IS MY CASE UP TO"),
    ],
)
def test_the_core_is_what_is_wanted(courtesies, text, core):
    assert courtesies.without(text) == core


@pytest.mark.parametrize(
    "text", ["hello", "hi there, thanks", "Many thanks", "my van has gone", "hijack on the A66", ""]
)
def test_a_bare_greeting_and_a_plain_message_stay(courtesies, text):
    assert courtesies.without(text) is None


@pytest.mark.parametrize("piece", ["hello ", "thanks ", "hi", " ", "!", "good morning, "])
def test_long_texts_take_no_time(courtesies, piece):
    started = time.perf_counter()
    courtesies.without(piece * 20_000)
    courtesies.without(piece * 600)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("content", ["opening: [hi]", "[]", "opening: []\nclosing: [ta]"])
def test_a_faulty_list_is_named(tmp_path, content):
    from responder.nlu.courtesies import Courtesies

    (tmp_path / "courtesies.yml").write_text(content, encoding="utf-8")
    with pytest.raises(PackError, match=r"courtesies\.yml"):
        Courtesies.load(tmp_path / "courtesies.yml")
