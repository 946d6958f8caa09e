"""Tables as CSV files that a spreadsheet opens as they are, and in which no cell is ever taken for a formula.

Every cell is text or a number written out. One that a spreadsheet might take for a formula gets an apostrophe in front,
and so does one that begins with an apostrophe: `unescape` takes it off again, and nothing is lost.

>>> escape("=1+1"), escape("Ring 101"), unescape(escape("=1+1"))
("'=1+1", 'Ring 101', '=1+1')
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

MARK = "'"
TRIGGERS = "=+-@"
FIRST = ("\t", "\r", "\n", "\x00")  # never the first character of a cell
MINUS = "−"  # the one of typography
STAND_IN = "␀"  # a CSV file holds no NUL
BOM = "\ufeff"  # without it Excel takes UTF-8 for something else
_SPELT_NUL = re.compile(f"{STAND_IN}([0{STAND_IN}])")

Cell = str | int | float | date | None


def write(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file: UTF-8 with its mark, the columns' names first, every cell in quotes and harmless."""
    told = io.StringIO(newline="")
    writer = csv.writer(told, quoting=csv.QUOTE_ALL)
    for row in (columns, *rows):
        writer.writerow([escape(cell) for cell in row])
    return (BOM + told.getvalue()).encode("utf-8", "replace")


def read(data: bytes) -> list[list[str]]:
    """The rows of a file that `write` made, its columns' names first, every cell as the text that it was."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return [[unescape(cell) for cell in row] for row in rows]


def escape(cell: Cell) -> str:
    """A cell as text that no spreadsheet takes for a formula; nothing for None."""
    if cell is None:
        return ""
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    safe = text.replace(STAND_IN, STAND_IN * 2).replace("\x00", f"{STAND_IN}0")
    return MARK + safe if _needs_mark(text) else safe


def unescape(cell: str) -> str:
    """The text that `escape` was given."""
    text = cell[len(MARK) :] if cell.startswith(MARK) else cell
    return _SPELT_NUL.sub(lambda found: "\x00" if found.group(1) == "0" else STAND_IN, text)


def is_harmless(cell: str) -> bool:
    """Whether a spreadsheet takes a cell for text or a number, whatever it makes of spaces and full-width forms."""
    return not (cell.startswith(FIRST) or "\x00" in cell or _begins_like_a_formula(cell))


def _needs_mark(text: str) -> bool:
    return text.startswith(MARK) or not is_harmless(text)


def _begins_like_a_formula(text: str) -> bool:
    for character in text:
        if not _is_blank(character):
            plain = unicodedata.normalize("NFKC", character)
            return plain[0] in TRIGGERS + MINUS
    return False


def _is_blank(character: str) -> bool:
    """Whether it leaves no ink: a space of any kind, a control character, a mark of direction or joining."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")
