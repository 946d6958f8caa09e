"""Rasa's door to the understanding part: graph components that read a message and write what they found on it.

Order in config.yml: MessageReader (cleaning, language, problem), SentenceEncoder, DangerCues, Triage, Flags, Mentions,
then Rasa's FallbackClassifier. What is in the output: `language`, `problem`, `triage`, `also`, `flags`, `mentions`,
`intent`, `intent_ranking`. A message's text is never logged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from responder.drafting.model import Flag
from responder.nlu import places
from responder.nlu.encoder import SIZE, Encoder
from responder.nlu.evidence import Evidence
from responder.nlu.flags import FlagFinder
from responder.nlu.language import read_language
from responder.nlu.mentions import MentionFinder
from responder.nlu.safety_net import SafetyNet
from responder.nlu.text import LONGEST, Cleaned, clean, has_words

Kind = DefaultV1Recipe.ComponentType
CLEANED, LANGUAGE, PROBLEM, OTHER_LANGUAGE, HITS, VECTOR, LEARNT = (
    "cleaned", "language", "problem", "other_language", "danger_cues", "sentence_vector", "learnt_flags",
)  # fmt: skip

NOT_NEEDED = np.zeros(0, dtype=np.float32)  # the vector of a training text whose scores are kept; quick to hash

READS_LIKE = {
    "identifies_person": "it reads as if a person could be identified",
    "live_case": "it reads as if a case or an investigation were open",
    "vulnerable": "it reads as if someone were vulnerable",
    "political": "it reads as party politics",
    "defamation_risk": "it reads as an accusation against a person",
}


class MessageComponent(GraphComponent):
    """What the components share: made from their configuration alone, and one `read` a message."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MessageComponent:
        """Called by Rasa."""
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What else a trained result depends on: this package's code and the cue files."""
        return own_fingerprint()

    def process(self, messages: list[Message]) -> list[Message]:
        """Read each message, in place."""
        for message in messages:
            self.read(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same for the training examples."""
        self.process([example for example in training_data.training_examples if example.get(TEXT)])
        return training_data

    def read(self, message: Message) -> None:
        """Write what is found onto the message."""
        raise NotImplementedError


@DefaultV1Recipe.register(Kind.MESSAGE_FEATURIZER, is_trainable=False)
class MessageReader(MessageComponent):
    """Cleans the text and says its language, and why it cannot be read where it cannot."""

    def read(self, message: Message) -> None:
        """Sets `language` (en or cy), `problem` and, unseen outside, the cleaned text."""
        cleaned = clean(message.get(TEXT) or "")
        problem = _problem(cleaned)
        language = read_language(cleaned.text) if problem is None else None
        if language and language.other:
            problem = "other-language"
        message.set(CLEANED, cleaned)
        message.set(LANGUAGE, language.code if language else "en", add_to_output=True)
        message.set(PROBLEM, problem, add_to_output=True)
        message.set(OTHER_LANGUAGE, language.other if language else None, add_to_output=True)


@DefaultV1Recipe.register(Kind.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(MessageComponent):
    """Gives every readable text its sentence vector (384 numbers), as a dense sentence feature."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._encoder = shared_encoder(config.get("delta"), config["max_tokens"], config["threads"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`delta`: a fine-tuned encoder's difference; `max_tokens`: the encoder's limit; `threads`: of the encoder."""
        return {"delta": None, "max_tokens": 200, "threads": 2}

    def process(self, messages: list[Message]) -> list[Message]:
        """Encode all in batches. A text that is not read has no vector."""
        readable = [message for message in messages if not _unread(message)]
        vectors = self._encoder.encode([message.get(CLEANED).text for message in readable])
        for message, vector in zip(readable, vectors):
            _set_vector(message, vector)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encode the training examples, save those for which the fine-tuning kept scores: these get an empty vector."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        delta = self.config.get("delta")
        evidence = Evidence.read((places.ROOT / delta).parent) if delta else None
        known = [example for example in examples if evidence and evidence.knows(example.get(TEXT))]
        for example in known:
            if not _unread(example):
                example.set(VECTOR, NOT_NEEDED)
        self.process([example for example in examples if example.get(VECTOR) is None])
        return training_data


@DefaultV1Recipe.register(Kind.MESSAGE_FEATURIZER, is_trainable=False)
class DangerCues(MessageComponent):
    """Finds the cues of danger, over the whole text."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._net = SafetyNet.load(Path(config["folder"]) if config.get("folder") else places.cues())

    def read(self, message: Message) -> None:
        """Sets, unseen outside, the hits. A text that is too long to be read has none."""
        message.set(HITS, [] if message.get(PROBLEM) == "too-long" else self._net.find(message.get(CLEANED).text))


@DefaultV1Recipe.register(Kind.ENTITY_EXTRACTOR, is_trainable=False)
class Flags(MessageComponent):
    """Finds what staff should see in a text: personal data, names, swearing, links, parties and so on."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._finder = FlagFinder.load(places.cues())

    def read(self, message: Message) -> None:
        """Sets `flags`: name, kind, start, end (in the text that Rasa was given) and reason of each."""
        cleaned: Cleaned = message.get(CLEANED)
        found = [] if message.get(PROBLEM) == "too-long" else self._finder.find(cleaned.text)
        placed = {flag.name for flag in found}
        found += [Flag(name, reason=READS_LIKE[name]) for name in message.get(LEARNT) or () if name not in placed]
        entries = []
        for flag in found:
            start, end = (None, None) if flag.start is None or flag.end is None else cleaned.span(flag.start, flag.end)
            entries.append({"name": flag.name, "kind": flag.kind, "start": start, "end": end, "reason": flag.reason})
        message.set("flags", entries, add_to_output=True)


@DefaultV1Recipe.register(Kind.ENTITY_EXTRACTOR, is_trainable=False)
class Mentions(MessageComponent):
    """Finds the subjects that a text speaks of, so that the right signpost is given."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._finder = MentionFinder.load(places.national() / "mentions.yml")

    def read(self, message: Message) -> None:
        """Sets `mentions`, a list of subjects."""
        text = "" if message.get(PROBLEM) == "too-long" else message.get(CLEANED).text
        message.set("mentions", self._finder.find(text), add_to_output=True)


@lru_cache(maxsize=2)
def shared_encoder(delta: str | None, max_tokens: int, threads: int) -> Encoder:
    """One encoder for all components of a process. A delta's path counts from the project's folder."""
    return Encoder.load(places.ROOT / delta if delta else None, max_tokens, threads)


def encode_ahead(texts: Sequence[str], config: dict[str, Any]) -> None:
    """Encode texts that will be read soon, as Rasa is given them. `config` is that of SentenceEncoder."""
    read = [cleaned.text for cleaned in map(clean, texts) if _problem(cleaned) is None]
    shared_encoder(config.get("delta"), config["max_tokens"], config["threads"]).encode_ahead(read)


@lru_cache(maxsize=1)
def own_fingerprint() -> str:
    """A hash of this package's code and of the files it reads: Rasa trains anew where one of them has changed."""
    total = hashlib.sha256()
    tuned = [*places.tuned().glob("*.npz"), *places.tuned().glob("*.safetensors")]
    for file in sorted([*Path(__file__).parent.glob("*.py"), *places.cues().glob("*.yml"), *tuned]):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def _set_vector(message: Message, vector: np.ndarray) -> None:
    message.set(VECTOR, vector)
    message.add_features(Features(vector.reshape(1, SIZE), FEATURE_TYPE_SENTENCE, TEXT, SentenceEncoder.__name__))


def vector_of(message: Message) -> np.ndarray | None:
    """The sentence vector, where the message has one; zeros where it is not needed."""
    found: np.ndarray | None = message.get(VECTOR)
    return np.zeros(SIZE, dtype=np.float32) if found is not None and not found.size else found


def _problem(cleaned: Cleaned) -> str | None:
    if len(cleaned.text) > LONGEST:
        return "too-long"
    if not cleaned.text:
        return "empty"
    return None if has_words(cleaned.text) else "no-words"


def _unread(message: Message) -> bool:
    return message.get(PROBLEM) in ("empty", "no-words", "too-long")
