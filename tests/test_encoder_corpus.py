"""What the training messages are made of: taking new ones in, finding near-duplicates, and noise."""

import json

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from encoder.add_messages import add, read_lines
from encoder.corpus import CorpusError, read_corpus
from encoder.near_duplicates import normal, pairs
from encoder.noise import noisy

LINE = {
    "text": "my shed was emptied",
    "intent": "report_crime",
    "urgency": "routine",
    "flags": [],
    "also": [],
    "lang": "en",
}


def test_near_duplicates_are_found_by_words_and_by_letters():
    texts = [
        "My bike was stolen from the garden shed on Tuesday night, could somebody tell me whom to ring",
        "my bike was stolen from the garden shed on tuesday night!! could somebody tell me whom to ring?",
        "My bike was stollen from the garden shed on Tuesday nite, could somebody tell me whom to ring",
        "Who do I ring about a stolen bike on a Tuesday?",
    ]
    found = set(pairs(texts))
    assert (0, 1) in found
    assert (0, 2) in found
    assert not any(3 in pair for pair in found)


def test_short_messages_count_only_where_they_are_the_same():
    assert list(pairs(["thank you all", "thank you both", "Thank you all!"])) == [(0, 2)]
    assert list(pairs(["hello there"], ["bye", "Hello there."])) == [(0, 1)]


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=5, max_size=9).map(" ".join), min_size=2, max_size=12))
def test_no_pair_is_missed(texts):
    """Against every one compared with every other, by words."""

    def alike(one, other):
        first, second = set(normal(one).split()), set(normal(other).split())
        return len(first & second) >= 0.8 * len(first | second)

    wanted = {(a, b) for b in range(len(texts)) for a in range(b) if alike(texts[a], texts[b])}
    assert wanted <= set(pairs(texts))


@given(st.text(min_size=1, max_size=200), st.integers(0, 2**32 - 1))
def test_noise_leaves_something_to_read(text, seed):
    made = noisy(text, np.random.default_rng(seed))
    assert made or not text.strip()
    assert len(made) <= 2 * len(text) + 2


@pytest.fixture
def place(tmp_path):
    family = tmp_path / "nlu" / "safety"
    family.mkdir(parents=True)
    head = 'version: "3.1"\nnlu:\n- intent: report_crime\n  examples:\n  - text: |\n      they took my bike\n'
    labels = "    metadata: {lang: en, urgency: routine, flags: [], also: [], hand: old}\n"
    (family / "report_crime.yml").write_text(head + labels, encoding="utf-8")
    (tmp_path / "dev.jsonl").write_text(json.dumps({"text": "who emptied the garage next door then"}) + "\n")
    return tmp_path


def test_messages_are_taken_in_and_repeats_left_out(place):
    texts = [
        "They took my bike!",
        "two\nlines: [a] {b} # and 'signs'",
        "who emptied the garage, next door then?",
        "new",
    ]
    lines = [{**LINE, "text": text, "flags": ["link"], "also": ["ask_question"]} for text in texts]
    (place / "new.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert add(read_lines(place / "new.jsonl"), "somebody", place / "nlu", place) == (2, 2)
    found = read_corpus(place / "nlu")
    assert [one.text for one in found] == ["they took my bike", texts[1], "new"]
    assert (found[1].hand, found[1].also) == ("somebody", ("ask_question",))
    content = yaml.safe_load((place / "nlu/safety/report_crime.yml").read_text(encoding="utf-8"))
    assert content["nlu"][0]["examples"][1]["metadata"]["flags"] == ["link"]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"intent": "crime"}, "intent"), ({"urgency": "high"}, "emergency"), ({"flags": ["x"]}, "profanity"),
     ({"lang": "fr"}, "cy"), ({"text": " "}, "empty")],
)  # fmt: skip
def test_a_wrong_line_is_named_and_nothing_is_taken(tmp_path, change, said):
    (tmp_path / "new.jsonl").write_text(json.dumps(LINE) + "\n" + json.dumps({**LINE, **change}) + "\n")
    with pytest.raises(CorpusError, match="line 2") as caught:
        read_lines(tmp_path / "new.jsonl")
    assert said in str(caught.value)
