"""What follows from a message besides the reply: moderation, staff actions with their dates, warnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from responder.drafting.calendar import due, holidays_known_until, local_time
from responder.drafting.conditions import Situation
from responder.drafting.model import Assessment, Message, ModerationOption, StaffAction, Warning
from responder.drafting.offices import Channel
from responder.drafting.packs import InForce, Packs

LADDER = ("none", "hide", "warn", "remove", "report-to-platform", "report-as-crime", "consider-block")


def moderation(now: InForce, channel: Channel, situation: Situation) -> tuple[ModerationOption, ...]:
    """The steps that policy allows here, the mildest first.

    Where the office's policy speaks on an action for this situation, the national step of that action is left out.
    """
    options: dict[tuple[str, str], ModerationOption] = {}
    own_actions: set[str] = set()
    for clause, step in now.steps:
        if step.action not in channel.moderation or not step.when.holds(situation):
            continue
        if clause.is_national and step.action in own_actions:
            continue
        if not clause.is_national:
            own_actions.add(step.action)
        options.setdefault(
            (step.action, step.reason), ModerationOption(step.action, step.reason, (clause.id,), step.decides)
        )
    return tuple(sorted(options.values(), key=lambda option: LADDER.index(option.action)))


CONTROL_ROOM = "force-control-room"  # of roles.yml: what goes there goes before all else


def staff_actions(
    now: InForce, message: Message, situation: Situation, *, was_read: bool = True
) -> tuple[StaffAction, ...]:
    """What staff must do about this message: what the control room must know first, then by date.

    Where nobody can say what the message wants (`was_read` false), what only its intent would ask is left out.
    """
    target = now.office.reply_target_hours
    duties = [(duty, (clause.id, *duty.clauses)) for clause, duty in now.duties]
    if not was_read:
        duties = [(duty, clauses) for duty, clauses in duties if not duty.when.intent]
    if was_read:
        duties += [(duty, duty.clauses) for duty in now.replies[situation.intent].staff_actions]
    if was_read and situation.also:
        duties += [(duty, duty.clauses) for duty in now.replies[situation.also].staff_actions]
    actions: dict[tuple[str, str], tuple[bool, StaffAction]] = {}
    for duty, clauses in duties:
        if duty.when.holds(situation):
            day = due(duty.clock, message.received_at, target)
            action = StaffAction(duty.to, duty.what, day, tuple(dict.fromkeys(clauses)))
            actions.setdefault((duty.to, duty.what), (duty.to == CONTROL_ROOM, action))
    ordered = sorted(actions.values(), key=lambda one: (not one[0], one[1].due is None, one[1].due or date.max))
    return tuple(action for _, action in ordered)


@dataclass(frozen=True)
class Basis:
    """What warnings are drawn from. `language` is the reply's."""

    packs: Packs
    message: Message
    assessment: Assessment
    now: InForce
    language: str

    def warning(self, code: str, **marks: object) -> Warning:
        """One warning in the words of offices/national/warnings.yml."""
        return Warning(code, self.packs.warnings[code].format(**marks))


def warnings(
    basis: Basis, handling: str, why: str, resting: tuple[str, ...], used: tuple[str, ...]
) -> tuple[Warning, ...]:
    """What staff must know before they use the draft, danger first. `used` are the facts in the reply."""
    return (
        *_about_reading(basis),
        *_about_handling(basis, handling, why, resting),
        *_about_the_office(basis),
        *_about_language(basis, handling),
        *_about_facts(basis, used),
        *_about_time(basis),
    )


def _about_reading(basis: Basis) -> Iterator[Warning]:
    assessment = basis.assessment
    if assessment.is_emergency:
        yield basis.warning("danger")
    elif assessment.danger == "possible":
        yield basis.warning("danger-possible")
    if assessment.problem:
        yield basis.warning(assessment.problem if assessment.problem in basis.packs.warnings else "not-read")
    elif assessment.unsure and not assessment.chosen_by_staff:
        yield basis.warning("unsure")


def _about_handling(basis: Basis, handling: str, why: str, resting: tuple[str, ...]) -> Iterator[Warning]:
    if handling != "reply" and why:
        code = "no-reply-policy" if handling == "no_reply" else "person"
        yield basis.warning(code, why=why, clauses=", ".join(resting))


def _about_the_office(basis: Basis) -> Iterator[Warning]:
    office = basis.now.office
    day = local_time(basis.message.spoken_at).date()
    if office.is_superseded(day):
        who = f": {office.successor.name} since {_written(office.successor.since)}" if office.successor else ""
        yield basis.warning("superseded", who=who)
    if office.policy.review_due is not None and office.is_review_overdue(day):
        yield basis.warning("policy-review-overdue", day=_written(office.policy.review_due))
    if basis.message.channel not in office.channels:
        yield basis.warning("channel-not-in-policy", channel=basis.packs.channel(basis.message.channel).title)


def _about_language(basis: Basis, handling: str) -> Iterator[Warning]:
    assessment, office = basis.assessment, basis.now.office
    if assessment.language != basis.language and assessment.problem != "other-language":
        spoken = " and ".join(basis.packs.languages[language][0] for language in office.languages)
        named = basis.packs.languages.get(assessment.language, ("another language", frozenset()))[0]
        yield basis.warning("message-not-in-office-language", language=named, languages=spoken)
    if basis.language == "cy" and handling == "reply" and not office.welsh_approved:
        yield basis.warning("welsh-unapproved")


def _about_facts(basis: Basis, used: tuple[str, ...]) -> Iterator[Warning]:
    """Only the office's own; national signposts are confirmed once for all, as `responder offices` shows."""
    facts = [basis.now.facts[name] for name in used]
    unconfirmed = [fact.name for fact in facts if fact.needs_confirming and fact.owner == basis.now.office.id]
    if unconfirmed:
        yield basis.warning("facts-to-confirm", facts=", ".join(unconfirmed))


def _about_time(basis: Basis) -> Iterator[Warning]:
    channel = basis.packs.channel(basis.message.channel)
    received = local_time(basis.message.received_at)
    if channel.window_hours:
        until = received + timedelta(hours=channel.window_hours)
        more = f", and for {channel.human_agent_days} days by a person" if channel.human_agent_days else ""
        yield basis.warning(
            "reply-window", channel=channel.title, until=f"{until:%H:%M on} {_written(until)}", more=more
        )
    if received.date() > holidays_known_until() - timedelta(days=60):
        yield basis.warning("holidays-unknown", day=_written(holidays_known_until()))


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
