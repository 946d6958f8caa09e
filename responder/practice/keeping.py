"""What a trainee has filled in and not handed in yet: kept with every step, so that nobody loses it by leaving.

It is nobody's answer until it is handed in (`practice.attempts.answer`), so no audit tells of it.

>>> keep(connection, account, attempt_id, "message", Answer(intent="greet"))  # doctest: +SKIP
>>> kept(connection, attempt_id)["message"].intent  # doctest: +SKIP
'greet'
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk.accounts import Account
from responder.practice.attempts import as_json, from_json, locked
from responder.practice.scenarios import Answer
from responder.practice.tables import practice_kept as table


def keep(connection: Connection, account: Account, attempt_id: int, key: str, given: Answer) -> None:
    """Keep what is filled in for one message, in the place of what was; nothing, where nothing is.

    Raises Refused where it is no attempt of theirs.
    """
    locked(connection, account, attempt_id)
    drop(connection, attempt_id, key)
    if given == Answer():
        return
    plain = replace(given, reply=given.reply.replace("\x00", "\ufffd"))
    connection.execute(sa.insert(table).values(attempt_id=attempt_id, key=key, answer=as_json(plain)))


def kept(connection: Connection, attempt_id: int) -> dict[str, Answer]:
    """What is filled in and not handed in, by the keys of the messages."""
    query = sa.select(table.c.key, table.c.answer).where(table.c.attempt_id == attempt_id)
    return {key: from_json(held) for key, held in connection.execute(query)}


def drop(connection: Connection, attempt_id: int, key: str | None = None) -> None:
    """Forget what is filled in for one message, or for all: it was handed in, or left out."""
    query = sa.delete(table).where(table.c.attempt_id == attempt_id)
    connection.execute(query if key is None else query.where(table.c.key == key))
