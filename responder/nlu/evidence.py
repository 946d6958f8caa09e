"""What the fine-tuned encoder's own layers say of a text, and how that is joined with the n-gram head's say.

A head must not learn, and no threshold be chosen, on vectors of texts that the encoder itself has learnt from: there
they are surer than on a stranger's text. So a text of the corpus gets the scores of an encoder that never saw its
hand (`out_of_fold.npz`), and any other text, an office's own or a new message, those of the encoder that ships.

Plain numpy, no TensorFlow. The head beside it rests on n-grams alone; measured in docs/decisions/encoder.md.

>>> evidence = Evidence.read(folder)  # doctest: +SKIP
>>> joined(evidence.training_scores(texts, vectors), held_out, Columns(27), welsh, mixing)  # doctest: +SKIP
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from responder.nlu.columns import Columns, Labels

Array = np.ndarray
LAYERS = ("intent", "urgency", "flags", "wants")  # the linear layers, in the order of their columns
SHARES_TRIED = tuple(number / 20 for number in range(2, 19))
LEAST = 1e-9
MODEL_FILE = "evidence.npz"


class Evidence:
    """The linear layers, and the scores kept for the corpus by the texts' numbers."""

    def __init__(self, intents: Sequence[str], weight: Array, bias: Array, kept: dict[int, Array]) -> None:
        self.intents = list(intents)
        self._weight = weight.astype(np.float32)
        self._bias = bias.astype(np.float32)
        self._kept = kept

    @classmethod
    def read(cls, folder: Path) -> Evidence:
        """Read `layers.npz` and `out_of_fold.npz`: plain numbers, nothing that can run."""
        with np.load(folder / "layers.npz", allow_pickle=False) as layers:
            intents = layers["intents"].tolist()
            weight = np.hstack([layers[f"{name}.weight"] for name in LAYERS])
            bias = np.hstack([layers[f"{name}.bias"] for name in LAYERS])
        with np.load(folder / "out_of_fold.npz", allow_pickle=False) as found:
            kept = dict(zip(found["texts"].tolist(), found["scores"].astype(np.float32)))
        return cls(intents, weight, bias, kept)

    def save(self, folder: Path) -> None:
        """Keep the layers in a trained model's folder; what was kept for the corpus is for training only."""
        np.savez(folder / MODEL_FILE, intents=np.array(self.intents), weight=self._weight, bias=self._bias)

    @classmethod
    def saved(cls, folder: Path) -> Evidence:
        """Read what `save` wrote. Raises OSError, KeyError or ValueError."""
        with np.load(folder / MODEL_FILE, allow_pickle=False) as kept:
            return cls(kept["intents"].tolist(), kept["weight"], kept["bias"], {})

    def scores(self, vectors: Array) -> Array:
        """Scores (logits) of unit vectors (n × 384), in the columns of `Columns`."""
        return np.asarray(vectors @ self._weight + self._bias)

    def knows(self, text: str) -> bool:
        """Whether scores are kept for a training text as it stands in its file: its vector is not needed then."""
        return text_key(text) in self._kept

    def training_scores(self, texts: Sequence[str], vectors: Array) -> Array:
        """The same for training texts as they stand in their files: those kept, where a text is of the corpus."""
        found = self.scores(vectors)
        for row, text in enumerate(texts):
            found[row] = self._kept.get(text_key(text), found[row])
        return found


@dataclass(frozen=True)
class Mixing:
    """How the layers' say and the head's are weighed, chosen by `choose_mixing`.

    `temperatures`: the layers' for intents and urgencies, then the head's two. `share`, `share_welsh`: of the layers'
    log probabilities beside the head's. `flags` and `wants`: the layers' weight, the head's and what is added, for
    their log odds.
    """

    temperatures: tuple[float, ...]
    share: float
    share_welsh: float
    flags: tuple[float, ...]
    wants: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Mixing:
        """What `as_dict` gave."""
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()})


def joined(layers: Array, head: Array, columns: Columns, welsh: Sequence[bool], mixing: Mixing) -> Array:
    """One row of scores from two (n × columns): log probabilities of intents and urgencies, log odds of the rest."""
    share = np.where(np.asarray(welsh, bool), mixing.share_welsh, mixing.share)[:, None]
    parts = []
    for at, place in enumerate((columns.intents, columns.urgency)):
        of_layers = np.log(shares(layers[:, place], mixing.temperatures[at]) + LEAST)
        of_head = np.log(shares(head[:, place], mixing.temperatures[at + 2]) + LEAST)
        parts.append(share * of_layers + (1 - share) * of_head)
    for place, (by_layers, by_head, added) in ((columns.flags, mixing.flags), (columns.wants, mixing.wants)):
        parts.append(by_layers * layers[:, place] + by_head * head[:, place] + added)
    return np.hstack(parts)


def choose_mixing(layers: Array, head: Array, columns: Columns, welsh: Sequence[bool], labels: Labels) -> Mixing:
    """What surprises least, on scores (n × columns) by models that never saw the texts' hands."""
    truths = ((columns.intents, labels.intent), (columns.urgency, labels.urgency))
    temperatures = [best_temperature(scores[:, place], label) for scores in (layers, head) for place, label in truths]
    flags, wants = (
        _log_odds(layers[:, place], head[:, place], held)
        for place, held in ((columns.flags, labels.flags), (columns.wants, labels.wants))
    )
    mixing = Mixing(tuple(temperatures), 0.5, 0.5, flags, wants)
    in_welsh = np.asarray(welsh, bool)
    chosen = [
        _best_share(layers[rows], head[rows], columns, mixing, labels.intent[rows]) for rows in (~in_welsh, in_welsh)
    ]
    return Mixing(mixing.temperatures, chosen[0], chosen[1], flags, wants)


def best_temperature(scores: Array, label: Array) -> float:
    """The temperature at which the true labels surprise least."""
    tried = np.geomspace(0.02, 5, 60)
    return float(min(tried, key=lambda at: _surprise(scores, label, at)))


def shares(scores: Array, temperature: float = 1.0) -> Array:
    """Probabilities (softmax) of scores, row by row."""
    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def text_key(text: str) -> int:
    """A text's number: 64 bits of the sha256 of what stands in its file, without outer spaces."""
    return int.from_bytes(hashlib.sha256(text.strip().encode()).digest()[:8], "big")


def _surprise(scores: Array, label: Array, temperature: float) -> float:
    return float(-np.log(shares(scores, temperature)[np.arange(len(label)), label] + LEAST).mean())


def _best_share(layers: Array, head: Array, columns: Columns, mixing: Mixing, intent: Array) -> float:
    """The layers' share with which the true intents surprise least; a half where there is nothing to choose on."""
    if not len(intent):
        return 0.5

    def surprise(share: float) -> float:
        trial = Mixing(mixing.temperatures, share, share, mixing.flags, mixing.wants)
        found = joined(layers, head, columns, [False] * len(intent), trial)[:, columns.intents]
        return _surprise(found, intent, best_temperature(found, intent))

    return min(SHARES_TRIED, key=surprise)


def _log_odds(layers: Array, head: Array, held: Array) -> tuple[float, float, float]:
    """Logistic regression of what holds on the layers' say and the head's, all columns as one."""
    from sklearn.linear_model import LogisticRegression

    if held.min() == held.max():
        return 0.5, 0.5, 0.0
    fitted = LogisticRegression(C=10.0).fit(np.column_stack([layers.ravel(), head.ravel()]), held.ravel() > 0)
    return float(fitted.coef_[0, 0]), float(fitted.coef_[0, 1]), float(fitted.intercept_[0])
