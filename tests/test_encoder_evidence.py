"""The encoder's say beside the n-gram head's: what is kept for the corpus, and how the two are joined."""

import numpy as np

from encoder.corpus import ROOT, read_corpus
from responder.nlu.columns import Columns, Labels
from responder.nlu.evidence import Evidence, Mixing, best_temperature, choose_mixing, joined, shares, text_key

TWO = Columns(2)
LOUD = [6.0, 0.0, 4.0, 0.0, 0.0, *[0.0] * 5, 2.0, 0.0]  # intents, urgencies, flags, wants
QUIET = [0.0] * TWO.total


def test_columns_follow_one_another():
    places = (TWO.intents, TWO.urgency, TWO.flags, TWO.wants)
    assert [at for place in places for at in range(place.start, place.stop)] == list(range(TWO.total))


def test_labels_hold_every_want_and_flag():
    told = Labels.of(["greet", "thank"], ["thank"], ["urgent"], [["political", "link"]], [["greet", "unknown"]])
    assert (told.intent.tolist(), told.urgency.tolist()) == ([1], [1])
    assert told.flags.sum() == 1
    assert told.wants.tolist() == [[1, 1]]
    assert told.goal().shape == (1, TWO.total)


def test_texts_of_the_corpus_get_what_was_kept_for_them():
    kept = {text_key("hi there"): np.full(TWO.total, 9.0)}
    layers = Evidence(["greet", "thank"], np.ones((384, TWO.total)), np.zeros(TWO.total), kept)
    vectors = np.zeros((2, 384))
    assert (layers.training_scores(["hi there\n", "new"], vectors) == [[9.0] * TWO.total, QUIET]).all()
    assert (layers.scores(vectors) == 0).all()
    assert layers.knows(" hi there")
    assert not layers.knows("new")


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


def test_both_sides_count_and_welsh_by_its_own_share():
    mixing = Mixing((1, 1, 1, 1), share=0.5, share_welsh=0.2, flags=(1, 1, 0), wants=(0.5, 0.5, 1))
    found = joined(np.array([LOUD, LOUD, QUIET]), np.array([QUIET, QUIET, LOUD]), TWO, [False, True, False], mixing)
    assert found.shape == (3, TWO.total)
    assert np.allclose(found[0], found[2])
    assert found[0, 0] > found[1, 0]
    assert found[0, TWO.wants].tolist() == [2.0, 1.0]
    assert Mixing.from_dict(mixing.as_dict()) == mixing


def test_the_side_that_knows_is_heard():
    draw = np.random.default_rng(1)
    intent = draw.integers(0, 2, 300)
    labels = Labels(
        intent, draw.integers(0, 3, 300), draw.integers(0, 2, (300, 5)).astype(np.float32),
        np.eye(2, dtype=np.float32)[intent],
    )  # fmt: skip
    knows = labels.goal() * 4 + draw.normal(scale=1.5, size=(300, TWO.total))
    guesses = draw.normal(size=(300, TWO.total))
    welsh = [False] * 200 + [True] * 100

    def right(scores):
        return (scores[:, TWO.intents].argmax(axis=1) == intent).mean()

    for pair in ((knows, guesses), (guesses, knows)):
        mixing = choose_mixing(*pair, TWO, welsh, labels)
        assert right(joined(*pair, TWO, welsh, mixing)) >= right(knows) - 0.02
        weights = sorted(abs(weight) for weight in mixing.flags[:2])
        assert weights[1] > 5 * weights[0]


def test_temperature_makes_loud_mistakes_quiet():
    label = np.array([0, 1] * 50)
    loud = np.tile([8.0, 0.0], (100, 1))  # always sure of the first, right half the time
    assert best_temperature(loud, label) > 4
    assert np.allclose(shares(loud, 1e3)[0], 0.5, atol=0.01)
