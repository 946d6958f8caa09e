"""Words as the cue patterns see them: small letters, no apostrophes, with their place in the text.

spaCy's string store never forgets a word, so only words that some pattern knows are given to it; every other
word is one and the same placeholder. That bounds memory, and makes a 100 kB text a matter of milliseconds.

>>> [token.word for token in split("Don't — he's HERE!!")]
['dont', '—', 'hes', 'here', '!!']
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry

UNKNOWN = "▢"
STOPS = (".", "!", "?", "…", ";")
LONGEST_WORD = 40
_TOKEN = re.compile(r"[^\W_]+(?:['’`´-][^\W_]+)*|[.!?…;]+|[^\w\s]")
_APOSTROPHES = str.maketrans("", "", "'’`´-")
_REPEATED = re.compile(r"(.)\1{2,}")


class Token(NamedTuple):
    """One word or mark; `start` and `end` count characters of the text that was split."""

    word: str
    start: int
    end: int


class Tokens(Sequence[Token]):
    """A text's tokens, kept as columns: a hundred thousand small objects would keep the garbage collector busy."""

    def __init__(self, words: list[str], starts: array[int], ends: array[int]) -> None:
        self.words = words
        self.starts = starts
        self.ends = ends

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, at: int) -> Token:  # type: ignore[override]  # one at a time: nobody slices
        return Token(self.words[at], self.starts[at], self.ends[at])


class Welsh(Language):  # type: ignore[misc]  # spaCy has no types for subclasses
    """spaCy brings no Welsh: a language of its own, for `spacy.blank("cy")`."""

    lang = "cy"


def register_welsh() -> None:
    """Make `spacy.blank("cy")` known to spaCy. May be called more than once."""
    if "cy" not in registry.languages:
        registry.languages.register("cy", func=Welsh)


@lru_cache(maxsize=4)
def split(text: str) -> Tokens:
    """The words and marks of a text. Several readers ask for the same text's, one after the other."""
    tokens = Tokens([], array("q"), array("q"))
    for match in _TOKEN.finditer(text):
        tokens.words.append(plain(match[0])[:LONGEST_WORD])
        tokens.starts.append(match.start())
        tokens.ends.append(match.end())
    return tokens


def plain(word: str) -> str:
    """A word as patterns spell it: small letters, without apostrophes and hyphens (a lone mark stays)."""
    return word.casefold().translate(_APOSTROPHES) or word


def ends_sentence(word: str) -> bool:
    """Whether a token is a full stop or the like."""
    return word[0] in STOPS


class KnownWords:
    """Makes spaCy documents in which only the words of the patterns stand out."""

    def __init__(self, nlp: Language, words: Iterable[str]) -> None:
        self._vocab = nlp.vocab
        self._known = frozenset(words)

    def doc(self, tokens: Tokens) -> Doc:
        """The document of some tokens, one for one."""
        return Doc(self._vocab, words=[self.spelling(word) for word in tokens.words])

    def spelling(self, word: str) -> str:
        """A word as the patterns know it ("heeeelp" is "help"), or the placeholder."""
        if word in self._known:
            return word
        if word[0] in STOPS:
            return "."
        if len(word) > 3 and _REPEATED.search(word):
            for shorter in (_REPEATED.sub(r"\1\1", word), _REPEATED.sub(r"\1", word)):
                if shorter in self._known:
                    return shorter
        return UNKNOWN
