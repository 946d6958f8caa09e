"""What the console lets nobody do: scripts in messages, changes from elsewhere, other names, other machines."""

from __future__ import annotations

import re
import sys
import time
from html import unescape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import console, sign_in_as

from responder.console import security
from responder.console.access import open_to_all
from responder.errors import BadInput

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg onload=alert(1)>",
    "</mark></div><iframe srcdoc='<script>alert(1)</script>'>",
    "{{7*7}} {% print(1) %} ${7*7}",
    "javascript:alert(1) 07700900123<b>",
    "'; DROP TABLE messages; --",
    "\u202egnp.exe \u200b\u2066 \x00 \x1b[31m",
    '/report_crime{"a": 1}',
]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"))


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.mark.parametrize("text", NASTY)
def test_a_message_is_only_ever_text(client, text):
    """The page's own rules (no script, style or handler in a page) run on each of these."""
    for response in (
        client.send(text=text, thread=text),
        client.send("/draft/check", text=text, reply=text),
        client.send(text=text, office=text),
        client.send(text=text, day=text, time=text, intent=text, read_as=text, channel=text),
    ):
        assert response.status_code in (200, 400)
        for sign in ("<script>alert", "<img", "<svg onload", "<iframe", "49 "):
            assert sign not in response.text
        if "\x00" not in text:
            assert text in unescape(response.text).replace("\r", "")


@pytest.mark.parametrize("query", ["office={0}", "channel={0}", "at={0}", "language={0}", "family={0}", "nothing={0}"])
def test_an_address_is_only_ever_text(client, query):
    for text in NASTY[:5]:
        response = client.get(
            "/preview?" + query.format(text.replace("%", "%25").replace("#", "%23").replace("&", "%26"))
        )
        assert "<script>alert" not in response.text and "<img" not in response.text


def changing_routes(app):
    """Every address that takes a change, found from the router so that a new one is not forgotten."""
    rules = (rule for rule in app.url_map.iter_rules() if rule.methods & {"POST", "PUT", "PATCH", "DELETE"})
    return sorted(re.sub(r"<[^>]*>", "1", rule.rule) for rule in rules)


def test_there_are_routes_that_change(app):
    assert {"/draft", "/sign-in", "/sign-out", "/account/password", "/admin/accounts"} <= set(changing_routes(app))
    assert len(changing_routes(app)) > 20


def test_a_change_needs_the_token(app, client):
    client.get("/draft")
    for route in changing_routes(app):
        for token in ("", "x", client.token[:-2], client.token + "x", client.token.swapcase()):
            assert client.post(route, data={"text": "x", "csrf_token": token}).status_code == 403
        assert client.post(route, json={"text": "x"}).status_code == 403


def test_another_visitors_token_does_not_serve(app, client):
    client.get("/draft")
    for other in (app.test_client(), app.test_client(account=None), sign_in_as(app, "trainee")):
        token = other.fetch_token()
        assert client.post("/draft", data={"text": "x", "csrf_token": token}).status_code == 403


def test_a_token_ages(app, client, monkeypatch):
    client.get("/draft")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + security.TOKEN_SECONDS + 60)
    assert client.post("/draft", data={"text": "x", "csrf_token": client.token}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "null"},
    ],
)
def test_a_change_from_another_site_is_refused(app, client, headers):
    client.get("/draft")
    for route in changing_routes(app):
        form = {"text": "x", "csrf_token": client.token}
        assert client.post(route, data=form, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://localhost"}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}]
)
def test_our_own_page_may_send(client, headers):
    client.get("/draft")
    response = client.post("/draft", data={"text": "x", "csrf_token": client.token}, headers=headers)
    assert response.status_code == 400  # the form lacks its office: it was read


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "[::2]", "a b", "localhost:x", ""]
)
def test_another_name_for_this_machine_is_turned_away(client, host):
    for path in ("/draft", "/health", "/static/responder.css"):
        assert client.get(path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000"])
def test_this_machines_own_names_are_answered(client, host):
    assert client.get("/sign-in", headers={"Host": host}).status_code in (200, 302)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.2"])
def test_on_this_machine_nothing_needs_to_be_set(host):
    assert security.allowed(host, {}) == ((), False)
    security.refuse_demo(host, {})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_others_are_served_under_a_name_over_https(host):
    with pytest.raises(BadInput, match="set RESPONDER_HOSTS"):
        security.allowed(host, {})
    named = {"RESPONDER_HOSTS": " Desk.Example.org, 192.168.1.4 ,"}
    assert security.allowed(host, named) == (("desk.example.org", "192.168.1.4"), True)
    for setting in ({}, named):
        with pytest.raises(BadInput):
            security.refuse_demo(host, setting)


def test_behind_a_proxy_on_this_machine_it_is_for_others_too():
    named = {"RESPONDER_HOSTS": "desk.example.org"}
    assert security.allowed("127.0.0.1", named) == (("desk.example.org",), True)
    assert security.allowed("127.0.0.1", {"RESPONDER_HOSTS": "localhost"}) == (("localhost",), False)
    with pytest.raises(BadInput, match="this machine only"):
        security.refuse_demo("127.0.0.1", named)


@pytest.mark.parametrize(
    "name",
    ["https://desk.example.org", "desk.example.org:8443", "desk.example.org/", "*.example.org", "*", "a b", "a_b"],
)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(BadInput, match="names alone are allowed"):
        security.allowed("127.0.0.1", {"RESPONDER_HOSTS": name})


def test_the_names_of_the_setting_are_answered(tmp_path):
    client = console(tmp_path, hosts=("desk.example.org",)).test_client()
    assert client.get("/sign-in", headers={"Host": "desk.example.org"}).status_code == 200
    assert client.get("/sign-in", headers={"Host": "other.example.org"}).status_code == 400


@pytest.mark.parametrize("size", [3_000_000, 2_200_000])
def test_too_long_a_message_has_its_own_page(client, size):
    client.get("/draft")
    response = client.post("/draft", data={"csrf_token": client.token, "text": "x" * size})
    assert response.status_code == 413 and "too long" in response.text


def test_a_megabyte_is_read_in_time(client):
    started = time.perf_counter()
    response = client.send(text="a b " * 250_000, office="cleveland-opcc")
    assert response.status_code == 200 and time.perf_counter() - started < 5


def test_a_page_of_our_own_for_every_fault(app, client, caplog):
    for code, path, method in ((404, "/x", "get"), (405, "/health", "put"), (405, "/", "delete")):
        client.get("/draft")
        response = (
            getattr(client, method)(path, headers={"X": "y"})
            if method == "get"
            else client.open(path, method=method.upper(), data={"csrf_token": client.token})
        )
        assert response.status_code == code and "<h1" in response.text

    @open_to_all
    def fails(*_):
        raise ValueError("CANARY-9")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    before, app.view_functions["preview.preview"] = app.view_functions["preview.preview"], fails
    try:
        response = client.get("/preview")
    finally:
        app.view_functions["preview.preview"] = before
    assert response.status_code == 500 and "Something went wrong" in response.text
    assert "CANARY-9" not in response.text + caplog.text and "ValueError" in caplog.text
