"""What the tests of staff's decisions share: a desk with people of every role, and the decisions in short.

>>> desk = Desk(database)  # doctest: +SKIP
>>> id_ = desk.message("Hello, who do I write to?")  # doctest: +SKIP
>>> desk.approve("moderator", id_)  # doctest: +SKIP
Approved(complete=True, still_needed=0)
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from desk_support import NOW, PACKS, incoming, packs

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from fake_engine import FakeEngine

from responder.desk import accounts, approvals, assessing, audit, decisions, desk_rules, intake, roles, threads
from responder.desk.accounts import Account
from responder.desk.audit import COMMAND_LINE
from responder.desk.database import Database
from responder.desk.decisions import Acting, Approved, Words
from responder.desk.desk_rules import ApprovalRule, DeskRules
from responder.desk.drafts import drafted
from responder.desk.tables import approval, message, outbox, reply

FULL = os.environ.get("RESPONDER_FULL") == "1"  # the full numbers of the reliability figures: minutes, not seconds
NAMES = {  # of the people at the desk, by what the tests call them
    "trainee": "Tom Trainee",
    "moderator": "Mo Moderator",
    "second": "Max Moderator",
    "approver": "Ann Approver",
    "other": "Art Approver",
    "manager": "Mia Manager",
    "administrator": "Ada Administrator",
}
ROLES = {"second": "moderator", "other": "approver"}
QUESTION = "Hello, who do I write to about a meeting?"
KNIFE = "He has a knife and he is breaking in"
FOI = "A freedom of information request about your cars"
THANKS = "Thank you for getting in touch."


@functools.cache
def engine() -> FakeEngine:
    """The pretended engine, with the packs read once."""
    return FakeEngine(PACKS)


@functools.cache
def rules(approvers: int | None = None) -> DeskRules:
    """The desk's rules; with a number, so many must approve every reply of every office."""
    found = desk_rules.load(PACKS)
    if approvers is None:
        return found
    always = (ApprovalRule(approvers, "The office asks for it."),)
    return replace(found, by_office={name: replace(one, approvals=always) for name, one in found.by_office.items()})


class Desk:
    """A desk with one person of each role (two moderators, two approvers) for every office; time goes on by itself."""

    def __init__(
        self, database: Database, approvers: int | None = None, people: Mapping[str, Account] | None = None
    ) -> None:
        """`people` are those of a desk that was copied, by what the tests call them."""
        self.database, self.rules, self.now = database, rules(approvers), NOW
        self.people: dict[str, Account] = dict(people or {})
        for name, full_name in NAMES.items():
            if name not in self.people:
                self.hire(name, full_name, ROLES.get(name, name))

    def hire(self, name: str, full_name: str, role: str, offices: tuple[str, ...] | None = None) -> Account:
        """Another person, of all offices unless some are given."""
        assert role in roles.ROLES
        with self.database.write() as connection:
            self.people[name] = accounts.create(
                connection, packs(), COMMAND_LINE, self.now, name=name, full_name=full_name, role=role,
                offices=tuple(packs().offices) if offices is None else offices,
            )  # fmt: skip
        return self.people[name]

    def message(self, text: str = QUESTION, read: bool = True, **given: Any) -> int:
        """A message that came in just now, and was read unless it was not."""
        self.now += timedelta(minutes=1)
        with self.database.write() as connection:
            given = {"received_at": self.now, **given}
            id_ = intake.receive(connection, packs(), incoming(text=text, **given), self.now).id
        if read:
            self.read(id_)
        return id_

    def read(self, message_id: int) -> None:
        """Have the assistant read a message."""
        with self.database.write() as connection:
            found = engine().read(assessing.message_for_engine(connection, message_id))
            assessing.assess(connection, packs(), message_id, found["line"], found["reading"], self.now)

    def acting(self, who: str) -> Acting:
        """A person, a minute later."""
        self.now += timedelta(minutes=1)
        return Acting(packs(), self.rules, self.people[who], self.now)

    def do(self, act: Any, who: str, message_id: int, *given: Any) -> Any:
        """A decision, in a transaction of its own."""
        acting = self.acting(who)
        with self.database.write() as connection:
            return act(connection, acting, message_id, *given)

    def page(
        self, message_id: int, who: str = "moderator", text: str | None = None, language: str | None = None
    ) -> Words:
        """The reply as a page that is opened now shows it, with other words typed into it where some are given."""
        with self.database.read() as connection:
            row = threads.row_of(connection, self.people[who], message_id)
            assert row is not None
            kept, newest = threads.reply_in_hand(connection, row), threads.newest(connection, row)
            if text is None and kept is not None:
                text = kept["text"]
            elif text is None:
                case, read = threads.case_of(connection, row), threads.reading(connection, row)
                text = drafted(packs(), case, read, self.now, language)["reply"] or ""
        return Words(text, kept["version"] if kept else 0, newest, language, row["assessment_id"] or 0)

    def save(self, who: str, message_id: int, text: str | None = None) -> int:
        """Keep words, as a page that is opened now does."""
        version: int = self.do(decisions.save_reply, who, message_id, self.page(message_id, who, text))
        return version

    def ask(self, who: str, message_id: int, text: str | None = None) -> None:
        """Ask for approval, likewise."""
        self.do(decisions.ask, who, message_id, self.page(message_id, who, text))

    def approve(self, who: str, message_id: int, text: str | None = None) -> Approved:
        """Approve, likewise."""
        came_to: Approved = self.do(decisions.approve, who, message_id, self.page(message_id, who, text))
        return came_to

    def sent(self, who: str, message_id: int) -> None:
        """Mark as sent, likewise."""
        self.do(decisions.mark_sent, who, message_id, self.page(message_id, who).saw)

    def row(self, message_id: int) -> Mapping[str, Any]:
        """The message."""
        (found,) = self.all(sa.select(message).where(message.c.id == message_id))
        return found

    def reply(self, message_id: int) -> Mapping[str, Any]:
        """The newest reply to a message, whatever became of it."""
        query = sa.select(reply).where(reply.c.message_id == message_id).order_by(reply.c.number.desc())
        return self.all(query)[0]

    def outbox(self, message_id: int) -> list[tuple[str, str]]:
        """What stands in the outbox for a message: the state and the text of each."""
        query = sa.select(outbox).where(outbox.c.message_id == message_id).order_by(outbox.c.id)
        return [(one["state"], one["text"]) for one in self.all(query)]

    def states(self, message_id: int) -> tuple[str, str | None]:
        """The state of a message and of its newest reply."""
        kept = self.all(sa.select(reply).where(reply.c.message_id == message_id).order_by(reply.c.number.desc()))
        return self.row(message_id)["state"], kept[0]["state"] if kept else None

    def approvers(self, message_id: int) -> list[str]:
        """Who approved the newest reply as it stands, in the tests' words."""
        kept = self.reply(message_id)
        query = sa.select(approval.c.account_id).where(
            approval.c.reply_id == kept["id"], approval.c.version == kept["version"], approval.c.decision == "approved"
        )
        by_id = {account.id: name for name, account in self.people.items()}
        return sorted(by_id[one["account_id"]] for one in self.all(query))

    def all(self, query: Any) -> list[Mapping[str, Any]]:
        """The rows of a query."""
        with self.database.read() as connection:
            return list(connection.execute(query).mappings())

    def lines(self, message_id: int) -> list[audit.Entry]:
        """What the audit says of a message, the oldest first."""
        with self.database.read() as connection:
            return audit.entries(connection, subject=("message", message_id), limit=10_000)[::-1]

    def last(self, message_id: int) -> audit.Entry:
        """The last line about a message."""
        return self.lines(message_id)[-1]

    def audited(self) -> str:
        """The whole audit as one text, after it was found to be whole."""
        with self.database.read() as connection:
            verdict = audit.verify(connection)
            assert verdict, verdict.fault
            return json.dumps([entry.as_dict() for entry in audit.export(connection)], ensure_ascii=False)

    def set_approvals(self, office: str, found: list[dict[str, Any]]) -> None:
        """Let the manager of an office set its own rules."""
        with self.database.write() as connection:
            seen = approvals.mark(self.rules.approvals(office))
            approvals.set_rules(connection, self.rules, office, found, seen, self.people["manager"], self.now)


def at(hour: int, minute: int = 0) -> datetime:
    """A time of the tests' day."""
    return NOW.replace(hour=hour, minute=minute)
