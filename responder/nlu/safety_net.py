"""The safety net: danger told in words that a person wrote down, over the whole text, in both languages.

It can only raise what the classifier says. Every cue is a line of `offices/national/cues/danger-*.yml`; what calms a
cue (the past, denial, supposing, figures of speech) is in `contexts.yml`. A cue that a context calms is dropped, or
kept as possible where it is lasting (self-harm).

>>> net = SafetyNet.load(Path("offices/national/cues"))          # doctest: +SKIP
>>> net.find("a man with a knife is in the shop")[0].reason      # doctest: +SKIP
'says someone is armed, now'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from responder.errors import PackError
from responder.nlu.cue_files import compiled, read_cue_file
from responder.nlu.matching import Matching, Pattern
from responder.nlu.tokens import Token, ends_sentence, split

LEVELS: tuple[str, ...] = ("none", "possible", "alarm")
NEAR = 10  # tokens either side in which a context counts, within the sentence
BEFORE = 4  # tokens before a cue in which a denial counts
CONTEXTS = ("past", "recent", "negated", "supposed", "figure")


@dataclass(frozen=True)
class Cue:
    """One kind of danger that the files describe. `level` is possible or alarm."""

    id: str
    level: str
    reason: str
    lasting: bool = False


@dataclass(frozen=True)
class Hit:
    """A cue found: its level after the context was weighed, and where (characters of the text)."""

    cue: str
    level: str
    reason: str
    start: int
    end: int


class SafetyNet:
    """All cues of the files, ready to match."""

    def __init__(self, cues: Mapping[str, Cue], patterns: Sequence[tuple[str, Pattern]]) -> None:
        self._cues = dict(cues)
        self._matching = Matching(patterns)

    @classmethod
    def load(cls, folder: Path) -> SafetyNet:
        """Read every danger file of the folder, and the contexts. Raises PackError, which names the file."""
        cues: dict[str, Cue] = {}
        patterns: list[tuple[str, Pattern]] = []
        files = sorted(folder.glob("danger-*.yml"))
        if not files:
            raise PackError(folder, None, "there is no danger-*.yml, and without one no danger is told by its words.")
        for file in files:
            words, entries = read_cue_file(file)
            for entry in entries:
                if entry["id"] in cues:
                    raise PackError(file, None, f"the cue '{entry['id']}' is there twice.")
                cues[entry["id"]] = Cue(entry["id"], entry["level"], entry["reason"], entry.get("lasting", False))
                patterns += compiled(file, entry["id"], entry["say"], words)
        contexts = folder / "contexts.yml"
        for entry in read_cue_file(contexts)[1]:
            if entry["id"] not in CONTEXTS:
                raise PackError(contexts, None, f"'{entry['id']}' is no context; there is: {', '.join(CONTEXTS)}.")
            patterns += compiled(contexts, f"~{entry['id']}", entry["say"], {})
        return cls(cues, patterns)

    def find(self, text: str) -> list[Hit]:
        """Every cue in a cleaned text that its context leaves standing, in the order of the text."""
        tokens = split(text)
        found = self._matching.find(tokens)
        if not any(name[0] != "~" for name, _, _ in found):
            return []
        contexts: dict[str, list[tuple[int, int]]] = {name: [] for name in CONTEXTS}
        for name, start, end in found:
            if name[0] == "~":
                contexts[name[1:]].append((start, end))
        hits = []
        for name, start, end in found:
            if name[0] != "~":
                level = self._level(self._cues[name], start, end, tokens, contexts)
                if level:
                    cue = self._cues[name]
                    hits.append(Hit(name, level, cue.reason, tokens[start].start, tokens[end - 1].end))
        return sorted(hits, key=lambda hit: (hit.start, hit.end))

    def _level(
        self, cue: Cue, start: int, end: int, tokens: Sequence[Token], contexts: Mapping[str, list[tuple[int, int]]]
    ) -> str | None:
        """What is left of a cue's level in its sentence."""
        if any(first < end and last > start for first, last in contexts["figure"]):
            return None
        low, high = _sentence(tokens, start, end)
        near = {
            name: any(low <= first and last <= high for first, last in contexts[name])
            for name in ("past", "recent", "supposed")
        }
        denied = any(max(low, start - BEFORE) <= first and last <= start for first, last in contexts["negated"])
        calmed = near["supposed"] or denied or (near["past"] and not near["recent"])
        if calmed:
            return "possible" if cue.lasting else None
        return cue.level


def level_of(hits: Sequence[Hit]) -> str:
    """The highest level among hits: none, possible or alarm."""
    return max((hit.level for hit in hits), key=LEVELS.index, default="none")


def _sentence(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int]:
    """The tokens around a match that belong to its sentence, at most NEAR on either side."""
    low = start
    while low > 0 and start - low < NEAR and not ends_sentence(tokens[low - 1].word):
        low -= 1
    high = end
    while high < len(tokens) and high - end < NEAR and not ends_sentence(tokens[high].word):
        high += 1
    return low, high
