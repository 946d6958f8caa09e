"""How the desk works, as offices/*/desk.yml state it: who must approve, whom to pass a message to, why to close one.

The national file states everything; an office's own holds what differs. Its approvals replace the national ones as a
whole; under `escalation` and `close_reasons` it adds to them, or replaces the one of the same id.

>>> rules = load("offices")
>>> rules.approvers("cleveland-opcc", "media_enquiry", "routine", "facebook-dm", "none").approvers
1
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from responder.drafting.conditions import OFFICE_KINDS
from responder.drafting.model import DANGERS, URGENCIES
from responder.drafting.offices import read_channels
from responder.drafting.packs import NATIONAL
from responder.drafting.reading import Section, parse, read
from responder.errors import PackError, UnknownName

FILE = "desk.yml"
APPROVERS = (0, 1, 2)
LISTS = ("intent", "family", "urgency", "channel", "danger")  # what a `when` may give as a list


@dataclass(frozen=True)
class Names:
    """The names that a desk.yml may use, as the national pack declares them."""

    families: Mapping[str, str]  # of each intent
    public: Mapping[str, bool]  # of each channel
    roles: tuple[str, ...]

    def allowed(self, key: str) -> tuple[str, ...]:
        """What a list of a `when` may hold, by its key."""
        return {
            "intent": tuple(self.families),
            "family": tuple(dict.fromkeys(self.families.values())),
            "urgency": URGENCIES,
            "channel": tuple(self.public),
            "danger": DANGERS,
        }[key]


@dataclass(frozen=True)
class Condition:
    """A rule's `when`: all that is given must hold, of a list any."""

    intent: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    danger: tuple[str, ...] = ()
    public: bool | None = None

    def holds(self, found: Mapping[str, str | None], public: bool | None) -> bool:
        """Whether it holds for what was found in a message; what nobody has read yet meets no list."""
        lists = all(not getattr(self, key) or found[key] in getattr(self, key) for key in LISTS)
        return lists and self.public in (None, public)

    def as_dict(self) -> dict[str, Any]:
        """As it stands in a desk.yml; empty where it asks for nothing."""
        given = {key: list(getattr(self, key)) for key in LISTS if getattr(self, key)}
        return given if self.public is None else {**given, "public": self.public}


ALWAYS = Condition()


@dataclass(frozen=True)
class ApprovalRule:
    """How many must approve a reply to the messages that `when` is about, and why."""

    approvers: int
    why: str
    when: Condition = ALWAYS

    def as_dict(self) -> dict[str, Any]:
        """As it stands in a desk.yml."""
        when = self.when.as_dict()
        return {**({"when": when} if when else {}), "approvers": self.approvers, "why": self.why}


@dataclass(frozen=True)
class Need:
    """What one reply needs: 0 whoever may send, 1 an approver, 2 two who did not write it. `rule` counts from 1."""

    approvers: int
    why: str
    rule: int = 0

    @property
    def people(self) -> int:
        """How many different people must say yes before it goes: never nobody."""
        return max(1, self.approvers)


@dataclass(frozen=True)
class Escalation:
    """A role that a message can be passed to, and what it needs to be told. `intents`: suggested first for these."""

    role: str
    needs: tuple[str, ...]
    intents: tuple[str, ...] = ()
    office_kinds: tuple[str, ...] = OFFICE_KINDS


@dataclass(frozen=True)
class CloseReason:
    """Why a message needs no reply. `intents`: stands first for these; `needs_words`: it must be written down."""

    id: str
    title: str
    intents: tuple[str, ...] = ()
    needs_words: bool = False


@dataclass(frozen=True)
class OfficeRules:
    """What holds at one office."""

    approvals: tuple[ApprovalRule, ...]
    escalations: Mapping[str, Escalation]
    close_reasons: Mapping[str, CloseReason]


@dataclass(frozen=True)
class DeskRules:
    """All desk.yml. An office that does not exist raises UnknownName."""

    names: Names
    by_office: Mapping[str, OfficeRules]

    def approvals(self, office: str) -> tuple[ApprovalRule, ...]:
        """The rules of an office in order; the last one holds for everything else."""
        return self._of(office).approvals

    def approvers(
        self,
        office: str,
        intent: str | None,
        urgency: str | None,
        channel: str,
        danger: str | None,
        override: Iterable[ApprovalRule] | None = None,
    ) -> Need:
        """What a reply needs: the first rule that holds. `override`: rules that stand in the place of the files'.

        None stands for what nobody has read in the message yet.
        """
        found = {
            "intent": intent,
            "family": self.names.families.get(intent or ""),
            "urgency": urgency,
            "channel": channel,
            "danger": danger,
        }
        public = self.names.public.get(channel)
        rules = self.approvals(office) if override is None else tuple(override)
        number, rule = next((n, rule) for n, rule in enumerate(rules, 1) if rule.when.holds(found, public))
        return Need(rule.approvers, rule.why, number)

    def escalations(self, office: str, intent: str | None = None) -> tuple[Escalation, ...]:
        """Whom one may pass a message to, those suggested for this intent first."""
        return _fitting_first(self._of(office).escalations.values(), intent)

    def close_reasons(self, office: str, intent: str | None = None) -> tuple[CloseReason, ...]:
        """Why a message may be left without a reply, those for this intent first."""
        return _fitting_first(self._of(office).close_reasons.values(), intent)

    def _of(self, office: str) -> OfficeRules:
        try:
            return self.by_office[office]
        except KeyError:
            raise UnknownName("office", office, sorted(self.by_office)) from None


def _fitting_first(items: Iterable[Any], intent: str | None) -> tuple[Any, ...]:
    return tuple(sorted(items, key=lambda item: intent not in item.intents))


def load(folder: str | Path) -> DeskRules:
    """Reads every desk.yml below the folder of the packs.

    Raises:
        PackError: the first fault, with file, line, what was found and what is allowed.
    """
    root = Path(folder)
    names = _names(root)
    section = read(root / NATIONAL / FILE, root)
    if "approvals" not in section:
        raise section.fault(None, "“approvals” is missing")
    national = _office_rules(section, names)
    section.finish()
    offices = [path for path in sorted(root.iterdir()) if path.is_dir() and path.name != NATIONAL]
    return DeskRules(names, {path.name: _of_office(path, root, names, national) for path in offices})


def read_approvals(value: Any, names: Names, place: str) -> tuple[ApprovalRule, ...]:
    """Rules in the shape of a desk.yml's `approvals`, from plain JSON types: those that an office set for itself.

    Raises:
        PackError: `line` is the number of the rule that is at fault (None: not one of them), `file` is `place`.
    """
    if not isinstance(value, list):
        raise PackError(place, None, "is no list of rules")
    lines = [f"- {json.dumps(rule, ensure_ascii=False)}\n" for rule in value]
    try:
        section = parse(f"approvals:{'' if lines else ' []'}\n{''.join(lines)}", place)
        return _approvals(section, names)
    except PackError as fault:
        number = (fault.line or 1) - 1  # each rule stands on a line of its own, below the key
        raise PackError(place, number or None, fault.what) from None


def _names(root: Path) -> Names:
    national = root / NATIONAL
    intents = read(national / "intents.yml", root)
    return Names(
        families={name: intents.section(name).text("family") for name in intents.names()},
        public={id_: one.public for id_, one in read_channels(read(national / "channels.yml", root)).items()},
        roles=tuple(read(national / "roles.yml", root).names()),
    )


def _of_office(folder: Path, root: Path, names: Names, national: OfficeRules) -> OfficeRules:
    kind = read(folder / "office.yml", root).choice("kind", OFFICE_KINDS)
    own = OfficeRules((), {}, {})
    if (folder / FILE).exists():
        section = read(folder / FILE, root)
        own = _office_rules(section, names)
        section.finish()
    escalations = {**national.escalations, **own.escalations}
    return OfficeRules(
        approvals=own.approvals or national.approvals,
        escalations={role: one for role, one in escalations.items() if kind in one.office_kinds},
        close_reasons={**national.close_reasons, **own.close_reasons},
    )


def _office_rules(section: Section, names: Names) -> OfficeRules:
    """The keys that an office's file may hold too."""
    return OfficeRules(
        approvals=_approvals(section, names),
        escalations=_escalations(section.section("escalation", None), names),
        close_reasons=_close_reasons(section.section("close_reasons", None), names),
    )


def _approvals(section: Section, names: Names) -> tuple[ApprovalRule, ...]:
    entries = section.sections("approvals")
    if "approvals" in section and not entries:
        raise section.fault("approvals", "“approvals” is empty; at least one rule, without “when”, is needed")
    rules = []
    for number, entry in enumerate(entries, 1):
        when = _when(entry, names)
        if number == len(entries) and when != ALWAYS:
            raise entry.fault(
                None, "the last rule has a “when”; a last rule without one is needed, for all other messages"
            )
        if number < len(entries) and when == ALWAYS:
            raise entry.fault(None, "a rule without “when” leaves nothing for those after it; only the last may be so")
        approvers = entry.number("approvers")
        if approvers not in APPROVERS:
            raise entry.fault("approvers", f"“approvers” is “{approvers}”; allowed is: 0, 1, 2")
        rules.append(ApprovalRule(approvers, entry.text("why"), when))
        entry.finish()
    return tuple(rules)


def _when(entry: Section, names: Names) -> Condition:
    section: Section | None = entry.section("when", None)
    if section is None:
        return ALWAYS
    lists = {key: section.texts(key, names.allowed(key)) for key in LISTS}
    public = section.flag("public") if "public" in section else section.take("public", None)
    section.finish()
    condition = Condition(**lists, public=public)
    if condition == ALWAYS:
        raise entry.fault("when", "“when” asks for nothing; leave it out for a rule that always holds")
    return condition


def _escalations(section: Section | None, names: Names) -> dict[str, Escalation]:
    found: dict[str, Escalation] = {}
    if section is None:
        return found
    for role in section.names():
        if role not in names.roles:
            raise section.fault(role, f"there is no role “{role}”; allowed is: {', '.join(names.roles)}")
        entry: Section = section.section(role)
        needs = entry.texts("needs")
        if not needs:
            raise entry.fault(None, "“needs” is missing; what the role needs to be told is needed")
        found[role] = Escalation(
            role, needs, entry.texts("intent", names.families), entry.texts("office_kind", OFFICE_KINDS, OFFICE_KINDS)
        )
        entry.finish()
    return found


def _close_reasons(section: Section | None, names: Names) -> dict[str, CloseReason]:
    found: dict[str, CloseReason] = {}
    if section is None:
        return found
    for id_ in section.names():
        if len(id_) > 40:
            raise section.fault(id_, f"“{id_}” is too long for an id; 40 characters are allowed")
        entry: Section = section.section(id_)
        found[id_] = CloseReason(id_, entry.text("title"), entry.texts("for", names.families), entry.flag("words"))
        entry.finish()
    return found
