"""A keyword triage as a skilled hand sets it up in a social-media tool: the lists of `keywords.yml`, weighed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.reading import Reading

LISTS = Path(__file__).with_name("keywords.yml")
WEIGHTS = {"sure": 5, "likely": 2, "hint": 1, "not": -2}  # of each phrase found, by the list that it stands in
GAP = r"(?:\S+ ){0,3}"  # `..` in a phrase
WORDS = re.compile(r"\w+|[£%?]")


@dataclass(frozen=True)
class Lists:
    """One intent's phrases by weight; `longest`: it is not for messages of more words."""

    phrases: tuple[tuple[int, re.Pattern[str]], ...]
    longest: int | None

    def score(self, words: str) -> int:
        """The weights of all different phrases in the normalised message."""
        if self.longest is not None and words.count(" ") > self.longest:
            return 0
        return sum(weight * len(set(found.findall(words))) for weight, found in self.phrases)


@dataclass(frozen=True)
class KeywordTriage:
    """The lists in order of precedence, the score from which some raise the alarm, and other spellings of words."""

    intents: Mapping[str, Lists]
    alarms: Mapping[str, int]
    spellings: Mapping[str, str]
    nothing: tuple[str, ...]

    def read(self, text: str) -> Reading:
        """The intents with most weight, among equals the first in the file; those for no words at all come after."""
        words = _normal(text, self.spellings)
        scores = {name: lists.score(words) for name, lists in self.intents.items()}
        ranked = sorted((name for name in scores if scores[name] > 0), key=lambda name: -scores[name])
        alarm = any(scores[name] >= least for name, least in self.alarms.items())
        return Reading(tuple(dict.fromkeys((*ranked, *self.nothing)))[:3], alarm)


def load(path: Path = LISTS) -> KeywordTriage:
    """The lists of the file, ready to read."""
    file = yaml.safe_load(path.read_text(encoding="utf-8"))
    intents = {
        name: Lists(
            tuple((weight, _expression(lists[kind])) for kind, weight in WEIGHTS.items() if kind in lists),
            lists.get("longest"),
        )
        for name, lists in file["intents"].items()
    }
    return KeywordTriage(intents, file["alarms"], file["spellings"], tuple(file["nothing"]))


def _normal(text: str, spellings: Mapping[str, str]) -> str:
    """Small letters without accents, apostrophes and other marks, words between single spaces, `<` and `>` as ends."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if letter not in "'’‘`" and not unicodedata.combining(letter))
    return " ".join(("", "<", *(spellings.get(word, word) for word in WORDS.findall(plain)), ">", ""))


def _expression(phrases: str) -> re.Pattern[str]:
    """Finds any of the phrases between commas: whole words, `*` for any ending, `..` for up to three words."""
    return re.compile("|".join(_phrase(phrase) for phrase in phrases.split(",")))


def _phrase(phrase: str) -> str:
    parts = (GAP if word == ".." else re.escape(word).replace(r"\*", r"\w*") + " " for word in phrase.split())
    return "(?<= )" + "".join(parts)
