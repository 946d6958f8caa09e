"""The worker's engine answers one request at a time, says for how long, and does nothing for those who have gone."""

from __future__ import annotations

import threading
import time

import pytest
from desk_support import packs
from reliability_children import LightEngine

from responder.desk.drafts import assessment_of
from responder.engine.places import Places
from responder.engine.worker import Loaded

MESSAGE = {"id": "7", "text": "Someone nicked my van", "office": "cleveland-opcc", "channel": "facebook-dm"}


class Slow(LightEngine):
    """Answers once it is let go on."""

    def __init__(self, home):
        super().__init__(home, packs())
        self.begun, self.go_on, self.asked = threading.Event(), threading.Event(), []

    def draft(self, message, intent=None):
        self.asked.append(message.id)
        self.begun.set()
        assert self.go_on.wait(30)
        return super().draft(message, intent)


@pytest.fixture
def loaded(tmp_path):
    made = Loaded(Places.default(tmp_path))
    made._engine = Slow(tmp_path)
    return made


def test_one_call_gives_the_line_and_the_reading(loaded):
    loaded._engine.go_on.set()
    found = loaded.answer({"op": "read", "message": MESSAGE})["result"]
    assert found["line"] == {**loaded.answer({"op": "draft", "message": MESSAGE})["result"]}
    assert found["line"]["id"] == "7" and found["line"]["intent"]["name"] == "report_crime"
    assert assessment_of(found["reading"]).intent.name == "report_crime"
    assert loaded.answer({"op": "ping"}) == {"state": "ready", "why": "", "busy": 0.0}


def test_a_ping_beside_a_request_says_how_long_it_runs(loaded):
    hand = threading.Thread(target=loaded.answer, args=({"op": "read", "message": MESSAGE},))
    hand.start()
    assert loaded._engine.begun.wait(30)
    until = time.monotonic() + 30
    while loaded.answer({"op": "ping"})["busy"] < 0.3:
        assert time.monotonic() < until
    loaded._engine.go_on.set()
    hand.join()
    assert loaded.answer({"op": "ping"})["busy"] == 0.0


def test_nothing_is_done_for_a_client_that_has_given_up(loaded):
    hand = threading.Thread(target=loaded.answer, args=({"op": "draft", "message": MESSAGE},))
    hand.start()
    assert loaded._engine.begun.wait(30)
    late = loaded.answer({"op": "draft", "message": {**MESSAGE, "id": "8"}, "patience": 0.05})
    assert late["error"] == "The assistant was busy with other messages."
    loaded._engine.go_on.set()
    hand.join()
    assert loaded._engine.asked == ["7"]


@pytest.mark.parametrize("patience", [None, "x", -1, 10**9, float("nan"), [], True])
def test_an_odd_patience_is_the_usual_one(loaded, patience):
    loaded._engine.go_on.set()
    assert "result" in loaded.answer({"op": "draft", "message": MESSAGE, "patience": patience})


def test_another_request_lists_those_that_exist(loaded):
    assert loaded.answer({"op": "shout"})["allowed"] == ["draft", "assess", "read", "ping"]
