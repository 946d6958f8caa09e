"""What the drafting tests share: the real packs, a drafted message, the YAML cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from responder.drafting import Packs, draft, load_packs
from responder.drafting.model import Assessment, Draft, Flag, Message, Post, Scored

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases"
WEDNESDAY = datetime(2026, 11, 18, 10, 30)
SATURDAY_NIGHT = datetime(2026, 11, 21, 23, 0)


@lru_cache(maxsize=1)
def the_packs() -> Packs:
    """The packs of the project, read once."""
    return load_packs(ROOT / "offices")


def drafted(
    intent: str,
    office: str = "leicestershire-opcc",
    channel: str = "facebook-dm",
    at: datetime = WEDNESDAY,
    text: str = "",
    **read: Any,
) -> Draft:
    """A draft for a message that was read as `intent`."""
    assessment = Assessment(Scored(intent, 0.95), **read)
    return draft(the_packs(), Message(text, office, channel, at), assessment)


@dataclass(frozen=True)
class Case:
    """One sentence of tests/cases with what it is about."""

    file: str
    name: str
    proves: tuple[str, ...]
    office: str
    at: datetime
    channel: str
    input: dict[str, Any]
    output: dict[str, Any]

    def message(self) -> Message:
        """The message that the case tells of."""
        thread = tuple(Post("public", "…") for _ in range(self.input.get("thread", 0)))
        return Message(self.input.get("message", ""), self.office, self.channel, self.at, thread=thread)

    def assessment(self) -> Assessment:
        """What is read in it, as the case gives it."""
        given = self.input
        urgency = given.get("urgency", "emergency" if given["intent"] == "report_emergency" else "routine")
        return Assessment(
            intent=Scored(given["intent"], 0.95),
            language=given.get("language", "en"),
            urgency=urgency,
            danger=given.get("danger", "alarm" if urgency == "emergency" else "none"),
            flags=tuple(Flag(name) for name in given.get("flags", ())),
            mentions=tuple(given.get("mentions", ())),
            also=given.get("also"),
            unsure=given.get("unsure", False),
        )


def all_cases() -> list[Case]:
    """Every case of every file."""
    cases = []
    for path in sorted(CASES.glob("*.yml")):
        for raw in yaml.safe_load(path.read_text(encoding="utf-8")):
            at = raw["as_of"]
            if isinstance(at, str):
                at = datetime.fromisoformat(at)
            elif isinstance(at, date) and not isinstance(at, datetime):
                at = datetime(at.year, at.month, at.day, 10, 30)
            cases.append(
                Case(
                    path.stem,
                    raw["name"],
                    tuple(raw["proves"]),
                    raw["office"],
                    at,
                    raw.get("channel", "facebook-dm"),
                    raw["input"],
                    raw.get("output", {}),
                )
            )
    return cases
