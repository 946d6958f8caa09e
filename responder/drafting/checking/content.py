"""What a reply must say and must not say: danger first, required facts, phrases, length, language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from responder.drafting.checking.case import Case, as_level
from responder.drafting.clauses import Requirement
from responder.drafting.compose import reply_language
from responder.drafting.contacts import has_number, is_number, keys_of
from responder.drafting.facts import Fact
from responder.drafting.model import Finding
from responder.drafting.rules import Phrases

LONG_SENTENCE = 36  # words; above it a sentence is hard to take in at a reading age of twelve

_phrases = lru_cache(maxsize=512)(Phrases)


def first_sentence(reply: str) -> str:
    """The text up to the first full stop, question mark or line break."""
    return re.split(r"(?<=[.!?])\s|\n", reply.strip(), maxsplit=1)[0]


def empty(case: Case) -> Iterator[Finding]:
    """No text at all."""
    if not case.reply.strip():
        yield case.built_in("empty").finding()


def danger_first(case: Case) -> Iterator[Finding]:
    """999 in the first sentence on danger; anywhere where danger cannot be ruled out."""
    number = case.emergency_number
    first = first_sentence(case.reply)
    if case.assessment.is_emergency:
        if not re.search(rf"(?<!\d){number}(?!\d)", first):
            yield case.built_in("danger-first").finding(0, len(first), value=number)
    elif case.assessment.danger == "possible" and not re.search(rf"(?<!\d){number}(?!\d)", case.reply):
        yield case.built_in("safety-line").finding(value=number)


def _holds(reply: str, fact: Fact, language: str) -> bool:
    value = fact.value(language) or ""
    if is_number(value):
        return has_number(reply, value)
    if fact.type in ("email", "url"):
        return keys_of([value]) <= keys_of([reply])
    return value.casefold() in reply.casefold()


def must_have(case: Case) -> Iterator[Finding]:
    """The facts that a reply to this intent, urgency and office must hold, and the phrases it must not.

    Where nobody can say what the message wants, nothing is asked for that only its intent would need.
    """
    own = case.now.replies[case.situation.intent]
    built_in = case.built_in("must-have")
    clause_of_reply = next(iter(own.clauses), built_in.clause)
    own_facts = own.must_have if case.assessment.is_read else ()
    wanted = [(name, clause_of_reply, "", built_in.level) for name in own_facts]
    for clause, requirement in case.now.requirements:
        if not requirement.when.holds(case.situation) or (requirement.when.intent and not case.assessment.is_read):
            continue
        level = as_level(requirement.level)
        wanted += [(name, clause.id, requirement.why, level) for name in requirement.must_have]
        for start, end in _places(case, requirement):
            marks = {"found": case.reply[start:end], "why": requirement.why}
            yield case.built_in("must-not-have").finding(
                start, end, clause=clause.id, level=level, replacement="", **marks
            )
    for name, clause_id, why, level in dict.fromkeys(wanted):
        fact = case.now.facts[name]
        if fact.may_stand(case.situation.public) and not _holds(case.reply, fact, case.situation.language):
            value = fact.value(case.situation.language)
            yield built_in.finding(clause=clause_id, level=level, value=value, name=name, why=why)


def _places(case: Case, requirement: Requirement) -> Iterator[tuple[int, int]]:
    """Where a reply has what a clause does not let it have."""
    if requirement.must_not_have:
        yield from _phrases(requirement.must_not_have).find(case.words)
    for rule in case.packs.rules:
        if rule.code in requirement.must_keep:
            yield from rule.hits(case.words)


def phrases(case: Case) -> Iterator[Finding]:
    """The phrase rules of offices/national/checks/."""
    for rule in case.packs.rules:
        if rule.when.holds(case.situation):
            for start, end in rule.hits(case.words):
                text = f"“{case.reply[start:end]}”: {rule.why}"
                yield Finding(rule.code, as_level(rule.level), text, rule.clause, rule.mend, start, end)


def length(case: Case) -> Iterator[Finding]:
    """Longer than the channel takes."""
    channel = case.packs.channel(case.situation.channel)
    if channel.limit is not None and not channel.fits(case.reply):
        counted = channel.length(case.reply)
        yield case.built_in("too-long").finding(
            length=counted, name=channel.title, value=channel.limit, over=counted - channel.limit
        )


def language(case: Case) -> Iterator[Finding]:
    """In another language than the message's, where the office answers in that."""
    words = re.findall(r"[^\W\d_]+", case.reply.lower())
    counts = {code: sum(word in common for word in words) for code, (_, common) in case.packs.languages.items()}
    best = max(counts, key=lambda code: counts[code])
    expected = reply_language(case.now.office, case.assessment.language)
    right = best == expected if case.language_known else best in case.now.office.languages
    if right or counts[best] < 2 or counts[best] <= 1.5 * counts[expected]:
        return
    clause = next((c.id for c, version in case.now.versions.values() if "languages" in version.settings), None)
    named = {code: name for code, (name, _) in case.packs.languages.items()}
    yield case.built_in("wrong-language").finding(clause=clause, found=named[best], value=named[expected])


def no_reply(case: Case) -> Iterator[Finding]:
    """A reply where the policy says that nobody answers; only advice where no clause of the office says so."""
    handling, clause = case.now.handling(case.situation.intent)
    danger = case.assessment.danger != "none" or case.assessment.is_emergency
    if handling != "no_reply" or danger or not case.assessment.is_read:
        return
    own = case.now.replies[case.situation.intent]
    built_in = case.built_in("no-reply-policy")
    if clause and not clause.is_national:
        yield built_in.finding(clause=clause.id, level="blocking", why=clause.duty)
    else:
        yield built_in.finding(clause=next(iter(own.clauses), built_in.clause), why=own.why or built_in.text)


def long_sentences(case: Case) -> Iterator[Finding]:
    """Sentences that are hard to take in."""
    for match in re.finditer(r"(?:[^.!?\n]|[.!?](?=\S))+", case.reply):
        number = len(match.group().split())
        if number > LONG_SENTENCE:
            yield case.built_in("long-sentence").finding(*match.span(), length=number)
