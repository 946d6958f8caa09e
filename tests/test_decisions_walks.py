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
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from decisions_support import FULL, NAMES, Desk, rules
from desk_support import KEY, fresh, incoming, packs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

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

STEPS, EXAMPLES, WALKS = (50, 60, 250) if FULL else (30, 8, 12)
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
SAFE = f"{CANARY}, and thank you."
BLOCKED = ("Ring 0800 123 4567.", "Ring ((telephone)).", "See https://bad.example/x", "Write to jo@bad.example.")
STRANGER = "stranger"  # has an account for one office only
HOME = "north-wales-opcc"

ABLE = ("moderator", "approver", "other", "manager")
ANYBODY = (*ABLE, *ABLE, *NAMES, STRANGER)
ACTS = (
    *["open"] * 3,
    *["keep"] * 3,
    *["ask"] * 2,
    *["approve"] * 7,
    *["send back"] * 2,
    *["sent"] * 2,
    *["undo", "not sent"],
)
ON_THE_MESSAGE = (
    *[(decisions.correct, *said) for said in ((None, "alarm"), (None, "none"), ("greet", None), ("greet", "none"))],
    *[(decisions.correct, intent, "none") for intent in ("complain_police", "media_enquiry", "report_emergency")],
    *[(decisions.close, reason, why) for reason in ("thanks", "other", "no such reason") for why in ("", f"{CANARY}!")],
    (decisions.reopen,),
    (decisions.reopen,),
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
TYPED = (
    *[lambda page, text: page] * 5,  # as it stands
    *[lambda page, text: f"{page} {SAFE}"] * 4,
    lambda page, text: f"If you are in danger, call 999. {SAFE}",
    lambda page, text: SAFE,
    lambda page, text: text,  # the message's own words
    lambda page, text: f"{page} <b>{CANARY}</b> {{{{7*7}}}}",
    lambda page, text: "  ",
    *(lambda page, text, blocked=blocked: f"{page} {blocked} {CANARY}" for blocked in BLOCKED),
)
MEANWHILE = ("again", "again", "again", "new", "read", "hours", "rules")
ARRIVALS = (OFFICES, CHANNELS, AUTHORS, TEXTS, (True, True, True, False))
arrivals = st.tuples(*(st.sampled_from(one) for one in ARRIVALS))
which, who = st.integers(0, 5), st.sampled_from(ANYBODY)  # message and person


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
        self.ids: list[int] = []
        self.pages: list[Page] = []
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

    @initialize(first=arrivals, second=arrivals)
    def the_desk_opens_with_two_messages(self, first, second):
        self.open_the_desk()
        for one in (first, second):
            self.arrive(*one)

    @rule(which=which, what=st.sampled_from(MEANWHILE), number=st.integers(0, 2), new=arrivals)
    def meanwhile(self, which, what, number, new):
        """The same person writes again or somebody else does, the assistant reads, time passes, rules change."""
        id_ = self.ids[which % len(self.ids)]
        if what == "new":
            self.arrive(*new)
        elif what == "again":
            self.write_again(id_)
        elif what == "read":
            self.desk.read(id_)
        elif what == "hours":
            self.desk.now += timedelta(hours=(1, 9, 30)[number])
        else:
            self.set_rules(self.office_of[id_], number)
        self.all_there = None

    @rule(which=which, who=who, act=st.sampled_from(ACTS), typed=st.sampled_from(TYPED), page=st.integers(0, 5))
    def somebody_decides(self, which, who, act, typed, page):
        """From the page as it is now, or from one that was opened before."""
        id_ = self.ids[which % len(self.ids)]
        if self.office_of[id_] not in self.desk.people[who].offices:
            assert self.decide(decisions.see, who, id_) is None
            return
        shown = self.old_pages(id_)[page] if page < len(self.old_pages(id_)) else self.page(id_, who)
        words = replace(shown.words, text=typed(shown.words.text, shown.text))
        if act == "open":
            self.decide(decisions.see, who, id_)
            self.pages.append(shown)
        elif act == "approve":
            self.approve(id_, who, words)
        elif act in ("keep", "ask"):
            self.decide({"keep": decisions.save_reply, "ask": decisions.ask}[act], who, id_, words)
        elif act == "send back":
            self.decide(decisions.send_back, who, id_, shown.words.version, f"{CANARY}, shorter")
        elif act == "sent":
            newest = self.newest(id_)
            assert self.decide(decisions.mark_sent, who, id_, shown.words.saw) is None or shown.words.saw >= newest
        else:
            self.decide({"undo": decisions.take_back, "not sent": decisions.not_sent}[act], who, id_)

    @rule(which=which, who=who, act=st.sampled_from(ON_THE_MESSAGE))
    def somebody_decides_on_the_message(self, which, who, act):
        id_ = self.ids[which % len(self.ids)]
        row = self.desk.row(id_)
        if self.decide(act[0], who, id_, *act[1:]) is None:
            return
        if act[0] is decisions.close:
            assert act[2] or (row["rank"] not in (priority.DANGER, priority.UNREAD) and act[1] != "other")
        if act[0] is decisions.correct and (act[2] == "none" or row["danger"] != "alarm"):
            self.danger.discard(id_)  # what is dangerous only as what it was read as, another reading may take back

    @rule(which=which, who=st.permutations(ABLE), steps=st.integers(1, 4))
    def it_goes_on_as_it_should(self, which, who, steps):
        """The next steps of the ordinary way, from pages that are opened for each; so that walks come far."""
        id_ = self.ids[which % len(self.ids)]
        for name in who[:steps]:
            state, page = self.desk.row(id_)["state"], self.page(id_, name)
            if state in (states.OPEN, states.AWAITING):
                words = page.words if page.words.text.strip() else replace(page.words, text=SAFE)
                if self.approve(id_, name, words) is None and state == states.OPEN:
                    self.decide(decisions.ask, name, id_, words)
            elif state == states.APPROVED:
                self.decide(decisions.mark_sent, name, id_, page.words.saw)
            else:
                self.decide(decisions.reopen, name, id_)

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
        self.ids.append(id_)
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

    def page(self, id_: int, name: str) -> Page:
        language = (None, None, "cy")[id_ % 3]
        return Page(id_, self.desk.page(id_, name, language=language), self.text_of[id_])

    def old_pages(self, id_: int) -> list[Page]:
        """Those of a message that were opened before, the last one first."""
        return [page for page in reversed(self.pages) if page.message_id == id_][:3]

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


def wander(chance: Random, steps: int) -> None:
    """The same by plain chance, which tries more than a search does that remembers what it tried."""

    def arrival() -> tuple[Any, ...]:
        return tuple(chance.choice(one) for one in ARRIVALS)

    walk = Walk()
    try:
        walk.the_desk_opens_with_two_messages(arrival(), arrival())
        for _ in range(steps):
            which, who, kind = chance.randrange(6), chance.choice(ANYBODY), chance.random()
            if kind < 0.15:
                walk.meanwhile(which, chance.choice(MEANWHILE), chance.randrange(3), arrival())
            elif kind < 0.75:
                act, typed = chance.choice(ACTS), chance.choice(TYPED)
                walk.somebody_decides(which, who, act, typed, chance.randrange(6))
            elif kind < 0.9:
                walk.somebody_decides_on_the_message(which, who, chance.choice(ON_THE_MESSAGE))
            else:
                walk.it_goes_on_as_it_should(which, chance.sample(ABLE, 4), chance.randrange(1, 3))
            walk.all_is_well()
    finally:
        walk.teardown()


@pytest.mark.parametrize("seed", range(WALKS))
def test_walks_by_chance(seed):
    wander(Random(seed), 50)


TestWalks = Walk.TestCase
TestWalks.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)
