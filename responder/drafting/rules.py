"""Phrase rules: what must never stand in a reply, as data in offices/national/checks/.

A phrase is words; `{slot}` is any member of the slot's list, which may hold earlier slots; `*` stands for up to three
words, `<name>` for a word with a capital letter, `<number>` for digits, and `/` for the beginning or the end of a
sentence. Case, the shape of apostrophes and the white space between words do not matter; without a `/` a phrase never
reaches over the end of a sentence.

>>> text = "We will charge him."
>>> [text[a:b] for a, b in Phrases(["we will {act}"], {"act": ["arrest", "charge"]}).find(text)]
['We will charge']
>>> text = "They deal with it. Deal with it!"
>>> [a for a, b in Phrases(["/ deal with it"]).find(text)]
[19]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from responder.drafting.conditions import Vocabulary, When, read_when
from responder.drafting.reading import Section

_WORD = re.compile(r"[^\W_]+(?:['’ʼ-][^\W_]+)*")
_SLOT = re.compile(r"\{(\w+)\}")
_IS_SLOT = re.compile(r"\{\w+\}")
_SENTENCE_ENDS = re.compile(r"[.!?…]\W*\s|\n")
_PLAIN = str.maketrans("’‘ʼ", "'''")
_SIGNS = _GAP, _BOUND, _NAME, _NUMBER = "*", "/", "<name>", "<number>"
GAP_WORDS = 3


@dataclass
class _Node:
    """One step in the tree of phrases: what may follow, by word or by one of the signs above, and by slot."""

    next: dict[str, _Node] = field(default_factory=dict)
    slots: dict[str, _Node] = field(default_factory=dict)
    is_end: bool = False


@dataclass(frozen=True)
class Word:
    """One word of a text, from `start` to `end`. `fits` is what a phrase may have in its place."""

    fits: tuple[str, ...]
    start: int
    end: int
    opens_sentence: bool


def words_of(text: str) -> list[Word]:
    """The words of a text in order, as phrases are compared with them."""
    words: list[Word] = []
    for match in _WORD.finditer(text):
        opens = not words or _SENTENCE_ENDS.search(text[words[-1].end : match.start()]) is not None
        written = match.group()
        sign = (_NAME,) if written[0].isupper() else (_NUMBER,) if written.isdigit() else ()
        words.append(Word((written.translate(_PLAIN).lower(), *sign), *match.span(), opens))
    return words


class Phrases:
    """A set of phrases, found in one pass over the words of a text. Raises KeyError on a slot that does not exist."""

    def __init__(self, phrases: Iterable[str], slots: Mapping[str, Sequence[str]] | None = None) -> None:
        known: dict[str, Sequence[str]] = {}
        self._slots: dict[str, _Node] = {}
        for name, members in (slots or {}).items():
            self._slots[name] = _tree(members, known)
            known[name] = members
        self._root = _tree(phrases, known)

    def find(self, text: str | Sequence[Word], overlapping: bool = False) -> Iterator[tuple[int, int]]:
        """Where phrases stand: (start, end) in the text, the longest from each place; `overlapping`: from every place,
        else none begins inside another. The text may be given as its words.
        """
        words = words_of(text) if isinstance(text, str) else text
        place = 0
        while place < len(words):
            after = max(self._places_after(words, place, self._root, first=True), default=place)
            if after > place:
                yield words[place].start, words[after - 1].end
            place = place + 1 if overlapping else max(after, place + 1)

    def _places_after(self, words: Sequence[Word], place: int, node: _Node, first: bool = False) -> Iterator[int]:
        """Behind which words of the text a phrase can end that goes on from this node, here; `first`: with any word."""
        if node.is_end:
            yield place
        bound = place == len(words) or words[place].opens_sentence
        if bound and _BOUND in node.next:
            yield from self._places_after(words, place, node.next[_BOUND], first=True)
        if place < len(words) and (first or not bound):
            for fit in words[place].fits:
                if fit in node.next:
                    yield from self._places_after(words, place + 1, node.next[fit])
        for name, following in node.slots.items():
            for after in self._places_after(words, place, self._slots[name], first):
                yield from self._places_after(words, after, following)
        if _GAP in node.next:
            for skipped in range(GAP_WORDS + 1):
                between = words[place + first : place + skipped]
                if place + skipped > len(words) or any(word.opens_sentence for word in between):
                    break
                yield from self._places_after(words, place + skipped, node.next[_GAP], first and not skipped)


def _tree(phrases: Iterable[str], slots: Mapping[str, Sequence[str]]) -> _Node:
    """The tree of some phrases; a slot beside other letters (`{act}ing`) is written out. Raises KeyError."""
    root = _Node()
    for phrase in phrases:
        glued = [name for piece in phrase.split() if not _IS_SLOT.fullmatch(piece) for name in _SLOT.findall(piece)]
        for members in product(*(slots[name] for name in glued)):
            chosen = iter(members)
            pieces = [
                piece if _IS_SLOT.fullmatch(piece) else _SLOT.sub(lambda _, chosen=chosen: next(chosen), piece)  # type: ignore[misc]
                for piece in phrase.split()
            ]
            _add(root, " ".join(pieces).split(), slots)
    return root


def _add(root: _Node, pieces: list[str], slots: Mapping[str, Sequence[str]]) -> None:
    node = root
    for piece in pieces:
        if _IS_SLOT.fullmatch(piece):
            name = piece[1:-1]
            if not slots[name]:
                return
            node = node.slots.setdefault(name, _Node())
            continue
        for step in [piece] if piece in _SIGNS else [word.fits[0] for word in words_of(piece)]:
            node = node.next.setdefault(step, _Node())
    node.is_end = node is not root


@dataclass(frozen=True)
class Rule:
    """One thing that must not stand in a reply, with why and how to mend it."""

    code: str
    title: str
    level: str
    why: str
    mend: str
    clause: str
    when: When
    phrases: tuple[Phrases, ...]
    allow: tuple[Phrases, ...] = ()
    file: str = ""

    def hits(self, text: str | Sequence[Word]) -> Iterator[tuple[int, int]]:
        """Where the rule is broken: (start, end) in the text, which may be given as its words."""
        words = words_of(text) if isinstance(text, str) else text
        broken = [place for phrases in self.phrases for place in phrases.find(words)]
        allowed = [place for phrases in self.allow for place in phrases.find(words, overlapping=True)] if broken else []
        for start, end in broken:
            if not any(first <= start and end <= last for first, last in allowed):
                yield start, end


def read_rule(section: Section, code: str, words: Vocabulary) -> Rule:
    """One file of offices/national/checks/."""
    if section.text("code") != code:
        raise section.fault("code", f"“code” is “{section.text('code')}”; the file's name, “{code}”, is allowed")
    slots_by_language: dict[str, dict[str, list[str]]] = {language: {} for language in words.languages}
    slots: Section | None = section.section("slots", None)
    for name in slots.names() if slots else ():
        assert slots is not None
        entry: Section = slots.section(name)
        for language in words.languages:
            slots_by_language[language][name] = list(entry.texts(language))
        entry.finish()

    def phrases(key: str, required: bool) -> tuple[Phrases, ...]:
        entry: Section | None = section.section(key) if required else section.section(key, None)
        if entry is None:
            return ()
        found = []
        for language in words.languages:
            try:
                found.append(Phrases(entry.texts(language), slots_by_language[language]))
            except KeyError as slot:
                there_is = ", ".join(slots_by_language[language]) or "none"
                raise entry.fault(language, f"uses the slot {slot}; there is: {there_is}") from None
        entry.finish()
        return tuple(found)

    rule = Rule(
        code=code,
        title=section.text("title"),
        level=section.choice("level", ("blocking", "advice"), "blocking"),
        why=section.text("why"),
        mend=section.text("mend"),
        clause=section.text("clause"),
        when=read_when(section, words),
        phrases=phrases("phrases", True),
        allow=phrases("allow", False),
        file=section.file,
    )
    section.finish()
    return rule
