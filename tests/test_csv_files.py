"""CSV files: nothing in them is ever taken for a formula, and nothing is lost on the way."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from responder.console import csv_files

SPITEFUL = st.text(alphabet="=+-@\t\r\n\x00 '\"\u200b\ufeff\u00a0\u202e＝＋－＠﹣−␀0a,;", max_size=12)
CELLS = st.one_of(st.text(max_size=40), SPITEFUL)


def cells_of(data: bytes) -> list[str]:
    """What a spreadsheet finds in the file, before any mark is taken off."""
    return [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in row]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+44 1632 960000", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1", "   =cmd|' /C calc'!A0",
        "＝1+1", "＋1", "－1", "＠SUM(A1)", "\u200b=1", "\ufeff=1", "\u00a0@x", "−5", "﹣5", "'", "'=1", " \t -1",
    ],
)  # fmt: skip
def test_a_cell_that_begins_like_a_formula_gets_a_mark(cell):
    assert csv_files.escape(cell).startswith("'")
    assert csv_files.unescape(csv_files.escape(cell)) == cell


@pytest.mark.parametrize("cell", ["Ring 101", "a=b", "3 - 4", "jo@example.org", "", "10:30", "“=1”"])
def test_an_ordinary_cell_stays_as_it_is(cell):
    assert csv_files.escape(cell) == cell


def test_numbers_days_and_nothing():
    data = csv_files.write(["A", "B"], [[12, 0.5], [date(2026, 11, 20), None], [-3, 1_000]])
    assert cells_of(data)[2:] == ["12", "0.5", "2026-11-20", "", "'-3", "1000"]


def test_excel_sees_that_it_is_utf_8():
    assert csv_files.write(["Swyddfa Comisiynydd yr Heddlu – Gŵyr"], []).startswith(b"\xef\xbb\xbf")


def test_a_lone_half_of_a_character_does_no_harm():
    assert csv_files.read(csv_files.write(["a\ud83db"], [])) == [["a?b"]]


@given(CELLS)
@example("␀0")
@example("\x00␀")
def test_every_cell_is_harmless_and_comes_back_as_it_was(cell):
    escaped = csv_files.escape(cell)
    assert csv_files.is_harmless(escaped)
    assert escaped.lstrip()[:1] not in tuple("=+-@")
    assert "\x00" not in escaped
    assert csv_files.unescape(escaped) == cell


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_a_whole_file_is_harmless_and_comes_back_as_it_was(rows):
    data = csv_files.write(["First", "=Second"], rows)
    assert all(csv_files.is_harmless(cell) for cell in cells_of(data))
    assert csv_files.read(data) == [["First", "=Second"], *rows]
