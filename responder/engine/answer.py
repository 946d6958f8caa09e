"""What a Rasa action does: read the tracker's latest message, write the office's draft.

The office, channel, time and thread come as the message's metadata (keys of `metadata`); in `rasa shell`, where there
is none, the office is that of RESPONDER_OFFICE. If the draft cannot be written, there is still a draft: it hands the
message to a person, with safety words ready.
"""

from __future__ import annotations

import functools
import os
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from responder.drafting import compose
from responder.drafting.model import Assessment, Draft, Message, Part, Post, Scored, Warning
from responder.drafting.packs import Packs, load_packs
from responder.engine import assessment, quiet
from responder.engine.lines import DEFAULT_CHANNEL, DEFAULT_OFFICE, LONDON

FAILED = "assistant-failed"
LAST_WORDS = "If you or anyone else is in danger right now, please call 999."
NOTE = "[No reply is drafted: a member of staff reads this message.]"
NO_REPLY_NOTE = "[The policy says not to answer this message.]"


@dataclass
class Sitting:
    """One run of an action in this process: the packs it uses and the drafts it leaves behind."""

    packs: Packs
    drafts: list[Draft] = field(default_factory=list)


sitting: ContextVar[Sitting | None] = ContextVar("sitting", default=None)


def metadata(message: Message, *, chosen: str | None = None) -> dict[str, Any]:
    """The message but for its text, as the plain JSON that travels through Rasa."""
    return {
        "id": message.id,
        "office": message.office,
        "channel": message.channel,
        "received_at": message.received_at.isoformat(),
        "author": message.author,
        "thread": [
            {"from": post.sender, "text": post.text, "at": post.at.isoformat() if post.at else None}
            for post in message.thread
        ],
        "chosen": chosen,
    }


def draft(latest: dict[str, Any], *, unsure: bool = False) -> Draft:
    """The draft for Rasa's latest message (its parse data with `text` and `metadata`)."""
    here = sitting.get()
    packs = here.packs if here else _packs()
    given = latest.get("metadata") or {}
    message = _message(str(latest.get("text") or ""), given)
    read = assessment.from_parse(latest, intents=packs.intents, chosen=given.get("chosen"))
    if unsure and not read.chosen_by_staff:
        read = replace(read, unsure=True)
    try:
        made = compose.draft(packs, message, read)
    except Exception as error:  # the door to people's words: nothing that fails may leave them without an answer
        quiet.log.error("a draft failed: %s", quiet.failure(error))
        made = hand_over(packs, message, read)
    if here:
        here.drafts.append(made)
    return made


def hand_over(packs: Packs, message: Message, read: Assessment | None = None) -> Draft:
    """The draft for a message that the assistant could not read: a person's, with safety words.

    `read` is what was read before it failed. Life comes first: what is not known is taken as possible danger.
    """
    read = read or Assessment(intent=Scored(assessment.NO_INTENT, 0.0))
    read = replace(read, unsure=True, danger="possible" if read.danger == "none" else read.danger)
    warning = Warning(FAILED, "The assistant could not read this message, so a person must read it now.")
    try:
        made = compose.draft(packs, message, read)
        if made.reply and (made.handling == "person" or read.is_emergency):
            return replace(made, handling="person", warnings=(warning, *made.warnings))
    except Exception as error:
        quiet.log.error("the hand-over failed: %s", quiet.failure(error))
    return Draft(
        office=message.office,
        channel=message.channel,
        assessment=read,
        handling="person",
        reply=LAST_WORDS,
        parts=(Part(LAST_WORDS, (), "danger_first"),),
        moderation=(),
        staff_actions=(),
        missing=(),
        warnings=(warning,),
        language="en",
        id=message.id,
    )


def words(made: Draft) -> str:
    """What `rasa shell` shows of a draft: its reply, or a note to staff in square brackets."""
    if made.reply:
        return made.reply
    return NO_REPLY_NOTE if made.handling == "no_reply" else NOTE


def _message(text: str, given: dict[str, Any]) -> Message:
    posts = tuple(Post(p["from"], p["text"], _time(p.get("at"))) for p in given.get("thread") or ())
    return Message(
        text=text,
        office=given.get("office") or os.environ.get("RESPONDER_OFFICE") or DEFAULT_OFFICE,
        channel=given.get("channel") or DEFAULT_CHANNEL,
        received_at=_time(given.get("received_at")) or datetime.now(LONDON),
        id=given.get("id"),
        author=given.get("author"),
        thread=posts,
    )


def _time(found: str | None) -> datetime | None:
    return datetime.fromisoformat(found) if found else None


@functools.lru_cache(maxsize=1)
def _packs() -> Packs:
    return load_packs(Path(os.environ.get("RESPONDER_PACKS") or "offices"))
