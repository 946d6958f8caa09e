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
from responder.nlu.columns import LEARNT_FLAGS, URGENCIES, Columns, Labels
from responder.nlu.evidence import Evidence, Mixing, choose_mixing, joined
from responder.nlu.head import Array, Head, HeadSettings
from responder.nlu.ngrams import words
from responder.nlu.safety_net import LEVELS, Hit, level_of
from responder.nlu.stretches import stretches
from responder.nlu.triage import (
    DANGEROUS_INTENTS,
    Calibration,
    Judgement,
    Targets,
    calibrate,
    judge,
)

FEWEST_TEXTS = 20
FORMAT = 4
MOST_TELLING, SHORTEST, LOOKED_AT = 3, 2, 2_000  # words shown; letters that a word must pass; words looked at


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
    written: str = ""  # as it stands in its file, by which the encoder's evidence knows it
    also: tuple[str, ...] = ()


class TriageModel:
    """What `train` made, or `read` from a folder.

    After `train`, `held_out` has what is said of each example without its hand (n × columns); it is not kept.
    """

    def __init__(
        self, head: Head, intents: Sequence[str], calibration: Calibration, evidence: Evidence | None = None,
        mixing: Mixing | None = None,
    ) -> None:  # fmt: skip
        self.head = head
        self.intents = list(intents)
        self.calibration = calibration
        self._evidence = evidence
        self._mixing = mixing
        number = len(self.intents)
        self.held_out: Array | None = None
        self._danger = (head.weights[:, number + 2] - head.weights[:, number]) * head.ngrams.idf

    @classmethod
    def train(
        cls, examples: Sequence[Example], vectors: Array, targets: Targets, settings: HeadSettings,
        evidence: Evidence | None = None,
    ) -> TriageModel:  # fmt: skip
        """Fit the head on the examples (n, with vectors n × 384) and calibrate it. Raises ModelError.

        With a fine-tuned encoder's `evidence` the head rests on n-grams alone, and the two are weighed together: the
        vectors have seen these texts, so a head fitted on them would be too sure.
        """
        intents = sorted({example.intent for example in examples})
        if len(examples) < FEWEST_TEXTS or len(intents) < 2:
            raise ModelError(
                f"There are {len(examples)} training texts in {len(intents)} intents under data/nlu; "
                f"at least {FEWEST_TEXTS} texts in 2 intents are needed."
            )
        told = ([getattr(example, name) for example in examples] for name in ("intent", "urgency", "flags", "also"))
        labels = Labels.of(intents, *told)
        texts = [example.text for example in examples]
        welsh = [example.welsh for example in examples]
        if evidence is not None and evidence.intents != intents:
            raise ModelError(
                "The encoder was fine-tuned for other intents than data/nlu holds. Run `make encoder`, "
                "or take `delta` out of config.yml."
            )
        seen = vectors if evidence is None else _no_vectors(len(texts))
        head, held_out = Head.fit(texts, seen, welsh, labels.goal(), _groups(examples), settings)
        mixing = None
        if evidence is not None:
            columns = Columns(len(intents))
            layers = evidence.training_scores([example.written for example in examples], vectors)
            mixing = choose_mixing(layers, held_out, columns, welsh, labels)
            held_out = joined(layers, held_out, columns, welsh, mixing)
        levels = np.array([LEVELS.index(example.cue_level) for example in examples])
        calibration = calibrate(held_out, intents, labels, levels, targets)
        model = cls(head, intents, calibration, evidence, mixing)
        model.held_out = held_out
        return model

    def save(self, folder: Path) -> None:
        """Write the model into a folder."""
        kept = {
            "format": FORMAT,
            "intents": self.intents,
            "calibration": self.calibration.as_dict(),
            "head": asdict(self.head.settings),
            "vocabulary": self.head.save(folder),
            "mixing": self._mixing.as_dict() if self._mixing else None,
        }
        if self._evidence is not None:
            self._evidence.save(folder)
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
            mixing = Mixing.from_dict(kept["mixing"]) if kept["mixing"] else None
            evidence = Evidence.saved(folder) if mixing else None
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"The trained model in {folder} cannot be used: {error}. Run `responder train`.") from None
        return cls(Head.read(folder, vocabulary, settings), intents, calibration, evidence, mixing)

    def read_text(
        self, text: str, language: str, hits: Sequence[Hit], vector: Array | None,
        encode: Callable[[list[str]], Array], core: str | None = None,
    ) -> Judgement:  # fmt: skip
        """Judge a cleaned text. `vector` is the whole text's where it is known; stretches of a long one are encoded.

        `core` is the text without its greeting and thanks, where it has them: both are read and their scores averaged,
        and the more dangerous of the two tells the danger. Of a long text, the most dangerous stretch tells the danger;
        where that is an alarm and sounds it, it tells the intent too.
        """
        parts = stretches(text, hits, self.head.ngrams, self._danger)
        pieces = [text[start:end] for start, end in parts]
        whole = len(parts) == 1
        vectors = vector[None, :] if whole and vector is not None else encode(pieces)
        scores = self._scores(pieces, vectors, [language == "cy"] * len(pieces))
        levels = [level_of([hit for hit in hits if start <= hit.start < end]) for start, end in parts]
        judgements = [judge(row, self.intents, level, self.calibration) for row, level in zip(scores, levels)]
        if whole:
            return judgements[0] if core is None else self._with_core(core, language, levels[0], scores, encode)
        worst = max(judgements, key=lambda judgement: (LEVELS.index(judgement.danger), judgement.probability))
        mean = judge(scores.mean(axis=0), self.intents, "none", self.calibration)
        urgency = max((judgement.urgency for judgement in judgements), key=URGENCIES.index)
        told = worst if worst.danger == "alarm" and worst.ranking[0][0] in DANGEROUS_INTENTS else mean
        danger = "possible" if worst.danger == "none" and hits else worst.danger
        flags = tuple(name for name in LEARNT_FLAGS if any(name in judgement.flags for judgement in judgements))
        return replace(told, urgency=urgency, danger=danger, probability=worst.probability, flags=flags)

    def _with_core(
        self, core: str, language: str, level: str, scores: Array, encode: Callable[[list[str]], Array]
    ) -> Judgement:
        """What the whole (its one row of scores) and its core say together."""
        own = self._scores([core], encode([core]), [language == "cy"])
        alone = judge(own[0], self.intents, level, self.calibration)
        both = judge((scores[0] + own[0]) / 2, self.intents, level, self.calibration)
        if LEVELS.index(alone.danger) > LEVELS.index(both.danger):
            return replace(both, danger=alone.danger, urgency=alone.urgency, probability=alone.probability)
        return both

    def known_share(self, text: str) -> tuple[int, float]:
        """How many different words a text has, and what share of them the training messages have too."""
        found = {word for word in words(text)[:LOOKED_AT] if word.isalpha() and len(word) > 1}
        return len(found), sum(self.head.ngrams.knows(word) for word in found) / max(1, len(found))

    def telling_words(self, text: str) -> list[str]:
        """The words of a text that speak most for danger, at most MOST_TELLING, the strongest first.

        By the n-gram head alone: what the encoder makes of a whole sentence has no single words.
        """
        found = dict.fromkeys(word for word in words(text)[:LOOKED_AT] if word.isalpha() and len(word) > SHORTEST)
        weights = {word: self.head.ngrams.word_weights(word, self._danger) for word in found}
        order = sorted((word for word in found if weights[word] > 0), key=lambda word: -weights[word])
        return order[:MOST_TELLING]

    def _scores(self, pieces: Sequence[str], vectors: Array, welsh: Sequence[bool]) -> Array:
        """The head's scores, weighed with the encoder's own where there is a fine-tuned one."""
        if self._evidence is None or self._mixing is None:
            return self.head.scores(pieces, vectors, welsh)
        own = self.head.scores(pieces, _no_vectors(len(pieces)), welsh)
        return joined(self._evidence.scores(vectors), own, Columns(len(self.intents)), welsh, self._mixing)


def _no_vectors(rows: int) -> Array:
    """What stands for the vectors where the head rests on n-grams alone."""
    return np.zeros((rows, 1), dtype=np.float32)


def _groups(examples: Sequence[Example]) -> Array:
    """A number a hand. One hand alone (an office's own texts) is split into ten, to be held out in turn."""
    hands = sorted({example.hand for example in examples})
    if len(hands) > 1:
        return np.array([hands.index(example.hand) for example in examples])
    return np.arange(len(examples)) % 10
