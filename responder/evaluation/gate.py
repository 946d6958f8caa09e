"""Training with a look at what it does: a model that got worse by the office's own examples is not taken.

Before and after are measured on the same labelled messages (`evaluation/dev.jsonl`), which no model learns from, and on
the office's examples. Where the product itself has changed, the new model is taken as it is: the old one does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from responder.drafting.packs import Packs
from responder.engine import model, teaching
from responder.engine.agent import Engine
from responder.engine.lines import LONDON, Defaults
from responder.engine.places import Places
from responder.errors import ModelError
from responder.evaluation import measuring

MEASURED_ON = Path("evaluation") / "dev.jsonl"
LOST_ACCURACY = 0.01  # a share of the messages: less may be chance
MORE_FALSE_ALARMS = 0.01
OFFICE, CHANNEL = "leicestershire-opcc", "facebook-dm"


@dataclass(frozen=True)
class Standing:
    """How a model does: the share right, lines of missed emergencies, false alarms' share, own examples right."""

    accuracy: float
    missed: frozenset[int]
    false_alarms: float
    own_right: int


@dataclass(frozen=True)
class Outcome:
    """What training came to. `before` and `after` are None where there was nothing to compare with."""

    manifest: model.Manifest
    taken: bool
    own: int
    before: Standing | None = None
    after: Standing | None = None

    def sentence(self) -> str:
        """One sentence for the terminal."""
        if self.before is None or self.after is None:
            with_own = f" with {self.own} of your own examples" if self.own else ""
            return f"Trained in {self.manifest.seconds:.0f} s{with_own}."
        figures = (
            f"right {self.before.accuracy:.1%} before, {self.after.accuracy:.1%} after; "
            f"of your {self.own} examples {self.before.own_right} before, {self.after.own_right} after"
        )
        if self.taken:
            return f"Trained in {self.manifest.seconds:.0f} s and taken: {figures}."
        return (
            f"The old model is kept, as the new one is worse ({', '.join(worse(self.before, self.after))}): {figures}."
        )


def train(places: Places, packs: Packs, progress: IO[str] | None = None) -> Outcome:
    """Train, compare where the old model can be compared with, and take the better one.

    Raises:
        ModelError: Rasa could not train.
        BadInput: the office's examples, or the messages to measure on, cannot be read.
    """
    own = teaching.examples(places)
    old = _comparable(places)
    with model.trained_aside(places, progress) as (made, manifest):
        if old is None:
            model.install(places, made, manifest)
            return Outcome(manifest, True, len(own))
        before, after = (standing(path, places, packs, own) for path in (old, made))
        if worse(before, after):
            model.refuse(places, manifest.own)
            return Outcome(manifest, False, len(own), before, after)
        model.install(places, made, manifest)
        return Outcome(manifest, True, len(own), before, after)


def worse(before: Standing, after: Standing) -> list[str]:
    """In what the later model is worse, in words; nothing where it may be taken."""
    found = []
    if after.missed - before.missed:
        found.append(f"{len(after.missed - before.missed)} emergencies would lose their 999")
    if after.accuracy < before.accuracy - LOST_ACCURACY:
        found.append("fewer messages are read rightly")
    if after.false_alarms > before.false_alarms + MORE_FALSE_ALARMS:
        found.append("more false alarms")
    return found


def standing(path: Path, places: Places, packs: Packs, own: list[teaching.Example]) -> Standing:
    """How the model in the file `path` does. Raises ModelError or BadInput."""
    engine = Engine.load(path, places=places, packs=packs)
    defaults = Defaults(OFFICE, CHANNEL, None)
    with (places.root / MEASURED_ON).open("rb") as source:
        report = measuring.measure(measuring.read_examples(source), engine, defaults, progress=None)
    right = sum(_reads_as(engine, example) == example.intent for example in own)
    return Standing(
        report.accuracy.value, frozenset(report.missed_emergencies), len(report.false_alarms) / report.not_emergencies,
        right,
    )  # fmt: skip


def _reads_as(engine: Engine, example: teaching.Example) -> str:
    from datetime import datetime

    from responder.drafting.model import Message

    return engine.assess(Message(example.text, OFFICE, CHANNEL, datetime.now(LONDON))).intent.name


def _comparable(places: Places) -> Path | None:
    """The current model, where only the office's examples have changed since and there is something to measure on."""
    try:
        path = model.current(places)
    except ModelError:
        return None
    return path if model.is_untaught(places) and (places.root / MEASURED_ON).is_file() else None
