"""Signing in and out, one-time links, sessions that end, guessing that is slowed down; with a clock that is moved."""

from __future__ import annotations

import re
import sys
import threading
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
from accounts_support import OTHER, PASSWORD, cheap_passwords  # noqa: F401 (a fixture)
from argon2 import Parameters, PasswordHasher, extract_parameters, profiles
from desk_support import NOW, database, packs, sqlite_database  # noqa: F401 (fixtures)
from flask import session
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import account_for, console, sign_in_as

from responder.console import access
from responder.desk import accounts, audit, entering, passwords, sessions, throttle
from responder.desk.audit import COMMAND_LINE
from responder.desk.entering import NotRight, TooManyTries, enter
from responder.desk.tables import account as account_table
from responder.desk.tables import attempt
from responder.desk.tables import session as session_table

KEY = b"a key that hides who tried"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def as_before(app):
    """Each test begins at the same time, with nobody throttled."""
    app.extensions["clock"].now = NOW
    with app.extensions["database"].write() as connection:
        connection.execute(sa.delete(attempt))


@pytest.fixture
def out(app):
    """A browser that nobody is signed in to."""
    return app.test_client(account=None)


@pytest.fixture
def jo(app):
    """A moderator with a password."""
    made = account_for(app, "moderator")
    in_desk(app, accounts.set_password, made.id, PASSWORD)
    return made


@pytest.fixture
def clock(app):
    return app.extensions["clock"]


def in_desk(app, deed, *more):
    with app.extensions["database"].write() as connection:
        return deed(connection, COMMAND_LINE, *more, app.extensions["clock"]())


def sign_in(client, name, password=PASSWORD, next_page=None, **more):
    query = {"next": next_page} if next_page is not None else None
    form = {"csrf_token": client.token or client.fetch_token(), "name": name, "password": password}
    return client.post("/sign-in", data=form, query_string=query, **more)


def is_in(client):
    return client.get("/account").status_code == 200


# In and out


def test_signing_in_and_out(app, out, jo):
    assert out.get("/").headers["Location"] == "/sign-in"
    assert "Sign in" in out.get("/sign-in").text
    done = sign_in(out, f" {jo.name.upper()} ")
    assert (done.status_code, done.headers["Location"]) == (302, "/")
    page = out.get("/account").text
    assert jo.full_name in page and "Moderator: answers" in page
    assert out.get("/sign-in").headers["Location"] == "/"  # nothing to do there
    out.fetch_token()
    assert out.change("/sign-out").headers["Location"] == "/sign-in"
    assert not is_in(out)
    with app.extensions["database"].read() as connection:
        lines = audit.entries(connection, account_id=jo.id)
    assert [line.action for line in lines[:2]] == ["account.signed-out", "account.signed-in"]


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("", PASSWORD, "Give your name"),
        ("{jo}", "", "Give your password"),
        ("{jo}", OTHER, "The name or the password isn't right"),
        ("{jo}", PASSWORD.upper(), "The name or the password isn't right"),
        ("nobody", PASSWORD, "The name or the password isn't right"),
    ],
)
def test_what_is_wrong_is_said_without_saying_which(out, jo, name, password, said):
    found = sign_in(out, name.format(jo=jo.name), password)
    assert found.status_code == 400 and said in unescape(found.text) and "There is a problem" in found.text
    assert f'value="{name.format(jo=jo.name)}"' in found.text or not name
    assert not password or password not in found.text
    assert not is_in(out)


def test_a_disabled_account_or_one_without_a_password_is_refused_alike(app, out, jo):
    fresh = account_for(app, "trainee")
    in_desk(app, accounts.disable, jo.id)
    refused = [unescape(sign_in(out, name).text) for name in (jo.name, fresh.name, "nobody")]
    assert all("The name or the password isn't right." in page for page in refused)


# The page first asked for, and no other site's


@pytest.mark.parametrize("asked", ["/preview", "/draft?office=cleveland-opcc&channel=email", "/account"])
def test_after_signing_in_comes_the_page_first_asked_for(out, jo, asked):
    to_form = out.get(asked).headers["Location"]
    assert to_form.startswith("/sign-in?next=/")
    form = out.get(to_form).text
    address = unescape(re.search(r'action="(/sign-in[^"]*)"', form)[1])
    wrong = out.post(address, data={"csrf_token": out.token, "name": jo.name, "password": OTHER}).text
    assert unescape(re.search(r'action="(/sign-in[^"]*)"', wrong)[1]) == address  # a mistake does not lose it
    done = out.post(address, data={"csrf_token": out.token, "name": jo.name, "password": PASSWORD})
    assert done.headers["Location"] == asked


FOREIGN = [
    *("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/account"),
    *("http:/account", "javascript:alert(1)", "/account\\..", "/acc\tount", "/\tevil.example", "/account\r\nX: y"),
    *(
        "account",
        "",
        "/nowhere",
        "/sign-out",
        "/sign-in",
        "/static/responder.css",
        "/%2f/evil.example",
        "@evil.example",
    ),
    *("/account@evil.example", "/\u2028account", " /account", "/./account", "//localhost/account", "/account/password"),
]


@pytest.mark.parametrize("asked", FOREIGN)
def test_no_other_page_comes_after_signing_in(out, jo, asked):
    assert sign_in(out, jo.name, next_page=asked).headers["Location"] == "/"
    assert out.get("/sign-in", query_string={"next": asked}).headers["Location"] == "/"


@given(st.text(alphabet="/\\.:@%?#ehtpaccount\t\n\x00é", max_size=20).map(lambda rest: f"/{rest}"))
@settings(max_examples=300, deadline=None)
def test_whatever_is_asked_for_stays_with_us(app, asked):
    with app.test_request_context("/sign-in"):
        found = access.own_path(asked)
    assert found == "/" or (found == asked and re.fullmatch(r"/[a-z]*(\?.*)?", found))
    assert not found.startswith(("//", "/\\"))


# Cookies


def test_the_cookie_is_not_for_scripts_and_holds_no_more_than_a_token(app, jo):
    with app.test_client(account=None) as client:
        client.get("/sign-in")
        assert set(session) == {"form"}
        cookie = sign_in(client, jo.name).headers["Set-Cookie"]
        assert set(session) == {"token"}
    assert cookie.startswith("responder=")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert "Secure" not in cookie and "Expires" not in cookie  # gone when the browser closes


def test_off_loopback_the_cookie_is_for_https_only(tmp_path):
    app = console(tmp_path, hosts=("desk.example.org",), secure=True)
    client = app.test_client(account=None)
    there = {"base_url": "https://desk.example.org"}
    page = client.get("/sign-in", **there)
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-responder=") and "Secure" in cookie and "HttpOnly" in cookie
    assert "Domain" not in cookie and "Path=/" in cookie
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert client.get("/health", **there).headers["Strict-Transport-Security"]


def test_on_this_machine_nothing_is_said_about_https(out):
    assert "Strict-Transport-Security" not in out.get("/sign-in").headers


def test_signing_in_makes_a_new_token(app, jo):
    """A token that somebody planted before is worth nothing after."""
    client = app.test_client(account=jo)
    with client.session_transaction() as kept:
        planted = kept[access.TOKEN]
    client.fetch_token()
    assert sign_in(client, jo.name).status_code == 302
    with client.session_transaction() as kept:
        assert kept[access.TOKEN] != planted
    thief = app.test_client(account=None)
    with thief.session_transaction() as kept:
        kept[access.TOKEN] = planted
    assert is_in(client) and not is_in(thief)


def test_what_a_visitor_brings_is_not_kept(app, jo):
    with app.test_client(account=None) as client:
        with client.session_transaction() as kept:
            kept["form"], kept["planted"] = "known", "known"
        client.get("/sign-in")
        sign_in(client, jo.name)
        assert set(session) == {"token"}


@pytest.mark.parametrize("token", ["", "x", 7, None, ["x"], "\udc80"])
def test_a_token_that_nobody_got_is_nobody(app, token):
    client = app.test_client(account=None)
    with client.session_transaction() as kept:
        kept[access.TOKEN] = token
    assert client.get("/account").headers["Location"].startswith("/sign-in")


# Sessions end


def test_a_session_ends_when_it_was_not_used_for_an_hour(app, jo, clock):
    client = app.test_client(account=jo)
    for _ in range(5):
        clock.forward(minutes=59)
        assert is_in(client)
    clock.forward(minutes=60, seconds=1)
    assert not is_in(client)


def test_a_page_left_open_keeps_no_session_alive(app, jo, clock):
    """The inbox asks for news by itself; nobody may be there."""
    client = app.test_client(account=jo)
    answers = []
    for _ in range(5):
        clock.forward(minutes=14)
        answers.append(client.get("/inbox/arrivals", headers={"Sec-Fetch-Dest": "empty"}).status_code)
    assert 401 not in answers[:4] and answers[4] == 401
    client.sign_in()
    form = {"csrf_token": client.fetch_token()}
    for _ in range(5):  # a check of what somebody types is work
        clock.forward(minutes=14)
        assert client.post("/draft/check", data=form, headers={"Sec-Fetch-Dest": "empty"}).status_code == 400


def test_a_session_ends_after_twelve_hours_however_busy(app, jo, clock):
    client = app.test_client(account=jo)
    for _ in range(24):
        clock.forward(minutes=30)
        assert is_in(client)
    clock.forward(seconds=1)
    assert not is_in(client)


def test_use_is_noted_at_most_once_a_minute(app, jo, clock):
    client = app.test_client(account=jo)
    query = sa.select(session_table.c.seen_at).where(session_table.c.account_id == jo.id)

    def seen():
        with app.extensions["database"].read() as connection:
            return connection.execute(query).scalar()

    noted = []
    for _ in range(7):
        clock.forward(seconds=20)
        client.get("/account")
        noted.append((seen() - NOW).total_seconds())
    assert noted == [0, 0, 60, 60, 60, 120, 120]


def test_sessions_that_ran_out_are_swept_away(database):  # noqa: F811
    with database.write() as connection:
        made = accounts.create(
            connection, packs(), COMMAND_LINE, NOW, name="jo", full_name="Jo", role="trainee", offices=packs().offices
        )
        for hours in (0, 11.5, 12.2, 12.5):
            sessions.begin(connection, made, NOW + timedelta(hours=hours))
        sessions.sweep(connection, NOW + timedelta(hours=12.6))
        left = connection.execute(sa.select(session_table.c.made_at).order_by(session_table.c.made_at)).scalars().all()
    assert left == [NOW + timedelta(hours=hours) for hours in (12.2, 12.5)]


def ends_with(app, client, end):
    assert is_in(client)
    end()
    assert not is_in(client)


def test_a_session_dies_at_once(app, jo):
    other = app.test_client(account=jo)
    ends_with(app, app.test_client(account=jo), lambda: in_desk(app, accounts.set_password, jo.id, OTHER))
    assert not is_in(other)
    ends_with(app, app.test_client(account=jo), lambda: in_desk(app, accounts.disable, jo.id))
    client = app.test_client(account=jo)  # made although the account is disabled: worth nothing
    assert not is_in(client)
    in_desk(app, accounts.enable, jo.id)
    assert is_in(app.test_client(account=jo))


def test_signing_out_leaves_other_browsers_alone(app, jo):
    one, two = app.test_client(account=jo), app.test_client(account=jo)
    copied = one.cookie
    one.change("/sign-out")
    assert not is_in(one) and is_in(two)
    thief = app.test_client(account=None)
    thief.set_cookie("responder", copied)  # a cookie that was copied before is dead too
    assert not is_in(thief)


def test_a_changed_role_counts_at_once(app):
    client = sign_in_as(app, "moderator")
    assert client.get("/admin/accounts").status_code == 403
    with app.extensions["database"].write() as connection:
        change = {"full_name": "Ada", "role": "administrator", "offices": ["cleveland-opcc"]}
        accounts.change(connection, packs(), COMMAND_LINE, client.account.id, NOW, **change)
    assert client.get("/admin/accounts").status_code == 200
    assert "Cleveland" in client.get("/account").text


# What somebody had typed is not lost


def test_a_form_sent_after_the_session_ended_gives_the_words_back(app, jo, clock):
    client = app.test_client(account=jo)
    client.fetch_token()
    clock.forward(minutes=61)
    words = "Someone <b>nicked</b> my van\nlast night"
    form = {"csrf_token": client.token, "text": words, "office": "cleveland-opcc", "password": "a secret of three"}
    found = client.post("/draft", data=form)
    assert found.status_code == 403 and "You're signed out" in unescape(found.text)
    assert words in unescape(found.text) and "<b>" not in found.text
    assert "a secret" not in found.text and client.token not in found.text


def test_a_form_that_is_out_of_date_gives_the_words_back(app, jo):
    client = app.test_client(account=jo)
    found = client.post("/draft", data={"csrf_token": "old", "text": "my words", "password_again": "a secret of mine"})
    assert found.status_code == 403 and "my words" in found.text and "a secret" not in found.text
    foreign = client.post("/draft", data={"text": "my words"}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403 and "my words" not in foreign.text


def test_the_token_of_a_form_dies_with_the_session(app, jo):
    client = app.test_client(account=jo)
    token = client.fetch_token()
    client.change("/sign-out")
    assert client.post("/account/preferences", data={"csrf_token": token}).status_code == 403
    client.account = jo
    client.sign_in()
    assert client.post("/account/preferences", data={"csrf_token": token}).status_code == 403
    client.token = ""
    assert client.change("/account/preferences").status_code == 302


# Guessing


def test_the_eleventh_try_is_refused_even_with_the_right_password(out, jo, clock):
    for _ in range(10):
        assert sign_in(out, jo.name, OTHER).status_code == 400
        clock.forward(seconds=30)
    refused = sign_in(out, jo.name)
    assert refused.status_code == 429 and "You can try again at 11:55." in refused.text
    assert sign_in(out, jo.name.upper()).status_code == 429  # the same name
    clock.forward(minutes=9, seconds=59)  # one second before the first try is a quarter of an hour old
    assert sign_in(out, jo.name).status_code == 429
    clock.forward(seconds=1)
    assert sign_in(out, jo.name).status_code == 302


def test_the_owner_gets_in_from_elsewhere(out, jo):
    for _ in range(12):
        sign_in(out, jo.name, OTHER, environ_overrides={"REMOTE_ADDR": HERE})
    assert sign_in(out, jo.name, environ_overrides={"REMOTE_ADDR": HERE}).status_code == 429
    assert sign_in(out, jo.name, environ_overrides={"REMOTE_ADDR": ELSEWHERE}).status_code == 302


def test_a_name_that_nobody_has_is_refused_alike(out):
    answers = [sign_in(out, "nobody.at.all", OTHER) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]


def test_getting_in_ends_the_count(out, jo):
    for _ in range(3):
        for _ in range(9):
            sign_in(out, jo.name, OTHER)
        assert sign_in(out, jo.name).status_code == 302
        out.fetch_token()
        out.change("/sign-out")
        out.fetch_token()


def test_the_current_password_cannot_be_guessed_either(app, jo):
    client = app.test_client(account=jo)
    form = {"password_now": OTHER, "password": "a new one of mine", "password_again": "a new one of mine"}
    said = [unescape(client.change("/account/password", **form).text) for _ in range(11)]
    assert all("That isn't your current password." in page for page in said[:10])
    assert "tried too often from here" in said[10]


@pytest.fixture
def known(database):  # noqa: F811
    """A desk with one account that has a password, on each kind of database."""
    with database.write() as connection:
        made = accounts.create(
            connection, packs(), COMMAND_LINE, NOW, name="jo", full_name="Jo", role="trainee", offices=packs().offices
        )
        accounts.set_password(connection, COMMAND_LINE, made.id, PASSWORD, NOW)
    return database


def test_of_many_tries_at_once_ten_are_looked_at(known):
    together, got = threading.Barrier(24), []

    def strike():
        together.wait()
        try:
            enter(known, KEY, "jo", OTHER, HERE, NOW)
        except (NotRight, TooManyTries) as error:
            got.append(type(error))

    threads = [threading.Thread(target=strike) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got.count(NotRight), got.count(TooManyTries)) == (10, 14)


def test_tries_are_stored_without_names_and_swept_away(known):
    for name in ("jo", "somebody"):
        with pytest.raises(NotRight):
            enter(known, KEY, name, OTHER, HERE, NOW)
    with known.read() as connection:
        rows = connection.execute(sa.select(attempt.c.pair)).scalars().all()
    assert len(set(rows)) == 2 and all(re.fullmatch("[0-9a-f]{64}", row) for row in rows)
    assert throttle.pair(KEY, "jo", HERE) in rows and throttle.pair(b"other", "jo", HERE) not in rows
    with pytest.raises(NotRight):
        enter(known, KEY, "other", OTHER, HERE, NOW + throttle.WITHIN)
    with known.read() as connection:
        assert len(connection.execute(sa.select(attempt)).all()) == 1


@pytest.mark.parametrize("name", ["jo", "nobody", "unset", "disabled"])
def test_every_refusal_compares_one_hash_of_the_same_cost(known, name, monkeypatch):
    with known.write() as connection:
        for more in ("unset", "disabled"):
            made = accounts.create(
                connection,
                packs(),
                COMMAND_LINE,
                NOW,
                name=more,
                full_name="X",
                role="trainee",
                offices=packs().offices,
            )
        accounts.set_password(connection, COMMAND_LINE, made.id, PASSWORD, NOW)
        accounts.disable(connection, COMMAND_LINE, made.id, NOW)
    compared, real = [], PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, stored, given: (compared.append(stored), real(self, stored, given))[1]
    )
    with pytest.raises(NotRight):
        enter(known, KEY, name, PASSWORD if name != "jo" else OTHER, HERE, NOW)
    assert [extract_parameters(stored) for stored in compared] == [profiles.CHEAPEST]


def test_a_password_is_hashed_anew_when_the_parameters_change(known, monkeypatch):
    dearer = Parameters(
        type=profiles.CHEAPEST.type, version=19, salt_len=16, hash_len=32, time_cost=2, memory_cost=16, parallelism=1
    )
    monkeypatch.setattr(passwords, "PARAMETERS", dearer)
    query = sa.select(account_table.c.password, account_table.c.password_at)
    for _ in range(2):
        assert enter(known, KEY, "jo", PASSWORD, HERE, NOW + timedelta(days=1)).name == "jo"
    with known.read() as connection:
        stored, at = connection.execute(query).one()
    assert extract_parameters(stored) == dearer and at == NOW


def test_a_password_changed_meanwhile_does_not_open(known, monkeypatch):
    """Between the look at the password and the way in, somebody disables the account."""
    real = passwords.matches

    def slow(stored, given):
        with known.write() as connection:
            accounts.disable(connection, COMMAND_LINE, 1, NOW)
        return real(stored, given)

    monkeypatch.setattr(entering.passwords, "matches", slow)
    with pytest.raises(NotRight):
        enter(known, KEY, "jo", PASSWORD, HERE, NOW)


def test_no_name_or_password_is_logged(app, out, jo, caplog):
    for password in (OTHER, PASSWORD):
        for _ in range(11):
            sign_in(out, jo.name, password)
    assert "tried too often" in caplog.text
    for secret in (jo.name, jo.full_name, PASSWORD, OTHER, "127.0.0.1"):
        assert secret not in caplog.text


# One-time links


@pytest.fixture
def link(app):
    """The page of a one-time link for somebody new."""
    made = account_for(app, "trainee")
    return made, f"/welcome/{in_desk(app, accounts.new_link, made.id)}"


def test_a_link_sets_the_password_and_signs_in(app, out, link, clock):
    made, address = link
    for _ in range(3):
        page = out.get(address)
        assert page.status_code == 200 and made.full_name in page.text and made.name in page.text
        assert page.headers["Referrer-Policy"] == "no-referrer" and page.headers["Cache-Control"] == "no-store"
    done = out.change(address, password=PASSWORD, password_again=PASSWORD)
    assert (done.status_code, done.headers["Location"]) == (302, "/")
    out.token = ""
    assert is_in(out)
    gone = app.test_client(account=None)
    assert gone.get(address).status_code == 404
    assert gone.change(address, password=OTHER, password_again=OTHER).status_code == 404
    assert sign_in(app.test_client(account=None), made.name).status_code == 302


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "at least 12 characters"),
        ("x" * 201, "x" * 201, "at most 200"),
        (PASSWORD, OTHER, "The two passwords differ"),
        (PASSWORD, "", "The two passwords differ"),
    ],
)
def test_a_password_that_cannot_be_used_leaves_the_link_good(out, link, password, again, said):
    refused = out.change(link[1], password=password, password_again=again)
    assert refused.status_code == 400 and said in refused.text and f'value="{password}"' not in refused.text
    assert out.get(link[1]).status_code == 200


def test_a_link_runs_out(app, out, link, clock):
    out.get(link[1])
    clock.forward(hours=72)
    assert "no longer works" in out.get(link[1]).text
    assert out.change(link[1], password=PASSWORD, password_again=PASSWORD).status_code == 404


def test_a_link_opened_while_somebody_else_is_signed_in(app, jo, link):
    client = app.test_client(account=jo)
    with client.session_transaction() as kept:
        before = kept[access.TOKEN]
    client.get(link[1])
    client.change(link[1], password=PASSWORD, password_again=PASSWORD)
    assert link[0].name in client.get("/account").text
    with app.extensions["database"].read() as connection:
        assert sessions.find(connection, before, NOW) is None


def test_a_lost_password(app, out, jo):
    """The old one works until the link is used; then everybody is signed out."""
    before = app.test_client(account=jo)
    address = f"/welcome/{in_desk(app, accounts.new_link, jo.id)}"
    assert is_in(before)
    assert out.change(address, password=OTHER, password_again=OTHER).status_code == 302
    assert not is_in(before)


# One's own account


def test_changing_ones_password(app, jo):
    here, there = app.test_client(account=jo), app.test_client(account=jo)
    done = here.change("/account/password", password_now=PASSWORD, password=OTHER, password_again=OTHER)
    assert done.headers["Location"] == "/account"
    assert "Your password is changed" in here.get("/account").text
    assert not is_in(there)
    assert sign_in(app.test_client(account=None), jo.name, OTHER).status_code == 302
    assert sign_in(app.test_client(account=None), jo.name, PASSWORD).status_code == 400


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (
            {"password_now": OTHER, "password": "a third of them", "password_again": "a third of them"},
            "current password",
        ),
        ({"password_now": PASSWORD, "password": "short", "password_again": "short"}, "at least 12"),
        ({"password_now": PASSWORD, "password": "a third of them", "password_again": "x"}, "passwords differ"),
        ({}, "at least 12"),
    ],
)
def test_a_password_that_is_not_changed(app, jo, form, said):
    client = app.test_client(account=jo)
    refused = client.change("/account/password", **form)
    assert refused.status_code == 400 and said in unescape(refused.text)
    assert not any(f'value="{value}"' in refused.text for value in form.values())
    assert is_in(client)


def test_preferences_are_kept(app, jo):
    client = app.test_client(account=jo)
    boxes = r'value="(\w+)" checked'
    assert re.findall(boxes, client.get("/account").text) == ["single_keys"]
    client.change("/account/preferences", preferences=["blur"])
    assert re.findall(boxes, client.get("/account").text) == ["blur"]
    client.change("/account/preferences")
    assert re.findall(boxes, client.get("/account").text) == []


# Everybody's accounts


@pytest.fixture
def admin(app):
    return app.test_client()


def added(client, name, **more):
    form = {"name": name, "full_name": "Ann New", "role": "approver", "offices": ["cleveland-opcc"], **more}
    return client.change("/admin/accounts", **form)


def test_adding_somebody_shows_the_link_once(app, admin):
    to_link = added(admin, "Ann.New").headers["Location"]
    page = admin.get(to_link).text
    address = re.search(r"http://localhost(/welcome/[\w-]+)", page)[1]
    assert "Ann New" in page and "ann.new" in page
    assert admin.get(to_link).headers["Location"] == to_link.removesuffix("/link")  # only once
    visitor = app.test_client(account=None)
    assert "Ann New" in visitor.get(address).text
    visitor.change(address, password=PASSWORD, password_again=PASSWORD)
    assert "Approver" in visitor.get("/account").text
    assert "Ann New" in admin.get("/admin/accounts").text


def test_behind_a_proxy_the_link_is_https(tmp_path):
    app = console(tmp_path, hosts=("desk.example.org",), secure=True)
    client = app.test_client(account=None)
    with app.extensions["database"].write() as connection:
        token = sessions.begin(connection, app.extensions["test_account"], NOW)
    there = {"base_url": "https://desk.example.org"}
    with client.session_transaction(**there) as kept:
        kept[access.TOKEN] = token
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/admin/accounts/new", **there).text)[1]
    form = {"csrf_token": csrf, "name": "ann", "full_name": "Ann", "role": "trainee", "offices": ["cleveland-opcc"]}
    to_link = client.post("/admin/accounts", data=form, **there).headers["Location"]
    assert "https://desk.example.org/welcome/" in client.get(to_link, **there).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "a b"}, "2 to 80 letters"),
        ({"full_name": ""}, "Give the full name"),
        ({"role": ""}, "Choose a role"),
        ({"role": "boss"}, "Choose a role"),
        ({"offices": []}, "Choose at least one office"),
        ({"offices": ["atlantis"]}, "Choose at least one office"),
        ({"name": "taken"}, "already an account"),
    ],
)
def test_what_is_wrong_with_a_new_account(app, admin, wrong, said):
    added(admin, "taken")
    refused = added(admin, **{"name": "fine", **wrong})
    assert refused.status_code == 400 and said in unescape(refused.text)
    typed = {"full_name": "Ann New", **wrong}
    assert f'value="{typed["full_name"]}"' in refused.text or not typed["full_name"]


def test_changing_somebody(app, admin, jo):
    address = f"/admin/accounts/{jo.id}"
    assert f'value="{jo.full_name}"' in admin.get(address).text
    form = {"full_name": "Jo Smith", "role": "manager", "offices": ["north-wales-opcc"], "name": "another"}
    assert admin.change(address, **form).headers["Location"] == "/admin/accounts"
    with app.extensions["database"].read() as connection:
        after = accounts.get(connection, jo.id)
    assert (after.name, after.full_name, after.role, after.offices) == (
        jo.name, "Jo Smith", "manager", ("north-wales-opcc",)
    )  # fmt: skip
    refused = admin.change(address, **{**form, "role": "x"})
    assert refused.status_code == 400 and "Choose a role" in refused.text


def test_disabling_enabling_and_a_new_link(app, admin, jo):
    address = f"/admin/accounts/{jo.id}"
    admin.change(f"{address}/disable")
    assert "Disabled since" in admin.get("/admin/accounts").text and "Enable the account" in admin.get(address).text
    assert "disabled: enable it first" in admin.change(f"{address}/link").text
    admin.change(f"{address}/enable")
    assert "/welcome/" in admin.get(admin.change(f"{address}/link").headers["Location"]).text


def test_the_last_administrator_is_told_why_not(tmp_path):
    app = console(tmp_path)
    admin, me = app.test_client(), app.extensions["test_account"]
    form = {"full_name": me.full_name, "role": "manager", "offices": list(me.offices)}
    for refused in (
        admin.change(f"/admin/accounts/{me.id}", **form),
        admin.change(f"/admin/accounts/{me.id}/disable"),
    ):
        assert refused.status_code == 400 and "last administrator" in refused.text
    account_for(app, "administrator")
    assert admin.change(f"/admin/accounts/{me.id}", **form).headers["Location"] == "/account"  # the list is lost to me
    assert admin.get("/admin/accounts").status_code == 403


@pytest.mark.parametrize("path", ["", "/link"])
def test_an_account_that_does_not_exist_has_no_page(admin, path):
    assert admin.get(f"/admin/accounts/999999{path}").status_code == 404
    for deed in ("", "/disable", "/enable", "/link"):
        assert admin.change(f"/admin/accounts/999999{deed}").status_code == 404
