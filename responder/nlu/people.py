"""People whom a text points at: collar numbers, rank or title with a name, first name with surname, handles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from responder.drafting.model import Flag
from responder.errors import PackError
from responder.nlu.cue_files import read_yaml
from responder.nlu.language import ENGLISH, WELSH
from responder.nlu.tokens import Token, split

KEYS = {"ranks", "titles", "first_names"}
MOST = 50
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z0-9_.]{2,30}")
_COLLAR = re.compile(r"\d{2,6}\Z")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOT_SURNAMES = _words(
    """street road avenue lane park hill court house hall school college station church castle bridge square market
    hospital centre center police council commissioner north south east west town city monday tuesday wednesday
    thursday friday saturday sunday january february march april may june july august september october november
    december road's i i'm i've"""
)


class People:
    """Finds who is named or pointed out."""

    def __init__(self, ranks: Iterable[str], titles: Iterable[str], first_names: Iterable[str]) -> None:
        self._ranks = frozenset(ranks)
        self._titles = frozenset(titles)
        self._first_names = frozenset(first_names)
        self._pointers = self._ranks | self._titles | self._first_names

    @classmethod
    def load(cls, file: Path) -> People:
        """Read the lists. Raises PackError."""
        content = read_yaml(file)
        if not isinstance(content, dict) or set(content) != KEYS:
            raise PackError(file, None, f"it needs the lists {', '.join(sorted(KEYS))}, and no others.")
        return cls(**{name: [str(word) for word in found] for name, found in content.items()})

    def find(self, text: str) -> list[Flag]:
        """A flag each, at most fifty."""
        flags = []
        for kind, reason, start, end in self._all(text):
            if len(flags) == MOST:
                break
            flags.append(Flag("identifies_person", kind, start, end, reason))
        return flags

    def _all(self, text: str) -> Iterator[tuple[str, str, int, int]]:
        for handle in _HANDLE.finditer(text):
            yield "handle", "an account's name", handle.start(), handle.end()
        tokens = split(text)
        for at, word in enumerate(tokens.words):
            if word not in self._pointers:
                continue
            token = tokens[at]
            after = [tokens[next_at] for next_at in range(at + 1, min(at + 4, len(tokens)))]
            following = [one for one in after if one.word != "."][:2]
            if not following:
                continue
            if token.word in self._ranks and (end := self._officer(text, following)):
                yield "officer", "an officer, by name or number", token.start, end
            elif token.word in self._titles and self._is_name(text, following[0]):
                yield "name", "a person's name", token.start, following[0].end
            elif (
                token.word in self._first_names and text[token.start].isupper() and following[0] is after[0]
                and self._is_surname(text, following[0])
            ):  # fmt: skip
                yield "name", "a person's name", token.start, following[0].end

    def _officer(self, text: str, following: Sequence[Token]) -> int | None:
        """Where an officer's number or name ends, or None."""
        for token in following:
            if _COLLAR.match(token.word):
                return token.end
        return following[0].end if self._is_name(text, following[0]) else None

    def _is_name(self, text: str, token: Token) -> bool:
        return token.word.isalpha() and text[token.start].isupper() and token.word not in ENGLISH | WELSH

    def _is_surname(self, text: str, token: Token) -> bool:
        shouted = text[token.start : token.end].isupper()
        return self._is_name(text, token) and len(token.word) > 2 and not shouted and token.word not in _NOT_SURNAMES
