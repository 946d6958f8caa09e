"""What staff teach: messages whose intent they corrected, kept on this machine as the office's own examples.

One YAML file in Rasa's format (`Places.own_examples`), which people can read and mend. Contacts and other personal data
are blotted out before a message is kept: their letters become x, their digits 0. `responder train` takes the file in.

>>> teach(places, packs, "where do i pay my council tax", "out_of_scope")   # doctest: +SKIP
Example(text='where do i pay my council tax', intent='out_of_scope', urgency='routine', language='en')
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import yaml

from responder.drafting.model import URGENCIES
from responder.drafting.packs import Packs
from responder.drafting.personal_data import find_personal_data
from responder.engine.places import Places, private_folder
from responder.errors import BadInput

LONGEST = 2_000  # characters of an example: what is longer teaches nothing that its beginning does not
HAND = "office"
LANGUAGES = ("en", "cy")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


@dataclass(frozen=True)
class Example:
    """One message that the office labelled, without the personal data that could be found in it."""

    text: str
    intent: str
    urgency: str = "routine"
    language: str = "en"
    flags: tuple[str, ...] = ()


def teach(
    places: Places, packs: Packs, text: str, intent: str, *, urgency: str = "routine", language: str = "en",
    flags: Sequence[str] = (),
) -> Example:  # fmt: skip
    """Keep a message under `intent`; one of the same words is replaced.

    The urgency is raised to the least that the intent has.

    Raises:
        UnknownName: there is no such intent.
        BadInput: there is nothing to keep, or the file of examples cannot be read.
    """
    least = packs.intent(intent).least_urgency
    if urgency not in URGENCIES:
        raise BadInput(f"There is no urgency “{urgency[:40]}”; there is: {', '.join(URGENCIES)}.")
    if language not in LANGUAGES:
        raise BadInput(f"An example is in {' or '.join(LANGUAGES)}, not in “{language[:40]}”.")
    words = blotted(text.strip()[:LONGEST])
    if not _LETTER.search(words):
        raise BadInput("There are no words in the message, so there is nothing to learn from it.")
    raised = min(urgency, least, key=URGENCIES.index)  # the gravest stands first
    example = Example(words, intent, raised, language, tuple(flag for flag in flags if flag))
    with _alone(places):
        others = [one for one in examples(places) if _same(one) != _same(example)]
        _write(places, [*others, example])
    return example


def examples(places: Places) -> list[Example]:
    """The office's own examples, oldest first. Raises BadInput, which names the file."""
    path = places.own_examples
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return [_read(block["intent"], one) for block in content["nlu"] for one in block["examples"]]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        raise BadInput(f"{path} cannot be read as examples: “nlu”, a list of “intent” with “examples”.") from None


def forget(places: Places, number: int) -> Example:
    """Take the example of this number (from 1, as listed) out again. Raises BadInput where there is none."""
    with _alone(places):
        kept = examples(places)
        if not 1 <= number <= len(kept):
            allowed = f"there is 1 to {len(kept)}" if kept else "there is none"
            raise BadInput(f"There is no example {number}; {allowed}.")
        gone = kept.pop(number - 1)
        _write(places, kept)
    return gone


def blotted(text: str) -> str:
    """The text with the personal data found in it made unreadable, its shape kept."""
    for flag in reversed(find_personal_data(text)):
        start, end = flag.start or 0, flag.end or 0
        text = text[:start] + _DIGIT.sub("0", _LETTER.sub("x", text[start:end])) + text[end:]
    return text


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    """Wait until nobody else, in this process or another, changes the examples: two at once must both be kept."""
    private_folder(places.home)
    with places.own_examples.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _same(example: Example) -> str:
    return " ".join(re.findall(r"\w+", example.text.casefold())) or example.text


def _read(intent: str, one: dict[str, Any]) -> Example:
    told = one.get("metadata") or {}
    example = Example(str(one["text"]).strip(), str(intent))
    return replace(
        example, urgency=told.get("urgency", "routine"), language=told.get("lang", "en"),
        flags=tuple(told.get("flags") or ()),
    )  # fmt: skip


def _write(places: Places, kept: Sequence[Example]) -> None:
    """Replace the file in one step; only this account may read it."""
    blocks = [
        {
            "intent": one.intent,
            "examples": [
                {
                    "text": one.text,
                    "metadata": {
                        "lang": one.language, "urgency": one.urgency, "flags": list(one.flags), "also": [],
                        "hand": HAND,
                    },
                }
            ],
        }
        for one in kept
    ]  # fmt: skip
    if not blocks:
        places.own_examples.unlink(missing_ok=True)
        return
    draft = places.own_examples.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    content = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, sort_keys=False, width=100)
    draft.write_text(content, encoding="utf-8")
    draft.replace(places.own_examples)
