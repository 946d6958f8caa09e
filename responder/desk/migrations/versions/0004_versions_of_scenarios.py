"""An attempt keeps the version of the scenario that it was begun with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward. The column and its key in one statement: SQLite would else build the table anew, which
    the objections to its rows forbid.
    """
    op.create_table(
        "practice_version",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_practice_version")),
    )
    op.execute(
        "ALTER TABLE practice_attempt ADD COLUMN version VARCHAR(64) "
        "CONSTRAINT fk_practice_attempt_version REFERENCES practice_version (digest)"
    )


def downgrade() -> None:
    """Take them back."""
    op.execute("ALTER TABLE practice_attempt DROP COLUMN version")
    op.drop_table("practice_version")
