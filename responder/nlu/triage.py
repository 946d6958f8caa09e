"""Triage: from scores and cues to an intent with its confidence, an urgency, and whether danger can be ruled out.

Intent, urgency, the flags that no list can tell and a second want are targets of their own. Danger is weighed by a few
numbers (`DANGER_INPUTS`), and two thresholds, chosen by what a miss and a false alarm cost (`Targets`), make three
answers: *alarm* (999 first), *possible* (the safety line closes), *none*. Weights and thresholds are chosen when the
model is trained, on what is said of hands that it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from responder.nlu.columns import LEARNT_FLAGS, Columns, Labels
from responder.nlu.head import Array

FEWEST_FLAGS = 20
CUE_LEVELS = ("none", "possible", "alarm")
DANGEROUS_INTENTS = ("report_emergency", "disclose_self_harm", "threaten")
DANGER_INPUTS = (
    "emergency less routine", "urgent", *DANGEROUS_INTENTS, *(f"{name} among the wants" for name in DANGEROUS_INTENTS),
    "a possible cue", "an alarm cue",
)  # fmt: skip


@dataclass(frozen=True)
class Targets:
    """What the two thresholds of danger weigh, in costs, and what they may not pass, in shares.

    Costs are counted in false alarms (or in safety lines where none was needed), each 1: `missed_alarm` is an
    emergency whose reply does not open with 999, `missed_line` one whose reply lacks it altogether; `emergencies` is
    their share among what comes in. `false_alarms`, `safety_lines`: of routine messages, at most so many, whatever
    the costs say; but of emergencies at least `recall` are not ruled out, whatever the safety lines. `urgent_false`:
    of routine messages, at most so many count as urgent. `also`: how likely a second want must be.
    """

    missed_alarm: float = 100.0
    missed_line: float = 1000.0
    emergencies: float = 0.05
    false_alarms: float = 0.03
    recall: float = 0.99
    safety_lines: float = 0.35
    urgent_false: float = 0.04
    also: float = 0.4


@dataclass(frozen=True)
class Calibration:
    """The numbers chosen at training: see `calibrate`. `found` tells what they came to on the held-out scores."""

    temperature: float
    danger_weights: tuple[float, ...]
    danger_intercept: float
    alarm: float
    possible: float
    urgent: float
    also: float
    also_weights: tuple[float, ...] = (0.0, 0.0, -100.0)
    flags: dict[str, float] = field(default_factory=dict)
    found: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Calibration:
        """What `as_dict` gave."""
        tuples = {name: tuple(kept[name]) for name in ("danger_weights", "also_weights")}
        return cls(**{**kept, **tuples})


@dataclass(frozen=True)
class Judgement:
    """What was read in one stretch of text. `ranking`: intents with their probability, best first."""

    ranking: tuple[tuple[str, float], ...]
    urgency: str
    danger: str
    probability: float
    also: str | None = None
    flags: tuple[str, ...] = ()


def judge(scores: Array, intents: Sequence[str], cue_level: str, calibration: Calibration) -> Judgement:
    """Judge one row of scores (in the columns of `Columns`) with the cues found."""
    columns = Columns(len(intents))
    probabilities = softmax(calibration.temperature * scores[None, columns.intents])[0]
    order = np.argsort(-probabilities)
    ranking = tuple((intents[at], float(probabilities[at])) for at in order)
    level = np.array([CUE_LEVELS.index(cue_level)])
    weight = float(danger_inputs(scores[None, :], intents, level)[0] @ np.array(calibration.danger_weights))
    weight += calibration.danger_intercept
    if cue_level == "alarm" or weight >= calibration.alarm:
        danger = "alarm"
    elif cue_level == "possible" or weight >= calibration.possible:
        danger = "possible"
    else:
        danger = "none"
    if danger == "alarm":
        urgency = "emergency"
    else:
        urgency = "urgent" if _urgent(scores[None, :], columns)[0] >= calibration.urgent else "routine"
    chances = _chances_of_second(scores[columns.wants], probabilities, calibration.also_weights)
    chances[order[0]] = 0
    second = int(chances.argmax())
    also = intents[second] if chances[second] >= calibration.also else None
    told = zip(LEARNT_FLAGS, scores[columns.flags])
    flags = tuple(name for name, score in told if score >= calibration.flags.get(name, np.inf))
    return Judgement(ranking, urgency, danger, float(1 / (1 + np.exp(-weight))), also, flags)


def danger_inputs(scores: Array, intents: Sequence[str], cue_levels: Array) -> Array:
    """The numbers that danger is weighed by, rows × DANGER_INPUTS."""
    places = Columns(len(intents))
    routine, urgent, emergency = scores[:, places.urgency].T
    columns = [emergency - routine, urgent]
    for part in (scores[:, places.intents], scores[:, places.wants]):
        columns += [part[:, intents.index(name)] if name in intents else 0 * routine for name in DANGEROUS_INTENTS]
    columns += [(cue_levels == 1).astype(float), (cue_levels == 2).astype(float)]
    return np.column_stack(columns)


def calibrate(
    scores: Array, intents: Sequence[str], labels: Labels, cue_levels: Array, targets: Targets
) -> Calibration:
    """Choose temperature, weights and thresholds on held-out scores (n, in the columns of `Columns`).

    `cue_levels`: what the safety net found (n, 0 to 2).
    """
    columns = Columns(len(intents))
    routine, emergency = labels.urgency == 0, labels.urgency == 2
    either = routine | emergency
    weights, intercept = _logistic(danger_inputs(scores, intents, cue_levels), emergency, either)
    weight = danger_inputs(scores, intents, cue_levels) @ weights + intercept
    prior = targets.emergencies
    alarm = _cheapest(weight, cue_levels == 2, labels.urgency, prior * targets.missed_alarm, targets.false_alarms)
    possible = min(
        _quantile(weight[emergency], 1 - targets.recall, alarm),
        _cheapest(weight, cue_levels > 0, labels.urgency, prior * targets.missed_line, targets.safety_lines),
        alarm,
    )
    urgent = _urgent(scores, columns)
    urgent_from = _quantile(urgent[routine], 1 - targets.urgent_false, 0.5)
    alarmed, kept = (weight >= alarm) | (cue_levels == 2), (weight >= possible) | (cue_levels > 0)
    temperature = _temperature(scores[:, columns.intents], labels.intent)
    probabilities = softmax(temperature * scores[:, columns.intents])
    also_weights = _weigh_seconds(scores[:, columns.wants], probabilities, labels)
    found = {
        "texts": float(len(labels.intent)),
        "accuracy": _share(probabilities.argmax(axis=1) == labels.intent),
        "emergencies_alarmed": _share(alarmed[emergency]),
        "emergencies_ruled_out": _share(~kept[emergency]),
        "routine_alarmed": _share(alarmed[routine]),
        "routine_with_safety_line": _share(kept[routine]),
        "urgent_noticed": _share((alarmed | (urgent >= urgent_from))[labels.urgency == 1]),
        "routine_urgent": _share(((urgent >= urgent_from) & ~alarmed)[routine]),
    }
    return Calibration(
        temperature, tuple(float(w) for w in weights), float(intercept), float(alarm), float(possible),
        float(urgent_from), targets.also, also_weights, _flag_thresholds(scores[:, columns.flags], labels.flags),
        {name: round(value, 4) for name, value in found.items()},
    )  # fmt: skip


def softmax(scores: Array) -> Array:
    """Each row's scores as probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _urgent(scores: Array, columns: Columns) -> Array:
    routine, urgent, emergency = scores[:, columns.urgency].T
    return np.asarray(np.maximum(urgent, emergency) - routine)


def _cheapest(weight: Array, cued: Array, urgency: Array, missed_cost: float, most: float) -> float:
    """The threshold on `weight` at which missed emergencies and routine messages beyond it cost least together.

    Shares of each kind are weighed, `missed_cost` to 1. What is `cued` is beyond any threshold; `most` of the routine
    messages may be.
    """
    routine, emergency = urgency == 0, urgency == 2
    if not routine.any() or not emergency.any():
        return 0.0
    allowed = max(1, int(most * routine.sum()) - int(cued[routine].sum()))
    passed = np.sort(weight[routine & ~cued])[::-1][:allowed]
    if not len(passed):
        return 0.0
    missed = np.searchsorted(np.sort(weight[emergency & ~cued]), passed, side="right") / emergency.sum()
    cost = missed_cost * missed + np.arange(len(passed)) / routine.sum()
    return float(passed[int(cost.argmin())]) + 1e-9


def _chances_of_second(wants: Array, probabilities: Array, weights: tuple[float, ...]) -> Array:
    """How likely each intent is wanted beside the likeliest one."""
    margin = weights[0] * wants + weights[1] * np.log(probabilities + 1e-9) + weights[2]
    return np.asarray(1 / (1 + np.exp(-np.clip(margin, -30, 30))))


def _weigh_seconds(wants: Array, probabilities: Array, labels: Labels) -> tuple[float, ...]:
    """The weights of `_chances_of_second`: every intent but the likeliest one is a case of its own."""
    rows = np.arange(len(wants))
    others = np.ones_like(wants, dtype=bool)
    top = probabilities.argmax(axis=1)
    others[rows, top] = False
    held = (labels.wants > 0) & (labels.wants[rows, top] > 0)[:, None]
    inputs = np.column_stack([wants[others], np.log(probabilities[others] + 1e-9)])
    weights, intercept = _logistic(inputs, held[others])
    return (*(float(weight) for weight in weights), intercept)


def _flag_thresholds(scores: Array, flags: Array) -> dict[str, float]:
    """For each learnt flag that occurs often enough, the threshold with the best balance of found and false (F1)."""
    chosen = {}
    for at, name in enumerate(LEARNT_FLAGS):
        held = flags[:, at] > 0
        if held.sum() >= FEWEST_FLAGS:
            steps = np.unique(np.quantile(scores[:, at], np.linspace(0.5, 0.999, 300)))
            told = [scores[:, at] >= step for step in steps]
            both = [2 * (held & one).sum() / (held.sum() + one.sum()) for one in told]
            chosen[name] = round(float(steps[int(np.argmax(both))]), 4)
    return chosen


def _quantile(values: Array, share: float, otherwise: float) -> float:
    return float(np.quantile(values, share)) if len(values) else otherwise


def _share(held: Array) -> float:
    return float(held.mean()) if len(held) else 0.0


def _temperature(scores: Array, intent: Array) -> float:
    """The factor on the scores that makes the probabilities honest."""

    def surprise(factor: float) -> float:
        found = softmax(factor * scores)[np.arange(len(intent)), intent]
        return float(-np.log(found + 1e-12).mean())

    return float(minimize_scalar(surprise, bounds=(0.2, 40.0), method="bounded").x)


def _logistic(inputs: Array, held: Array, rows: Array | slice = slice(None)) -> tuple[Array, float]:
    """Weights and intercept of a logistic regression of `held` on the inputs' `rows`; none where nothing differs."""
    from sklearn.linear_model import LogisticRegression

    if held[rows].min() == held[rows].max():
        return np.zeros(inputs.shape[1]), -100.0
    fitted = LogisticRegression(C=100.0, max_iter=1000).fit(inputs[rows], held[rows])
    return fitted.coef_[0], float(fitted.intercept_[0])
