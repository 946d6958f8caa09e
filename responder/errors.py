"""What can go wrong, each as one plain sentence that a member of staff can act on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class ResponderError(Exception):
    """The base of every error that is shown to a user as its one sentence."""


class PackError(ResponderError):
    """A pack's file says something that the product does not understand.

    `file` and `line` (1-based) tell where; the sentence tells what was found and what is allowed.
    """

    def __init__(self, file: Path | str, line: int | None, what: str) -> None:
        self.file = str(file)
        self.line = line
        self.what = what
        place = f"{file}, line {line}" if line else str(file)
        super().__init__(f"{place}: {what}")


class UnknownName(ResponderError):
    """An office, channel, intent or other name that does not exist; the sentence lists those that do."""

    def __init__(self, kind: str, found: str, allowed: Iterable[str]) -> None:
        self.kind = kind
        self.found = found
        self.allowed = tuple(allowed)
        super().__init__(f"There is no {kind} “{found}”; there is: {', '.join(self.allowed)}.")


class BadInput(ResponderError):
    """An input line, a time or an option that cannot be read."""


class ModelError(ResponderError):
    """The trained model is missing, old or altered."""
