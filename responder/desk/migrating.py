"""Brings a database to this version of the product, with Alembic; at every start, and mostly with nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection, Engine

FOLDER = Path(__file__).parent / "migrations"
LOCK = 7_351_001  # any number: PostgreSQL's name for "somebody is migrating this database"


def configuration() -> Config:
    """Alembic's settings, without a file."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    return settings


def newest() -> str:
    """The name of the newest version of the tables."""
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


def upgrade(engine: Engine, first: Callable[[Connection], None] | None = None) -> None:
    """Run the migrations that this database has not had; two processes that start at once take turns.

    `first` is done in the same transaction where the database had no tables.
    """
    before = _version(engine)
    if before == newest():
        return
    settings = configuration()
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        if before is None and first is not None:
            first(connection)
        connection.commit()


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found
