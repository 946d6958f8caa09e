"""Scenarios: a message (or a shift of them), what a good moderator sees, decides and writes, and why.

One YAML file a scenario, `practice/<office or national>/<name>.yml`; its path is its id, docs/practice.md explains
every key. A national one is practised under the rules of the trainee's own office.

>>> book = load("practice", packs)  # doctest: +SKIP
>>> book["national/knife-in-the-kitchen"].messages[0].notice.intent  # doctest: +SKIP
('report_emergency',)
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from responder.drafting.calendar import LONDON
from responder.drafting.model import FLAGS, MODERATION_ACTIONS, URGENCIES, Assessment, Flag, Message, Post, Scored
from responder.drafting.packs import NATIONAL, Packs
from responder.drafting.reading import Section, content_of, parse, read

DECISIONS = ("reply", "no_reply", "person")
LEVELS = (1, 2, 3, 4, 5)
QUALITIES = ("good", "middling", "bad")
LANGUAGES = ("en", "cy")
GAP = r"…|\.\.\."  # in a point's words: whatever stands between them
TAKEN = ("intent", "urgency", "flags", "do", "tell", "moderate", "check")  # names of marks that any message may have
TRIAL = re.compile(r"\Atrial: (\[.*\])\n")  # the line that the desk puts before a text that is on trial
OWN = "own-"  # begins the id of a scenario that an office wrote in the console: own-<office>/<name>


@dataclass(frozen=True)
class Module:
    """One module of a course. `offices`: whose course holds it (all, where empty)."""

    id: str
    title: str
    about: str
    offices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notice:
    """What a good moderator sees. Of `intent` and `urgency` each is right, the first the best; every one of `flags`
    must be seen, those of `may_flags` may be.
    """

    intent: tuple[str, ...]
    urgency: tuple[str, ...]
    flags: tuple[str, ...] = ()
    may_flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decide:
    """What a good moderator decides: any of `do` and any of `moderate` is right, every role of `tell` must be told,
    those of `may_tell` may be; each of `or_tell` that is told does instead of one of `tell`.
    """

    do: tuple[str, ...]
    tell: tuple[str, ...] = ()
    may_tell: tuple[str, ...] = ()
    moderate: tuple[str, ...] = ("none",)
    or_tell: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """One marking point of the reply's words. `says`: any of these earns it; `facts`: any of these facts of the office
    does; `never`: none of these may stand. `critical`: missing it fails the scenario.
    """

    id: str
    why: str
    clause: str
    says: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    critical: bool = False


@dataclass(frozen=True)
class Task:
    """One message of a scenario. `minutes`: when it comes after the scenario's start; `mentions`: subjects of
    offices/national/mentions.yml that the office's draft should know of.
    """

    key: str
    channel: str
    minutes: int
    sender: str
    text: str
    language: str
    earlier: tuple[Post, ...]
    notice: Notice
    decide: Decide
    clauses: tuple[str, ...]
    points: tuple[Point, ...] = ()
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What somebody noticed, decided and wrote for one message."""

    intent: str | None = None
    urgency: str | None = None
    flags: tuple[str, ...] = ()
    do: str | None = None
    tell: tuple[str, ...] = ()
    moderate: str = "none"
    reply: str = ""


@dataclass(frozen=True)
class Scenario:
    """One scenario. `distress` says what distressing content it holds (empty: none); `first`: which messages must be
    answered before all others, in order; `examples`: a good, a middling and a bad answer, which the tests mark.
    `trial`: who wrote it (the names that they sign in with), until another trainer takes it on; no course counts it.
    `source`: the YAML that it was read from, without the line about the trial.
    """

    id: str
    title: str
    module: str
    level: int
    office: str | None
    at: datetime
    messages: tuple[Task, ...]
    debrief: str
    distress: str = ""
    first: tuple[str, ...] = ()
    examples: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
    trial: tuple[str, ...] = ()
    source: str = field(default="", compare=False, repr=False)

    @cached_property
    def version(self) -> str:
        """Names this state of its text: another letter in it is another version."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @property
    def on_trial(self) -> bool:
        """Whether it is new or changed, so that no course counts it yet."""
        return bool(self.trial)

    @property
    def is_own(self) -> bool:
        """Whether an office wrote it in the console."""
        return self.id.startswith(OWN)

    @property
    def is_shift(self) -> bool:
        """Whether several messages are in hand at once."""
        return len(self.messages) > 1

    @property
    def clauses(self) -> frozenset[str]:
        """Every clause that a mark of it rests on."""
        return frozenset(
            id_ for task in self.messages for id_ in (*task.clauses, *(point.clause for point in task.points))
        )

    def message(self, task: Task, office: str) -> Message:
        """One of its messages, as it comes to an office."""
        at = self.at + timedelta(minutes=task.minutes)
        return Message(task.text, office, task.channel, at, id=task.key, author=task.sender, thread=task.earlier)


def assessment(task: Task) -> Assessment:
    """What was read in a message, if it is read as the scenario means it: what the office's own draft is made from."""
    urgency = task.notice.urgency[0]
    return Assessment(
        intent=Scored(task.notice.intent[0], 1.0),
        language=task.language,
        urgency=urgency,  # type: ignore[arg-type]
        danger="alarm" if urgency == "emergency" else "none",
        flags=tuple(Flag(name) for name in task.notice.flags),
        mentions=task.mentions,
        chosen_by_staff=True,
    )


@dataclass(frozen=True)
class _Names:
    """What a scenario may name."""

    packs: Packs
    modules: Mapping[str, Module]

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The facts that any pack knows; an office that lacks one is not asked for it."""
        owners = (self.packs.national, *self.packs.by_office.values())
        return tuple(sorted({name for pack in owners for name in pack.facts}))


def load_modules(folder: str | Path, packs: Packs) -> dict[str, Module]:
    """The modules of the courses, in order, from modules.yml. Raises PackError."""
    root = Path(folder)
    section = read(root / "modules.yml", root)
    modules = {}
    for id_ in section.names():
        entry: Section = section.section(id_)
        modules[id_] = Module(
            id_, entry.text("title"), entry.text("about"), entry.texts("offices", tuple(packs.offices))
        )
        entry.finish()
    return modules


def load(folder: str | Path, packs: Packs) -> dict[str, Scenario]:
    """Every scenario below a folder, by id.

    Raises:
        PackError: the first fault, with file, line, what was found and what is allowed.
    """
    root = Path(folder)
    names = _Names(packs, load_modules(root, packs))
    book: dict[str, Scenario] = {}
    for owner in (NATIONAL, *packs.offices):
        for path in sorted((root / owner).glob("*.yml")):
            one = scenario_in(*content_of(path, root), f"{owner}/{path.stem}", names.packs, names.modules)
            book[one.id] = one
    return book


def scenario_in(text: str, file: str, id_: str, packs: Packs, modules: Mapping[str, Module]) -> Scenario:
    """The scenario that a text holds, with that text; `file` is what messages call it. Raises PackError."""
    scenario = read_scenario(parse(text, file), id_, packs, modules)
    return replace(scenario, source=TRIAL.sub("", text))


def read_scenario(section: Section, id_: str, packs: Packs, modules: Mapping[str, Module]) -> Scenario:
    """One scenario. Raises PackError."""
    names = _Names(packs, modules)
    owner = id_.partition("/")[0].removeprefix(OWN)
    tasks = tuple(_read_task(entry, names) for entry in section.sections("messages"))
    if not tasks:
        raise section.fault("messages", "“messages” is empty; at least one is needed")
    keys = tuple(task.key for task in tasks)
    if len(set(keys)) < len(keys):
        raise section.fault("messages", "two messages have the same key; each needs its own")
    scenario = Scenario(
        id=id_,
        title=section.text("title"),
        module=section.choice("module", _modules_of(owner, modules)),
        level=_level(section),
        office=None if owner == NATIONAL else owner,
        at=_moment(section),
        messages=tasks,
        debrief=section.text("debrief"),
        distress=section.text("distress", ""),
        first=section.texts("first", keys),
        examples=_read_examples(section.section("answers"), keys, names),
        trial=section.texts("trial"),
    )
    section.finish()
    return scenario


def _modules_of(owner: str, modules: Mapping[str, Module]) -> tuple[str, ...]:
    """The modules in which a scenario of an office (or of all) is practised."""
    return tuple(one.id for one in modules.values() if owner in (NATIONAL, *one.offices) or not one.offices)


def _level(section: Section) -> int:
    found: int = section.number("level")
    if found not in LEVELS:
        raise section.fault("level", f"“level” is {found}; allowed is: {', '.join(map(str, LEVELS))}")
    return found


def _moment(section: Section) -> datetime:
    found = section.text("at")
    try:
        return datetime.fromisoformat(found).replace(tzinfo=LONDON)
    except ValueError:
        raise section.fault("at", f"“at” is “{found}”; a time in quotes like 2026-11-18T10:30 is allowed") from None


def _read_task(section: Section, names: _Names) -> Task:
    notice: Section = section.section("notice")
    decide: Section = section.section("decide")
    intents, roles = tuple(names.packs.intents), tuple(names.packs.roles)
    task = Task(
        key=section.text("key"),
        channel=section.choice("channel", names.packs.channels),
        minutes=section.number("minutes", 0),
        sender=section.text("from"),
        text=section.text("text"),
        language=section.choice("language", LANGUAGES, "en"),
        earlier=tuple(_read_post(entry) for entry in section.sections("earlier")),
        notice=Notice(
            intent=_some(notice, "intent", intents),
            urgency=_some(notice, "urgency", URGENCIES),
            flags=notice.texts("flags", FLAGS),
            may_flags=notice.texts("may_flags", FLAGS),
        ),
        decide=Decide(
            do=_some(decide, "do", DECISIONS),
            tell=decide.texts("tell", roles),
            may_tell=decide.texts("may_tell", roles),
            moderate=decide.texts("moderate", MODERATION_ACTIONS, ("none",)),
            or_tell=decide.texts("or_tell", roles),
        ),
        clauses=_clauses(section, names),
        points=_read_points(section, names),
        mentions=section.texts("mentions", tuple(names.packs.mentions)),
    )
    for part in (notice, decide, section):
        part.finish()
    return task


def _some(section: Section, key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    found = section.texts(key, allowed)
    if not found:
        raise section.fault(key if key in section else None, f"“{key}” needs at least one of: {', '.join(allowed)}")
    return tuple(found)


def _clauses(section: Section, names: _Names) -> tuple[str, ...]:
    found = section.texts("clauses")
    if not found:
        raise section.fault(None, "“clauses” is missing; name the clauses that what is noticed and decided rests on")
    for id_ in found:
        _known_clause(section, "clauses", id_, names)
    return tuple(found)


def _known_clause(section: Section, key: str, id_: str, names: _Names) -> None:
    try:
        names.packs.clause(id_)
    except Exception:
        raise section.fault(key, f"“{key}” names “{id_}”; no pack has such a clause") from None


def _read_post(section: Section) -> Post:
    post = Post(section.choice("from", ("public", "office")), section.text("text"))
    section.finish()
    return post


def _read_points(section: Section, names: _Names) -> tuple[Point, ...]:
    points: list[Point] = []
    for entry in section.sections("write"):
        point = _read_point(entry, names)
        if point.id in {one.id for one in points}:
            raise entry.fault("point", f"the point “{point.id}” stands twice in this message; each needs its own name")
        points.append(point)
    return tuple(points)


def _read_point(section: Section, names: _Names) -> Point:
    point = Point(
        id=section.text("point"),
        why=section.text("why"),
        clause=section.text("clause"),
        says=_words(section, "says"),
        facts=section.texts("facts", names.facts),
        never=_words(section, "never"),
        critical=section.flag("critical"),
    )
    _known_clause(section, "clause", point.clause, names)
    others = (*TAKEN, *(f"flag-{flag}" for flag in FLAGS), *(f"tell-{role}" for role in names.packs.roles))
    if point.id in others or point.id.startswith("check-"):
        raise section.fault("point", f"“point” is “{point.id}”, which is the name of another mark; give it another")
    if bool(point.never) == bool(point.says or point.facts):
        raise section.fault(None, f"the point “{point.id}” needs either “says” or “facts”, or else “never”")
    section.finish()
    return point


def says_something(words: str) -> bool:
    """Whether there is a letter, a digit or a sign in it, and not only space and punctuation."""
    return any(unicodedata.category(letter)[0] in "LNS" for letter in words)


def _words(section: Section, key: str) -> tuple[str, ...]:
    found: tuple[str, ...] = section.texts(key)
    for words in found:
        if not all(says_something(part) for part in re.split(GAP, words)):
            raise section.fault(key, f"“{key}” holds “{words}”; words are allowed, also on both sides of a “…”")
    return found


def _read_examples(section: Section, keys: tuple[str, ...], names: _Names) -> dict[str, dict[str, Answer]]:
    examples: dict[str, dict[str, Answer]] = {}
    for quality in QUALITIES:
        given: Section = section.section(quality)
        examples[quality] = {}
        for key in given.names():
            if key not in keys:
                raise given.fault(key, f"“{key}” is no message of this scenario; allowed is: {', '.join(keys)}")
            examples[quality][key] = _read_answer(given.section(key), names)
    section.finish()
    return examples


def _read_answer(section: Section, names: _Names) -> Answer:
    answer = Answer(
        intent=section.choice("intent", names.packs.intents, None),
        urgency=section.choice("urgency", URGENCIES, None),
        flags=section.texts("flags", FLAGS),
        do=section.choice("do", DECISIONS, None),
        tell=section.texts("tell", tuple(names.packs.roles)),
        moderate=section.choice("moderate", MODERATION_ACTIONS, "none"),
        reply=section.text("reply", ""),
    )
    section.finish()
    return answer
