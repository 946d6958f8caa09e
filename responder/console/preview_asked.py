"""What is asked of the preview: which office, beside which other, where, in which language and as of when.

Read from an address or a form; what is wrong stands in `errors`, by field, in words that say what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from responder.console import forms, preview_rows, words


@dataclass(frozen=True)
class Asked:
    """One choice. `channel` is empty for the usual two, or `all`; `other` is the office to compare with, or empty."""

    office: str
    other: str
    channel: str
    language: str
    family: str
    at: datetime
    errors: Mapping[str, str] = field(default_factory=dict)

    def channels(self, packs: Any) -> tuple[str, ...]:
        """The channels to show."""
        if self.channel == "all":
            return tuple(packs.channels)
        return (self.channel,) if self.channel else preview_rows.DEFAULT_CHANNELS

    def languages(self, packs: Any, office: str) -> tuple[str, ...]:
        """The languages to show of an office: the chosen one, or its first where it has no such language."""
        own: tuple[str, ...] = packs.offices[office].languages
        if self.language == "all":
            return own
        return (self.language,) if self.language in own else own[:1]

    def address(self, **changed: str) -> dict[str, str]:
        """The parts of an address that asks for the same, with some of them changed."""
        own = {"channel": self.channel, "family": self.family, "language": self.language, "with": self.other}
        parts = {"office": self.office, **own, "at": self.at.strftime("%Y-%m-%dT%H:%M"), **changed}
        return {name: value for name, value in parts.items() if value}

    def case(self, intent: str, office: str = "") -> dict[str, str]:
        """The parts of the address where one's own words for an intent are checked."""
        parts = {"office": office or self.office, "intent": intent, "channel": self.channel.replace("all", "")}
        parts |= {"language": self.language.replace("all", ""), "at": self.at.strftime("%Y-%m-%dT%H:%M")}
        return {name: value for name, value in parts.items() if value}


def read(packs: Any, given: Mapping[str, str], now: datetime, home: str) -> Asked:
    """What an address asks for; `home` is the office where it names none."""
    errors: dict[str, str] = {}
    office = given.get("office") or home
    if office not in packs.offices:
        errors["office"], office = "Choose an office from the list", home
    other = given.get("with", "")
    if other and other not in packs.offices:
        errors["with"], other = "Choose an office from the list", ""
    if other == office:
        errors["with"], other = "Choose another office than the one that you compare", ""
    channel = given.get("channel", "")
    if channel not in ("", "all", *packs.channels):
        errors["channel"], channel = "Choose a channel from the list", ""
    family = given.get("family", "")
    if family not in ("", *words.FAMILIES):
        errors["family"], family = "Choose a group from the list", ""
    language = given.get("language", "")
    shown = {language for id_ in (office, other) if id_ for language in packs.offices[id_].languages}
    if language not in ("", "all", *shown):
        language = ""  # another office's language stays in the address when the office changes
    if channel == "all" and not family:
        family = next(iter(words.FAMILIES))  # all channels of all intents would be a page too heavy to read
    at, wrong = moment(given, now)
    return Asked(office, other, channel, language, family, at, errors | wrong)


def moment(given: Mapping[str, str], now: datetime) -> tuple[datetime, dict[str, str]]:
    """The time that is asked for (now where none is, or where it is none), and what is wrong with it."""
    try:
        return forms.moment(given.get("at", "").strip(), now), {}
    except ValueError:
        return now, {"at": "Give the date and time as in 2026-11-20T09:40"}
