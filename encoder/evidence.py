"""What the fine-tuned encoder says of a text, in 30 numbers that a head can learn from without fooling itself.

A fitted head must not learn from vectors of texts that the encoder itself has learnt from: there they are surer
than on a stranger's text. So a text of the corpus gets the scores of the encoder that never saw its hand
(`out_of_fold.npz`), and any other text, an office's own or a new message, those of the encoder that ships.

Plain numpy, no TensorFlow: the product may take this module over as it is.

>>> Evidence.read(folder).of_training(["hi"], vectors).shape  # doctest: +SKIP
(1, 30)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

Array = np.ndarray
URGENCY_SHARE = 0.5  # of the urgencies beside the intents


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

    def scores(self, vectors: Array) -> Array:
        """Scores (logits) of unit vectors (n × 384): first the intents, then routine, urgent, emergency."""
        return np.asarray(vectors @ self._weight + self._bias)

    def training_scores(self, texts: Sequence[str], vectors: Array) -> Array:
        """The same for training texts as they stand in their files: those kept, where a text is of the corpus."""
        found = self.scores(vectors)
        for row, text in enumerate(texts):
            found[row] = self._kept.get(text_key(text), found[row])
        return found

    def of(self, vectors: Array) -> Array:
        """Evidence of messages by their unit vectors."""
        return as_vectors(self.scores(vectors), len(self.intents))

    def of_training(self, texts: Sequence[str], vectors: Array) -> Array:
        """Evidence of training texts, honest for those that the encoder has learnt from."""
        return as_vectors(self.training_scores(texts, vectors), len(self.intents))


def as_vectors(scores: Array, intents: int) -> Array:
    """Scores as vectors of length 1: the roots of the probabilities of intents, then of urgencies."""
    both = np.hstack([shares(scores[:, :intents]), URGENCY_SHARE * shares(scores[:, intents:])])
    return np.asarray(np.sqrt(both / (1 + URGENCY_SHARE)), dtype=np.float32)


def shares(scores: Array, temperature: float = 1.0) -> Array:
    """Probabilities (softmax) of scores, row by row."""
    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def text_key(text: str) -> int:
    """A text's number: 64 bits of the sha256 of what stands in its file, without outer spaces."""
    return int.from_bytes(hashlib.sha256(text.strip().encode()).digest()[:8], "big")
