"""The encoder's say beside the n-gram head's: what is kept for the corpus, and how the two are joined."""

import numpy as np

from encoder.corpus import ROOT, read_corpus
from responder.nlu.evidence import Evidence, best_temperature, choose_temperatures, joined, shares, text_key

LOUD, QUIET = [6.0, 0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]  # two intents, three urgencies


def test_texts_of_the_corpus_get_what_was_kept_for_them():
    layers = Evidence(["greet", "thank"], np.ones((384, 5)), np.zeros(5), {text_key("hi there"): np.full(5, 9.0)})
    vectors = np.zeros((2, 384))
    assert (layers.training_scores(["hi there\n", "new"], vectors) == [[9.0] * 5, [0.0] * 5]).all()
    assert (layers.scores(vectors) == 0).all()


def test_what_ships_is_read_and_less_sure_out_of_fold_than_in_sample():
    from responder.nlu.encoder import Encoder

    layers = Evidence.read(ROOT / "encoder")
    examples = [example for example in read_corpus() if example.lang == "en"][::40]
    texts = [example.text for example in examples]
    vectors = Encoder.load(ROOT / "encoder" / "delta.safetensors").encode(texts)
    label = np.array([layers.intents.index(example.intent) for example in examples])
    count = len(layers.intents)
    seen, unseen = (found[:, :count] for found in (layers.scores(vectors), layers.training_scores(texts, vectors)))
    right_seen, right_unseen = ((found.argmax(axis=1) == label).mean() for found in (seen, unseen))
    assert right_seen > right_unseen > 0.6


def test_both_sides_count_and_welsh_counts_the_head_more():
    scores = np.array([LOUD, LOUD, QUIET])
    other = np.array([QUIET, QUIET, LOUD])
    found = joined(scores, other, 2, [False, True, False], [1, 1, 1, 1])
    assert found.shape == (3, 5)
    assert np.allclose(found[0], found[2])
    assert found[0, 0] > found[1, 0]


def test_temperature_makes_loud_mistakes_quiet():
    label = np.array([0, 1] * 50)
    loud = np.tile([8.0, 0.0], (100, 1))  # always sure of the first, right half the time
    assert best_temperature(loud, label) > 4
    assert np.allclose(shares(loud, 1e3)[0], 0.5, atol=0.01)
    assert len(choose_temperatures(np.hstack([loud] * 2), np.hstack([loud] * 2), label, label, 2)) == 4
