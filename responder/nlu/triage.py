"""Triage: from scores and cues to an intent with its confidence, an urgency, and whether danger can be ruled out.

Intent, urgency and the flags that no list can tell are separate targets of one head. Danger is weighed by a few
numbers (`DANGER_INPUTS`), and two thresholds make three answers: *alarm* (999 first), *possible* (the safety line
closes), *none*. Weights and thresholds are chosen when the model is trained, on what the head says of hands it has
not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from responder.nlu.head import Array

URGENCIES = ("routine", "urgent", "emergency")
FEWEST_FLAGS = 20
CUE_LEVELS = ("none", "possible", "alarm")
DANGEROUS_INTENTS = ("report_emergency", "disclose_self_harm", "threaten")
LEARNT_FLAGS = ("identifies_person", "live_case", "vulnerable", "political", "defamation_risk")
DANGER_INPUTS = ("emergency less routine", "urgent", *DANGEROUS_INTENTS, "a possible cue", "an alarm cue")


@dataclass(frozen=True)
class Targets:
    """What the thresholds aim at, as shares. Missed danger costs far more than a false alarm.

    `false_alarms`: of routine messages, at most so many get the alarm. `recall`: of emergencies, at least so many
    are not ruled out. `safety_lines`: of routine messages, about so many get the safety line; more only where
    `recall` needs it. `urgent_false`: of routine messages, at most so many count as urgent. `also`: how sure a
    second want must be.
    """

    false_alarms: float = 0.03
    recall: float = 0.99
    safety_lines: float = 0.35
    urgent_false: float = 0.04
    also: float = 0.3


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
    flags: dict[str, float] = field(default_factory=dict)
    found: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Calibration:
        """What `as_dict` gave."""
        return cls(**{**kept, "danger_weights": tuple(kept["danger_weights"])})


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
    """Judge one row of scores (the intents', then URGENCIES, then LEARNT_FLAGS) with the cues found."""
    number = len(intents)
    probabilities = softmax(calibration.temperature * scores[None, :number])[0]
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
        urgency = "urgent" if _urgent(scores[None, :], number)[0] >= calibration.urgent else "routine"
    second = ranking[1] if number > 1 else None
    also = second[0] if second and second[1] >= calibration.also else None
    told = zip(LEARNT_FLAGS, scores[number + len(URGENCIES) :])
    flags = tuple(name for name, score in told if score >= calibration.flags.get(name, np.inf))
    return Judgement(ranking, urgency, danger, float(1 / (1 + np.exp(-weight))), also, flags)


def danger_inputs(scores: Array, intents: Sequence[str], cue_levels: Array) -> Array:
    """The numbers that danger is weighed by, rows × DANGER_INPUTS."""
    number = len(intents)
    routine, urgent, emergency = scores[:, number], scores[:, number + 1], scores[:, number + 2]
    columns = [emergency - routine, urgent]
    columns += [scores[:, intents.index(name)] if name in intents else 0 * routine for name in DANGEROUS_INTENTS]
    columns += [(cue_levels == 1).astype(float), (cue_levels == 2).astype(float)]
    return np.column_stack(columns)


def calibrate(
    scores: Array, intents: Sequence[str], intent: Array, urgency: Array, flags: Array, cue_levels: Array,
    targets: Targets,
) -> Calibration:  # fmt: skip
    """Choose temperature, weights and thresholds on held-out scores (n × intents, urgencies and LEARNT_FLAGS).

    `intent` and `urgency` are the true columns (n), `flags` the true flags (n × LEARNT_FLAGS, 0 or 1), `cue_levels`
    what the safety net found (n, 0 to 2).
    """
    number = len(intents)
    inputs = danger_inputs(scores, intents, cue_levels)
    routine, emergency = urgency == 0, urgency == 2
    weights, intercept = _logistic(inputs[routine | emergency], emergency[routine | emergency].astype(float))
    weight = inputs @ weights + intercept
    alarm = _alarm(weight, cue_levels, routine, targets.false_alarms)
    possible = min(
        _quantile(weight[emergency], 1 - targets.recall, alarm),
        _quantile(weight[routine], 1 - targets.safety_lines, alarm),
        alarm,
    )
    urgent = _urgent(scores, number)
    urgent_from = _quantile(urgent[routine], 1 - targets.urgent_false, 0.5)
    alarmed, kept = (weight >= alarm) | (cue_levels == 2), (weight >= possible) | (cue_levels > 0)
    right = scores[:, :number].argmax(axis=1) == intent
    found = {
        "texts": float(len(intent)),
        "accuracy": _share(right),
        "emergencies_alarmed": _share(alarmed[emergency]),
        "emergencies_ruled_out": _share(~kept[emergency]),
        "routine_alarmed": _share(alarmed[routine]),
        "routine_with_safety_line": _share(kept[routine]),
        "urgent_noticed": _share((alarmed | (urgent >= urgent_from))[urgency == 1]),
        "routine_urgent": _share(((urgent >= urgent_from) & ~alarmed)[routine]),
    }
    temperature = _temperature(scores[:, :number], intent)
    return Calibration(
        temperature, tuple(float(w) for w in weights), float(intercept), float(alarm), float(possible),
        float(urgent_from), targets.also, _flag_thresholds(scores[:, number + len(URGENCIES) :], flags),
        {name: round(value, 4) for name, value in found.items()},
    )  # fmt: skip


def softmax(scores: Array) -> Array:
    """Each row's scores as probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _urgent(scores: Array, number: int) -> Array:
    return np.asarray(np.maximum(scores[:, number + 1], scores[:, number + 2]) - scores[:, number])


def _alarm(weight: Array, cue_levels: Array, routine: Array, false_alarms: float) -> float:
    """The threshold at which weight and cues together raise at most `false_alarms` of the routine messages."""
    cued = cue_levels[routine] == 2
    allowed = int(false_alarms * routine.sum()) - int(cued.sum())
    others = np.sort(weight[routine][~cued])[::-1]
    if not len(others):
        return 0.0
    return float(others[max(0, min(allowed, len(others) - 1))]) + 1e-9


def _flag_thresholds(scores: Array, flags: Array) -> dict[str, float]:
    """For each learnt flag that occurs often enough, the threshold with the best balance of found and false (F1)."""
    chosen = {}
    for at, name in enumerate(LEARNT_FLAGS):
        held = flags[:, at] > 0
        if held.sum() >= FEWEST_FLAGS:
            steps = np.arange(0.15, 0.7, 0.01)
            told = [scores[:, at] >= step for step in steps]
            both = [2 * (held & one).sum() / (held.sum() + one.sum()) for one in told]
            chosen[name] = round(float(steps[int(np.argmax(both))]), 2)
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


def _logistic(inputs: Array, held: Array) -> tuple[Array, float]:
    """Logistic regression with a slight pull towards zero. Returns weights and intercept."""

    def loss(parameters: Array) -> tuple[float, Array]:
        margin = inputs @ parameters[:-1] + parameters[-1]
        chance = 1 / (1 + np.exp(-np.clip(margin, -30, 30)))
        value = np.logaddexp(0, margin).sum() - (held * margin).sum() + 0.005 * (parameters[:-1] ** 2).sum()
        error = chance - held
        return float(value), np.append(inputs.T @ error + 0.01 * parameters[:-1], error.sum())

    found = minimize(loss, np.zeros(inputs.shape[1] + 1), jac=True, method="L-BFGS-B")
    return found.x[:-1], float(found.x[-1])
