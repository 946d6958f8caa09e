"""How good scores are on messages of hands that the encoder never saw: accuracy, calibration, dangers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from encoder.corpus import URGENCIES, Example, targets
from responder.nlu.evidence import shares

ALARM_RATES = (0.02, 0.04, 0.08, 0.15)


def summary(examples: Sequence[Example], intents: Sequence[str], scores: np.ndarray) -> dict[str, object]:
    """The figures for English and for Welsh, rounded, for `delta.json`."""
    labelled = targets(examples, intents)
    intent, urgency = labelled.intent, labelled.urgency
    count = len(intents)
    figures: dict[str, object] = {}
    for lang in ("en", "cy"):
        rows = np.array([example.lang == lang for example in examples])
        if not rows.any():
            continue
        of_intents, of_urgency = shares(scores[rows, :count]), shares(scores[rows, count : count + len(URGENCIES)])
        figures[lang] = {
            "messages": int(rows.sum()),
            "intent": _rounded((of_intents.argmax(axis=1) == intent[rows]).mean()),
            "intent_among_three": _rounded(among(of_intents, intent[rows], 3)),
            "macro_f1": _rounded(macro_f1(of_intents.argmax(axis=1), intent[rows], count)),
            "calibration_error": _rounded(calibration_error(of_intents, intent[rows])),
            "urgency": _rounded((of_urgency.argmax(axis=1) == urgency[rows]).mean()),
            "emergencies_found_at_false_alarms": {
                str(rate): _rounded(found_at(of_urgency[:, 2], urgency[rows], rate)) for rate in ALARM_RATES
            },
        }
    return figures


def among(probabilities: np.ndarray, label: np.ndarray, number: int) -> float:
    """How often the label stands among the likeliest `number`."""
    best = np.argsort(-probabilities, axis=1)[:, :number]
    return float((best == label[:, None]).any(axis=1).mean())


def macro_f1(guess: np.ndarray, label: np.ndarray, count: int) -> float:
    """The mean over classes that occur of the F1 score."""
    found = []
    for at in range(count):
        right = np.sum((guess == at) & (label == at))
        whole = np.sum(guess == at) + np.sum(label == at)
        if np.any(label == at):
            found.append(2 * right / whole)
    return float(np.mean(found))


def calibration_error(probabilities: np.ndarray, label: np.ndarray, bins: int = 15) -> float:
    """The expected calibration error of the likeliest class, in `bins` of like width."""
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == label
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(sure[place == at].mean() - right[place == at].mean()) * (place == at).mean() for at in set(place)]
    return float(sum(gaps))


def found_at(danger: np.ndarray, urgency: np.ndarray, rate: float) -> float:
    """The share of emergencies above the threshold that calls at most `rate` of the routine messages alarming."""
    threshold = np.quantile(danger[urgency == URGENCIES.index("routine")], 1 - rate)
    return float((danger[urgency == URGENCIES.index("emergency")] > threshold).mean())


def _rounded(figure: float) -> float:
    return round(float(figure), 3)
