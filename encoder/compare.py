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
from encoder.scores import summary
from encoder.training import Settings
from responder.nlu.columns import Columns
from responder.nlu.encoder import Encoder
from responder.nlu.evidence import LEAST, best_temperature, choose_mixing, joined, shares
from responder.nlu.head import Head, HeadSettings
from responder.nlu.text import clean

Array = np.ndarray
LAYERS_ALONE, NGRAMS_ALONE = "the layers alone", "head on n-grams alone"
NGRAMS_AND_FROZEN = "head on n-grams and the frozen encoder"


class Trial:
    """The corpus with the folds' scores and vectors, and the frozen encoder's vectors."""

    def __init__(self, examples: list[Example], settings: Settings, folds: int, work: Path) -> None:
        self.examples = examples
        self.intents = intent_names(examples)
        self.count = len(self.intents)
        self.texts = [clean(example.text).text for example in examples]
        self.welsh = np.array([example.lang == "cy" for example in examples])
        self.labels = targets(examples, self.intents)
        self.columns = Columns(self.count)
        self.goal = self.labels.goal()
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
            pairs = ((self.columns.intents, self.labels.intent), (self.columns.urgency, self.labels.urgency))
            for columns, label in pairs:
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


def as_vectors(scores: Array, columns: Columns) -> Array:
    """Scores as vectors of length 1: the roots of the probabilities, urgencies at half the intents' weight."""
    both = np.hstack([shares(scores[:, columns.intents]), 0.5 * shares(scores[:, columns.urgency])])
    return np.asarray(np.sqrt(both / 1.5))


def main() -> None:
    """Measure and print, one JSON line a way."""
    options = argparse.ArgumentParser(prog="python -m encoder.compare", description="Compare heads on unseen hands.")
    options.add_argument("--work", type=Path, default=ROOT / "var" / "encoder")
    options.add_argument("--folds", type=int, default=4)
    options.add_argument("--slow", action="store_true", help="logistic regression too: some minutes")
    asked = options.parse_args()
    trial = Trial(read_corpus(), Settings(), asked.folds, asked.work)
    told, none = as_vectors(trial.own, trial.columns), np.zeros((len(trial.texts), 1))
    usual = HeadSettings()
    ways: dict[str, Callable[[], Array]] = {
        LAYERS_ALONE: lambda: trial.own,
        NGRAMS_ALONE: lambda: trial.head(lambda _: none, usual),
        NGRAMS_AND_FROZEN: lambda: trial.head(lambda _: trial.frozen, usual),
        "head on n-grams and vectors that saw the texts": lambda: trial.head(lambda fold: trial.vectors[fold], usual),
        "head on n-grams and out-of-fold evidence": lambda: trial.head(lambda _: told, usual),
    }
    if asked.slow:
        ways |= {
            "logistic regression on n-grams": lambda: trial.logistic(None, 5),
            "logistic regression on n-grams and the frozen encoder": lambda: trial.logistic(lambda _: trial.frozen, 5),
        }
    found = {}
    for name, way in ways.items():
        found[name] = way()
        _print(name, trial, found[name])
    for name in (NGRAMS_ALONE, NGRAMS_AND_FROZEN):
        both = (found[LAYERS_ALONE], found[name])
        mixing = choose_mixing(*both, trial.columns, trial.welsh, trial.labels)
        told = f"layers (share {mixing.share}, Welsh {mixing.share_welsh}) joined with {name}"
        _print(told, trial, joined(*both, trial.columns, trial.welsh, mixing))


def _print(name: str, trial: Trial, scores: Array) -> None:
    parts = ((trial.columns.intents, trial.labels.intent), (trial.columns.urgency, trial.labels.urgency))
    temperatures = [best_temperature(scores[:, place], label) for place, label in parts]
    honest = np.hstack([np.log(shares(scores[:, place], t) + LEAST) for (place, _), t in zip(parts, temperatures)])
    print(json.dumps({"way": name} | summary(trial.examples, trial.intents, honest)), flush=True)


if __name__ == "__main__":
    main()
