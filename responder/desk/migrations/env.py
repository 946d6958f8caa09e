"""Alembic's entry: runs migrations on the connection that `responder.desk.migrating` opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from responder.desk.tables import Moment, metadata


def as_written(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """A migration names the database's own types, so that it stands when our classes move."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, Moment) else False


def ours(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """SQLite keeps tables of its own, which no migration touches."""
    return not (kind == "table" and (name or "").startswith("sqlite_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=as_written,
    include_object=ours,
    transactional_ddl=False,  # the caller's transaction holds everything
)
context.run_migrations()
