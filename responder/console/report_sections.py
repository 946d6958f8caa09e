"""The sections of `/reports`: each asks a question, answers it in a sentence, shows it, and gives the figures.

The figures are one Table, which the page shows and the CSV file holds. No cell comes from a message, a reply, a handle
or anything that staff wrote.

>>> [section.id for section in sections(Figures(connection, packs, scope, now))]  # doctest: +SKIP
['in-time', 'danger', 'answers', 'arrivals', 'intents', 'channels', 'offices', 'drafts', 'clauses', …]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy.engine import Connection

from responder.console import csv_files, desk_words, plots, sheet
from responder.console import report_words as say
from responder.desk import clocks, reports
from responder.desk.reports import Outcome, Scope, Spread
from responder.errors import UnknownName

TEXT, COUNT, PERCENT, MINUTES, DAY = "text", "count", "percent", "minutes", "day"
UNITS = {PERCENT: " (%)", MINUTES: " (minutes)"}
NOT_READ = "Not read yet"
MOST_BARS = 10
FEW = 5  # answers; of fewer, a middle says little
LONGEST_DAILY = 92  # days; beyond it the picture counts by week
ANSWER_BANDS = (
    (60, "Within an hour"),
    (4 * 60, "1 to 4 hours"),
    (24 * 60, "4 to 24 hours"),
    (2 * 24 * 60, "1 to 2 days"),
    (5 * 24 * 60, "2 to 5 days"),
    (None, "Longer"),
)
SEEN_BANDS = (
    (5, "Within 5 minutes"),
    (15, "5 to 15 minutes"),
    (60, "15 minutes to an hour"),
    (4 * 60, "1 to 4 hours"),
    (None, "Longer"),
)
DANGERS = {"alarm": "Danger now", "possible": "Danger can't be ruled out", "none": "No danger"}
OUTCOMES = (
    ("In time", plots.SOLID),
    ("Late", plots.HATCH),
    ("To answer, late already", plots.CROSS),
    ("To answer, still in time", plots.OPEN),
    ("Closed without a reply", plots.DOTS),
)
FATES = (
    ("As drafted", plots.SOLID),
    ("Changed", plots.HATCH),
    ("Written anew", plots.CROSS),
    ("Without a draft", plots.OPEN),
)
PARTS = (("Kept", plots.SOLID), ("Changed", plots.HATCH), ("Taken out", plots.OPEN))


@dataclass(frozen=True)
class Column:
    """A column of a table; `kind` says how its cells are written."""

    title: str
    kind: str = COUNT

    @property
    def csv_title(self) -> str:
        """With the unit that its numbers are in."""
        return self.title + UNITS.get(self.kind, "")


@dataclass(frozen=True)
class Table:
    """What the page shows and the CSV file holds. A cell is text, a number, a day, or None where there is none."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[csv_files.Cell, ...], ...]

    def as_csv(self) -> bytes:
        """The CSV file."""
        return csv_files.write([column.csv_title for column in self.columns], self.rows)


@dataclass(frozen=True)
class Section:
    """One question. `plot` is None where there is nothing to show; `figure` is the answer in the fewest letters."""

    id: str
    question: str
    answer: str
    table: Table
    plot: plots.Bars | plots.Columns | None = None
    note: str = ""
    figure: str = ""
    figure_of: str = ""


class Figures:
    """What the sections are made of, looked up once each, in one transaction."""

    def __init__(self, connection: Connection, packs: Any, scope: Scope, now: datetime) -> None:
        self.connection, self.packs, self.scope, self.now = connection, packs, scope, now

    @cached_property
    def outcomes(self) -> reports.Outcomes:
        """Against the offices' own targets."""
        return reports.outcomes(self.connection, self.scope, self.now)

    @cached_property
    def drafts(self) -> reports.Drafts:
        """What became of drafts."""
        return reports.drafts(self.connection, self.scope)

    def office(self, id_: str | None) -> str:
        """An office's name."""
        known = self.packs.offices.get(id_)
        return sheet.in_english(known.short_name) if known else str(id_)

    def channel(self, id_: str | None) -> str:
        """A channel's name."""
        known = self.packs.channels.get(id_)
        return str(known.title) if known else str(id_)

    def intent(self, id_: str | None) -> str:
        """What a kind of message is called."""
        known = self.packs.intents.get(id_)
        return str(known.title) if known else id_ or NOT_READ

    def clauses(self, ids: Iterable[str]) -> str:
        """The titles of clauses, each once."""
        return "; ".join(dict.fromkeys(self._title(id_) for id_ in ids)) or "No clause: greeting, close and the like"

    def _title(self, id_: str) -> str:
        try:
            return str(self.packs.clause(id_).title)
        except UnknownName:
            return id_


def sections(figures: Figures) -> tuple[Section, ...]:
    """All of them, in the order of the page."""
    return tuple(make(figures) for id_, make in MAKERS.items() if id_ != "offices" or len(figures.scope.offices) > 1)


def in_time(figures: Figures) -> Section:
    """Did we answer in time?"""
    found = reports.by_clock(figures.connection, figures.scope, figures.now)
    named = [(say.capital(desk_words.CLOCKS.get(kind, kind)), outcome) for kind, outcome in found.items()]
    target = found.get(clocks.TARGET, Outcome())
    return Section(
        "in-time",
        "Did we answer in time?",
        _in_time_said(found, figures.outcomes.total.arrivals),
        Table(
            (
                Column("Clock", TEXT), Column("Messages"), Column("In time"), Column("Late"),
                Column("To answer, late already"), Column("To answer, still in time"),
                Column("Closed without a reply"), Column("In time, of those due", PERCENT),
            ),
            tuple((name, one.arrivals, *_against_clock(one), say.percentage(one.share_in_time)) for name, one in named),
        ),
        plots.stacked(
            [(name, say.messages(one.arrivals), _against_clock(one)) for name, one in named], OUTCOMES
        ) if named else None,
        note="The first answer counts, from arrival, nights and weekends included. A message with several dates in law "
        "or policy counts by the first. “Of those due”: answered, or late already.",
        figure=say.per_cent(target.share_in_time),
        figure_of="answered within the target" if target.arrivals else "no target is set",
    )  # fmt: skip


def danger(figures: Figures) -> Section:
    """How soon was danger seen?"""
    found = reports.danger(figures.connection, figures.scope)
    seen: Counter[int] = Counter()
    for one in found:
        seen.update(one.minutes)
    unseen = sum(one.unseen for one in found)
    spread, bands = reports.spread(seen), _banded(seen, SEEN_BANDS)
    answer = "No message was taken for danger."
    if found:
        count = sum(seen.values()) + unseen
        answer = f"{say.messages(count)} {say.were(count)} taken for danger."
        if spread:
            answer += (
                f" Half were opened within {say.length(spread.median)}, the slowest after {say.length(spread.longest)}."
            )
        answer += f" Not opened yet: {unseen:,}." if unseen else ""
    titles = [title for _, title in SEEN_BANDS]
    return Section(
        "danger",
        "How soon was danger seen?",
        answer,
        Table(
            (
                Column("Office", TEXT), Column("Messages"), *(Column(title) for title in titles),
                Column("Not opened yet"), Column("Half opened within", MINUTES), Column("Slowest", MINUTES),
            ),
            tuple(
                (
                    figures.office(one.office), sum(one.minutes.values()) + one.unseen,
                    *_banded(one.minutes, SEEN_BANDS), one.unseen, *_median_and_longest(one.seen),
                )
                for one in found
            ),
        ),
        _bars([*zip(titles, bands), *([("Not opened yet", unseen)] if unseen else [])]) if found else None,
        note="From arrival until a person first opened the message.",
        figure=say.length(spread.median) if spread else say.NONE,
        figure_of="until half of the danger was opened" if spread else "no danger",
    )  # fmt: skip


def answers(figures: Figures) -> Section:
    """How long did an answer take?"""
    minutes = figures.outcomes.minutes
    spread, bands = reports.spread(minutes), _banded(minutes, ANSWER_BANDS)
    titles = [title for _, title in ANSWER_BANDS]
    count = sum(bands)
    answer = "Nothing was answered yet."
    if spread:
        answer = (
            f"Half were answered within {say.length(spread.median)}, nine of ten within {say.length(spread.ninth)}."
        )
    return Section(
        "answers",
        "How long did an answer take?",
        answer,
        Table(
            (Column("First answer", TEXT), Column("Messages"), Column("Of those answered", PERCENT)),
            tuple((title, n, say.percentage(n / count if count else None)) for title, n in zip(titles, bands)),
        ),
        _bars(zip(titles, bands)) if count else None,
        note="From arrival to the first answer, nights and weekends included.",
        figure=say.length(spread.median) if spread else say.NONE,
        figure_of="until half were answered" if spread else "nothing answered yet",
    )


def arrivals(figures: Figures) -> Section:
    """How much came in?"""
    found = reports.days(figures.connection, figures.scope)
    total, dangerous = sum(day.arrivals for day in found), sum(day.danger for day in found)
    most = max(found, key=lambda day: day.arrivals)
    answer = "Nothing came in."
    if total:
        answer = f"{say.messages(total)} in {say.days(len(found))}, {total / len(found):.3g} a day."
        answer += f" Most came on {say.full_day(most.day)} ({most.arrivals:,})." if len(found) > 1 else ""
        answer += f" {dangerous:,} {say.were(dangerous)} taken for danger." if dangerous else ""
    weekly = len(found) > LONGEST_DAILY
    counts = _by_week(found) if weekly else [(day.day, day.arrivals) for day in found]
    said = f"Messages by {'week' if weekly else 'day'}. {answer}"
    return Section(
        "arrivals",
        "How much came in?",
        answer,
        Table(
            (Column("Day", DAY), Column("Messages"), Column("Danger")),
            tuple((day.day, day.arrivals, day.danger) for day in found),
        ),
        plots.columns(counts, said) if total else None,
        note="The picture counts by week, from Monday." if weekly else "",
        figure=f"{total:,}",
        figure_of="message came in" if total == 1 else "messages came in",
    )


def intents(figures: Figures) -> Section:
    """What do people write about?"""
    groups = figures.outcomes.by["intent"]
    return _grouped("intents", "What do people write about?", "Kind of message", groups, figures.intent)


def channels(figures: Figures) -> Section:
    """Where do people write?"""
    groups = figures.outcomes.by["channel"]
    return _grouped("channels", "Where do people write?", "Channel", groups, figures.channel)


def offices(figures: Figures) -> Section:
    """How do the offices compare?"""
    groups = figures.outcomes.by["office"]
    return _grouped("offices", "How do the offices compare?", "Office", groups, figures.office)


def drafts(figures: Figures) -> Section:
    """Did drafts go out as they were?"""
    fates = figures.drafts.fates
    total, same = sum(fate.replies for fate in fates), sum(fate.unchanged for fate in fates)
    changed, anew = sum(fate.changed for fate in fates), sum(fate.anew for fate in fates)
    undrafted = sum(fate.undrafted for fate in fates)
    answer = "No reply was approved yet."
    if total:
        answer = f"Of {say.replies(total)} approved, {same:,} went out word for word as drafted"
        answer += f" ({say.per_cent(same / total)}), {changed:,} with changes, {anew:,} written anew."
        answer += f" {undrafted:,} had no draft." if undrafted else ""
    return Section(
        "drafts",
        "Did drafts go out as they were?",
        answer,
        Table(
            (
                Column("Kind of message", TEXT), Column("Replies"), *(Column(title) for title, _ in FATES),
                Column("As drafted, of all", PERCENT),
            ),
            tuple(
                (figures.intent(f.intent), f.replies, *_fate(f), say.percentage(f.unchanged / f.replies)) for f in fates
            ),
        ),
        plots.stacked(
            [(figures.intent(f.intent), say.replies(f.replies), _fate(f)) for f in fates[:MOST_BARS]], FATES
        ) if fates else None,
        note="“Written anew”: less than three words of ten are the draft's. "
        "Only line ends and spaces changed: as drafted." + _first_only(len(fates)),
        figure=say.per_cent(same / total if total else None),
        figure_of="went out as drafted" if total else "no reply approved yet",
    )  # fmt: skip


def clauses(figures: Figures) -> Section:
    """Which words of the drafts do we change?"""
    found = figures.drafts.clauses
    answer = "All words of all drafts went out as they were." if figures.drafts.fates else "No reply was approved yet."
    if found:
        first = found[0]
        answer = f"Most often the words that rest on “{figures.clauses(first.clauses)}”: changed or taken out in "
        answer += f"{first.touched:,} of {say.drafts(first.drafted)}. What is often changed needs another look."
    return Section(
        "clauses",
        "Which words of the drafts do we change?",
        answer,
        Table(
            (
                Column("Rests on", TEXT), Column("Clauses", TEXT), Column("Most often for", TEXT),
                Column("Drafts with it"), *(Column(title) for title, _ in PARTS),
                Column("Changed or taken out", PERCENT),
            ),
            tuple(
                (
                    figures.clauses(use.clauses), ", ".join(use.clauses) or None, figures.intent(use.intent),
                    use.drafted, *_part(use), say.percentage(use.touched / use.drafted),
                )
                for use in found
            ),
        ),
        plots.stacked(
            [(figures.clauses(use.clauses), f"in {say.drafts(use.drafted)}", _part(use)) for use in found[:MOST_BARS]],
            PARTS,
        ) if found else None,
        note="The words of a draft by the clauses that they rest on; those that always stayed are not listed."
        + _first_only(len(found)),
    )  # fmt: skip


def corrections(figures: Figures) -> Section:
    """What was read wrongly?"""
    found = reports.corrections(figures.connection, figures.scope)
    rows = [
        *(("Kind", figures.intent(p.read_as), figures.intent(p.correct), p.messages) for p in found.intents),
        *(("Danger", _danger(p.read_as), _danger(p.correct), p.messages) for p in found.dangers),
    ]  # fmt: skip
    answer = f"Staff put right the reading of {found.corrected:,} of {say.messages(found.read)}."
    return Section(
        "corrections",
        "What was read wrongly?",
        answer if found.read else "No message was read yet.",
        Table(
            (Column("What", TEXT), Column("Read as", TEXT), Column("Is", TEXT), Column("Messages")),
            tuple(rows),
        ),
        _bars((f"{read} → {is_}", count) for _, read, is_, count in rows[:MOST_BARS]) if rows else None,
        note="A message whose kind and danger were both put right stands in two rows." + _first_only(len(rows)),
    )


def approvals(figures: Figures) -> Section:
    """How long do replies wait for approval?"""
    found = reports.approvals(figures.connection, figures.scope, figures.now)
    asked, back = sum(one.asked for one in found), sum(one.sent_back for one in found)
    waiting = sum(one.waiting for one in found)
    waits = [(figures.office(one.office), one.wait) for one in found if one.wait]
    answer = "Nobody asked for approval."
    if asked:
        answer = f"{say.replies(asked)} {say.were(asked)} put up for approval. "
        answer += f"Half were approved within {say.length(waits[0][1].median)}. " if len(waits) == 1 else ""
        answer += f"Sent back: {say.times(back)}. " if back else "None was sent back. "
        answer += f"{waiting:,} {'waits' if waiting == 1 else 'wait'} now." if waiting else "None waits now."
    return Section(
        "approvals",
        "How long do replies wait for approval?",
        answer,
        Table(
            (
                Column("Office", TEXT), Column("Asked for"), Column("Approved"), Column("Times sent back"),
                Column("Half approved within", MINUTES), Column("Nine of ten within", MINUTES),
                Column("Slowest", MINUTES),
                Column("Waiting now"), Column("Waits longest", MINUTES),
            ),
            tuple(
                (
                    figures.office(one.office), one.asked, one.approved, one.sent_back,
                    *_median_and_ninth(one.wait), one.wait.longest if one.wait else None, one.waiting, one.waited,
                )
                for one in found
            ),
        ),
        plots.bars([(name, wait.median, f"half within {say.length(wait.median)}") for name, wait in waits])
        if waits else None,
        note="From asking (the last time, where a reply was sent back) to the last approval.",
    )  # fmt: skip


MAKERS: Mapping[str, Callable[[Figures], Section]] = {
    "in-time": in_time,
    "danger": danger,
    "answers": answers,
    "arrivals": arrivals,
    "intents": intents,
    "channels": channels,
    "offices": offices,
    "drafts": drafts,
    "clauses": clauses,
    "corrections": corrections,
    "approvals": approvals,
}


def written(cell: csv_files.Cell, kind: str) -> str:
    """A cell as the page writes it."""
    if cell is None:
        return say.NONE
    if kind == COUNT:
        return f"{cell:,}"
    if kind == PERCENT:
        return f"{cell} %"
    if kind == MINUTES:
        return say.length(int(str(cell)))
    return say.full_day(cell) if isinstance(cell, date) else str(cell)


def _grouped(
    id_: str, question: str, title: str, groups: Sequence[reports.Group], name: Callable[[str | None], str]
) -> Section:
    total = sum(group.outcome.arrivals for group in groups)
    answer = "Nothing came in."
    if groups:
        first = groups[0]
        answer = f"Most often: {name(first.name)}, {first.outcome.arrivals:,} of {say.messages(total)}"
        answer += f" ({say.per_cent(first.outcome.arrivals / total)})."
        timed = [(g.answer.median, name(g.name)) for g in groups if g.answer and g.answer.count >= FEW]
        if len(timed) > 1:
            answer += f" The longest until half were answered: {max(timed)[1]}, {say.length(max(timed)[0])}."
    return Section(
        id_,
        question,
        answer,
        Table(
            (
                Column(title, TEXT), Column("Messages"), Column("Answered"), Column("Closed without a reply"),
                Column("To answer"), Column("To answer, late already"), Column("Answered late"),
                Column("Within the target, of those due", PERCENT), Column("Half answered within", MINUTES),
                Column("Nine of ten within", MINUTES),
            ),
            tuple(
                (
                    name(group.name), one.arrivals, one.answered, one.closed, one.open, one.overdue, one.late,
                    say.percentage(one.share_in_time), *_median_and_ninth(group.answer),
                )
                for group in groups
                for one in (group.outcome,)
            ),
        ),
        _bars((name(group.name), group.outcome.arrivals) for group in groups[:MOST_BARS]) if groups else None,
        note="Late: after the office's own target, where it has one." + _first_only(len(groups)),
    )  # fmt: skip


def _in_time_said(found: Mapping[str, Outcome], arrived: int) -> str:
    target = found.get(clocks.TARGET, Outcome())
    if not target.arrivals:
        rest = " The platforms' windows and the dates in law or policy stand below." if found else ""
        return f"No office target is set for these messages.{rest}"
    said = "Nothing that has a target was due yet."
    if target.decided:
        due = (
            f"{say.messages(target.decided)} that {say.were(target.decided)} due ({say.per_cent(target.share_in_time)})"
        )
        said = f"{target.in_time:,} of {due} {say.were(target.in_time)} answered within the office's target."
        said += f" {target.late:,} {say.were(target.late)} answered late." if target.late else ""
        said += f" {target.overdue:,} late and not answered yet." if target.overdue else ""
    untimed = arrived - target.arrivals
    return said + (f" {say.messages(untimed)} came to offices that set no target." if untimed else "")


def _against_clock(one: Outcome) -> tuple[int, ...]:
    """In the order of OUTCOMES."""
    return one.in_time, one.late, one.overdue, one.waiting, one.closed


def _fate(one: reports.Fate) -> tuple[int, ...]:
    """In the order of FATES."""
    return one.unchanged, one.changed, one.anew, one.undrafted


def _part(one: reports.ClauseUse) -> tuple[int, ...]:
    """In the order of PARTS."""
    return one.drafted - one.touched, one.changed, one.removed


def _danger(id_: str | None) -> str:
    return DANGERS.get(id_ or "", NOT_READ)


def _banded(minutes: Mapping[int, int], bands: Sequence[tuple[int | None, str]]) -> list[int]:
    """How many stand in each band; a band reaches up to its minutes, and holds them."""
    found = [0] * len(bands)
    for long, count in minutes.items():
        found[next(n for n, (most, _) in enumerate(bands) if most is None or long <= most)] += count
    return found


def _bars(rows: Iterable[tuple[str, int]]) -> plots.Bars:
    return plots.bars([(name, count, f"{count:,}") for name, count in rows])


def _by_week(days: Iterable[reports.Day]) -> list[tuple[date, int]]:
    weeks: Counter[date] = Counter()
    for day in days:
        weeks[day.day - timedelta(days=day.day.weekday())] += day.arrivals
    return sorted(weeks.items())


def _median_and_ninth(spread: Spread | None) -> tuple[int | None, int | None]:
    return (spread.median, spread.ninth) if spread else (None, None)


def _median_and_longest(spread: Spread | None) -> tuple[int | None, int | None]:
    return (spread.median, spread.longest) if spread else (None, None)


def _first_only(count: int) -> str:
    return f" The picture shows the first {MOST_BARS} of {count}." if count > MOST_BARS else ""
