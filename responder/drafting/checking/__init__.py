"""Checks a reply, ours or a person's edit, against the policy: what must be in it and what must never be.

>>> [f.code for f in check(packs, "Ring 0800 123 4567.", office="cleveland-opcc", intent="greet",
...                        channel="x-dm", at=now)]
['unknown-contact']
"""

from __future__ import annotations

from datetime import datetime

from responder.drafting.calendar import local_time
from responder.drafting.checking import content, facts
from responder.drafting.checking.case import Case
from responder.drafting.compose import raised, situation_of
from responder.drafting.model import Assessment, Finding, Message, Scored
from responder.drafting.packs import Packs

__all__ = ["check"]

_CHECKS = (
    content.empty,
    content.danger_first,
    content.must_have,
    content.phrases,
    content.length,
    content.language,
    content.no_reply,
    content.long_sentences,
    facts.contacts,
    facts.unfilled,
    facts.personal_data,
)


def check(
    packs: Packs,
    reply: str,
    *,
    office: str,
    intent: str,
    channel: str,
    at: datetime,
    language: str | None = None,
    message: Message | None = None,
    assessment: Assessment | None = None,
) -> list[Finding]:
    """What a reply to such a message breaks, blocking findings first, then in order of place.

    `language` is the message's; with `message` and `assessment` the reply is also compared with what the
    person wrote. Without an assessment an emergency report is taken to be one.

    Raises:
        UnknownName: an office, channel or intent that does not exist.
    """
    settings = packs.office(office)
    read = raised(packs, assessment or Assessment(Scored(intent, 1.0), language=language or settings.languages[0]))
    asked = message or Message("", office, channel, at)
    case = Case(
        packs=packs,
        reply=reply,
        now=packs.in_force(office, local_time(at).date()),
        situation=situation_of(packs, asked, read),
        message=asked,
        assessment=read,
        language_known=language is not None or assessment is not None,
    )
    found = [finding for one in _CHECKS for finding in one(case)]
    return sorted(found, key=lambda f: (f.level != "blocking", -1 if f.start is None else f.start, f.code))
