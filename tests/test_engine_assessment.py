"""From Rasa's parse data to an assessment: a truth table."""

from __future__ import annotations

import pytest

from responder.drafting.model import Assessment, Flag, Scored
from responder.engine.assessment import FALLBACK, choose, from_parse

KNOWN = ("greet", "thank", "request_foi", "report_emergency")


def parse(**changes):
    ranking = [{"name": "greet", "confidence": 0.7}, {"name": "thank", "confidence": 0.2}]
    ranking.append({"name": "request_foi", "confidence": 0.1})
    return {"intent": dict(ranking[0]), "intent_ranking": ranking, **changes}


def test_the_best_and_the_two_next():
    read = from_parse(parse(), intents=KNOWN)
    assert read.intent == Scored("greet", 0.7)
    assert [a.name for a in read.alternatives] == ["thank", "request_foi"]
    assert not read.unsure


def test_a_fallback_is_the_best_real_intent_unsure():
    found = parse(intent={"name": FALLBACK, "confidence": 0.9})
    found["intent_ranking"].insert(0, found["intent"])
    read = from_parse(found, intents=KNOWN)
    assert (read.intent.name, read.unsure) == ("greet", True)
    assert FALLBACK not in [a.name for a in read.alternatives]


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"language": "cy"}, "language", "cy"),
        ({"language": "fr"}, "language", "en"),
        ({"triage": {"urgency": "urgent", "danger": "possible"}}, "urgency", "urgent"),
        ({"triage": {"urgency": "odd", "danger": "odd"}}, "danger", "none"),
        ({"triage": None}, "urgency", "routine"),
        ({"problem": "empty"}, "problem", "empty"),
        ({"problem": ""}, "problem", None),
        ({"also": "thank"}, "also", "thank"),
        ({"also": ["odd", "thank"]}, "also", "thank"),
        ({"also": []}, "also", None),
        ({"mentions": ["fraud"]}, "mentions", ("fraud",)),
        ({"flags": [{"name": "link", "start": 1, "end": 4}]}, "flags", (Flag("link", None, 1, 4, ""),)),
        ({"intent": None, "intent_ranking": None}, "unsure", True),
        ({"intent": None, "intent_ranking": None}, "intent", Scored("out_of_scope", 0.0)),
    ],
)
def test_fields(changes, field, expected):
    assert getattr(from_parse(parse(**changes), intents=KNOWN), field) == expected


def test_a_choice_clears_doubt_and_keeps_danger():
    read = Assessment(Scored("greet", 0.3), (Scored("thank", 0.2),), danger="alarm", unsure=True, problem="no-words")
    chosen = choose(read, "thank")
    assert chosen.intent == Scored("thank", 1.0)
    assert [a.name for a in chosen.alternatives] == ["greet"]
    assert (chosen.danger, chosen.unsure, chosen.problem, chosen.chosen_by_staff) == ("alarm", False, None, True)
