"""What encoders that never saw a message's hand say of the message: honest evidence to fit and calibrate on.

The encoder that ships has seen every training message, so on these its vectors are surer than they will be on a
stranger's. For each fold of hands another encoder learns from the other hands, and its scores for the hands left
out are kept under the texts' hashes. A head that reads them in training reads, for new texts, the shipped scores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from encoder.corpus import URGENCIES, Example, fingerprint, fold_of_hands
from encoder.training import Settings, fine_tune
from responder.nlu.columns import Columns
from responder.nlu.evidence import text_key


def scores(
    examples: Sequence[Example], intents: Sequence[str], settings: Settings, folds: int, work: Path,
    report: Callable[[str], None] = print,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Scores (n × columns) of every example by the encoder of its fold, and the folds' numbers (n).

    A finished fold is kept in `work`, with the vectors of all examples, and not done again.
    """
    placed = fold_of_hands(examples, folds)
    fold = np.array([placed[example.hand] for example in examples], dtype=np.int8)
    found = np.zeros((len(examples), Columns(len(intents)).total), dtype=np.float32)
    work.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(_paths(examples, settings, folds, work)):
        if not path.exists():
            report(f"Fold {number + 1} of {folds}, held out: {', '.join(h for h, f in placed.items() if f == number)}")
            _learn(path, examples, fold != number, intents, settings, report)
        with np.load(path) as kept:
            found[fold == number] = kept["scores"][fold == number]
    return found, fold


def fold_files(
    examples: Sequence[Example], settings: Settings, folds: int, work: Path
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """What `scores` left in `work`: each example's fold (n), its scores, and all examples' vectors as each fold has."""
    placed = fold_of_hands(examples, folds)
    fold = np.array([placed[example.hand] for example in examples], dtype=np.int8)
    kept = [dict(np.load(path)) for path in _paths(examples, settings, folds, work)]
    own = np.stack([kept[number]["scores"][row] for row, number in enumerate(fold)])
    return fold, own, [one["vectors"].astype(np.float32) for one in kept]


def save(path: Path, examples: Sequence[Example], intents: Sequence[str], found: np.ndarray, fold: np.ndarray) -> None:
    """Write scores and folds under the texts' hashes; no text stands in the file."""
    np.savez_compressed(
        path, texts=np.array([text_key(example.text) for example in examples], dtype=np.uint64),
        scores=found.astype(np.float16), fold=fold, intents=np.array(intents), urgencies=np.array(URGENCIES),
    )  # fmt: skip


def _paths(examples: Sequence[Example], settings: Settings, folds: int, work: Path) -> list[Path]:
    """One file a fold; the name tells of the corpus and the settings, so that nothing stale is read."""
    name = hashlib.sha256(json.dumps([fingerprint(examples), folds, asdict(settings)]).encode()).hexdigest()[:12]
    return [work / f"{name}-{number}.npz" for number in range(folds)]


def _learn(
    path: Path, examples: Sequence[Example], learnt: np.ndarray, intents: Sequence[str], settings: Settings,
    report: Callable[[str], None],
) -> None:  # fmt: skip
    rows = np.flatnonzero(learnt)
    tuned = fine_tune([examples[row] for row in rows], examples, intents, settings, report)
    report(f"  {tuned.seconds:.0f} s")
    np.savez(path, scores=tuned.scores(), vectors=tuned.vectors.astype(np.float16), learnt=learnt)
