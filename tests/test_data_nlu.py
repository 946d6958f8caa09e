"""The training data: a file an intent, labels that are allowed, nothing twice, nothing from the evaluation."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from encoder.add_messages import measured_texts
from encoder.near_duplicates import BARE, pairs
from responder.drafting.model import FLAGS, URGENCIES

ROOT = Path(__file__).parent.parent
FEWEST = 200  # English messages of an intent
BARE_INTENTS = ("greet", "thank", "goodbye")
KEYS = {"lang", "urgency", "flags", "also", "hand"}
RESERVED = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
INTENTS: dict[str, dict[str, str]] = yaml.safe_load((ROOT / "offices/national/intents.yml").read_text())


@pytest.fixture(scope="module")
def examples() -> list[dict[str, Any]]:
    found = []
    for file in sorted((ROOT / "data/nlu").glob("*/*.yml")):
        content = yaml.load(file.read_text(), yaml.CSafeLoader)
        assert content["version"] == "3.1"
        for entry in content["nlu"]:
            assert entry["intent"] == file.stem, f"{file} holds {entry['intent']}"
            for example in entry["examples"]:
                found.append({"file": file, "intent": entry["intent"], **example})
    return found


def test_every_intent_has_one_file_in_its_family() -> None:
    files = {str(file.relative_to(ROOT / "data/nlu")) for file in (ROOT / "data/nlu").glob("**/*.yml")}
    assert files == {f"{told['family']}/{intent}.yml" for intent, told in INTENTS.items()}


def test_labels_are_allowed(examples: list[dict[str, Any]]) -> None:
    wrong = []
    for example in examples:
        told = example["metadata"]
        if (
            set(told) != KEYS
            or told["lang"] not in ("en", "cy")
            or told["urgency"] not in URGENCIES
            or not set(told["flags"]) <= set(FLAGS)
            or not set(told["also"]) <= set(INTENTS)
        ):
            wrong.append((example["text"], told))
    assert wrong == []


def test_every_report_of_an_emergency_is_one(examples: list[dict[str, Any]]) -> None:
    assert [
        e["text"] for e in examples if e["intent"] == "report_emergency" and e["metadata"]["urgency"] != "emergency"
    ] == []


def test_no_text_stands_twice_or_nearly(examples: list[dict[str, Any]]) -> None:
    texts = [example["text"] for example in examples]
    assert [(texts[first], texts[second]) for first, second in pairs(texts)] == []


def test_no_text_reads_as_an_entity_annotation_or_a_command(examples: list[dict[str, Any]]) -> None:
    annotation = re.compile(r"\[[^\]]+\][({\[]")
    assert [e["text"] for e in examples if annotation.search(e["text"]) or e["text"].startswith("/")] == []


def test_links_lead_nowhere(examples: list[dict[str, Any]]) -> None:
    assert [e["text"] for e in examples for link in RESERVED.findall(e["text"]) if ".example" not in link] == []


def test_nothing_comes_from_the_evaluation(examples: list[dict[str, Any]]) -> None:
    """Neither from dev.jsonl nor from the behavioural suite; a bare greeting may stand in both."""
    texts, measured = [example["text"] for example in examples], measured_texts(ROOT / "evaluation")
    bare = {at for at, one in enumerate(examples) if one["intent"] in BARE_INTENTS and len(one["text"].split()) <= BARE}
    assert [texts[at] for at, _ in pairs(texts, measured) if at not in bare] == []


def test_there_are_as_many_as_the_encoder_needs(examples: list[dict[str, Any]]) -> None:
    english = [example for example in examples if example["metadata"]["lang"] == "en"]
    by_intent = Counter(example["intent"] for example in english)
    assert len(english) >= 12_000
    assert min(by_intent[intent] for intent in INTENTS) >= FEWEST
    assert min(by_intent[intent] for intent in ("report_emergency", "report_crime")) >= 900
    welsh = Counter(example["intent"] for example in examples if example["metadata"]["lang"] == "cy")
    assert sum(welsh.values()) >= 1_500
    assert set(welsh) == set(INTENTS)


def test_every_hand_is_described(examples: list[dict[str, Any]]) -> None:
    hands = {example["metadata"]["hand"] for example in examples}
    assert hands == set(yaml.safe_load((ROOT / "evaluation/hands.yml").read_text(encoding="utf-8"))["hands"])
    assert len(hands) >= 20


def test_there_is_a_rule_for_every_intent() -> None:
    rules = yaml.safe_load((ROOT / "data/rules.yml").read_text())["rules"]
    answered = {step["intent"]: rule["steps"][1]["action"] for rule in rules for step in rule["steps"][:1]}
    assert answered == {
        **{intent: f"action_answer_{told['family']}" for intent, told in INTENTS.items()},
        "nlu_fallback": "action_hand_to_person",
    }
