"""The small language in which cues are written, and its reading into spaCy's token patterns.

`a|b` is either word, `<name>` a word of a named list, `word?` a word that may be missing, `...` up to three words
of the same sentence in between.

>>> pattern("hes got ... <blade>", {"blade": ["knife"]})[0]
{'ORTH': 'hes'}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from responder.nlu.tokens import plain

GAP = 3
_ANY_WORD = {"ORTH": {"NOT_IN": ["."]}, "OP": "?"}


def pattern(phrase: str, words: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """spaCy's Matcher pattern for a phrase. Raises ValueError where a list is not known or the phrase is empty."""
    parts: list[dict[str, Any]] = []
    for piece in phrase.split():
        if piece == "...":
            parts.extend([_ANY_WORD] * GAP)
            continue
        optional, piece = piece.endswith("?"), piece.rstrip("?")
        spelt = sorted({plain(word) for part in piece.split("|") for word in _alternatives(part, words)})
        part: dict[str, Any] = {"ORTH": spelt[0] if len(spelt) == 1 else {"IN": spelt}}
        parts.append(part | {"OP": "?"} if optional else part)
    if not any("OP" not in part for part in parts):
        raise ValueError(f"'{phrase}' has no word that must stand")
    return parts


def words_of(parts: Sequence[Mapping[str, Any]]) -> set[str]:
    """Every word that a pattern names."""
    found: set[str] = set()
    for part in parts:
        spelt = part["ORTH"]
        found |= {spelt} if isinstance(spelt, str) else set(spelt.get("IN", ()))
    return found


def anchor(parts: Sequence[Mapping[str, Any]], commonness: Mapping[str, int]) -> set[str]:
    """The words of the part that must stand and is rarest: without one of them the pattern cannot match."""
    must = [words_of([part]) for part in parts if "OP" not in part]
    return min(must, key=lambda words: sum(commonness.get(word, 1) for word in words))


def _alternatives(part: str, words: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if not part.startswith("<"):
        return [part]
    name = part.strip("<>")
    if name not in words:
        raise ValueError(f"the list <{name}> is not known; there is: {', '.join(sorted(words))}")
    return words[name]
