"""The engine on real messages: what is read, which action answers, and that nothing that people write stops it."""

from __future__ import annotations

import json
import logging
import os
import random
from pathlib import Path

import pytest
from test_engine_shared import NOW, engine, packs, places, said, well_formed  # noqa: F401

from responder.drafting import compose
from responder.engine import answer
from responder.errors import UnknownName

pytestmark = pytest.mark.filterwarnings("ignore")

ORDINARY = [  # (what is written, its intent)
    ("There is a man breaking into my neighbour's house right now, he has a crowbar", "report_emergency"),
    ("I want to make a freedom of information request about spending on overtime in 2025", "request_foi"),
    ("I want to complain about the officer who came to my house, he was rude and did nothing", "complain_police"),
    ("Hello", "greet"),
    ("Am I talking to a real person or a bot?", "bot_challenge"),
]

ODD = {
    "empty": "",
    "blanks": " \n\t ",
    "NUL": "My bike\0 was stolen",
    "only NUL": "\0",
    "lone surrogate": "my bike \ud83d was stolen",
    "emoji": "😀😀😀",
    "zero width": "h\u200be\u200bl\u200bp",
    "right to left": "\u202emy bike was stolen\u202c",
    "combining": "z\u0351\u0363\u036b" * 500,
    "restart": "/restart",
    "session": "/session_start",
    "intent": '/report_crime{"name": "x"}',
    "confidence": "/greet@1.0",
    "blank and slash": " \u00a0/restart",
    "zero width and slash": "\u200b/restart",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Jinja": "{{7*7}} {% for x in y %} {{config}}",
    "facts": "((999)) ((site))",
    "SQL": "'; DROP TABLE messages; --",
    "other script": "私の自転車が盗まれました",
    "format": "%s %n {0} {message}",
}


@pytest.mark.parametrize(("text", "intent"), ORDINARY)
def test_ordinary_messages_are_read(engine, text, intent):  # noqa: F811
    draft = engine.draft(said(text))
    well_formed(draft)
    assert draft.assessment.intent.name == intent
    assert len(draft.assessment.alternatives) == 2


def test_an_emergency_opens_with_999(engine):  # noqa: F811
    draft = engine.draft(said("Someone is being stabbed outside my house now please help"))
    assert draft.assessment.is_emergency
    assert draft.reply and "999" in draft.parts[0].text


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_texts_give_a_draft(engine, text):  # noqa: F811
    draft = engine.draft(said(text))
    well_formed(draft)
    json.dumps(draft.as_dict()).encode()


@pytest.mark.parametrize("name", ["empty", "blanks", "only NUL", "emoji"])
def test_what_has_no_words_goes_to_a_person(engine, name):  # noqa: F811
    draft = engine.draft(said(ODD[name]))
    assert draft.handling == "person"


@pytest.mark.parametrize("text", [ODD["restart"], ODD["intent"], ODD["confidence"], ODD["zero width and slash"]])
def test_a_slash_sets_no_intent(engine, text):  # noqa: F811
    assert engine.draft(said(text)).assessment.intent.confidence < 1.0


def test_a_megabyte_is_read(engine):  # noqa: F811
    draft = engine.draft(said("I would like to tell you about my street. " * 24_000))
    well_formed(draft)
    assert draft.milliseconds < 10_000


def test_danger_at_the_end_of_a_long_text_is_seen(engine):  # noqa: F811
    text = "I would like to tell you about my street. " * 450 + "He has a knife and is attacking my mum right now"
    draft = engine.draft(said(text))
    assert "999" in (draft.reply or "")


def test_an_intent_that_staff_choose_is_answered(engine):  # noqa: F811
    draft = engine.draft(said("Hello"), "request_foi")
    assert draft.assessment.intent.name == "request_foi"
    assert draft.assessment.chosen_by_staff
    assert draft.handling == "reply"
    assert any(action.due for action in draft.staff_actions)


def test_a_chosen_emergency_is_one(engine):  # noqa: F811
    draft = engine.draft(said("Hello"), "report_emergency")
    assert draft.assessment.is_emergency
    assert "999" in (draft.reply or "")


def test_a_chosen_intent_never_lowers_a_danger(engine):  # noqa: F811
    draft = engine.draft(said("Someone is being stabbed outside my house now please help"), "give_praise")
    assert draft.assessment.is_emergency
    assert "999" in (draft.reply or "")


def test_every_intent_can_be_chosen(engine):  # noqa: F811
    for intent in engine.packs.intents:
        draft = engine.draft(said("Hello there"), intent)
        well_formed(draft)
        assert draft.assessment.intent.name == intent


def test_flags_count_characters_of_the_text_as_written(engine):  # noqa: F811
    text = "  \u200b /// Please ring me on 07700 900123, thank you"
    found = [f for f in engine.draft(said(text)).assessment.flags if f.name == "personal_data" and f.start is not None]
    assert [text[f.start : f.end] for f in found] == ["07700 900123"]


@pytest.mark.parametrize(("fields", "kind"), [({"office": "nowhere"}, "office"), ({"channel": "pigeon"}, "channel")])
def test_unknown_names_are_the_callers_fault(engine, fields, kind):  # noqa: F811
    with pytest.raises(UnknownName, match=f"no {kind}"):
        engine.draft(said("Hello", **fields))


def test_an_unknown_intent_is_refused(engine):  # noqa: F811
    with pytest.raises(UnknownName, match="no intent"):
        engine.draft(said("Hello"), "nlu_fallback")


def test_a_failing_action_hands_over(engine, monkeypatch, caplog):  # noqa: F811
    original, calls = compose.draft, []

    def fails_once(*arguments):
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("secret-canary")
        return original(*arguments)

    monkeypatch.setattr(compose, "draft", fails_once)
    draft = engine.draft(said("My bike was stolen last week"))
    assert draft.handling == "person"
    assert draft.warnings[0].code == answer.FAILED
    assert "999" in (draft.reply or "")
    assert "secret-canary" not in caplog.text


def test_where_nothing_works_there_are_safety_words(engine, monkeypatch):  # noqa: F811
    def fails(*_):
        raise RuntimeError

    monkeypatch.setattr(compose, "draft", fails)
    monkeypatch.setattr(engine, "_parse", fails)
    draft = engine.draft(said("My bike was stolen last week"))
    assert (draft.handling, draft.reply) == ("person", answer.LAST_WORDS)


def test_no_text_reaches_a_log(engine, caplog, capfd):  # noqa: F811
    caplog.set_level(logging.INFO)
    for text in ("My canary-8251 was stolen from the shed", "/canary-8251{", "/restart canary-8251", "canary-8251 \0"):
        engine.draft(said(text))
    out = capfd.readouterr()
    assert "canary-8251" not in caplog.text + out.out + out.err


def test_nothing_of_a_message_is_kept(engine):  # noqa: F811
    for number in range(30):
        engine.draft(said(f"Message number {number} about my street"))
    before = _memory()
    for number in range(400):
        engine.draft(said(f"Message number {number} about my street"))
    assert _memory() - before < 8 * 2**20
    assert getattr(engine._agent.tracker_store, "_fallback_tracker_store", None) is None


def test_random_characters_never_stop_it(engine):  # noqa: F811
    chance = random.Random(7)
    for _ in range(150):
        text = "".join(chr(chance.randrange(0x11000)) for _ in range(chance.randrange(60)))
        well_formed(engine.draft(said(text)))


def test_a_draft_is_quick(engine):  # noqa: F811
    times = sorted(engine.draft(said(f"When is the next public meeting, {n}?")).milliseconds for n in range(60))
    assert times[30] < 100, "the median draft; the figure to reach is 20 ms on a machine that does nothing else"


def _memory() -> int:
    """Resident bytes of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
