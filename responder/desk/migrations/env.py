"""Alembic's entry: runs migrations on the connection that `responder.desk.migrating` opened."""

from alembic import context

from responder.desk.tables import Moment, metadata


def as_written(kind, item, autogen_context):
    """A migration names the database's own types, so that it stands when our classes move."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, Moment) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=as_written,
    transactional_ddl=False,  # the caller's transaction holds everything
)
context.run_migrations()
