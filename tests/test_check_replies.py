"""Sentences and replies as people write them: what the check must let pass and what it must catch.

`replies/neighbours.yml` holds, for each rule, sentences on both sides of it; `replies/whole.yml` whole replies.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from drafting_support import ROOT, WEDNESDAY, the_packs

from responder.drafting import check
from responder.drafting.model import Assessment, Finding, Message, Scored

REPLIES = ROOT / "tests" / "replies"
NEIGHBOURS = yaml.safe_load((REPLIES / "neighbours.yml").read_text(encoding="utf-8"))
SITUATION = {"office": "cleveland-opcc", "intent": "ask_question", "channel": "facebook-comment"}


def findings(reply: str, **given: Any) -> list[Finding]:
    return check(the_packs(), reply, at=WEDNESDAY, **{**SITUATION, **given})


def _sentences(side: str) -> list[tuple[str, str]]:
    return [(code, words) for code, rule in NEIGHBOURS.items() for words in rule[side]]


def test_every_rule_has_neighbours() -> None:
    assert {rule.code for rule in the_packs().rules} <= set(NEIGHBOURS)


@pytest.mark.parametrize(("code", "words"), _sentences("fine"))
def test_a_rule_lets_a_neighbour_pass(code: str, words: str) -> None:
    found = findings(words, **NEIGHBOURS[code].get("in", {}))
    assert [words[one.start : one.end] for one in found if one.code == code] == []


@pytest.mark.parametrize(("code", "words"), _sentences("broken"))
def test_a_rule_catches(code: str, words: str) -> None:
    assert code in [one.code for one in findings(words, **NEIGHBOURS[code].get("in", {}))]


WHOLE = yaml.safe_load((REPLIES / "whole.yml").read_text(encoding="utf-8"))


def _found_in(case: dict[str, Any]) -> list[Finding]:
    """What the check finds in a whole reply to the message that it answers."""
    channel, text = case.get("channel", "facebook-dm"), case.get("message", "")
    language = case.get("language", "en")
    is_emergency = case["intent"] == "report_emergency"
    read = Assessment(
        Scored(case["intent"], 0.95),
        language=language,
        urgency="emergency" if is_emergency else "routine",
        danger="alarm" if is_emergency else "none",
    )
    message = Message(text, case["office"], channel, WEDNESDAY)
    return findings(
        case["says"], office=case["office"], intent=case["intent"], channel=channel, message=message, assessment=read
    )


@pytest.mark.parametrize("case", WHOLE["fine"], ids=lambda case: case["says"][:60])
def test_a_plausible_reply_passes(case: dict[str, Any]) -> None:
    assert [(one.code, one.text) for one in _found_in(case) if one.level == "blocking"] == []


@pytest.mark.parametrize("case", WHOLE["broken"], ids=lambda case: case["says"][:60])
def test_a_bad_reply_is_caught(case: dict[str, Any]) -> None:
    assert set(case["finds"]) <= {one.code for one in _found_in(case)}
