"""The head: from sentence vectors and n-grams to scores, fitted in seconds by one linear solve.

Kernel ridge regression on one-hot targets. Two texts are alike by their sentence vectors (a Gaussian kernel) and
by the n-grams they share (a linear one, folded back into one weight a column after fitting). Welsh trusts its
vectors less, as the encoder does not know it. What the head would say of each hand's texts had it never seen that
hand follows in closed form from the same solve: thresholds are chosen on those scores, not on the fitted ones.

>>> Head.fit(texts, vectors, welsh, targets).scores(["help"], vectors[:1], [False]).shape  # doctest: +SKIP
(1, 30)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.linalg import blas, lapack

from responder.errors import ModelError
from responder.nlu.ngrams import Ngrams

Array = np.ndarray
COMMON = 100  # an n-gram that stands in more than one text of so many is common
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class HeadSettings:
    """`sharpness`: of the Gaussian kernel; `words`, `characters`: the n-gram blocks' weights beside the vectors' 1;
    `welsh_vectors`: how far a Welsh text's vector counts; `ridge`: how strongly the fit is held back."""

    sharpness: float = 2.0
    words: float = 0.5
    characters: float = 0.5
    welsh_vectors: float = 0.4
    ridge: float = 0.2


class Head:
    """A fitted head. Scores are near 1 for a target that holds and near 0 for one that does not."""

    def __init__(
        self, settings: HeadSettings, ngrams: Ngrams, vectors: Array, trust: Array, alpha: Array, weights: Array,
        intercept: Array,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.ngrams = ngrams
        self._vectors = vectors.astype(np.float32)
        self._trust = trust.astype(np.float32)
        self._alpha = alpha.astype(np.float32)
        self.weights = weights.astype(np.float32)
        self._intercept = intercept.astype(np.float32)

    @classmethod
    def fit(
        cls, texts: Sequence[str], vectors: Array, welsh: Sequence[bool], targets: Array, groups: Array | None = None,
        settings: HeadSettings | None = None,
    ) -> tuple[Head, Array]:  # fmt: skip
        """Fit on n texts with their unit vectors (n × 384) and targets (n × k, float).

        Returns the head and the held-out scores (n × k): each row as scored without its own group (one number a
        row in `groups`; without groups every row is its own).
        """
        settings = settings or HeadSettings()
        vectors = vectors.astype(np.float16).astype(np.float32)  # as they will be stored; one column: none
        ngrams = Ngrams.fit(texts)
        features = ngrams.transform(texts)
        features = features.multiply(_column_scale(ngrams, settings)[None, :]).tocsr()
        trust = np.where(np.asarray(welsh, bool), settings.welsh_vectors, 1.0).astype(np.float32)
        kernel = _shared_ngrams(features)
        if vectors.shape[1] > 1:
            kernel += np.exp(settings.sharpness * (vectors @ vectors.T - 1)) * np.outer(trust, trust)
        kernel[np.diag_indices_from(kernel)] += settings.ridge
        inverse = _inverse(kernel)
        intercept = targets.mean(axis=0)
        centred = (targets - intercept).astype(np.float32)
        alpha = np.asarray(blas.ssymm(1.0, inverse, centred, lower=1))
        held_out = centred.copy()
        for group in np.unique(groups) if groups is not None else range(len(texts)):
            rows = np.flatnonzero(groups == group) if groups is not None else np.array([group])
            block = np.tril(inverse[np.ix_(rows, rows)])
            held_out[rows] -= np.linalg.solve(block + np.tril(block, -1).T, alpha[rows])
        weights = (features.T @ alpha) * _column_scale(ngrams, settings)[:, None]
        return cls(settings, ngrams, vectors, trust, alpha, weights, intercept), held_out + intercept

    def scores(self, texts: Sequence[str], vectors: Array, welsh: Sequence[bool]) -> Array:
        """Scores, texts × k, for texts with their vectors (texts × 384)."""
        trust = np.where(np.asarray(welsh, bool), self.settings.welsh_vectors, 1.0).astype(np.float32)
        if self._vectors.shape[1] == 1:
            return self.gram_scores(texts) + self._intercept
        likeness = np.exp(self.settings.sharpness * (vectors.astype(np.float32) @ self._vectors.T - 1))
        dense = (likeness * trust[:, None] * self._trust[None, :]) @ self._alpha
        return dense + self.gram_scores(texts) + self._intercept

    def gram_scores(self, texts: Sequence[str]) -> Array:
        """The n-grams' part of the scores alone, texts × k: quick, no vectors needed."""
        return np.asarray(self.ngrams.transform(texts) @ self.weights)

    def save(self, folder: Path) -> dict[str, object]:
        """Write `head.npz` into `folder`; returns what the caller keeps as JSON (the vocabulary)."""
        np.savez_compressed(
            folder / "head.npz", vectors=self._vectors.astype(np.float16), trust=self._trust, alpha=self._alpha,
            weights=self.weights.astype(np.float16), intercept=self._intercept, idf=self.ngrams.idf,
        )  # fmt: skip
        return {"words": self.ngrams.word_names, "characters": self.ngrams.character_names}

    @classmethod
    def read(cls, folder: Path, vocabulary: dict[str, list[str]], settings: HeadSettings) -> Head:
        """Read what `save` wrote. Plain numbers only, nothing that can run. Raises ModelError."""
        try:
            with np.load(folder / "head.npz", allow_pickle=False) as kept:
                parts = {name: kept[name] for name in kept.files}
            ngrams = Ngrams(vocabulary["words"], vocabulary["characters"], parts.pop("idf"))
            if len(parts["weights"]) != ngrams.size or len(parts["vectors"]) != len(parts["alpha"]):
                raise ValueError("its parts do not fit together")
            return cls(settings, ngrams, **parts)
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise ModelError(f"The trained head in {folder} cannot be used: {error}. Run `responder train`.") from None


def _column_scale(ngrams: Ngrams, settings: HeadSettings) -> Array:
    """The square root of each column's block weight, so that features @ features.T is the weighted kernel."""
    number_of_words = len(ngrams.word_names)
    scale = np.full(ngrams.size, np.sqrt(settings.characters), dtype=np.float32)
    scale[:number_of_words] = np.sqrt(settings.words)
    return scale


def _shared_ngrams(features: sparse.csr_matrix) -> Array:
    """The lower triangle of features @ features.T, float32, n × n; above it stands what does not count.

    The columns that many rows hold are multiplied as a dense matrix, the rest as a sparse one.
    """
    common = features.getnnz(axis=0) > max(1, features.shape[0] // COMMON)
    dense = features[:, np.flatnonzero(common)].toarray()
    shared = np.asarray(blas.ssyrk(1.0, dense.T, trans=1, lower=1))
    rare = features[:, np.flatnonzero(~common)]
    across = rare.T.tocsr()
    for first in range(0, features.shape[0], ROWS_AT_ONCE):
        shared[:, first : first + ROWS_AT_ONCE] += (rare[first : first + ROWS_AT_ONCE] @ across).toarray().T
    return shared


def _inverse(kernel: Array) -> Array:
    """The lower triangle of the inverse of a symmetric positive matrix, float32, by Cholesky; above it stands what
    does not count. The argument is used up.
    """
    triangle, failed = lapack.spotrf(kernel, lower=1, overwrite_a=1)
    if not failed:
        inverse, failed = lapack.spotri(triangle, lower=1, overwrite_c=1)
    if failed:
        raise ModelError("The head could not be fitted: raise `ridge` in config.yml.")
    return np.asarray(inverse)
