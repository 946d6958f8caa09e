"""Facts: what may be put into a reply where a wording says ((fact name)).

>>> fill("Ring ((101)).", {"101": Fact("101", "national", "published", "phone", {"en": "101"}, "gov.uk")}, "en")
Filled(text='Ring 101.', missing=(), used=('101',))
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from responder.drafting.contacts import keys_of
from responder.drafting.reading import Section

KINDS = ("policy", "published", "unknown")
TYPES = ("url", "phone", "email", "post", "name", "text")
MARK = re.compile(r"\(\(([^()|]{1,80})(?:\|([^()]{0,200}))?\)\)")


@dataclass(frozen=True)
class Fact:
    """One fact with its source. `values` is by language; None where nobody knows it."""

    name: str
    owner: str
    kind: str
    type: str
    values: Mapping[str, str] | None
    source: str = ""
    as_of: date | None = None
    confirmed: bool = False
    superseded: bool = False
    staff_only: bool = False
    sensitive: bool = False
    file: str = ""
    line: int = 0

    @property
    def is_known(self) -> bool:
        """Whether a value may be put into a reply at all."""
        return self.values is not None and not self.superseded and not self.staff_only

    @property
    def needs_confirming(self) -> bool:
        """Whether the office should still say that it is right."""
        return self.values is not None and self.kind == "published" and not self.confirmed

    @cached_property
    def contact_keys(self) -> frozenset[str]:
        """The comparable forms of the contacts in it, in all its languages."""
        return frozenset(keys_of(self.values.values())) if self.values else frozenset()

    def value(self, language: str) -> str | None:
        """The value in a language, else in English, else None."""
        if self.values is None:
            return None
        return self.values.get(language, self.values.get("en"))

    def may_stand(self, public: bool) -> bool:
        """Whether it may stand in this reply: a victim-support page never stands in public."""
        return self.is_known and not (public and self.sensitive and self.type == "url")


@dataclass(frozen=True)
class Filled:
    """A wording with its facts put in; an unknown fact stays visible as ((fact))."""

    text: str
    missing: tuple[str, ...]
    used: tuple[str, ...]


def names_in(wording: str) -> list[str]:
    """The facts that a wording asks for, in order."""
    return [match.group(1).strip() for match in MARK.finditer(wording)]


def fill(wording: str, facts: Mapping[str, Fact], language: str, public: bool = False) -> Filled:
    """Puts facts into one wording. A missing fact without fallback words stays as its mark."""
    missing: list[str] = []
    used: list[str] = []

    def put(match: re.Match[str]) -> str:
        name, fallback = match.group(1).strip(), match.group(2)
        fact = facts.get(name)
        if fact is not None and fact.may_stand(public):
            used.append(name)
            return fact.value(language) or ""
        if fallback is not None:
            return fallback
        missing.append(name)
        return f"(({name}))"

    return Filled(MARK.sub(put, wording), tuple(missing), tuple(used))


def read_facts(section: Section, owner: str) -> dict[str, Fact]:
    """All facts of one facts.yml. Raises PackError on a fault."""
    facts: dict[str, Fact] = {}
    for name in section.names():
        facts[name] = _read_fact(section.section(name), name, owner)
    return facts


def _read_fact(section: Section, name: str, owner: str) -> Fact:
    kind = section.choice("kind", KINDS)
    values: dict[str, str] | None = None
    if "value" in section:
        raw = section.take("value")
        if isinstance(raw, Section):
            values = {language: raw.text(language) for language in raw.names()}
            raw.finish()
        else:
            values = {"en": section.text("value")}
    if kind == "unknown" and values:
        raise section.fault("value", f"“{name}” has a value and is of kind unknown; policy or published is allowed")
    if kind != "unknown" and not values:
        raise section.fault("kind", f"“{name}” has no value; kind unknown is allowed, or a value")
    fact = Fact(
        name=name,
        owner=owner,
        kind=kind,
        type=section.choice("type", TYPES),
        values=values,
        source=section.text("source", "") if kind == "unknown" else section.text("source"),
        as_of=section.day("as_of", None),
        confirmed=section.flag("confirmed"),
        superseded=section.flag("superseded"),
        staff_only=section.flag("staff_only"),
        sensitive=section.flag("sensitive"),
        file=section.file,
        line=section.line,
    )
    section.text("note", "")
    section.finish()
    return fact
