"""Where the words that the understanding part looks for are kept."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def national() -> Path:
    """The national folder of the packs: RESPONDER_PACKS where that is set, else the project's offices/."""
    return Path(os.environ.get("RESPONDER_PACKS") or ROOT / "offices") / "national"


def cues() -> Path:
    """The folder of the cue files."""
    return national() / "cues"


def tuned() -> Path:
    """The folder of the fine-tuned encoder: its difference, its layers and its evidence."""
    return ROOT / "encoder"
