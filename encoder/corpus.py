"""The training messages as the encoder's fine-tuning sees them, their fingerprint, and the folds of hands.

>>> examples = read_corpus()
>>> fingerprint(examples)[:8]  # doctest: +SKIP
'1f0c9a3e'
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from responder.nlu.columns import LEARNT_FLAGS, URGENCIES, Labels
from responder.nlu.evidence import LAYERS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "data" / "nlu"


class CorpusError(Exception):
    """A training file does not say what the fine-tuning needs."""


@dataclass(frozen=True)
class Example:
    """One message with what its writer meant. `hand` is who wrote it: folds never share one.

    `flags` are those of `LEARNT_FLAGS` that hold; `also` the further intents.
    """

    text: str
    intent: str
    urgency: str
    lang: str
    hand: str
    flags: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def read_corpus(folder: Path = FOLDER) -> list[Example]:
    """All labelled messages under `folder`, in the order of file names. Raises CorpusError.

    An example without an urgency or a hand is for Rasa alone and is passed over.
    """
    files = sorted(folder.glob("*/*.yml"))
    if not files:
        raise CorpusError(f"{folder} holds no training messages: <family>/<intent>.yml is wanted.")
    return [example for path in files for example in _read_file(path)]


def _read_file(path: Path) -> list[Example]:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found = []
    for block in content["nlu"]:
        examples = block.get("examples")
        if "intent" not in block or not isinstance(examples, list):
            continue
        for example in examples:
            labels = example.get("metadata") or {}
            if "urgency" not in labels or "hand" not in labels:
                continue
            if labels["urgency"] not in URGENCIES:
                raise CorpusError(f"{path}: urgency '{labels['urgency']}'; allowed: {', '.join(URGENCIES)}.")
            found.append(
                Example(
                    example["text"].strip(), block["intent"], labels["urgency"], labels.get("lang", "en"),
                    labels["hand"], tuple(f for f in LEARNT_FLAGS if f in (labels.get("flags") or ())),
                    tuple(sorted(labels.get("also") or ())),
                )
            )  # fmt: skip
    return found


def fingerprint(examples: Sequence[Example]) -> str:
    """sha256 over every text with what is learnt from it; the order of files and lines does not matter."""
    lines = sorted(json.dumps(list(asdict(e).values()), ensure_ascii=False) for e in examples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def intent_names(examples: Sequence[Example]) -> list[str]:
    """The intents, sorted."""
    return sorted({example.intent for example in examples})


def layer_sizes(intents: int) -> dict[str, int]:
    """How many scores each layer gives."""
    return dict(zip(LAYERS, (intents, len(URGENCIES), len(LEARNT_FLAGS), intents)))


def fold_of_hands(examples: Sequence[Example], folds: int) -> dict[str, int]:
    """Which fold holds each hand out: folds of like size, hands of mostly Welsh messages spread first."""
    sizes = Counter(example.hand for example in examples)
    welsh = Counter(example.hand for example in examples if example.lang == "cy")
    order = sorted(sizes, key=lambda hand: (welsh[hand] * 2 < sizes[hand], -sizes[hand], hand))
    totals = [0] * folds
    placed = {}
    for hand in order:
        fold = totals.index(min(totals))
        placed[hand] = fold
        totals[fold] += sizes[hand]
    return placed


def targets(examples: Sequence[Example], intents: Sequence[str]) -> Labels:
    """What is to be learnt of each example, as numbers."""
    told = ([getattr(example, name) for example in examples] for name in ("intent", "urgency", "flags", "also"))
    return Labels.of(intents, *told)
