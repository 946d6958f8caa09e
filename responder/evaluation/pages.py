"""What an evaluation shows: a short table in the terminal, and a folder with report.html and report.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from responder.evaluation import plots
from responder.evaluation.report import Report
from responder.evaluation.scores import Interval

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; max-width: 64rem; margin: 0 auto; padding: 1rem }
table { border-collapse: collapse; margin: 1rem 0 } caption { text-align: left; font-weight: bold }
th, td { border: 1px solid #767676; padding: .2rem .6rem; text-align: left } td.n { text-align: right }
figure { margin: 1rem 0 } svg { height: auto; max-width: 100% }
"""


def figures(report: Report) -> list[tuple[str, str]]:
    """The figures that come first, as names and words."""
    personal = next(f for f in report.flags if f.flag == "personal_data")
    return [
        ("Messages", f"{report.messages:,}"),
        ("Accuracy", _with_interval(report.accuracy)),
        ("Macro-F1", _with_interval(report.macro_f1)),
        ("Right among the first three", f"{report.top3:.1%}"),
        ("Emergencies without 999 in the reply", _of(report.missed_emergencies, report.emergencies)),
        ("False alarms (999 first, no emergency)", _of(report.false_alarms, report.not_emergencies)),
        ("Safety line added, no emergency", _of(report.cautions, report.not_emergencies)),
        ("Personal data flagged", f"{personal.found} of {personal.labelled}, {personal.extra} beside the labels"),
        ("Language right", f"{report.language_accuracy:.1%}"),
        ("Handed to a person", f"{report.to_a_person} of {report.messages}"),
        ("Calibration error", f"{report.calibration_error:.3f}"),
        ("Replies with an unknown contact", str(len(report.unknown_contacts))),
        ("Drafts that the check blocks", ", ".join(f"{c}: {len(n)}" for c, n in report.blocked.items()) or "none"),
        ("Draft, median and 99th percentile", f"{report.p50:.1f} ms, {report.p99:.1f} ms"),
    ]


def short_table(report: Report) -> str:
    """The short table for the terminal; messages are named by line."""
    rows = figures(report)
    width = max(len(name) for name, _ in rows)
    text = "".join(f"{name:<{width}}  {value}\n" for name, value in rows)
    for name, (count, share) in report.by_group.items():
        label = f"Accuracy, {name}"
        text += f"{label:<{width}}  {share:.1%} of {count}\n"
    if report.missed_emergencies:
        text += f"Missed emergencies, lines: {_numbers(report.missed_emergencies)}\n"
    if report.unknown_contacts:
        text += f"Unknown contacts, lines: {_numbers(report.unknown_contacts)}\n"
    return text


def write(report: Report, folder: Path, sections: Sequence[str] = (), more: Mapping[str, Any] | None = None) -> Path:
    """Write report.json and report.html; gives the page's path. Raises OSError.

    `sections` are further parts of the page, as HTML; `more` goes into report.json beside the report's own keys.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(report.as_dict() | dict(more or {}), ensure_ascii=False, indent=1)
    (folder / "report.json").write_text(data + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page(report, sections), encoding="utf-8")
    return folder / "report.html"


def page(report: Report, sections: Sequence[str] = ()) -> str:
    """The report as one page that needs no other file and no colour; `sections` follow the main figures."""
    urgencies = list(report.urgency)
    lines = [
        ("Emergencies whose reply lacks 999", report.missed_emergencies),
        ("False alarms", report.false_alarms),
        ("Safety line added where there was no emergency", report.cautions),
        ("Unknown contact in the reply", report.unknown_contacts),
        *((f"The check blocks the draft: {code}", numbers) for code, numbers in report.blocked.items()),
    ]
    body = [
        "<h1>How well the assistant reads messages</h1>",
        html_table("The main figures", ("what", "figure"), figures(report)),
        html_table("Accuracy by group", ("group", "messages", "right"), _group_rows(report)),
        *sections,
        "<h2>Danger</h2>",
        html_table(
            "Urgency: rows what it is, columns what was read",
            ("", *urgencies),
            [(gold, *(str(report.urgency[gold][read]) for read in urgencies)) for gold in urgencies],
        ),
        html_table("Messages to look at, by line of the file", ("what", "lines"), [(n, _numbers(v)) for n, v in lines]),
        "<h2>Intents</h2>",
        html_figure(plots.per_intent(report), "F1 of each intent; the same figures stand in the next table."),
        html_table(
            "Each intent",
            ("intent", "messages", "precision", "recall", "F1", "most often read as"),
            [
                (
                    r.intent,
                    str(r.count),
                    f"{r.precision:.2f}",
                    f"{r.recall:.2f}",
                    f"{r.f1:.2f}",
                    _read_as(r.often_read_as),
                )
                for r in report.per_intent
            ],
        ),
        html_figure(plots.confusion(report), "Counts of messages: rows what they are, columns what was read."),
        "<h2>Confidence</h2>",
        html_figure(plots.calibration(report), "How often predictions of each confidence are right."),
        html_table(
            f"Calibration error {report.calibration_error:.3f}",
            ("confidence", "messages", "mean confidence", "right"),
            [
                (f"{b.low:.1f} to {b.high:.1f}", str(b.count), f"{b.confidence:.2f}", f"{b.accuracy:.2f}")
                for b in report.calibration
            ],
        ),
        "<h2>Flags</h2>",
        html_table(
            "Flags on messages",
            ("flag", "labelled", "found of them", "raised beside the labels"),
            [(f.flag, str(f.labelled), str(f.found), str(f.extra)) for f in report.flags],
        ),
        "<h2>Speed</h2>",
        html_figure(
            plots.latency(report),
            f"Median {report.p50:.1f} ms, 99th percentile {report.p99:.1f} ms, slowest {report.slowest:.1f} ms.",
        ),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Evaluation</title>'
        f"<style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )


def html_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with its caption; the first cell of a row is its heading."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(c)}</td>" for c in row[1:]) + "</tr>"
        for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def html_figure(svg: str, caption: str) -> str:
    """A picture with its words."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _group_rows(report: Report) -> list[tuple[str, str, str]]:
    return [(name, str(count), f"{share:.1%}") for name, (count, share) in report.by_group.items()]


def _with_interval(found: Interval) -> str:
    return f"{found.value:.1%} (95 %: {found.low:.1%} to {found.high:.1%})"


def _of(lines: Sequence[int], total: int) -> str:
    return f"{len(lines)} of {total}" + (f" ({len(lines) / total:.1%})" if total else "")


def _numbers(lines: Sequence[int]) -> str:
    return ", ".join(str(n) for n in lines) or "none"


def _read_as(found: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in found)
