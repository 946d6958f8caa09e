"""Cleaning a text before Rasa sees it, and counting flags in the text as it was written.

Rasa takes a text that starts with "/" for a command with an intent and a confidence of the sender's choice, so no
cleaned text starts with one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from responder.nlu.text import Cleaned, clean

__all__ = ["Cleaned", "clean", "flags_in_original", "for_rasa"]


def for_rasa(cleaned: Cleaned) -> str:
    """The cleaned text as Rasa may read it: the same length but for blanks at its end, no command, no blank in front.

    >>> for_rasa(clean("/restart"))
    'restart'
    """
    text = cleaned.text.rstrip()
    if text[:1].isspace() or text.lstrip().startswith("/"):
        at = len(text) - len(text.lstrip().lstrip("/").lstrip())
        return "-" * at + text[at:]
    return text


def flags_in_original(flags: Iterable[dict[str, Any]], cleaned: Cleaned) -> list[dict[str, Any]]:
    """The flags with `start` and `end` counted in the original; a span that cannot be told becomes one on the whole."""
    return [_moved(flag, cleaned) for flag in flags]


def _moved(flag: dict[str, Any], cleaned: Cleaned) -> dict[str, Any]:
    start, end = flag.get("start"), flag.get("end")
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(cleaned.text):
        start, end = cleaned.span(start, end)
        return {**flag, "start": int(start), "end": int(end)}
    return {**flag, "start": None, "end": None}
