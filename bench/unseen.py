"""How strangers are read: every training message judged by models that never saw its hand.

The encoder's say comes from the fold that left the hand out, the head's from the closed form; thresholds and
calibration are those of the whole, so these figures are a little kind where `evaluation/dev.jsonl` is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from encoder.corpus import ROOT, Example, read_corpus
from responder.evaluation.scores import Interval, intervals
from responder.nlu import places
from responder.nlu.evidence import Evidence
from responder.nlu.head import HeadSettings
from responder.nlu.model import Example as Taught
from responder.nlu.model import TriageModel
from responder.nlu.safety_net import SafetyNet, level_of
from responder.nlu.text import clean
from responder.nlu.triage import Judgement, Targets, judge

HANDS = ROOT / "evaluation" / "hands.yml"
LENGTHS = ((1, 3), (4, 8), (9, 20), (21, 50), (51, 100), (101, 10_000))  # words


@dataclass(frozen=True)
class Group:
    """The figures of the messages that share something. Counts, shares, and F1 with its 95 % interval."""

    name: str
    messages: int
    accuracy: Interval
    macro_f1: Interval
    among_three: float
    emergencies: int
    alarmed: int
    ruled_out: int
    routine: int
    false_alarms: int


def judged() -> tuple[list[Example], list[Judgement]]:
    """The corpus, and what is made of each message without its hand. Takes as long as a training."""
    examples = read_corpus()
    net, evidence = SafetyNet.load(places.cues()), Evidence.read(places.tuned())
    taught = [_taught(example, net) for example in examples]
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    config = next(entry for entry in pipeline if entry["name"].endswith(".Triage"))
    targets, settings = Targets(**config.get("targets", {})), HeadSettings(**config.get("head", {}))
    model = TriageModel.train(taught, np.zeros((len(taught), 384), np.float32), targets, settings, evidence)
    assert model.held_out is not None
    rows = zip(model.held_out, taught)
    return examples, [judge(row, model.intents, one.cue_level, model.calibration) for row, one in rows]


def groups(examples: list[Example], judgements: list[Judgement]) -> dict[str, list[Group]]:
    """The figures by language, region, hand, length and urgency."""
    hands = yaml.safe_load(HANDS.read_text(encoding="utf-8"))["hands"]
    return {
        "language": _by(examples, judgements, lambda e: "Welsh" if e.lang == "cy" else "English"),
        "region": _by(examples, judgements, lambda e: hands[e.hand]["region"]),
        "hand": _by(examples, judgements, lambda e: e.hand),
        "length in words": _by(examples, judgements, lambda e: _length(len(e.text.split()))),
    }


def _by(examples: list[Example], judgements: list[Judgement], key: Callable[[Example], str]) -> list[Group]:
    rows = defaultdict(list)
    for at, example in enumerate(examples):
        rows[key(example)].append(at)
    return [_group(name, [(examples[at], judgements[at]) for at in rows[name]]) for name in sorted(rows)]


def _group(name: str, pairs: Iterable[tuple[Example, Judgement]]) -> Group:
    told = list(pairs)
    names = sorted({e.intent for e, _ in told} | {j.ranking[0][0] for _, j in told})
    gold, found = (
        np.array([names.index(n) for n in one]) for one in zip(*((e.intent, j.ranking[0][0]) for e, j in told))
    )
    accuracy, macro = intervals(gold, found, len(names))
    emergencies = [j for e, j in told if e.urgency == "emergency"]
    routine = [j for e, j in told if e.urgency == "routine"]
    return Group(
        name, len(told), accuracy, macro,
        float(np.mean([e.intent in [one for one, _ in j.ranking[:3]] for e, j in told])),
        len(emergencies), sum(j.danger == "alarm" for j in emergencies), sum(j.danger == "none" for j in emergencies),
        len(routine), sum(j.danger == "alarm" for j in routine),
    )  # fmt: skip


def _length(words: int) -> str:
    low, high = next((low, high) for low, high in LENGTHS if words <= high)
    return f"{low:>3} to {high}" if high < LENGTHS[-1][1] else f"{low} and more"


def _taught(example: Example, net: SafetyNet) -> Taught:
    text = clean(example.text).text
    return Taught(
        text, example.intent, example.urgency, example.lang == "cy", example.hand, level_of(net.find(text)),
        example.flags, example.text, example.also,
    )  # fmt: skip


def known_hands(path: Path = HANDS) -> set[str]:
    """The names that the file describes."""
    return set(yaml.safe_load(path.read_text(encoding="utf-8"))["hands"])
