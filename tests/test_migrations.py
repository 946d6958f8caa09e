"""A database of any earlier version comes to today's tables, with what it holds."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from desk_support import NOW, database, put_in
from practice_support import library, person, practise

from responder.desk import migrating
from responder.desk.database import Database
from responder.desk.tables import message, metadata
from responder.practice import attempts, objections
from responder.practice import tables as practice

__all__ = ["database"]  # a fixture


def _go(database: Database, target: str) -> None:
    settings = migrating.configuration()
    with database.engine.begin() as connection:
        settings.attributes["connection"] = connection
        (command.upgrade if target == "head" else command.downgrade)(settings, target)


def test_migrations_end_at_the_tables_that_the_code_names(database):
    assert practice.practice_attempt.metadata is metadata
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": lambda item, name, kind, *_: not name.startswith("sqlite_")}
        )
        found = [one for one in compare_metadata(context, metadata) if "alembic_version" not in str(one)]
    assert found == []


@pytest.mark.parametrize("earlier", ["0001", "0002", "0003"])
def test_a_database_of_an_earlier_version_keeps_what_it_holds(database, earlier):
    put_in(database, text="Who is the commissioner?")
    _go(database, earlier)
    database.migrate()
    with database.read() as connection:
        assert connection.execute(sa.select(message.c.text)).scalars().all() == ["Who is the commissioner?"]
        assert connection.execute(sa.select(sa.func.count()).select_from(practice.practice_attempt)).scalar() == 0


def test_attempts_from_before_there_were_versions_keep_their_objections(database):
    who = person(database, "tom")
    made = practise(database, who, "national/blink-twice", "bad")
    with database.write() as connection:
        attempt = attempts.get(connection, made)
        missed = next(one for one in attempt.marks if not one["met"])
        objections.object_to(connection, library(), who, made, missed["key"], missed["id"], "Why?", NOW)
    _go(database, "0003")
    database.migrate()
    with database.read() as connection:
        assert attempts.get(connection, made) == replace(attempt, version=None)
        assert len(objections.objections_of(connection, made)) == 1
