"""A draft from what was read and stored: composed anew whenever it is looked at.

So it fits the hour and the policy of the answer, and follows a correction at once, whether or not the worker runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from responder.drafting import check, draft
from responder.drafting.model import Assessment, Finding, Flag, Message, Post, Scored
from responder.engine.assessment import choose

UNREAD = Assessment(Scored("report_emergency", 1.0), urgency="emergency", danger="alarm", chosen_by_staff=True)


@dataclass(frozen=True)
class Case:
    """One message as drafting needs it. `thread` are the earlier posts: {"from", "text", "at"}."""

    office: str
    channel: str
    text: str
    received_at: datetime
    thread: Sequence[Mapping[str, Any]] = ()

    def message(self, now: datetime) -> Message:
        """The message, to be answered at `now`."""
        posts = tuple(Post(post["from"], post["text"]) for post in self.thread)
        return Message(self.text, self.office, self.channel, self.received_at, thread=posts, answered_at=now)


def reading_of(assessment: Assessment) -> dict[str, Any]:
    """An assessment as plain JSON, to be stored."""
    return asdict(assessment)


def assessment_of(reading: Mapping[str, Any]) -> Assessment:
    """The assessment that `reading_of` stored."""
    return Assessment(
        **{
            **reading,
            "intent": Scored(**reading["intent"]),
            "alternatives": tuple(Scored(**one) for one in reading["alternatives"]),
            "flags": tuple(Flag(**one) for one in reading["flags"]),
            "mentions": tuple(reading["mentions"]),
            "reasons": tuple(reading["reasons"]),
        }
    )


def corrected(read: Assessment, intent: str | None = None, danger: str | None = None) -> Assessment:
    """The assessment as a member of staff corrects it. `danger`: alarm, or none where there is none after all.

    Taking danger back never goes below the urgency that the intent always has.
    """
    if intent:
        read = choose(read, intent)
    if danger == "alarm":
        return replace(read, danger="alarm", urgency="emergency")
    if danger == "none":
        return replace(read, danger="none", urgency="routine" if read.urgency == "emergency" else read.urgency)
    return read


def drafted(packs: Any, case: Case, read: Assessment, now: datetime, language: str | None = None) -> dict[str, Any]:
    """The output line of docs/contract.md, for an answer at `now`; in `language` where staff chose one."""
    if language:
        read = replace(read, language=language)
    return draft(packs, case.message(now), read).as_dict()


def safety_words(packs: Any, case: Case, now: datetime) -> str:
    """What the office says first to somebody in danger: ready before anything was read."""
    return draft(packs, case.message(now), UNREAD).reply or ""


def findings(packs: Any, case: Case, read: Assessment, reply: str, now: datetime) -> list[Finding]:
    """What the policy has to say about a reply that goes at `now`."""
    return check(
        packs, reply, office=case.office, intent=read.intent.name, channel=case.channel, at=now,
        message=case.message(now), assessment=read,
    )  # fmt: skip
