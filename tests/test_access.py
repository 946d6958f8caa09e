"""Who may see which page: every route of the router for every kind of visitor; a route without a mark is closed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from desk_support import NOW, put_in
from flask import Blueprint
from sqlalchemy import event

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import account_for, console, sign_in_as

from responder.console import access
from responder.console.access import OPEN, needed, needs, open_to_all
from responder.desk import accounts, roles, sessions
from responder.desk.audit import COMMAND_LINE
from responder.desk.database import DeskUnavailable
from responder.practice import attempts, finishing

OURS, THEIRS = "cleveland-opcc", "north-wales-opcc"
STYLES = "/static/responder.css"
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
OUT = ("signed out", "disabled", "run out")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def visitors(app):
    """Every kind of visitor, each with the token of a form."""
    found = {role: sign_in_as(app, role, offices=[OURS]) for role in roles.ROLES}
    found["another office"] = sign_in_as(app, "administrator", offices=[THEIRS])
    found["signed out"] = app.test_client(account=None)
    for name in OUT[1:]:
        found[name] = sign_in_as(app, "administrator", offices=[OURS])
    for client in found.values():
        client.fetch_token()
    disabled = found["disabled"]
    with app.extensions["database"].write() as connection:
        accounts.disable(connection, COMMAND_LINE, disabled.account.id, NOW)
        with found["run out"].session_transaction() as kept:
            sessions.end(connection, kept[access.TOKEN], NOW)
    with disabled.session_transaction() as kept:
        before = kept[access.TOKEN]
    with app.extensions["database"].write() as connection:  # even a session that was somehow left
        left = sessions.begin(connection, disabled.account, NOW)
    with disabled.session_transaction() as kept:
        assert kept[access.TOKEN] == before
        kept[access.TOKEN] = left
    return found


@pytest.fixture(scope="module")
def arguments(app):
    """What stands in the addresses: things that are there, of one office."""
    trainee = account_for(app, "trainee", [OURS])
    with app.extensions["database"].write() as connection:
        done = attempts.begin(connection, app.extensions["practice"], trainee, OURS, "national/blink-twice", NOW)
        finishing.finish(connection, app.extensions["practice"], trainee, done, NOW)
    return {
        "account_id": trainee.id,
        "attempt_id": done,
        "message_id": put_in(app.extensions["database"], office=OURS).id,
        "token": "nobodys",
        "filename": "responder.css",
        "office": OURS,
    }


def routes(app):
    """(method, rule) of everything that the router knows."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, rule


def address_of(app, rule, arguments):
    with app.test_request_context():
        values = {name: arguments.get(name, _value(rule, name)) for name in rule.arguments}
        return app.url_map.bind("localhost").build(rule.endpoint, values)


def _value(rule, name):
    """Some value for a part of an address: one of the allowed, where only some are."""
    return next(iter(getattr(rule._converters.get(name), "items", ()) or ()), 1)


def ask(client, method, address):
    """The answer to a form with a good token."""
    if method == "GET":
        response = client.get(address)
        response.close()
        return response
    return client.open(address, method=method, data={"csrf_token": client.token})


def sign_in_again(client):
    """Some routes sign out, or change who is signed in."""
    client.sign_in()
    client.fetch_token()


def outcome(response):
    if response.status_code in (401, 403):
        return "refused"
    if response.status_code in (302, 303) and response.headers["Location"].partition("?")[0] == "/sign-in":
        return "to sign-in"
    return "fault" if response.status_code >= 500 else "let in"


def expected(permission, visitor, method):
    if permission == OPEN:
        return "let in"
    if visitor in OUT:
        return "to sign-in" if method == "GET" else "refused"
    role = "administrator" if visitor == "another office" else visitor
    return "let in" if roles.may(role, permission) else "refused"


@pytest.mark.parametrize("visitor", [*roles.ROLES, "another office", *OUT])
def test_every_route_lets_in_whom_its_mark_says(app, visitors, arguments, visitor):
    client, wrong, seen = visitors[visitor], [], 0
    for method, rule in routes(app):
        permission = needed(app, rule.endpoint)
        if rule.endpoint == "sign_in.sign_out":
            continue  # it leads to sign-in whoever asks; tests/test_sign_in.py has it
        found = outcome(ask(client, method, address_of(app, rule, arguments)))
        if found != expected(permission, visitor, method):
            wrong.append(f"{method} {rule.rule} ({permission}): {found}")
        if visitor not in OUT and found == "let in" and permission != OPEN:
            seen += 1
        if method in CHANGES and visitor not in OUT:
            sign_in_again(client)
    assert wrong == []
    assert seen > 5 or visitor in OUT


def test_a_route_that_needs_no_account_is_one_of_these(app):
    found = {rule.endpoint for _, rule in routes(app) if needed(app, rule.endpoint) == OPEN}
    assert found == {
        *("static", "start.colours", "health.health"),
        *("sign_in.form", "sign_in.sign_in", "sign_in.sign_out", "sign_in.welcome", "sign_in.choose_password"),
        *("demo.enter", "demo.become"),  # which are not there outside the demonstration
    }
    visitor = app.test_client(account=None)
    assert (visitor.get("/demo").status_code, visitor.change("/demo/as").status_code) == (404, 404)


def test_every_route_says_what_it_needs(app):
    assert [rule.rule for _, rule in routes(app) if needed(app, rule.endpoint) is None] == []


def test_the_messages_of_another_office_do_not_exist(app, visitors, arguments):
    seen = []
    for method, rule in routes(app):
        if "message_id" in rule.arguments:
            response = ask(visitors["another office"], method, address_of(app, rule, arguments))
            seen.append((method, rule.rule, response.status_code))
    assert seen
    assert [found for found in seen if found[2] != 404] == []


def test_an_attempt_is_read_by_trainers_of_its_office_alone(app, visitors, arguments):
    address = f"/practice/trainer/attempts/{arguments['attempt_id']}"
    wanted = {role: 200 if roles.may(role, "train") else 403 for role in roles.ROLES}
    found = {role: visitors[role].get(address).status_code for role in roles.ROLES}
    assert found == wanted
    assert visitors["another office"].get(address).status_code == 404


def test_what_is_not_marked_is_closed_to_everybody(tmp_path):
    app = console(tmp_path)
    bare = Blueprint("bare", __name__)
    bare.add_url_rule("/bare", "bare", lambda: "seen", methods=["GET", "POST"])
    bare.add_url_rule("/marked", "marked", open_to_all(lambda: "seen"))
    app.register_blueprint(bare)
    for client in (app.test_client(), app.test_client(account=None)):
        client.fetch_token()
        for response in (client.get("/bare"), client.head("/bare"), client.change("/bare")):
            assert response.status_code == 403 and "seen" not in response.text
        assert client.get("/marked").text == "seen"


def test_a_mark_that_does_not_exist_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        needs("fly")


@pytest.mark.parametrize(
    ("role", "path", "said"),
    [
        ("trainee", "/messages/new", "the role of moderator, approver, manager or administrator; yours is trainee"),
        ("manager", "/admin/accounts", "the role of administrator; yours is manager"),
    ],
)
def test_a_refusal_says_which_role_is_needed(app, visitors, role, path, said):
    assert said in visitors[role].get(path).text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Dest": "empty"}, {"Accept": "application/json"}])
def test_a_script_that_asks_for_a_part_gets_no_page(app, visitors, headers):
    for method in ("GET", "POST"):
        out, low = (
            visitors[name].open(path, method=method, headers=headers, data={"csrf_token": visitors[name].token})
            for name, path in (("signed out", "/admin/accounts"), ("trainee", "/admin/accounts"))
        )
        assert (out.status_code, out.json) == (401, {"problem": "signed out"})
        assert (low.status_code, low.json) == (403, {"problem": "not allowed"})


def test_a_page_that_does_not_exist_knows_who_asks(app, visitors):
    full_name = visitors["trainee"].account.full_name
    assert full_name in visitors["trainee"].get("/nowhere").text
    assert visitors["signed out"].get("/nowhere").status_code == 404


def test_style_sheets_and_health_ask_the_database_for_nobody(app, visitors, monkeypatch):
    def broken(*_):
        raise DeskUnavailable("The desk's database can't be used just now.")

    monkeypatch.setattr(sessions, "find", broken)
    client = visitors["trainee"]
    answers = {path: ask(client, "GET", path).status_code for path in (STYLES, "/colours.css", "/nowhere", "/draft")}
    assert answers == {STYLES: 200, "/colours.css": 200, "/nowhere": 404, "/draft": 503}


def test_who_is_signed_in_is_one_query(app, visitors):
    asked, engine, client = [], app.extensions["database"].engine, visitors["trainee"]

    def note(connection, cursor, query, *rest):
        asked.append(query)

    event.listen(engine, "before_cursor_execute", note)
    with app.test_request_context("/draft", headers={"Cookie": f"responder={client.cookie}"}):
        assert access.visitor().id == client.account.id
    event.remove(engine, "before_cursor_execute", note)
    assert [query.split()[0] for query in asked] == ["SELECT"]
