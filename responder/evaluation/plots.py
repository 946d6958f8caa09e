"""The pictures of an evaluation, as SVG for the page. Every one has its numbers written in; none needs colour."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from responder.evaluation.report import Report
from responder.evaluation.scores import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, PALE = "#1d3b53", "#d5dfe8"


def confusion(report: Report) -> str:
    """The confusion table: rows what it is, columns what was read, each cell its count, shaded by share of the row."""
    names = [row.intent for row in report.per_intent]
    table = np.array(report.confusion)
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, axes = _figure(12, 11)
    axes.imshow(share, cmap="Greys", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("read as")
    axes.set_ylabel("is")
    for (row, column), count in np.ndenumerate(table):
        if count:
            ink = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=ink)
    return _svg(figure)


def per_intent(report: Report) -> str:
    """F1 of each intent, the best on top, with the number of messages."""
    rows = sorted((r for r in report.per_intent if r.count), key=lambda r: r.f1)
    figure, axes = _figure(9, 0.28 * len(rows) + 1)
    axes.barh(range(len(rows)), [r.f1 for r in rows], color=INK)
    axes.set_yticks(range(len(rows)), [f"{r.intent} ({r.count})" for r in rows], fontsize=8)
    for place, row in enumerate(rows):
        axes.text(min(row.f1 + 0.01, 1.0), place, f"{row.f1:.2f}", va="center", fontsize=8)
    axes.set_xlim(0, 1.08)
    axes.set_xlabel("F1 (0 to 1)")
    return _svg(figure)


def calibration(report: Report) -> str:
    """Is it as often right as it says? Bars: the share that is right; the line: what would be exact."""
    figure, axes = _figure(6, 4.5)
    for found in report.calibration:
        middle = (found.low + found.high) / 2
        axes.bar(middle, found.accuracy, width=0.09, color=PALE, edgecolor=INK, hatch="//")
        axes.text(middle, found.accuracy + 0.02, f"{found.accuracy:.0%}\nof {found.count}", ha="center", fontsize=7)
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", label="exact")
    axes.set_xlabel("confidence")
    axes.set_ylabel("share that is right")
    axes.set_ylim(0, 1.15)
    axes.legend(loc="upper left")
    return _svg(figure)


def latency(report: Report) -> str:
    """How long drafts take, in milliseconds, with the median and the 99th percentile."""
    figure, axes = _figure(6, 3.5)
    top = max(report.p99 * 1.3, 1.0)
    axes.hist(np.minimum(report.milliseconds, top), bins=40, color=PALE, edgecolor=INK)
    for value, name, style in ((report.p50, "median", "-"), (report.p99, "99th percentile", "--")):
        axes.axvline(value, color="black", linestyle=style, label=f"{name}: {value:.1f} ms")
    axes.set_xlabel("milliseconds for one draft")
    axes.set_ylabel("messages")
    axes.legend()
    return _svg(figure)


def intervals(rows: Sequence[tuple[str, Interval]]) -> str:
    """Shares with their 95 % intervals, one a row, the first on top."""
    figure, axes = _figure(9, 0.35 * len(rows) + 1)
    for place, (_, found) in enumerate(reversed(rows)):
        axes.plot([found.low, found.high], [place, place], color=INK, linewidth=2)
        axes.plot(found.value, place, marker="o", color=INK)
        axes.text(min(found.high + 0.01, 1.0), place, f"{found.value:.1%}", va="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)], fontsize=8)
    axes.set_xlim(0, 1.1)
    axes.set_xlabel("share that is right (0 to 1)")
    return _svg(figure)


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    """A figure of its own, without pyplot's global state (inches)."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    return re.sub(r"<svg ", '<svg aria-hidden="true" style="max-width:100%;height:auto" ', svg, count=1)
