"""`responder import`: messages from a file into the inbox.

Each line is stored by itself before the next is read, so an import that was stopped can be run again: what is there
already stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

import click

from responder.engine import files, lines, streams, terminal
from responder.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from responder.desk.database import Database
    from responder.desk.intake import Incoming

FORMATS = ("jsonl",)
SOURCE = "import"
SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass
class Tally:
    """How an import went: the numbers of new messages, how many were there already, and how many lines were bad."""

    new: list[int] = field(default_factory=list)
    known: int = 0
    bad: int = 0

    def __str__(self) -> str:
        return f"{len(self.new):,} new, {self.known:,} already there, {self.bad:,} bad"


@click.command("import")
@click.argument("file")
@click.option("--format", "shape", type=click.Choice(FORMATS), default="jsonl", show_default=True, help="What FILE is.")
@click.option("--office", required=True, help="Whose messages they are, where a line does not say.")
@click.option("--channel", default=lines.DEFAULT_CHANNEL, show_default=True, help="The channel, likewise.")
@click.option("--home", help="The data folder (default: RESPONDER_HOME, or ./var).")
def import_(file: str, shape: str, office: str, channel: str, home: str | None) -> None:
    """Put the messages of FILE (- for standard input) into the inbox; exit status 1 where a line was bad.

    A line's "id" makes it the same message however often it is imported; without one, its content does.
    """
    from responder.desk.database import Database
    from responder.desk.queue import BEHIND, Queue
    from responder.drafting import load_packs
    from responder.engine.places import Places

    places = Places.default(home)
    packs = load_packs(places.packs)
    packs.office(office)
    packs.channel(channel)
    tally = Tally()
    with streams.reading(file) as source:
        database, queue = Database.of(places.home), Queue.of(places.home)
        try:
            take_in(database, packs, source, lines.Defaults(office, channel), tally)
        finally:
            click.echo(f"{tally}.")
            queue.enqueue_all(tally.new, BEHIND)
    if tally.bad:
        raise click.exceptions.Exit(1)


def take_in(database: Database, packs: Any, source: IO[bytes], defaults: lines.Defaults, tally: Tally) -> None:
    """Store every line of `source`; what is wrong with a line is said on standard error.

    Raises DeskUnavailable where the desk can take no more; `tally` says what it took.
    """
    from responder.desk.audit import COMMAND_LINE
    from responder.desk.intake import receive
    from responder.drafting.calendar import LONDON

    for number, raw in files.numbered(source):
        now = datetime.now(LONDON)
        try:
            found = incoming(raw, packs, defaults, now)
            with database.write() as connection:
                taken = receive(connection, packs, found, now, COMMAND_LINE)
        except (BadInput, UnknownName) as error:
            tally.bad += 1
            click.echo(terminal.printable(f"Line {number}: {error}"), err=True)
            continue
        if taken.is_new:
            tally.new.append(taken.id)
        else:
            tally.known += 1


def incoming(raw: bytes | None, packs: Any, defaults: lines.Defaults, now: datetime) -> Incoming:
    """The message of one line; `raw` of None is a line that was too long to read. Raises BadInput, UnknownName."""
    from responder.desk.intake import Incoming

    if raw is None:
        raise BadInput(f"The line is longer than {files.LONGEST_LINE // 2**20} MB.")
    found = lines.parse_line(raw)
    message = lines.message(found, packs, lines.Defaults(defaults.office, defaults.channel, now))
    posts = tuple(
        {"from": post.sender, "text": _clean(post.text), "at": post.at and post.at.isoformat()}
        for post in message.thread
    )
    said = (message.office, message.channel, message.author, found.get("received_at"), message.text, posts)
    return Incoming(
        office=message.office,
        channel=message.channel,
        external_id=_clean(message.id or "").strip() or _digest(said),
        text=_clean(message.text),
        received_at=message.received_at,
        author=_clean(message.author or "").strip() or None,
        earlier=posts,
        source=SOURCE,
    )


def _clean(text: str) -> str:
    """The text without lone surrogates, which JSON may hold and no database stores."""
    return SURROGATES.sub("\ufffd", text)


def _digest(said: tuple[Any, ...]) -> str:
    """The name of a line that has none: the same content is the same message."""
    return "line-" + hashlib.sha256(json.dumps(said).encode("ascii")).hexdigest()[:32]
