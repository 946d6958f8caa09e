"""Whether words stand in a reply, and are meant: what "not" stands before is not said (practice/negations.yml).

>>> stands("ring 999", folded("Please ring  999 now."))
True
>>> stands("ring 999", folded("You don't need to ring 999 for this."))
False
>>> slips("share the clip", folded("Please don't share the clip.")), slips("charged", folded("He wasn't charged."))
(False, True)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from responder.drafting.reading import read
from responder.engine.places import ROOT
from responder.practice.scenarios import GAP

FILE = ROOT / "practice" / "negations.yml"
_GAP = r"\b[^.!?]{0,60}?\b"  # what `…` stands for


@dataclass(frozen=True)
class _Turns:
    """What turns words round at the end of the text before them: words that earn a point, and those that must never
    stand; `contact` is a whole stretch that names a contact not to be used.
    """

    earning: re.Pattern[str]
    forbidden: re.Pattern[str]
    contact: re.Pattern[str]


def folded(text: str) -> str:
    """A text as it is compared: no case, no accents' forms, straight quotes, single spaces."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    return re.sub(r"\s+", " ", text).strip()


def stands(words: str, said: str) -> bool:
    """Whether a folded text says words that earn a point: as whole words, and nothing turns them round there; `…` in
    them is up to 60 characters of a sentence.
    """
    return any(not _turns().earning.search(said[: one.start()]) for one in _pattern(words).finditer(said))


def slips(words: str, said: str) -> bool:
    """Whether words that must never stand do in a folded text, other than as something that one is asked not to do."""
    return slipped(words, said) is not None


def slipped(words: str, said: str) -> str | None:
    """The stretch of a folded text in which words that must never stand first do (see `slips`); None where none does.

    >>> slipped("looking into … for you", folded("We're Looking into all of it for you."))
    'looking into all of it for you'
    """
    found = (one for one in _pattern(words).finditer(said) if not _turns().forbidden.search(said[: one.start()]))
    return next((one.group() for one in found), None)


def as_written(stretch: str, text: str) -> str:
    """A stretch of a folded text as it stands in the text itself; the stretch where it can't be found there.

    >>> as_written("we'll look", "No doubt We’ll  look.")
    'We’ll look'
    """
    words = (re.escape(word).replace("'", "['’‘]") for word in stretch.split())
    found = re.search(r"\s+".join(words), text, re.IGNORECASE)
    return " ".join(found.group().split()) if found else stretch


def without(allowed: Iterable[str], said: str) -> str:
    """A folded text in which the words that may stand are blotted out."""
    for words in allowed:
        said = _pattern(words).sub(lambda match: "!" * len(match.group()), said)
    return said


def contacts_meant(said: str) -> str:
    """A folded text without the contacts that one is told not to use."""
    return _turns().contact.sub("!", said)


@lru_cache(maxsize=20_000)
def _pattern(words: str) -> re.Pattern[str]:
    parts = [re.escape(folded(part)) for part in re.split(GAP, words)]
    return re.compile(rf"(?<!\w){_GAP.join(parts)}(?!\w)")


@lru_cache
def _turns() -> _Turns:
    section = read(FILE, FILE.parent)
    turns, asks_not, asks_after, between, verbs = (
        _any_of(section.texts(name)) for name in ("turns", "asks_not", "asks_after", "between", "verbs")
    )
    most = section.number("most_between")
    section.finish()
    asked = rf"(?:^|[^\w ] |\b{asks_after} ){asks_not}"
    return _Turns(
        earning=re.compile(rf"{turns}(?: {between}){{0,{most}}} $"),
        forbidden=re.compile(rf"{asked}(?: {between}){{0,{most}}} $"),
        contact=re.compile(rf"{turns}(?: (?:{between}|{verbs})){{0,{most}}} (?:[+(]?\d[\d ()]*\d|\S*[.@]\S*\w)"),
    )


def _any_of(words: Iterable[str]) -> str:
    """Any of these as whole words; one that begins with an apostrophe's letter (n't) ends a word."""
    ends = (re.escape(one) if "'" in one[:2] else rf"\b{re.escape(one)}" for one in map(folded, words))
    return rf"(?:{'|'.join(ends)})\b"
