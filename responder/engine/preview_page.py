"""`responder preview`: every reply of an office as one page that needs nothing else: no script, no other file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape

from responder.drafting.packs import Packs
from responder.drafting.preview import Row, replies

HANDLING = {"reply": "a reply", "no_reply": "no reply", "person": "a person"}
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; max-width: 60rem; margin: 0 auto; padding: 1rem }
nav ul { columns: 3 14rem; padding-left: 1.2rem }
article { border: 1px solid #767676; border-radius: 4px; padding: .5rem 1rem; margin: 1rem 0; break-inside: avoid }
.where { font-size: .875rem; margin: .25rem 0; color: #454545 }
.part { margin: .5rem 0 }
.clauses { font-size: .8125rem; color: #454545 }
@media print { nav { display: none } body { max-width: none } }
"""


def page(packs: Packs, office: str, at: datetime) -> str:
    """The page as HTML. Replies that read the same stand once, with all the places where they hold."""
    settings = packs.office(office)
    rows = replies(packs, office, at)
    by_intent: dict[str, list[Row]] = {}
    for row in rows:
        by_intent.setdefault(row.intent, []).append(row)
    name = escape(settings.name["en"])
    links = "".join(f'<li><a href="#{i}">{escape(packs.intents[i].title)}</a></li>' for i in by_intent)
    body = "".join(_intent(packs, intent, found) for intent, found in by_intent.items())
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Replies of {name}</title><style>{STYLE}</style></head><body>"
        f"<h1>Replies of {name}</h1><p>As of {at:%d %B %Y, %H:%M}; {len(rows):,} cases.</p>"
        f'<nav aria-label="Intents"><ul>{links}</ul></nav><main>{body}</main></body></html>\n'
    )


def _intent(packs: Packs, intent: str, rows: Iterable[Row]) -> str:
    groups: dict[tuple[str, str | None, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.draft.handling, row.draft.reply, row.language), []).append(row)
    cards = "".join(_card(found) for found in groups.values())
    title = escape(packs.intents[intent].title)
    return f'<section><h2 id="{intent}">{title} <small>({intent})</small></h2>{cards}</section>'


def _card(rows: list[Row]) -> str:
    """One reply, where it is used, and the clauses of each passage."""
    drafted, language = rows[0].draft, rows[0].language
    parts = "".join(
        f'<p class="part" lang="{language}">{escape(p.text)}<br>'
        f'<span class="clauses" lang="en">{escape(", ".join(p.clauses))}</span></p>'
        for p in drafted.parts
    )
    missing = f'<p class="where">Missing: {escape(", ".join(drafted.missing))}</p>' if drafted.missing else ""
    warnings = "".join(f'<p class="where">{escape(w.text)}</p>' for w in drafted.warnings)
    return (
        f'<article><p class="where"><b>{HANDLING[drafted.handling]}</b>: {escape(_where(rows))}</p>'
        f"{parts or '<p>(no words)</p>'}{missing}{warnings}</article>"
    )


def _where(rows: list[Row]) -> str:
    """The channels, with the hours where they matter.

    A channel that has the reply both in and out of hours is named alone.
    """
    hours: dict[str, set[bool]] = {}
    for row in rows:
        hours.setdefault(row.channel, set()).add(row.out_of_hours)
    both = [c for c, found in hours.items() if len(found) == 2]
    inside = [f"{c} in hours" for c, found in hours.items() if found == {False}]
    outside = [f"{c} out of hours" for c, found in hours.items() if found == {True}]
    return "; ".join([*both, *inside, *outside]) + f" ({rows[0].language})"
