"""Ways to read a message, side by side on hands that none of them saw: what the choice of the head rests on.

    .venv/bin/python -m encoder.compare        after `make encoder`, whose folds it reads from var/encoder

Every way learns from the hands of the other folds alone and is measured on the fold's own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from encoder.corpus import ROOT, Example, intent_names, read_corpus, targets
from encoder.out_of_fold import fold_files
from encoder.scores import shares, summary
from encoder.training import Settings
from responder.nlu.encoder import Encoder
from responder.nlu.head import Head, HeadSettings
from responder.nlu.text import clean

Array = np.ndarray
STRENGTH = 15.0  # of the evidence's Gaussian kernel, see `evidence`


class Trial:
    """The corpus with the folds' scores and vectors, and the frozen encoder's vectors."""

    def __init__(self, examples: list[Example], settings: Settings, folds: int, work: Path) -> None:
        self.examples = examples
        self.intents = intent_names(examples)
        self.count = len(self.intents)
        self.texts = [clean(example.text).text for example in examples]
        self.welsh = np.array([example.lang == "cy" for example in examples])
        intent, urgency = targets(examples, self.intents)
        self.intent, self.urgency = intent, urgency
        self.goal = np.hstack([np.eye(self.count)[intent], np.eye(3)[urgency]]).astype(np.float32)
        self.fold, self.own, self.vectors = fold_files(examples, settings, folds, work)
        self.frozen = Encoder.load(max_tokens=settings.tokens).encode(self.texts)

    def head(self, vectors_of: Callable[[int], Array], settings: HeadSettings) -> Array:
        """The product's head on the vectors that each fold sees; scores of what each fold holds out."""
        found = np.zeros_like(self.goal)
        for number in range(self.fold.max() + 1):
            learnt, held = self.fold != number, np.flatnonzero(self.fold == number)
            vectors = vectors_of(number)
            texts = [self.texts[at] for at in np.flatnonzero(learnt)]
            head, _ = Head.fit(
                texts, vectors[learnt], self.welsh[learnt], self.goal[learnt], self.fold[learnt], settings
            )
            found[held] = head.scores([self.texts[at] for at in held], vectors[held], self.welsh[held])
        return found

    def logistic(self, vectors_of: Callable[[int], Array] | None, strength: float) -> Array:
        """Logistic regression on TF-IDF beside vectors; log probabilities of what each fold holds out."""
        found = np.zeros_like(self.goal)
        for number in range(self.fold.max() + 1):
            learnt, held = np.flatnonzero(self.fold != number), np.flatnonzero(self.fold == number)
            vectors = vectors_of(number) if vectors_of else np.zeros((len(self.texts), 0))
            for columns, label in ((slice(0, self.count), self.intent), (slice(self.count, None), self.urgency)):
                model = make_pipeline(self._features(vectors), LogisticRegression(C=strength, max_iter=300, tol=1e-3))
                model.fit(learnt, label[learnt])
                found[held, columns] = model.predict_log_proba(held)
        return found

    def _features(self, vectors: Array):  # type: ignore[no-untyped-def]
        words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
        characters = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 5), min_df=2)
        texts = FunctionTransformer(lambda rows: [self.texts[at] for at in rows])
        parts = [make_pipeline(texts, words), make_pipeline(texts, characters)]
        if vectors.shape[1]:
            parts.append(FunctionTransformer(lambda rows: vectors[np.asarray(rows)]))
        return make_union(*parts)


def evidence(scores: Array, intents: int) -> Array:
    """Scores as vectors of length 1: the roots of the probabilities of intents, then of urgencies."""
    both = np.hstack([shares(scores[:, :intents]), 0.5 * shares(scores[:, intents:])])
    return np.sqrt(both / both.sum(axis=1, keepdims=True))


def best_temperature(scores: Array, label: Array) -> float:
    """The temperature at which the probabilities surprise least."""
    tried = np.geomspace(0.02, 5, 60)
    surprise = [-np.log(shares(scores, at)[np.arange(len(label)), label] + 1e-9).mean() for at in tried]
    return float(tried[int(np.argmin(surprise))])


def main() -> None:
    """Measure and print, one JSON line a way."""
    options = argparse.ArgumentParser(prog="python -m encoder.compare", description="Compare heads on unseen hands.")
    options.add_argument("--work", type=Path, default=ROOT / "var" / "encoder")
    options.add_argument("--folds", type=int, default=4)
    options.add_argument("--slow", action="store_true", help="logistic regression too: some minutes")
    asked = options.parse_args()
    trial = Trial(read_corpus(), Settings(), asked.folds, asked.work)
    seen = HeadSettings()
    told = evidence(trial.own, trial.count)
    ways: dict[str, Callable[[], Array]] = {
        "the layers alone": lambda: trial.own,
        "head on the frozen encoder": lambda: trial.head(lambda _: trial.frozen, seen),
        "head on vectors that saw the texts": lambda: trial.head(lambda fold: trial.vectors[fold], seen),
        "head on out-of-fold evidence": lambda: trial.head(lambda _: told, seen),
    }
    if asked.slow:
        ways |= {
            "TF-IDF, logistic regression": lambda: trial.logistic(None, 5),
            "TF-IDF and frozen encoder, logistic regression": lambda: trial.logistic(lambda _: trial.frozen * 3, 5),
        }
    for name, way in ways.items():
        scores = way()
        scale = best_temperature(scores[:, : trial.count], trial.intent)
        scores[:, : trial.count] /= scale
        figures = summary(trial.examples, trial.intents, scores)
        print(json.dumps({"way": name, "temperature": round(scale, 3)} | figures), flush=True)


if __name__ == "__main__":
    main()
