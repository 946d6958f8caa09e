"""What one way makes of a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """The likeliest intents, best first (at most three), and whether it raises the alarm."""

    intents: tuple[str, ...]
    alarm: bool
