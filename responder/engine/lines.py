"""Reading one message of the contract: a JSON object, or a line of a file, to a `Message`.

Every fault is one `BadInput` or `UnknownName` sentence that never repeats the message's own words.

>>> parse_line(b'{"text": "Hello"}')
{'text': 'Hello'}
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from responder.drafting.model import Message, Post
from responder.drafting.packs import Packs
from responder.errors import BadInput

LONDON = ZoneInfo("Europe/London")
DEFAULT_CHANNEL = "facebook-dm"
DEFAULT_OFFICE = "leicestershire-opcc"
LONGEST_TEXT = 5_000_000  # characters; a platform's longest message has 20,000
LONGEST_NAME = 60
SENDERS = ("public", "office")
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Defaults:
    """What a message has where it does not say: office, channel, and the time (None: now)."""

    office: str = DEFAULT_OFFICE
    channel: str = DEFAULT_CHANNEL
    at: datetime | None = None


def parse_line(raw: bytes) -> dict[str, Any]:
    """The JSON object of one line of a file; UTF-8, a byte-order mark is allowed."""
    try:
        text = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise BadInput(f"The line is not UTF-8: byte {error.start + 1} cannot be read.") from None
    if not text:
        raise BadInput("The line is empty; each line holds one JSON object.")
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"The line is not JSON: {_json_fault(error)} at character {error.pos + 1}.") from None
    except (RecursionError, ValueError):
        raise BadInput("The line is JSON that is nested too deeply or holds a number that is too long.") from None
    return as_object(found)


def as_object(found: Any) -> dict[str, Any]:
    """The JSON value, if it is an object."""
    if not isinstance(found, dict):
        raise BadInput(f"The line holds {_kind(found)}; it must hold an object with “text”.")
    return found


def message(found: dict[str, Any], packs: Packs, defaults: Defaults) -> Message:
    """The message that an input object describes. Raises BadInput or UnknownName, one sentence each."""
    if "text" not in found:
        raise BadInput("“text” is missing; an input line needs it.")
    text = _text(found["text"], "text")
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"“text” has {len(text):,} characters; at most {LONGEST_TEXT:,} can be read.")
    office = _optional(found, "office") or defaults.office
    channel = _optional(found, "channel") or defaults.channel
    packs.office(office[:LONGEST_NAME])
    packs.channel(channel[:LONGEST_NAME])
    received = _optional(found, "received_at")
    at = moment(received, "received_at") if received else defaults.at or datetime.now(LONDON)
    return Message(
        text=text,
        office=office,
        channel=channel,
        received_at=at,
        id=_id(found.get("id")),
        author=_optional(found, "author"),
        thread=_thread(found.get("thread")),
    )


def moment(found: str, what: str) -> datetime:
    """An aware time from ISO 8601 (Europe/London where no zone is given); `what` names it in the error."""
    try:
        at = datetime.fromisoformat(_as_python_reads(found.strip()))
    except ValueError:
        raise BadInput(f"“{what}” is no ISO 8601 time; write it like 2026-11-20T09:30 or 2026-11-20.") from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise BadInput(f"“{what}” lies outside the years {FIRST_YEAR} to {LAST_YEAR}.")
    if at.tzinfo is None:
        return at.replace(tzinfo=LONDON)
    if abs(at.utcoffset() or timedelta()) > timedelta(hours=14):
        raise BadInput(f"“{what}” has a time zone that is nowhere in use.")
    return at.astimezone(LONDON)


def _as_python_reads(found: str) -> str:
    """The forms of ISO 8601 that Python 3.10 does not read: Z, +0100, fractions of other lengths."""
    found = re.sub(r"[Zz]$", "+00:00", found[:40])
    found = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", found) if ":" in found else found
    return re.sub(r"(:\d\d)[.,](\d{1,9})", lambda m: f"{m[1]}.{m[2][:6]:0<6}", found)


def _thread(found: Any) -> tuple[Post, ...]:
    if found is None:
        return ()
    if not isinstance(found, list):
        raise BadInput(f"“thread” holds {_kind(found)}; it must hold a list of earlier messages.")
    return tuple(_post(entry, f"thread[{i}]") for i, entry in enumerate(found))


def _post(found: Any, where: str) -> Post:
    if not isinstance(found, dict):
        raise BadInput(f"“{where}” holds {_kind(found)}; it must hold an object with “from” and “text”.")
    sender = found.get("from")
    if sender not in SENDERS:
        raise BadInput(f"“{where}.from” must be “public” or “office”.")
    at = _optional(found, "at", where)
    return Post(sender, _text(found.get("text"), f"{where}.text"), moment(at, f"{where}.at") if at else None)


def _text(found: Any, what: str) -> str:
    if not isinstance(found, str):
        raise BadInput(f"“{what}” holds {_kind(found)}; it must hold text.")
    return found


def _optional(found: dict[str, Any], key: str, where: str = "") -> str | None:
    value = found.get(key)
    return None if value is None else _text(value, f"{where}.{key}" if where else key)


def _id(found: Any) -> str | None:
    if found is None or isinstance(found, str):
        return found
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    raise BadInput(f"“id” holds {_kind(found)}; it must hold text or a whole number.")


def _kind(found: Any) -> str:
    names: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return names.get(type(found), "null" if found is None else "a number")


def _json_fault(error: json.JSONDecodeError) -> str:
    return error.msg[0].lower() + error.msg[1:]
