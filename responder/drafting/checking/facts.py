"""What a reply must not give away or make up: contacts, gaps, personal data, names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from responder.drafting.checking.case import Case
from responder.drafting.contacts import Contact, find_contacts, keys_of
from responder.drafting.facts import MARK
from responder.drafting.model import Finding
from responder.drafting.personal_data import find_personal_data

_A_NAME = "a name"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s\Z")
MOST_NAMES = 1_000  # of one message; each is looked for in the reply


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
    for secret, kind in dict.fromkeys(_secrets(case)):
        for match in re.finditer(rf"(?<!\w){re.escape(secret)}(?!\w)", case.reply, re.IGNORECASE):
            told = any(first < match.end() and match.start() < last for first, last in reported)
            written_as_name = kind != _A_NAME or all(word[0].isupper() for word in match.group().split())
            if written_as_name and not told and not _is_our_own(case, secret):
                reported.add(match.span())
                yield case.built_in("repeats-message").finding(
                    *match.span(), replacement="", found=match.group(), name=kind
                )
    written = find_contacts(case.reply)
    for flag in find_personal_data(case.reply):
        if flag.start is None or flag.end is None or (flag.start, flag.end) in reported:
            continue
        text = case.reply[flag.start : flag.end]
        if _is_our_own(case, text) or any(
            one.kind == flag.kind and one.start < flag.end and flag.start < one.end for one in written
        ):
            continue  # contacts have their own check
        yield case.built_in("personal-data").finding(
            flag.start, flag.end, replacement="", found=text, name=_kind(flag.kind)
        )


def _kind(kind: str | None) -> str:
    return (kind or "personal data").replace("_", " ")


def _is_our_own(case: Case, text: str) -> bool:
    """Whether these are words or a contact of the office's own, however a number or a postcode is spaced."""
    own = case.now.own_words
    if re.search(rf"(?<!\w){re.escape(text.casefold())}(?!\w)", own) or keys_of([text]) & case.now.contacts.keys():
        return True
    return any(sign.isdigit() for sign in text) and _packed(text) in _packed(own)


def _packed(text: str) -> str:
    return re.sub(r"\s", "", text).casefold()


def _secrets(case: Case) -> Iterator[tuple[str, str]]:
    """What of the message must not come back in a reply: personal data, people pointed out, names of two words."""
    text = case.message.text
    flagged = [flag for flag in case.assessment.flags if flag.name in ("personal_data", "identifies_person")]
    for flag in (*flagged, *find_personal_data(text)):
        value = text[flag.start : flag.end].strip() if flag.start is not None and flag.end is not None else ""
        if len(value) > 2:
            yield value, _kind(flag.kind)
    for name in islice(_names(text, case.built_in("repeats-message").passes), MOST_NAMES):
        yield name, _A_NAME


def _names(text: str, ordinary: frozenset[str]) -> Iterator[str]:
    """What may name somebody: words with a capital letter one behind the other, none of them ordinary; each two too."""
    run: list[str] = []
    end = -1
    for match in _WORD.finditer(text):
        word = match.group()
        if run and text[end : match.start()] != " ":
            yield from _runs(run)
            run = []
        if word[0].isupper() and not word.isupper() and _POSSESSIVE.sub("", word).casefold() not in ordinary:
            run.append(_POSSESSIVE.sub("", word))
        else:
            yield from _runs(run)
            run = []
        end = match.end()
    yield from _runs(run)


def _runs(run: Sequence[str]) -> Iterator[str]:
    if len(run) > 2:
        yield " ".join(run)
    for first, second in pairwise(run):
        yield f"{first} {second}"
