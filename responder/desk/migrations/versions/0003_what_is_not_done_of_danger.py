"""How much is not done yet about a message of danger that was settled."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.add_column("message", sa.Column("undone", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_index("ix_message_undone", "message", ["undone", "settled_at"], unique=False)


def downgrade() -> None:
    """Take them back. In place: a copy of the table could not be filled, since `to_do` is computed."""
    op.drop_index("ix_message_undone", "message")
    op.drop_column("message", "undone")
