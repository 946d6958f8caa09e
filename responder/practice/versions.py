"""Versions of scenarios: an attempt keeps the words that it was begun with, whatever becomes of the scenario.

The text of each version that somebody began is stored once. An attempt from before there were versions counts as one of
today's.

>>> keep(connection, library.book["national/on-the-latch"])  # doctest: +SKIP
'5f0c…'
"""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from responder.practice.library import Library
from responder.practice.scenarios import Scenario
from responder.practice.tables import practice_version as table

State = Literal["same", "changed", "gone"]


def keep(connection: Connection, scenario: Scenario) -> str:
    """Store a scenario's text, where that is not done yet; returns the name of its version."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"digest": scenario.version, "text": scenario.source}
    connection.execute(insert(table).values(**values).on_conflict_do_nothing(index_elements=["digest"]))
    return scenario.version


def find(connection: Connection, library: Library, scenario: str, version: str | None) -> Scenario | None:
    """A scenario as it was in one of its versions; None where that has gone, or can't be read any more."""
    today = library.book.get(scenario)
    if version is None or (today is not None and today.version == version):
        return today
    text = connection.execute(sa.select(table.c.text).where(table.c.digest == version)).scalar()
    return None if text is None else library.read_earlier(scenario, version, str(text))


def state(library: Library, scenario: str, version: str | None) -> State:
    """What became of a scenario since one of its versions."""
    today = library.book.get(scenario)
    if today is None:
        return "gone"
    return "same" if version in (None, today.version) else "changed"
