"""What a reply must not give away or make up: contacts, gaps, personal data, names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from responder.drafting.checking.case import Case
from responder.drafting.contacts import Contact, find_contacts, keys_of
from responder.drafting.facts import MARK
from responder.drafting.model import Finding
from responder.drafting.personal_data import find_personal_data

_NAME = re.compile(r"\b[A-Z][a-z'’-]{1,30}(?: [A-Z][a-z'’-]{1,30}){1,3}\b")


def contacts(case: Case) -> Iterator[Finding]:
    """Every number, address and link must be a known one of this office, in use, and fit for this channel."""
    for contact in find_contacts(case.reply):
        code, name = _verdict(case, contact)
        if code:
            yield case.built_in(code).finding(contact.start, contact.end, replacement="", found=contact.text, name=name)


def _verdict(case: Case, contact: Contact) -> tuple[str | None, str]:
    holding = case.now.contacts.get(contact.key, ())
    known = [fact for fact in holding if fact.is_known]
    if any(fact.may_stand(case.situation.public) for fact in known):
        return None, ""
    if known:
        return "sensitive-link", known[0].name
    if holding:
        return ("staff-only-contact" if holding[0].staff_only else "superseded-contact"), holding[0].name
    owner = case.packs.contacts_of_offices.get(contact.key)
    if owner:
        return "other-office-contact", owner
    return "unknown-contact", ""


def unfilled(case: Case) -> Iterator[Finding]:
    """A fact that nobody has filled in yet."""
    for match in MARK.finditer(case.reply):
        yield case.built_in("unfilled-fact").finding(*match.span(), found=match.group(1).strip())


def personal_data(case: Case) -> Iterator[Finding]:
    """Personal data of any kind, and whatever of the message points at a person."""
    reported: set[tuple[int, int]] = set()
    for secret, kind in _secrets(case):
        for match in re.finditer(rf"(?<!\w){re.escape(secret)}(?!\w)", case.reply, re.IGNORECASE):
            if not _is_our_own(case, secret) and match.span() not in reported:
                reported.add(match.span())
                yield case.built_in("repeats-message").finding(
                    *match.span(), replacement="", found=match.group(), name=kind
                )
    for flag in find_personal_data(case.reply):
        if flag.start is None or flag.end is None or (flag.start, flag.end) in reported:
            continue
        text = case.reply[flag.start : flag.end]
        if flag.kind in ("phone", "email") or _is_our_own(case, text) or keys_of([text]) & case.now.contacts.keys():
            continue  # contacts have their own check
        yield case.built_in("personal-data").finding(
            flag.start, flag.end, replacement="", found=text, name=_kind(flag.kind)
        )


def _kind(kind: str | None) -> str:
    return (kind or "personal data").replace("_", " ")


def _is_our_own(case: Case, text: str) -> bool:
    return text.casefold() in case.now.own_words


def _secrets(case: Case) -> Iterator[tuple[str, str]]:
    """What of the message must not come back in a reply: personal data, people pointed out, names of two words."""
    text = case.message.text
    flagged = [flag for flag in case.assessment.flags if flag.name in ("personal_data", "identifies_person")]
    for flag in (*flagged, *find_personal_data(text)):
        value = text[flag.start : flag.end].strip() if flag.start is not None and flag.end is not None else ""
        if len(value) > 2:
            yield value, _kind(flag.kind)
    for match in _NAME.finditer(text):
        yield match.group(), "a name"
