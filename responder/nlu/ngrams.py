"""Word and character n-grams as TF-IDF features: quick, plain, stored as JSON and numbers.

Words give n-grams of 1 and 2; inside each word, with a space at either end, characters give 2 to 5.
Each of the two blocks has length 1. A word's character n-grams are looked up once and remembered.

>>> grams = Ngrams.fit(["my bike", "my car"], min_count=1)
>>> grams.transform(["my bike"]).shape[0]
1
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy import sparse

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[^\w\s]")
DIGITS = re.compile(r"\d")
LONGEST_WORD = 30
REMEMBERED_WORDS = 50_000


def words(text: str) -> list[str]:
    """The words and marks of a text, small letters, digits as 0, each cut at 30 characters."""
    folded = DIGITS.sub("0", text.casefold().replace("’", "'"))
    return [word[:LONGEST_WORD] for word in WORD.findall(folded)]


def characters(word: str) -> list[str]:
    """The character n-grams, 2 to 5, of one word with its edges."""
    edged = f" {word} "
    return [edged[at : at + size] for size in range(2, 6) for at in range(len(edged) - size + 1)]


class Ngrams:
    """The vocabulary with its weights. Columns: first the word n-grams, then the character n-grams."""

    def __init__(self, word_names: Sequence[str], character_names: Sequence[str], idf: np.ndarray) -> None:
        self.word_names = list(word_names)
        self.character_names = list(character_names)
        self.idf = idf.astype(np.float32)
        self._words = {name: at for at, name in enumerate(self.word_names)}
        self._characters = {name: at + len(self._words) for at, name in enumerate(self.character_names)}
        self._of_word = lru_cache(maxsize=REMEMBERED_WORDS)(self._look_up)

    @classmethod
    def fit(cls, texts: Iterable[str], min_count: int = 2) -> Ngrams:
        """Count the n-grams of `texts` and keep those that stand in at least `min_count` of them."""
        in_words: Counter[str] = Counter()
        in_characters: Counter[str] = Counter()
        number = 0
        for text in texts:
            number += 1
            found = words(text)
            in_words.update(set(_word_ngrams(found)))
            in_characters.update({gram for word in set(found) for gram in characters(word)})
        kept_words = sorted(name for name, count in in_words.items() if count >= min_count)
        kept_characters = sorted(name for name, count in in_characters.items() if count >= min_count)
        counts = [in_words[name] for name in kept_words] + [in_characters[name] for name in kept_characters]
        idf = np.log((1 + number) / (1 + np.array(counts, dtype=np.float64))) + 1
        return cls(kept_words, kept_characters, idf)

    @property
    def size(self) -> int:
        """How many columns there are."""
        return len(self.idf)

    def knows(self, word: str) -> bool:
        """Whether a word, as `words` gives it, stands in enough of the texts to be a column."""
        return word in self._words

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """float32, texts × columns; the word block and the character block of each row have length 1 (or 0)."""
        columns: list[np.ndarray] = []
        values: list[np.ndarray] = []
        ends = [0]
        for text in texts:
            at, weights = self.features(words(text))
            columns.append(at)
            values.append(weights)
            ends.append(ends[-1] + len(at))
        joined = (np.concatenate(values), np.concatenate(columns), np.array(ends)) if values else ([], [], [0])
        return sparse.csr_matrix(joined, shape=(len(texts), self.size), dtype=np.float32)

    def features(self, found: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Columns and their values for one text, given as its words."""
        in_words = [self._words[gram] for gram in _word_ngrams(found) if gram in self._words]
        in_characters = [at for word in found for at in self._of_word(word)]
        blocks = [self._weigh(block) for block in (in_words, in_characters)]
        return np.concatenate([at for at, _ in blocks]), np.concatenate([value for _, value in blocks])

    def word_weights(self, word: str, column_weights: np.ndarray) -> float:
        """The sum of `column_weights` (one a column) over a word's own n-grams: how much the word speaks for them."""
        at = list(self._of_word(word))
        total = float(column_weights[at].sum()) if at else 0.0
        own = self._words.get(word)
        return total if own is None else total + float(column_weights[own])

    def _weigh(self, found: list[int]) -> tuple[np.ndarray, np.ndarray]:
        at, counts = np.unique(np.array(found, dtype=np.int32), return_counts=True)
        values = ((1 + np.log(counts)) * self.idf[at]).astype(np.float32) if len(at) else np.zeros(0, np.float32)
        length = float(np.sqrt((values**2).sum()))
        return at, values / length if length else values

    def _look_up(self, word: str) -> tuple[int, ...]:
        return tuple(self._characters[gram] for gram in characters(word) if gram in self._characters)


def _word_ngrams(found: list[str]) -> list[str]:
    return found + [f"{first} {second}" for first, second in pairwise(found)]
