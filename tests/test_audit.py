"""The audit: whatever is changed in it is found, what is written in it is no message, and writers take turns."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from desk_support import KEY, NOW, database, put_in  # noqa: F401 (a fixture)
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from responder.cli import main
from responder.desk import audit
from responder.desk.audit import Actor
from responder.desk.database import Database

JO = Actor(7, "Jo Bloggs")
LINES = 12
CANARY = "canary-5f1c2e9a"


def write_lines(connection: Connection, count: int = LINES) -> None:
    for number in range(count):
        audit.append(
            connection, JO, "message.assigned", "message", number, now=NOW + timedelta(minutes=number),
            office="cleveland-opcc" if number % 2 else None, before={"assignee": None}, after={"assignee": number},
        )  # fmt: skip


def fault(connection: Connection) -> str:
    return audit.verify(connection).fault


# Any change, deletion, reordering or truncation


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A desk in SQLite with a dozen lines, which each try changes in a transaction that is undone."""
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('audit')}/desk.db", KEY)
    made.migrate()
    with made.write() as connection:
        write_lines(connection)
    yield made
    made.close()


@contextmanager
def undone(made: Database) -> Iterator[Connection]:
    with made.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.rollback()


def stored(connection: Connection) -> list[Any]:
    lines = [f"{name}, typeof({name})" for name in (*(f'"{n}"' for n in audit.SEALED), "seal")]
    head = "seq, seal, guard, typeof(seq), typeof(seal), typeof(guard)"
    return [
        connection.exec_driver_sql(f"SELECT {', '.join(lines)} FROM audit ORDER BY seq").all(),
        connection.exec_driver_sql(f"SELECT {head} FROM audit_head").all(),
    ]


line_numbers = st.integers(1, LINES)
columns = st.sampled_from((*(name for name in audit.SEALED if name != "seq"), "seal"))
values = st.one_of(
    st.text(max_size=12).map(lambda text: text.encode("utf-8", "replace").decode().replace("\x00", "")),
    st.integers(-5, 2**40),
    st.binary(max_size=8),
    st.sampled_from(["{}", "null", "Jo Bloggs", "é", "0" * 64, "2026-11-20T11:40:00+00:00"]),
)
tamperings = st.one_of(
    st.tuples(st.just("change"), line_numbers, columns, values),
    st.tuples(st.just("change a letter"), line_numbers, columns, st.integers(0, 80)),
    st.tuples(st.just("delete"), st.sets(line_numbers, min_size=1)),
    st.tuples(st.just("cut"), st.integers(0, LINES - 1), st.booleans()),
    st.tuples(st.just("swap places"), line_numbers, line_numbers),
    st.tuples(st.just("swap words"), line_numbers, line_numbers, columns),
    st.tuples(st.just("copy to the end"), line_numbers),
    st.tuples(st.just("move up"), line_numbers),
    st.tuples(st.just("head"), st.sampled_from(["seq", "seal", "guard"]), values),
    st.tuples(st.just("no head")),
    st.tuples(st.just("old head"), st.integers(0, LINES - 1)),
)


def tamper(connection: Connection, heads: list[Any], how: str, *given: Any) -> None:
    """What somebody does who can write to the database but does not hold the key."""
    run = connection.exec_driver_sql
    copied = ", ".join(f'"{name}"' for name in (*audit.SEALED[1:], "seal"))
    if how == "change":
        run(f'UPDATE audit SET "{given[1]}" = ? WHERE seq = ?', (given[2], given[0]))
    elif how == "change a letter":
        number, column, place = given
        old = run(f'SELECT "{column}" FROM audit WHERE seq = ?', (number,)).scalar()
        if isinstance(old, str) and old:
            at = place % len(old)
            new = f"{old[:at]}{'x' if old[at] != 'x' else 'y'}{old[at + 1 :]}"
            run(f'UPDATE audit SET "{column}" = ? WHERE seq = ?', (new, number))
    elif how == "delete":
        for number in given[0]:
            run("DELETE FROM audit WHERE seq = ?", (number,))
    elif how == "cut":
        keep, head_too = given
        run("DELETE FROM audit WHERE seq > ?", (keep,))
        if head_too:
            seal = run("SELECT seal FROM audit WHERE seq = ?", (keep,)).scalar() or audit.START
            run("UPDATE audit_head SET seq = ?, seal = ?", (keep, seal))
    elif how == "swap places":
        one, other = given
        run("UPDATE audit SET seq = -1 WHERE seq = ?", (one,))
        run("UPDATE audit SET seq = ? WHERE seq = ?", (one, other))
        run("UPDATE audit SET seq = ? WHERE seq = -1", (other,))
    elif how == "swap words":
        one, other, column = given
        words = dict(run(f'SELECT seq, "{column}" FROM audit WHERE seq IN (?, ?)', (one, other)).all())
        for number, word in ((one, words.get(other)), (other, words.get(one))):
            if word is not None:
                run(f'UPDATE audit SET "{column}" = ? WHERE seq = ?', (word, number))
    elif how == "copy to the end":
        run(
            f"INSERT INTO audit (seq, {copied}) "
            f"SELECT (SELECT max(seq) + 1 FROM audit), {copied} FROM audit WHERE seq = ?",
            (given[0],),
        )
    elif how == "move up":
        run("DELETE FROM audit WHERE seq = ?", (given[0],))
        for number in range(given[0] + 1, LINES + 2):
            run("UPDATE audit SET seq = ? WHERE seq = ?", (number - 1, number))
        run("UPDATE audit_head SET seq = (SELECT max(seq) FROM audit)")
    elif how == "head":
        run(f"UPDATE audit_head SET {given[0]} = ?", (given[1],))
    elif how == "no head":
        run("DELETE FROM audit_head")
    elif how == "old head":
        run("UPDATE audit_head SET seq = ?, seal = ?, guard = ?", heads[given[0]])


@pytest.fixture(scope="module")
def old_heads(desk: Database) -> list[Any]:
    """Every head that the desk has had, with its guard: somebody may have kept them."""
    with desk.engine.connect() as connection:
        seals = connection.execute(sa.select(audit.audit.c.seal).order_by(audit.audit.c.seq)).scalars().all()
        key = audit._key(connection)
    return [(n, seal, audit._guard(key, n, seal)) for n, seal in enumerate([audit.START, *seals])]


@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(tried=st.lists(tamperings, min_size=1, max_size=3))
def test_any_tampering_is_found_and_stays_found(desk: Database, old_heads: list[Any], tried: list[Any]) -> None:
    with undone(desk) as connection:
        before = stored(connection)
        for one in tried:
            try:
                tamper(connection, old_heads, *one)
            except sa.exc.IntegrityError:  # the database itself refuses it
                assume(False)
        assume(stored(connection) != before)
        rolled_back = _is_an_older_state(connection, old_heads)
        assume(not rolled_back)
        assert fault(connection), tried
        audit.append(connection, JO, "message.viewed", "message", 1, now=NOW)
        audit.append(connection, JO, "message.viewed", "message", 2, now=NOW)
        assert fault(connection), f"hidden by later lines: {tried}"


def _is_an_older_state(connection: Connection, heads: list[Any]) -> bool:
    """Whether nothing is left but what the desk itself once was: only a seal noted elsewhere tells that."""
    lines, head = stored(connection)
    seals = [(number, row[-2]) for number, row in enumerate(lines, 1)]
    return seals == [(n, seal) for n, seal, _ in heads[1 : len(lines) + 1]] and [tuple(h[:3]) for h in head] == [
        tuple(heads[len(lines)])
    ]


def test_an_untouched_audit_is_whole(desk: Database) -> None:
    with desk.read() as connection:
        verdict = audit.verify(connection)
        assert verdict and verdict.lines == LINES
        assert audit.verify(connection, expect=verdict.seal)
        assert audit.verify(connection, expect=audit.START)


def test_a_desk_put_back_as_a_whole_is_found_by_the_seal_that_was_noted(desk: Database, old_heads: list[Any]) -> None:
    with undone(desk) as connection:
        noted = audit.verify(connection).seal
        tamper(connection, old_heads, "cut", 5, False)
        tamper(connection, old_heads, "old head", 5)
        assert audit.verify(connection)
        assert "noted" in audit.verify(connection, expect=noted).fault


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit SET actor = 'Somebody Else' WHERE seq = 3", "Line 3 is not as it was written"),
        ("UPDATE audit SET account_id = NULL WHERE seq = 1", "Line 1 is not as it was written"),
        ("DELETE FROM audit WHERE seq = 4", "Line 4 is missing"),
        ("DELETE FROM audit WHERE seq > 9", "There were 12 lines; 9 are left"),
        ("DELETE FROM audit", "There were 12 lines; 0 are left"),
        ("UPDATE audit_head SET guard = 'é'", "The head is not as it was written"),
        ("DELETE FROM audit_head", "The head is missing"),
        ("UPDATE audit SET seal = 'é' WHERE seq = 12", "Line 12 is not as it was written"),
    ],
)
def test_what_was_done_is_said(database: Database, statement: str, says: str) -> None:  # noqa: F811
    with database.write() as connection:
        write_lines(connection)
        assert not fault(connection)
    with database.write() as connection:
        connection.exec_driver_sql(statement)
    with database.read() as connection:
        assert says in fault(connection)
    with database.write() as connection:
        audit.append(connection, JO, "message.viewed", "message", 1, now=NOW)
    with database.read() as connection:
        assert fault(connection), "a later line hid it"


def test_a_forged_line_at_the_end_neither_stops_the_desk_nor_passes(database: Database) -> None:  # noqa: F811
    with database.write() as connection:
        write_lines(connection)
        row = dict(connection.execute(sa.select(audit.audit).where(audit.audit.c.seq == 5)).mappings().one())
        connection.execute(sa.insert(audit.audit).values(**{**row, "seq": LINES + 1}))
        assert "Line 13" in fault(connection)
        assert audit.append(connection, JO, "message.viewed", "message", 1, now=NOW) == LINES + 2
        assert fault(connection)


def test_text_that_is_none_is_said(desk: Database) -> None:
    with undone(desk) as connection:
        connection.exec_driver_sql("UPDATE audit SET actor = CAST(x'ff' AS TEXT) WHERE seq = 2")
        assert "no text" in fault(connection)


def test_an_altered_line_can_still_be_looked_at(desk: Database) -> None:
    with undone(desk) as connection:
        connection.exec_driver_sql("""UPDATE audit SET "before" = 'nonsense', at = 'never' WHERE seq = 2""")
        shown = next(entry for entry in audit.entries(connection) if entry.seq == 2)
        assert shown.before == audit.UNREADABLE
        assert json.dumps(shown.as_dict())


# The key


def test_another_key_is_named_as_the_likely_cause(tmp_path: Path) -> None:
    first = Database.of(tmp_path)
    with first.write() as connection:
        write_lines(connection)
    first.close()
    (tmp_path / "audit-key").unlink()
    second = Database.of(tmp_path)  # makes a key of its own
    with second.write() as connection:
        assert "fits the key" in fault(connection)
        audit.append(connection, JO, "message.viewed", "message", 1, now=NOW)
        assert fault(connection)
    second.close()


def test_the_key_is_not_in_the_database(tmp_path: Path) -> None:
    made = Database.of(tmp_path)
    with made.write() as connection:
        write_lines(connection)
    made.close()
    key = (tmp_path / "audit-key").read_text(encoding="ascii").strip()
    plain = sqlite3.connect(tmp_path / "desk.db")
    assert key not in "\n".join(plain.iterdump())
    plain.close()


# Several at once


def test_writers_at_once_make_one_chain(database: Database) -> None:  # noqa: F811
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for _ in range(15):
                with database.write() as connection:
                    audit.append(connection, Actor(number, f"Writer {number}"), "message.viewed", "message", 1, now=NOW)
        except BaseException as error:
            errors.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):  # whoever verifies meanwhile sees no fault
        with database.read() as connection:
            assert not fault(connection)
    for writer in writers:
        writer.join()
    assert errors == []
    with database.read() as connection:
        verdict = audit.verify(connection)
        assert (verdict.lines, verdict.fault) == (60, "")
        assert {entry.actor for entry in audit.export(connection)} == {f"Writer {number}" for number in range(4)}


def test_what_is_undone_leaves_no_line(database: Database) -> None:  # noqa: F811
    with database.write() as connection:
        write_lines(connection, 2)
    with pytest.raises(RuntimeError), database.write() as connection:
        write_lines(connection, 3)
        raise RuntimeError
    with database.write() as connection:
        write_lines(connection, 1)
        assert audit.verify(connection).lines == 3
        assert not fault(connection)


# What stands in it


def test_the_audit_holds_nothing_that_people_wrote(database: Database) -> None:  # noqa: F811
    post = {"from": "public", "text": CANARY, "at": NOW.isoformat()}
    put_in(database, text=f"Help {CANARY}", author=CANARY, thread=f"t{CANARY}", earlier=(post,), external_id=CANARY)
    with database.read() as connection:
        told = [json.dumps(entry.as_dict()) for entry in audit.export(connection)]
    assert told
    assert CANARY not in "".join(told)


def test_lines_are_found_by_office_person_action_and_message(database: Database) -> None:  # noqa: F811
    with database.write() as connection:
        write_lines(connection)
        audit.append(connection, Actor(8, "Al"), "message.closed", "message", 3, office="north-wales-opcc", now=NOW)

        def found(**asked: Any) -> list[int]:
            return [entry.seq for entry in audit.entries(connection, **asked)]

        assert found()[:2] == [13, 12]
        assert found(offices=("cleveland-opcc",)) == list(range(12, 0, -1))
        assert found(offices=()) == [11, 9, 7, 5, 3, 1]
        assert found(office="cleveland-opcc") == [12, 10, 8, 6, 4, 2]
        assert found(office="north-wales-opcc", offices=("cleveland-opcc",)) == []
        assert found(account_id=8) == [13]
        assert found(action="message.closed") == [13]
        assert found(subject=("message", 3)) == [13, 4]
        assert found(before_seq=3, limit=1) == [2]


def test_a_digest_names_a_text_only_with_its_salt() -> None:
    assert audit.digest("salt", "Ring 101.") == audit.digest("salt", "Ring 101.")
    assert audit.digest("salt", "Ring 101.") != audit.digest("other", "Ring 101.")
    assert "Ring" not in audit.digest("salt", "Ring 101.")


# The command line


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a desk whose audit has a dozen lines."""
    monkeypatch.setenv("RESPONDER_HOME", str(tmp_path))
    monkeypatch.delenv("RESPONDER_DATABASE_URL", raising=False)
    made = Database.of(tmp_path)
    with made.write() as connection:
        write_lines(connection)
        audit.append(connection, Actor(9, "=SUM(A1)"), "message.viewed", "message", 1, now=NOW)
    made.close()
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_verify_on_the_command_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "audit", "verify")
    assert (status, "Lines: 13" in out, "The audit is whole." in out) == (0, True, True)
    seal = out.split("Last seal: ")[1].split()[0]
    assert run(capsys, "audit", "verify", "--expect", seal)[0] == 0
    status, out, _ = run(capsys, "audit", "verify", "--expect", "a" * 64)
    assert (status, "The seal that was noted" in out) == (1, True)
    with sqlite3.connect(home / "desk.db") as plain:
        plain.execute("UPDATE audit SET actor = 'Nobody' WHERE seq = 2")
    plain.close()
    status, out, _ = run(capsys, "audit", "verify")
    assert (status, "Line 2 is not as it was written" in out) == (1, True)


def test_export_on_the_command_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = home / "audit.jsonl"
    assert run(capsys, "audit", "export", "--out", str(target))[0] == 0
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, 14))
    assert lines[1]["after"] == {"assignee": 1}
    target = home / "audit.csv"
    assert run(capsys, "audit", "export", "--format", "csv", "--out", str(target))[0] == 0
    text = target.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].startswith('"seq","at",')
    assert '"\'=SUM(A1)"' in text and '"=SUM(A1)' not in text
    assert len(text.splitlines()) == 14


def test_export_where_nothing_can_be_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "audit", "export", "--out", str(home / "no" / "such.csv"))
    assert (status, "cannot be written" in err) == (2, True)
