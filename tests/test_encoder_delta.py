"""The fine-tuned encoder that ships: it fits the corpus, it is small, it does something, and it is exact."""

import json

import numpy as np
import pytest

from encoder import delta
from encoder.corpus import ROOT, URGENCIES, Example, fingerprint, fold_of_hands, intent_names, read_corpus
from responder.nlu.columns import Columns
from responder.nlu.encoder import WEIGHTS_SHA256, Encoder, apply_delta, model_folder, read_weights
from responder.nlu.evidence import text_key

FOLDER = ROOT / "encoder"
LARGEST = 12 * 2**20
TEXTS = (
    "someones in my house downstairs i can hear them",
    "Pryd mae'r cyfarfod nesaf?",
    "hi",
    "I have rung 101 four times about the bikes on the field behind us and nobody has ever come out, what is the point",
)
STALE = (
    "data/nlu has changed since the encoder was fine-tuned ({}). It still works; the new messages are simply not in "
    "it. Run `make encoder` (about an hour) and keep what it writes."
)


@pytest.fixture(scope="module")
def about():
    return json.loads((FOLDER / "delta.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def corpus():
    return read_corpus()


@pytest.fixture(scope="module")
def weights():
    return read_weights(model_folder() / "model.safetensors")


def test_corpus_is_the_one_learnt_from(about, corpus):
    assert about["corpus"] == fingerprint(corpus), STALE.format(f"{about['messages']} then, {len(corpus)} now")


def test_it_rests_on_the_weights_that_are_installed(about):
    assert about["base"] == WEIGHTS_SHA256


def test_it_is_small():
    shipped = [*FOLDER.glob("*.safetensors"), *FOLDER.glob("*.npz"), FOLDER / "delta.json"]
    assert sum(path.stat().st_size for path in shipped) <= LARGEST


def test_it_was_kept_for_scores(about):
    assert {"en", "cy"} <= set(about["held_out"])
    assert about["held_out"]["en"]["intent"] > 0.7


def test_it_changes_the_vectors():
    plain, tuned = (Encoder.load(path).encode(TEXTS) for path in (None, FOLDER / "delta.safetensors"))
    alike = (plain * tuned).sum(axis=1)
    assert np.allclose(np.linalg.norm(tuned, axis=1), 1, atol=1e-5)
    assert (alike < 0.99).all()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what TensorFlow imports
def test_training_and_reading_agree_on_the_vectors(weights):
    from encoder.network import Network
    from encoder.training import encode, token_ids

    apply_delta(weights, FOLDER / "delta.safetensors")
    trained = encode(Network(weights, {"intent": 2}, dropout=0.1, seed=1), token_ids(TEXTS, 96))
    read = Encoder.load(FOLDER / "delta.safetensors", max_tokens=96).encode(TEXTS)
    assert ((trained * read).sum(axis=1) > 0.9999).all()


def test_layers_read_the_vectors(about, corpus):
    with np.load(FOLDER / "layers.npz") as layers:
        assert list(layers["intents"]) == intent_names(corpus)
        assert tuple(layers["urgencies"]) == URGENCIES
        vectors = Encoder.load(FOLDER / "delta.safetensors").encode(TEXTS[:1])
        intent = (vectors @ layers["intent.weight"] + layers["intent.bias"])[0]
        urgency = (vectors @ layers["urgency.weight"] + layers["urgency.bias"])[0]
        assert layers["intents"][intent.argmax()] == "report_emergency"
        assert layers["urgencies"][urgency.argmax()] == "emergency"


def test_every_message_has_scores_of_an_encoder_that_never_saw_its_hand(about, corpus):
    with np.load(FOLDER / "out_of_fold.npz") as kept:
        fold = dict(zip(kept["texts"].tolist(), kept["fold"].tolist()))
        assert kept["scores"].shape == (len(kept["texts"]), Columns(len(kept["intents"])).total)
        assert np.isfinite(kept["scores"]).all()
    missing = [example.text for example in corpus if text_key(example.text) not in fold]
    assert not missing, STALE.format(f"{len(missing)} without scores")
    placed = fold_of_hands(corpus, about["held_out"]["folds"])
    assert len(set(placed.values())) == about["held_out"]["folds"]


def test_fingerprint_is_of_content_not_of_order():
    one = Example("Someone is in my shed", "report_emergency", "emergency", "en", "anna")
    two = Example("Thanks", "thank", "routine", "en", "ben")
    assert fingerprint([one, two]) == fingerprint([two, one])
    assert fingerprint([one]) != fingerprint([Example(one.text, one.intent, "urgent", one.lang, one.hand)])


def test_cut_difference_comes_back(weights):
    draw = np.random.default_rng(1)
    name, bias = "encoder.layer.0.intermediate.dense.weight", "encoder.layer.0.intermediate.dense.bias"
    strong = (draw.normal(size=(1536, 8)) @ draw.normal(size=(8, 384)) * 0.01).astype(np.float32)
    before = {name: weights[name], bias: weights[bias]}
    after = {name: before[name] + strong, bias: before[bias] + np.float32(0.5)}
    parts = delta.cut(before, after, rank=8)
    assert {key: value.dtype for key, value in parts.items()} == dict.fromkeys(
        (f"{name}.up", f"{name}.down", f"{bias}.add"), np.float16
    )
    back = delta.joined(before, parts)
    assert np.abs(back[name] - after[name]).max() < 1e-3
    assert np.abs(back[bias] - after[bias]).max() < 1e-3


def test_cut_file_is_what_the_product_applies(weights, tmp_path):
    name = "encoder.layer.5.output.dense.weight"
    after = {name: weights[name] * np.float32(1.1)}
    parts = delta.cut({name: weights[name]}, after, rank=16)
    delta.save(parts, tmp_path / "delta.safetensors")
    expected = delta.joined({name: weights[name]}, parts)[name]
    apply_delta(weights, tmp_path / "delta.safetensors")
    assert np.allclose(weights[name], expected, atol=1e-6)
