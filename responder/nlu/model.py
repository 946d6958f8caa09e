"""The trained triage model: head, intents and calibration together, in plain numbers and JSON.

>>> TriageModel.read(folder).read_text("help", "en", [], vector, encoder).urgency   # doctest: +SKIP
'emergency'
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from responder.errors import ModelError
from responder.nlu.head import Array, Head, HeadSettings
from responder.nlu.safety_net import LEVELS, Hit, level_of
from responder.nlu.stretches import stretches
from responder.nlu.triage import (
    DANGEROUS_INTENTS,
    LEARNT_FLAGS,
    URGENCIES,
    Calibration,
    Judgement,
    Targets,
    calibrate,
    judge,
)

FEWEST_TEXTS = 20
FORMAT = 2


@dataclass(frozen=True)
class Example:
    """One labelled text of the training data. `hand` says who wrote it; its cue level is what the net found."""

    text: str
    intent: str
    urgency: str
    welsh: bool
    hand: str
    cue_level: str
    flags: tuple[str, ...] = ()


class TriageModel:
    """What `train` made, or `read` from a folder."""

    def __init__(self, head: Head, intents: Sequence[str], calibration: Calibration) -> None:
        self.head = head
        self.intents = list(intents)
        self.calibration = calibration
        number = len(self.intents)
        self._danger = (head.weights[:, number + 2] - head.weights[:, number]) * head.ngrams.idf

    @classmethod
    def train(
        cls, examples: Sequence[Example], vectors: Array, targets: Targets, settings: HeadSettings
    ) -> TriageModel:
        """Fit the head on the examples (n, with vectors n × 384) and calibrate it. Raises ModelError."""
        intents = sorted({example.intent for example in examples})
        if len(examples) < FEWEST_TEXTS or len(intents) < 2:
            raise ModelError(
                f"There are {len(examples)} training texts in {len(intents)} intents under data/nlu; "
                f"at least {FEWEST_TEXTS} texts in 2 intents are needed."
            )
        intent = np.array([intents.index(example.intent) for example in examples])
        urgency = np.array([URGENCIES.index(example.urgency) for example in examples])
        flags = np.array([[name in example.flags for name in LEARNT_FLAGS] for example in examples], dtype=float)
        goal = np.hstack([np.eye(len(intents))[intent], np.eye(len(URGENCIES))[urgency], flags]).astype(np.float32)
        texts = [example.text for example in examples]
        welsh = [example.welsh for example in examples]
        head, held_out = Head.fit(texts, vectors, welsh, goal, _groups(examples), settings)
        levels = np.array([LEVELS.index(example.cue_level) for example in examples])
        return cls(head, intents, calibrate(held_out, intents, intent, urgency, flags, levels, targets))

    def save(self, folder: Path) -> None:
        """Write the model into a folder."""
        kept = {
            "format": FORMAT,
            "intents": self.intents,
            "calibration": self.calibration.as_dict(),
            "head": asdict(self.head.settings),
            "vocabulary": self.head.save(folder),
        }
        (folder / "triage.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> TriageModel:
        """Read what `save` wrote. Raises ModelError."""
        try:
            kept = json.loads((folder / "triage.json").read_text(encoding="utf-8"))
            if kept["format"] != FORMAT:
                raise ValueError(f"its format is {kept['format']}, and {FORMAT} is read")
            settings = HeadSettings(**kept["head"])
            calibration = Calibration.from_dict(kept["calibration"])
            intents, vocabulary = list(kept["intents"]), kept["vocabulary"]
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The trained model in {folder} cannot be used: {error}. Run `responder train`.") from None
        return cls(Head.read(folder, vocabulary, settings), intents, calibration)

    def read_text(
        self, text: str, language: str, hits: Sequence[Hit], vector: Array | None, encode: Callable[[list[str]], Array]
    ) -> Judgement:
        """Judge a cleaned text. `vector` is the whole text's where it is known; stretches of a long one are encoded.

        Of a long text, the most dangerous stretch tells the danger; where that is an alarm and sounds it, it tells
        the intent too.
        """
        parts = stretches(text, hits, self.head.ngrams, self._danger)
        pieces = [text[start:end] for start, end in parts]
        whole = len(parts) == 1
        vectors = vector[None, :] if whole and vector is not None else encode(pieces)
        scores = self.head.scores(pieces, vectors, [language == "cy"] * len(pieces))
        levels = [level_of([hit for hit in hits if start <= hit.start < end]) for start, end in parts]
        judgements = [judge(row, self.intents, level, self.calibration) for row, level in zip(scores, levels)]
        if whole:
            return judgements[0]
        worst = max(judgements, key=lambda judgement: (LEVELS.index(judgement.danger), judgement.probability))
        mean = judge(scores.mean(axis=0), self.intents, "none", self.calibration)
        urgency = max((judgement.urgency for judgement in judgements), key=URGENCIES.index)
        told = worst if worst.danger == "alarm" and worst.ranking[0][0] in DANGEROUS_INTENTS else mean
        danger = "possible" if worst.danger == "none" and hits else worst.danger
        flags = tuple(name for name in LEARNT_FLAGS if any(name in judgement.flags for judgement in judgements))
        return replace(told, urgency=urgency, danger=danger, probability=worst.probability, flags=flags)


def _groups(examples: Sequence[Example]) -> Array:
    """A number a hand. One hand alone (an office's own texts) is split into ten, to be held out in turn."""
    hands = sorted({example.hand for example in examples})
    if len(hands) > 1:
        return np.array([hands.index(example.hand) for example in examples])
    return np.arange(len(examples)) % 10
