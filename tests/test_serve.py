"""`responder serve` as a process: what it prints, takes in before anything is loaded, and how it stops."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from desk_support import KEY, put_in

from responder import cli
from responder.commands.serve import trusted_proxy
from responder.console import assets
from responder.desk.database import Database
from responder.engine import complaints
from responder.errors import BadInput


@pytest.fixture
def home(tmp_path, monkeypatch):
    assets.prepare()
    monkeypatch.setenv("RESPONDER_AUDIT_KEY", KEY)
    return tmp_path


def start(home, **more):
    """The process, its address, and what it prints after that."""
    command = [sys.executable, "-m", "responder.cli", "serve", "--port", "0", "--home", str(home)]
    process = subprocess.Popen(
        command, env={**os.environ, **more}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job would ignore it
    )  # fmt: skip
    return process, process.stdout.readline().strip().removeprefix("Responder: ")


def stop(process, name=signal.SIGTERM):
    """What else it printed, once it has ended in order."""
    process.send_signal(name)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err.rstrip().endswith("Stopped.")
    return out


def get(address, path, **headers):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return answer.status, page


def test_it_answers_without_a_model_and_lets_the_first_administrator_in(home):
    process, address = start(home)
    status, said = get(address, "/health")
    assert status == 503 and json.loads(said)["worker"] in ("starting", "down")
    desk = Database.of(home)
    put_in(desk)  # as another process would
    assert json.loads(get(address, "/health")[1])["waiting"] == 1
    link = process.stdout.readline().strip().rsplit(" ", 1)[1]
    assert link.startswith(f"{address}/welcome/")
    assert get(address, urlsplit(link).path)[0] == 200
    assert get(address, "/welcome/nonsense")[0] == 404
    assert "welcome" not in stop(process)
    desk.close()


def test_control_c_stops_it_and_a_name_for_others_goes_into_the_link(home):
    process, address = start(home, RESPONDER_HOSTS="desk.example.org")
    assert process.stdout.readline().strip().rsplit(" ", 1)[1].startswith("https://desk.example.org/welcome/")
    assert get(address, "/health", Host="desk.example.org")[0] == 503
    assert get(address, "/health", Host="elsewhere.example.org")[0] == 400
    stop(process, signal.SIGINT)


def test_a_port_that_is_taken_is_one_sentence(home, capsys):
    first, address = start(home)
    port = str(urlsplit(address).port)
    second = subprocess.run(
        [sys.executable, "-m", "responder.cli", "serve", "--port", port, "--home", str(home)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert second.returncode == 1 and "cannot listen" in second.stderr
    stop(first)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RESPONDER_TRUSTED_PROXY", "proxy.example.org", "RESPONDER_TRUSTED_PROXY is no IP address"),
        ("RESPONDER_TRUSTED_PROXY", "*", "RESPONDER_TRUSTED_PROXY is no IP address"),
        ("RESPONDER_QUEUE_URL", "queue.db", "RESPONDER_QUEUE_URL is no address of a queue"),
        ("RESPONDER_DATABASE_URL", "mysql://x/y", "RESPONDER_DATABASE_URL is for mysql"),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(home, monkeypatch, capsys, name, value, sentence):
    monkeypatch.setenv(name, value)
    assert complaints.run(cli.cli, ["serve", "--port", "0", "--home", str(home)]) == 2
    said = capsys.readouterr().err
    assert sentence in said and len(said.splitlines()) == 1


def test_the_proxys_word_is_taken_for_address_and_scheme_alone():
    given = trusted_proxy(" 2001:db8::1 ")
    assert given["trusted_proxy"] == "2001:db8::1"
    assert given["trusted_proxy_headers"] == {"x-forwarded-for", "x-forwarded-proto"}
    with pytest.raises(BadInput):
        trusted_proxy("10.0.0.0/8")
