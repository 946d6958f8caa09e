"""`responder audit`: verify and export what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from responder.desk.database import Database


@click.group()
def audit() -> None:
    """Verify and export what happened."""


@audit.command()
@click.option("--expect", metavar="SEAL", help="A last seal that was noted earlier: it must still be in the audit.")
def verify(expect: str | None) -> None:
    """Read every line and every seal; exit status 1 where anything was changed, deleted or reordered.

    Note the last seal somewhere else, and give it with --expect the next time: that also finds a database that was put
    back to an older state as a whole.
    """
    from responder.desk.audit import verify as verdict_on

    with _database().read() as connection:
        verdict = verdict_on(connection, expect)
    click.echo(f"Lines: {verdict.lines:,}\nLast seal: {verdict.seal}")
    click.echo(verdict.fault or "The audit is whole.")
    if not verdict:
        raise click.exceptions.Exit(1)


@audit.command()
@click.option("--format", "shape", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", metavar="FILE", help="Write here (default: standard output).")
def export(shape: str, out: str | None) -> None:
    """Write every line, the oldest first. In CSV, cells that a spreadsheet would reckon with are made safe."""
    from responder.console.audit_files import parts
    from responder.desk.audit import export as entries
    from responder.engine import streams

    database = _database()
    with streams.writing(out) as sink, database.read() as connection:
        sink.writelines(parts(entries(connection), shape))


def _database() -> Database:
    from responder.desk.database import Database
    from responder.engine.places import Places

    return Database.of(Places.default().home)
