"""How a reply differs from its draft: as figures that hold none of the words, and word by word for those who may read.

>>> changes("Ring 101. Thank you.", "Ring 101. Bye.", [{"text": "Thank you.", "clauses": ["office/9"]}])["parts"]
[{'clauses': ['office/9'], 'fate': 'removed', 'digest': '8569efc4ed5a6273'}]
>>> difference("Ring 101 now.", "Ring 999 now.")
[('kept', 'Ring '), ('removed', '101 '), ('added', '999 '), ('kept', 'now.')]
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

KEPT, CHANGED, REMOVED, ADDED = "kept", "changed", "removed", "added"
MOST_PAIRS = 60_000  # pairs of equal words that are lined up one by one; beyond it only both ends are
STILL_THERE = 0.5  # the share of its words in place from which a part counts as changed, not as removed
_TOKEN = re.compile(r"\S+\s*")
_SENTENCE_END = re.compile(r"[.!?…][)\"'”’]*\Z")

Blocks = list[tuple[int, int, int]]  # where in the draft, where in the reply, how many words


def changes(drafted: str, sent: str, parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What became of a draft, as plain JSON that holds no word of either text.

    `parts` are those of the draft's output line (docs/contract.md). Only words count: line ends and spaces do not.

    Returns:
        same: whether every word stands as drafted.
        similarity: the share of words in common, 0 to 1, two digits; 1 only where `same`.
        parts: for each part that the draft holds, in order: its clauses, its fate (kept, changed, removed), and a
            digest that names its drafted text.
        added: how many sentences of the reply are not the draft's.
    """
    before, after = drafted.split(), sent.split()
    same = before == after
    blocks = _blocks(before, after)
    return {
        "same": same,
        "similarity": 1.0 if same else min(0.99, round(_ratio(blocks, before, after), 2)),
        "parts": _fates(before, after, blocks, parts),
        "added": _added(before, after, blocks),
    }


def difference(drafted: str, sent: str) -> list[tuple[str, str]]:
    """The edit by words: ("kept" | "removed" | "added", text) in reading order.

    The kept and added texts together are `sent`, to the letter; texts that are very long and very unlike are told
    apart at their beginning and end only.
    """
    before, after = _tokens(drafted), _tokens(sent)
    found: list[tuple[str, str]] = []
    at_before = at_after = 0
    blocks = _blocks([token.strip() for token in before], [token.strip() for token in after])
    for start, place, length in (*blocks, (len(before), len(after), 0)):
        for kind, tokens in (
            (REMOVED, before[at_before:start]),
            (ADDED, after[at_after:place]),
            (KEPT, after[place : place + length]),
        ):
            if tokens:
                found.append((kind, "".join(tokens)))
        at_before, at_after = start + length, place + length
    return found


def _tokens(text: str) -> list[str]:
    """The words, each with the space after it; space before the first word belongs to that word."""
    found = _TOKEN.findall(text)
    if found:
        found[0] = text[: len(text) - len(text.lstrip())] + found[0]
    return found


def _blocks(before: Sequence[str], after: Sequence[str]) -> Blocks:
    """The runs of words that both have, in order and without overlap."""
    shorter = min(len(before), len(after))
    head = 0
    while head < shorter and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shorter - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    found = [(0, 0, head)] if head else []
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if _pairs(old, new) <= MOST_PAIRS:
        matching = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        found += [(start + head, place + head, length) for start, place, length in matching if length]
    if tail:
        found.append((len(before) - tail, len(after) - tail, tail))
    return found


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    counts = Counter(new)
    return sum(times * counts[word] for word, times in Counter(old).items())


def _ratio(blocks: Blocks, before: Sequence[str], after: Sequence[str]) -> float:
    both = len(before) + len(after)
    return 2 * sum(length for _, _, length in blocks) / both if both else 1.0


def _fates(
    before: Sequence[str], after: Sequence[str], blocks: Blocks, parts: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    drafted, sent = _joined(before), _joined(after)
    in_place = [False] * len(before)
    for start, _, length in blocks:
        in_place[start : start + length] = [True] * length
    found, searched = [], 0
    for part in parts:
        words = part["text"].split()
        place = drafted.find(_joined(words), searched)
        if place < 0 or not words:
            continue  # composed at another time than the draft: it was never in it
        searched = place + len(_joined(words)) - 1
        first = drafted.count(" ", 0, place)
        share = sum(in_place[first : first + len(words)]) / len(words)
        still = CHANGED if share >= STILL_THERE else REMOVED
        fate = KEPT if _joined(words) in sent else still
        found.append({"clauses": list(part.get("clauses") or ()), "fate": fate, "digest": _digest(part["text"])})
    return found


def _added(before: Sequence[str], after: Sequence[str], blocks: Blocks) -> int:
    """How many sentences of the reply have less than half of their words from the draft."""
    drafted = _joined(before)
    in_place = [False] * len(after)
    for _, place, length in blocks:
        in_place[place : place + length] = [True] * length
    count = start = 0
    for number, word in enumerate(after, start=1):
        if number == len(after) or _SENTENCE_END.search(word):
            share = sum(in_place[start:number]) / (number - start)
            count += share < STILL_THERE and _joined(after[start:number]) not in drafted
            start = number
    return count


def _joined(words: Sequence[str]) -> str:
    """Words between single spaces, so that a run of words can be found as a string."""
    return f" {' '.join(words)} "


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
