"""The parts of the evaluation's page that compare: with other ways to read, with expectations, with strangers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from bench.baselines import Baseline
from bench.unseen import Group
from responder.evaluation import plots, scores
from responder.evaluation.behaviour import KindResult
from responder.evaluation.measuring import Example
from responder.evaluation.pages import html_figure, html_table
from responder.evaluation.scores import Interval

RESAMPLES = 1000


@dataclass(frozen=True)
class Row:
    """One way's figures on the labelled messages. `behind`: how much less accurate than the first row, paired."""

    name: str
    about: str
    accuracy: Interval
    macro_f1: Interval
    behind: Interval
    top3: float
    welsh: float
    emergencies: int
    alarmed: int
    routine: int
    false_alarms: int
    seconds: float
    milliseconds: float


def beside(examples: Sequence[Example], ways: Sequence[Baseline]) -> list[Row]:
    """Every way's figures; the first is the one that the others are compared with."""
    first = _right(examples, ways[0])
    return [_row(examples, way, first) for way in ways]


def _right(examples: Sequence[Example], way: Baseline) -> np.ndarray:
    return np.array([reading.intents[0] == example.intent for reading, example in zip(way.readings, examples)], float)


def _row(examples: Sequence[Example], way: Baseline, first: np.ndarray) -> Row:
    names = sorted({e.intent for e in examples} | {r.intents[0] for r in way.readings})
    gold = np.array([names.index(e.intent) for e in examples])
    found = np.array([names.index(r.intents[0]) for r in way.readings])
    accuracy, macro = scores.intervals(gold, found, len(names))
    right = _right(examples, way)
    draw = np.random.default_rng(1)
    picks = draw.integers(0, len(right), (RESAMPLES, len(right)))
    low, high = np.percentile((first - right)[picks].mean(axis=1), [2.5, 97.5])
    pairs = list(zip(examples, way.readings))
    emergencies = [r for e, r in pairs if e.urgency == "emergency"]
    routine = [r for e, r in pairs if e.urgency == "routine"]
    welsh = [ok for e, ok in zip(examples, right) if e.language == "cy"]
    return Row(
        way.name, way.about, accuracy, macro, Interval(float((first - right).mean()), float(low), float(high)),
        float(np.mean([e.intent in r.intents for e, r in pairs])), float(np.mean(welsh)) if welsh else 0.0,
        len(emergencies), sum(r.alarm for r in emergencies), len(routine), sum(r.alarm for r in routine), way.seconds,
        way.milliseconds,
    )  # fmt: skip


def beside_section(rows: Sequence[Row]) -> str:
    """The table and the picture of other ways."""
    heads = ("way", "right", "macro-F1", "behind Responder", "among three", "Welsh", "emergencies alarmed",
             "false alarms on routine", "learns in", "a message")  # fmt: skip
    return "".join([
        "<h2>Beside other ways to read</h2>",
        "<p>The same training messages, the same messages to read, the same run. Intervals are 95 % (bootstrap). An "
        "emergency counts as alarmed where the way calls it an emergency; ours where 999 opens the reply.</p>",
        html_figure(plots.intervals([(row.name, row.accuracy) for row in rows]), "Share of messages read rightly."),
        html_table("Ways to read a message", heads, [[row.name, *_cells(row)] for row in rows]),
    ])  # fmt: skip


def beside_text(rows: Sequence[Row]) -> str:
    """The same for the terminal."""
    lines = [f"{row.name:<36} {'  '.join(_cells(row))}" for row in rows]
    return "Ways (right, macro-F1, behind, among three, Welsh, alarmed, false, learns in, a message):\n" + "\n".join(
        lines
    )


def _cells(row: Row) -> list[str]:
    return [
        _interval(row.accuracy), _interval(row.macro_f1), _interval(row.behind), f"{row.top3:.1%}", f"{row.welsh:.1%}",
        f"{row.alarmed} of {row.emergencies}", f"{row.false_alarms} of {row.routine}", f"{row.seconds:.0f} s",
        f"{row.milliseconds:.2f} ms",
    ]  # fmt: skip


def behaviour_section(results: Sequence[KindResult]) -> str:
    """Every family's kinds with what failed, by number."""
    parts = ["<h2>Behaviour</h2><p>Kinds of messages with what must come of them, written one by one; a number is the "
             "case's place in its kind's list in evaluation/behaviour.</p>"]  # fmt: skip
    for family, kinds in groupby(results, key=lambda result: result.family):
        rows = [
            (one.kind, one.about, f"{one.passed} of {one.cases}", ", ".join(f"{n} ({why})" for n, why in one.failed))
            for one in kinds
        ]
        parts.append(html_table(family, ("kind", "what it is", "as expected", "not as expected"), rows))
    return "".join(parts)


def behaviour_text(results: Sequence[KindResult]) -> str:
    """A line a family, then the kinds of which less than nine in ten pass."""
    lines = []
    for family, found in groupby(results, key=lambda result: result.family):
        kinds = list(found)
        passed, cases = sum(one.passed for one in kinds), sum(one.cases for one in kinds)
        lines.append(f"Behaviour, {family}: {passed} of {cases} ({passed / cases:.1%})")
        lines += [
            f"    {one.kind}: {one.passed} of {one.cases}"
            for one in kinds
            if one.cases and one.passed < 0.9 * one.cases
        ]
    return "\n".join(lines)


def unseen_section(groups: Mapping[str, Sequence[Group]]) -> str:
    """Strangers, by language, region, hand and length."""
    heads = ("group", "messages", "right", "macro-F1", "among three", "emergencies alarmed", "ruled out",
             "false alarms on routine")  # fmt: skip
    parts = ["<h2>Hands that were never seen</h2><p>Every training message, judged by models that never saw its "
             "writer.</p>"]  # fmt: skip
    for name, found in groups.items():
        parts.append(html_figure(plots.intervals([(one.name, one.accuracy) for one in found]), f"Right, by {name}."))
        parts.append(html_table(f"By {name}", heads, [[one.name, *_group(one)] for one in found]))
    return "".join(parts)


def unseen_text(groups: Mapping[str, Sequence[Group]]) -> str:
    """The same for the terminal."""
    return "\n".join(
        f"Unseen hands, {one.name:<24} {'  '.join(_group(one))}" for found in groups.values() for one in found
    )


def _group(one: Group) -> list[str]:
    return [
        f"{one.messages:,}", _interval(one.accuracy), _interval(one.macro_f1), f"{one.among_three:.1%}",
        f"{one.alarmed} of {one.emergencies}", str(one.ruled_out), f"{one.false_alarms} of {one.routine}",
    ]  # fmt: skip


def _interval(found: Interval) -> str:
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"
