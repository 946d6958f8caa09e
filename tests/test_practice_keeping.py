"""What is filled in and not handed in yet, in both kinds of database."""

from __future__ import annotations

import pytest
from desk_support import NOW, database
from practice_support import OFFICE, library, person

from responder.desk.decisions import Refused
from responder.practice import attempts, keeping
from responder.practice.scenarios import Answer

__all__ = ["database"]  # a fixture
PLAYFUL = "national/blink-twice"


def begun(database, account):
    with database.write() as connection:
        return attempts.begin(connection, library(), account, OFFICE, PLAYFUL, NOW)


def test_the_last_that_was_kept_stands_until_it_is_dropped(database):
    jo = person(database, "jo")
    id_ = begun(database, jo)
    whole = Answer("greet", "urgent", ("link", "political"), "reply", ("commissioner",), "hide", "Diolch.\x00 😀")
    with database.write() as connection:
        keeping.keep(connection, jo, id_, "bait", Answer(intent="abuse"))
        keeping.keep(connection, jo, id_, "bait", whole)
        keeping.keep(connection, jo, id_, "other", Answer(urgency="routine"))
    with database.read() as connection:
        kept = keeping.kept(connection, id_)
    assert kept["bait"] == Answer(**{**vars(whole), "reply": "Diolch.\ufffd 😀"})
    assert kept["other"] == Answer(urgency="routine")
    with database.write() as connection:
        keeping.drop(connection, id_, "bait")
        assert set(keeping.kept(connection, id_)) == {"other"}
        keeping.drop(connection, id_)
        assert keeping.kept(connection, id_) == {}


def test_an_empty_form_is_not_kept(database):
    jo = person(database, "jo")
    id_ = begun(database, jo)
    with database.write() as connection:
        keeping.keep(connection, jo, id_, "bait", Answer(intent="abuse"))
        keeping.keep(connection, jo, id_, "bait", Answer())
        assert keeping.kept(connection, id_) == {}


def test_nobody_keeps_anything_in_anothers_attempt(database):
    jo, sam = person(database, "jo"), person(database, "sam")
    id_ = begun(database, jo)
    with database.write() as connection, pytest.raises(Refused):
        keeping.keep(connection, sam, id_, "bait", Answer(intent="abuse"))
    with database.read() as connection:
        assert keeping.kept(connection, id_) == {}
