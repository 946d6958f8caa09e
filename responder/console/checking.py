"""A reply, ours or a person's edit, held against the policy and put into words for the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from responder.console import words
from responder.console.forms import Ask
from responder.drafting import check
from responder.drafting.model import Assessment, Flag, Message, Post, Scored


@dataclass(frozen=True)
class Remark:
    """One finding with its clause's title."""

    level: str
    text: str
    mend: str
    clause_title: str
    start: int | None = None
    end: int | None = None
    replacement: str | None = None


@dataclass(frozen=True)
class Checked:
    """What the check found in one reply; `size` is its length against the channel's limit, in words."""

    findings: tuple[Remark, ...]
    size: str
    too_long: bool

    @property
    def blocking(self) -> int:
        """How many findings must be mended."""
        return sum(remark.level == "blocking" for remark in self.findings)


def check_words(packs: Any, line: Mapping[str, Any], ask: Ask, reply: str) -> Checked:
    """What the policy says to `reply`, for the message that `line` was drafted from."""
    assert ask.at is not None
    thread = tuple(Post(post["from"], post["text"]) for post in ask.as_line().get("thread", ()))
    found = check(
        packs,
        reply,
        office=ask.office,
        intent=line["intent"]["name"],
        channel=ask.channel,
        at=ask.at,
        message=Message(ask.text, ask.office, ask.channel, ask.at, thread=thread),
        assessment=assessment_of(line),
    )
    return in_words(packs, found, ask.channel, reply)


def in_words(packs: Any, found: Iterable[Any], channel_id: str, reply: str) -> Checked:
    """Findings in a reply as a page shows them, with its size on that channel."""
    channel = packs.channels[channel_id]
    return Checked(
        findings=tuple(_remark(packs, finding) for finding in found),
        size=words.size_in_words(channel.length(reply), channel.limit),
        too_long=not channel.fits(reply),
    )


def mended(reply: str, checked: Checked, chosen: str) -> str | None:
    """The reply with one finding's mended words in place; None where `chosen` is no finding that has some."""
    if not chosen.isascii() or not chosen.isdigit() or int(chosen) >= len(checked.findings):
        return None
    remark = checked.findings[int(chosen)]
    if remark.replacement is None or remark.start is None or remark.end is None:
        return None
    before, after = reply[: remark.start], reply[remark.end :]
    if not remark.replacement and before.endswith(" ") and after[:1] in (" ", ".", ",", ""):
        before = before[:-1]
    return before + remark.replacement + after


def assessment_of(line: Mapping[str, Any]) -> Assessment:
    """What was read, from an output line of docs/contract.md."""
    return Assessment(
        intent=Scored(line["intent"]["name"], line["intent"]["confidence"]),
        language=line.get("language", "en"),
        urgency=line.get("urgency", "routine"),
        danger=line.get("danger", "none"),
        flags=tuple(
            Flag(flag["name"], flag.get("kind"), flag.get("start"), flag.get("end"), flag.get("reason") or "")
            for flag in line.get("flags") or ()
        ),
    )


def _remark(packs: Any, finding: Any) -> Remark:
    owner, _, _ = finding.clause.partition("/")
    clause = packs.clause(finding.clause) if owner in packs.offices or owner == "national" else None
    return Remark(
        level=finding.level,
        text=finding.text,
        mend=finding.mend,
        clause_title=clause.title if clause else "",
        start=finding.start,
        end=finding.end,
        replacement=finding.replacement,
    )
