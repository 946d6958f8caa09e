"""The same message as another hand might have typed it: what must not change how it is read.

Each perturbation is a function of a text and a source of chance; the chance is seeded by the text, so that every run
tries the same.

>>> perturbed("no_punctuation", "Help! He's in the house.")
'Help Hes in the house'
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping

import numpy as np

Chance = np.random.Generator
EMOJI = ("😡", "🙏", "😭", "👀", "🤔", "😊", "🚨", "🙄")
POLITE = ("Hello, sorry to bother you. ", "Good evening, I hope you are well. ", "Please could somebody read this: ")
THANKFUL = (" Thank you for your time.", " Many thanks.", " Kind regards, thank you")
GREETING = ("Hi ", "Hello, ", "Hiya, ", "Good morning. ", "Hey ")
BESIDE_ON_A_KEYBOARD = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wqetryuoipsadfghkjlxzcvbmn"))
FILLER = (
    "I walked along the towpath to the library and then home by way of the bakery. ",
    "We talked about the flower show, and who would judge the sweet peas this time. ",
    "The bus was late, as it is on most days, so I read the paper on the bench. ",
    "My neighbour has painted her gate green and I think it suits the house. ",
    "There was soup for lunch and a little of the apple cake that was left. ",
)
LONG = 20_000  # characters


def perturbed(name: str, text: str) -> str:
    """The text under the perturbation `name`. Raises KeyError where there is none of that name."""
    return PERTURBATIONS[name](text, np.random.default_rng(zlib.crc32(f"{name} {text}".encode())))


def _typos(text: str, chance: Chance) -> str:
    """One slip in about every tenth word of four letters or more, and at least one."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    for at in chance.permutation(long)[: max(1, len(long) // 10)] if long else ():
        words[at] = _slipped(words[at], chance)
    return " ".join(words)


def _slipped(word: str, chance: Chance) -> str:
    at, kind = int(chance.integers(1, len(word) - 1)), int(chance.integers(4))
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + BESIDE_ON_A_KEYBOARD.get(word[at], word[at]) + word[at + 1 :]


def _whitespace(text: str, chance: Chance) -> str:
    gaps = ("  ", "\n", "   ", " \t", " ")
    return "\n " + "".join(part if part != " " else gaps[int(chance.integers(5))] for part in re.split("( )", text))


def _zero_width(text: str, chance: Chance) -> str:
    return "".join(sign + ("\u200b" if chance.random() < 0.15 else "") for sign in text)


def _buried(text: str, chance: Chance) -> str:
    lines = [FILLER[at % len(FILLER)] for at in range(LONG // 70)]
    lines.insert(int(chance.integers(len(lines))), f"{text.rstrip('.')}. ")
    return "".join(lines)


PERTURBATIONS: Mapping[str, Callable[[str, Chance], str]] = {
    "typos": _typos,
    "upper_case": lambda text, _: text.upper(),
    "lower_case": lambda text, _: text.lower(),
    "no_punctuation": lambda text, _: " ".join(re.sub(r"[^\w\s@£]", "", text).split()),
    "emoji_added": lambda text, chance: f"{text} {EMOJI[int(chance.integers(len(EMOJI)))]}",
    "politeness_added": lambda text, chance: POLITE[int(chance.integers(3))] + text + THANKFUL[int(chance.integers(3))],
    "greeting_added": lambda text, chance: GREETING[int(chance.integers(len(GREETING)))] + text,
    "whitespace": _whitespace,
    "zero_width": _zero_width,
    "buried_in_long_text": _buried,
}
