"""Writes the next migration of the desk's tables from what changed in `responder/desk/tables.py` and
`responder/practice/tables.py`.

`.venv/bin/python scripts/new_migration.py "what changed"`; read the file it names before you commit it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from responder.desk import migrating
from responder.practice import tables as practice_tables  # noqa: F401  # they join the desk's metadata


def main() -> int:
    """Compare a database made by the migrations so far with the tables; write the difference."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{folder}/desk.db", future=True)
        settings = migrating.configuration()
        if migrating.newest() != "None":
            migrating.upgrade(engine)
        number = len(list((migrating.FOLDER / "versions").glob("[0-9]*.py"))) + 1
        with engine.connect() as connection:
            settings.attributes["connection"] = connection
            made = command.revision(settings, sys.argv[1], autogenerate=True, rev_id=f"{number:04d}")
        print(Path(made.path))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
