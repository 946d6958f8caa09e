"""Flags: what staff should see in a message before they answer it, each with where and why.

Personal data, swearing, links and names are found by shape and list; open cases, vulnerable people, party politics
and accusations by the phrases of `offices/national/cues/flags-*.yml`. An accusation counts only beside a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from responder.drafting.model import FLAGS, Flag
from responder.drafting.personal_data import find_personal_data
from responder.errors import PackError
from responder.nlu.cue_files import read_flag_file
from responder.nlu.matching import Matching
from responder.nlu.people import People
from responder.nlu.swearing import Swearing
from responder.nlu.tokens import split

MOST_LINKS = 50
LOOKED_AT = 20_000  # characters in which people and phrases are looked for; personal data, links and swearing: in all
BESIDE = 120  # characters between an accusation and the person
_ENDS = (
    "example|com|co\\.uk|org|uk|net|info|io|ly|me|tv|wales|cymru|xyz|shop|biz|app|online|site|top|link|be|gg|club|store"
)
_LINK = re.compile(
    r"(?<![\w@./-])(?:(?:https?://|www\.)[^\s<>\"]{2,400}"
    rf"|[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}}){{0,4}}\.(?:{_ENDS})(?![\w.@-])(?:/[^\s<>\"]{{0,300}})?)",
    re.IGNORECASE,
)


class FlagFinder:
    """All flags of a text."""

    def __init__(self, phrases: Matching, reasons: dict[str, str], people: People, swearing: Swearing) -> None:
        self._phrases = phrases
        self._reasons = reasons
        self._people = people
        self._swearing = swearing

    @classmethod
    def load(cls, folder: Path) -> FlagFinder:
        """Read the flag files of the folder. Raises PackError, which names the file."""
        reasons: dict[str, str] = {}
        patterns = []
        for file in sorted(folder.glob("flags-*.yml")):
            for name, reason, phrases in read_flag_file(file, FLAGS):
                if name in reasons:
                    raise PackError(file, None, f"'{name}' is there twice.")
                reasons[name] = reason
                patterns += [(name, phrase) for phrase in phrases]
        if not patterns:
            raise PackError(folder, None, "there is no flags-*.yml with phrases.")
        people, swearing = People.load(folder / "people.yml"), Swearing.load(folder / "profanity.yml")
        return cls(Matching(patterns), reasons, people, swearing)

    def find(self, text: str) -> list[Flag]:
        """The flags of a cleaned text, in its order; offsets count its characters."""
        start_of_text = text[:LOOKED_AT]
        people = self._people.find(start_of_text)
        flags = [*find_personal_data(text), *people, *self._links(text)]
        flags += [Flag("profanity", None, start, end, "swearing") for start, end in self._swearing.find(text)]
        flags += self._told(start_of_text, people)
        return sorted(flags, key=lambda flag: (flag.start or 0, flag.end or 0, flag.name))

    def _links(self, text: str) -> Iterator[Flag]:
        for number, match in enumerate(_LINK.finditer(text)):
            if number == MOST_LINKS:
                return
            end = match.start() + len(match[0].rstrip(".,!?;:)'\""))
            yield Flag("link", None, match.start(), end, "a web address")

    def _told(self, text: str, people: Sequence[Flag]) -> list[Flag]:
        """What the phrases tell, each kind once, at its first place."""
        tokens = split(text)
        found: dict[str, Flag] = {}
        for name, first, last in self._phrases.find(tokens):
            start, end = tokens[first].start, tokens[last - 1].end
            if name in found or (name.startswith("defamation_risk") and not _beside(start, end, people)):
                continue
            flag, _, kind = name.partition("/")
            found[name] = Flag(flag, kind or None, start, end, self._reasons[name])
        return list(found.values())


def _beside(start: int, end: int, people: Sequence[Flag]) -> bool:
    """Whether a person is named near by."""
    return any(
        (person.start or 0) - end < BESIDE and start - (person.end or 0) < BESIDE
        for person in people
        if person.kind != "handle"
    )
