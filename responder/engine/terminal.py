"""How a draft and the state of the offices look in a terminal: plain text, no colour, 100 characters wide."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import Any

from responder.drafting.packs import Packs, State

WIDTH = 100
SURE, LIKELY = 0.8, 0.5  # from which confidence on the words are used
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

HANDLING = {
    "reply": "Reply, once a person has approved it",
    "no_reply": "No reply: the policy says not to answer",
    "person": "A person must read this message",
}


def draft(line: dict[str, Any], packs: Packs) -> str:
    """The output line of the contract for a person to read."""
    intent = line["intent"]
    title = packs.intents[intent["name"]].title if intent["name"] in packs.intents else intent["name"]
    others = ", ".join(f"{a['name']} {_percent(a)}" for a in line["alternatives"])
    blocks = [
        _field("Reads as", f"{title} ({intent['name']}), {_sure(intent['confidence'])} {_percent(intent)}")
        + (_field("or", others) if others else "")
        + _field("Urgency", line["urgency"].upper() if line["urgency"] == "emergency" else line["urgency"])
        + "".join(_field("because", reason) for reason in line.get("reasons", ()))
        + _field("Office", f"{line['office']}, {line['channel']}, language {line['language']}")
        + _field("Handling", HANDLING[line["handling"]]),
        _section("Reply", _passages(line["parts"])) if line["reply"] else _section("Reply", ["(none)"]),
        _section("Staff must", (_action(a, packs) for a in line["staff_actions"])),
        _section("The policy allows", (_step(m) for m in line["moderation"])),
        _section("In the message", (_flag(f) for f in line["flags"])),
        _section("Missing", line["missing"]),
        _section("Warnings", (w["text"] for w in line["warnings"])),
    ]
    return printable("\n".join(b for b in blocks if b) + f"\nin {line['milliseconds']:.0f} ms\n")


def offices(packs: Packs, states: Iterable[State]) -> str:
    """The offices and how their packs stand."""
    blocks = []
    for state in states:
        office = packs.office(state.office)
        if state.superseded_by:
            standing = f"superseded; now: {state.superseded_by}"
        else:
            standing = "in force" if state.in_force else "not in force yet"
        due = state.review_due.isoformat() if state.review_due else "none given"
        blocks.append(
            f"{state.office}\n"
            + _field("is", office.name["en"])
            + _field("policy", f"{office.policy.title} {office.policy.version or ''}".strip())
            + _field("state", standing)
            + _field("review", f"{due}{' - OVERDUE' if state.review_overdue else ''}")
            + _field("election", _election(state))
            + _field("confirm", ", ".join(state.to_confirm) or "nothing")
            + (_field("unknown", ", ".join(state.unknown)) if state.unknown else "")
        )
    national = [fact.name for fact in packs.national.facts.values() if fact.needs_confirming]
    if national:
        blocks.append("national, for every office\n" + _field("confirm", ", ".join(national)))
    return printable("\n".join(blocks))


def _election(state: State) -> str:
    if state.pre_election:
        first, last = state.pre_election
        return f"pre-election period from {first.isoformat()} to {last.isoformat()}"
    return f"NO PRE-ELECTION PERIOD SET; its dates go under pre_election in offices/{state.office}/office.yml"


def printable(text: str) -> str:
    """Without what could steer a terminal or turn its text round, and without lone surrogates.

    >>> printable("a\\x1b[31mb")
    'a�[31mb'
    """
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _field(name: str, value: str) -> str:
    filled = textwrap.fill(value, WIDTH, initial_indent=f"  {name:<9} ", subsequent_indent=" " * 12)
    return filled + "\n"


def _section(title: str, rows: Iterable[str]) -> str:
    rows = list(rows)
    if not rows:
        return ""
    return f"{title}\n" + "".join(_row(row) for row in rows)


def _row(row: str) -> str:
    wrapped = [textwrap.fill(p, WIDTH, initial_indent="  ", subsequent_indent="  ") for p in row.split("\n")]
    return "\n".join(wrapped) + "\n"


def _passages(parts: list[dict[str, Any]]) -> list[str]:
    return [f"{part['text']}\n    [{', '.join(part['clauses'])}]" for part in parts]


def _action(action: dict[str, Any], packs: Packs) -> str:
    due = f" by {action['due']}" if action["due"] else ""
    role = packs.roles.get(action["to"], action["to"])
    return f"- {role}{due}: {action['what']} [{', '.join(action['clauses'])}]"


def _step(step: dict[str, Any]) -> str:
    decides = f" Decided by: {step['decides']}." if step.get("decides") else ""
    return f"- {step['action']}: {step['reason']}{decides} [{', '.join(step['clauses'])}]"


def _flag(flag: dict[str, Any]) -> str:
    kind = f" ({flag['kind']})" if flag["kind"] else ""
    place = "" if flag["start"] is None else f", characters {flag['start'] + 1} to {flag['end']}"
    reason = f": {flag['reason']}" if flag.get("reason") else ""
    return f"- {flag['name']}{kind}{place}{reason}"


def _sure(confidence: float) -> str:
    return "sure" if confidence >= SURE else "likely" if confidence >= LIKELY else "unsure"


def _percent(scored: dict[str, Any]) -> str:
    return f"{scored['confidence']:.0%}"
