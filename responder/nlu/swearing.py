"""Swearing, plain or masked (f**k, sh!te), by the list in `offices/national/cues/profanity.yml`.

>>> Swearing(stems=["fuck"], words=[], emoji=[], clean=[]).find("F**k off")
[(0, 4)]
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from responder.errors import PackError
from responder.nlu.cue_files import read_yaml
from responder.nlu.tokens import split

ENDINGS = (
    "",
    "s",
    "y",
    "ing",
    "in",
    "ed",
    "er",
    "ers",
    "head",
    "heads",
    "up",
    "ty",
    "face",
    "wit",
    "house",
    "show",
    "take",
    "womble",
    "ry",
    "n",
    "kin",
    "a",
    "ies",
    "es",
)
KEYS = {"stems", "words", "emoji", "clean"}
_MASKED = re.compile(r"(?<![\w*])[A-Za-z][A-Za-z*#@$!%&0134-]{1,15}(?<![0-9-])(?![\w*])")
_MASK = re.compile(r"[*#@$!%&0134-]")
_APOSTROPHE = re.compile(r"['’]")
_REPEATED = re.compile(r"(.)\1{2,}")


class Swearing:
    """Finds swearing; a word on the list of clean look-alikes is never taken."""

    def __init__(self, stems: Iterable[str], words: Iterable[str], emoji: Iterable[str], clean: Iterable[str]) -> None:
        clean = list(clean)
        single = {word for word in words if " " not in word} | {stem + end for stem in stems for end in ENDINGS}
        self._words = single - set(clean)
        self._emoji = tuple(emoji)
        phrases = [re.escape(word) for word in [*words, *stems] if " " in word]
        self._phrases = re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE) if phrases else None
        harmless = [re.escape(word) for word in clean if " " in word]
        self._harmless = re.compile(rf"\b(?:{'|'.join(harmless)})\b", re.IGNORECASE) if harmless else None
        self._by_length: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in self._words:
            self._by_length[word[:1], len(word)].append(word)

    @classmethod
    def load(cls, file: Path) -> Swearing:
        """Read the list. Raises PackError."""
        content = read_yaml(file)
        if not isinstance(content, dict) or set(content) != KEYS:
            raise PackError(file, None, f"it needs the lists {', '.join(sorted(KEYS))}, and no others.")
        return cls(**{name: [str(word) for word in found] for name, found in content.items()})

    def find(self, text: str) -> list[tuple[int, int]]:
        """(start, end) of each in a cleaned text."""
        tokens = split(text)
        found = {
            (tokens.starts[at], tokens.ends[at])
            for at, word in enumerate(tokens.words)
            if self._is_listed(word) and not _APOSTROPHE.search(text, tokens.starts[at], tokens.ends[at])
        }
        found |= {match.span() for match in _MASKED.finditer(text) if self._is_masked(match[0].lower())}
        if self._phrases:
            found |= {match.span() for match in self._phrases.finditer(text)}
        for sign in self._emoji:
            found |= {(match.start(), match.end()) for match in re.finditer(re.escape(sign), text)}
        kept = [match.span() for match in self._harmless.finditer(text)] if self._harmless and found else []
        return sorted(span for span in found if not any(start <= span[0] < end for start, end in kept))

    def _is_listed(self, word: str) -> bool:
        if not word.isascii():
            word = "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))
        return word in self._words or (len(word) > 3 and _REPEATED.sub(r"\1", word) in self._words)

    def _is_masked(self, word: str) -> bool:
        """Whether a word with signs for letters can only be a listed one: the letters that show are half or more,
        or the mask is of stars alone."""
        shown = _MASK.sub("", word)
        if len(shown) == len(word) or len(word) < 3 or not shown:
            return False
        if len(shown) * 2 < len(word) and set(word) - set(shown) != {"*"}:
            return False
        return any(
            all(_MASK.match(sign) or sign == letter for sign, letter in zip(word, listed))
            for listed in self._by_length.get((word[0], len(word)), ())
        )
