"""Composes a draft: what was read in a message, put together with what the office's pack says.

>>> compose.draft(packs, message, assessment).handling
'reply'
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from responder.drafting import consequences
from responder.drafting.calendar import is_out_of_hours, local_time
from responder.drafting.clauses import Clause
from responder.drafting.conditions import Situation
from responder.drafting.facts import Filled, fill
from responder.drafting.model import URGENCIES, Assessment, Draft, Handling, Message, Part
from responder.drafting.offices import Channel, Office
from responder.drafting.packs import InForce, Packs
from responder.drafting.replies import Item, Reply

RANK = {"essential": 0, "helpful": 1, "courtesy": 2}


@dataclass(frozen=True)
class _Piece:
    """One item with its words in both sizes, ready to be fitted."""

    item: Item
    clauses: tuple[str, ...]
    full: Filled
    short: Filled
    paragraph: int


@dataclass(frozen=True)
class _Setting:
    """What composing needs at hand."""

    packs: Packs
    now: InForce
    channel: Channel
    situation: Situation
    language: str


def situation_of(packs: Packs, message: Message, assessment: Assessment) -> Situation:
    """What the `when` conditions of the packs may ask about this message."""
    office = packs.office(message.office)
    channel = packs.channel(message.channel)
    day = local_time(message.spoken_at).date()
    return Situation(
        intent=assessment.intent.name,
        urgency="emergency" if assessment.is_emergency else assessment.urgency,
        flags=frozenset(flag.name for flag in assessment.flags),
        mentions=frozenset(assessment.mentions),
        channel=channel.id,
        public=channel.public,
        out_of_hours=is_out_of_hours(office.hours, message.spoken_at, packs.ordinary_hours),
        country=office.country,
        office_kind=office.kind,
        language=reply_language(office, assessment.language),
        thread_length=len(message.thread),
        pre_election=office.is_pre_election(day),
        also=assessment.also,
    )


def reply_language(office: Office, language: str) -> str:
    """The language of the reply: the message's where the office answers in it, else the office's first."""
    return language if language in office.languages else office.languages[0]


def raised(packs: Packs, assessment: Assessment) -> Assessment:
    """The assessment with at least the urgency that its intent always has. Raises UnknownName."""
    least = packs.intent(assessment.intent.name).least_urgency
    if URGENCIES.index(assessment.urgency) <= URGENCIES.index(least):
        return assessment
    return replace(assessment, urgency=least)


def draft(packs: Packs, message: Message, assessment: Assessment) -> Draft:
    """The draft that the office's policy asks for.

    Raises:
        UnknownName: an office, channel or intent that does not exist.
    """
    assessment = raised(packs, assessment)
    situation = situation_of(packs, message, assessment)
    day = local_time(message.spoken_at).date()
    setting = _Setting(
        packs=packs,
        now=packs.in_force(message.office, day),
        channel=packs.channel(message.channel),
        situation=situation,
        language=situation.language,
    )
    handling, why, resting = _handling(setting, assessment)
    pieces = _pieces(setting, assessment, handling)
    fitted = _without_second_close(setting, _fit(setting, pieces))
    missing = dict.fromkeys(name for _, filled in fitted for name in filled.missing)
    used = dict.fromkeys(name for _, filled in fitted for name in filled.used)
    return Draft(
        office=message.office,
        channel=message.channel,
        assessment=assessment,
        handling=handling,
        reply=_text(setting.channel, fitted) if fitted else None,
        parts=tuple(Part(filled.text, piece.clauses, piece.item.topic) for piece, filled in fitted),
        moderation=consequences.moderation(setting.now, setting.channel, situation),
        staff_actions=consequences.staff_actions(setting.now, message, situation, was_read=assessment.is_read),
        missing=tuple(missing),
        warnings=consequences.warnings(
            consequences.Basis(packs, message, assessment, setting.now, setting.language),
            handling,
            why,
            resting,
            tuple(used),
        ),
        language=setting.language,
        id=message.id,
    )


def _handling(setting: _Setting, assessment: Assessment) -> tuple[Handling, str, tuple[str, ...]]:
    """Who answers, the words that say why, and the clauses that say so."""
    reply = setting.now.replies[assessment.intent.name]
    policy, clause = setting.now.handling(assessment.intent.name)
    resting = (clause.id,) if clause else reply.clauses
    why = clause.duty if clause else reply.why
    if not assessment.is_read:
        return "person", "", ()
    sure = assessment.chosen_by_staff or assessment.intent.confidence * 100 >= setting.packs.frame.silence_percent
    if policy == "no_reply" and (assessment.danger != "none" or not sure):
        return "person", why, resting
    handling: Handling = policy  # type: ignore[assignment]
    return handling, why, resting


def _pieces(setting: _Setting, assessment: Assessment, handling: Handling) -> list[_Piece]:
    frame = setting.packs.frame
    reply = setting.now.replies[assessment.intent.name]
    crisis = _crisis(setting, assessment)
    danger = Item((crisis or reply).danger or frame.danger, keep="essential")
    close = Item(frame.safety_close, keep="essential")
    hand_over = Item(frame.hand_over, keep="courtesy")
    paragraphs: list[tuple[Item, ...]] = []
    if assessment.is_emergency:
        paragraphs.append((danger,))
    if not assessment.is_read:
        if not assessment.is_emergency:
            paragraphs.append((hand_over,))
        if crisis:
            paragraphs.append(crisis.also)
        if not assessment.is_emergency:
            paragraphs.append((close,))
        return _worded(setting, paragraphs)
    if handling == "no_reply":
        return _worded(setting, paragraphs)
    if handling == "person":
        if assessment.is_emergency or assessment.urgency == "urgent":
            paragraphs.extend(_own(setting, reply))
        if not assessment.is_emergency and (assessment.danger == "possible" or assessment.urgency == "urgent"):
            paragraphs.append((close,))
        return _worded(setting, paragraphs)
    if assessment.is_emergency and reply.yields_to_danger:
        return _worded(setting, paragraphs)
    own: list[tuple[Item, ...]] = list(_own(setting, reply))
    if assessment.also and assessment.also != assessment.intent.name:
        second = setting.now.replies[assessment.also].also
        own = [*own, second]
    if crisis and crisis is not reply:
        own = [crisis.also, *own]  # said once: a topic that has stood does not stand again
    paragraphs = [frame.before, *paragraphs, *own]
    paragraphs.extend((item,) for item in frame.after)
    if assessment.danger == "possible":
        paragraphs.append((close,))
    return _worded(setting, paragraphs)


def _crisis(setting: _Setting, assessment: Assessment) -> Reply | None:
    """The reply for somebody in a crisis (it opens on danger in its own words), where the message may be from one.

    It counts as the first or second want, and as an alternative that is likely enough (frame.yml), unless staff chose.
    """
    names = [assessment.intent.name, assessment.also]
    if not assessment.chosen_by_staff:
        likely = setting.packs.frame.crisis_percent / 100
        names += [other.name for other in assessment.alternatives if other.confidence >= likely]
    replies = (setting.now.replies[name] for name in names if name)
    return next((reply for reply in replies if reply.danger), None)


def _own(setting: _Setting, reply: Reply) -> tuple[tuple[Item, ...], ...]:
    return reply.public if setting.channel.public and reply.public is not None else reply.paragraphs


def _without_second_close(setting: _Setting, chosen: list[tuple[_Piece, Filled]]) -> list[tuple[_Piece, Filled]]:
    """Leaves out the closing safety line where another sentence says 999 already."""
    number = setting.now.facts["999"].value("en") or "999"
    close = setting.packs.frame.safety_close
    said = any(number in filled.text for piece, filled in chosen if piece.item.topic != close)
    return [(piece, filled) for piece, filled in chosen if not (said and piece.item.topic == close)]


def _worded(setting: _Setting, paragraphs: list[tuple[Item, ...]]) -> list[_Piece]:
    """The items that hold now, each once, with their words."""
    pieces: list[_Piece] = []
    seen: set[str] = set()
    for number, paragraph in enumerate(paragraphs):
        for item in paragraph:
            if item.topic in seen or not item.when.holds(setting.situation):
                continue
            found = setting.now.topics.get(item.topic)
            if found is None:
                continue  # optional: the loader has refused every other topic that nobody says
            seen.add(item.topic)
            clause, wording = found
            full = _first_filled(setting, wording.full[setting.language])
            tight = wording.short.get(setting.language)
            short = _first_filled(setting, tight) if tight else full
            pieces.append(_Piece(item, _resting_on(clause, wording.also), full, short, number))
    return pieces


def _resting_on(clause: Clause, also: tuple[str, ...]) -> tuple[str, ...]:
    return (clause.id, *(id_ for id_ in also if id_ != clause.id))


def _first_filled(setting: _Setting, alternatives: tuple[str, ...]) -> Filled:
    """The first alternative whose facts are known; what the ones before it lacked is reported as missing.

    A fact that is known and only not for public eyes is passed over without a report.
    """
    lacked: list[str] = []
    filled = Filled("", (), ())
    for wording in alternatives:
        filled = fill(wording, setting.now.facts, setting.language, setting.channel.public)
        if not filled.missing:
            break
        lacked.extend(filled.missing)
    unknown = dict.fromkeys(name for name in lacked if not setting.now.facts[name].is_known)
    return replace(filled, missing=tuple(unknown))


def _fit(setting: _Setting, pieces: list[_Piece]) -> list[tuple[_Piece, Filled]]:
    """Fits the pieces to the channel: full words, short ones, no courtesies, nothing but essentials."""
    channel = setting.channel
    chosen = [(piece, piece.full) for piece in pieces]
    if not channel.fits(_text(channel, chosen)):
        chosen = [(piece, piece.short) for piece in pieces]
    while not channel.fits(_text(channel, chosen)):
        droppable = [index for index, (piece, _) in enumerate(chosen) if RANK[piece.item.keep] > 0]
        if not droppable:
            break
        lowest = max(RANK[chosen[index][0].item.keep] for index in droppable)
        del chosen[max(index for index in droppable if RANK[chosen[index][0].item.keep] == lowest)]
    for index, (piece, _) in enumerate(chosen):  # what room is left goes to the full words, first things first
        fuller = [*chosen[:index], (piece, piece.full), *chosen[index + 1 :]]
        if channel.fits(_text(channel, fuller)):
            chosen = fuller
    return chosen


def _text(channel: Channel, chosen: list[tuple[_Piece, Filled]]) -> str:
    """Private replies have paragraphs, public ones run on."""
    text = ""
    for index, (piece, filled) in enumerate(chosen):
        if index:
            same = channel.public or chosen[index - 1][0].paragraph == piece.paragraph
            text += " " if same else "\n\n"
        text += filled.text
    return text
