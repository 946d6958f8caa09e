"""The inbox: every message once, in the order in which it should be dealt with, in either database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from desk_support import KINDS, NOW, fresh, packs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from responder.console import desk_words
from responder.desk import accounts, clocks, inbox, priority, states
from responder.desk.audit import COMMAND_LINE
from responder.desk.database import Database
from responder.desk.inbox import Filter
from responder.desk.tables import contact, conversation, message, message_flag
from responder.drafting.model import FLAGS

OFFICES = ("cleveland-opcc", "north-wales-opcc", "south-yorkshire-pcc")
OURS = OFFICES[:2]
CHANNELS = ("facebook-dm", "email")
INTENTS = ("greet", "request_foi")
HANDLES = ("jo.bloggs", "50%_off", 'O\'Neill \\ "Sons"', "Siân Ŵyn", "🚓police")
TEXTS = (
    "Hello",
    "HELLO again",
    "100% sure",
    "100 sure",
    "snake_case",
    "snakeXcase",
    "C:\\temp\\new",
    'it\'s "quoted"',
    "🚓 nee-naw",
    "Ŵyr fi ddim",
    "line\none",
    "",
    "'; DROP TABLE message; --",
    "a" * 500,
)
SEARCHES = (
    "hello", "LO A", "%", "_", "\\", "100%", "e_c", "'", '"', "🚓", "ŵyr", "SIÂN", "jo.", "\n", "--", "7", "aaa",
    "\x00", "nobody wrote this", "🚓police", "50%_", "\\ \"",
)  # fmt: skip
MOMENTS = st.builds(
    lambda minutes, micro: NOW - timedelta(minutes=minutes, microseconds=micro),
    st.integers(0, 3) | st.integers(0, 60 * 24 * 300),
    st.sampled_from([0, 0, 1, 123_457, 999_999]),
)
DUE = st.builds(
    lambda minutes, micro: NOW + timedelta(minutes=minutes, microseconds=micro),
    st.sampled_from([-3_000, -1, 0, 60, 24 * 60 - 1, 24 * 60, 24 * 60 + 1, 9_000]),
    st.sampled_from([0, 0, 1, 654_321]),
)
ROWS = st.fixed_dictionaries(
    {
        "office": st.sampled_from(OFFICES),
        "channel": st.sampled_from(CHANNELS),
        "text": st.sampled_from(TEXTS),
        "handle": st.none() | st.sampled_from(HANDLES),
        "received_at": MOMENTS,
        "state": st.sampled_from((*states.TO_DO, *states.MESSAGE_STATES)),
        "rank": st.sampled_from((0, 1, 2, 3, 3, 3)),
        "due_at": st.none() | DUE,
        "intent": st.none() | st.sampled_from(INTENTS),
        "assignee": st.sampled_from((None, None, 1, 2)),
        "flags": st.sets(st.sampled_from(FLAGS[:3]), max_size=2),
        "undone": st.sampled_from((0, 0, 2)),
    }
)
MAILBOXES = st.lists(ROWS, max_size=25)
FILTERS = st.builds(
    Filter,
    view=st.sampled_from(inbox.VIEWS),
    office=st.none() | st.sampled_from(OURS),
    channel=st.none() | st.sampled_from(CHANNELS),
    intent=st.none() | st.sampled_from(INTENTS),
    flag=st.none() | st.sampled_from(FLAGS[:3]),
    assignee=st.sampled_from((None, None, "me", "nobody", "2")),
    danger=st.sampled_from((False, False, True)),
    search=st.none() | st.sampled_from(SEARCHES),
) | st.builds(Filter, view=st.sampled_from(inbox.VIEWS))
checked = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Row = dict[str, Any]


class Desks:
    """The same messages in each kind of database."""

    def __init__(self, databases: list[Database]) -> None:
        self.databases = databases
        for database in databases:
            with database.write() as connection:
                found = [
                    accounts.create(
                        connection,
                        packs(),
                        COMMAND_LINE,
                        NOW,
                        name=name,
                        full_name=name,
                        role="moderator",
                        offices=OURS,
                    )
                    for name in ("mo", "max")
                ]
            self.account = found[0]
        assert [one.id for one in found] == [1, 2]

    def fill(self, rows: list[Row]) -> list[Row]:
        """These messages and no others; each with its number."""
        rows = [{**row, "id": number} for number, row in enumerate(rows, 1)]
        handles = {(row["office"], row["handle"]): None for row in rows if row["handle"]}
        people = [
            {"id": n, "office": office, "platform": "facebook", "handle": handle, "created_at": NOW}
            for n, (office, handle) in enumerate(handles, 1)
        ]
        number = {(one["office"], one["handle"]): one["id"] for one in people}
        plain = ("id", "office", "channel", "text", "received_at", "state", "rank", "due_at", "intent", "undone")
        told = [
            {
                **{name: row[name] for name in plain},
                "due_kind": clocks.TARGET if row["due_at"] else None,
                "assignee_id": row["assignee"],
                "external_id": f"mid.{row['id']}",
                "conversation_id": row["id"],
                "contact_id": number.get((row["office"], row["handle"])),
                "earlier": [],
                "stored_at": NOW,
                "settled_at": row["received_at"] if row["state"] in states.SETTLED else None,
                "source": "staff",
                "version": 1,
                "tries": 0,
            }
            for row in rows
        ]
        threads = [{"id": row["id"], "office": row["office"], "channel": "x", "key": str(row["id"])} for row in rows]
        flagged = [{"message_id": row["id"], "flag": flag} for row in rows for flag in row["flags"]]
        for database in self.databases:
            with database.write() as connection:
                for table in (message_flag, message, conversation, contact):
                    connection.execute(sa.delete(table))
                for table, values in (
                    (contact, people), (conversation, threads), (message, told), (message_flag, flagged),
                ):  # fmt: skip
                    if values:
                        connection.execute(sa.insert(table), values)
        return rows

    def all(self, wanted: Filter, size: int = 7) -> list[inbox.Row]:
        """Every row, page by page: the same in each kind of database."""
        found = [list(self._paged(database, wanted, size)) for database in self.databases]
        assert all(rows == found[0] for rows in found)
        return found[0]

    def _paged(self, database: Database, wanted: Filter, size: int) -> Iterator[inbox.Row]:
        after: str | None = None
        for _ in range(200):
            with database.read() as connection:
                page = inbox.look(connection, self.account, wanted, NOW, after=after, size=size)
            assert len(page.rows) <= size
            yield from page.rows
            after = page.after
            if after is None:
                return
            assert len(page.rows) == size, "a page that goes on is full"
        raise AssertionError("it never ends")

    def ask(self, question: Any, *given: Any) -> Any:
        """The answer to a question about the inbox, which is the same in each kind of database."""
        answers = []
        for database in self.databases:
            with database.read() as connection:
                answers.append(question(connection, self.account, *given))
        assert all(one == answers[0] for one in answers)
        return answers[0]


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = Path(tmp_path_factory.mktemp("desks"))
    with fresh(KINDS[0], folder) as first, fresh(KINDS[1], folder) as second:
        yield Desks([first, second])


def band(row: Row, wanted: Filter) -> int:
    """Why a message stands where it stands."""
    if row["rank"] != priority.ORDINARY:
        return row["rank"]
    soon = row["due_at"] is not None and row["due_at"] <= NOW + timedelta(hours=24)
    return priority.RUNS_OUT if soon and by_urgency(wanted) else priority.AGE


def by_urgency(wanted: Filter) -> bool:
    """Whether a view stands in the order of what should be done; what is settled stands by time."""
    return wanted.view in ("to-do", "open", "awaiting", "approved")


def place(row: Row, wanted: Filter) -> Any:
    """Where a message stands, for `sorted`."""
    found = band(row, wanted)
    return found, row["due_at"] if found == priority.RUNS_OUT else row["received_at"], row["id"]


def matches(row: Row, wanted: Filter) -> bool:
    """Whether a filter shows a message, said in Python."""
    offices = {wanted.office} if wanted.office else set(OURS)
    who = {"me": 1, "nobody": None, "2": 2}
    return (
        row["office"] in offices
        and row["state"] in inbox.STATES_OF[wanted.view]
        and (wanted.view != "undone" or row["undone"] > 0)
        and wanted.channel in (None, row["channel"])
        and wanted.intent in (None, row["intent"])
        and (wanted.flag is None or wanted.flag in row["flags"])
        and (wanted.assignee is None or row["assignee"] == who[wanted.assignee])
        and (not wanted.danger or row["rank"] == priority.DANGER)
        and (wanted.search is None or found(row, wanted.search))
    )


def found(row: Row, words: str) -> bool:
    held = f"{row['text']}\n\n{row['handle'] or ''}".casefold()
    return words.replace("\x00", "\ufffd").casefold() in held or words == str(row["id"])


@checked
@given(MAILBOXES, FILTERS, st.integers(1, 30))
def test_every_matching_message_stands_there_once_and_in_its_place(desks, rows, wanted, size):
    rows = [row for row in desks.fill(rows) if matches(row, wanted)]
    shown = desks.all(wanted, size)
    expected = sorted(rows, key=lambda row: place(row, wanted))
    if not by_urgency(wanted):
        expected = sorted(rows, key=lambda row: (row["received_at"], row["id"]), reverse=True)
    assert [row.id for row in shown] == [row["id"] for row in expected]
    assert [row.band for row in shown] == [band(row, wanted) for row in expected]
    for row, told in zip(shown, expected, strict=True):
        assert (row.office, row.handle, row.received_at) == (told["office"], told["handle"], told["received_at"])
        assert told["text"].startswith(row.first_words) and len(row.first_words) <= inbox.FIRST_WORDS + 1
        assert row.assignee == {None: None, 1: "mo", 2: "max"}[told["assignee"]]


@checked
@given(MAILBOXES, FILTERS, st.integers(0, 25))
def test_the_counts_and_what_is_new_agree_with_the_lists(desks, rows, wanted, since):
    desks.fill(rows)
    told, to_do = desks.ask(inbox.counts, NOW), desks.all(Filter())
    soon = NOW + timedelta(hours=24)
    assert told == inbox.Counts(
        to_do=len(to_do),
        danger=len(desks.all(Filter(danger=True))),
        unread=sum(row.band == priority.UNREAD for row in to_do),
        runs_out=sum(row.due_at is not None and row.due_at <= soon for row in to_do),
        awaiting=len(desks.all(Filter(view="awaiting"))),
        approved=len(desks.all(Filter(view="approved"))),
        undone=sum(row.received_at > NOW - inbox.REMIND for row in desks.all(Filter(view="undone"))),
    )
    new = [row for row in desks.all(replace(wanted, search=None)) if row.id > since]
    danger = sum(row.band == priority.DANGER for row in new)
    assert desks.ask(inbox.newer_than, wanted, since) == (len(new), danger)


@checked
@given(MAILBOXES)
def test_the_message_of_another_office_never_shows_and_each_row_says_why_it_stands_there(desks, rows):
    desks.fill(rows)
    for view in inbox.VIEWS:
        for row in desks.all(Filter(view=view), size=40):
            assert row.office in OURS
            said = desk_words.why(row, NOW, packs().intents)
            assert said[0].isupper() or said[0].isdigit()
            if row.state in states.SETTLED:
                assert said == desk_words.STATES[row.state]
            elif row.band == priority.DANGER:
                assert said == "Danger now"
            elif row.band == priority.UNREAD:
                assert "read" in said
            elif row.band == priority.DOUBT:
                assert "Danger" in said
            elif row.band == priority.RUNS_OUT:
                assert "left" in said or "Ran out" in said
    for words in SEARCHES[:5]:
        assert all(row.office in OURS for row in desks.all(Filter(view="all", search=words), size=40))
    assert all(row.office in OURS for row in desks.all(Filter(view="all", office=OFFICES[2]), size=40))


A_FEW = [
    {
        "office": OURS[n % 2], "channel": CHANNELS[n % 2], "text": text, "handle": HANDLES[n % 5], "received_at": NOW,
        "state": "open", "rank": n % 4, "due_at": None, "intent": None, "assignee": None, "flags": set(), "undone": 0,
    }
    for n, text in enumerate(TEXTS)
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=20)
    | st.from_regex(r"(x|[0-9]{1,2})\.[0-9]{1,20}\.[0-9]{1,20}", fullmatch=True)
    | st.sampled_from(["..", "4.1.1.1", "-1.1.1", "01.1.1", "12.1.1", "x.99999999999999999.1", "0.².1", "٣.1.1"])
)
def test_a_place_that_somebody_made_up_is_no_fault(desks, after):
    if not desks.ask(inbox.look, Filter(), NOW).rows:
        desks.fill(A_FEW)
    for view in ("to-do", "all"):
        page = desks.ask(partial(inbox.look, after=after), Filter(view=view), NOW)
        assert len(page.rows) <= len(A_FEW)


@pytest.mark.parametrize("after", ["12.1.1", "01.5.5", "5.1.1", "", "nonsense", "4.x.1"])
def test_a_place_that_is_none_starts_at_the_top(desks, after):
    desks.fill(A_FEW)
    page = desks.ask(partial(inbox.look, after=after), Filter(), NOW)
    assert [row.id for row in page.rows] == [row.id for row in desks.all(Filter())]


@pytest.mark.parametrize("assignee", ["²", "9" * 30, "nobody at all", "-1", ""])
def test_an_assignee_who_cannot_be_is_left_out_of_the_filter(desks, assignee):
    desks.fill(A_FEW)
    assert len(desks.all(Filter(assignee=assignee))) == len(A_FEW)


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("hello", {"Hello", "HELLO again"}),
        ("100%", {"100% sure"}),
        ("snake_", {"snake_case"}),
        ("temp\\new", {"C:\\temp\\new"}),
        ("\"quoted\"", {"it's \"quoted\""}),
        ("🚓 NEE", {"🚓 nee-naw"}),
        ("ŵyr", {"Ŵyr fi ddim"}),
        ("ŴYR", {"Ŵyr fi ddim"}),
        ("'; drop", {"'; DROP TABLE message; --"}),
    ],
)  # fmt: skip
def test_words_are_found_as_they_are_typed_in_whatever_case(desks, words, texts):
    desks.fill([{**row, "handle": None} for row in A_FEW])
    found_texts = {TEXTS[row.id - 1] for row in desks.all(Filter(search=words))}
    assert found_texts == texts


def test_a_sender_and_a_number_are_found_too(desks):
    desks.fill([{**row, "handle": "Siân Ŵyn" if n == 2 else None} for n, row in enumerate(A_FEW)])
    for words in ("siân", "SIÂN ŴYN", "Ŵyn"):
        assert [row.id for row in desks.all(Filter(search=words))] == [3]
    assert 11 in {row.id for row in desks.all(Filter(search="11"))}
    assert desks.all(Filter(search="9" * 40)) == []


def test_counting_stops_at_a_thousand(desks, monkeypatch):
    desks.fill(A_FEW)
    monkeypatch.setattr(inbox, "MOST_COUNTED", 5)
    assert desks.ask(inbox.counts, NOW).to_do == 5
    assert desks.ask(inbox.newer_than, Filter(), 0) == (5, sum(row["rank"] == 0 for row in A_FEW))
    assert desk_words.count(5, inbox.MOST_COUNTED) == "5+"


def test_the_last_number_is_the_newest_message(desks):
    desks.fill([])
    assert desks.ask(lambda connection, account: inbox.last_id(connection)) == 0
    desks.fill(A_FEW)
    assert desks.ask(lambda connection, account: inbox.last_id(connection)) == len(A_FEW)


def test_a_filter_never_carries_what_is_searched_for_in_an_address():
    secret = Filter(search="Jo Bloggs", assignee="me", danger=True)
    assert secret.as_query() == {"assignee": "me", "danger": "1", "search": "on"}
    assert Filter().is_plain and not secret.is_plain


def test_a_due_moment_is_kept_to_the_microsecond_across_pages(desks):
    """A page that ends on a moment that no float holds goes on with the next message, not with the same."""
    moment = datetime.fromisoformat("2026-11-19T09:00:00.000001+00:00")
    desks.fill([{**A_FEW[3], "received_at": moment + timedelta(microseconds=n)} for n in range(40)])
    assert [row.id for row in desks.all(Filter(), size=3)] == list(range(1, 41))
    assert [row.id for row in desks.all(Filter(view="all"), size=3)] == list(range(40, 0, -1))
