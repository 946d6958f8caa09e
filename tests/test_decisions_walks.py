"""Whatever staff do, in whatever order and from however old a page: nothing goes out that was not approved."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from decisions_support import FULL, NAMES, Desk, rules
from desk_support import KEY, fresh, incoming, packs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from responder.desk import approvals, audit, decisions, inbox, intake, priority, states, threads
from responder.desk.accounts import Account
from responder.desk.database import Database
from responder.desk.decisions import Words
from responder.desk.desk_rules import ApprovalRule, Condition, Need
from responder.desk.tables import (
    approval,
    contact,
    message,
    outbox,
    reply,
    reply_author,
)
from responder.desk.tables import audit as audit_table
from responder.errors import ResponderError

STEPS, EXAMPLES = (50, 250) if FULL else (40, 20)
CANARY = "Qzx"  # stands in every text that anybody writes here, and in no pack
OFFICES = sorted(packs().offices)
APPROVALS = {  # of each office; the others have the national ones
    "leicestershire-opcc": (ApprovalRule(2, "Two must."),),
    "leicestershire-police": (ApprovalRule(1, "One must."),),
    "south-yorkshire-pcc": (
        ApprovalRule(0, "Danger waits for nobody.", Condition(danger=("alarm",))),
        ApprovalRule(1, "It is public.", Condition(public=True)),
        ApprovalRule(2, "Two must."),
    ),
}
CHANNELS = ("facebook-dm", "x-reply", "email")
AUTHORS = ("qzx.jo", "qzx.sam", None)
TEXTS = tuple(
    f"{CANARY} {text}"
    for text in (
        "hello",
        "he has a knife",
        "I am scared of him",
        "the officer was rude",
        "a freedom of information request",
        "someone nicked my van, I am Gareth Pritchard, 07700900123",
        "<script>alert(1)</script> {{7*7}} https://bad.example/x",
        "I want to kill myself",
    )
)
INTENTS = ("greet", "thank", "ask_question", "complain_police", "media_enquiry", "report_emergency", "threaten")
SAFE = f"{CANARY}, and thank you."
BLOCKED = ("Ring 0800 123 4567.", "Ring ((telephone)).", "See https://bad.example/x", "Write to jo@bad.example.")
STRANGER = "stranger"  # has an account for one office only
HOME = "north-wales-opcc"

able = st.sampled_from(["moderator", "approver", "other", "manager"])
who = able | st.sampled_from([*NAMES, STRANGER])
OTHER_ACTS = (
    (decisions.assign, None),
    (decisions.assign, 2),
    (decisions.add_note, f"{CANARY} rang"),
    (decisions.escalate, "duty-officer", f"{CANARY} needs help"),
    (decisions.settle_escalation,),
    (decisions.tick, "a" * 64, True),
    (decisions.tick, "a" * 64, False),
    (decisions.warn_of, f"{CANARY} shouts"),
    (decisions.end_warning, 1),
    (decisions.taught,),
)
typed = st.sampled_from(
    [
        *[lambda page, text: page] * 5,  # as it stands
        *[lambda page, text: f"{page} {SAFE}"] * 4,
        lambda page, text: f"If you are in danger, call 999. {SAFE}",
        lambda page, text: SAFE,
        lambda page, text: text,  # the message's own words
        lambda page, text: f"{page} <b>{CANARY}</b> {{{{7*7}}}}",
        lambda page, text: "  ",
        *(lambda page, text, blocked=blocked: f"{page} {blocked} {CANARY}" for blocked in BLOCKED),
    ]
)
MEANWHILE = ("again", "again", "again", "new", "read", "hours", "rules")
arrivals = st.tuples(
    st.sampled_from(OFFICES),
    st.sampled_from(CHANNELS),
    st.sampled_from(AUTHORS),
    st.sampled_from(TEXTS),
    st.sampled_from([True, True, True, False]),
)


@dataclass(frozen=True)
class Page:
    """What somebody has open: perhaps no longer how things are."""

    message_id: int
    words: Words
    text: str


@functools.cache
def template() -> tuple[Path, Mapping[str, Account]]:
    """A desk with people and no messages, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="responder-walks-"))
    with fresh("sqlite", folder) as database:
        desk = Desk(database)
        desk.hire(STRANGER, "Sid Stranger", "administrator", (HOME,))
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    (file,) = folder.glob("*.db")
    return file, desk.people


class Walk(RuleBasedStateMachine):
    """Several people of every role at the desk of five offices, while messages come in and are read."""

    messages, pages = Bundle("messages"), Bundle("pages")
    steps = 0

    def open_the_desk(self) -> None:
        file, people = template()
        self.folder = Path(tempfile.mkdtemp(prefix="responder-walk-"))
        shutil.copyfile(file, self.folder / "desk.db")
        self.database = Database(f"sqlite:///{self.folder / 'desk.db'}", KEY)
        sa.event.listen(self.database.engine.pool, "connect", lambda made, _: made.execute("PRAGMA synchronous=OFF"))
        self.desk = Desk(self.database, people=people)
        by_office = rules().by_office
        self.desk.rules = replace(
            rules(),
            by_office={o: replace(one, approvals=APPROVALS.get(o, one.approvals)) for o, one in by_office.items()},
        )
        self.office_of: dict[int, str] = {}
        self.text_of: dict[int, str] = {}
        self.states: dict[int, str] = {}
        self.danger: set[int] = set()
        self.approved: dict[tuple[int, int], dict[int, Words]] = {}  # of each version: who approved which words
        self.need: dict[tuple[int, int], Need] = {}  # when a version was approved for good
        self.stood: set[tuple[int, int]] = set()
        self.seq = self.last_seq()
        self.all_there: list[Any] | None = None

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            shutil.rmtree(self.folder)

    # What happens

    @initialize(target=messages, first=arrivals, second=arrivals)
    def the_desk_opens_with_two_messages(self, first, second):
        self.open_the_desk()
        return multiple(self.arrive(*first), self.arrive(*second))

    @rule(target=messages, id_=messages, what=st.sampled_from(MEANWHILE), number=st.integers(0, 2), new=arrivals)
    def meanwhile(self, id_, what, number, new):
        """The same person writes again or somebody else does, the assistant reads, time passes, rules change."""
        if what == "new":
            return self.arrive(*new)
        if what == "again":
            self.write_again(id_)
        elif what == "read":
            self.desk.read(id_)
        elif what == "hours":
            self.desk.now += timedelta(hours=(1, 9, 30)[number])
        else:
            self.set_rules(self.office_of[id_], number)
        self.all_there = None
        return multiple()

    @rule(target=pages, id_=messages, who=who, language=st.sampled_from([None, None, None, "en", "cy"]))
    def somebody_opens(self, id_, who, language):
        if self.decide(decisions.see, who, id_) is None:
            return multiple()
        return self.page(id_, who, language)

    @rule(page=pages, who=who, typed=typed, afresh=st.booleans())
    def somebody_keeps_words(self, page, who, typed, afresh):
        self.decide(decisions.save_reply, who, page.message_id, self.words(self.opened(page, who, afresh), typed))

    @rule(page=pages, who=who, typed=typed, afresh=st.booleans())
    def somebody_asks(self, page, who, typed, afresh):
        self.decide(decisions.ask, who, page.message_id, self.words(self.opened(page, who, afresh), typed))

    @rule(page=pages, who=who, typed=typed)
    def somebody_approves(self, page, who, typed):
        self.approve(page.message_id, who, self.words(page, typed))

    @rule(id_=messages, who=who, typed=typed)
    def somebody_approves_what_they_see_now(self, id_, who, typed):
        if self.office_of[id_] in self.desk.people[who].offices:
            self.approve(id_, who, self.words(self.page(id_, who), typed))

    @rule(page=pages, who=who, act=st.sampled_from(["sent", "back", decisions.take_back, decisions.not_sent]))
    def somebody_goes_on_from_an_old_page(self, page, who, act):
        newest = self.newest(page.message_id)
        if act == "back":
            self.decide(decisions.send_back, who, page.message_id, page.words.version, f"{CANARY}, shorter")
        elif act != "sent":
            self.decide(act, who, page.message_id)
        elif self.decide(decisions.mark_sent, who, page.message_id, page.words.saw) is not None:
            assert page.words.saw >= newest

    @rule(id_=messages, who=able)
    def it_goes_on_as_it_should(self, id_, who):
        """The next step of the ordinary way, from a page that is opened now; so that walks come far."""
        state, page = self.desk.row(id_)["state"], self.page(id_, who)
        if state in (states.OPEN, states.AWAITING):
            words = page.words if page.words.text.strip() else replace(page.words, text=SAFE)
            if self.approve(id_, who, words) is None and state == states.OPEN:
                self.decide(decisions.ask, who, id_, words)
        elif state == states.APPROVED:
            self.decide(decisions.mark_sent, who, id_, page.words.saw)
        else:
            self.decide(decisions.reopen, who, id_)

    @rule(id_=messages, who=able)
    def it_goes_back_a_step(self, id_, who):
        state, version = self.desk.row(id_)["state"], self.page(id_, who).words.version
        if state == states.OPEN:
            self.decide(decisions.close, who, id_, "other", f"{CANARY} rang")
        elif state == states.AWAITING:
            self.decide(decisions.send_back, who, id_, version, f"{CANARY}, shorter")
        else:
            back = {states.APPROVED: decisions.take_back, states.ANSWERED: decisions.not_sent}
            self.decide(back.get(state, decisions.reopen), who, id_)

    @rule(
        id_=messages, who=who, reason=st.sampled_from(["thanks", "other", "no such reason"]),
        words=st.sampled_from(["", f"{CANARY} rang"]),
    )  # fmt: skip
    def somebody_closes(self, id_, who, reason, words):
        rank = self.desk.row(id_)["rank"]
        if self.decide(decisions.close, who, id_, reason, words) is not None:
            assert words or (rank not in (priority.DANGER, priority.UNREAD) and reason != "other")

    @rule(
        id_=messages, who=who, intent=st.none() | st.sampled_from(INTENTS),
        danger=st.sampled_from([None, "alarm", "none"]),
    )  # fmt: skip
    def somebody_corrects(self, id_, who, intent, danger):
        alarm = self.desk.row(id_)["danger"] == "alarm"
        if self.decide(decisions.correct, who, id_, intent, danger) is not None and (danger == "none" or not alarm):
            self.danger.discard(id_)  # what is dangerous only as what it was read as, another reading may take back

    @rule(id_=messages, who=who, act=st.sampled_from(OTHER_ACTS))
    def somebody_does_something_else(self, id_, who, act):
        self.decide(act[0], who, id_, *act[1:])

    # What must hold

    @invariant()
    def all_is_well(self):
        if not hasattr(self, "all_there"):
            return
        Walk.steps += 1
        with self.database.read() as connection:
            rows = {one["id"]: one for one in connection.execute(sa.select(message)).mappings()}
            replies = list(connection.execute(sa.select(reply).order_by(reply.c.number)).mappings())
            going = list(connection.execute(sa.select(outbox)).mappings())
            authors = {tuple(one) for one in connection.execute(sa.select(reply_author))}
            lines = list(connection.execute(sa.select(audit_table).where(audit_table.c.seq > self.seq)).mappings())
            verdict = audit.verify(connection)
        assert verdict, verdict.fault
        self.seq += len(lines)
        self.no_text_stands_in(lines)
        self.each_change_has_its_line(rows, lines)
        self.states_fit(rows, replies, going)
        for one in going:
            if one["state"] in ("waiting", "sent"):
                self.was_approved(one, next(kept for kept in replies if kept["id"] == one["reply_id"]), authors)
        self.danger |= {id_ for id_, row in rows.items() if row["rank"] == priority.DANGER}
        assert all(rows[id_]["rank"] == priority.DANGER for id_ in self.danger)
        if {(id_, row["rank"]) for id_, row in rows.items() if row["state"] in states.TO_DO} != self.stood:
            self.danger_stands_first(rows)

    def danger_stands_first(self, rows):
        with self.database.read() as connection:
            listed = inbox.look(connection, self.desk.people["manager"], inbox.Filter(), self.desk.now, size=500).rows
        self.stood = {(id_, row["rank"]) for id_, row in rows.items() if row["state"] in states.TO_DO}
        to_do = {id_ for id_, _ in self.stood}
        assert sorted(one.id for one in listed) == sorted(to_do)
        first = self.danger & to_do
        assert {one.id for one in listed[: len(first)]} == first == {one.id for one in listed if one.band == 0}

    def no_text_stands_in(self, lines):
        for line in lines:
            told = line["before"] + line["after"]
            assert CANARY.lower() not in told.lower() and "<" not in told and "{{" not in told

    def each_change_has_its_line(self, rows, lines):
        for line in lines:
            assert line["actor"] and line["at"]
            before, after = (json.loads(line[name]).get("state") for name in ("before", "after"))
            if after is not None:
                id_ = int(line["subject_id"])
                assert line["account_id"] is not None and before == self.states[id_], "each begins where the last ended"
                self.states[id_] = after
        assert {id_: row["state"] for id_, row in rows.items()} == self.states

    def states_fit(self, rows, replies, going):
        newest = {kept["message_id"]: kept for kept in replies}
        fits = {
            states.OPEN: {None, states.DRAFT, states.WITHDRAWN, states.SENT},
            states.AWAITING: {states.ASKED},
            states.APPROVED: {states.READY},
            states.ANSWERED: {states.SENT},
            states.CLOSED: {None, states.WITHDRAWN, states.SENT},
        }
        for id_, row in rows.items():
            assert (newest[id_]["state"] if id_ in newest else None) in fits[row["state"]]
            assert (row["settled_at"] is not None) == (row["state"] in states.SETTLED)
            assert (row["closed_reason"] is not None) == (row["state"] == states.CLOSED)
        stands = {one["reply_id"]: one["state"] for one in going}
        assert len(stands) == len(going), "one place in the outbox for each reply"
        for kept in replies:
            if kept is not newest[kept["message_id"]]:
                assert kept["state"] in (states.SENT, states.WITHDRAWN)
            right = {states.READY: {"waiting"}, states.SENT: {"sent"}}.get(kept["state"], {None, "withdrawn"})
            assert stands.get(kept["id"]) in right
            assert CANARY not in kept["drafted"] and "<" not in kept["drafted"], "no draft repeats the message"
            if kept["state"] == states.ASKED:
                assert not any(blocked in kept["text"] for blocked in BLOCKED)

    def was_approved(self, one, kept, authors):
        """By enough people, each of whom may, in these very words, having seen the same messages."""
        version = kept["id"], kept["version"]
        need, found = self.need[version], self.approved[version]
        assert one["text"] == kept["text"] and not any(blocked in one["text"] for blocked in BLOCKED)
        assert all(words.text == one["text"] for words in found.values())
        assert all(words.saw >= kept["saw_message_id"] for words in found.values())
        people = {account.id: account for account in self.desk.people.values()}
        able = {id_ for id_ in found if people[id_].may("approve" if need.approvers else "send")}
        if need.approvers > 1:
            able -= {account_id for reply_id, account_id in authors if reply_id == kept["id"]}
        assert len(able) >= need.people

    # How it is done

    def decide(self, act: Any, name: str, id_: int, *given: Any) -> Any:
        """What a decision came to (True where that is nothing); None where it was refused, and all is as it was."""
        account, before = self.desk.people[name], self.all_there or self.everything()
        try:
            came_to = self.desk.do(act, name, id_, *given)
        except ResponderError as refused:
            said = str(refused)
            self.all_there = self.everything()
            assert said and self.all_there == before
            assert (said == "There is no such message.") == (self.office_of[id_] not in account.offices)
            return None
        self.all_there = None
        assert self.office_of[id_] in account.offices
        return True if came_to is None else came_to

    def arrive(self, office: str, channel: str, author: str | None, text: str, read: bool) -> int:
        self.desk.now += timedelta(minutes=1)
        with self.database.write() as connection:
            given = incoming(text=text, office=office, channel=channel, author=author, received_at=self.desk.now)
            id_ = intake.receive(connection, packs(), given, self.desk.now).id
        self.office_of[id_], self.text_of[id_], self.states[id_] = office, text, states.OPEN
        if read:
            self.desk.read(id_)
        self.all_there = None
        return id_

    def write_again(self, id_: int) -> None:
        """Another message into the same conversation."""
        with self.database.read() as connection:
            found = connection.execute(
                sa.select(message.c.office, message.c.channel, contact.c.handle)
                .outerjoin(contact, contact.c.id == message.c.contact_id)
                .where(message.c.id == id_)
            ).one()
        new = self.arrive(found.office, found.channel, found.handle, TEXTS[1], True)
        assert found.handle is None or self.newest(id_) == new

    def set_rules(self, office: str, approvers: int) -> None:
        """As the office's manager does on its page."""
        found = [{"approvers": approvers, "why": "We decided so."}]
        with self.database.write() as connection:
            own = approvals.own_rules(connection, self.desk.rules, office)
            seen = approvals.mark(own.rules if own else self.desk.rules.approvals(office))
            manager = self.desk.people["manager"]
            approvals.set_rules(connection, self.desk.rules, office, found, seen, manager, self.desk.now)
        self.all_there = None

    def approve(self, id_: int, name: str, words: Words) -> Any:
        with self.database.read() as connection:
            need = decisions.need_of(connection, self.desk.acting(name), self.desk.row(id_))
        newest, reading = self.newest(id_), self.desk.row(id_)["assessment_id"] or 0
        came_to = self.decide(decisions.approve, name, id_, words)
        if came_to is None:
            return None
        account = self.desk.people[name]
        assert account.may("approve" if need.approvers else "send"), "a trainee approves nothing"
        assert (words.saw, words.read) == (newest, reading), "nobody approves from a page that is out of date"
        kept = self.desk.reply(id_)
        version = kept["id"], kept["version"]
        self.approved.setdefault(version, {})[account.id] = words
        if came_to.complete:
            self.need[version] = need
        return came_to

    def page(self, id_: int, name: str, language: str | None = None) -> Page:
        return Page(id_, self.desk.page(id_, name, language=language), self.text_of[id_])

    def opened(self, page: Page, name: str, afresh: bool) -> Page:
        """The page as it was opened then, or as it would be now."""
        sees = self.office_of[page.message_id] in self.desk.people[name].offices
        return self.page(page.message_id, name) if afresh and sees else page

    def words(self, page: Page, typed: Any) -> Words:
        return replace(page.words, text=typed(page.words.text, page.text))

    def newest(self, id_: int) -> int:
        with self.database.read() as connection:
            return threads.newest(connection, self.desk.row(id_))

    def last_seq(self) -> int:
        with self.database.read() as connection:
            return connection.execute(sa.select(sa.func.max(audit_table.c.seq))).scalar() or 0

    def everything(self) -> list[Any]:
        tables = (message, reply, outbox, approval, reply_author)
        with self.database.read() as connection:
            found = [connection.execute(sa.select(table)).all() for table in tables]
        return [self.last_seq(), *found]


TestWalks = Walk.TestCase
TestWalks.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)
