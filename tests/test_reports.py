"""Reports: the figures add up, speak of one's own offices only, and hold no word of anybody's."""

from __future__ import annotations

import contextlib
import itertools
import re
import sys
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from html import unescape
from pathlib import Path

import desk_support
import pytest
import sqlalchemy as sa
from desk_support import NOW, incoming, packs, put_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import console, sign_in_as

from responder.console import csv_files, plots, report_sections
from responder.console.report_sections import MAKERS, Figures
from responder.desk import reports, tables
from responder.desk.changes import changes
from responder.desk.clocks import DUTY, TARGET, WINDOW
from responder.desk.intake import receive
from responder.desk.reports import Outcome, Scope, spread
from responder.drafting.calendar import LONDON

database, sqlite_database = desk_support.database, desk_support.sqlite_database
TIMED, UNTIMED = "south-yorkshire-pcc", "cleveland-opcc"  # an office with a target of 24 hours, and one without
SECRET = "XYZZY"
EVERY = Scope(tuple(packs().offices), date(2026, 10, 30), NOW.date())
INTENTS = ("ask_question", "request_foi", None)
OPENING, CLOSE = "Thank you for telling us.", "We read messages on weekdays."
PARTS = [{"text": OPENING, "clauses": ["national/courtesy"]}, {"text": CLOSE, "clauses": []}]
DRAFT = f"{OPENING} {CLOSE}"
_numbers = itertools.count(1)


def hours(number: float) -> datetime:
    """So many hours before now."""
    return NOW - timedelta(hours=number)


def take_in(connection, **given) -> int:
    """A message that came in, put into the state that `given` says; keys of `incoming` make the message."""
    of_message = {key: given.pop(key) for key in tuple(given) if key in ("office", "channel", "received_at", "author")}
    made = receive(connection, packs(), incoming(text=f"{SECRET} my words", **of_message), NOW).id
    if given:
        connection.execute(sa.update(tables.message).where(tables.message.c.id == made).values(**given))
    return made


def account(connection) -> int:
    """Somebody who works here."""
    row = {"name": f"jo{next(_numbers)}", "full_name": SECRET, "role": "approver", "created_at": NOW}
    return int(connection.execute(sa.insert(tables.account).values(**row)).inserted_primary_key[0])


def reply_to(connection, message_id: int, sent: str, drafted: str = DRAFT, state: str = "sent", **given) -> int:
    """A reply that went out as `sent`."""
    row = {
        "message_id": message_id, "number": next(_numbers), "state": state, "version": 1, "text": sent,
        "drafted": drafted, "language": "en", "saw_message_id": message_id, "salt": "s", "made_at": NOW,
        "changes": changes(drafted, sent, PARTS), **given,
    }  # fmt: skip
    return int(connection.execute(sa.insert(tables.reply).values(**row)).inserted_primary_key[0])


def correction_of(connection, message_id: int, by: int, read: tuple[str, str], is_: tuple[str, str]) -> None:
    """What staff said a message is: (intent, danger) as it was read, and as it is."""
    row = {"message_id": message_id, "account_id": by, "at": NOW, "taught": False}
    row |= {"read_as": read[0], "read_danger": read[1], "intent": is_[0], "danger": is_[1]}
    connection.execute(sa.insert(tables.correction).values(**row))


@contextlib.contextmanager
def undone(database):
    """A connection whose changes are all undone at the end."""
    with contextlib.suppress(InterruptedError), database.write() as connection:
        yield connection
        raise InterruptedError


# In time


def test_what_was_in_time_late_and_open(database):
    with database.write() as connection:
        for state, settled in (("answered", 47), ("answered", 20), ("closed", 40), ("open", None), ("awaiting", None)):
            take_in(connection, office=TIMED, received_at=hours(48), state=state, settled_at=settled and hours(settled))
        take_in(connection, office=TIMED, received_at=hours(1), state="approved")
        take_in(
            connection, office=UNTIMED, channel="email", received_at=hours(9), state="answered", settled_at=hours(8)
        )
        take_in(connection, office=UNTIMED, channel="email", received_at=hours(9))
    with database.read() as connection:
        found = reports.outcomes(connection, EVERY, NOW)
        assert found.total == Outcome(in_time=1, late=1, untimed=1, closed=1, waiting=1, overdue=2, standing=1)
        assert found.total.share_in_time == 0.25
        assert {group.name: group.outcome.arrivals for group in found.by["office"]} == {TIMED: 6, UNTIMED: 2}
        assert [group.name for group in found.by["channel"]] == ["facebook-dm", "email"]
        by_clock = reports.by_clock(connection, EVERY, NOW)
        assert list(by_clock) == ["office-target", "platform-window", "human-agent-window"]
        assert by_clock[TARGET] == Outcome(in_time=1, late=1, closed=1, waiting=1, overdue=2)
        assert by_clock[WINDOW] == by_clock[TARGET]


def test_an_answer_at_the_last_moment_is_in_time(database):
    with database.write() as connection:
        for more in (0, 1):
            at = hours(24) + timedelta(seconds=more)
            take_in(connection, office=TIMED, received_at=hours(48), state="answered", settled_at=at)
    with database.read() as connection:
        assert reports.outcomes(connection, EVERY, NOW).total == Outcome(in_time=1, late=1)


def test_several_dates_in_law_count_once_by_the_first(database):
    with database.write() as connection:
        made = take_in(connection, received_at=hours(200), state="answered", settled_at=hours(50))
        for due in (hours(100), hours(10)):
            connection.execute(sa.insert(tables.clock).values(message_id=made, kind=DUTY, due_at=due, clauses=[]))
    with database.read() as connection:
        assert reports.by_clock(connection, EVERY, NOW)[DUTY] == Outcome(late=1)


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(list(packs().offices)),
        st.sampled_from(list(packs().channels)),
        st.sampled_from(INTENTS),
        st.sampled_from(["open", "awaiting", "approved", "answered", "closed"]),
        st.integers(0, 24 * 24 * 60 * 60),  # seconds since it came: some came before the scope begins
        st.integers(-60, 20 * 24 * 60 * 60),  # seconds until it was settled
        st.sampled_from([0, 1, 3]),
    ),
    max_size=12,
)


@given(HISTORIES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_figures_of_any_history_add_up(database, history):
    expected: dict[str, Counter] = {name: Counter() for name in reports.DIMENSIONS}
    days, took, outcomes = Counter(), Counter(), Counter()
    with undone(database) as connection:
        for office, channel, intent, state, ago, long, rank in history:
            came = NOW - timedelta(seconds=ago)
            settled = came + timedelta(seconds=long) if state in ("answered", "closed") else None
            take_in(
                connection, office=office, channel=channel, received_at=came, state=state, intent=intent, rank=rank,
                settled_at=settled,
            )  # fmt: skip
            if came.astimezone(LONDON).date() < EVERY.first:
                continue
            days[came.astimezone(LONDON).date()] += 1
            for name, value in (("office", office), ("channel", channel), ("intent", intent)):
                expected[name][value] += 1
            if state == "answered":
                took[max(0, -(-long // 60))] += 1
            outcomes[outcome_of(office, state, ago, long)] += 1
        found = reports.outcomes(connection, EVERY, NOW)
        assert found.total == Outcome(**outcomes)
        assert (
            found.total.arrivals == sum(days.values()) == found.total.answered + found.total.closed + found.total.open
        )
        assert found.minutes == took
        for name, groups in found.by.items():
            assert {group.name: group.outcome.arrivals for group in groups} == expected[name]
            assert sum(group.answer.count for group in groups if group.answer) == found.total.answered
        told = reports.days(connection, EVERY)
        assert {day.day: day.arrivals for day in told if day.arrivals} == days
        assert len(told) == EVERY.days
        for outcome in reports.by_clock(connection, EVERY, NOW).values():
            assert outcome.arrivals <= found.total.arrivals
            assert outcome.untimed == outcome.standing == 0


def outcome_of(office: str, state: str, ago: int, long: int) -> str:
    """What a message comes to against its office's target, worked out one by one."""
    day = 24 * 60 * 60
    if state == "closed":
        return "closed"
    if state == "answered":
        return "untimed" if office != TIMED else "in_time" if long <= day else "late"
    return "standing" if office != TIMED else "overdue" if ago > day else "waiting"


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_half_and_nine_of_ten_took_no_longer(lengths):
    found = spread(Counter(lengths))
    for reached, tenths in ((found.median, 5), (found.ninth, 9)):
        assert reached in lengths
        assert 10 * sum(length <= reached for length in lengths) >= tenths * len(lengths)
        assert 10 * sum(length < reached for length in lengths) < tenths * len(lengths)
    assert (found.count, found.longest) == (len(lengths), max(lengths))


# How much, and when


def test_a_day_is_a_day_in_london(database):
    came = [
        datetime(2026, 10, 24, 23, 30, tzinfo=timezone.utc),  # half past midnight on the 25th, still summer time
        datetime(2026, 10, 25, 23, 30, tzinfo=timezone.utc),  # the clocks went back: still the 25th
        datetime(2026, 10, 26, 0, 0, tzinfo=timezone.utc),
    ]
    with database.write() as connection:
        for at in came:
            take_in(connection, received_at=at)
        take_in(connection, received_at=came[0], rank=0)
    with database.read() as connection:
        found = reports.days(connection, Scope((UNTIMED,), date(2026, 10, 24), date(2026, 10, 25)))
    assert [(day.day.day, day.arrivals, day.danger) for day in found] == [(24, 0, 0), (25, 3, 1)]


def test_a_scope_of_one_channel_or_one_kind(database):
    with database.write() as connection:
        take_in(connection, channel="email", intent="request_foi")
        take_in(connection, channel="email", intent="give_praise")
        take_in(connection, channel="whatsapp", intent="give_praise")
    with database.read() as connection:
        for scope, count in (
            (Scope((UNTIMED,), NOW.date(), NOW.date(), channel="email"), 2),
            (Scope((UNTIMED,), NOW.date(), NOW.date(), intent="give_praise"), 2),
            (Scope((UNTIMED,), NOW.date(), NOW.date(), "email", "give_praise"), 1),
            (Scope((), NOW.date(), NOW.date()), 0),
        ):
            assert reports.outcomes(connection, scope, NOW).total.arrivals == count


# Drafts


def test_how_drafts_went_out(database):
    with database.write() as connection:
        for sent in (DRAFT, DRAFT.replace(" ", "\r\n"), f"{OPENING} Bye now.", f"{SECRET} quite another thing, sorry"):
            reply_to(connection, take_in(connection, intent="give_praise"), sent)
        reply_to(connection, take_in(connection, intent="abuse"), "Please stop.", drafted="")
        reply_to(connection, take_in(connection, intent="abuse"), "Gone", state="withdrawn")
        reply_to(connection, take_in(connection, intent="abuse"), "Not yet", state="asked", changes=None)
    with database.read() as connection:
        found = reports.drafts(connection, EVERY)
    praise, abuse = found.fates
    assert (praise.unchanged, praise.changed, praise.anew, praise.undrafted) == (2, 1, 1, 0)
    assert (abuse.intent, abuse.undrafted, abuse.replies) == ("abuse", 1, 1)
    use = {use.clauses: (use.drafted, use.changed, use.removed, use.intent) for use in found.clauses}
    assert use == {(): (4, 0, 2, "give_praise"), ("national/courtesy",): (4, 0, 1, "give_praise")}
    assert found.clauses[0].clauses == ()


def test_a_part_that_always_stays_is_not_listed(database):
    with database.write() as connection:
        reply_to(connection, take_in(connection), DRAFT)
    with database.read() as connection:
        assert reports.drafts(connection, EVERY).clauses == ()


# Corrections, approvals, danger


def test_what_was_read_wrongly(database):
    with database.write() as connection:
        by = account(connection)
        for read, is_ in (
            (("give_praise", "none"), ("abuse", "none")),
            (("give_praise", "none"), ("abuse", "none")),
            (("abuse", "possible"), ("report_emergency", "alarm")),
            (("abuse", "alarm"), ("abuse", "none")),
            (("abuse", "none"), ("abuse", "none")),
        ):
            correction_of(connection, take_in(connection, assessed_at=NOW, intent=is_[0]), by, read, is_)
        twice = take_in(connection, assessed_at=NOW, intent="thank")
        for _ in range(2):
            correction_of(connection, twice, by, ("greet", "none"), ("thank", "none"))
        take_in(connection, assessed_at=NOW, intent="thank")
        take_in(connection)
    with database.read() as connection:
        found = reports.corrections(connection, EVERY)
    assert (found.read, found.corrected) == (7, 5)
    assert [(p.read_as, p.correct, p.messages) for p in found.intents] == [
        ("give_praise", "abuse", 2), ("abuse", "report_emergency", 1), ("greet", "thank", 1),
    ]  # fmt: skip
    assert [(p.read_as, p.correct) for p in found.dangers] == [("alarm", "none"), ("possible", "alarm")]


def test_how_long_replies_wait_for_approval(database):
    with database.write() as connection:
        by = account(connection)
        for asked, approved, state in ((10, 9, "sent"), (20, 17, "ready"), (5, None, "asked"), (4, None, "draft")):
            at = {"asked_at": hours(asked), "asked_by": by, "approved_at": approved and hours(approved)}
            made = reply_to(connection, take_in(connection), DRAFT, state=state, **at)
            if state == "draft":
                row = {
                    "reply_id": made,
                    "version": 1,
                    "account_id": by,
                    "decision": "sent-back",
                    "reason": SECRET,
                    "at": NOW,
                }
                connection.execute(sa.insert(tables.approval).values(**row))
        reply_to(connection, take_in(connection), DRAFT, approved_at=NOW)  # nobody was asked
    with database.read() as connection:
        (found,) = reports.approvals(connection, EVERY, NOW)
    assert (found.office, found.asked, found.approved, found.sent_back) == (UNTIMED, 4, 2, 1)
    assert (found.wait.median, found.wait.longest) == (60, 180)
    assert (found.waiting, found.waited) == (1, 300)


def test_an_hour_is_an_hour_when_the_clocks_change(database):
    before = datetime(2026, 10, 24, 23, 0, tzinfo=timezone.utc)
    now = before + timedelta(hours=3)  # 2:00 in London, two hours after midnight by the clock on the wall
    night = Scope((UNTIMED,), date(2026, 10, 25), date(2026, 10, 25))
    with database.write() as connection:
        by = account(connection)
        made = take_in(connection, received_at=before, state="answered", settled_at=now)
        reply_to(connection, made, DRAFT, state="asked", asked_at=before, asked_by=by)
    with database.read() as connection:
        assert reports.outcomes(connection, night, now).minutes == {180: 1}
        assert reports.approvals(connection, night, now.astimezone(LONDON))[0].waited == 180


def test_how_soon_danger_was_seen(database):
    with database.write() as connection:
        for minutes in (0, 4, 30):
            seen = hours(2) + timedelta(minutes=minutes)
            take_in(connection, received_at=hours(2), rank=0, seen_at=seen)
        take_in(connection, rank=0)
        take_in(connection, rank=3, seen_at=NOW)
    with database.read() as connection:
        (found,) = reports.danger(connection, EVERY)
    assert (found.office, found.unseen, found.minutes) == (UNTIMED, 1, {0: 1, 4: 1, 30: 1})
    assert (found.seen.median, found.seen.longest) == (4, 30)


# The pages


@pytest.fixture(scope="module")
def one_app(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"))


@pytest.fixture
def app(one_app, sqlite_database):
    """A console with an empty desk of its own."""
    one_app.extensions["database"] = sqlite_database
    return one_app


def fill(database, offices=(TIMED, UNTIMED), seed: int = 0) -> None:
    """A desk with something in every section, and SECRET in every text that people write."""
    with database.write() as connection:
        by = account(connection)
        for number, (office, channel) in enumerate(itertools.product(offices, ("facebook-dm", "email", "x-reply") * 3)):
            came, state = hours(number * 13 + seed), ("answered", "closed", "open", "awaiting")[number % 4]
            made = take_in(
                connection, office=office, channel=channel, received_at=came, author=f"{SECRET}-{number}", state=state,
                intent=("ask_question", "request_foi", "report_emergency")[number % 3], rank=(3, 3, 0)[number % 3],
                assessed_at=came, seen_at=came + timedelta(minutes=number), closed_reason=SECRET,
                settled_at=came + timedelta(hours=number * 3) if state in ("answered", "closed") else None,
            )  # fmt: skip
            sent = (DRAFT, f"{OPENING} {SECRET}.", f"{SECRET} only", OPENING)[number % 4]
            asked = {"asked_at": came, "asked_by": by, "approved_at": came + timedelta(minutes=9 * number)}
            reply = reply_to(connection, made, sent, f"{DRAFT} {SECRET}", **asked)
            row = {
                "reply_id": reply,
                "version": 1,
                "account_id": by,
                "decision": "sent-back",
                "reason": SECRET,
                "at": NOW,
            }
            connection.execute(sa.insert(tables.approval).values(**row))
            correction_of(connection, made, by, ("give_praise", "none"), ("ask_question", "possible"))
            note = {"message_id": made, "account_id": by, "at": NOW, "text": SECRET}
            connection.execute(sa.insert(tables.note).values(**note))
            connection.execute(sa.insert(tables.escalation).values(**note, role="foi-officer"))


def content(html: str) -> str:
    """A page's own words: without the bar above, whose names and counts are about the account."""
    return unescape(re.sub(r"(?s)<[^>]*>", " ", html.partition("<main")[2])).replace("\xa0", " ")


def test_the_question_comes_first_then_the_picture_then_the_table(app, sqlite_database):
    fill(sqlite_database)
    page = sign_in_as(app, "manager").get("/reports").text
    for id_, maker in MAKERS.items():
        section = page.partition(f'id="{id_}"')[2].partition("</section>")[0]
        assert maker.__doc__.split("?")[0] in unescape(section)
        assert 0 < section.find("report__answer") < section.find("<svg") < section.find("<table")
        assert f'href="/reports/{id_}.csv?days=28"' in section


def test_no_word_of_anybody_stands_in_a_report(app, sqlite_database):
    fill(sqlite_database)
    client = sign_in_as(app, "manager", name="m.one")
    for query in ("", "?days=90", "?office=" + TIMED, "?channel=email&intent=request_foi"):
        assert SECRET not in client.get(f"/reports{query}").text
        for section in MAKERS:
            assert SECRET not in client.get(f"/reports/{section}.csv{query}").text


def test_the_csv_file_holds_the_table_of_the_page(app, sqlite_database):
    fill(sqlite_database)
    client = sign_in_as(app, "manager")
    for query in ("?days=28", "?from=2026-11-01&to=2026-11-18&channel=email"):
        page = client.get(f"/reports{query}").text
        for id_ in MAKERS:
            section = page.partition(f'id="{id_}"')[2].partition("</section>")[0]
            shown = [
                re.findall(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"(?s)<tr>(.*?)</tr>", section)
            ]
            told = client.get(f"/reports/{id_}.csv{query}")
            assert told.mimetype == "text/csv" and "attachment" in told.headers["Content-Disposition"]
            titles, *rows = csv_files.read(told.data)
            assert titles[0] and len(rows) == max(0, len(shown) - 1)
            if not rows:
                continue  # the page says so in words
            assert [re.sub(r" \((%|minutes)\)$", "", title) for title in titles] == [unescape(t) for t in shown[0]]
            for cells, said in zip(rows, shown[1:]):
                assert [as_shown(cell, title) for cell, title in zip(cells, titles)] == [unescape(s) for s in said]


def as_shown(cell: str, title: str) -> str:
    """How the page writes a cell of a CSV file."""
    if not cell:
        return report_sections.written(None, "count")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return report_sections.written(date.fromisoformat(cell), "day")
    if not cell.isdigit():
        return cell
    kind = "minutes" if "(minutes)" in title else "percent" if "(%)" in title else "count"
    return report_sections.written(int(cell), kind)


def test_a_manager_learns_nothing_of_another_office(app, sqlite_database):
    fill(sqlite_database, offices=(UNTIMED,))
    client = sign_in_as(app, "manager", [UNTIMED])
    addresses = ["/reports", *(f"/reports/{id_}.csv" for id_ in MAKERS)]
    before = [content(client.get(address).text) or client.get(address).text for address in addresses]
    fill(sqlite_database, offices=(TIMED,), seed=5)
    assert [content(client.get(address).text) or client.get(address).text for address in addresses] == before
    assert "South Yorkshire" not in before[0]


def test_another_office_is_one_that_does_not_exist(app, sqlite_database):
    fill(sqlite_database)
    client = sign_in_as(app, "manager", [UNTIMED])
    foreign, invented = (client.get(f"/reports?office={office}") for office in (TIMED, "atlantis"))
    assert foreign.status_code == invented.status_code == 400
    assert content(foreign.text) == content(invented.text)
    assert "Choose an office from the list" in foreign.text
    assert client.get(f"/reports/arrivals.csv?office={TIMED}").status_code == 400


@pytest.mark.parametrize("role", ["trainee", "moderator", "approver"])
def test_reports_are_for_managers(app, role):
    client = sign_in_as(app, role)
    assert client.get("/reports").status_code == client.get("/reports/arrivals.csv").status_code == 403


def test_a_section_that_does_not_exist(app):
    assert sign_in_as(app, "manager").get("/reports/secrets.csv").status_code == 404


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-11-30&to=2026-12-01", "must not be in the future"),
        ("from=2026-11-10&to=2026-11-01", "must not be after the last"),
        ("from=2024-11-10&to=2026-11-01", "at most 366 days"),
        ("from=yesterday&to=2026-11-01", "Give the first day"),
        ("from=2026-11-01", "Give the last day"),
        ("channel=pigeon", "Choose a channel"),
        ("intent=pigeon", "Choose a kind of message"),
    ],
)
def test_what_cannot_be_asked_for(app, query, said):
    answer = sign_in_as(app, "manager").get(f"/reports?{query}")
    assert answer.status_code == 400
    assert said in answer.text.partition("govuk-error-summary")[2].partition("</ul>")[0]
    assert re.search(rf'(?s)class="govuk-error-message">.{{0,90}}{said}', answer.text)


@pytest.mark.parametrize("days", ["", "28", "5000", "x"])
def test_a_period_that_nobody_offers_is_the_usual_one(app, days):
    assert "Sat 24 Oct 2026" in sign_in_as(app, "manager").get(f"/reports?days={days}").text


def test_nothing_came_in(app):
    client = sign_in_as(app, "manager")
    assert "Nothing came in in this time" in client.get("/reports").text
    narrowed = client.get("/reports?channel=email&from=2026-11-01&to=2026-11-02").text
    assert "Nothing came in that fits" in narrowed
    assert 'href="/reports?from=2026-11-01&amp;to=2026-11-02">Everything' in narrowed
    for id_ in MAKERS:
        assert client.get(f"/reports/{id_}.csv").status_code == 200


def test_an_account_without_an_office(app):
    client = sign_in_as(app, "manager", [UNTIMED])
    with app.extensions["database"].write() as connection:
        connection.execute(sa.delete(tables.account_office))  # its pack was taken away
    assert "Your account has no office yet" in client.get("/reports").text


def test_a_clause_or_a_kind_that_is_no_more(app, sqlite_database):
    with sqlite_database.write() as connection:
        made = take_in(connection, intent="gone_intent")
        parts = [{"text": OPENING, "clauses": ["gone/1"]}]
        reply_to(connection, made, "Bye.", changes=changes(DRAFT, "Bye.", parts))
    page = sign_in_as(app, "manager").get("/reports").text
    assert "gone/1" in page and "gone_intent" in page


def test_one_office_is_not_compared_with_itself(app, sqlite_database):
    fill(sqlite_database)
    client = sign_in_as(app, "manager")
    assert "How do the offices compare?" in client.get("/reports").text
    assert "How do the offices compare?" not in client.get(f"/reports?office={TIMED}").text


def test_figures_are_looked_up_on_both_databases(database):
    fill(database)
    with database.read() as connection:
        for id_, make in MAKERS.items():
            section = make(Figures(connection, packs(), EVERY, NOW))
            assert section.id == id_ and section.table.rows and section.plot


def test_a_message_that_came_through_the_door_is_counted_at_once(app, sqlite_database):
    put_in(sqlite_database)
    assert "1 message in 7 days" in sign_in_as(app, "manager").get("/reports?days=7").text


# The pictures


@given(st.integers(0, 10**7))
def test_a_scale_is_round_and_reaches_the_top(most):
    scale = plots.round_scale(most)
    assert scale[0] == 0 and scale[-1] >= most
    assert 2 <= len(scale) <= 6
    assert len({upper - lower for lower, upper in itertools.pairwise(scale)}) == 1
    assert str(scale[1]).rstrip("0") in ("1", "2", "5")


@given(st.lists(st.integers(0, 500), min_size=3, max_size=3).filter(any))
def test_a_stacked_bar_is_full_and_tells_its_values(values):
    (bar,) = plots.stacked([("Question", "", values)], [("a", "solid"), ("b", "hatch"), ("c", "open")]).bars
    assert [segment.pattern for segment in bar.segments] == [
        pattern for value, pattern in zip(values, ("solid", "hatch", "open")) if value
    ]
    assert abs(sum(segment.width for segment in bar.segments) - 100) < 0.2
    assert all(0 <= segment.start <= segment.middle <= 100 for segment in bar.segments)
    assert {segment.label for segment in bar.segments} <= {"", *map(str, values)}


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.lists(st.integers(0, 99), min_size=1, max_size=100))
def test_columns_stand_side_by_side_and_few_days_are_named(first, counts):
    found = plots.columns([(first + timedelta(days=n), count) for n, count in enumerate(counts)], "said")
    assert all(left.x + left.width <= right.x for left, right in itertools.pairwise(found.columns))
    assert all(0 <= column.y <= column.y + column.height <= plots.HEIGHT + 0.1 for column in found.columns)
    assert sum(bool(column.tick) for column in found.columns) <= 7
