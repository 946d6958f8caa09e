"""The audit as a file, line by line: JSON Lines, or CSV in which no cell is taken for a formula.

>>> list(parts((), "jsonl"))
[]
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from responder.console.csv_files import BOM, escape
from responder.desk.audit import SEALED, Entry

SHAPES = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}  # and what a browser is told of them
COLUMNS = (*SEALED, "seal")


def parts(entries: Iterable[Entry], shape: str) -> Iterator[bytes]:
    """The file in parts, one for each line; `shape` is one of SHAPES."""
    return _csv(entries) if shape == "csv" else _jsonl(entries)


def _jsonl(entries: Iterable[Entry]) -> Iterator[bytes]:
    for entry in entries:
        yield f"{json.dumps(entry.as_dict(), ensure_ascii=False)}\n".encode("utf-8", "replace")


def _csv(entries: Iterable[Entry]) -> Iterator[bytes]:
    yield BOM.encode() + _row(COLUMNS)
    for entry in entries:
        told = entry.as_dict()
        yield _row([told[name] for name in COLUMNS])


def _row(cells: Iterable[object]) -> bytes:
    """One row, every cell in quotes; what has a shape of its own is written as JSON."""
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow([escape(_cell(cell)) for cell in cells])
    return written.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str | int | None:
    if value is None or isinstance(value, (str, int)):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
