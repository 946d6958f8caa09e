"""Facts that an office confirms: for the value as it stands, by whom and when; the desk warns no longer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from accounts_support import made
from desk_support import NOW, PACKS, database, packs, sqlite_database  # noqa: F401 (fixtures)
from drafting_support import drafted
from hypothesis import given
from hypothesis import strategies as st

from responder.desk import audit, confirmations
from responder.desk.confirmations import confirm, stated, withdraw
from responder.drafting import load_packs
from responder.errors import BadInput, UnknownName

OFFICE, OTHER = "cleveland-opcc", "north-wales-opcc"
TODAY = NOW.date()
PHONE = "resolution team phone"
CANARY = "canary-91b7"


def facts(office: str = OFFICE):
    return confirmations.to_confirm(packs(), office, TODAY)


def unconfirmed(database, office: str = OFFICE, of=None) -> tuple[str, ...]:  # noqa: F811
    with database.read() as connection:
        return confirmations.unconfirmed(connection, of or packs(), office, TODAY)


def say_yes(database, name: str = PHONE, account=None, note: str = "", value: str | None = None) -> None:  # noqa: F811
    account = account or made(database, "m.manager", "manager")
    with database.write() as connection:
        value = stated(facts()[name]) if value is None else value
        confirm(connection, packs(), OFFICE, name, value, account, NOW, note)


def test_a_fact_is_confirmed_and_taken_back(database):  # noqa: F811
    manager = made(database, "m.manager", "manager")
    before = unconfirmed(database)
    assert PHONE in before
    say_yes(database, account=manager, note=f" Rang it, {CANARY}\n ")
    assert unconfirmed(database) == tuple(name for name in before if name != PHONE)
    assert unconfirmed(database, OTHER) == tuple(facts(OTHER))
    with database.read() as connection:
        given = confirmations.latest(connection, OFFICE)[PHONE]
        assert (given.by, given.at, given.note) == ("Jo m.manager", NOW, f"Rang it, {CANARY}")
    with database.write() as connection:
        withdraw(connection, OFFICE, PHONE, manager, NOW)
    assert unconfirmed(database) == before
    with database.read() as connection:
        given = confirmations.latest(connection, OFFICE)[PHONE]
        assert given.withdrawn_by == "Jo m.manager" and not given.holds_for(facts()[PHONE])
        told = list(audit.export(connection))
        assert [entry.action for entry in told[-2:]] == ["fact.confirmed", "fact.withdrawn"]
        assert {entry.office for entry in told[-2:]} == {OFFICE}
        assert CANARY not in json.dumps([entry.as_dict() for entry in told])
    say_yes(database, account=manager)
    assert PHONE not in unconfirmed(database)


def test_confirmed_twice_is_kept_once(sqlite_database):  # noqa: F811
    manager = made(sqlite_database, "m.manager", "manager")
    say_yes(sqlite_database, account=manager)
    say_yes(sqlite_database, account=manager)
    with sqlite_database.read() as connection:
        assert len(audit.entries(connection, action="fact.confirmed")) == 1


def test_another_value_needs_another_confirmation(sqlite_database, tmp_path: Path):  # noqa: F811
    say_yes(sqlite_database)
    shutil.copytree(PACKS, tmp_path / "offices")
    file = tmp_path / "offices" / OFFICE / "facts.yml"
    text = file.read_text(encoding="utf-8")
    assert "01642 301860" in text
    file.write_text(text.replace("01642 301860", "01642 301861"), encoding="utf-8")
    changed = load_packs(tmp_path / "offices")
    assert PHONE not in unconfirmed(sqlite_database)
    assert PHONE in unconfirmed(sqlite_database, of=changed)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("no such fact", None, "no fact of this name"),
        ("office phone", "{}", "no fact of this name"),  # nobody knows it
        ("old office e-mail", "{}", "no fact of this name"),  # it stands in the policy
        (PHONE, '{"en": "another"}', "changed meanwhile"),
    ],
)
def test_what_cannot_be_confirmed(sqlite_database, name: str, value: str | None, says: str):  # noqa: F811
    before = unconfirmed(sqlite_database)
    with pytest.raises(BadInput, match=says):
        say_yes(sqlite_database, name, value="" if value is None else value)
    assert unconfirmed(sqlite_database) == before


def test_a_note_that_is_too_long_is_refused(sqlite_database):  # noqa: F811
    with pytest.raises(BadInput, match="501 characters"):
        say_yes(sqlite_database, note="x" * 501)


def test_nothing_to_take_back(sqlite_database):  # noqa: F811
    manager = made(sqlite_database, "m.manager", "manager")
    with pytest.raises(BadInput), sqlite_database.write() as connection:
        withdraw(connection, OFFICE, PHONE, manager, NOW)


def test_an_office_that_is_not_there_is_said(sqlite_database):  # noqa: F811
    with pytest.raises(UnknownName):
        unconfirmed(sqlite_database, "nowhere")


# The warning


def warned(line) -> list[str]:
    return [warning["text"] for warning in line["warnings"] if warning["code"] == "facts-to-confirm"]


def test_a_draft_warns_only_of_what_is_left():
    line = drafted("complain_police", OFFICE).as_dict()
    (text,) = warned(line)
    assert PHONE in text
    named = text.partition(": ")[2].rstrip(".").split(", ")
    assert len(named) > 1
    (fewer,) = warned(confirmations.without_confirmed(packs(), line, {PHONE}))
    assert PHONE not in fewer and all(name in fewer for name in named if name != PHONE)
    none = confirmations.without_confirmed(packs(), line, set(named))
    assert warned(none) == []
    assert {**none, "warnings": 0} == {**line, "warnings": 0}
    assert [w for w in line["warnings"] if w["code"] != "facts-to-confirm"] == none["warnings"]
    assert warned(line) == [text], "the line itself is left alone"


def test_a_warning_in_other_words_is_kept():
    line = {"warnings": [{"code": "facts-to-confirm", "text": f"Please check: {PHONE}"}]}
    assert confirmations.without_confirmed(packs(), line, {PHONE}) == line
    assert confirmations.without_confirmed(packs(), {}, {PHONE}) == {"warnings": []}


names = st.lists(st.sampled_from([name for office in packs().offices for name in facts(office)]), unique=True)


@given(names.filter(bool), names)
def test_each_unconfirmed_fact_stays_named_and_no_other(used, done):
    text = packs().warnings["facts-to-confirm"].format(facts=", ".join(used))
    line = {"warnings": [{"code": "danger", "text": "…"}, {"code": "facts-to-confirm", "text": text}]}
    left = [name for name in used if name not in done]
    told = confirmations.without_confirmed(packs(), line, done)["warnings"]
    assert told[0]["code"] == "danger"
    assert [w["text"] for w in told[1:]] == (
        [packs().warnings["facts-to-confirm"].format(facts=", ".join(left))] if left else []
    )
