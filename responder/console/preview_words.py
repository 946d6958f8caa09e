"""The check on one's own words at the preview: one kind of message, one channel, one moment, no message needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from responder.console import preview_asked, preview_rows, sheet
from responder.console.checking import Checked, check_words, mended
from responder.console.forms import LONGEST_REPLY, Ask
from responder.drafting import draft, preview
from responder.drafting.model import Draft, Message

CHANNEL = preview_rows.DEFAULT_CHANNELS[0]


@dataclass(frozen=True)
class Case:
    """Which reply is worked on, and the words as they stand. `reply` is None until somebody wrote some."""

    office: str
    intent: str
    channel: str
    language: str
    at: datetime
    reply: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    def drafted(self, packs: Any) -> Draft:
        """The office's own reply to an ordinary message of this kind."""
        message = Message("", self.office, self.channel, self.at)
        return draft(packs, message, preview.usual_assessment(packs, self.intent, self.language))

    def address(self) -> dict[str, str]:
        """The parts of this page's address; never the words."""
        parts = {"office": self.office, "intent": self.intent, "channel": self.channel, "language": self.language}
        return parts | {"at": self.at.strftime("%Y-%m-%dT%H:%M")}


def read(packs: Any, given: Mapping[str, str], now: datetime, home: str) -> Case:
    """What an address or the form asks for; `home` is the office where it names none."""
    at, errors = preview_asked.moment(given, now)
    office, intent = given.get("office") or home, given.get("intent") or next(iter(packs.intents))
    channel, language = given.get("channel") or CHANNEL, given.get("language", "")
    if office not in packs.offices:
        errors["office"], office = "Choose an office from the list", home
    if intent not in packs.intents:
        errors["intent"], intent = "Choose a kind of message from the list", next(iter(packs.intents))
    if channel not in packs.channels:
        errors["channel"], channel = "Choose a channel from the list", CHANNEL
    if language not in packs.offices[office].languages:
        language = packs.offices[office].languages[0]
    reply = given.get("reply")
    if reply is not None:
        reply = reply.replace("\r\n", "\n").replace("\r", "\n")
        if len(reply) > LONGEST_REPLY:
            errors["reply"] = f"The reply must be {LONGEST_REPLY:,} characters or fewer; it has {len(reply):,}"
    return Case(office, intent, channel, language, at, reply, errors)


def checked(packs: Any, case: Case, drafted: Draft, reply: str, mend: str | None = None) -> tuple[str, Checked]:
    """The words and what the policy says to them; `mend` applies one finding's mended words first."""
    ask = Ask(text="", office=case.office, channel=case.channel, at=case.at)
    line = drafted.as_dict()
    found = check_words(packs, line, ask, reply)
    if mend is not None and (better := mended(reply, found, mend)) is not None:
        return better, check_words(packs, line, ask, better)
    return reply, found


def cards(packs: Any, case: Case, drafted: Draft) -> tuple[tuple[sheet.Sentence, ...], tuple[sheet.Card, ...]]:
    """The drafted sentences and the clauses that they rest on."""
    letters = sheet.lettered(id_ for part in drafted.parts for id_ in part.clauses)
    parts = [{"text": part.text, "clauses": part.clauses} for part in drafted.parts]
    sentences = sheet.number_sentences(parts, drafted.reply or "", letters)
    return sentences, sheet.cards(packs, letters, sentences, case.at.date())
