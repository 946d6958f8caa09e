"""What the trainer's pages share: the offices in hand, what waits, and an objection with all that it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, request
from sqlalchemy.engine import Connection

from responder.console import access, desk_pages, practice_pages, practice_words, words
from responder.console.sheet import role_name
from responder.desk.tables import account as account_table
from responder.practice import objections, shadowing
from responder.practice.attempts import Attempt
from responder.practice.library import Library
from responder.practice.marking import WAIVED, Allowance, Mark, Result
from responder.practice.objections import Objection
from responder.practice.scenarios import Answer, Point, Scenario, Task

NOTHING, NOBODY = "nothing", "nobody"
GONE = "The scenario can’t be shown any more"
NOT_ASKED = "This point is not asked for any more"


@dataclass(frozen=True)
class Waiting:
    """What waits for whoever is signed in: objections that they may settle, drafts that they may compare."""

    objections: int
    drafts: int


@dataclass(frozen=True)
class Objected:
    """An objection with what it is about. `told`: what its page shows. `mark` None: it is no longer there; it can be
    upheld only where the scenario can still be read, and needs something allowed where the mark is still missed.
    """

    found: Objection
    mark: Mark | None
    can_be_upheld: bool
    suggested: tuple[Allowance, ...]
    takes_words: bool
    told: Mapping[str, Any]

    @property
    def needs_allowance(self) -> bool:
        """Whether upholding it must allow something."""
        return self.mark is not None and not self.mark.met


def offices() -> tuple[str, ...]:
    """The account's offices that there are."""
    return tuple(office for office in access.account().offices if office in desk_pages.packs().offices)


def chosen() -> str | None:
    """The office that the address or the form names, else the first; None where there is none. Raises NotFound."""
    mine, asked = offices(), request.values.get("office")
    if asked and asked not in mine:
        abort(404)
    return asked or next(iter(mine), None)


def waiting(connection: Connection) -> Waiting:
    """What waits."""
    account = access.account()
    objected = objections.objections_in(connection, offices()) if account.may("train") else ()
    return Waiting(
        objections=sum(one.account_id != account.id for one in objected),
        drafts=shadowing.count_waiting(connection, account),
    )


def objected(
    library: Library, found: Objection, attempt: Attempt, scenario: Scenario | None, marked: Result | None,
    names: Mapping[int, str],
) -> Objected:  # fmt: skip
    """An objection with what it is about; `scenario` and its marks as the attempt was begun with."""
    task = _task(scenario, found.key)
    mark = objections.mark_of(marked, found.key, found.mark) if marked else None
    point = next((one for one in task.points if one.id == found.mark), None) if task else None
    suggested = objections.suggested(found.key, mark) if mark and not mark.met else ()
    office = library.packs.office(found.office)
    given = attempt.answers.get(found.key, Answer())
    takes_words = point is not None and bool(suggested)
    told: dict[str, Any] = {
        "found": found,
        "title": scenario.title if scenario else found.scenario,
        "who": names[found.account_id],
        "settled_by": names.get(found.settled_by or 0, ""),
        "office": office,
        "mark": mark,
        "gone": "" if mark else NOT_ASKED if marked else GONE,
        "can_be_upheld": marked is not None,
        "clauses": [cited(library.packs, id_) for id_ in mark.clauses] if mark else (),
        "task": task,
        "channel": library.packs.channels[task.channel] if task else None,
        "given": answer_rows(library.packs, given),
        "reply": given.reply if given.do == "reply" else "",
        "right": right_rows(library.packs, task) if task else (),
        "good_reply": _good_reply(scenario, found.key),
        "order": _order(scenario, attempt) if found.key == "" else (),
        "options": [(str(place), in_words(library, one)) for place, one in enumerate(suggested)],
        "takes_words": takes_words,
        "must_not_stand": point is not None and bool(point.never),
        "phrases": _phrases(library, scenario, task, point, found.office),
        "learnt": [in_words(library, one, point) for one in found.allowance],
    }
    return Objected(found, mark, marked is not None, suggested, takes_words, told)


def allowances(shown: Objected, chosen_ones: Sequence[str], other_words: str) -> tuple[Allowance, ...]:
    """What a trainer chose to allow from now on: of what is suggested, by its number, and further words for a point."""
    numbers = {str(place): one for place, one in enumerate(shown.suggested)}
    picked = [numbers[one] for one in dict.fromkeys(chosen_ones) if one in numbers]
    if shown.takes_words:
        lines = (line.strip() for line in other_words.replace("\r", "\n").split("\n"))
        picked += [Allowance(shown.found.key, shown.found.mark, line) for line in dict.fromkeys(lines) if line]
    return tuple(picked)


def field_of_allowances(shown: Objected) -> str:
    """The field at which it is said that what is allowed is missing or does not do."""
    return "other_words" if shown.takes_words else "allow"


def in_words(library: Library, one: Allowance, point: Point | None = None) -> str:
    """What an allowance says; `point` is the one that it is about."""
    packs, said = library.packs, library.words
    if one.value == WAIVED:
        return "The point is not asked for any more."
    if one.mark == "intent":
        return f"“{packs.intents[one.value].title}” is right too." if one.value in packs.intents else one.value
    if one.mark == "urgency":
        return f"“{words.URGENCIES.get(one.value, one.value)}” is right too."
    if one.mark == "do":
        return f"“{practice_words.DECISIONS.get(one.value, one.value)}” is right too."
    if one.mark == "moderate":
        return f"“{words.MODERATION.get(one.value, one.value)}” is right too."
    if one.mark == "flags":
        return f"To mark {said.flags.get(one.value, one.value)} is not wrong."
    if one.mark == "tell":
        return f"To tell {role_name(packs, one.value)} is not wrong."
    if one.mark == "check":
        return "This finding of the check does not count here."
    return f"“{one.value}” may stand." if point and point.never else f"“{one.value}” earns the point too."


def in_words_for(library: Library, scenario: Scenario, one: Allowance) -> str:
    """What a scenario learnt, with the message and the point that it is about."""
    task = _task(scenario, one.key)
    point = next((found for found in task.points if found.id == one.mark), None) if task else None
    where = f"{task.sender}: " if task and scenario.is_shift else ""
    return f"{where}{point.why + ' ' if point else ''}{in_words(library, one, point)}"


def full_names(connection: Connection, names: Sequence[str]) -> str:
    """Those who sign in with these names, as colleagues know them, in one phrase."""
    query = sa.select(account_table.c.name, account_table.c.full_name).where(account_table.c.name.in_(names))
    known = {row.name: row.full_name for row in connection.execute(query)} if names else {}
    return words.listed([known.get(name, name) for name in names])


def answer_rows(packs: Any, answer: Answer) -> list[tuple[str, str]]:
    """What somebody answered, but for the reply: names and words."""
    return [
        ("It is", packs.intents[answer.intent].title if answer.intent in packs.intents else NOTHING),
        ("How urgent", words.URGENCIES.get(answer.urgency or "", NOTHING)),
        ("Marked", flags_in_words(answer.flags) or NOTHING),
        ("Decided", practice_words.DECISIONS.get(answer.do or "", NOTHING)),
        ("Told", roles_in_words(packs, answer.tell) or NOBODY),
        ("The message itself", words.MODERATION.get(answer.moderate, answer.moderate)),
    ]


def right_rows(packs: Any, task: Task) -> list[tuple[str, str]]:
    """What is right for a message, and what may be so too."""
    notice, decide = task.notice, task.decide
    return [
        ("It is", _titles([packs.intents[one].title for one in notice.intent])),
        ("How urgent", _or(words.URGENCIES[one] for one in notice.urgency)),
        ("Marked", _and_maybe(flags_in_words(notice.flags) or NOTHING, flags_in_words(notice.may_flags))),
        ("Decided", _or(practice_words.DECISIONS[one] for one in decide.do)),
        (
            "Told",
            _and_maybe(roles_in_words(packs, decide.tell) or NOBODY, roles_in_words(packs, decide.may_tell)),
        ),
        ("The message itself", _or(words.MODERATION[one] for one in decide.moderate)),
    ]


def flags_in_words(flags: Sequence[str]) -> str:
    """Flags as one phrase."""
    said = practice_pages.library().words.flags
    return words.listed([said.get(one, one) for one in flags])


def roles_in_words(packs: Any, roles: Sequence[str]) -> str:
    """Roles one after the other; some of their names hold an “and” or an “or”."""
    return "; ".join(packs.roles.get(role, role) for role in roles)


def cited(packs: Any, id_: str) -> dict[str, Any]:
    """A clause as a page names it, with the duty that it states."""
    found, clause = practice_words.cited(packs, id_), packs.clause(id_)
    return {
        "title": found.title, "section": found.section, "whose": found.whose, "national": found.national,
        "duty": clause.duty,
    }  # fmt: skip


def _titles(found: list[str]) -> str:
    return found[0] if len(found) == 1 else words.listed([f"“{one}”" for one in found], "or")


def _or(said: Any) -> str:
    first, *others = said
    return words.listed([first, *(f"{one[0].lower()}{one[1:]}" for one in others)], "or")


def _and_maybe(must: str, may: str) -> str:
    return f"{must}. Allowed too: {may}" if may else must


def _phrases(
    library: Library, scenario: Scenario | None, task: Task | None, point: Point | None, office: str
) -> list[str]:
    """What earns a point of the reply as it stands (words, and the office's facts), or what must not stand."""
    if scenario is None or task is None or point is None:
        return []
    facts = library.packs.in_force(office, scenario.at.date()).facts
    known = [facts[name].value(task.language) for name in point.facts if name in facts]
    return [*point.says, *point.never, *(value for value in known if value)]


def _task(scenario: Scenario | None, key: str) -> Task | None:
    return next((task for task in scenario.messages if task.key == key), None) if scenario else None


def _good_reply(scenario: Scenario | None, key: str) -> str:
    found = scenario.examples.get("good", {}).get(key) if scenario else None
    return found.reply if found else ""


def _order(scenario: Scenario | None, attempt: Attempt) -> list[str]:
    senders = {task.key: task.sender for task in scenario.messages} if scenario else {}
    return [senders.get(key, key) for key in attempt.order]
