"""An engine that reads by a few words and drafts with the real packs: what the worker answers, without the worker."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from responder.drafting import draft, load_packs
from responder.drafting.model import Assessment, Draft, Flag, Message, Post, Scored

CUES = (
    (r"knife|breaking in|locked me", "report_emergency"),
    (r"kill myself|end it all", "disclose_self_harm"),
    (r"freedom of information|\bfoi\b", "request_foi"),
    (r"complain|officer was rude", "complain_police"),
    (r"nicked|stolen", "report_crime"),
    (r"wanker|idiots", "abuse"),
    (r"hello|shwmae", "greet"),
)
MARKS = (
    ("personal_data", "phone", r"\b0\d{10}\b", "a phone number"),
    ("personal_data", "email", r"\b[\w.]+@[\w.]+\w", "an e-mail address"),
    ("profanity", None, r"wanker|bloody", "swearing"),
)


class FakeEngine:
    """`now` is the state it is in; an intent without a cue is unsure."""

    def __init__(self, packs_folder: Any) -> None:
        self.packs = load_packs(packs_folder)
        self.now = "ready"
        self.asked: list[dict[str, Any]] = []

    def ping(self) -> SimpleNamespace:
        return SimpleNamespace(state=self.now)

    def draft(self, message: dict[str, Any], intent: str | None = None, timeout: float = 20.0) -> dict[str, Any]:
        return self._made(message, intent).as_dict()

    def read(self, message: dict[str, Any], intent: str | None = None, timeout: float = 20.0) -> dict[str, Any]:
        made = self._made(message, intent)
        return {"line": made.as_dict(), "reading": asdict(made.assessment)}

    def _made(self, message: dict[str, Any], intent: str | None) -> Draft:
        if self.now != "ready":
            raise ConnectionError(message["text"])
        self.asked.append(message)
        asked = Message(
            text=message["text"],
            office=message["office"],
            channel=message["channel"],
            received_at=datetime.fromisoformat(message["received_at"]),
            thread=tuple(Post(post["from"], post["text"]) for post in message.get("thread", ())),
        )
        made = draft(self.packs, asked, assess(asked.text, intent))
        return replace(made, id=message.get("id"), milliseconds=5.4)


def assess(text: str, intent: str | None = None) -> Assessment:
    found = next((name for cue, name in CUES if re.search(cue, text, re.I)), None)
    name = intent or found or "ask_question"
    alarm = found == "report_emergency"
    return Assessment(
        intent=Scored(name, 1.0 if intent else 0.91 if found else 0.31),
        alternatives=(Scored("ask_case_update", 0.05), Scored("ask_question", 0.02)),
        language="cy" if "shwmae" in text.lower() else "en",
        urgency="emergency" if alarm else "urgent" if found == "disclose_self_harm" else "routine",
        danger="alarm" if alarm else "possible" if "scared" in text else "none",
        flags=tuple(
            Flag(flag, kind, match.start(), match.end(), reason)
            for flag, kind, pattern, reason in MARKS
            for match in re.finditer(pattern, text)
        ),
        reasons=("“nicked”", "“last night”") if found == "report_crime" else ("a knife now",) if alarm else (),
        unsure=found is None,
        chosen_by_staff=intent is not None,
    )
