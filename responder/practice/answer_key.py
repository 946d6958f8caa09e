"""A second look at the answer key of a scenario: what in it differs from what the office's own rules would do.

The rules draft for the message under the scenario's own reading. Where the key neither asks for nor allows what they
do, a sentence says so; it never blocks, as a key may be right where the rules are not. What does block is a telephone
number or an e-mail address that could be somebody's.

>>> look_again(packs, words, scenario, "cleveland-opcc")  # doctest: +SKIP
('The words hold a phone number (07700 900123): “personal data” is neither asked for nor allowed.',)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from responder.drafting import draft
from responder.drafting.calendar import local_time
from responder.drafting.contacts import find_contacts, phone_key
from responder.drafting.model import Draft, Flag
from responder.drafting.packs import Packs
from responder.drafting.personal_data import REASONS, find_personal_data
from responder.errors import UnknownName
from responder.practice.scenarios import Scenario, Task, assessment
from responder.practice.wording import Words, listed

# Numbers that Ofcom keeps for drama: they ring nobody.
_DRAMA = re.compile(
    r"01632960\d{3}|07700900\d{3}|08081570\d{3}|09098790\d{3}|03069990\d{3}"
    r"|01(?:1[345678]|21|31|41|51|61)4960\d{3}|01914980\d{3}|02079460\d{3}|02896496\d{3}|02890180\d{3}|02920180\d{3}"
)
_SHORT = re.compile(r"999|911|1\d\d|116\d{3}|1800[01]\d*|[5-9]\d{4}")
_MOBILE = re.compile(r"7\d{9}")  # without its nought
_INVENTED_MAIL = re.compile(r"@(?:[a-z0-9-]+\.)*example\.(?:org|com)$", re.IGNORECASE)
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SPOKEN = {**{word: str(digit) for digit, word in enumerate(_DIGITS)}, "oh": "0", "o": "0", "nought": "0"}
_TIMES = {"double": 2, "treble": 3, "triple": 3}
Named = TypeVar("Named")
NUMBERS = "07700 900 and three digits, or 01632 960 and three digits"
MAIL = "example.org"


def look_again(packs: Packs, words: Words, scenario: Scenario, office: str) -> tuple[str, ...]:
    """Where the key differs from what the office's rules would do, a sentence each; none where it agrees.

    Raises UnknownName where there is no such office.
    """
    packs.office(office)
    return tuple(
        f"{task.sender}: {said}" if scenario.is_shift else said
        for task in scenario.messages
        for said in _differs(packs, words, scenario, task, office)
    )


@dataclass(frozen=True)
class Real:
    """A contact that could be somebody's, as it is written, and the sentence that says what to write instead."""

    contact: str
    said: str


def real_contacts(packs: Packs, texts: Mapping[Named, str]) -> dict[Named, Real]:
    """Telephone numbers and e-mail addresses that could be somebody's: the first of each text, by the text's name.

    What the packs publish, numbers kept for drama, short ones (999, 101) and addresses at example.org and example.com
    are allowed.
    """
    public = _public(packs)
    found = ((name, next(_real(text, public), None)) for name, text in texts.items())
    return {name: real for name, real in found if real is not None}


def _differs(packs: Packs, words: Words, scenario: Scenario, task: Task, office: str) -> Iterator[str]:
    flags = {*task.notice.flags, *task.notice.may_flags}
    seen = _seen(task.text)
    missed = {flag: what for flag, what in seen.items() if flag not in flags}
    for flag, what in missed.items():
        yield f"The words hold {what}: “{words.flags[flag]}” is neither asked for nor allowed."
    read = assessment(task)
    beside = tuple(Flag(flag) for flag in missed if flag not in task.notice.flags)
    message = scenario.message(task, office)
    made = draft(packs, message, replace(read, flags=(*read.flags, *beside)))
    yield from _handling(packs, words, task, made, local_time(message.spoken_at).date())
    yield from _told(packs, task, made)
    yield from _moderation(packs, words, task, made)


def _seen(text: str) -> dict[str, str]:
    """What stands in a text by its shape alone, by the flag: personal data and links."""
    found = {}
    if data := find_personal_data(text):
        shown = dict.fromkeys(f"{REASONS[one.kind or '']} ({text[one.start : one.end]})" for one in data)
        found["personal_data"] = listed(list(shown)[:3])
    if links := [one.text for one in find_contacts(text) if one.kind == "url"]:
        found["link"] = f"a link ({links[0]})"
    return found


def _handling(packs: Packs, words: Words, task: Task, made: Draft, day: date) -> Iterator[str]:
    if made.handling in task.decide.do:
        return
    now = packs.in_force(made.office, day)
    intent = made.assessment.intent.name
    _, clause = now.handling(intent)
    resting = (clause.id,) if clause else now.replies[intent].clauses
    allowed = listed((words.decisions[one] for one in task.decide.do), "or")
    rules = f"The office's own rules would {words.decisions[made.handling]}{_by(packs, resting)}"
    yield f"{rules}; the key allows to {allowed}."


def _told(packs: Packs, task: Task, made: Draft) -> Iterator[str]:
    known = {*task.decide.tell, *task.decide.may_tell, *task.decide.or_tell}
    missed = {one.to: one for one in reversed(made.staff_actions) if one.to not in known}
    for role, one in reversed(missed.items()):
        rules = f"The office's own rules ask to tell: {packs.roles[role]}{_by(packs, one.clauses)}"
        yield f"{rules}; the key neither asks for that nor allows it."


def _moderation(packs: Packs, words: Words, task: Task, made: Draft) -> Iterator[str]:
    steps = [one for one in made.moderation if one.action != "none"]
    if not steps or {one.action for one in steps} & set(task.decide.moderate):
        return
    rules = listed(dict.fromkeys(words.moderation[one.action] for one in steps), "or")
    allowed = listed((words.moderation[one] for one in task.decide.moderate), "or")
    resting = [id_ for one in steps for id_ in one.clauses]
    yield f"The office's policy has a step for this: {rules}{_by(packs, resting)}; the key allows only to {allowed}."


def _by(packs: Packs, ids: Iterable[str]) -> str:
    """The first clause that something rests on, by its title; nothing where there is none."""
    for id_ in ids:
        try:
            clause = packs.clause(id_)
        except UnknownName:
            continue
        section = f", {clause.section}" if clause.section else ""
        return f" (“{clause.title}”{section})"
    return ""


def _public(packs: Packs) -> frozenset[str]:
    national = (key for fact in packs.national.facts.values() for key in fact.contact_keys)
    return frozenset((*packs.contacts_of_offices, *national))


def _real(text: str, public: frozenset[str]) -> Iterator[Real]:
    """Every contact in a text that could be somebody's."""
    contacts = find_contacts(text)
    mails = {one.text for one in contacts if one.kind == "email"}
    numbers = {one.text: one.key for one in contacts if one.kind == "phone" and _rings(one.key, one.text)}
    numbers |= {one.text: f"0{one.key}" for one in contacts if one.kind == "phone" and _MOBILE.fullmatch(one.key)}
    for flag in find_personal_data(text):
        found = text[flag.start : flag.end]
        if flag.kind == "email":
            mails |= set() if any(found in one or one in found for one in mails) else {found}
        elif flag.kind == "phone":
            numbers[found] = phone_key(_in_digits(found))
    for mail in sorted(mails):
        if mail.lower() not in public and not _INVENTED_MAIL.search(mail):
            yield Real(mail, f"“{mail}” could be somebody's address: write one at {MAIL}")
    for number, key in sorted(numbers.items()):
        if key not in public and not _SHORT.fullmatch(key) and not _DRAMA.fullmatch(key):
            yield Real(number, f"“{number}” could be somebody's number: write {NUMBERS}")


def _rings(key: str, text: str) -> bool:
    """Whether digits could ring somebody: not an account, a card or a case, which begin with no nought."""
    return key.startswith("0") or text.lstrip("(").startswith("+") or len(key) <= 8


def _in_digits(found: str) -> str:
    """A number that may be spelt out: "double seven" is 77."""
    if any(sign.isdigit() for sign in found):
        return found
    digits, times = "", 1
    for word in re.findall(r"[a-z]+", found.casefold()):
        if word in _TIMES:
            times = _TIMES[word]
        else:
            digits, times = digits + _SPOKEN.get(word, "") * times, 1
    return digits
