"""Marking by rules: what was noticed, decided and written, each point with the clause that it rests on.

The reply's words are marked by the same check that stands beside the live desk, and by the scenario's own points. Where
policy leaves room, each of several answers is right. Nothing here depends on a model.

>>> mark(packs, scenario, "cleveland-opcc", answers).percent  # doctest: +SKIP
86
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from responder.drafting import check, draft
from responder.drafting.contacts import keys_of
from responder.drafting.facts import Fact
from responder.drafting.model import Finding
from responder.drafting.packs import Packs
from responder.practice.phrases import as_written, contacts_meant, folded, slipped, stands, without
from responder.practice.scenarios import Answer, Point, Scenario, Task, assessment

PASS = 80  # per cent, and no critical point missed
ADVICE_WEIGHT, WEIGHT, HEAVY = 1, 2, 4
KINDS = ("notice", "decide", "write", "order")
WAIVED = "*"  # the value of an allowance by which a point is not asked for any more
ORDER = ""  # the key of an allowance about the order of a shift


@dataclass(frozen=True)
class Mark:
    """One point, met or missed. `id` names it within its message; `weight` is what it counts.

    `found`: what the answer had there (of `flags` and `tell`: what was too much), `wanted`: what is right, both in the
    domain's names (never the reply's words). `quoted`: the answer's own words that must not stand, for its writer and
    the trainers alone; they are stored nowhere else.
    """

    id: str
    kind: str
    met: bool
    weight: int
    why: str
    clauses: tuple[str, ...]
    critical: bool = False
    found: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskResult:
    """The marks of one message, and what the office's own rules would have drafted (an output line)."""

    key: str
    marks: tuple[Mark, ...]
    drafted: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """The marks of a scenario; `needed`: the per cent that passes."""

    scenario: str
    office: str
    tasks: tuple[TaskResult, ...]
    order: tuple[Mark, ...] = ()
    needed: int = PASS

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Every mark."""
        return (*(mark for task in self.tasks for mark in task.marks), *self.order)

    @property
    def percent(self) -> int:
        """What was earned of what could be, in whole per cent, rounded down."""
        whole = sum(mark.weight for mark in self.marks)
        return 100 * sum(mark.weight for mark in self.marks if mark.met) // whole if whole else 0

    @property
    def failed_critical(self) -> bool:
        """Whether a point was missed that fails the scenario whatever else was right."""
        return any(mark.critical and not mark.met for mark in self.marks)

    @property
    def passed(self) -> bool:
        """Whether the scenario is passed."""
        return self.percent >= self.needed and not self.failed_critical


@dataclass(frozen=True)
class Allowance:
    """What a trainer allowed after an objection: a further right answer, or other words, at one point of a message.

    `mark`: `intent`, `urgency`, `flags`, `do`, `tell`, `moderate` (`value`: what is right too), `check` (the code of a
    finding that is none here) or a point's id (words that earn it; where it says what must never stand, words that may
    stand). WAIVED as the value: that point, by the id of its mark, is not asked for any more. `key`: the message, or
    ORDER.
    """

    key: str
    mark: str
    value: str


def mark(
    packs: Packs,
    scenario: Scenario,
    office: str,
    answers: Mapping[str, Answer],
    order: Sequence[str] = (),
    allowed: Iterable[Allowance] = (),
    needed: int = PASS,
) -> Result:
    """Mark the answers to a scenario's messages, by their keys; `order` is in which they were answered.

    What is allowed only ever raises a mark. `needed`: the per cent that passes.

    Raises:
        UnknownName: there is no such office.
    """
    packs.office(office)
    learnt = tuple(allowed)
    tasks = tuple(
        _task(packs, scenario, task, office, answers.get(task.key, Answer()), _learnt(learnt, task.key))
        for task in scenario.messages
    )
    return Result(scenario.id, office, tasks, _asked_for(_order(scenario, order), _learnt(learnt, ORDER)), needed)


def _learnt(allowed: tuple[Allowance, ...], key: str) -> dict[str, tuple[str, ...]]:
    """What is allowed at each mark of one message; at WAIVED, the marks that are not asked for any more."""
    mine: dict[str, tuple[str, ...]] = {}
    for one in allowed:
        if one.key == key:
            at, value = (WAIVED, one.mark) if one.value == WAIVED else (one.mark, one.value)
            mine[at] = (*mine.get(at, ()), value)
    return mine


def _asked_for(marks: Iterable[Mark], learnt: Mapping[str, tuple[str, ...]]) -> tuple[Mark, ...]:
    """The marks without those that were missed and are not asked for any more."""
    return tuple(one for one in marks if one.met or one.id not in learnt.get(WAIVED, ()))


def _task(
    packs: Packs, scenario: Scenario, task: Task, office: str, answer: Answer, learnt: Mapping[str, tuple[str, ...]]
) -> TaskResult:
    marks = [*_noticed(task, answer, learnt), *_decided(task, answer, learnt)]
    if _words_count(task, answer, learnt):
        marks += _written(packs, scenario, task, office, answer, learnt)
    line = draft(packs, scenario.message(task, office), assessment(task)).as_dict()
    return TaskResult(task.key, _asked_for(marks, learnt), line)


def _words_count(task: Task, answer: Answer, learnt: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the reply's words are marked: a reply is right here, and was given or is the only right thing."""
    if "reply" not in task.decide.do:
        return False
    if answer.do == "reply":
        return True
    other_is_right = len(task.decide.do) > 1 or (answer.do in learnt.get("do", ()) and not answer.reply.strip())
    return not other_is_right


def _noticed(task: Task, answer: Answer, learnt: Mapping[str, tuple[str, ...]]) -> list[Mark]:
    notice = task.notice
    intents = (*notice.intent, *learnt.get("intent", ()))
    urgencies = (*notice.urgency, *learnt.get("urgency", ()))
    danger = notice.urgency[0] == "emergency"
    marks = [
        _chosen("intent", "notice", answer.intent, intents, task.clauses),
        _chosen("urgency", "notice", answer.urgency, urgencies, task.clauses, weight=HEAVY if danger else WEIGHT,
                critical=danger),
    ]  # fmt: skip
    seen = set(answer.flags)
    marks += [
        Mark(f"flag-{flag}", "notice", flag in seen, ADVICE_WEIGHT, "", task.clauses, found=tuple(sorted(seen)),
             wanted=(flag,))
        for flag in notice.flags
    ]  # fmt: skip
    beyond = seen - set(notice.flags) - set(notice.may_flags) - set(learnt.get("flags", ()))
    if beyond:
        marks.append(
            Mark("flags", "notice", False, ADVICE_WEIGHT, "", task.clauses, found=tuple(sorted(beyond)),
                 wanted=notice.flags)
        )  # fmt: skip
    return marks


def _decided(task: Task, answer: Answer, learnt: Mapping[str, tuple[str, ...]]) -> list[Mark]:
    decide = task.decide
    does = (*decide.do, *learnt.get("do", ()))
    marks = [_chosen("do", "decide", answer.do, does, task.clauses, weight=HEAVY)]
    told = set(answer.tell)
    instead = tuple(sorted(told & set(decide.or_tell)))
    covered = [role for role in decide.tell if role not in told][: len(instead)]
    marks += [
        Mark(
            f"tell-{role}", "decide", role in told or role in covered, WEIGHT, "", task.clauses,
            found=(role,) if role in told else instead if role in covered else tuple(sorted(told)), wanted=(role,),
        )
        for role in decide.tell
    ]  # fmt: skip
    beyond = told - {*decide.tell, *decide.may_tell, *decide.or_tell, *learnt.get("tell", ())}
    if beyond:
        marks.append(
            Mark("tell", "decide", False, ADVICE_WEIGHT, "", task.clauses, found=tuple(sorted(beyond)),
                 wanted=decide.tell)
        )  # fmt: skip
    steps = (*decide.moderate, *learnt.get("moderate", ()))
    if answer.moderate not in steps or "none" not in decide.moderate:  # where leaving it up is right, no step is a feat
        marks.append(_chosen("moderate", "decide", answer.moderate, steps, task.clauses))
    return marks


def _chosen(
    id_: str, kind: str, found: str | None, right: tuple[str, ...], clauses: tuple[str, ...], *, weight: int = WEIGHT,
    critical: bool = False,
) -> Mark:  # fmt: skip
    return Mark(id_, kind, found in right, weight, "", clauses, critical, (found,) if found else (), right)


def _written(
    packs: Packs, scenario: Scenario, task: Task, office: str, answer: Answer, learnt: Mapping[str, tuple[str, ...]]
) -> list[Mark]:
    message = scenario.message(task, office)
    read = assessment(task)
    if answer.intent in task.notice.intent:  # where several are right, the words answer the one that was seen
        read = replace(read, intent=replace(read.intent, name=answer.intent))
    marks = []
    found = [
        finding
        for finding in check(
            packs, answer.reply, office=office, intent=read.intent.name, channel=task.channel, at=message.received_at,
            message=message, assessment=replace(read, language=task.language),
        )
        if finding.code not in learnt.get("check", ())
    ]  # fmt: skip
    facts = packs.in_force(office, message.received_at.date()).facts
    asked = [(point, _known(facts, point, task.language)) for point in task.points]
    asked = [(point, known) for point, known in asked if known or point.says or point.never]  # no such fact: not asked
    earned = [
        _is_met(point, known, answer.reply, learnt.get(point.id, ())) for point, known in asked if not point.never
    ]
    says_something = any(earned) if earned else bool(answer.reply.strip())  # else keeping the rules is no feat
    marks = [_found(code, [one for one in found if one.code == code]) for code in dict.fromkeys(f.code for f in found)]
    if not any(finding.level == "blocking" for finding in found):
        marks.append(Mark("check", "write", says_something, WEIGHT, "", task.clauses))
    met_in_turn = iter(earned)
    for point, _ in asked:
        slips = _slips(point, answer.reply, learnt.get(point.id, ())) if point.never else ()
        met = says_something and not slips if point.never else next(met_in_turn)
        weight = HEAVY if point.critical else WEIGHT
        marks.append(Mark(point.id, "write", met, weight, point.why, (point.clause,), point.critical, quoted=slips))
    return marks


def _found(code: str, findings: Sequence[Finding]) -> Mark:
    """One mark for everything that the check finds of one kind."""
    clauses = tuple(dict.fromkeys(one.clause for one in findings if one.clause))
    whys = dict.fromkeys([*(one.text for one in findings), *(one.mend for one in findings if one.mend)])
    blocking = any(one.level == "blocking" for one in findings)
    return Mark(
        f"check-{code}", "write", False, WEIGHT if blocking else ADVICE_WEIGHT, " ".join(whys), clauses,
        critical=code == "danger-first",
    )  # fmt: skip


def _is_met(point: Point, values: Sequence[str], reply: str, learnt: Sequence[str]) -> bool:
    """Whether a reply's words earn a point; `values` are what its facts hold."""
    said = folded(reply)
    return any(stands(words, said) for words in (*point.says, *learnt)) or _has_fact(values, said)


def _slips(point: Point, reply: str, learnt: Sequence[str]) -> tuple[str, ...]:
    """What in a reply must not stand, as it is written there, each once; `learnt` are words that may."""
    said = without(learnt, folded(reply))
    found = dict.fromkeys(stretch for words in point.never if (stretch := slipped(words, said)) is not None)
    return tuple(as_written(stretch, reply) for stretch in found)


def _known(facts: Mapping[str, Fact], point: Point, language: str) -> tuple[str, ...]:
    """What the office's facts that a point names hold."""
    values = (facts[name].value(language) for name in point.facts if name in facts)
    return tuple(value for value in values if value)


def _has_fact(values: Sequence[str], said: str) -> bool:
    """Whether a folded reply gives one of these values, however a number, address or link is written."""
    if not values:
        return False
    return bool(set(keys_of(values)) & set(keys_of([contacts_meant(said)]))) or any(stands(one, said) for one in values)


def _order(scenario: Scenario, order: Sequence[str]) -> tuple[Mark, ...]:
    """In a shift, what must come first came first."""
    marks = []
    for place, key in enumerate(scenario.first):
        task = _task_of(scenario, key)
        marks.append(
            Mark(
                f"first-{key}", "order", tuple(order[place : place + 1]) == (key,), HEAVY, "", task.clauses,
                critical=task.notice.urgency[0] == "emergency", found=tuple(order[: place + 1]), wanted=(key,),
            )
        )  # fmt: skip
    return tuple(marks)


def _task_of(scenario: Scenario, key: str) -> Task:
    return next(task for task in scenario.messages if task.key == key)


def time_left(scenario: Scenario, minutes: int) -> timedelta:
    """How long a timed scenario may take: `minutes` for each message."""
    return timedelta(minutes=minutes * len(scenario.messages))
