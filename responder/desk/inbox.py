"""The inbox: what is there to do, in the order in which it should be done, and why each stands where it stands.

Danger first, then what the assistant has not read, then what may be danger, then what runs out soon, then age. Each
band is one query along an index, so a page costs the same with a hundred messages as with a hundred thousand.

>>> page = look(connection, account, Filter(), now)  # doctest: +SKIP
>>> [row.band for row in page.rows]  # doctest: +SKIP
[0, 3, 4]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import priority, states
from responder.desk.accounts import Account
from responder.desk.tables import account as account_table
from responder.desk.tables import contact, message, message_flag
from responder.drafting.calendar import LONDON

PAGE = 40
FIRST_WORDS = 110
LONGEST_SEARCH = 200
SOON = timedelta(hours=24)
REMIND = timedelta(days=3)  # so long the bar tells of danger that was answered while something is not done yet
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=timezone.utc), timedelta(microseconds=1)
MOST_COUNTED = 1_000  # beyond this a count says "1,000+", so that counting never costs more than looking
VIEWS = ("to-do", "open", "awaiting", "approved", "settled", "answered", "closed", "undone", "all")
STATES_OF = {
    "to-do": states.TO_DO,
    "open": (states.OPEN,),
    "awaiting": (states.AWAITING,),
    "approved": (states.APPROVED,),
    "settled": states.SETTLED,
    "answered": (states.ANSWERED,),
    "closed": (states.CLOSED,),
    "undone": states.SETTLED,
    "all": states.MESSAGE_STATES,
}


@dataclass(frozen=True)
class Filter:
    """What one wants to see; None or an empty text is everything. `assignee`: me, nobody, or an account's number."""

    view: str = "to-do"
    office: str | None = None
    channel: str | None = None
    intent: str | None = None
    flag: str | None = None
    assignee: str | None = None
    danger: bool = False
    search: str | None = None

    def as_query(self) -> dict[str, str]:
        """The filter as an address carries it; never the words searched for."""
        named = {
            "view": "" if self.view == "to-do" else self.view,
            "office": self.office,
            "channel": self.channel,
            "intent": self.intent,
            "flag": self.flag,
            "assignee": self.assignee,
            "danger": "1" if self.danger else "",
            "search": "on" if self.search else "",
        }
        return {name: value for name, value in named.items() if value}

    @property
    def is_plain(self) -> bool:
        """Whether nothing is filtered beyond what is still to do."""
        return not self.as_query()


@dataclass(frozen=True)
class Row:
    """One line of the inbox. `band` says why it stands where it stands (see desk.priority).

    `first_words` are longer than FIRST_WORDS by one letter where the message goes on.
    """

    id: int
    office: str
    channel: str
    first_words: str
    handle: str | None
    received_at: datetime
    state: str
    band: int
    due_at: datetime | None
    due_kind: str | None
    intent: str | None
    confidence: int | None
    urgency: str | None
    danger: str | None
    handling: str | None
    language: str | None
    assignee: str | None
    escalated_to: str | None
    seen_at: datetime | None
    version: int


@dataclass(frozen=True)
class Page:
    """A page of the inbox. `after` continues it (None: that was all)."""

    rows: tuple[Row, ...]
    after: str | None = None


@dataclass(frozen=True)
class Counts:
    """What the bar above every page says. A count of `MOST_COUNTED` means that many or more."""

    to_do: int = 0
    danger: int = 0
    unread: int = 0
    runs_out: int = 0
    awaiting: int = 0
    approved: int = 0
    undone: int = 0


def look(
    connection: Connection,
    account: Account,
    wanted: Filter,
    now: datetime,
    *,
    after: str | None = None,
    size: int = PAGE,
) -> Page:
    """One page, from the place that `after` (of the page before) names; a place that is none starts at the top."""
    if wanted.view in ("settled", "answered", "closed", "undone", "all"):
        bands: Sequence[int | None] = (None,)  # what is settled stands by time alone, the newest first
    else:
        bands = (priority.DANGER,) if wanted.danger else priority.BANDS
    start, moment, last = _place(after)
    rows: list[Row] = []
    for band in bands:
        if band is not None and start is not None and band < start:
            continue
        query = _band(account, wanted, band, now)
        if moment is not None and (band is None or band == start):
            query = _beyond(query, band, moment, last)
        found = connection.execute(query.limit(size + 1 - len(rows))).mappings()
        rows += [_row(one, band, now) for one in found]
        if len(rows) > size:
            break
    if len(rows) <= size:
        return Page(tuple(rows))
    rows = rows[:size]
    return Page(tuple(rows), _name_of(rows[-1], settled=bands[0] is None))


def counts(connection: Connection, account: Account, now: datetime) -> Counts:
    """What there is to do for an account."""
    ours = message.c.office.in_(account.offices)

    def count(*conditions: Any) -> int:
        inner = sa.select(sa.literal(1)).select_from(message).where(ours, *conditions).limit(MOST_COUNTED).subquery()
        return int(connection.execute(sa.select(sa.func.count()).select_from(inner)).scalar_one())

    to_do = message.c.to_do == 1
    return Counts(
        to_do=count(to_do),
        danger=count(to_do, message.c.rank == priority.DANGER),
        unread=count(to_do, message.c.rank == priority.UNREAD),
        runs_out=count(to_do, message.c.due_at <= now + SOON),
        awaiting=count(message.c.state == states.AWAITING),
        approved=count(message.c.state == states.APPROVED),
        undone=count(message.c.undone > 0, message.c.to_do == 0, message.c.settled_at > now - REMIND),
    )


def newer_than(connection: Connection, account: Account, wanted: Filter, since: int) -> tuple[int, int]:
    """How many messages with a number above `since` this filter would show, and how many of them are danger."""
    query = _filtered(sa.select(message.c.id), account, replace(wanted, search=None)).where(message.c.id > since)

    def count(found: Any) -> int:
        return int(connection.execute(sa.select(sa.func.count()).select_from(found.subquery())).scalar_one())

    danger = query.where(message.c.rank == priority.DANGER)
    return count(query.limit(MOST_COUNTED)), count(danger.limit(MOST_COUNTED))


def last_id(connection: Connection) -> int:
    """The number of the newest message on the desk."""
    return int(connection.execute(sa.select(sa.func.max(message.c.id))).scalar() or 0)


def _band(account: Account, wanted: Filter, band: int | None, now: datetime) -> Any:
    columns = [
        message.c[name]
        for name in (
            "id", "office", "channel", "received_at", "state", "rank", "due_at", "due_kind", "intent", "confidence",
            "urgency", "danger", "handling", "language", "escalated_to", "seen_at", "version",
        )
    ]  # fmt: skip
    query = (
        sa.select(
            *columns,
            sa.func.substr(message.c.text, 1, FIRST_WORDS + 1).label("first_words"),
            contact.c.handle,
            account_table.c.full_name.label("assignee"),
        )
        .outerjoin(contact, contact.c.id == message.c.contact_id)
        .outerjoin(account_table, account_table.c.id == message.c.assignee_id)
    )
    query = _filtered(query, account, wanted)
    if band is None:
        return query.order_by(message.c.received_at.desc(), message.c.id.desc())
    if band in (priority.DANGER, priority.UNREAD, priority.DOUBT):
        return query.where(message.c.rank == band).order_by(message.c.received_at, message.c.id)
    query = query.where(message.c.rank == priority.ORDINARY)
    if band == priority.RUNS_OUT:
        return query.where(message.c.due_at <= now + SOON).order_by(message.c.due_at, message.c.id)
    later = sa.or_(message.c.due_at.is_(None), message.c.due_at > now + SOON)
    return query.where(later).order_by(message.c.received_at, message.c.id)


def _filtered(query: Any, account: Account, wanted: Filter) -> Any:
    offices = [wanted.office] if wanted.office in account.offices else list(account.offices)
    query = query.where(message.c.office.in_(offices))
    if wanted.view == "to-do":
        query = query.where(message.c.to_do == 1)
    elif wanted.view == "undone":
        query = query.where(message.c.undone > 0, message.c.to_do == 0)
    elif wanted.view != "all":
        shown = STATES_OF[wanted.view]
        query = query.where(message.c.state == shown[0] if len(shown) == 1 else message.c.state.in_(shown))
    if wanted.channel:
        query = query.where(message.c.channel == wanted.channel)
    if wanted.intent:
        query = query.where(message.c.intent == wanted.intent)
    if wanted.danger:
        query = query.where(message.c.rank == priority.DANGER)
    if wanted.assignee == "me":
        query = query.where(message.c.assignee_id == account.id)
    elif wanted.assignee == "nobody":
        query = query.where(message.c.assignee_id.is_(None))
    elif wanted.assignee and wanted.assignee.isascii() and wanted.assignee.isdigit() and len(wanted.assignee) < 15:
        query = query.where(message.c.assignee_id == int(wanted.assignee))
    if wanted.flag:
        flagged = sa.select(message_flag.c.message_id).where(
            message_flag.c.flag == wanted.flag, message_flag.c.message_id == message.c.id
        )
        query = query.where(flagged.exists())
    if wanted.search:
        query = query.where(_found(wanted.search))
    return query


def _found(words: str) -> Any:
    """Messages that hold these words, or whose sender's handle does, or whose number it is.

    The words are looked for in one pass over the texts, whatever order the page is in.
    """
    senders = sa.select(contact.c.id).where(_holds(contact.c.handle, words))
    texts = message.alias("texts")
    holding = sa.select(texts.c.id).where(_holds(texts.c.text, words))
    found = [message.c.id.in_(holding), message.c.contact_id.in_(senders)]
    if words.isascii() and words.isdigit() and len(words) < 15:
        found.append(message.c.id == int(words))
    return sa.or_(*found)


def _holds(column: Any, words: str) -> Any:
    """Whether a text holds words in whatever case; beyond a to z a database may know no other case, so we say it."""
    words = words.replace("\x00", "\ufffd")
    cases = {words} if words.isascii() else {words, words.lower(), words.upper(), words.title()}
    escaped = (one.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for one in sorted(cases))
    return sa.or_(*(column.ilike(f"%{one}%", escape="\\") for one in escaped))


def _beyond(query: Any, band: int | None, moment: datetime, last: int) -> Any:
    """Only what comes after a place in its band."""
    if band is None:
        earlier = message.c.received_at < moment
        return query.where(sa.or_(earlier, sa.and_(message.c.received_at == moment, message.c.id < last)))
    column = message.c.due_at if band == priority.RUNS_OUT else message.c.received_at
    return query.where(sa.or_(column > moment, sa.and_(column == moment, message.c.id > last)))


def _row(found: Mapping[str, Any], band: int | None, now: datetime) -> Row:
    values = dict(found)
    rank = values.pop("rank")
    if band is None:
        band = rank if rank != priority.ORDINARY else priority.AGE
    return Row(**values, band=band)


def _name_of(row: Row, *, settled: bool) -> str:
    """The place of a row, for an address: numbers only."""
    moment = row.due_at if row.band == priority.RUNS_OUT and not settled else row.received_at
    assert moment is not None
    return f"{'x' if settled else row.band}.{(moment - EPOCH) // MICROSECOND}.{row.id}"


def _place(after: str | None) -> tuple[int | None, datetime | None, int]:
    parts = (after or "").split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts[1:]):
        return None, None, 0
    band = None if parts[0] == "x" else int(parts[0]) if parts[0] in {str(one) for one in priority.BANDS} else -1
    if band == -1 or len(parts[1]) > 17 or len(parts[2]) > 15:
        return None, None, 0
    whole, rest = divmod(int(parts[1]), 1_000_000)
    return band, datetime.fromtimestamp(whole, LONDON).replace(microsecond=rest), int(parts[2])
