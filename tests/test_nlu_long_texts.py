"""Long and hostile texts: every search is linear, and a hundred thousand characters are read in half a second."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from responder.drafting.personal_data import find_personal_data
from responder.nlu import places
from responder.nlu.language import read_language
from responder.nlu.text import clean

pytestmark = pytest.mark.filterwarnings("ignore")  # spaCy imports TensorFlow, whose imports warn
SIZE = 100_000
PUMPS = [
    "a",
    "a.",
    "a@",
    "@a ",
    "f*",
    "1",
    "14 ",
    "0770 ",
    "A1 ",
    "AB12 ",
    "pc 1 ",
    "dob 1/1/",
    "sort code 12 ",
    "a-",
    "www.",
    "http://",
    "in now ",
    "man with a knife ",
    "won't ",
    "é",
    "!",
    "reg A",
    "Mrs A ",
    "one two ",
    "GB82 WEST ",
    "10-20-30 ",
    "oh one ",
    "a-at ",
    "a at b dot ",
    "Ab Cd 1/1/70 ",
    "born 1st of the ",
    "AAAAA 1",
    "x y. ",
]
GROWTH = 4.0  # twice the text may take this much longer, and never much more than twice as long if it is linear


@pytest.fixture(scope="module")
def readers() -> dict[str, Callable[[str], object]]:
    from responder.nlu.flags import FlagFinder
    from responder.nlu.mentions import MentionFinder
    from responder.nlu.safety_net import SafetyNet

    finder = FlagFinder.load(places.cues())
    return {
        "clean": clean,
        "language": read_language,
        "personal data": find_personal_data,
        "danger": SafetyNet.load(places.cues()).find,
        "flags": finder.find,
        "mentions": MentionFinder.load(places.national() / "mentions.yml").find,
    }


def seconds(read: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    read(text)
    return time.process_time() - started


@pytest.mark.parametrize("pump", PUMPS)
def test_no_text_takes_long(readers: dict[str, Callable[[str], object]], pump: str) -> None:
    text = (pump * (SIZE // len(pump)))[: SIZE - 1] + "~"
    slow = {}
    for name, read in readers.items():
        spent = min(seconds(read, text), seconds(read, text + "~"))
        if spent > 0.4 and spent > GROWTH * seconds(read, text[: SIZE // 2]) + 0.05:
            slow[name] = spent
        assert spent < 1.5, (name, spent)
    assert slow == {}


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_cue_buried_in_a_long_text_is_found(readers: dict[str, Callable[[str], object]], place: float) -> None:
    from responder.nlu.safety_net import level_of

    filler = "I would like to thank the office for the leaflet about bicycles and the kind reply about the lamp. " * 200
    at = int(len(filler) * place)
    text = filler[:at] + " a man with a knife is in the shop now " + filler[at:]
    assert level_of(readers["danger"](text)) == "alarm"  # type: ignore[arg-type]
