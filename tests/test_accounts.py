"""Accounts: made, changed, disabled, entered by a one-time link; and what the audit says of it."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from accounts_support import OTHER, PASSWORD, cheap_passwords, made  # noqa: F401 (a fixture)
from argon2 import extract_parameters, profiles
from click.testing import CliRunner
from desk_support import NOW, database, fresh, packs, sqlite_database  # noqa: F401 (fixtures)
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.commands.user import user
from responder.desk import accounts, audit, invitations, passwords, roles, sessions
from responder.desk.accounts import LastAdministrator
from responder.desk.audit import COMMAND_LINE
from responder.desk.tables import account, invitation, session
from responder.errors import BadInput, ResponderError, UnknownName

ALL = tuple(packs().offices)


def entries(database, **which):  # noqa: F811
    with database.read() as connection:
        return audit.entries(connection, **which)


def actions(database):  # noqa: F811
    return [entry.action for entry in reversed(entries(database))]


def do(database, deed, *more, **named):  # noqa: F811
    """One change, in a transaction of its own: `do(database, accounts.disable, id)`."""
    with database.write() as connection:
        return deed(connection, COMMAND_LINE, *more, NOW, **named)


def reread(database, found):  # noqa: F811
    with database.read() as connection:
        return accounts.get(connection, found.id)


# Made and changed


def test_an_account_is_found_by_its_name_in_whatever_case(database):  # noqa: F811
    jo = made(database, name=" J.Bloggs@Example.org ", offices=("north-wales-opcc", "cleveland-opcc"))
    assert jo.name == "j.bloggs@example.org" and jo.offices == ("cleveland-opcc", "north-wales-opcc")
    with database.read() as connection:
        assert accounts.named(connection, "J.BLOGGS@example.ORG ") == jo == accounts.get(connection, jo.id)
        assert accounts.named(connection, "nobody") is None and accounts.get(connection, 99) is None


@pytest.mark.parametrize("name", ["", "x", "a b", "a/b", "é.clair", "x" * 81, "jo\nb", "jo\u202eb", "<b>"])
def test_a_name_that_cannot_be_typed_safely_is_refused(sqlite_database, name):  # noqa: F811
    with pytest.raises(BadInput, match="2 to 80 letters"):
        made(sqlite_database, name=name)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"full_name": " "}, "Give the full name"),
        ({"full_name": "x" * 121}, "at most 120"),
        ({"full_name": "Jo\u202eBloggs"}, "Give the full name"),
        ({"role": "boss"}, "There is no role “boss”; there is: trainee"),
        ({"offices": ()}, "at least one office"),
        ({"offices": ("atlantis",)}, "There is no office “atlantis”; there is: cleveland-opcc"),
    ],
)
def test_what_an_account_needs(sqlite_database, wrong, said):  # noqa: F811
    right = {"name": "jo", "full_name": "Jo Bloggs", "role": "moderator", "offices": ("cleveland-opcc",)}
    with pytest.raises(ResponderError, match=said):
        do(sqlite_database, lambda c, a, now: accounts.create(c, packs(), a, now, **{**right, **wrong}))
    jo = made(sqlite_database)
    changed = {name: value for name, value in {**right, **wrong}.items() if name != "name"}
    with pytest.raises(ResponderError, match=said):
        do(sqlite_database, lambda c, a, now: accounts.change(c, packs(), a, jo.id, now, **changed))
    assert reread(sqlite_database, jo) == jo


def test_a_name_is_given_once(database):  # noqa: F811
    made(database)
    with pytest.raises(BadInput, match="already an account with the name"):
        made(database, name="J.BLOGGS")
    assert made(database, name="other").id  # the database still takes what comes next


def test_a_change_of_role_and_offices(database):  # noqa: F811
    jo = made(database)
    change = {"full_name": "  Jo   Smith ", "role": "manager", "offices": ALL}
    after = do(database, lambda c, a, now: accounts.change(c, packs(), a, jo.id, now, **change))
    assert (after.full_name, after.role, after.offices) == ("Jo Smith", "manager", tuple(sorted(ALL)))
    line = entries(database)[0]
    assert (line.action, line.subject, line.subject_id) == ("account.changed", "account", str(jo.id))
    assert line.before == {"role": "moderator", "offices": ["cleveland-opcc"]}
    assert line.after == {"role": "manager", "offices": sorted(ALL), "renamed": True}
    do(database, lambda c, a, now: accounts.change(c, packs(), a, jo.id, now, **change))
    assert len(entries(database)) == 2  # what changes nothing says nothing


def test_everybody_in_order_the_disabled_last(database):  # noqa: F811
    for name in ("zoe", "adam", "mia"):
        made(database, name=name)
    do(database, accounts.disable, 2)
    with database.read() as connection:
        assert [one.name for one in accounts.everyone(connection)] == ["mia", "zoe", "adam"]


def test_preferences_hold_until_somebody_chooses(database):  # noqa: F811
    jo = made(database)
    assert jo.prefers("single_keys") and not jo.prefers("blur")
    with pytest.raises(KeyError):
        jo.prefers("colour")
    do(database, accounts.set_preferences, jo.id, {"single_keys": False, "colour": True})
    after = reread(database, jo)
    assert not after.prefers("single_keys") and not after.prefers("blur") and "colour" not in after.preferences
    assert entries(database)[0].after == {"single_keys": False, "blur": False}


def test_an_account_may_what_its_role_may_until_it_is_disabled(database):  # noqa: F811
    jo = made(database)
    assert jo.may("close") and not jo.may("audit")
    do(database, accounts.disable, jo.id)
    disabled = reread(database, jo)
    assert disabled.disabled_at == NOW and not any(disabled.may(permission) for permission in roles.LEAST)
    do(database, accounts.enable, jo.id)
    assert reread(database, jo) == jo
    assert actions(database) == ["account.created", "account.disabled", "account.enabled"]


def test_disabling_twice_or_enabling_twice_is_one_change(database):  # noqa: F811
    jo = made(database)
    for deed in (accounts.disable, accounts.disable, accounts.enable, accounts.enable):
        do(database, deed, jo.id)
    assert actions(database) == ["account.created", "account.disabled", "account.enabled"]


@pytest.mark.parametrize("deed", [accounts.disable, accounts.enable, accounts.new_link])
def test_an_account_that_does_not_exist(database, deed):  # noqa: F811
    with pytest.raises(UnknownName, match="There is no account “7”"):
        do(database, deed, 7)


# The last administrator


def test_the_last_administrator_stays(database):  # noqa: F811
    ada = made(database, name="ada", role="administrator")
    made(database, name="off", role="administrator")
    do(database, accounts.disable, 2)
    lower = {"full_name": "Ada", "role": "manager", "offices": ALL}
    for deed in (
        lambda: do(database, accounts.disable, ada.id),
        lambda: do(database, lambda c, a, now: accounts.change(c, packs(), a, ada.id, now, **lower)),
    ):
        with pytest.raises(LastAdministrator, match="make somebody else an administrator first"):
            deed()
    do(database, accounts.enable, 2)
    do(database, accounts.disable, ada.id)
    with pytest.raises(LastAdministrator):
        do(database, accounts.disable, 2)


def test_two_administrators_who_disable_each_other_at_once(database):  # noqa: F811
    for turn in range(8):
        pair = [made(database, name=f"{who}{turn}", role="administrator") for who in ("ada", "bob")]
        others = [one for one in everyone(database) if one.role == "administrator" and one not in pair]
        for other in others:
            with contextlib.suppress(LastAdministrator):
                do(database, accounts.disable, other.id)
        together = threading.Barrier(2)

        def strike(whom, together=together):
            together.wait()
            with contextlib.suppress(LastAdministrator):
                do(database, accounts.disable, whom.id)

        threads = [threading.Thread(target=strike, args=(one,)) for one in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        left = [one for one in everyone(database) if one.role == "administrator" and one.disabled_at is None]
        assert len(left) == 1


def everyone(database):  # noqa: F811
    with database.read() as connection:
        return accounts.everyone(connection)


DEEDS = st.lists(
    st.tuples(st.sampled_from(["disable", "enable", *roles.ROLES]), st.integers(0, 3)), min_size=1, max_size=12
)


@given(DEEDS)
@settings(max_examples=25, deadline=None)
def test_whatever_is_done_an_administrator_is_left(tmp_path_factory, deeds):
    with fresh("sqlite", tmp_path_factory.mktemp("desk")) as desk:
        people = [made(desk, name=f"p{n}", role=role) for n, role in enumerate((*["administrator"] * 2, "trainee"))]
        for deed, number in deeds:
            one = people[number % len(people)]
            with contextlib.suppress(LastAdministrator):
                if deed in roles.ROLES:
                    change = {"full_name": one.full_name, "role": deed, "offices": one.offices}
                    do(
                        desk,
                        lambda c, a, now, one=one, change=change: accounts.change(c, packs(), a, one.id, now, **change),
                    )
                else:
                    do(desk, getattr(accounts, deed), one.id)
            assert [one for one in everyone(desk) if one.role == "administrator" and one.disabled_at is None]


# Passwords


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "at least 12"),
        ("x" * 11, "at least 12"),
        ("e\u0301" * 11, "at least 12"),  # eleven letters, however they are typed
        ("x" * 201, "at most 200"),
        ("long.enough.name", "isn't your name"),
        (" Long.Enough.NAME ", "isn't your name"),
    ],
)
def test_a_password_is_long_and_is_not_the_name(sqlite_database, password, said):  # noqa: F811
    jo = made(sqlite_database, name="long.enough.name")
    with pytest.raises(BadInput, match=said):
        do(sqlite_database, accounts.set_password, jo.id, password)
    assert reread(sqlite_database, jo).password_at is None


@given(st.text(min_size=12, max_size=60))
def test_every_long_password_is_good_and_no_other_one_opens(password):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PARAMETERS", profiles.CHEAPEST)
        if passwords.fault(password, "j.bloggs"):
            return
        stored = passwords.hashed(password)
        assert passwords.matches(stored, password)
        assert not passwords.matches(stored, password + "x") and not passwords.matches(stored, "")
        assert stored != passwords.hashed(password)  # each with a salt of its own


def test_one_password_in_two_forms_of_unicode():
    assert passwords.matches(passwords.hashed("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301 cafe\u0301")


@pytest.mark.parametrize("stored", [None, "", "x", "$argon2id$v=19$m=8,t=1,p=1$x$y"])
def test_no_password_opens_what_has_none(stored):
    assert passwords.matches(stored, "") is False
    assert passwords.matches(stored, PASSWORD) is False


def test_the_parameters_are_those_of_the_standard(monkeypatch):
    monkeypatch.undo()
    parameters = extract_parameters(passwords.hashed(PASSWORD))
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65536, 3, 4)  # RFC 9106, 4
    assert extract_parameters(passwords._nobodys()) == parameters


def test_a_new_password_signs_everybody_out_and_ends_the_links(database):  # noqa: F811
    jo, other = made(database), made(database, name="other")
    token = do(database, accounts.new_link, jo.id)
    with database.write() as connection:
        mine, theirs = (sessions.begin(connection, one, NOW) for one in (jo, other))
    do(database, accounts.set_password, jo.id, PASSWORD)
    with database.read() as connection:
        assert sessions.find(connection, mine, NOW) is None and accounts.holder(connection, token, NOW) is None
        assert sessions.find(connection, theirs, NOW).account == other
    assert reread(database, jo).password_at == NOW


def test_no_password_is_in_the_audit_or_in_what_is_printed(database):  # noqa: F811
    jo = made(database, password=PASSWORD)
    token = do(database, accounts.new_link, jo.id)
    with database.write() as connection:
        accounts.accept(connection, token, OTHER, NOW)
        stored = connection.execute(sa.select(account.c.password)).scalar()
        lines = [str(line.as_dict()) for line in audit.export(connection)]
        assert audit.verify(connection)
    for secret in (PASSWORD, OTHER, stored, token):
        assert secret not in "".join(lines) + repr(reread(database, jo))
    assert "account.password-set" in "".join(lines)


# One-time links


def test_a_link_works_once(database):  # noqa: F811
    jo = made(database)
    token = do(database, accounts.new_link, jo.id)
    with database.write() as connection:
        assert accounts.holder(connection, token, NOW) == jo == accounts.holder(connection, token, NOW)
        accepted = accounts.accept(connection, token, PASSWORD, NOW)
        assert (accepted.id, accepted.password_at) == (jo.id, NOW)
        assert accounts.accept(connection, token, OTHER, NOW) is None
        assert accounts.holder(connection, token, NOW) is None
        assert passwords.matches(connection.execute(sa.select(account.c.password)).scalar(), PASSWORD)
    assert [(entry.action, entry.account_id) for entry in entries(database)[:1]] == [("account.password-set", jo.id)]


def test_a_link_runs_out_after_three_days(database):  # noqa: F811
    jo = made(database)
    token = do(database, accounts.new_link, jo.id)
    with database.read() as connection:
        assert accounts.holder(connection, token, NOW + timedelta(hours=71, minutes=59)) == jo
        assert accounts.holder(connection, token, NOW + timedelta(hours=72)) is None
        assert accounts.accept(connection, token, PASSWORD, NOW + timedelta(hours=72)) is None
        assert invitations.ends_at(connection, NOW) == {jo.id: NOW + timedelta(hours=72)}
        assert invitations.ends_at(connection, NOW + timedelta(hours=72)) == {}


def test_a_new_link_ends_the_older_one(database):  # noqa: F811
    jo, other = made(database), made(database, name="other")
    theirs, first, second = (do(database, accounts.new_link, one.id) for one in (other, jo, jo))
    with database.read() as connection:
        assert accounts.holder(connection, first, NOW) is None
        assert accounts.holder(connection, second, NOW) == jo and accounts.holder(connection, theirs, NOW) == other


@pytest.mark.parametrize("token", ["", "x", "\udc80", "%", "é" * 500])
def test_a_token_that_nobody_made(database, token):  # noqa: F811
    made(database)
    with database.read() as connection:
        assert accounts.holder(connection, token, NOW) is None
        assert accounts.accept(connection, token, PASSWORD, NOW) is None


def test_the_database_holds_no_token(database):  # noqa: F811
    jo = made(database)
    link = do(database, accounts.new_link, jo.id)
    with database.write() as connection:
        token = sessions.begin(connection, jo, NOW)
        stored = str(connection.execute(sa.select(invitation)).all()) + str(
            connection.execute(sa.select(session)).all()
        )
    assert link not in stored and token not in stored


def test_a_disabled_account_has_no_way_in(database):  # noqa: F811
    jo = made(database)
    token = do(database, accounts.new_link, jo.id)
    with database.write() as connection:
        session_token = sessions.begin(connection, jo, NOW)
    do(database, accounts.disable, jo.id)
    with pytest.raises(BadInput, match="disabled: enable it first"):
        do(database, accounts.new_link, jo.id)
    do(database, accounts.enable, jo.id)
    with database.read() as connection:  # what ended stays ended
        assert accounts.holder(connection, token, NOW) is None and sessions.find(connection, session_token, NOW) is None


def test_a_link_used_twice_at_once_sets_one_password(database):  # noqa: F811
    jo = made(database)
    for _ in range(5):
        token = do(database, accounts.new_link, jo.id)
        together, got = threading.Barrier(3), []

        def strike(password, token=token, together=together, got=got):
            together.wait()
            with database.write() as connection:
                got.append(accounts.accept(connection, token, password, NOW))

        threads = [threading.Thread(target=strike, args=(f"{PASSWORD} {n}",)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one is None for one in got) == [False, True, True]


# The first start


def test_the_first_start_makes_one_administrator_for_all_offices(database):  # noqa: F811
    token = accounts.first_start(database, packs(), NOW)
    (first,) = everyone(database)
    assert (first.name, first.role, set(first.offices)) == ("administrator", "administrator", set(ALL))
    with database.read() as connection:
        assert accounts.holder(connection, token, NOW) == first


def test_a_start_offers_a_new_link_until_somebody_has_a_password(database):  # noqa: F811
    first, second = (accounts.first_start(database, packs(), NOW) for _ in range(2))
    with database.write() as connection:
        assert accounts.holder(connection, first, NOW) is None
        accounts.accept(connection, second, PASSWORD, NOW)
    assert accounts.first_start(database, packs(), NOW) is None
    assert len(everyone(database)) == 1


def test_where_there_are_accounts_the_first_start_makes_none(database):  # noqa: F811
    made(database)
    assert accounts.first_start(database, packs(), NOW) is None
    assert [one.name for one in everyone(database)] == ["j.bloggs"]


# From the command line


@pytest.fixture
def typed(tmp_path, monkeypatch):
    monkeypatch.setenv("RESPONDER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RESPONDER_HOSTS", raising=False)
    monkeypatch.delenv("RESPONDER_DATABASE_URL", raising=False)

    def run(*arguments):
        done = CliRunner().invoke(user, arguments)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    return run


def test_accounts_from_the_command_line(typed, monkeypatch):
    said = typed("add", "Jo.B", "--full-name", "Jo B", "--role", "approver", "--office", "cleveland-opcc")
    assert "Added: jo.b, approver." in said
    assert "For Jo B alone, once, within 72 hours: http://127.0.0.1:8000/welcome/" in said
    typed("add", "ada", "--full-name", "Ada", "--role", "administrator")
    monkeypatch.setenv("RESPONDER_HOSTS", "desk.example.org, other.example.org")
    assert "https://desk.example.org/welcome/" in typed("link", "JO.B")
    assert typed("disable", "jo.b") == "Disabled: jo.b.\n"
    listed = typed("list")
    assert "disabled" in listed and "Jo B (cleveland-opcc)" in listed and "Ada (all offices)" in listed
    assert typed("enable", "jo.b") == "Enabled: jo.b.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("disable", "ada"), "last administrator"),
        (("disable", "nobody"), "There is no account “nobody”; there is: ada"),
        (("link", "nobody"), "There is no account “nobody”"),
        (("add", "ada", "--full-name", "A", "--role", "trainee"), "already an account"),
        (("add", "bob", "--full-name", "B", "--role", "trainee", "--office", "x"), "There is no office “x”"),
    ],
)
def test_what_cannot_be_done_from_the_command_line_is_one_sentence(typed, arguments, said):
    typed("add", "ada", "--full-name", "Ada", "--role", "administrator")
    with pytest.raises(ResponderError, match=said) as error:
        typed(*arguments)
    assert len(str(error.value).splitlines()) == 1
