"""Rasa's own files agree with the offices' intents, and the actions are what an action server needs."""

from __future__ import annotations

import pytest
import yaml
from test_engine_shared import NOW, shared_packs

from responder.engine.places import ROOT

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def executor():
    from rasa_sdk.executor import ActionExecutor

    made = ActionExecutor()
    made.register_package("actions")
    return made


@pytest.fixture(scope="module")
def domain():
    return yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))


def latest(**changes):
    metadata = {"office": "north-wales-opcc", "channel": "facebook-dm", "received_at": NOW.isoformat()}
    read = {"text": "Hello", "intent": {"name": "greet", "confidence": 0.9}, "metadata": metadata}
    return {**read, "intent_ranking": [read["intent"], {"name": "thank", "confidence": 0.1}], **changes}


async def run(executor, name, latest_message):
    call = {"next_action": name, "sender_id": "x", "domain": {}}
    call["tracker"] = {"sender_id": "x", "slots": {}, "latest_message": latest_message, "events": []}
    return await executor.run(call)


def answer(executor, name, latest_message):
    import asyncio

    response = asyncio.run(run(executor, name, latest_message))
    assert response["events"] == []
    (uttered,) = response["responses"]
    return uttered


def test_the_domain_knows_each_intent_and_uses_no_entities(domain):
    named = {next(iter(entry)): entry[next(iter(entry))] for entry in domain["intents"]}
    assert list(named) == list(shared_packs().intents)
    assert all(settings == {"use_entities": []} for settings in named.values())


def test_the_actions_are_those_of_the_domain(executor, domain):
    ours = {name for name in executor.actions if name.startswith("action_")}
    assert ours >= set(domain["actions"])
    assert set(domain["actions"]) == {f"action_answer_{i.family}" for i in shared_packs().intents.values()} | {
        "action_hand_to_person"
    }


def test_each_intent_has_a_rule_to_its_family(domain):
    rules = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
    found = {rule["steps"][0]["intent"]: rule["steps"][1]["action"] for rule in rules if "intent" in rule["steps"][0]}
    expected = {name: f"action_answer_{intent.family}" for name, intent in shared_packs().intents.items()}
    assert found == {**expected, "nlu_fallback": "action_hand_to_person"}


def test_an_action_utters_the_draft(executor):
    uttered = answer(executor, "action_answer_small_talk", latest())
    assert uttered["text"] == uttered["custom"]["reply"]
    assert uttered["custom"]["office"] == "north-wales-opcc"


def test_handing_over_is_always_a_persons(executor):
    uttered = answer(executor, "action_hand_to_person", latest())
    assert uttered["custom"]["handling"] == "person"


def test_without_metadata_the_office_comes_from_the_environment(executor, monkeypatch):
    monkeypatch.setenv("RESPONDER_OFFICE", "cleveland-opcc")
    monkeypatch.setenv("RESPONDER_PACKS", str(ROOT / "offices"))
    uttered = answer(executor, "action_answer_small_talk", latest(metadata=None))
    assert (uttered["custom"]["office"], uttered["custom"]["channel"]) == ("cleveland-opcc", "facebook-dm")


def test_a_note_stands_where_nobody_should_answer(executor):
    uttered = answer(executor, "action_answer_moderation", latest(intent={"name": "spam", "confidence": 0.9}))
    assert uttered["custom"]["handling"] != "reply" or uttered["custom"]["reply"]
    assert uttered["text"]
