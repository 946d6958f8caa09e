"""The certificate as a PDF of one A4 page: plain, in the office's name and colour, its words from practice/words.yml.

>>> pdf = certificate_pdf(given, "Jo Bloggs", packs.office("cleveland-opcc"), library.words)  # doctest: +SKIP
>>> pdf[:5]  # doctest: +SKIP
b'%PDF-'
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap
from threading import Lock
from typing import TYPE_CHECKING

from responder.drafting.offices import Office
from responder.practice.certificates import Certificate
from responder.practice.wording import Words, day

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 210.0, 297.0  # A4, in millimetres
MARGIN = 25.0
INCH = 25.4
POINT = INCH / 72
BAND = 14.0  # the strip in the office's colour along the top
INK, GREY, FAINT = "#0b0c0c", "#505a5f", "#d5dce2"
FONT = "DejaVu Sans"
LETTER = 0.55  # of the size of the type, the mean width of a letter
LEADING = 1.35
BESIDE = 55.0  # how far to the right of their names the values stand
_turn = Lock()  # matplotlib's fonts are not for several threads at once


def certificate_pdf(
    given: Certificate, full_name: str, office: Office, words: Words, *, demonstration: bool = False
) -> bytes:
    """The PDF of a certificate; the same certificate gives the same bytes. One of a demonstration says so across it."""
    said = words.certificate
    across = said["demonstration"] if demonstration else ""
    about = {
        "Title": " ".join(filter(None, (across, f"{said['heading']} {given.number}: {full_name}"))),
        "Author": office.name["en"],
        "Subject": f"{said['certifies']} {full_name} {_filled('may', given, office, words)}",
        "Creator": "Responder",
        "Producer": None,
        "CreationDate": given.at,
    }
    out = io.BytesIO()
    with _turn, _quiet():
        from matplotlib import rc_context

        with rc_context({"pdf.fonttype": 42}):  # letters stay letters: they can be read aloud and copied
            _page(given, full_name, office, words, across).savefig(out, format="pdf", metadata=about)
    return out.getvalue()


def _page(given: Certificate, full_name: str, office: Office, words: Words, across: str) -> Figure:
    page = _Page()
    said = words.certificate
    page.band(office.colour)
    page.across(across)
    page.text("\n".join(office.name.values()), 14, INK, bold=True)
    page.space(26)
    page.text(said["heading"], 34, INK, bold=True)
    page.space(12)
    page.text(said["certifies"], 14, INK)
    page.space(2)
    page.text(full_name, 24, INK, bold=True)
    page.space(3)
    page.text(_filled("may", given, office, words), 14, INK)
    page.space(5)
    page.text(_filled("refreshed" if given.refresher else "passed", given, office, words), 14, INK)
    page.space(12)
    for name, value in (
        ("passed_on", day(given.passed_on)),
        ("valid_until", day(given.valid_until)),
        ("marks", _filled("mean", given, office, words)),
        ("number", given.number),
    ):
        page.row(said[name], value)
    page.space(14)
    page.text(_filled("check", given, office, words), 11, GREY)
    return page.figure


def _filled(sentence: str, given: Certificate, office: Office, words: Words) -> str:
    return words.certificate[sentence].format(
        policy=f"{office.policy.title}, {office.policy.version}",
        office=office.short_name["en"],
        until=day(given.valid_until),
        percent=given.percent,
        number=given.number,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """No warning: one of a letter that the font does not have would name it; others speak of matplotlib's own age."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class _Page:
    """One page that is written from top to bottom. Sizes in points, lengths in millimetres."""

    def __init__(self) -> None:
        from matplotlib.backends.backend_pdf import FigureCanvasPdf
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(WIDTH / INCH, HEIGHT / INCH))
        FigureCanvasPdf(self.figure)
        self._down = BAND + 18.0

    def band(self, colour: str) -> None:
        """The strip along the top."""
        from matplotlib.patches import Rectangle

        height = BAND / HEIGHT
        strip = Rectangle((0, 1 - height), 1, height, color=colour, linewidth=0, transform=self.figure.transFigure)
        self.figure.add_artist(strip)

    def across(self, word: str) -> None:
        """A word from corner to corner, behind all others; nothing where it is empty."""
        self.figure.text(
            0.5, 0.46, word, size=66, color=FAINT, family=FONT, weight="bold", rotation=52, ha="center", va="center",
            parse_math=False, zorder=0,
        )  # fmt: skip

    def text(self, words: str, size: float, colour: str, bold: bool = False) -> None:
        """A paragraph over the page's width."""
        for paragraph in words.split("\n"):
            for line in wrap(paragraph, int((WIDTH - 2 * MARGIN) / (size * POINT * LETTER))) or [""]:
                self._down += size * POINT * LEADING
                self._put(MARGIN, line, size, colour, bold)

    def row(self, name: str, value: str) -> None:
        """A name and its value, side by side."""
        self._down += 14 * POINT * 1.7
        self._put(MARGIN, name, 14, GREY)
        self._put(MARGIN + BESIDE, value, 14, INK, bold=True)

    def space(self, height: float) -> None:
        """Leave room."""
        self._down += height

    def _put(self, across: float, line: str, size: float, colour: str, bold: bool = False) -> None:
        self.figure.text(
            across / WIDTH, 1 - self._down / HEIGHT, line, size=size, color=colour, family=FONT,
            weight="bold" if bold else "normal", va="baseline", parse_math=False,
        )  # fmt: skip
