"""What staff did with the demonstration's messages, told as far as the assistant has read them.

Every decision is made through `desk.decisions`, at the time that the file gives, as if somebody had made it then.

>>> history.step()  # doctest: +SKIP
17
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from responder.desk import assessing, decisions, priority, threads
from responder.desk.accounts import Account
from responder.desk.database import Database
from responder.desk.decisions import Acting, Refused, Words
from responder.desk.demo_files import Invented, Step
from responder.desk.desk_rules import DeskRules
from responder.engine import quiet
from responder.errors import BadInput

BETWEEN = timedelta(minutes=4)  # between a reply, each of its approvals, and its sending
WITHOUT_READING = ("note", "assign", "escalate", "settle", "warn")  # all other steps wait until the message was read
SOME_LEFT = 6
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Planned:
    """One thing that somebody did at a time with a message. `key` is the message's name in its file."""

    message_id: int
    key: str
    step: Step
    at: datetime


class History:
    """What is still to be told. `people` are the accounts by name; nothing is told as of after `latest`."""

    def __init__(
        self, database: Database, packs: Any, rules: DeskRules, people: Mapping[str, Account], latest: datetime
    ) -> None:
        self.people = people
        self._database, self._packs, self._rules, self._latest = database, packs, rules, latest
        self._left: list[Planned] = []
        self._seen: set[tuple[int, str]] = set()

    def add(self, message_id: int, invented: Invented, received_at: datetime) -> None:
        """Keep what was done with a message that came at a time, to be told by `step`."""
        for step in invented.then:
            planned = Planned(message_id, invented.key, step, received_at + timedelta(minutes=step.after))
            self._left.append(planned)
        self._left.sort(key=lambda one: one.at)

    @property
    def left(self) -> int:
        """How much is still to be told."""
        return len(self._left)

    def step(self) -> int:
        """Tell what can be told now, in the order of its times; how much that was. Raises DeskUnavailable."""
        with self._database.read() as connection:
            ids = {one.message_id for one in self._left}
            unread = {id_ for id_ in ids if assessing.is_waiting(connection, id_)}
        told, held = 0, set()
        for one in list(self._left):
            if one.message_id in held or (one.message_id in unread and one.step.kind not in WITHOUT_READING):
                held.add(one.message_id)  # what came after it waits with it
                continue
            told += self._tell(one)
            self._left.remove(one)
        return told

    def _tell(self, one: Planned) -> bool:
        """One decision in a transaction of its own; whether it could be made."""
        try:
            with self._database.write() as connection:
                acting = self._acting(one.step.by, one.at)
                if (one.message_id, one.step.by) not in self._seen:
                    decisions.see(connection, acting, one.message_id)
                DO[one.step.kind](self, connection, acting, one)
        except (Refused, BadInput) as error:  # it was read as something else than the file takes it for
            log.info("%s of the demonstration's %s is left out: %s", one.step.kind, one.key, quiet.failure(error))
            return False
        self._seen.add((one.message_id, one.step.by))
        return True

    def _note(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.add_note(connection, acting, one.message_id, one.step.text)

    def _assign(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.assign(connection, acting, one.message_id, self.people[one.step.to].id)

    def _escalate(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.escalate(connection, acting, one.message_id, one.step.to, one.step.text)

    def _settle(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.settle_escalation(connection, acting, one.message_id)

    def _warn(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.warn_of(connection, acting, one.message_id, one.step.text)

    def _correct(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.correct(connection, acting, one.message_id, one.step.intent)

    def _close(self, connection: Connection, acting: Acting, one: Planned) -> None:
        _tick(connection, acting, one.message_id)
        decisions.close(connection, acting, one.message_id, one.step.reason, one.step.text)

    def _save(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.save_reply(connection, acting, one.message_id, _words(connection, acting, one))

    def _ask(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.ask(connection, acting, one.message_id, _words(connection, acting, one))

    def _approve(self, connection: Connection, acting: Acting, one: Planned) -> None:
        decisions.approve(connection, acting, one.message_id, _in_hand(connection, acting, one.message_id))

    def _send_back(self, connection: Connection, acting: Acting, one: Planned) -> None:
        version = _in_hand(connection, acting, one.message_id).version
        decisions.send_back(connection, acting, one.message_id, version, one.step.text)

    def _send(self, connection: Connection, acting: Acting, one: Planned) -> None:
        _tick(connection, acting, one.message_id)
        decisions.mark_sent(connection, acting, one.message_id, _in_hand(connection, acting, one.message_id).saw)

    def _answer(self, connection: Connection, acting: Acting, one: Planned) -> None:
        """Written by one person, approved by as many as the office asks for, and sent."""
        id_, at = one.message_id, one.at
        row = threads.row_of(connection, acting.account, id_)
        assert row is not None
        need = decisions.need_of(connection, acting, row)
        words = _words(connection, acting, one)
        others = [name for name, who in self.people.items() if who.may("approve") and name != one.step.by]
        if need.approvers == 0 and acting.account.may("send"):
            decisions.approve(connection, acting, id_, words)
        else:
            decisions.ask(connection, acting, id_, words)
            for name in others[: need.people]:
                at += BETWEEN
                decisions.approve(connection, self._acting(name, at), id_, _in_hand(connection, acting, id_))
        sender = one.step.by if acting.account.may("send") else others[0]
        _tick(connection, self._acting(sender, at + BETWEEN), id_)
        decisions.mark_sent(connection, self._acting(sender, at + BETWEEN), id_, words.saw)

    def _acting(self, name: str, at: datetime) -> Acting:
        return Acting(self._packs, self._rules, self.people[name], min(at, self._latest))


Decision = Callable[[History, Connection, Acting, Planned], None]
DO: Mapping[str, Decision] = {
    "note": History._note,
    "assign": History._assign,
    "escalate": History._escalate,
    "settle": History._settle,
    "warn": History._warn,
    "correct": History._correct,
    "close": History._close,
    "save": History._save,
    "ask": History._ask,
    "approve": History._approve,
    "send-back": History._send_back,
    "send": History._send,
    "answer": History._answer,
}


def _tick(connection: Connection, acting: Acting, message_id: int) -> None:
    """Tick off what must be done about danger; of one message in SOME_LEFT the last thing is forgotten."""
    row = threads.row_of(connection, acting.account, message_id)
    assert row is not None
    if row["rank"] != priority.DANGER:
        return
    duties = decisions.open_duties(connection, acting, row)
    for duty in duties[: -1 if message_id % SOME_LEFT == 0 else None]:
        decisions.tick(connection, acting, message_id, duty, True)


def _in_hand(connection: Connection, acting: Acting, message_id: int) -> Words:
    """The reply as it stands, or the draft; its text is empty where there is neither."""
    found = threads.whole(connection, acting.account, message_id)
    assert found is not None
    if found.reply:
        return Words(found.reply["text"], found.reply["version"], found.newest)
    line = threads.line_now(connection, acting.packs, found.row, acting.now) or {}
    return Words(line.get("reply") or "", 0, found.newest)


def _words(connection: Connection, acting: Acting, one: Planned) -> Words:
    """The reply as this person left it: their own text, or the one in hand with words before and after it.

    Raises BadInput where there is no text.
    """
    step, now = one.step, _in_hand(connection, acting, one.message_id)
    text = step.text or now.text
    if not text:
        raise BadInput("There is no draft for this message.")
    row = threads.row_of(connection, acting.account, one.message_id)
    assert row is not None
    gap = " " if acting.packs.channel(row["channel"]).public else "\n\n"
    return Words(gap.join(part for part in (step.first, text, step.last) if part), now.version, now.saw)
