"""What the desk can say about itself: in time or not, how long, what became of the drafts. Figures only, no words.

Every figure is about the messages that arrived in a `Scope`: a run of London days, some offices, perhaps one channel
or one intent. A message counts by the state that it is in at the time of looking.

>>> scope = Scope(("cleveland-opcc",), date(2026, 11, 1), date(2026, 11, 20))
>>> outcomes(connection, scope, now).total.in_time  # doctest: +SKIP
412
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import states
from responder.desk.changes import CHANGED, REMOVED
from responder.desk.clocks import KINDS, TARGET
from responder.desk.priority import DANGER
from responder.desk.tables import approval, clock, correction, message, reply
from responder.drafting.calendar import LONDON

ANEW_BELOW = 0.3  # a reply that has less than this share in common with its draft was written anew
SENT_BACK = "sent-back"
DIMENSIONS = ("intent", "channel", "office")
ALL = ("all", None)


@dataclass(frozen=True)
class Scope:
    """Which messages are counted: those that arrived at `offices` from `first` to `last` (both included, London)."""

    offices: tuple[str, ...]
    first: date
    last: date
    channel: str | None = None
    intent: str | None = None

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def condition(self) -> Any:
        """As a condition on `message`."""
        start = datetime.combine(self.first, time(), LONDON)
        end = datetime.combine(self.last + timedelta(days=1), time(), LONDON)
        asked = [message.c.office.in_(self.offices), message.c.received_at >= start, message.c.received_at < end]
        if self.channel is not None:
            asked.append(message.c.channel == self.channel)
        if self.intent is not None:
            asked.append(message.c.intent == self.intent)
        return sa.and_(*asked)


@dataclass(frozen=True)
class Day:
    """What arrived on one day, and how much of it was danger."""

    day: date
    arrivals: int = 0
    danger: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of messages against one clock; the seven together are all that arrived."""

    in_time: int = 0  # answered before the clock ran out
    late: int = 0  # answered after it
    untimed: int = 0  # answered; no such clock
    closed: int = 0  # no reply was needed
    waiting: int = 0  # to be answered; the clock runs
    overdue: int = 0  # to be answered; the clock ran out
    standing: int = 0  # to be answered; no such clock

    @property
    def arrivals(self) -> int:
        """All of them."""
        return sum(getattr(self, each.name) for each in fields(self))

    @property
    def answered(self) -> int:
        """Answered, in time or not."""
        return self.in_time + self.late + self.untimed

    @property
    def open(self) -> int:
        """Somebody still has to do something."""
        return self.waiting + self.overdue + self.standing

    @property
    def decided(self) -> int:
        """Those of which it is known whether they were in time."""
        return self.in_time + self.late + self.overdue

    @property
    def share_in_time(self) -> float | None:
        """Of those decided, 0 to 1; None where none is."""
        return self.in_time / self.decided if self.decided else None


@dataclass(frozen=True)
class Spread:
    """How long something took, in minutes, each begun one counted: half took `median` or less, nine of ten `ninth`."""

    count: int
    median: int
    ninth: int
    longest: int


@dataclass(frozen=True)
class Group:
    """The messages of one intent (None: not read yet), channel or office."""

    name: str | None
    outcome: Outcome
    answer: Spread | None


@dataclass(frozen=True)
class Outcomes:
    """Against the office's own target: all messages, and by intent, channel and office, the most first.

    `minutes` counts the answered ones by how long the answer took.
    """

    total: Outcome
    minutes: Mapping[int, int]
    by: Mapping[str, tuple[Group, ...]]


@dataclass(frozen=True)
class Fate:
    """How the replies to one intent went out, against their drafts."""

    intent: str | None
    unchanged: int = 0
    changed: int = 0
    anew: int = 0
    undrafted: int = 0

    @property
    def replies(self) -> int:
        """All of them."""
        return self.unchanged + self.changed + self.anew + self.undrafted


@dataclass(frozen=True)
class ClauseUse:
    """How often staff changed or took out the parts that rest on some clauses, and for which intent most."""

    clauses: tuple[str, ...]
    drafted: int
    changed: int
    removed: int
    intent: str | None

    @property
    def touched(self) -> int:
        """Changed or taken out."""
        return self.changed + self.removed


@dataclass(frozen=True)
class Drafts:
    """What became of the drafts: by intent, the most first; and by clause, the most touched first."""

    fates: tuple[Fate, ...]
    clauses: tuple[ClauseUse, ...]


@dataclass(frozen=True)
class Misreading:
    """How many messages were read as one thing and are another."""

    read_as: str | None
    correct: str
    messages: int


@dataclass(frozen=True)
class Corrections:
    """What staff put right, of how many messages that were read; `intents` and `dangers`, the most frequent first."""

    read: int
    corrected: int
    intents: tuple[Misreading, ...]
    dangers: tuple[Misreading, ...]


@dataclass(frozen=True)
class Approvals:
    """How replies of one office waited for approval. `asked` counts replies, `sent_back` decisions."""

    office: str
    asked: int
    approved: int
    sent_back: int
    wait: Spread | None
    waiting: int
    waited: int | None  # minutes that the one that waits longest has waited by now


@dataclass(frozen=True)
class Danger:
    """How soon messages of one office that may mean danger were first opened; `minutes` counts them by how long."""

    office: str
    unseen: int
    seen: Spread | None
    minutes: Mapping[int, int]


def days(connection: Connection, scope: Scope) -> tuple[Day, ...]:
    """Every day of the scope, with those on which nothing came."""
    if connection.dialect.name == "postgresql":
        hour = sa.func.to_char(message.c.received_at, "YYYY-MM-DD HH24")
    else:
        hour = sa.func.substr(message.c.received_at, 1, 13, type_=sa.String)
    query = (
        sa.select(hour.label("hour"), sa.func.count(), sa.func.sum(sa.case((message.c.rank == DANGER, 1), else_=0)))
        .where(scope.condition())
        .group_by("hour")
    )
    arrivals: Counter[date] = Counter()
    danger: Counter[date] = Counter()
    for said, count, dangerous in connection.execute(query):
        at = datetime.strptime(said, "%Y-%m-%d %H").replace(tzinfo=timezone.utc)  # London's days begin on full hours
        arrivals[at.astimezone(LONDON).date()] += count
        danger[at.astimezone(LONDON).date()] += int(dangerous)
    every = (scope.first + timedelta(days=number) for number in range(scope.days))
    return tuple(Day(day, arrivals[day], danger[day]) for day in every)


def outcomes(connection: Connection, scope: Scope, now: datetime) -> Outcomes:
    """What was answered in time against the office's own target, and how long answers took."""
    counted: dict[tuple[str, str | None], Counter[str]] = {}
    for *names, outcome, count in connection.execute(_by_target(scope, now)):
        for key in (ALL, *zip(DIMENSIONS, names)):
            counted.setdefault(key, Counter())[outcome] += count
    took: dict[tuple[str, str | None], Counter[int]] = {}
    for *names, minutes, count in connection.execute(_answer_minutes(connection, scope)):
        for key in (ALL, *zip(DIMENSIONS, names)):
            took.setdefault(key, Counter())[minutes] += count
    groups = {key: Group(key[1], Outcome(**found), spread(took.get(key, {}))) for key, found in counted.items()}
    return Outcomes(
        total=groups.pop(ALL, Group(None, Outcome(), None)).outcome,
        minutes=dict(took.get(ALL, {})),
        by={name: _most_first(group for key, group in groups.items() if key[0] == name) for name in DIMENSIONS},
    )


def by_clock(connection: Connection, scope: Scope, now: datetime) -> dict[str, Outcome]:
    """For each kind of clock that ran for any message: what became of those messages, against the first of the kind."""
    due = sa.func.min(clock.c.due_at)
    each = (
        sa.select(clock.c.kind, _outcome(due, now).label("outcome"))
        .select_from(message.join(clock, clock.c.message_id == message.c.id))
        .where(scope.condition())
        .group_by(message.c.id, message.c.state, message.c.settled_at, clock.c.kind)
        .subquery()
    )
    query = sa.select(each.c.kind, each.c.outcome, sa.func.count()).group_by(each.c.kind, each.c.outcome)
    found: dict[str, dict[str, int]] = {}
    for kind, outcome, count in connection.execute(query):
        found.setdefault(kind, {})[outcome] = count
    return {kind: Outcome(**found[kind]) for kind in (*KINDS, *sorted(set(found) - set(KINDS))) if kind in found}


def drafts(connection: Connection, scope: Scope) -> Drafts:
    """How approved replies went out against their drafts, and the parts of drafts that did not stay."""
    said = sa.cast(reply.c.changes, sa.Text)
    query = (
        sa.select(
            message.c.intent, (reply.c.drafted == "").label("undrafted"), said.label("told"), sa.func.count().label("n")
        )
        .select_from(reply.join(message, message.c.id == reply.c.message_id))
        .where(scope.condition(), reply.c.changes.is_not(None), reply.c.state.in_((states.READY, states.SENT)))
        .group_by("intent", "undrafted", "told")
    )
    fates: dict[str | None, Counter[str]] = {}
    used: dict[tuple[str, ...], Counter[str]] = {}
    where: dict[tuple[str, ...], Counter[str | None]] = {}
    for intent, undrafted, text, count in connection.execute(query):
        told = json.loads(text)
        if told is None:
            continue
        fates.setdefault(intent, Counter())["undrafted" if undrafted else _fate(told)] += count
        for part in () if undrafted else told["parts"]:
            clauses = tuple(part["clauses"])
            used.setdefault(clauses, Counter()).update({"drafted": count, part["fate"]: count})
            if part["fate"] in (CHANGED, REMOVED):
                where.setdefault(clauses, Counter())[intent] += count
    uses = [
        ClauseUse(clauses, n["drafted"], n[CHANGED], n[REMOVED], where[clauses].most_common(1)[0][0])
        for clauses, n in used.items()
        if clauses in where
    ]
    return Drafts(
        fates=tuple(sorted((Fate(i, **n) for i, n in fates.items()), key=lambda f: (-f.replies, f.intent or ""))),
        clauses=tuple(sorted(uses, key=lambda use: (-use.touched, -use.touched / use.drafted, use.clauses))),
    )


def corrections(connection: Connection, scope: Scope) -> Corrections:
    """What messages were read as, and what staff said they are."""
    joined = correction.join(message, message.c.id == correction.c.message_id)
    messages = sa.func.count(correction.c.message_id.distinct())
    read = sa.select(sa.func.count()).select_from(message).where(scope.condition(), message.c.assessed_at.is_not(None))
    corrected = (
        sa.select(messages)
        .select_from(joined)
        .where(
            scope.condition(),
            sa.or_(
                _differ(correction.c.read_as, correction.c.intent),
                _differ(correction.c.read_danger, correction.c.danger),
            ),
        )
    )
    return Corrections(
        read=connection.execute(read).scalar_one(),
        corrected=connection.execute(corrected).scalar_one(),
        intents=_misreadings(connection, scope, correction.c.read_as, correction.c.intent),
        dangers=_misreadings(connection, scope, correction.c.read_danger, correction.c.danger),
    )


def approvals(connection: Connection, scope: Scope, now: datetime) -> tuple[Approvals, ...]:
    """How replies waited for approval, by office; only offices where any was asked for."""
    waited = _minutes(connection, reply.c.asked_at, reply.c.approved_at).label("minutes")
    state = sa.case(
        (reply.c.approved_at.is_not(None), "approved"), (reply.c.state == states.ASKED, "waiting"), else_="other"
    ).label("what")
    joined = reply.join(message, message.c.id == reply.c.message_id)
    query = (
        sa.select(message.c.office, state, waited, sa.func.count(), sa.func.min(reply.c.asked_at))
        .select_from(joined)
        .where(scope.condition(), reply.c.asked_at.is_not(None))
        .group_by("office", "what", "minutes")
    )
    took: dict[str, Counter[int]] = {}
    asked: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    since: dict[str, datetime] = {}
    for office, what, minutes, count, first in connection.execute(query):
        asked[office] += count
        if what == "approved":
            took.setdefault(office, Counter())[minutes] += count
        elif what == "waiting":
            waiting[office] += count
            since[office] = min(first, since.get(office, first))
    back = (
        sa.select(message.c.office, sa.func.count())
        .select_from(joined.join(approval, approval.c.reply_id == reply.c.id))
        .where(scope.condition(), approval.c.decision == SENT_BACK)
        .group_by("office")
    )
    sent_back = dict(connection.execute(back).all())
    return tuple(
        Approvals(
            office=office,
            asked=asked[office],
            approved=sum(took.get(office, Counter()).values()),
            sent_back=sent_back.get(office, 0),
            wait=spread(took.get(office, {})),
            waiting=waiting[office],
            waited=_passed(since[office], now) if office in since else None,
        )
        for office in sorted(set(asked) | set(sent_back))
    )


def danger(connection: Connection, scope: Scope) -> tuple[Danger, ...]:
    """How soon messages that may mean danger were first opened by a person, by office; only offices that had any."""
    query = (
        sa.select(
            message.c.office,
            _minutes(connection, message.c.received_at, message.c.seen_at).label("minutes"),
            sa.func.count().label("messages"),
        )
        .where(scope.condition(), message.c.rank == DANGER)
        .group_by("office", "minutes")
    )
    seen: dict[str, Counter[int]] = {}
    unseen: Counter[str] = Counter()
    for office, minutes, count in connection.execute(query):
        found = seen.setdefault(office, Counter())
        if minutes is None:
            unseen[office] += count
        else:
            found[minutes] += count
    return tuple(Danger(office, unseen[office], spread(found), dict(found)) for office, found in sorted(seen.items()))


def spread(minutes: Mapping[int, int]) -> Spread | None:
    """The spread of durations that are given as minutes and how often each was; None where there is none.

    >>> spread({1: 5, 10: 4, 100: 1})
    Spread(count=10, median=1, ninth=10, longest=100)
    """
    count = sum(minutes.values())
    if not count:
        return None
    return Spread(count, _reached(minutes, count, 5), _reached(minutes, count, 9), max(minutes))


def _reached(minutes: Mapping[int, int], count: int, tenths: int) -> int:
    """The least duration that this many tenths of all do not exceed."""
    passed = 0
    for length in sorted(minutes):
        passed += minutes[length]
        if passed * 10 >= count * tenths:
            return length
    raise AssertionError("all durations together are fewer than some")


def _passed(start: datetime, end: datetime) -> int:
    """Whole minutes that passed, also over a night in which the clocks change."""
    return int((end.astimezone(timezone.utc) - start.astimezone(timezone.utc)).total_seconds() // 60)


def _by_target(scope: Scope, now: datetime) -> Any:
    due = (
        sa.select(sa.func.min(clock.c.due_at))
        .where(clock.c.message_id == message.c.id, clock.c.kind == TARGET)
        .scalar_subquery()
    )
    return (
        sa.select(
            *(message.c[name] for name in DIMENSIONS),
            _outcome(due, now).label("outcome"),
            sa.func.count().label("messages"),
        )
        .where(scope.condition())
        .group_by(*DIMENSIONS, "outcome")
    )


def _outcome(due: Any, now: datetime) -> Any:
    """The field of Outcome that a message counts in; `due` is when its clock runs out, or null."""
    return sa.case(
        (message.c.state == states.CLOSED, "closed"),
        (
            message.c.state == states.ANSWERED,
            sa.case((due.is_(None), "untimed"), (message.c.settled_at <= due, "in_time"), else_="late"),
        ),
        else_=sa.case((due.is_(None), "standing"), (due < now, "overdue"), else_="waiting"),
    )


def _answer_minutes(connection: Connection, scope: Scope) -> Any:
    return (
        sa.select(
            *(message.c[name] for name in DIMENSIONS),
            _minutes(connection, message.c.received_at, message.c.settled_at).label("minutes"),
            sa.func.count().label("messages"),
        )
        .where(scope.condition(), message.c.state == states.ANSWERED, message.c.settled_at.is_not(None))
        .group_by(*DIMENSIONS, "minutes")
    )


def _minutes(connection: Connection, start: Any, end: Any) -> Any:
    """Minutes from one time to another, each begun one counted, none below 0; null where either is."""
    seconds = _seconds(connection, end) - _seconds(connection, start)
    return sa.case((seconds < 0, 0), else_=(seconds + 59) / 60)


def _seconds(connection: Connection, column: Any) -> Any:
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.func.floor(sa.extract("epoch", column)), sa.BigInteger)
    return sa.cast(sa.func.strftime("%s", column), sa.Integer)


def _fate(told: Mapping[str, Any]) -> str:
    if told["same"]:
        return "unchanged"
    return "anew" if told["similarity"] < ANEW_BELOW else "changed"


def _misreadings(connection: Connection, scope: Scope, read_as: Any, correct: Any) -> tuple[Misreading, ...]:
    query = (
        sa.select(read_as, correct, sa.func.count(correction.c.message_id.distinct()))
        .select_from(correction.join(message, message.c.id == correction.c.message_id))
        .where(scope.condition(), _differ(read_as, correct))
        .group_by(read_as, correct)
    )
    found = [Misreading(*row) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda pair: (-pair.messages, pair.read_as or "", pair.correct)))


def _differ(read_as: Any, correct: Any) -> Any:
    return sa.or_(read_as.is_(None), read_as != correct)


def _most_first(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda group: (-group.outcome.arrivals, group.name or "")))
