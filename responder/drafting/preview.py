"""Preview: every reply of an office, for each intent, channel, in and out of hours, in each language.

>>> rows = replies(packs, "north-wales-opcc", now)
>>> len({row.intent for row in rows})
27
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from responder.drafting.calendar import is_out_of_hours
from responder.drafting.compose import draft
from responder.drafting.model import Assessment, Draft, Message, Scored
from responder.drafting.packs import Packs

HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Row:
    """One reply as it would be drafted for a message of this kind."""

    intent: str
    channel: str
    out_of_hours: bool
    language: str
    draft: Draft


def times(packs: Packs, office: str, at: datetime) -> tuple[datetime, datetime]:
    """The times within and outside the office's hours nearest to `at`: on its day where it has both, else after it.

    Raises UnknownName.
    """
    hours = packs.office(office).hours
    found: dict[bool, datetime] = {}
    for moment in _around(at):
        found.setdefault(is_out_of_hours(hours, moment, packs.ordinary_hours), moment)
        if len(found) == 2:
            break
    inside = found.get(False, at)
    return inside, found.get(True, inside)


def _around(at: datetime) -> Iterator[datetime]:
    """`at`, the half hours of its day from there on, those before, then the days after."""
    ahead = [at + HALF_HOUR * number for number in range(48 * 30)]
    today = [moment for moment in ahead if moment.date() == at.date()]
    before = (at - HALF_HOUR * number for number in range(1, 48))
    yield from today
    yield from (moment for moment in before if moment.date() == at.date())
    yield from ahead[len(today) :]


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
