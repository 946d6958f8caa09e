"""What an evaluation found, as frozen data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from responder.evaluation import scores


@dataclass(frozen=True)
class IntentScore:
    """How one intent fares. `often_read_as`: the wrong intents it is most often taken for, with counts."""

    intent: str
    count: int
    precision: float
    recall: float
    f1: float
    often_read_as: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class FlagScore:
    """How one flag fares on messages: labelled, found among them, and raised where not labelled."""

    flag: str
    labelled: int
    found: int
    extra: int


@dataclass(frozen=True)
class Report:
    """Everything an evaluation found. Lists of messages hold line numbers; times are milliseconds."""

    messages: int
    accuracy: scores.Interval
    macro_f1: scores.Interval
    top3: float
    by_group: dict[str, tuple[int, float]]
    intents: tuple[str, ...]
    per_intent: tuple[IntentScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    urgency: dict[str, dict[str, int]]
    emergencies: int
    missed_emergencies: tuple[int, ...]
    false_alarms: tuple[int, ...]
    cautions: tuple[int, ...]
    not_emergencies: int
    flags: tuple[FlagScore, ...]
    language_accuracy: float
    to_a_person: int
    calibration_error: float
    calibration: tuple[scores.Bin, ...]
    p50: float
    p99: float
    slowest: float
    milliseconds: tuple[float, ...]
    unknown_contacts: tuple[int, ...]
    blocked: dict[str, tuple[int, ...]]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)
