"""Cleaning a text for reading, with the way back: every character knows where it stood in the original.

Removed: lone surrogates, NUL and other control characters, zero-width and direction marks, piled-up accents, a
leading "/" (Rasa would take it for a command). Changed: line breaks and odd spaces to one space, compatibility
forms (full-width, styled letters) to plain ones, Cyrillic and Greek letters that pose as Latin ones inside a
Latin word. Nothing here imports Rasa or spaCy, and no text makes it raise.

>>> clean("/ca\\u200bll  me").text
'call me'
>>> clean("/ca\\u200bll  me").span(0, 4)
(1, 6)
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass, field

LONGEST = 200_000  # characters; a longer text is not read but handed to a person
LONGEST_FORM = 4  # a plain form of more characters than this is not taken
MARKS_KEPT = 2  # accents on one letter; Welsh and Vietnamese need no more
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LETTER = re.compile(r"[^\W\d_]")
LONGEST_PLACEHOLDER = 200
_MEDIA = "image|photo|picture|video|voice message|voice note|audio|sticker|gif|attachment|file|media"
_PLACEHOLDER = re.compile(
    rf"[\[<(](?:{_MEDIA})\b[^\]>)]{{0,100}}[\]>)]"
    rf"|^\s*(?:you |they )?(?:sent|shared) (?:a|an) (?:{_MEDIA})\.?\s*$",
    re.IGNORECASE,
)
_UNUSUAL = re.compile(r"[^\x21-\x7e ]+| {2,}")
_MIXED_WORD = re.compile(r"[^\W\d_]+")
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
_SPACES = {"Zs", "Zl", "Zp"}
_BREAKS = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85"
_POSING = str.maketrans(
    "аАеЕоОрРсСуУхХіІјЈѕЅԁһНКМТВґαΑεΕοΟρΡνΝτΤιΙκΚΒΗΜΖΧΥυ",
    "aAeEoOpPcCyYxXiIjJsSdhHKMTBraAeEoOpPvNtTiIkKBHMZXYu",
)
_POSING_LETTER = re.compile("[" + "".join(map(chr, _POSING)) + "]")
_LATIN = re.compile(r"[A-Za-z]")


@dataclass(frozen=True)
class Cleaned:
    """A cleaned text. Its character i came from the original's `starts[i]` up to `stops[i]`."""

    text: str
    starts: array[int] = field(repr=False)
    stops: array[int] = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the cleaned text's `start` to `end` (at least one character) stood in the original."""
        return self.starts[start], self.stops[end - 1]


def clean(text: str) -> Cleaned:
    """The cleaned text with its offsets. Never raises; may be empty.

    Of a text that is too long, the first `LONGEST` characters and one more, so that its length still tells.
    """
    if len(text) > LONGEST:
        return _cut(text)
    out: list[str] = []
    starts, stops = array("q"), array("q")

    def put(piece: str, start: int, stop: int) -> None:
        for character in piece:
            if character.isspace():
                if not out or out[-1] == " ":
                    continue
                character = " "
            out.append(character)
            starts.append(start)
            stops.append(stop)

    at = 0
    while at < len(text) and (text[at] == "/" or text[at].isspace() or _is_dropped(text[at])):
        at += 1
    for unusual in _UNUSUAL.finditer(text, at):
        _put_plain(text, at, unusual.start(), out, starts, stops)
        for piece, start, stop in _plainer(text, unusual.start(), unusual.end()):
            if out and unicodedata.combining(piece[0]):
                _join_mark(piece, stop, out, starts, stops)
            else:
                put(piece, start, stop)
        at = unusual.end()
    _put_plain(text, at, len(text), out, starts, stops)
    while out and out[-1] == " ":
        out.pop()
        starts.pop()
        stops.pop()
    return Cleaned(_unposed("".join(out)), starts, stops)


def count_words(text: str) -> int:
    """How many words a text has; "don't" is one."""
    return sum(1 for _ in WORD.finditer(text))


def has_words(text: str) -> bool:
    """Whether a text has any letter. Numbers, marks and emoji alone are no words, nor is what a platform writes in the
    place of a picture or a voice message."""
    return _LETTER.search(_PLACEHOLDER.sub("", text) if len(text) < LONGEST_PLACEHOLDER else text) is not None


def windows(text: str, size: int = 60, step: int = 40) -> list[tuple[int, int]]:
    """Overlapping stretches of `size` words, `step` words apart, as (start, end) in characters.

    A text of at most `size` words is one stretch, the whole. The last stretch ends with the text.
    """
    found = [match.start() for match in WORD.finditer(text)]
    if len(found) <= size:
        return [(0, len(text))]
    firsts = [*range(0, len(found) - size, step), len(found) - size]
    ends = [found[first + size] if first + size < len(found) else len(text) for first in firsts]
    return [(found[first] if first else 0, end) for first, end in zip(firsts, ends)]


def _cut(text: str) -> Cleaned:
    size = LONGEST + 1
    plain = "".join(character if character.isprintable() else " " for character in text[:size])
    return Cleaned(plain.replace("/", " ", 1), array("q", range(size)), array("q", range(1, size + 1)))


def _put_plain(text: str, start: int, end: int, out: list[str], starts: array[int], stops: array[int]) -> None:
    """Copy a stretch that needs no change."""
    if start < end and text[start] == " " and (not out or out[-1] == " "):
        start += 1
    if start < end:
        out.extend(text[start:end])
        starts.extend(range(start, end))
        stops.extend(range(start + 1, end + 1))


def _plainer(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """The plain forms of the unusual characters from `start` to `end`, each with where it stood."""
    pieces: list[tuple[str, int, int]] = []
    marks = 0
    for at in range(start, end):
        character = text[at]
        if character in _BREAKS:
            pieces.append((" ", at, at + 1))
            marks = 0
        elif _is_dropped(character):
            continue
        elif unicodedata.combining(character):
            marks += 1
            if marks <= MARKS_KEPT:
                pieces.append((character, at, at + 1))
        else:
            marks = 0
            plain = " " if unicodedata.category(character) in _SPACES else unicodedata.normalize("NFKC", character)
            pieces.append((plain if 0 < len(plain) <= LONGEST_FORM else character, at, at + 1))
    return pieces


def _join_mark(mark: str, stop: int, out: list[str], starts: array[int], stops: array[int]) -> None:
    """Put an accent onto the letter before it, as one character where there is one."""
    joined = unicodedata.normalize("NFC", out[-1] + mark)
    if len(joined) == 1:
        out[-1] = joined
        stops[-1] = stop
    else:
        out.append(mark)
        starts.append(stop - 1)
        stops.append(stop)


def _is_dropped(character: str) -> bool:
    return character not in _BREAKS and not " " <= character <= "~" and unicodedata.category(character) in _DROPPED


def _unposed(text: str) -> str:
    """Letters of another alphabet inside a Latin word, as the Latin letters that they pose as."""
    if _POSING_LETTER.search(text) is None:
        return text
    return _MIXED_WORD.sub(
        lambda word: word[0].translate(_POSING) if _LATIN.search(word[0]) else word[0],
        text,
    )
