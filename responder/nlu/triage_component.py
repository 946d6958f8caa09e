"""The trainable component: intent, urgency and danger, fitted by `rasa train` in well under a minute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_EXAMPLE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from responder.nlu import places
from responder.nlu.components import (
    CLEANED,
    HITS,
    LANGUAGE,
    LEARNT,
    OTHER_LANGUAGE,
    PROBLEM,
    MessageComponent,
    shared_encoder,
    vector_of,
)  # fmt: skip
from responder.nlu.courtesies import Courtesies
from responder.nlu.evidence import Evidence
from responder.nlu.head import HeadSettings
from responder.nlu.model import Example, TriageModel
from responder.nlu.safety_net import Hit, level_of
from responder.nlu.triage import CUE_LEVELS, Judgement, Targets

UNSURE = 0.05  # the confidence shown for a text that cannot be read: below any threshold
FEWEST_WORDS, LEAST_KNOWN = 4, 0.4  # words of which so few are known are another language (docs/decisions/language.md)
MOST_REASONS = 5
SOUNDS_LIKE = {"alarm": "it reads like an emergency", "possible": "danger cannot be ruled out"}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Triage(MessageComponent):
    """Says what the sender wants, how urgent it is, and whether danger can be ruled out."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: TriageModel | None = None
    ) -> None:
        super().__init__(config)
        self._storage = storage
        self._resource = resource
        self._model = model
        self._courtesies = Courtesies.load(places.cues() / "courtesies.yml")

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The targets of `triage.Targets`, the settings of `head.HeadSettings`, and those of the encoder."""
        return {"targets": {}, "head": {}, "delta": None, "max_tokens": 200, "threads": 2}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Triage:
        """Called by Rasa before training."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        execution_context: ExecutionContext, **kwargs: Any,
    ) -> Triage:  # fmt: skip
        """Called by Rasa with a trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, TriageModel.read(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on the examples that have words; keep the model in Rasa's storage."""
        found = [e for e in training_data.training_examples if e.get(INTENT) and vector_of(e) is not None]
        examples = [_example(message) for message in found]
        vectors = np.stack([vector_of(message) for message in found]) if found else np.zeros((0, 0))
        delta = self.config["delta"]
        evidence = Evidence.read((places.ROOT / delta).parent) if delta else None
        self._model = TriageModel.train(
            examples, vectors, Targets(**self.config["targets"]), HeadSettings(**self.config["head"]), evidence
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def read(self, message: Message) -> None:
        """Sets `intent`, `intent_ranking`, `triage` and `also`."""
        model, problem, hits = self._trained(), message.get(PROBLEM), message.get(HITS) or []
        cleaned = message.get(CLEANED)
        if problem in ("empty", "no-words", "too-long"):
            unread = Judgement(
                ranking=tuple((name, UNSURE) for name in model.intents),
                urgency="routine",
                danger="possible" if problem == "too-long" else "none",
                probability=0.0,
            )
            _write(message, unread, [_why_unread(problem)] if problem != "empty" else [])
            return
        core = self._courtesies.without(cleaned.text)
        judgement = model.read_text(cleaned.text, message.get(LANGUAGE), hits, vector_of(message), self._encode, core)
        reasons = _reasons(hits, judgement, model.telling_words(cleaned.text) if not hits else [])
        number, share = model.known_share(cleaned.text)
        if problem is None and number >= FEWEST_WORDS and share < LEAST_KNOWN:
            problem = "other-language"
            message.set(PROBLEM, problem, add_to_output=True)
        elif number and not share:
            ranking = tuple((name, min(chance, UNSURE)) for name, chance in judgement.ranking)
            judgement = replace(judgement, ranking=ranking)
        if problem == "other-language":
            ranking = tuple((name, min(chance, UNSURE)) for name, chance in judgement.ranking)
            danger = max(judgement.danger, "possible", key=CUE_LEVELS.index)
            judgement = Judgement(ranking, judgement.urgency, danger, judgement.probability, None, judgement.flags)
            other = message.get(OTHER_LANGUAGE)
            reasons.append("neither English nor Welsh, it seems" + (f" (perhaps '{other}')" if other else ""))
        _write(message, judgement, reasons)

    def _trained(self) -> TriageModel:
        if self._model is None:
            raise RuntimeError("The triage model is not trained.")
        return self._model

    def _encode(self, texts: list[str]) -> np.ndarray:
        config = self.config
        return shared_encoder(config["delta"], config["max_tokens"], config["threads"]).encode(texts)


def _example(message: Message) -> Example:
    told = (message.get(METADATA) or {}).get(METADATA_EXAMPLE) or {}
    return Example(
        text=message.get(CLEANED).text,
        written=message.get(TEXT),
        intent=message.get(INTENT),
        urgency=told.get("urgency", "routine"),
        welsh=told.get("lang", message.get(LANGUAGE)) == "cy",
        hand=str(told.get("hand", "office")),
        cue_level=level_of(message.get(HITS) or []),
        flags=tuple(told.get("flags") or ()),
        also=tuple(told.get("also") or ()),
    )


def _reasons(hits: list[Hit], judgement: Judgement, telling: list[str]) -> list[str]:
    """Why the danger, each once, the gravest first; without a cue the words that speak most for it."""
    order = sorted(hits, key=lambda hit: -CUE_LEVELS.index(hit.level))
    found = list(dict.fromkeys(hit.reason for hit in order))[:MOST_REASONS]
    if found or judgement.danger not in SOUNDS_LIKE:
        return found
    words = ", ".join(f"“{word}”" for word in telling)
    return [f"{SOUNDS_LIKE[judgement.danger]}, most of all {words}" if words else SOUNDS_LIKE[judgement.danger]]


def _why_unread(problem: str) -> str:
    return {"no-words": "there are no words in it", "too-long": "it is too long to be read by the assistant"}[problem]


def _write(message: Message, judgement: Judgement, reasons: list[str]) -> None:
    ranking = [{"name": name, "confidence": chance} for name, chance in judgement.ranking]
    message.set(INTENT, dict(ranking[0]), add_to_output=True)
    message.set("intent_ranking", ranking, add_to_output=True)
    triage = {
        "urgency": judgement.urgency,
        "danger": judgement.danger,
        "probability": round(judgement.probability, 4),
        "reasons": reasons,
    }
    message.set("triage", triage, add_to_output=True)
    message.set("also", judgement.also, add_to_output=True)
    message.set(LEARNT, judgement.flags)
