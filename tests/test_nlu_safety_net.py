"""The safety net: dangers in plain words are caught, what only sounds like one is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from responder.errors import PackError
from responder.nlu import places
from responder.nlu.text import clean

pytestmark = pytest.mark.filterwarnings("ignore")  # spaCy imports TensorFlow, whose imports warn


@pytest.fixture(scope="module")
def net() -> Any:
    from responder.nlu.safety_net import SafetyNet

    return SafetyNet.load(places.cues())


@pytest.fixture(scope="module")
def level(net: Any) -> Callable[[str], str]:
    from responder.nlu.safety_net import level_of

    return lambda text: level_of(net.find(clean(text).text))


ALARMS = [
    "there's a man with a knife in the shop",
    "two lads fighting with machetes outside Tesco",
    "someone is trying to get in my back door",
    "There’s somebody downstairs and my husband's on nights",
    "he won't wake up",
    "my nan isn't breathing",
    "her lips have gone blue",
    "he's bleeding badly",
    "they keep kicking him in the head",
    "house on fire, kids inside",
    "strong smell of gas in our stairwell",
    "a woman is stood the wrong side of the railings",
    "my son is in the river",
    "car on its roof in the ditch",
    "I've taken all my tablets",
    "he's left a goodbye letter",
    "HEEEELP hes got in",
    "i've got petrol and im outside the station",
    "I want to ask about the precept. Also a man with a knife is in the shop.",  # the danger stands last
    "Last week he shouted. Now he is kicking my door in.",  # the past in another sentence
    "he's got hold of her by the hair",
    "there are two men in my living room",
    "a lad has come into the pub with a machete",
    "we're hiding under the bed",
    "he locked me in the bathroom",
    "a young woman is sat with her legs over the railings",
    "a boy fell through the ice",
    "our car is in the canal",
    "she swallowed some bleach",
    "we can't find a pulse",
    "the ceiling fell on people",
    "there are cows loose on the motorway",
    "her foot is facing the wrong way",
    "I'm sat outside his flat waiting for him",
    "grandad not waking up",
    "mae rhywun yn torri mewn i'r tŷ",
    "mae caiac wedi troi drosodd ar y môr",
    "mae'r babi wedi stopio crio",
    "mae o'n poeri gwaed",
    "dydi mam ddim yn deffro",
    "mae o'n gwaedu o'i ben",
    "mae'r tŷ ar dân",
    "mae dyn efo cyllell tu allan i'r siop",
    "dw i wedi cymryd y tabledi i gyd",
]
POSSIBLE = [
    "i don't want to be here anymore",
    "I want to die",
    "she has been self harming again",
    "ill burn your house down",
    "please help me",
    "dwi isio marw",
    "helpwch",
    "I tried to kill myself last year",  # lasting: the past does not make it safe
]
CALM = [
    "this traffic is killing me",
    "shoot me an email please",
    "you lot are on fire tonight, well done",
    "I'd kill for a brew",
    "that speeding fine cost a bomb",
    "my phone is dead",
    "she was dying to meet the police horses",
    "what a bloody joke this council is",
    "the fire station on Station Road, is it closing?",
    "fire alarm testing at the office",
    "a man was stabbed here last year",
    "there was a car on fire yesterday",
    "What should I do if someone is breaking in?",
    "how many people were stabbed in 2023",
    "Nobody is breaking in",
    "Your knife crime strategy needs work",
    "a film about a man with a gun",
    "hang on, I'll find the number",
    "I nearly had a heart attack when the bill came",
    "the shop was set on fire and nobody rang us",
    "my cousin was hit by a van, who do we ask for the report",
    "she stopped taking her tablets",
    "the police took my insulin",
    "what do I do with an old sword from the loft",
    "is it illegal to have a lock knife",
    "our drains had collapsed and he charged us twice",
    "he's just passed out as a constable",
    "I'd rather not wake up",
    "nothing is on fire",
    "the dementia register, I can't find it on your page",
    "they left the shopping in the boot",
    "boddi mewn gwaith papur ydan ni",
    "mae rhywun yn y swyddfa wedi addo ffurflen",
    "roedd y larwm tân yn canu eto",
    "bite the bullet and fund it",
    "Sheffield United, the Blades, won",
    "dw i'n hapus iawn efo'r swyddfa",
    "diolch am eich help",
]


@pytest.mark.parametrize("text", ALARMS)
def test_danger_now_is_an_alarm(level: Callable[[str], str], text: str) -> None:
    assert level(text) == "alarm"


@pytest.mark.parametrize("text", POSSIBLE)
def test_what_may_be_danger_is_possible_at_least(level: Callable[[str], str], text: str) -> None:
    assert level(text) in ("possible", "alarm")


@pytest.mark.parametrize("text", CALM)
def test_what_only_sounds_like_danger_is_no_alarm(level: Callable[[str], str], text: str) -> None:
    assert level(text) != "alarm"


@pytest.mark.parametrize(
    "disguise",
    [
        str.upper,
        str.title,
        lambda t: t.replace("'", "’"),
        lambda t: t.replace("i", "\u0456"),
        lambda t: "\u200b".join(t),
    ],
)
def test_a_disguise_does_not_hide_an_alarm(level: Callable[[str], str], disguise: Callable[[str], str]) -> None:
    text = "there's a man with a knife in the shop"
    assert level(disguise(text)) == "alarm"


def test_a_reason_is_given_in_plain_words_and_the_place(net: Any) -> None:
    text = "hello. a man with a knife is here"
    hit = net.find(text)[0]
    assert hit.reason == "says someone is armed, now"
    assert "knife" in text[hit.start : hit.end]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("cues: [{id: a, level: loud, reason: r, say: [x]}]", "possible or alarm"),
        ("cues: [{id: a, level: alarm, reason: r, say: ['<none> x']}]", "<none> is not known"),
        ("cues: [{id: a, level: alarm, reason: r, say: [x], maybe: 1}]", "'maybe'"),
        ("cues: [{id: a, level: alarm, reason: r, say: ['...']}]", "no word that must stand"),
        ("{", "not YAML"),
    ],
)
def test_a_faulty_file_is_one_sentence_that_names_it(tmp_path: Path, content: str, told: str) -> None:
    from responder.nlu.safety_net import SafetyNet

    (tmp_path / "danger-xx.yml").write_text(content)
    with pytest.raises(PackError, match=told) as error:
        SafetyNet.load(tmp_path)
    assert "danger-xx.yml" in str(error.value)
