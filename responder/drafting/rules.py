"""Phrase rules: what must never stand in a reply, as data in offices/national/checks/.

A phrase is words; `{slot}` is any member of the slot's list; `*` stands for up to three words. Case, the shape of
apostrophes and the white space between words do not matter; a phrase never reaches over the end of a sentence.

>>> text = "We will charge him."
>>> [text[a:b] for a, b in Phrases(["we will {act}"], {"act": ["arrest", "charge"]}).find(text)]
['We will charge']
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
_SENTENCE_ENDS = re.compile(r"[.!?…]\W*\s|\n")
_PLAIN = str.maketrans("’‘ʼ", "'''")
GAP_WORDS = 3


@dataclass
class _Node:
    """One step in the tree of phrases; `gap` continues after up to three words of any kind."""

    words: dict[str, _Node] = field(default_factory=dict)
    gap: _Node | None = None
    is_end: bool = False


@dataclass(frozen=True)
class _Token:
    word: str
    start: int
    end: int
    opens_sentence: bool


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _WORD.finditer(text):
        between = text[tokens[-1].end : match.start()] if tokens else ""
        ended = bool(_SENTENCE_ENDS.search(between))
        tokens.append(_Token(match.group().translate(_PLAIN).lower(), *match.span(), ended))
    return tokens


class Phrases:
    """A set of phrases, found in one pass over the words of a text. Raises KeyError on a slot that does not exist."""

    def __init__(self, phrases: Iterable[str], slots: Mapping[str, Sequence[str]] | None = None) -> None:
        self._root = _Node()
        for phrase in phrases:
            names = _SLOT.findall(phrase)
            for members in product(*((slots or {})[name] for name in names)):
                chosen = iter(members)
                self._add(_SLOT.sub(lambda _, chosen=chosen: next(chosen), phrase))  # type: ignore[misc]

    def _add(self, phrase: str) -> None:
        node = self._root
        for piece in phrase.split():
            if piece == "*":
                node.gap = node.gap or _Node()
                node = node.gap
            else:
                for token in _tokens(piece):
                    node = node.words.setdefault(token.word, _Node())
        node.is_end = node is not self._root

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where phrases stand: (start, end) in the text, the longest from each place, none inside another."""
        tokens = _tokens(text)
        place = 0
        while place < len(tokens):
            last = self._longest(tokens, place, self._root, first=True)
            if last is None:
                place += 1
            else:
                yield tokens[place].start, tokens[last].end
                place = last + 1

    def _longest(self, tokens: list[_Token], place: int, node: _Node, first: bool = False) -> int | None:
        """The place of the last word of the longest phrase that goes on here, or None."""
        best = place - 1 if node.is_end else None
        if place < len(tokens) and (first or not tokens[place].opens_sentence):
            following = node.words.get(tokens[place].word)
            if following is not None:
                found = self._longest(tokens, place + 1, following)
                best = found if found is not None else best
        if node.gap is not None:
            for skipped in range(GAP_WORDS + 1):
                if place + skipped > len(tokens) or any(t.opens_sentence for t in tokens[place : place + skipped]):
                    break
                found = self._longest(tokens, place + skipped, node.gap)
                if found is not None:
                    best = found if best is None else max(best, found)
        return best


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

    def hits(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the rule is broken: (start, end) in the text."""
        broken = [place for phrases in self.phrases for place in phrases.find(text)]
        allowed = [place for phrases in self.allow for place in phrases.find(text)] if broken else []
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
