"""Phrases over words, by spaCy's Matcher, at a cost that hardly grows with the number of phrases.

Each phrase waits under the rarest word that it must have (its anchor); only around such a word, and only with the
phrases that wait there, is the Matcher asked. A long text with very many anchors is looked at in samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import spacy
from spacy.matcher import Matcher

from responder.nlu.language import ENGLISH, WELSH
from responder.nlu.phrases import anchor, words_of
from responder.nlu.tokens import KnownWords, Tokens, register_welsh

COMMON = 100
MOST_PLACES = 3_000  # anchors looked at in one text
LONG = 200  # anchors from which equal surroundings are looked at once

Pattern = list[dict[str, Any]]


class Matching:
    """Named patterns (see `phrases`), ready to find."""

    def __init__(self, patterns: Sequence[tuple[str, Pattern]]) -> None:
        commonness = dict.fromkeys(ENGLISH | WELSH, COMMON)
        waiting: dict[str, list[tuple[str, Pattern]]] = defaultdict(list)
        for name, parts in patterns:
            for word in anchor(parts, commonness):
                waiting[word].append((name, parts))
        register_welsh()
        nlp = spacy.blank("en")  # one vocabulary for the words of both languages
        self._known = KnownWords(nlp, {word for _, parts in patterns for word in words_of(parts)})
        self._matchers = {word: _matcher(nlp, found) for word, found in waiting.items()}

    def find(self, tokens: Tokens) -> list[tuple[str, int, int]]:
        """Every match as (name, first token, token after), in the text's order."""
        doc = self._known.doc(tokens)
        spelt = [token.text for token in doc]
        places = [at for at, word in enumerate(spelt) if word in self._matchers]
        strings = doc.vocab.strings
        found: set[tuple[str, int, int]] = set()
        seen: set[tuple[str, ...]] = set()
        for at in _thinned(places):
            matcher, reach = self._matchers[spelt[at]]
            low, high = max(0, at - reach), min(len(spelt), at + reach + 1)
            if len(places) > LONG:
                surroundings = (spelt[at], *spelt[low:high])
                if surroundings in seen:
                    continue
                seen.add(surroundings)
            found.update((strings[name], low + first, low + last) for name, first, last in matcher(doc[low:high]))
        return sorted(found, key=lambda match: (match[1], match[2], match[0]))


def _matcher(nlp: spacy.language.Language, waiting: list[tuple[str, Pattern]]) -> tuple[Matcher, int]:
    matcher = Matcher(nlp.vocab)
    grouped: dict[str, list[Pattern]] = defaultdict(list)
    for name, parts in waiting:
        grouped[name].append(parts)
    for name, patterns in grouped.items():
        matcher.add(name, patterns)
    return matcher, max(len(parts) for _, parts in waiting)


def _thinned(places: list[int]) -> list[int]:
    """At most MOST_PLACES of them: all at either end, every so many in between."""
    if len(places) <= MOST_PLACES:
        return places
    third = MOST_PLACES // 3
    middle = places[third:-third]
    return places[:third] + middle[:: len(middle) // third + 1] + places[-third:]
