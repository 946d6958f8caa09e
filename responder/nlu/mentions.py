"""The subjects that a text speaks of (fraud, domestic abuse, …), by the words of `offices/national/mentions.yml`.

>>> MentionFinder({"fraud": ["scam"]}).find("It was a SCAM.")
['fraud']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import spacy
from spacy.matcher import PhraseMatcher

from responder.errors import PackError
from responder.nlu.cue_files import read_yaml
from responder.nlu.tokens import KnownWords, split


class MentionFinder:
    """Matches whole words, whatever their case and apostrophes, in both languages at once."""

    def __init__(self, subjects: Mapping[str, Sequence[str]]) -> None:
        nlp = spacy.blank("en")
        phrases = {name: [split(phrase) for phrase in found] for name, found in subjects.items()}
        self._known = KnownWords(
            nlp, {token.word for found in phrases.values() for tokens in found for token in tokens}
        )
        self._matcher = PhraseMatcher(nlp.vocab)
        for name, found in phrases.items():
            self._matcher.add(name, [self._known.doc(tokens) for tokens in found if tokens])
        self._strings = nlp.vocab.strings

    @classmethod
    def load(cls, file: Path) -> MentionFinder:
        """Read the file: subject → language → words. Raises PackError."""
        content = read_yaml(file)
        if not isinstance(content, dict) or not all(isinstance(found, dict) for found in content.values()):
            raise PackError(file, None, "each subject needs its words by language, as in `fraud: {en: [scam]}`.")
        return cls({name: [str(w) for words in found.values() for w in words or ()] for name, found in content.items()})

    def find(self, text: str) -> list[str]:
        """The subjects of a cleaned text, each once, in the order in which they come up."""
        matches = sorted(self._matcher(self._known.doc(split(text))), key=lambda match: match[1])
        return list(dict.fromkeys(self._strings[name] for name, _, _ in matches))
