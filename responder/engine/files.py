"""Drafting a file: JSON Lines in, JSON Lines out, in the same order, line by line.

A bad line gives `{"line": n, "error": "…"}` in its place; the rest is done. Of a file a few lines are held in memory:
while some are drafted, the next are prepared beside them. From a pipe each line is answered before the next is read.
Empty lines at the end of the file are no lines.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Protocol, runtime_checkable

from responder.drafting.model import Draft, Message
from responder.drafting.packs import Packs
from responder.engine import lines
from responder.errors import BadInput, ResponderError

LINES_AHEAD, BYTES_AHEAD = 64, 2**20
LONGEST_AHEAD = 2_000  # characters: what is longer is encoded in stretches
LONGEST_LINE = 32 * 1024 * 1024  # bytes
PROGRESS_SECONDS = 1.0


class Drafter(Protocol):
    """What drafts: the engine."""

    packs: Packs

    def draft(self, message: Message, intent: str | None = None) -> Draft:
        """The draft for a message."""


@runtime_checkable
class ReadsAhead(Protocol):
    """What can prepare texts before it is asked for their drafts."""

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Prepare them; may run in another thread beside `draft`."""


@dataclass(frozen=True)
class Tally:
    """How a file went: lines read, and how many of them were bad."""

    lines: int
    bad: int


def draft_file(
    engine: Drafter, source: IO[bytes], out: IO[bytes], defaults: lines.Defaults, progress: IO[str] | None = None
) -> Tally:
    """Draft every line of `source` into `out`; tell the count on `progress` about once a second."""
    done = bad = 0
    started = told = time.monotonic()
    for number, raw in _prepared(engine, source):
        answer = draft_line(engine, number, raw, defaults)
        out.write(encoded(answer))
        done, bad = done + 1, bad + ("error" in answer)
        if progress and time.monotonic() - told >= PROGRESS_SECONDS:
            told = time.monotonic()
            print(f"\r{done:,} lines, {bad:,} bad", end="", file=progress, flush=True)
    if progress:
        seconds = time.monotonic() - started
        print(f"\r{done:,} lines, {bad:,} bad, in {seconds:.1f} s", file=progress, flush=True)
    return Tally(done, bad)


def draft_line(engine: Drafter, number: int, raw: bytes | None, defaults: lines.Defaults) -> dict[str, Any]:
    """The output object for one line; `raw` of None is a line that was too long to read."""
    try:
        if raw is None:
            raise BadInput(f"The line is longer than {LONGEST_LINE // 2**20} MB.")
        found = lines.parse_line(raw)
        answer = engine.draft(lines.message(found, engine.packs, defaults)).as_dict()
    except ResponderError as error:
        return {"line": number, "error": str(error)}
    if isinstance(found.get("id"), int):
        answer["id"] = found["id"]
    return answer


def encoded(answer: dict[str, Any]) -> bytes:
    """One line of JSON as UTF-8; a lone surrogate, which UTF-8 cannot hold, is written as an escape."""
    try:
        return (json.dumps(answer, ensure_ascii=False) + "\n").encode("utf-8")
    except UnicodeEncodeError:
        return (json.dumps(answer) + "\n").encode("ascii")


def numbered(source: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers from 1, without empty ones at the end; None for one that is too long."""
    waiting: list[tuple[int, bytes]] = []
    for number, raw in enumerate(_pieces(source), start=1):
        if raw is not None and not raw.strip(b" \t\r\n\xef\xbb\xbf"):
            waiting.append((number, raw))
            continue
        yield from waiting
        waiting.clear()
        yield number, raw


def _prepared(engine: Drafter, source: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The numbered lines; while some are drafted, the next are read and prepared in a thread beside.

    Not of a pipe: who writes it may wait for an answer before the next line.
    """
    if not isinstance(engine, ReadsAhead) or not source.seekable():
        yield from numbered(source)
        return
    chunks = _chunks(numbered(source))
    with ThreadPoolExecutor(max_workers=1) as beside:
        chunk = next(chunks, None)
        ready = beside.submit(engine.read_ahead, _texts(chunk or ()))
        while chunk is not None:
            ready.result()
            following = next(chunks, None)
            ready = beside.submit(engine.read_ahead, _texts(following or ()))
            yield from chunk
            chunk = following


def _chunks(rows: Iterable[tuple[int, bytes | None]]) -> Iterator[list[tuple[int, bytes | None]]]:
    """Lists of LINES_AHEAD lines, or fewer where they hold many bytes."""
    chunk: list[tuple[int, bytes | None]] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += len(row[1] or b"")
        if len(chunk) == LINES_AHEAD or size > BYTES_AHEAD:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _texts(chunk: Iterable[tuple[int, bytes | None]]) -> list[str]:
    """The texts of those lines that have one and are not long; what is wrong with the others is told in their turn."""
    found = []
    for _, raw in chunk:
        with suppress(ResponderError):
            text = lines.parse_line(raw or b"").get("text")
            if isinstance(text, str) and len(text) <= LONGEST_AHEAD:
                found.append(text)
    return found


def _pieces(source: IO[bytes]) -> Iterable[bytes | None]:
    while line := source.readline(LONGEST_LINE):
        if len(line) < LONGEST_LINE or line.endswith(b"\n"):
            yield line
            continue
        while (rest := source.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        yield None
