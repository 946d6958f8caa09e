"""Which stretches of a long text the encoder reads: both ends, those with a cue, those whose words sound like danger.

A text of up to 150 words is read as a whole. A longer one is cut into overlapping windows of 60 words, of which at
most twelve are read, so that a text of 100,000 characters costs no more than a long letter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from responder.nlu.head import Array
from responder.nlu.ngrams import Ngrams, words
from responder.nlu.safety_net import Hit
from responder.nlu.text import count_words, windows

WHOLE = 150
MOST = 12
MOST_WITH_CUES = 6


def stretches(text: str, hits: Sequence[Hit], ngrams: Ngrams, danger: Array) -> list[tuple[int, int]]:
    """(start, end) of the stretches to read, in the text's order.

    `danger` is one weight a column of `ngrams`: how much an n-gram speaks for danger.
    """
    if count_words(text) <= WHOLE:
        return [(0, len(text))]
    found = windows(text)
    if len(found) <= MOST:
        return found
    chosen = {0, len(found) - 1}
    alarming = [hit for hit in hits if hit.level == "alarm"] or list(hits)
    for hit in alarming[:MOST_WITH_CUES]:
        chosen.update([at for at, (start, end) in enumerate(found) if start <= hit.start and hit.end <= end][:1])
    weights: dict[str, float] = {}
    sound = [_sound(text[start:end], ngrams, danger, weights) for start, end in found]
    for at in np.argsort(sound)[::-1]:
        if len(chosen) >= MOST:
            break
        chosen.add(int(at))
    return [found[at] for at in sorted(chosen)]


def _sound(text: str, ngrams: Ngrams, danger: Array, weights: dict[str, float]) -> float:
    """How much the words of a window speak for danger: a rough, quick measure. `weights` remembers the words'."""
    found = words(text)
    for word in found:
        if word not in weights:
            weights[word] = ngrams.word_weights(word, danger)
    return sum(weights[word] for word in found) / (len(found) + 1) ** 0.5
