"""Packs: everything that the offices and the national pack state, read strictly and resolved.

>>> packs = load_packs("offices")
>>> sorted(packs.offices)[0]
'cleveland-opcc'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from responder.drafting.built_in import BuiltIn, read_built_in
from responder.drafting.calendar import OrdinaryHours
from responder.drafting.clauses import Clause, Duty, Requirement, Step, Version, Wording, id_from_path, read_clause
from responder.drafting.conditions import Vocabulary
from responder.drafting.facts import Fact, read_facts
from responder.drafting.model import URGENCIES, Urgency
from responder.drafting.offices import Channel, Office, read_channels, read_office
from responder.drafting.reading import Section, read
from responder.drafting.replies import Frame, Reply, read_frame, read_reply
from responder.drafting.rules import Rule, read_rule
from responder.errors import PackError, UnknownName

NATIONAL = "national"
DERIVED_FACTS = ("office", "office name", "force")


@dataclass(frozen=True)
class Intent:
    """One of the 27 wants of the label guide. `title` is for staff; `family` names the action that answers."""

    name: str
    family: str
    title: str
    least_urgency: Urgency = "routine"


@dataclass(frozen=True)
class Pack:
    """One folder: clauses, replies and facts of one owner."""

    id: str
    clauses: Mapping[str, Clause]
    replies: Mapping[str, Reply]
    facts: Mapping[str, Fact]
    office: Office | None = None


@dataclass(frozen=True)
class InForce:
    """What holds for one office on one day, with the office before the national pack."""

    office: Office
    facts: Mapping[str, Fact]
    versions: Mapping[str, tuple[Clause, Version]]
    topics: Mapping[str, tuple[Clause, Wording]]
    replies: Mapping[str, Reply]

    @cached_property
    def steps(self) -> tuple[tuple[Clause, Step], ...]:
        """All moderation steps; the office's own first."""
        return tuple((c, step) for c, version in self.versions.values() for step in version.moderation)

    @cached_property
    def duties(self) -> tuple[tuple[Clause, Duty], ...]:
        """All staff actions that stand in clauses."""
        return tuple((c, duty) for c, version in self.versions.values() for duty in version.staff_actions)

    @cached_property
    def requirements(self) -> tuple[tuple[Clause, Requirement], ...]:
        """All checks that stand in clauses."""
        return tuple((c, check) for c, version in self.versions.values() for check in version.checks)

    @cached_property
    def contacts(self) -> Mapping[str, tuple[Fact, ...]]:
        """The facts that hold a contact, by its comparable form."""
        held: dict[str, tuple[Fact, ...]] = {}
        for fact in self.facts.values():
            for key in fact.contact_keys:
                held[key] = (*held.get(key, ()), fact)
        return held

    @cached_property
    def own_words(self) -> str:
        """Facts and wordings in one case-folded text, to tell the office's own words from a person's."""
        facts = [value for fact in self.facts.values() for value in (fact.values or {}).values()]
        says = [text for _, wording in self.topics.values() for texts in wording.full.values() for text in texts]
        return "\n".join(facts + says).casefold()

    def handling(self, intent: str) -> tuple[str, Clause | None]:
        """Reply, no reply or a person: the office's clause, else the reply file."""
        for clause, version in self.versions.values():
            if intent in version.handling:
                return version.handling[intent], clause
        return self.replies[intent].handling, None


@dataclass(frozen=True)
class State:
    """How an office's pack stands on a day, for start-up, preview and the command line.

    `pre_election`: the first and last day of the pre-election period that covers the day or comes next; None: not set.
    """

    office: str
    in_force: bool
    review_due: date | None
    review_overdue: bool
    superseded_by: str | None
    to_confirm: tuple[str, ...]
    unknown: tuple[str, ...]
    pre_election: tuple[date, date] | None = None


@dataclass(frozen=True)
class Packs:
    """All packs. Look things up by name; a name that does not exist raises UnknownName with those that do."""

    root: Path
    national: Pack
    by_office: Mapping[str, Pack]
    intents: Mapping[str, Intent]
    channels: Mapping[str, Channel]
    roles: Mapping[str, str]
    mentions: Mapping[str, Mapping[str, tuple[str, ...]]]
    frame: Frame
    rules: tuple[Rule, ...]
    built_in: Mapping[str, BuiltIn]
    warnings: Mapping[str, str]
    languages: Mapping[str, tuple[str, frozenset[str]]]
    ordinary_hours: OrdinaryHours
    _in_force: dict[tuple[str, date], InForce] = field(default_factory=dict, repr=False, compare=False)

    @property
    def offices(self) -> dict[str, Office]:
        """The settings of each office, by id."""
        return {id_: pack.office for id_, pack in self.by_office.items() if pack.office}

    def office(self, id_: str) -> Office:
        """One office's settings. Raises UnknownName."""
        try:
            return self.offices[id_]
        except (KeyError, TypeError):
            raise UnknownName("office", str(id_), sorted(self.by_office)) from None

    def channel(self, id_: str) -> Channel:
        """One channel. Raises UnknownName."""
        try:
            return self.channels[id_]
        except (KeyError, TypeError):
            raise UnknownName("channel", str(id_), self.channels) from None

    def intent(self, name: str) -> Intent:
        """One intent. Raises UnknownName."""
        try:
            return self.intents[name]
        except (KeyError, TypeError):
            raise UnknownName("intent", str(name), self.intents) from None

    def clause(self, id_: str) -> Clause:
        """One clause by its id. Raises UnknownName."""
        clause = self._all_clauses.get(id_)
        if clause is None:
            raise UnknownName("clause", id_, self._all_clauses)
        return clause

    @cached_property
    def _all_clauses(self) -> dict[str, Clause]:
        merged = dict(self.national.clauses)
        for pack in self.by_office.values():
            merged |= pack.clauses
        return merged

    @cached_property
    def contacts_of_offices(self) -> Mapping[str, str]:
        """Which office a contact belongs to, by its comparable form."""
        return {
            key: id_
            for id_, pack in self.by_office.items()
            for fact in pack.facts.values()
            for key in fact.contact_keys
        }

    def in_force(self, office: str, day: date) -> InForce:
        """What holds for an office on a day. Raises UnknownName."""
        key = (office, day)
        found = self._in_force.get(key)
        if found is None:
            if len(self._in_force) > 2_000:  # days of the received messages; no need to keep them all
                self._in_force.clear()
            found = self._in_force[key] = self._resolve(self.office(office), self.by_office[office], day)
        return found

    def _resolve(self, office: Office, pack: Pack, day: date) -> InForce:
        versions: dict[str, tuple[Clause, Version]] = {}
        topics: dict[str, tuple[Clause, Wording]] = {}
        for owner in (pack, self.national):
            for clause in owner.clauses.values():
                version = clause.at(day)
                if version is None:
                    continue
                versions[clause.id] = (clause, version)
                for topic, wording in version.says.items():
                    topics.setdefault(topic, (clause, wording))
        return InForce(
            office=office,
            facts={**self.national.facts, **pack.facts, **_derived(office)},
            versions=versions,
            topics=topics,
            replies={**self.national.replies, **pack.replies},
        )

    def state(self, office: str, day: date) -> State:
        """How an office's pack stands on a day."""
        settings = self.office(office)
        facts = self.in_force(office, day).facts.values()
        return State(
            office=office,
            in_force=settings.in_force_from <= day and not settings.is_superseded(day),
            review_due=settings.policy.review_due,
            review_overdue=settings.is_review_overdue(day),
            superseded_by=settings.successor.name if settings.successor and settings.is_superseded(day) else None,
            to_confirm=tuple(fact.name for fact in facts if fact.owner == office and fact.needs_confirming),
            unknown=tuple(fact.name for fact in facts if fact.owner == office and fact.kind == "unknown"),
            pre_election=settings.next_pre_election(day),
        )


def _derived(office: Office) -> dict[str, Fact]:
    values = {"office": office.short_name, "office name": office.name, "force": office.force}
    return {
        name: Fact(name, office.id, "policy", "name", dict(words), "office.yml", confirmed=True)
        for name, words in values.items()
    }


def load_packs(folder: str | Path) -> Packs:
    """Reads every pack below a folder.

    Raises:
        PackError: the first fault, with file, line, what was found and what is allowed.
    """
    from responder.drafting.resolving import resolve  # the names across files, checked once all are read

    root = Path(folder)
    national = root / NATIONAL
    if not national.is_dir():
        raise PackError(root, None, f"holds no folder “{NATIONAL}”; the folder of the packs is needed")
    intents = _read_intents(read(national / "intents.yml", root))
    channels = read_channels(read(national / "channels.yml", root))
    roles = _read_names(read(national / "roles.yml", root))
    mentions = _read_mentions(read(national / "mentions.yml", root))
    languages = _read_languages(read(national / "languages.yml", root))
    words = Vocabulary(tuple(intents), tuple(channels), tuple(mentions), tuple(languages))
    folders = sorted(path for path in root.iterdir() if path.is_dir() and path.name != NATIONAL)
    if not folders:
        raise PackError(root, None, "holds no office; one folder for each is needed")
    frame_section = read(national / "frame.yml", root)
    ordinary = _read_ordinary(frame_section)
    packs = Packs(
        root=root,
        national=_read_pack(national, root, words, tuple(roles)),
        by_office={path.name: _read_pack(path, root, words, tuple(roles)) for path in folders},
        intents=intents,
        channels=channels,
        roles=roles,
        mentions=mentions,
        frame=read_frame(frame_section, words),
        rules=tuple(read_rule(read(path, root), path.stem, words) for path in _files(national / "checks")),
        built_in=read_built_in(read(national / "built_in.yml", root)),
        warnings=_read_names(read(national / "warnings.yml", root)),
        languages=languages,
        ordinary_hours=ordinary,
    )
    resolve(packs)
    return packs


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    for path in folder.iterdir():
        if path.suffix != ".yml" and not path.name.startswith("."):
            raise PackError(path, None, "is no .yml file; only those are allowed here")
    return sorted(folder.glob("*.yml"))


def _read_pack(folder: Path, root: Path, words: Vocabulary, roles: tuple[str, ...]) -> Pack:
    owner = folder.name
    office = None if owner == NATIONAL else read_office(read(folder / "office.yml", root), owner, words)
    clauses: dict[str, Clause] = {}
    for path in _files(folder / "clauses"):
        id_ = id_from_path(owner, path.stem)
        if id_ in clauses:
            raise PackError(path.relative_to(root), None, f"is a second file for {id_}; {clauses[id_].file} is one")
        clauses[id_] = read_clause(read(path, root), id_, words, roles)
    replies: dict[str, Reply] = {}
    for path in _files(folder / "replies"):
        reply = read_reply(read(path, root), words, roles)
        if reply.intent != path.stem:
            raise PackError(
                path.relative_to(root), 1, f"answers “{reply.intent}”; a file's name is its intent, “{path.stem}”"
            )
        replies[reply.intent] = reply
    return Pack(owner, clauses, replies, read_facts(read(folder / "facts.yml", root), owner), office)


def _read_intents(section: Section) -> dict[str, Intent]:
    intents = {}
    for name in section.names():
        entry: Section = section.section(name)
        intents[name] = Intent(
            name, entry.text("family"), entry.text("title"), entry.choice("least_urgency", URGENCIES, "routine")
        )
        entry.finish()
    return intents


def _read_names(section: Section) -> dict[str, str]:
    return {name: section.text(name) for name in section.names()}


def _read_languages(section: Section) -> dict[str, tuple[str, frozenset[str]]]:
    languages = {}
    for code in section.names():
        entry: Section = section.section(code)
        languages[code] = (entry.text("name"), frozenset(entry.texts("common")))
        entry.finish()
    return languages


def _read_mentions(section: Section) -> dict[str, dict[str, tuple[str, ...]]]:
    mentions = {}
    for subject in section.names():
        entry: Section = section.section(subject)
        mentions[subject] = {language: entry.texts(language) for language in ("en", "cy") if language in entry}
        entry.take("en", None), entry.take("cy", None)
        entry.finish()
    return mentions


def _read_ordinary(frame: Section) -> OrdinaryHours:
    from responder.drafting.offices import clock_time

    section: Section = frame.section("ordinary_hours")
    opens, closes = clock_time(section, "opens"), clock_time(section, "closes")
    section.finish()
    if opens is None or closes is None:
        raise section.fault(None, '“ordinary_hours” needs opens and closes, each a time written "HH:MM"')
    return OrdinaryHours(opens, closes)
