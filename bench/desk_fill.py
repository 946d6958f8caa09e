"""Fills a desk with many messages at once, for the benchmark: as they would stand after weeks of work.

Rows are written straight into the tables, in batches; what the assistant reads of each kind of text is read once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from responder.desk import audit, priority, states
from responder.desk.clocks import clocks, next_due
from responder.desk.database import Database
from responder.desk.tables import assessment, clock, contact, conversation, message, message_flag

BATCH = 2_000
OPEN_SHARE = 0.06  # of a hundred thousand messages, six thousand are still to do: a very bad week
DAYS = 120
WORDS = ("the road by school lights again after work nobody came", "still waiting for an answer about it all week")


def fill(
    database: Database, packs: Any, read: Callable[[dict[str, Any]], Mapping[str, Any]], texts: list[str], number: int,
    now: datetime,
) -> None:  # fmt: skip
    """Put `number` messages of all offices and channels into an empty desk.

    `read` gives {"line", "reading"} for an input line of docs/contract.md; it is asked once for each text and office.
    """
    chance = random.Random(4)
    offices, channels = list(packs.offices), list(packs.channels)
    known = {
        (text, office): read({"text": text, "office": office, "channel": "facebook-dm", "received_at": now.isoformat()})
        for text in texts
        for office in offices
    }
    people = max(1, number // 3)
    with database.write() as connection:
        for start in range(1, people + 1, BATCH):
            ids = range(start, min(start + BATCH, people + 1))
            of = [{"id": i, "office": offices[i % 5]} for i in ids]
            people_of = [{**one, "platform": "facebook", "handle": f"person{one['id']}"} for one in of]
            threads = [{**one, "channel": "facebook-dm", "key": f"contact:{one['id']}"} for one in of]
            connection.execute(sa.insert(contact), [{**one, "created_at": now} for one in people_of])
            connection.execute(sa.insert(conversation), [{**one, "contact_id": one["id"]} for one in threads])
    for start in range(1, number + 1, BATCH):
        with database.write() as connection:
            _batch(connection, packs, known, texts, channels, range(start, min(start + BATCH, number + 1)), people, now,
                   chance)  # fmt: skip
    _after(database, now)


def _batch(
    connection: Any, packs: Any, known: Mapping[Any, Any], texts: list[str], channels: list[str], ids: range,
    people: int, now: datetime, chance: random.Random,
) -> None:  # fmt: skip
    offices = list(packs.offices)
    messages, assessments, running, flags = [], [], [], []
    for i in ids:
        person = chance.randint(1, people)
        office, text = offices[person % 5], chance.choice(texts)
        is_open = chance.random() < OPEN_SHARE
        age = timedelta(minutes=chance.uniform(1, 60 * 24 * (10 if is_open else DAYS)))
        line = known[text, office]["line"]
        channel = chance.choice(channels)
        found = clocks(packs, office, channel, now - age, line["staff_actions"])
        due = next_due(found)
        state = states.OPEN if is_open else chance.choice((states.ANSWERED, states.ANSWERED, states.CLOSED))
        messages.append({
            "id": i, "office": office, "channel": channel, "external_id": f"bench.{i}", "conversation_id": person,
            "contact_id": person, "text": f"{text} {' '.join(chance.choices(WORDS, k=2))} {i}", "earlier": [],
            "received_at": now - age, "stored_at": now - age, "source": "import", "state": state,
            "rank": priority.rank(assessed=True, danger=line["danger"], urgency=line["urgency"]),
            "due_at": due.due_at if due else None, "due_kind": due.kind if due else None, "version": 1, "tries": 0,
            "assessment_id": i, "assessed_at": now - age, "intent": line["intent"]["name"],
            "confidence": round(line["intent"]["confidence"] * 100), "urgency": line["urgency"],
            "danger": line["danger"], "handling": line["handling"], "language": line["language"],
            "settled_at": None if is_open else now - age / 2,
        })  # fmt: skip
        assessments.append(
            {"id": i, "message_id": i, "made_at": now - age, "line": line, "reading": known[text, office]["reading"]}
        )
        running += [{"message_id": i, "kind": c.kind, "due_at": c.due_at, "clauses": list(c.clauses)} for c in found]
        flags += [{"message_id": i, "flag": name} for name in sorted({flag["name"] for flag in line["flags"]})]
    connection.execute(sa.insert(message), messages)
    connection.execute(sa.insert(assessment), assessments)
    for table, rows in ((clock, running), (message_flag, flags)):
        if rows:
            connection.execute(sa.insert(table), rows)


def _after(database: Database, now: datetime) -> None:
    """What a busy desk has done by itself: the newest message of each conversation, and statistics for the planner."""
    newest = (
        sa.select(sa.func.max(message.c.id)).where(message.c.conversation_id == conversation.c.id).scalar_subquery()
    )
    with database.write() as connection:
        connection.execute(sa.update(conversation).values(last_message_id=newest))
        if database.kind == "postgresql":
            for table in (message, assessment, contact, conversation, clock):
                name = table.name
                connection.execute(
                    sa.text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) + 1 FROM {name}))")
                )
        audit.append(connection, audit.COMMAND_LINE, "bench.filled", "desk", None, now=now)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
