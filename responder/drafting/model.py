"""The words of the domain: a message, what was read in it, and the draft that answers it.

Frozen data, no behaviour beyond questions about itself:

>>> Assessment(intent=Scored("request_foi", 0.93)).danger
'none'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Urgency = Literal["emergency", "urgent", "routine"]
Danger = Literal["alarm", "possible", "none"]
Handling = Literal["reply", "no_reply", "person"]
Level = Literal["blocking", "advice"]

URGENCIES: tuple[Urgency, ...] = ("emergency", "urgent", "routine")
DANGERS: tuple[Danger, ...] = ("alarm", "possible", "none")
HANDLINGS: tuple[Handling, ...] = ("reply", "no_reply", "person")
MODERATION_ACTIONS = ("none", "hide", "remove", "warn", "report-to-platform", "report-as-crime", "consider-block")
FLAGS = (
    "personal_data",
    "identifies_person",
    "profanity",
    "link",
    "live_case",
    "vulnerable",
    "political",
    "defamation_risk",
)


@dataclass(frozen=True)
class Post:
    """One earlier message of the thread. `sender` is `public` or `office`."""

    sender: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class Message:
    """One message from a member of the public. `received_at` is aware (Europe/London).

    `answered_at` is when the reply will go, where that is not when the message came: office hours and the policy in
    force are those of the answer, the law's dates count from the receipt.
    """

    text: str
    office: str
    channel: str
    received_at: datetime
    id: str | None = None
    author: str | None = None
    thread: tuple[Post, ...] = ()
    answered_at: datetime | None = None

    @property
    def spoken_at(self) -> datetime:
        """The time that the reply's words are written for."""
        return self.answered_at or self.received_at


@dataclass(frozen=True)
class Scored:
    """A name with the confidence (0 to 1) that it is right."""

    name: str
    confidence: float


@dataclass(frozen=True)
class Flag:
    """Something in the text that staff should see. `start` and `end` count characters of the original text.

    A flag on the message as a whole has `start` and `end` of None. `reason` is a short phrase for staff.
    """

    name: str
    kind: str | None = None
    start: int | None = None
    end: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Assessment:
    """What was read in a message.

    danger: `alarm` puts 999 first; `possible` closes the reply with the safety line.
    also: the second want of a mixed message. problem: why the text could not be read (`empty`, `no-words`,
    `too-long`, `other-language`), else None. unsure: the confidence is below the threshold for a template.
    """

    intent: Scored
    alternatives: tuple[Scored, ...] = ()
    language: str = "en"
    urgency: Urgency = "routine"
    danger: Danger = "none"
    flags: tuple[Flag, ...] = ()
    mentions: tuple[str, ...] = ()
    also: str | None = None
    reasons: tuple[str, ...] = ()
    unsure: bool = False
    problem: str | None = None
    chosen_by_staff: bool = False

    @property
    def is_read(self) -> bool:
        """Whether anybody can say what the message wants: the reading is sure enough, or staff chose."""
        return self.problem is None and (self.chosen_by_staff or not self.unsure)

    @property
    def is_emergency(self) -> bool:
        """Whether 999 must open the reply."""
        return self.urgency == "emergency" or self.danger == "alarm"


@dataclass(frozen=True)
class Part:
    """One passage of a reply and the clauses it rests on. `topic` says what it is there for."""

    text: str
    clauses: tuple[str, ...]
    topic: str = ""


@dataclass(frozen=True)
class ModerationOption:
    """A step that policy allows; a person decides. `decides` names the role that must."""

    action: str
    reason: str
    clauses: tuple[str, ...]
    decides: str | None = None


@dataclass(frozen=True)
class StaffAction:
    """What staff must do, who, and by when (`due`, a date; None: no date in law or policy)."""

    to: str
    what: str
    due: date | None
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Warning:
    """Something staff must know before they use the draft."""

    code: str
    text: str


@dataclass(frozen=True)
class Draft:
    """A drafted answer to one message, with everything it rests on.

    `reply` is None where policy or prudence says that nobody should answer from a template.
    """

    office: str
    channel: str
    assessment: Assessment
    handling: Handling
    reply: str | None
    parts: tuple[Part, ...]
    moderation: tuple[ModerationOption, ...]
    staff_actions: tuple[StaffAction, ...]
    missing: tuple[str, ...]
    warnings: tuple[Warning, ...]
    language: str
    id: str | None = None
    milliseconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The output line of docs/contract.md: plain JSON types only."""
        read = self.assessment
        line: dict[str, Any] = {} if self.id is None else {"id": self.id}
        line |= {
            "office": self.office,
            "channel": self.channel,
            "language": read.language,
            "intent": {"name": read.intent.name, "confidence": round(read.intent.confidence, 4)},
            "alternatives": [{"name": a.name, "confidence": round(a.confidence, 4)} for a in read.alternatives],
            "urgency": read.urgency,
            "danger": read.danger,
            "reasons": list(read.reasons),
            "flags": [_flag_as_dict(flag) for flag in read.flags],
            "handling": self.handling,
            "reply": self.reply,
            "parts": [{"text": p.text, "clauses": list(p.clauses)} for p in self.parts],
            "moderation": [
                {"action": m.action, "reason": m.reason, "clauses": list(m.clauses), "decides": m.decides}
                for m in self.moderation
            ],
            "staff_actions": [
                {"to": s.to, "what": s.what, "due": s.due.isoformat() if s.due else None, "clauses": list(s.clauses)}
                for s in self.staff_actions
            ],
            "missing": list(self.missing),
            "warnings": [{"code": w.code, "text": w.text} for w in self.warnings],
            "milliseconds": round(self.milliseconds, 1),
        }
        return line


def _flag_as_dict(flag: Flag) -> dict[str, Any]:
    return {"name": flag.name, "kind": flag.kind, "start": flag.start, "end": flag.end, "reason": flag.reason}


@dataclass(frozen=True)
class Finding:
    """What the check has to say about one place of a reply.

    `start` and `end` count characters of the reply (None: the reply as a whole); `mend` says what to do,
    `replacement` is the text that would mend it where there is one (an empty string: take it out).
    """

    code: str
    level: Level
    text: str
    clause: str
    mend: str
    start: int | None = None
    end: int | None = None
    replacement: str | None = field(default=None)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types only."""
        return {
            "code": self.code,
            "level": self.level,
            "text": self.text,
            "clause": self.clause,
            "mend": self.mend,
            "start": self.start,
            "end": self.end,
            "replacement": self.replacement,
        }
