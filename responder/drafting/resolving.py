"""Resolves the names across a set of packs: every topic, clause and fact that one file asks another for.

Raises one PackError for the first name that leads nowhere, with the file, the line and what exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from responder.drafting.facts import names_in
from responder.drafting.packs import DERIVED_FACTS, NATIONAL, InForce, Pack, Packs
from responder.drafting.replies import Item, Reply
from responder.errors import PackError

ANY_DAY = date(2026, 1, 1)  # topics and facts are resolved over all versions; the day only picks a view


def resolve(packs: Packs) -> None:
    """Checks the national pack and then each office's."""
    clauses = set(packs.national.clauses)
    for pack in packs.by_office.values():
        clauses |= set(pack.clauses)
    _intents_have_replies(packs)
    for rule in packs.rules:
        _known_clause(rule.file, None, rule.clause, clauses)
    for check in packs.built_in.values():
        _known_clause(f"{NATIONAL}/built_in.yml", None, check.clause, clauses)
    for pack in (packs.national, *packs.by_office.values()):
        facts = set(packs.national.facts) | set(pack.facts) | set(DERIVED_FACTS)
        _pack_names(pack, facts, clauses)
        _known_rules(pack, tuple(rule.code for rule in packs.rules))
        _one_clause_a_topic(pack)
    for id_ in packs.by_office:
        _office(packs, id_, clauses)


def _intents_have_replies(packs: Packs) -> None:
    for name in packs.intents:
        if name not in packs.national.replies:
            raise PackError(f"{NATIONAL}/replies/{name}.yml", None, "is missing; every intent needs a national reply")


def _known_clause(file: str, line: int | None, id_: str, clauses: Iterable[str]) -> None:
    if id_ not in clauses:
        owner = id_.split("/")[0]
        near = sorted(known for known in clauses if known.startswith(f"{owner}/"))
        raise PackError(file, line, f"the clause “{id_}” does not exist; there is: {', '.join(near) or 'none'}")


def _known_fact(file: str, line: int | None, name: str, facts: Iterable[str]) -> None:
    if name not in facts:
        raise PackError(file, line, f"the fact “{name}” does not exist; there is: {', '.join(sorted(facts))}")


def _known_rules(pack: Pack, codes: tuple[str, ...]) -> None:
    for clause in pack.clauses.values():
        for version in clause.versions.values():
            for check in version.checks if version else ():
                for code in check.must_keep:
                    if code not in codes:
                        there_is = ", ".join(codes) or "none"
                        raise PackError(clause.file, None, f"the rule “{code}” does not exist; there is: {there_is}")


def _pack_names(pack: Pack, facts: set[str], clauses: set[str]) -> None:
    for clause in pack.clauses.values():
        for version in clause.versions.values():
            if version is None:
                continue
            for wording in version.says.values():
                for alternatives in (*wording.full.values(), *wording.short.values()):
                    for text in alternatives:
                        for name in names_in(text):
                            _known_fact(clause.file, wording.line, name, facts)
                for id_ in wording.also:
                    _known_clause(clause.file, wording.line, id_, clauses)
            for duty in version.staff_actions:
                for id_ in duty.clauses:
                    _known_clause(clause.file, None, id_, clauses)
            for name in (*version.facts, *(fact for check in version.checks for fact in check.must_have)):
                _known_fact(clause.file, None, name, facts)
    for reply in pack.replies.values():
        for id_ in (*reply.clauses, *(id_ for duty in reply.staff_actions for id_ in duty.clauses)):
            _known_clause(reply.file, None, id_, clauses)
        for name in reply.must_have:
            _known_fact(reply.file, None, name, facts)
        for duty in reply.staff_actions:
            if not duty.clauses:
                raise PackError(reply.file, None, f"the staff action “{duty.what}” names no clause; one is needed")


def _one_clause_a_topic(pack: Pack) -> None:
    said: dict[tuple[date | None, str], str] = {}
    for clause in pack.clauses.values():
        version = clause.at(ANY_DAY)
        for topic in version.says if version else ():
            other = said.setdefault((None, topic), clause.id)
            if other != clause.id:
                raise PackError(
                    clause.file, None, f"says the topic “{topic}”, which {other} says; one clause is allowed"
                )


def items_of(reply: Reply) -> tuple[Item, ...]:
    """Every item of a reply, in whichever list it stands."""
    return tuple(item for paragraph in (*reply.paragraphs, *(reply.public or ())) for item in paragraph) + reply.also


def _office(packs: Packs, id_: str, clauses: set[str]) -> None:
    office = packs.office(id_)
    now = packs.in_force(id_, ANY_DAY)
    for id_clause in (office.channels_clause, office.hours.clause if office.hours else None):
        if id_clause is not None:
            _known_clause(f"{id_}/office.yml", None, id_clause, clauses)
    for reply in now.replies.values():
        for item in items_of(reply):
            _said(now, reply.file, item, office.languages)
        if reply.danger:
            _said(now, reply.file, Item(reply.danger), office.languages)
    frame = packs.frame
    outer = (*frame.before, *frame.after, Item(frame.danger), Item(frame.safety_close), Item(frame.hand_over))
    for item in outer:
        _said(now, frame.file, item, office.languages)


def _said(now: InForce, file: str, item: Item, languages: tuple[str, ...]) -> None:
    if item.topic not in now.topics:
        if item.optional:
            return
        raise PackError(file, item.line or None, f"no clause says the topic “{item.topic}” for {now.office.id}")
    clause, wording = now.topics[item.topic]
    for language in languages:
        if language not in wording.full:
            raise PackError(clause.file, wording.line, f"the topic “{item.topic}” has no words in “{language}”")
