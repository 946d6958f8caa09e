"""The training data: a file an intent, labels that are allowed, nothing twice, nothing from the evaluation."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from responder.drafting.model import FLAGS, URGENCIES

ROOT = Path(__file__).parent.parent
FEWEST = 80
KEYS = {"lang", "urgency", "flags", "also", "hand"}
RESERVED = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
INTENTS: dict[str, dict[str, str]] = yaml.safe_load((ROOT / "offices/national/intents.yml").read_text())


def normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())) or text.strip()


def alike(first: set[str], second: set[str]) -> bool:
    """Whether four fifths of all that stands in either stands in both."""
    if not 0.8 <= len(first) / max(1, len(second)) <= 1.25:
        return False
    return len(first & second) >= 0.8 * len(first | second)


def grams(text: str) -> set[str]:
    return {f" {text} "[at : at + 3] for at in range(len(text))}


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


def test_every_intent_has_enough_examples(examples: list[dict[str, Any]]) -> None:
    few = {intent: n for intent in INTENTS if (n := sum(e["intent"] == intent for e in examples)) < FEWEST}
    assert few == {}


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


def test_no_text_stands_twice(examples: list[dict[str, Any]]) -> None:
    seen: dict[str, str] = {}
    twice = []
    for example in examples:
        key = normal(example["text"])
        if key in seen:
            twice.append((example["text"], seen[key]))
        seen[key] = example["text"]
    assert twice == []


def test_no_text_reads_as_an_entity_annotation_or_a_command(examples: list[dict[str, Any]]) -> None:
    annotation = re.compile(r"\[[^\]]+\][({\[]")
    assert [e["text"] for e in examples if annotation.search(e["text"]) or e["text"].startswith("/")] == []


def test_links_lead_nowhere(examples: list[dict[str, Any]]) -> None:
    assert [e["text"] for e in examples for link in RESERVED.findall(e["text"]) if ".example" not in link] == []


def test_nothing_comes_from_the_evaluation(examples: list[dict[str, Any]]) -> None:
    lines = (ROOT / "evaluation/dev.jsonl").read_text().splitlines()
    kept_back = [normal(json.loads(line)["text"]) for line in lines]
    prepared = [(set(text.split()), grams(text)) for text in kept_back if len(text.split()) > 3]
    short = {text for text in kept_back if len(text.split()) <= 3}
    taken = []
    for example in examples:
        text = normal(example["text"])
        words, pieces = set(text.split()), grams(text)
        if len(text.split()) <= 3:
            if text in short and example["intent"] not in ("greet", "thank", "goodbye"):
                taken.append(example["text"])
            continue
        if any(alike(words, other_words) or alike(pieces, other) for other_words, other in prepared):
            taken.append(example["text"])
    assert taken == []


def test_there_is_a_rule_for_every_intent() -> None:
    rules = yaml.safe_load((ROOT / "data/rules.yml").read_text())["rules"]
    answered = {step["intent"]: rule["steps"][1]["action"] for rule in rules for step in rule["steps"][:1]}
    assert answered == {
        **{intent: f"action_answer_{told['family']}" for intent, told in INTENTS.items()},
        "nlu_fallback": "action_hand_to_person",
    }
