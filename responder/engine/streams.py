"""Files and standard streams for the command line; what cannot be read or written is one sentence."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from responder.errors import BadInput


def text(given: str | None) -> str:
    """The text as it was typed; of `-` or nothing, what standard input holds."""
    return decoded(sys.stdin.buffer.read()) if given is None or given == "-" else given


def decoded(data: bytes) -> str:
    """UTF-8 with or without a byte-order mark; what is none becomes a replacement character."""
    return data.decode("utf-8-sig", "replace")


@contextlib.contextmanager
def reading(file: str) -> Iterator[IO[bytes]]:
    """The file opened for reading (`-`: standard input). Raises BadInput."""
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        source = Path(file).open("rb")  # noqa: SIM115 (closed below; only the opening is guarded)
    except OSError as error:
        raise BadInput(f"The file {file} cannot be read: {error.strerror}.") from None
    with source:
        yield source


@contextlib.contextmanager
def writing(file: str | None) -> Iterator[IO[bytes]]:
    """The file opened for writing (None or `-`: standard output). Raises BadInput."""
    if file is None or file == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with told(f"The file {file} cannot be written"), Path(file).open("wb") as sink:
        yield sink


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """An OSError of the block as one sentence that begins with `what`. Raises BadInput."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BadInput(f"{what}: {error.strerror or type(error).__name__}.") from None
