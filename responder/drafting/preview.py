"""Preview: every reply of an office, for each intent, channel, in and out of hours, in each language.

>>> rows = replies(packs, "north-wales-opcc", now)
>>> len({row.intent for row in rows})
27
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from responder.drafting.calendar import is_out_of_hours
from responder.drafting.compose import draft
from responder.drafting.model import Assessment, Draft, Message, Scored
from responder.drafting.packs import Packs


@dataclass(frozen=True)
class Row:
    """One reply as it would be drafted for a message of this kind."""

    intent: str
    channel: str
    out_of_hours: bool
    language: str
    draft: Draft


def times(packs: Packs, office: str, at: datetime) -> tuple[datetime, datetime]:
    """The next times from `at` on that lie within and outside the office's hours. Raises UnknownName."""
    hours = packs.office(office).hours
    found: dict[bool, datetime] = {}
    moment = at
    while len(found) < 2:
        found.setdefault(is_out_of_hours(hours, moment, packs.ordinary_hours), moment)
        moment += timedelta(minutes=30)
        if moment - at > timedelta(days=30):
            break
    inside = found.get(False, at)
    return inside, found.get(True, inside)


def usual_assessment(packs: Packs, intent: str, language: str) -> Assessment:
    """What is read in an ordinary message of this kind. Raises UnknownName."""
    urgency = packs.intent(intent).least_urgency
    return Assessment(
        intent=Scored(intent, 1.0),
        language=language,
        urgency=urgency,
        danger="alarm" if urgency == "emergency" else "none",
        chosen_by_staff=True,
    )


def replies(
    packs: Packs,
    office: str,
    at: datetime,
    *,
    intents: Iterable[str] | None = None,
    channels: Iterable[str] | None = None,
    languages: Iterable[str] | None = None,
) -> list[Row]:
    """Every reply of an office as of a time, or those of some intents, channels and languages.

    Raises:
        UnknownName: an office, channel or intent that does not exist.
    """
    settings = packs.office(office)
    inside, outside = times(packs, office, at)
    rows = []
    for intent in intents or packs.intents:
        for channel in channels or packs.channels:
            for language in languages or settings.languages:
                for out, moment in ((False, inside), (True, outside)):
                    message = Message("", office, channel, moment)
                    drafted = draft(packs, message, usual_assessment(packs, intent, language))
                    rows.append(Row(intent, channel, out, language, drafted))
    return rows
