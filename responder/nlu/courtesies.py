"""What a message says without its greeting and its thanks, by the lists in `offices/national/cues/courtesies.yml`.

>>> Courtesies(["hello", "sorry to bother you"], ["ta"]).without("Hello, sorry to bother you. My van is gone, ta!")
'My van is gone'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from responder.errors import PackError
from responder.nlu.cue_files import read_yaml

FEWEST_WORDS = 3  # what is left must be a message
LONGEST = 4_000  # characters; in a long message a greeting weighs nothing
KEYS = {"opening", "closing"}
_GAP = r"[\s,.;:!?…–-]{1,10}"


class Courtesies:
    """The lists, ready to match."""

    def __init__(self, opening: Iterable[str], closing: Iterable[str]) -> None:
        self._opening = re.compile(rf"\s*(?:{_any(opening)}){_GAP}", re.IGNORECASE)
        self._closing = re.compile(rf"{_GAP}(?:{_any(closing)})[\s,.;:!?…🙏❤-]{{0,10}}\Z", re.IGNORECASE)

    @classmethod
    def load(cls, file: Path) -> Courtesies:
        """Read the lists. Raises PackError, which names the file."""
        content = read_yaml(file)
        if not isinstance(content, dict) or set(content) != KEYS or not all(content.values()):
            raise PackError(file, None, "it needs the lists opening and closing, and no others.")
        return cls([str(one) for one in content["opening"]], [str(one) for one in content["closing"]])

    def without(self, text: str) -> str | None:
        """The text without courtesies at its ends; None where there are none, or too little is left."""
        if len(text) > LONGEST:
            return None
        core = text
        while match := self._opening.match(core):
            core = core[match.end() :]
        while match := self._closing.search(core, max(0, len(core) - 60)):
            core = core[: match.start()]
        return core if core != text and len(core.split()) >= FEWEST_WORDS else None


def _any(phrases: Iterable[str]) -> str:
    ordered = sorted({" ".join(phrase.split()) for phrase in phrases}, key=len, reverse=True)
    return "|".join(re.escape(phrase).replace(r"\ ", r"\s+").replace("'", "['’]") for phrase in ordered)
