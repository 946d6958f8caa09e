"""`responder import`: every line once, whatever else the file holds."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from desk_support import KEY, fresh_address, packs
from hypothesis import given, settings
from hypothesis import strategies as st

from responder import cli
from responder.commands import intake
from responder.desk import audit
from responder.desk.database import Database, DeskUnavailable
from responder.desk.queue import Queue
from responder.desk.tables import contact, message
from responder.engine import complaints, lines

DEFAULTS = lines.Defaults("cleveland-opcc", "facebook-dm")
CANARY = "a canary of a message"


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path, monkeypatch):
    """A data folder whose desk is of one kind."""
    monkeypatch.setenv("RESPONDER_HOME", str(tmp_path))
    monkeypatch.setenv("RESPONDER_AUDIT_KEY", KEY)
    monkeypatch.setenv("RESPONDER_DATABASE_URL", fresh_address(request.param, tmp_path))
    return tmp_path


def run(file, *more):
    return complaints.run(cli.cli, ["import", str(file), "--office", "cleveland-opcc", *more])


def written(folder, *found):
    file = folder / "messages.jsonl"
    file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in found))
    return file


def stored(home):
    desk = Database.of(home)
    with desk.read() as connection:
        assert audit.verify(connection)
        rows = connection.execute(sa.select(message).order_by(message.c.id)).mappings().all()
    desk.close()
    return rows


def test_every_line_becomes_a_message_and_is_queued(home, capsys):
    post = {"from": "office", "text": "What happened?", "at": "2026-11-19T09:00"}
    file = written(
        home,
        {"id": "1", "text": CANARY, "author": "jo", "received_at": "2026-11-19T09:30", "thread": [post], "note": "x"},
        {"id": 2, "text": "Shwmae", "office": "north-wales-opcc", "channel": "email"},
        {"text": "No name of its own", "author": "", "id": ""},
    )
    assert run(file, "--channel", "x-dm") == 0
    assert capsys.readouterr().out == "3 new, 0 already there, 0 bad.\n"
    one, two, three = stored(home)
    assert (one["office"], one["channel"], one["external_id"], one["source"]) == (
        "cleveland-opcc", "x-dm", "1", "import",
    )  # fmt: skip
    assert one["received_at"].isoformat() == "2026-11-19T09:30:00+00:00"
    assert one["earlier"][0]["text"] == "What happened?" and one["earlier"][0]["at"].startswith("2026-11-19T09:00")
    assert (two["office"], two["channel"], two["external_id"]) == ("north-wales-opcc", "email", "2")
    assert three["external_id"].startswith("line-") and three["contact_id"] is None
    assert Queue.of(home).size() == 3


def test_importing_twice_doubles_nothing(home, capsys):
    file = written(home, {"text": CANARY, "author": "jo"}, {"text": CANARY, "author": "al"}, {"id": "7", "text": "Hi"})
    assert run(file) == run(file) == 0
    assert capsys.readouterr().out == "3 new, 0 already there, 0 bad.\n0 new, 3 already there, 0 bad.\n"
    assert len(stored(home)) == 3


def test_a_bad_line_is_told_and_the_rest_is_taken(home, capsys):
    file = written(
        home,
        {"text": "One"},
        "no JSON",
        {"text": 7},
        "",
        {"text": "Two", "channel": "pigeon\x1b[31m"},
        {"text": "Three", "id": "x" * 300},
        {"text": "Four"},
        "",
    )
    assert run(file) == 1
    said = capsys.readouterr()
    assert said.out == "2 new, 0 already there, 5 bad.\n"
    assert [line.split(":")[0] for line in said.err.splitlines()] == [f"Line {n}" for n in (2, 3, 4, 5, 6)]
    assert "\x1b" not in said.err and "1 to 200 characters" in said.err
    assert [row["text"] for row in stored(home)] == ["One", "Four"]


def test_from_standard_input_and_with_a_byte_order_mark(home, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\xef\xbb\xbf" + b'{"text": "Hello"}\r\n')))
    assert run("-") == 0
    assert [row["text"] for row in stored(home)] == ["Hello"]


def test_the_text_is_kept_as_it_was_written_but_for_what_no_database_holds(home):
    file = written(home, '{"id": "\\ud800 1", "text": " a\\u0000b \\ud83d\\ude00 \\udfff ", "author": "\\ud801"}')
    assert run(file) == 0
    (row,) = stored(home)
    assert (row["text"], row["external_id"]) == (" a\ufffdb \N{GRINNING FACE} \ufffd ", "\ufffd 1")


def test_a_desk_that_is_gone_midway_says_what_it_took(home, capsys, monkeypatch):
    file = written(home, *({"id": str(number), "text": CANARY} for number in range(5)))
    write, left = Database.write, [2]

    def failing(desk):
        left[0] -= 1
        if left[0] < 0:
            raise DeskUnavailable("The desk's database can't be used just now.")
        return write(desk)

    monkeypatch.setattr(Database, "write", failing)
    assert run(file) == 1
    said = capsys.readouterr()
    assert (said.out, CANARY in said.err) == ("2 new, 0 already there, 0 bad.\n", False)
    assert "database" in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--office", "x"], "There is no office “x”"),
        (["--channel", "x"], "There is no channel “x”"),
        (["--format", "xml"], "--format must be one of: jsonl."),
    ],
)
def test_what_does_not_exist_is_one_sentence(tmp_path, capsys, arguments, sentence):
    file = written(tmp_path, {"text": "Hello"})
    assert run(file, "--home", str(tmp_path), *arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said and len(said.splitlines()) == 1
    assert not (tmp_path / "desk.db").exists()


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert run(tmp_path / "nothing.jsonl", "--home", str(tmp_path)) == 2
    assert "cannot be read" in capsys.readouterr().err


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)
)
some_lines = st.one_of(
    st.binary(max_size=60),
    st.fixed_dictionaries(
        {"text": st.text() | json_values},
        optional={"id": json_values, "author": json_values, "thread": json_values, "received_at": json_values},
    ).map(lambda found: json.dumps(found).encode()),
)


@given(raw=st.lists(some_lines, max_size=4))
@settings(max_examples=40, deadline=None)
def test_no_line_stops_an_import(raw, shared):
    source = b"\n".join(one.replace(b"\n", b" ") for one in raw)
    first, second = intake.Tally(), intake.Tally()
    intake.take_in(shared, packs(), io.BytesIO(source), DEFAULTS, first)
    intake.take_in(shared, packs(), io.BytesIO(source), DEFAULTS, second)
    assert second.new == [] and second.bad == first.bad
    assert second.known == first.known + len(first.new)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One desk for many examples."""
    desk = Database(fresh_address("sqlite", tmp_path_factory.mktemp("desk")), KEY)
    yield desk
    desk.close()


def test_one_sender_is_one_contact(home):
    file = written(home, *({"id": str(number), "text": "Hi", "author": "jo"} for number in range(3)))
    run(file)
    desk = Database.of(home)
    with desk.read() as connection:
        assert len(connection.execute(sa.select(contact.c.id)).all()) == 1
    desk.close()
