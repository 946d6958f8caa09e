"""Triage: learnt from a part of the training data, it says what a reader would expect, and errs on the safe side."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from responder.errors import ModelError
from responder.nlu import places
from responder.nlu.encoder import Encoder, EncoderError, apply_delta, read_weights
from responder.nlu.text import clean

pytestmark = pytest.mark.filterwarnings("ignore")  # spaCy imports TensorFlow, whose imports warn

ROOT = Path(__file__).parent.parent
FILLER = "I would like to thank the office for the leaflet about bicycles and the kind reply about the lamp. "


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load()


@pytest.fixture(scope="module")
def net() -> Any:
    from responder.nlu.safety_net import SafetyNet

    return SafetyNet.load(places.cues())


@pytest.fixture(scope="module")
def model(encoder: Encoder, net: Any) -> Any:
    """Trained on every third text, chosen by the texts themselves."""
    from responder.nlu.head import HeadSettings
    from responder.nlu.model import Example, TriageModel
    from responder.nlu.safety_net import level_of
    from responder.nlu.triage import Targets

    examples = []
    for file in sorted((ROOT / "data/nlu").glob("*/*.yml")):
        for entry in yaml.load(file.read_text(), yaml.CSafeLoader)["nlu"]:
            for one in entry["examples"]:
                text, told = clean(one["text"]).text, one["metadata"]
                if zlib.crc32(text.encode()) % 3 == 0:
                    level = level_of(net.find(text))
                    examples.append(
                        Example(
                            text,
                            entry["intent"],
                            told["urgency"],
                            told["lang"] == "cy",
                            told["hand"],
                            level,
                            tuple(told["flags"]),
                        )
                    )
    vectors = encoder.encode([example.text for example in examples])
    return TriageModel.train(examples, vectors, Targets(), HeadSettings())


@pytest.fixture(scope="module")
def read(model: Any, net: Any, encoder: Encoder) -> Callable[..., Any]:
    def judged(text: str, language: str = "en") -> Any:
        cleaned = clean(text).text
        return model.read_text(cleaned, language, net.find(cleaned), None, encoder.encode)

    return judged


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hello", "greet"),
        ("thanks very much", "thank"),
        ("are you a real person or a robot?", "bot_challenge"),
        ("Under the Freedom of Information Act please send me taser use in 2023 by month", "request_foi"),
        ("Why was my comment deleted?", "appeal_moderation"),
        ("Cheap followers, 10k for £15, DM us now https://boost.example", "spam"),
        ("HELP flat 6 hes got in and hes kicking my brother", "report_emergency"),
        ("I want to make a complaint about the officer who stopped me, he was rude and rough", "complain_police"),
    ],
)
def test_plain_messages_are_understood(read: Callable[..., Any], text: str, intent: str) -> None:
    assert read(text).ranking[0][0] == intent


@pytest.mark.parametrize(
    "text",
    [
        "someone is breaking into my house right now",
        "there is a man with a knife in the shop",
        "my baby isn't breathing",
        "I've taken all my tablets and don't want to wake up",
        "SOMEONES IN MY HOUSE HELP",
    ],
)
def test_danger_is_an_alarm_and_an_emergency(read: Callable[..., Any], text: str) -> None:
    judgement = read(text)
    assert (judgement.danger, judgement.urgency) == ("alarm", "emergency")


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "thanks",
        "When is the next public meeting?",
        "What is the precept for?",
        "bye",
        "please share our fun day",
    ],
)
def test_what_is_harmless_raises_no_alarm(read: Callable[..., Any], text: str) -> None:
    assert read(text).danger != "alarm"


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [2_000, 20_000])
def test_an_emergency_buried_in_a_long_text_is_found(read: Callable[..., Any], size: int, place: float) -> None:
    filler = FILLER * (size // len(FILLER))
    at = int(len(filler) * place)
    judgement = read(filler[:at] + " there is a man with a knife in the shop, he is hurting people. " + filler[at:])
    assert judgement.danger == "alarm"


def test_training_reports_what_it_reached(model: Any) -> None:
    found = model.calibration.found
    assert found["routine_alarmed"] <= 0.035
    assert found["emergencies_ruled_out"] <= 0.02
    assert found["accuracy"] > 0.6


def test_a_greeting_before_a_message_changes_little(model: Any, net: Any, encoder: Encoder) -> None:
    plain = "I want to see every expense claim of the Commissioner since 2021"
    polite = f"Good evening, sorry to bother you. {plain}"
    alone, whole = (model.read_text(t, "en", [], None, encoder.encode) for t in (plain, polite))
    both = model.read_text(polite, "en", [], None, encoder.encode, plain)
    assert both.ranking[0][0] == alone.ranking[0][0]
    first = alone.ranking[0][0]
    assert dict(both.ranking)[first] >= min(dict(whole.ranking)[first], dict(alone.ranking)[first])


def test_the_graver_of_core_and_whole_tells_the_danger(model: Any, encoder: Encoder) -> None:
    core = "theres someone trying to get in my back door and im on my own"
    judgement = model.read_text(f"Good evening. {core}", "en", [], None, encoder.encode, core)
    alone = model.read_text(core, "en", [], None, encoder.encode)
    assert ("none", "possible", "alarm").index(judgement.danger) >= ("none", "possible", "alarm").index(alone.danger)


def test_words_that_nobody_wrote_are_told_from_english_and_welsh(model: Any) -> None:
    assert model.known_share("mera shohar mujhe maar raha hai, darwaza band hai")[1] < 0.4
    assert model.known_share("my husband is hitting me and the door is shut")[1] > 0.8
    assert model.known_share("mae rhywun yn torri i mewn i'r tŷ")[1] > 0.5
    assert model.known_share("🙂 999") == (0, 0)


def test_telling_words_are_those_of_danger(model: Any) -> None:
    found = model.telling_words("the lovely leaflet arrived and he is kicking the door in now")
    assert found
    assert set(found) <= {"kicking", "door", "now", "the", "he", "is", "in", "and", "arrived"}


def test_what_is_kept_reads_the_same(model: Any, encoder: Encoder, tmp_path: Path) -> None:
    from responder.nlu.model import TriageModel

    model.save(tmp_path)
    again = TriageModel.read(tmp_path)
    text = "my bike was stolen and I want to know what happens next"
    first, second = (one.read_text(text, "en", [], None, encoder.encode) for one in (model, again))
    assert first.ranking[0][0] == second.ranking[0][0]
    assert first.ranking[0][1] == pytest.approx(second.ranking[0][1], abs=0.01)
    (tmp_path / "head.npz").write_bytes(b"broken")
    with pytest.raises(ModelError, match="responder train"):
        TriageModel.read(tmp_path)


def test_held_out_scores_are_those_of_a_head_that_never_saw_the_group() -> None:
    from responder.nlu.head import Head, _column_scale, _shared_ngrams

    draw, none = np.random.default_rng(0), np.zeros((60, 1))
    texts = [" ".join(draw.choice(["bike", "knife", "hello", "court", "thanks", "when"], 5)) for _ in range(60)]
    targets, groups = draw.random((60, 3)).astype(np.float32), np.arange(60) % 6
    head, held_out = Head.fit(texts, none, [False] * 60, targets, groups)
    scaled = head.ngrams.transform(texts).multiply(_column_scale(head.ngrams, head.settings)[None, :]).tocsr()
    kernel, mean = (scaled @ scaled.T).toarray(), targets.mean(axis=0)
    assert np.allclose(np.tril(_shared_ngrams(scaled)), np.tril(kernel), atol=1e-5)

    def by_hand(seen: Any, asked: Any) -> Any:
        alpha = np.linalg.solve(
            kernel[np.ix_(seen, seen)] + head.settings.ridge * np.eye(seen.sum()), (targets - mean)[seen]
        )
        return kernel[np.ix_(asked, seen)] @ alpha + mean

    everything = np.ones(60, bool)
    assert np.allclose(head.scores(texts, none, [False] * 60), by_hand(everything, everything), atol=1e-4)
    for group in range(6):
        assert np.allclose(held_out[groups == group], by_hand(groups != group, groups == group), atol=1e-4)


def test_vectors_have_length_one_and_a_text_its_own(encoder: Encoder) -> None:
    vectors = encoder.encode(["my bike was stolen", "", "🙂", "word " * 5000, "my bike was stolen"])
    assert vectors.shape == (5, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(vectors[0], vectors[4], atol=1e-5)


def test_an_altered_encoder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(EncoderError, match="altered"):
        read_weights(tmp_path / "model.safetensors")


def test_a_delta_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    weights = {"w": np.zeros((4, 4), np.float32)}
    save_file({"w.up": np.ones((4, 2), np.float32), "w.down": np.ones((2, 4), np.float32)}, tmp_path / "good")
    apply_delta(weights, tmp_path / "good")
    assert (weights["w"] == 2).all()
    for name, content in {
        "shape": {"w.add": np.ones(3, np.float32)},
        "name": {"v.add": np.ones(4, np.float32)},
    }.items():
        save_file(content, tmp_path / name)
        with pytest.raises(EncoderError, match=r"needed|allowed"):
            apply_delta(weights, tmp_path / name)
