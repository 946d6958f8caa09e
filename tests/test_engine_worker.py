"""The worker as a process, and its clients."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from test_engine_shared import trained_places

from responder.engine import wire
from responder.engine.client import EngineClient, EngineUnavailable
from responder.engine.places import Places
from responder.errors import BadInput, ModelError, UnknownName

pytestmark = pytest.mark.filterwarnings("ignore")
START_SECONDS = 120


def start(home, *more):
    environment = {**os.environ, "RESPONDER_HOME": str(home)}
    command = [sys.executable, "-m", "responder.cli", "worker", *more]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until(state, client, seconds=START_SECONDS):
    until = time.monotonic() + seconds
    while (ping := client.ping()).state != state or not ping.answered:
        assert time.monotonic() < until, ping
        time.sleep(0.2)
    return ping


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose path is too long for a socket, with the trained model and a running worker."""
    home = tmp_path_factory.mktemp("home") / ("long" * 20)
    home.mkdir(mode=0o700)
    (home / "models").symlink_to(trained_places().models)
    process = start(home)
    wait_until("ready", EngineClient(home))
    yield home
    process.terminate()
    assert process.wait(20) == 0


def test_a_draft_comes_back(home):
    line = EngineClient(home).draft({"text": "Where do I send a freedom of information request?", "id": "7"})
    assert line["id"] == "7"
    assert line["handling"] in ("reply", "person")
    assert line["milliseconds"] > 0


def test_an_assessment_comes_back(home):
    read = EngineClient(home).assess({"text": "Hello"}, "request_foi")
    assert read["intent"]["name"] == "request_foi"
    assert read["chosen_by_staff"] is True


def test_errors_come_back_as_they_are(home):
    client = EngineClient(home)
    with pytest.raises(UnknownName, match="no office “x”; there is: cleveland-opcc"):
        client.draft({"text": "Hello", "office": "x"})
    with pytest.raises(UnknownName, match="no intent"):
        client.draft({"text": "Hello"}, "x")
    with pytest.raises(BadInput, match="“text” is missing"):
        client.draft({})


def test_many_clients_at_once(home):
    client, lines = EngineClient(home), []

    def ask(number):
        lines.append(client.draft({"text": f"When is meeting {number}?", "id": str(number)}, timeout=60)["id"])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lines, key=int) == [str(n) for n in range(40)]


@pytest.mark.parametrize(
    "sent",
    [b"", b"\0\0\0\x05hello", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x02{}", b"\0\0\0\x02[]"],
)
def test_what_is_no_request_is_not_answered(home, sent):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(Places.default(home).socket))
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(4096):
                answer += part
    assert b"result" not in answer
    assert EngineClient(home).ping()


def test_a_wrong_key_is_refused(home, monkeypatch):
    monkeypatch.setattr(wire, "read_key", lambda _: "0" * 64)
    with pytest.raises(EngineUnavailable, match="key is wrong"):
        EngineClient(home).draft({"text": "Hello"})


def test_the_key_is_private(home):
    assert Places.default(home).key.stat().st_mode & 0o777 == 0o600
    assert Places.default(home).socket.stat().st_mode & 0o777 == 0o600


def test_a_second_worker_is_refused(home):
    second = start(home)
    _, said = second.communicate(timeout=30)
    assert second.returncode == 1
    assert said.decode().strip().endswith("stop it first.")
    assert EngineClient(home).ping()


def test_a_hung_worker_is_told_in_time(tmp_path):
    process = start(tmp_path)  # no model: it answers that, which is enough
    client = EngineClient(tmp_path)
    wait_until("down", client)
    process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert client.ping(timeout=1).answered is False
        with pytest.raises(EngineUnavailable, match="in time"):
            client.draft({"text": "x" * 2_000_000}, timeout=1)
        assert time.monotonic() - started < 5
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(20)


def test_without_a_model_it_says_so_and_ends_with_its_parent(tmp_path):
    process = start(tmp_path, "--until-stdin-closes")
    client = EngineClient(tmp_path)
    ping = wait_until("down", client)
    assert ping.why.endswith("run: responder train.")
    with pytest.raises(ModelError, match="no trained model"):
        client.draft({"text": "Hello"})
    assert process.stdin
    process.stdin.close()
    assert process.wait(20) == 0


def test_nobody_there(tmp_path):
    ping = EngineClient(tmp_path).ping()
    assert (bool(ping), ping.state, ping.answered) == (False, "down", False)
    with pytest.raises(EngineUnavailable) as caught:
        EngineClient(tmp_path).draft({"text": "canary"})
    assert caught.value.state == "down"
    assert "canary" not in str(caught.value)


def test_the_client_needs_no_rasa():
    code = "import sys, responder.engine.client; print(json.dumps([m for m in sys.modules if m in ('rasa', 'spacy')]))"
    out = subprocess.run([sys.executable, "-c", "import json;" + code], capture_output=True, check=True).stdout
    assert json.loads(out) == []
