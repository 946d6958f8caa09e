"""Messages that are nearly the same, found without comparing every one with every other.

Two texts are alike where four fifths of all that stands in either, words or letters, stands in both. Such a pair must
share one of the rarer fifth of its pieces (prefix filtering: Chaudhuri, Ganti and Kaushik 2006), so only those are
looked up.

>>> list(pairs(["My bike was stolen from the shed", "my bike was stolen from the shed!!", "Who do I ring?"]))
[(0, 1)]
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

ALIKE = 0.8
BARE = 3  # messages of up to so many words (a greeting, "thanks") may come twice
LETTERS = 4


def normal(text: str) -> str:
    """The words of a text in small letters, without marks; a text without words as it stands."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())) or text.strip()


def words(text: str) -> set[str]:
    """The different words of a normal text."""
    return set(text.split())


def letters(text: str) -> set[str]:
    """The different sequences of letters of a normal text."""
    return {f" {text} "[at : at + LETTERS] for at in range(len(text))}


def pairs(texts: Sequence[str], others: Sequence[str] | None = None) -> Iterator[tuple[int, int]]:
    """Places of texts that are alike: (earlier, later) within `texts`, or (text, other) with `others`. Each pair once.

    Messages of at most BARE words count only where they are the same, word for word.
    """
    left = [normal(text) for text in texts]
    right = left if others is None else [normal(text) for text in others]
    found = {
        pair
        for pieces in (words, letters)
        for pair in _alike(left, right, pieces, within=others is None)
        if len(left[pair[0]].split()) > BARE or left[pair[0]] == right[pair[1]]
    }
    yield from sorted(found)


def _alike(
    left: Sequence[str], right: Sequence[str], pieces: Callable[[str], set[str]], within: bool
) -> Iterator[tuple[int, int]]:
    of_left = [pieces(text) for text in left]
    of_right = of_left if within else [pieces(text) for text in right]
    counts = Counter(piece for one in [*of_left, *([] if within else of_right)] for piece in one)

    def rarest(one: set[str]) -> list[str]:
        ordered = sorted(one, key=lambda piece: (counts[piece], piece))
        return ordered[: len(one) - math.ceil(ALIKE * len(one)) + 1]

    held: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(of_right):
        for piece in rarest(one):
            held[piece].append(at)
    for at, one in enumerate(of_left):
        for other in {other for piece in rarest(one) for other in held[piece]}:
            if within and other <= at:
                continue
            shared = len(one & of_right[other])
            if shared >= ALIKE * (len(one) + len(of_right[other]) - shared):
                yield at, other
