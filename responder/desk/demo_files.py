"""The demonstration's invented people and messages, read strictly from demo/: people.yml, and one file an office.

>>> invented = load(Path("demo"), packs, rules)  # doctest: +SKIP
>>> len(invented.messages["cleveland-opcc"]), len(invented.arrivals["cleveland-opcc"])  # doctest: +SKIP
(34, 16)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from responder.desk import roles
from responder.desk.desk_rules import DeskRules
from responder.drafting.model import DANGERS
from responder.drafting.packs import Packs
from responder.drafting.reading import Section, read

PEOPLE = "people.yml"
LONGEST_AGO = 45 * 24 * 60
SENDERS = ("public", "office")
# what staff may have done: the keys beside who did it and `after`; those with a question mark may be missing
STEPS = {
    "note": ("text",),
    "assign": ("to",),
    "escalate": ("to", "text"),
    "settle": (),
    "warn": ("text",),
    "correct": ("intent",),
    "close": ("reason", "text?"),
    "save": ("first?", "last?", "text?"),
    "ask": ("first?", "last?", "text?"),
    "approve": (),
    "send-back": ("text",),
    "send": (),
    "answer": ("first?", "last?", "text?"),
}


@dataclass(frozen=True)
class Person:
    """One invented colleague. `name` is what they sign in with."""

    name: str
    full_name: str
    role: str


@dataclass(frozen=True)
class Step:
    """What somebody did with a message, `after` so many minutes.

    `first` and `last` are put before and after the drafted words; `text` is a whole reply, a note or a reason.
    """

    kind: str
    by: str
    after: int
    to: str = ""
    text: str = ""
    first: str = ""
    last: str = ""
    intent: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Post:
    """An earlier post that came with a message."""

    sender: str
    text: str
    minutes_ago: int


@dataclass(frozen=True)
class Invented:
    """One invented message. `key` is its name in the file; `then` is what staff did with it, in order.

    `intent`, `danger` and `language` are what it is by the label guide. The desk reads the message itself.
    """

    key: str
    intent: str
    channel: str
    author: str
    text: str
    minutes_ago: int = 0
    thread: str | None = None
    earlier: tuple[Post, ...] = ()
    then: tuple[Step, ...] = ()
    danger: str = "none"
    language: str = "en"


@dataclass(frozen=True)
class Demo:
    """All that is invented: colleagues, and by office the messages that are there and those that arrive."""

    people: tuple[Person, ...]
    visitor: str
    messages: Mapping[str, tuple[Invented, ...]]
    arrivals: Mapping[str, tuple[Invented, ...]]


def load(folder: Path, packs: Packs, rules: DeskRules) -> Demo:
    """Reads every file of a folder.

    Raises:
        PackError: the first fault, with file, line, what was found and what is allowed.
    """
    people, visitor = _people(read(folder / PEOPLE, folder))
    names = tuple(person.name for person in people)
    messages, arrivals = {}, {}
    for office in packs.offices:
        section = read(folder / f"{office}.yml", folder)
        messages[office] = _messages(section, "messages", office, packs, rules, names)
        arrivals[office] = _messages(section, "arrive", office, packs, rules, names)
        section.finish()
    return Demo(people, visitor, messages, arrivals)


def _people(section: Section) -> tuple[tuple[Person, ...], str]:
    found: list[Person] = []
    for entry in section.sections("people"):
        person = Person(entry.text("name"), entry.text("full_name"), entry.choice("role", roles.ROLES))
        if person.name in {one.name for one in found}:
            raise entry.fault("name", f"“{person.name}” stands twice; once is allowed")
        entry.finish()
        found.append(person)
    visitor = section.choice("visitor", [person.name for person in found])
    section.finish()
    return tuple(found), visitor


def _messages(
    section: Section, key: str, office: str, packs: Packs, rules: DeskRules, people: tuple[str, ...]
) -> tuple[Invented, ...]:
    found: dict[str, Invented] = {}
    for entry in section.sections(key):
        is_there = key == "messages"
        minutes = _minutes(entry, "minutes_ago", LONGEST_AGO) if is_there else 0
        made = Invented(
            key=entry.text("key"),
            intent=entry.choice("is", packs.intents),
            danger=entry.choice("danger", DANGERS, "none"),
            language=entry.choice("language", packs.languages, "en"),
            channel=entry.choice("channel", packs.office(office).channels),
            author=entry.text("author"),
            text=entry.text("text"),
            minutes_ago=minutes,
            thread=entry.text("thread", None),
            earlier=tuple(_post(post, minutes) for post in entry.sections("earlier")),
            then=_steps(entry, minutes, office, packs, rules, people) if is_there else (),
        )
        entry.finish()
        if made.key in found:
            raise entry.fault("key", f"“{made.key}” stands twice; once is allowed")
        found[made.key] = made
    return tuple(found.values())


def _post(section: Section, youngest: int) -> Post:
    made = Post(
        section.choice("from", SENDERS), section.text("text"), _minutes(section, "minutes_ago", LONGEST_AGO * 10)
    )
    if made.minutes_ago < youngest:
        raise section.fault("minutes_ago", "“minutes_ago” is later than the message; an earlier time is allowed")
    section.finish()
    return made


def _steps(
    section: Section, oldest: int, office: str, packs: Packs, rules: DeskRules, people: tuple[str, ...]
) -> tuple[Step, ...]:
    found: list[Step] = []
    for entry in section.sections("then"):
        step = _step(entry, oldest, office, packs, rules, people)
        if found and step.after < found[-1].after:
            raise entry.fault("after", "“after” is before the step above it; a later time is allowed")
        found.append(step)
    return tuple(found)


def _step(section: Section, oldest: int, office: str, packs: Packs, rules: DeskRules, people: tuple[str, ...]) -> Step:
    kinds = [name for name in section.names() if name in STEPS]
    if len(kinds) != 1:
        raise section.fault(None, f"is no step; allowed is one of: {', '.join(STEPS)}")
    kind = kinds[0]
    allowed: dict[str, Any] = {
        "to": people if kind == "assign" else [one.role for one in rules.escalations(office)],
        "intent": packs.intents,
        "reason": [one.id for one in rules.close_reasons(office)],
    }
    given = {}
    for key in STEPS[kind]:
        name, may_be_missing = key.rstrip("?"), key.endswith("?")
        if name in allowed:
            given[name] = section.choice(name, allowed[name])
        elif not may_be_missing or name in section:
            given[name] = section.text(name)
        else:
            section.take(name, None)
    step = Step(kind, section.choice(kind, people), _minutes(section, "after", oldest), **given)
    section.finish()
    return step


def _minutes(section: Section, key: str, most: int) -> int:
    number: int = section.number(key)
    if not 0 <= number <= most:
        raise section.fault(key, f"“{key}” is “{number}”; 0 to {most} minutes are allowed")
    return number
