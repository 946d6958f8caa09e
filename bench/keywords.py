"""A keyword triage as a good social-media tool can be set up to do: lists of words in `keywords.yml`, counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.reading import Reading

LISTS = Path(__file__).with_name("keywords.yml")
NOTHING = "ask_question"  # where no word is found


@dataclass(frozen=True)
class KeywordTriage:
    """The lists as expressions: the danger one, and each intent's."""

    danger: re.Pattern[str]
    intents: dict[str, re.Pattern[str]]

    def read(self, text: str) -> Reading:
        """The intents by how much of their words stands in the text, and the alarm."""
        small = text.casefold().replace("’", "'")
        weights = {name: _weight(words, small) for name, words in self.intents.items()}
        ranked = sorted(weights, key=lambda name: -weights[name])
        if not weights[ranked[0]]:
            ranked.insert(0, NOTHING)
        return Reading(tuple(dict.fromkeys(ranked))[:3], bool(self.danger.search(small)))


def load(path: Path = LISTS) -> KeywordTriage:
    """The lists of the file, ready to read."""
    lists = yaml.safe_load(path.read_text(encoding="utf-8"))
    return KeywordTriage(_expression(lists["danger"]), {n: _expression(words) for n, words in lists["intents"].items()})


def _expression(phrases: list[str]) -> re.Pattern[str]:
    parts = (re.escape(str(phrase).casefold()).replace(r"\*", r"\w*") for phrase in phrases)
    return re.compile("|".join(rf"(?<!\w){part}(?!\w)" for part in parts))


def _weight(words: re.Pattern[str], text: str) -> int:
    """Each phrase once; one of several words double."""
    return sum(2 if " " in phrase else 1 for phrase in set(words.findall(text)))
