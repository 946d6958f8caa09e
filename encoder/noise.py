"""Texts as hurried thumbs write them: what the fine-tuning sees now and then in the place of a message.

A message must mean the same without its capitals and marks, with a slip in a word, with two words run together.

>>> noisy("Someone's in my house. Please come", np.random.default_rng(3))
'someones in my house please coem'
"""

from __future__ import annotations

import re

import numpy as np

MARKS = re.compile(r"[.,;:!?'’\"()-]+")
SLIPS_PER_WORD = 0.06
SHORTEST_SLIPPED = 4


def noisy(text: str, draw: np.random.Generator) -> str:
    """The text with slips, and perhaps without marks. Never empty where the text is not."""
    if draw.random() < 0.6:
        text = MARKS.sub("", text) or text
    words = text.lower().split(" ")
    for at in np.flatnonzero(draw.random(len(words)) < SLIPS_PER_WORD):
        words[at] = _slip(words[at], draw)
    if len(words) > 3 and draw.random() < 0.2:
        at = int(draw.integers(len(words) - 1))
        words[at : at + 2] = [words[at] + words[at + 1]]
    return " ".join(words)


def _slip(word: str, draw: np.random.Generator) -> str:
    """Two letters changed about, one left out, or one twice."""
    if len(word) < SHORTEST_SLIPPED:
        return word
    at = int(draw.integers(1, len(word) - 1))
    kind = draw.integers(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if kind == 1 else word[:at] + word[at] + word[at:]
