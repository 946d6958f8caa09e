"""The worker beside the console is started again when it dies or hangs, and ends with the console."""

from __future__ import annotations

import os
import signal
import time

import pytest

from responder.engine import supervisor
from responder.engine.client import EngineClient
from responder.engine.places import Places

SECONDS = 60


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """A supervisor that looks often, with a worker that has no model: it answers that, which is enough."""
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(supervisor, "HUNG_SECONDS", 3.0)
    monkeypatch.setattr(supervisor, "LOADING_SECONDS", 3.0)
    made = supervisor.Supervisor(Places.default(tmp_path))
    made.start()
    yield made, EngineClient(tmp_path)
    made.close()


def pid(made):
    return made._worker.pid


def until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("name", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_dies_or_hangs_is_replaced(watched, name):
    made, client = watched
    until(lambda: client.ping().answered)
    first = pid(made)
    os.kill(first, name)
    until(lambda: pid(made) != first and client.ping().answered)


def test_closing_ends_the_worker(watched):
    made, client = watched
    ping = made.wait(SECONDS)
    assert ping.why.endswith("run: responder train.")
    made.close()
    assert made._worker.poll() is not None
    assert not client.ping().answered
