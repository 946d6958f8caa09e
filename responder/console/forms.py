"""What a member of staff asked of the draft page, read from the form, with what is wrong with it.

The message travels in the body of a POST and never in an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from responder.console import words
from responder.drafting.calendar import LONDON

LONGEST_MESSAGE = 1_000_000
LONGEST_REPLY = 50_000
YEARS = range(2000, 2101)


@dataclass(frozen=True)
class Ask:
    """One filled-in form. `intent` is what staff chose to read the message as; `reply` is their own wording."""

    text: str = ""
    thread: str = ""
    office: str = ""
    channel: str = "facebook-dm"
    day: str = ""
    time: str = ""
    intent: str = ""
    reply: str | None = None
    at: datetime | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def at_in_words(self) -> str:
        """When the message came, as people say it."""
        return words.moment_in_words(self.at) if self.at else ""

    def as_line(self) -> dict[str, Any]:
        """The input line of docs/contract.md."""
        assert self.at is not None
        line: dict[str, Any] = {
            "text": self.text,
            "office": self.office,
            "channel": self.channel,
            "received_at": self.at.isoformat(),
        }
        if self.thread.strip():
            line["thread"] = [
                {"from": "public", "text": part.strip()} for part in self.thread.split("\n\n") if part.strip()
            ]
        return line


def blank(packs: Any, given: Mapping[str, str], now: datetime) -> Ask:
    """An empty form, with the office and the channel that the address asks for and the time of now."""
    office, channel = given.get("office", ""), given.get("channel", "")
    return Ask(
        office=office if office in packs.offices else "",
        channel=channel if channel in packs.channels else "facebook-dm",
        day=now.date().isoformat(),
        time=f"{now:%H:%M}",
        at=now,
    )


def read(packs: Any, form: Mapping[str, str], now: datetime) -> Ask:
    """The form as it was sent. Faults stand in `errors`, by field, in words that say what to do."""
    text, reply = _lines(form.get("text", "")), form.get("reply")
    at, wrong = _moment(form.get("day", ""), form.get("time", ""), now)
    intent = form.get("read_as") or form.get("intent", "")
    errors: dict[str, str] = {}
    if not text.strip():
        errors["text"] = "Paste the message"
    elif len(text) > LONGEST_MESSAGE:
        errors["text"] = f"The message must be {LONGEST_MESSAGE:,} characters or fewer; it has {len(text):,}"
    if not form.get("office"):
        errors["office"] = "Choose the office"
    elif form["office"] not in packs.offices:
        errors["office"] = "Choose an office from the list"
    if form.get("channel", "") not in packs.channels:
        errors["channel"] = "Choose a channel from the list"
    errors |= wrong
    if intent and intent not in packs.intents:
        errors["intent"] = "Choose a reading from the list"
    if reply is not None and len(reply) > LONGEST_REPLY:
        errors["reply"] = f"The reply must be {LONGEST_REPLY:,} characters or fewer; it has {len(reply):,}"
    return Ask(
        text=text,
        thread=_lines(form.get("thread", "")),
        office=form.get("office", ""),
        channel=form.get("channel", ""),
        day=form.get("day", ""),
        time=form.get("time", ""),
        intent=intent if intent in packs.intents else "",
        reply=None if reply is None else _lines(reply),
        at=at,
        errors=errors,
    )


def moment(given: str, now: datetime) -> datetime:
    """An ISO 8601 time from an address, London's where it names no zone; `now` where it is empty.

    Raises:
        ValueError: it is no such time.
    """
    if not given:
        return now
    at = datetime.fromisoformat(given.replace("Z", "+00:00"))
    if at.year not in YEARS:
        raise ValueError("no year of ours")
    return at.replace(tzinfo=LONDON) if at.tzinfo is None else at.astimezone(LONDON)


def _lines(text: str) -> str:
    """Browsers send line ends as CR LF; places in the text are counted with one character each."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _moment(day: str, clock: str, now: datetime) -> tuple[datetime | None, dict[str, str]]:
    errors: dict[str, str] = {}
    on, when = now.date(), time(now.hour, now.minute)
    try:
        on = date.fromisoformat(day.strip()) if day.strip() else on
        if on.year not in YEARS:
            raise ValueError
    except ValueError:
        errors["day"] = "Give the date as year-month-day, for example 2026-11-20"
    try:
        when = time.fromisoformat(clock.strip().zfill(5)) if clock.strip() else when
    except ValueError:
        errors["time"] = "Give the time as hours and minutes, for example 09:40"
    return (None if errors else datetime.combine(on, when.replace(tzinfo=None), LONDON)), errors
