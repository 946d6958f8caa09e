"""What the fine-tuned encoder's own layers say of a text, and how that is joined with the n-gram head's say.

A head must not learn, and no threshold be chosen, on vectors of texts that the encoder itself has learnt from: there
they are surer than on a stranger's text. So a text of the corpus gets the scores of an encoder that never saw its
hand (`out_of_fold.npz`), and any other text, an office's own or a new message, those of the encoder that ships.

Plain numpy, no TensorFlow. The head beside it rests on n-grams alone; measured in docs/decisions/encoder.md.

>>> evidence = Evidence.read(folder)  # doctest: +SKIP
>>> joined(evidence.training_scores(texts, vectors), held_out, 27, welsh, temperatures)  # doctest: +SKIP
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

Array = np.ndarray
LAYERS_SHARE, LAYERS_SHARE_WELSH = 0.5, 0.25  # beside the n-gram head's; see docs/decisions/encoder.md
LEAST = 1e-9
MODEL_FILE = "evidence.npz"


class Evidence:
    """The two linear layers, and the scores kept for the corpus by the texts' numbers."""

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
            weight = np.hstack([layers["intent.weight"], layers["urgency.weight"]])
            bias = np.hstack([layers["intent.bias"], layers["urgency.bias"]])
        with np.load(folder / "out_of_fold.npz", allow_pickle=False) as found:
            kept = dict(zip(found["texts"].tolist(), found["scores"].astype(np.float32)))
        return cls(intents, weight, bias, kept)

    def save(self, folder: Path) -> None:
        """Keep the two layers in a trained model's folder; what was kept for the corpus is for training only."""
        np.savez(folder / MODEL_FILE, intents=np.array(self.intents), weight=self._weight, bias=self._bias)

    @classmethod
    def saved(cls, folder: Path) -> Evidence:
        """Read what `save` wrote. Raises OSError, KeyError or ValueError."""
        with np.load(folder / MODEL_FILE, allow_pickle=False) as kept:
            return cls(kept["intents"].tolist(), kept["weight"], kept["bias"], {})

    def scores(self, vectors: Array) -> Array:
        """Scores (logits) of unit vectors (n × 384): first the intents, then routine, urgent, emergency."""
        return np.asarray(vectors @ self._weight + self._bias)

    def training_scores(self, texts: Sequence[str], vectors: Array) -> Array:
        """The same for training texts as they stand in their files: those kept, where a text is of the corpus."""
        found = self.scores(vectors)
        for row, text in enumerate(texts):
            found[row] = self._kept.get(text_key(text), found[row])
        return found


def joined(layers: Array, head: Array, intents: int, welsh: Sequence[bool], temperatures: Sequence[float]) -> Array:
    """Log probabilities of the intents, then of the urgencies (n × both), weighed from the layers' and the head's.

    `temperatures`, from `choose_temperatures`: the layers' for intents and urgencies, then the head's two.
    """
    share = np.where(np.asarray(welsh, bool), LAYERS_SHARE_WELSH, LAYERS_SHARE)[:, None]
    of_layers = log_shares(layers, intents, temperatures[:2])
    of_head = log_shares(head, intents, temperatures[2:])
    return np.asarray(share * of_layers + (1 - share) * of_head)


def choose_temperatures(layers: Array, head: Array, intent: Array, urgency: Array, intents: int) -> list[float]:
    """The four temperatures that surprise least, on scores by models that never saw the texts' hands."""
    return [
        best_temperature(part, label)
        for scores in (layers, head)
        for part, label in ((scores[:, :intents], intent), (scores[:, intents:], urgency))
    ]


def best_temperature(scores: Array, label: Array) -> float:
    """The temperature at which the true labels surprise least."""
    rows = np.arange(len(label))
    tried = np.geomspace(0.02, 5, 60)
    return float(min(tried, key=lambda at: -np.log(shares(scores, at)[rows, label] + LEAST).mean()))


def log_shares(scores: Array, intents: int, temperatures: Sequence[float]) -> Array:
    """Log probabilities of intents, then of urgencies, at their two temperatures."""
    parts = (scores[:, :intents], scores[:, intents:])
    return np.hstack([np.log(shares(part, at) + LEAST) for part, at in zip(parts, temperatures)])


def shares(scores: Array, temperature: float = 1.0) -> Array:
    """Probabilities (softmax) of scores, row by row."""
    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def text_key(text: str) -> int:
    """A text's number: 64 bits of the sha256 of what stands in its file, without outer spaces."""
    return int.from_bytes(hashlib.sha256(text.strip().encode()).digest()[:8], "big")
