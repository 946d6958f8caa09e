"""What a row of scores holds: intents, urgencies, the flags that no list can tell, and wants, side by side.

>>> Columns(2).total
12
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

URGENCIES = ("routine", "urgent", "emergency")
LEARNT_FLAGS = ("identifies_person", "live_case", "vulnerable", "political", "defamation_risk")


@dataclass(frozen=True)
class Columns:
    """The places of each target in a row, for `number` intents. `wants` holds every intent again: a message may have
    more than one."""

    number: int

    @property
    def intents(self) -> slice:
        """What the sender wants most: one of them holds."""
        return slice(0, self.number)

    @property
    def urgency(self) -> slice:
        """URGENCIES: one of them holds."""
        return slice(self.number, self.number + len(URGENCIES))

    @property
    def flags(self) -> slice:
        """LEARNT_FLAGS: any of them."""
        return slice(self.urgency.stop, self.urgency.stop + len(LEARNT_FLAGS))

    @property
    def wants(self) -> slice:
        """The intents again: any of them."""
        return slice(self.flags.stop, self.total)

    @property
    def total(self) -> int:
        """How many columns a row has."""
        return 2 * self.number + len(URGENCIES) + len(LEARNT_FLAGS)


@dataclass(frozen=True)
class Labels:
    """The truth of n texts: `intent` and `urgency` as numbers (n), `flags` and `wants` as 0 or 1 (n × their columns,
    float32)."""

    intent: np.ndarray
    urgency: np.ndarray
    flags: np.ndarray
    wants: np.ndarray

    @classmethod
    def of(
        cls, intents: Sequence[str], intent: Sequence[str], urgency: Sequence[str], flags: Sequence[Sequence[str]],
        also: Sequence[Sequence[str]],
    ) -> Labels:  # fmt: skip
        """From names, one entry a text; `also` are the intents beside the first."""
        at = {name: number for number, name in enumerate(intents)}
        first = np.array([at[name] for name in intent], dtype=np.int32)
        wants = np.eye(len(at), dtype=np.float32)[first]
        for row, names in enumerate(also):
            wants[row, [at[name] for name in names if name in at]] = 1
        marked = np.array([[name in one for name in LEARNT_FLAGS] for one in flags], dtype=np.float32)
        level = np.array([URGENCIES.index(name) for name in urgency], dtype=np.int32)
        return cls(first, level, marked.reshape(-1, len(LEARNT_FLAGS)), wants)

    def goal(self) -> np.ndarray:
        """n × all columns, 0 or 1, float32: what a head is fitted to."""
        number = self.wants.shape[1]
        first, level = np.eye(number)[self.intent], np.eye(len(URGENCIES))[self.urgency]
        return np.hstack([first, level, self.flags, self.wants]).astype(np.float32)
