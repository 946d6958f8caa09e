"""What forces have today, and what a developer would try first: other ways to read a message, on the same data.

Each learns from `data/nlu` alone and reads the labelled messages of an evaluation; none knows our cues or packs.

- keywords: lists of words for each intent and for danger, in order of precedence (`bench/keywords.yml`)
- TF-IDF: word and character n-grams with logistic regression (scikit-learn)
- frozen encoder: all-MiniLM-L6-v2 as published, with logistic regression
- stock Rasa: the pipeline of `rasa init` (DIET), in `bench.stock`
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union

from bench import keywords
from bench.reading import Reading
from encoder.corpus import Example
from responder.nlu.encoder import Encoder

DANGEROUS = "report_emergency"
EMERGENCY = "emergency"


@dataclass(frozen=True)
class Baseline:
    """One way's readings of all messages. `seconds`: to learn; `milliseconds`: a message, in a batch."""

    name: str
    about: str
    readings: tuple[Reading, ...]
    seconds: float
    milliseconds: float


def by_keywords(texts: Sequence[str]) -> Baseline:
    """Lists of words, as a triage desk or a social-media tool is set up today."""
    triage = keywords.load()
    return _timed(
        "Keyword triage", "lists of words an intent, danger first", 0.0, texts, lambda: map(triage.read, texts)
    )


def by_tfidf(examples: Sequence[Example], texts: Sequence[str]) -> Baseline:
    """Word (1 to 2) and character (2 to 5) n-grams, multinomial logistic regression; urgency by another one."""
    grams = make_union(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2),
        TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 5), min_df=3, max_features=60_000),
    )
    began = time.perf_counter()
    features = grams.fit_transform([example.text for example in examples])
    readers = _two(features, examples)
    seconds = time.perf_counter() - began
    name, about = "TF-IDF and logistic regression", "words and letters, no encoder"
    return _timed(name, about, seconds, texts, lambda: _readings(readers, grams.transform(texts)))


def by_frozen_encoder(examples: Sequence[Example], texts: Sequence[str]) -> Baseline:
    """The sentence vectors of the encoder as published, logistic regression on them."""
    encoder = Encoder.load()
    began = time.perf_counter()
    readers = _two(encoder.encode([example.text for example in examples]), examples)
    seconds = time.perf_counter() - began
    name, about = "Frozen encoder and logistic regression", "all-MiniLM-L6-v2 as published"
    return _timed(name, about, seconds, texts, lambda: _readings(readers, encoder.encode(list(texts))))


Readers = tuple[LogisticRegression, LogisticRegression]


def _two(features: np.ndarray, examples: Sequence[Example]) -> Readers:
    intent, urgency = (
        LogisticRegression(C=5.0, max_iter=200, tol=1e-3).fit(features, [getattr(e, name) for e in examples])
        for name in ("intent", "urgency")
    )
    return intent, urgency


def _readings(readers: Readers, features: np.ndarray) -> list[Reading]:
    intent, urgency = readers
    ranked = np.argsort(-intent.predict_proba(features), axis=1)[:, :3]
    urgencies = urgency.predict(features)
    return [
        Reading(
            tuple(str(intent.classes_[at]) for at in row), level == EMERGENCY or intent.classes_[row[0]] == DANGEROUS
        )
        for row, level in zip(ranked, urgencies)
    ]


def _timed(
    name: str, about: str, seconds: float, texts: Sequence[str], read: Callable[[], Sequence[Reading]]
) -> Baseline:
    began = time.perf_counter()
    readings = tuple(read())
    return Baseline(name, about, readings, seconds, (time.perf_counter() - began) * 1000 / max(1, len(texts)))
