"""The arithmetic of an evaluation: F1, bootstrap intervals, calibration, percentiles. Plain numpy, no model.

>>> macro_f1(np.array([0, 1, 1]), np.array([0, 1, 0]), 2)
0.6666666666666666
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
RESAMPLES = 1000
BINS = 10


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bin:
    """Predictions of like confidence: how many, their mean confidence, the share that was right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def confusion(gold: Numbers, found: Numbers, size: int) -> Numbers:
    """Counts by gold (rows) and found (columns); integers below `size`."""
    return np.bincount(gold * size + found, minlength=size * size).reshape(size, size)


def per_label(table: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Precision, recall and F1 of each label of a confusion table; 0 where undefined."""
    right = np.diag(table).astype(float)
    precision = right / np.maximum(table.sum(axis=0), 1)
    recall = right / np.maximum(table.sum(axis=1), 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return precision, recall, f1


def macro_f1(gold: Numbers, found: Numbers, size: int) -> float:
    """The mean F1 of the labels that occur in `gold`."""
    table = confusion(gold, found, size)
    present = table.sum(axis=1) > 0
    return float(per_label(table)[2][present].mean()) if present.any() else 0.0


def intervals(gold: Numbers, found: Numbers, size: int, seed: int = 1) -> tuple[Interval, Interval]:
    """Accuracy and macro-F1 with 95 % percentile intervals over resampled messages."""
    random = np.random.default_rng(seed)
    accuracies, scores = [], []
    for _ in range(RESAMPLES):
        pick = random.integers(0, len(gold), len(gold))
        accuracies.append(float((gold[pick] == found[pick]).mean()))
        scores.append(macro_f1(gold[pick], found[pick], size))
    accuracy = float((gold == found).mean())
    return _interval(accuracy, accuracies), _interval(macro_f1(gold, found, size), scores)


def _interval(value: float, samples: list[float]) -> Interval:
    low, high = np.percentile(samples, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def calibration(confidence: Numbers, right: Numbers) -> tuple[float, tuple[Bin, ...]]:
    """The expected calibration error over ten equal bins, and the bins that hold something."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for i in range(BINS):
        inside = place == i
        count = int(inside.sum())
        if not count:
            continue
        mean, share = float(confidence[inside].mean()), float(right[inside].mean())
        error += count / len(right) * abs(mean - share)
        bins.append(Bin(i / BINS, (i + 1) / BINS, count, mean, share))
    return error, tuple(bins)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0 to 100) per cent lie; 0 for none."""
    return float(np.percentile(values, share)) if values else 0.0
