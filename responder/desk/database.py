"""The database behind the desk: one setting chooses SQLite or PostgreSQL, and nothing above here can tell.

`read()` and `write()` give a connection in a transaction; `write()` commits before it returns, so what follows it may
be acknowledged. Writers on SQLite take their turn from the start (`BEGIN IMMEDIATE`) and wait at most `WAIT_SECONDS`.

>>> database = Database("sqlite:///desk.db", "a key of 16 letters or more")  # doctest: +SKIP
>>> with database.write() as connection: ...  # doctest: +SKIP
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from responder.desk.audit import OPTION, begin
from responder.errors import BadInput, ResponderError
from responder.keys import audit_key, derived

WAIT_SECONDS = 4.0
KINDS = ("sqlite:///", "postgresql://")


class DeskUnavailable(ResponderError):
    """The database cannot be reached, is full, read-only, or was busy for too long. Nothing was stored."""


def address(home: Path) -> str:
    """The database's address: RESPONDER_DATABASE_URL, or SQLite in the data folder."""
    return os.environ.get("RESPONDER_DATABASE_URL") or f"sqlite:///{home / 'desk.db'}"


class Database:
    """One database. Safe to share between threads; each transaction has a connection of its own.

    `key` seals the audit (see `desk.audit`).

    Raises:
        BadInput: the address names no database that the desk can use.
    """

    def __init__(self, url: str, key: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise BadInput(f"RESPONDER_DATABASE_URL is no address of a database; {_allowed()}.") from None
        self.kind = parsed.get_backend_name()
        self._writing = threading.Lock()
        if self.kind == "sqlite":
            self.engine = _sqlite(parsed)
        elif self.kind == "postgresql":
            self.engine = sa.create_engine(
                parsed,
                future=True,
                poolclass=QueuePool,
                pool_size=8,
                max_overflow=16,
                pool_pre_ping=True,
                pool_timeout=WAIT_SECONDS,
                hide_parameters=True,
                connect_args={"connect_timeout": 5, "options": "-c lock_timeout=4000"},
            )
        else:
            raise BadInput(f"RESPONDER_DATABASE_URL is for {self.kind}; {_allowed()}.")
        self.engine = self.engine.execution_options(**{OPTION: derived(key, "audit")})

    @classmethod
    def of(cls, home: Path) -> Database:
        """The database of one data folder, its tables brought to this version. Raises BadInput, DeskUnavailable."""
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = cls(address(home), audit_key(home))
        database.migrate()
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to look things up with. Raises DeskUnavailable."""
        with _in_words(), self.engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction that is committed at the end, or undone by any error.

        Raises DeskUnavailable.
        """
        with _in_words(), self._turn() as seconds, self.engine.connect() as connection:
            if self.kind == "sqlite":
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    @contextmanager
    def _turn(self) -> Iterator[float]:
        """The turn to write, and how many seconds are left to wait for other processes.

        SQLite lets one write at a time; its own waiting is unfair between threads, so those of a process queue here.
        """
        if self.kind != "sqlite":
            yield WAIT_SECONDS
            return
        until = time.monotonic() + WAIT_SECONDS
        if not self._writing.acquire(timeout=WAIT_SECONDS):
            raise DeskUnavailable(_sentence("busy"))
        try:
            yield max(until - time.monotonic(), 0.1)
        finally:
            self._writing.release()

    def migrate(self) -> None:
        """Bring the tables to this version of the product. Raises DeskUnavailable."""
        from responder.desk.migrating import upgrade

        with _in_words():
            upgrade(self.engine, first=begin)

    def close(self) -> None:
        """Close what is open."""
        self.engine.dispose()


def _sqlite(url: Any) -> Engine:
    engine = sa.create_engine(
        url,
        future=True,
        poolclass=QueuePool,  # connections stay open: closing the last one would write the whole log back each time
        pool_size=8,
        max_overflow=16,
        pool_timeout=WAIT_SECONDS,
        hide_parameters=True,
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so, not where the driver guesses
        for setting in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "cache_size=-16000",
            "mmap_size=268435456",
        ):
            connection.execute(f"PRAGMA {setting}").close()

    return engine


@contextmanager
def _in_words() -> Iterator[None]:
    """What a database says when it cannot go on, as one sentence; its own words may hold a message's text."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except (DBAPIError, sa.exc.TimeoutError) as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        raise DeskUnavailable(_sentence(kind)) from None


def _sentence(why: str) -> str:
    return f"The desk's database can't be used just now ({why}). Nothing was stored: try again in a moment."


def _allowed() -> str:
    return f"it begins with {' or '.join(KINDS)}"
