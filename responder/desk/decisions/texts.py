"""The text of a reply: kept in versions, with its authors and the draft that it started from."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from responder.desk import states, threads
from responder.desk.decisions.acting import LONGEST_REPLY, Acting, Conflict, Words
from responder.desk.decisions.record import Line, changed_by, named, what_happened
from responder.desk.decisions.refusals import refuse_settled
from responder.desk.drafts import UNREAD, assessment_of, drafted
from responder.desk.tables import (
    assessment,
    reply,
    reply_author,
)
from responder.drafting.compose import reply_language
from responder.errors import BadInput


@dataclass(frozen=True)
class Saved:
    """The reply as it was kept; `line` says what was new (None: nothing)."""

    reply: Mapping[str, Any]
    line: Line | None = None


def newest_reply(connection: Connection, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest reply to a message, whatever became of it; locked."""
    query = (
        sa.select(reply)
        .where(reply.c.message_id == row["id"])
        .order_by(reply.c.number.desc())
        .limit(1)
        .with_for_update()
    )
    found: Mapping[str, Any] | None = connection.execute(query).mappings().first()
    return found


def keep(connection: Connection, acting: Acting, row: Mapping[str, Any], words: Words) -> Saved:
    """Keep the text of a reply. Raises BadInput; Conflict where somebody changed or settled it meanwhile."""
    text = words.text.replace("\r\n", "\n").replace("\x00", "\ufffd")
    if not text.strip():
        raise BadInput("The reply is empty: write it, or say that none is needed.")
    if len(text) > LONGEST_REPLY:
        raise BadInput(f"The reply must be {LONGEST_REPLY:,} characters or fewer; it has {len(text):,}.")
    words = replace(words, text=text, saw=min(words.saw, threads.newest(connection, row)))
    kept = newest_reply(connection, row)
    refuse_settled(connection, row)
    if kept is None or kept["state"] in (states.SENT, states.WITHDRAWN):
        if words.version != 0:
            raise Conflict(what_happened(connection, row))
        return _first(connection, acting, row, words, number=kept["number"] + 1 if kept else 1)
    unaware = words.version == 0 and kept["version"] == 1  # of the same words, which somebody else kept meanwhile
    if kept["version"] != words.version and not (unaware and kept["text"] == text):
        raise Conflict(changed_by(connection, kept))
    return _again(connection, acting, row, kept, words)


def _first(connection: Connection, acting: Acting, row: Mapping[str, Any], words: Words, number: int) -> Saved:
    """The first words of a new reply, with the draft that they started from."""
    values = {
        "message_id": row["id"],
        "number": number,
        "state": states.DRAFT,
        "version": 1,
        "text": words.text,
        "saw_message_id": words.saw,
        "salt": secrets.token_hex(8),
        **_draft_of(connection, acting, row, words.language),
    }
    made = connection.execute(sa.insert(reply).values(**values)).inserted_primary_key
    kept = {**values, "id": made[0], "asked_by": None}
    if _differs(words.text, values["drafted"]):
        _write_author(connection, made[0], acting.account.id)
    return Saved(kept, Line("reply.written", {}, named(kept)))


def _again(
    connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any], words: Words
) -> Saved:
    """The words of a reply in hand. Other words, or the same looked at with a message that its approvers had not
    seen, make another version, which nobody has approved yet.
    """
    values: dict[str, Any] = {"saw_message_id": words.saw, "text": words.text}
    action = ""
    if words.text != kept["text"]:
        action = "reply.changed"
        now = _draft_of(connection, acting, row, words.language or kept["language"])
        if _differs(words.text, now["drafted"]):
            _write_author(connection, kept["id"], acting.account.id)
        else:  # the draft of today in place of what was kept: nobody's own words are left
            connection.execute(sa.delete(reply_author).where(reply_author.c.reply_id == kept["id"]))
            values |= now
    elif words.saw > kept["saw_message_id"]:
        action = "reply.looked-again" if threads.approvers(connection, kept) else ""
    else:
        values["saw_message_id"] = kept["saw_message_id"]
    if words.language:
        values["language"] = reply_language(acting.packs.office(row["office"]), words.language)
    values["version"] = kept["version"] + bool(action)
    if all(kept[name] == value for name, value in values.items()):
        return Saved(kept)
    connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(**values))
    changed = {**kept, **values}
    return Saved(changed, Line(action, named(kept), named(changed)) if action else None)


def _draft_of(connection: Connection, acting: Acting, row: Mapping[str, Any], language: str | None) -> dict[str, Any]:
    """What a reply that is written now starts from; before the message was read, the safety words."""
    read = threads.reading(connection, row)
    line = drafted(acting.packs, threads.case_of(connection, row), read, acting.now, language)
    return {
        "drafted": line["reply"] or "",
        "language": reply_language(acting.packs.office(row["office"]), line["language"]),
        "assessment_id": row["assessment_id"],
        "made_at": acting.now,
    }


def _differs(text: str, drafted_text: str) -> bool:
    return text.strip() != drafted_text.strip()


def _write_author(connection: Connection, reply_id: int, account_id: int) -> None:
    here = sa.and_(reply_author.c.reply_id == reply_id, reply_author.c.account_id == account_id)
    if connection.execute(sa.select(reply_author.c.reply_id).where(here)).first() is None:
        connection.execute(sa.insert(reply_author).values(reply_id=reply_id, account_id=account_id))


def authors_of(connection: Connection, reply_id: int) -> frozenset[int]:
    """Whoever wrote words of a reply, or asked for its approval: account ids."""
    query = sa.select(reply_author.c.account_id).where(reply_author.c.reply_id == reply_id)
    asked = sa.select(reply.c.asked_by).where(reply.c.id == reply_id)
    found = {*connection.execute(query).scalars(), connection.execute(asked).scalar()}
    return frozenset(id_ for id_ in found if id_ is not None)


def has_words_of_its_own(connection: Connection, kept: Mapping[str, Any]) -> bool:
    """Whether anybody changed the draft that the reply started from."""
    query = sa.select(reply_author.c.account_id).where(reply_author.c.reply_id == kept["id"])
    return connection.execute(query).first() is not None


def drop_untouched(connection: Connection, row: Mapping[str, Any]) -> None:
    """Drop a draft that nobody changed, so that the new draft takes its place."""
    kept = newest_reply(connection, row)
    if (
        kept is not None
        and kept["state"] in (states.DRAFT, states.ASKED)
        and not has_words_of_its_own(connection, kept)
    ):
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(state=states.WITHDRAWN))


def back_to_draft(connection: Connection, row: Mapping[str, Any]) -> None:
    """Make a reply that waits for approval a draft again, with a new version."""
    kept = newest_reply(connection, row)
    if kept is not None and kept["state"] == states.ASKED:
        values = {"state": states.DRAFT, "version": kept["version"] + 1}
        connection.execute(sa.update(reply).where(reply.c.id == kept["id"]).values(**values))


def parts_of(
    connection: Connection, acting: Acting, row: Mapping[str, Any], kept: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The passages of the draft that a reply started from, whatever the draft would be by now."""
    query = sa.select(assessment.c.reading).where(assessment.c.id == kept["assessment_id"])
    reading = connection.execute(query).scalar()
    read = UNREAD if reading is None else assessment_of(reading)
    line = drafted(acting.packs, threads.case_of(connection, row), read, kept["made_at"], kept["language"])
    return list(line["parts"])
