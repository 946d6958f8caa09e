"""Finds the contacts in a reply: telephone numbers, e-mail addresses, links and handles.

A number counts as one for the telephone or for a text by its length (0800 1111), or because the words around it ask to
ring it (ring 105); the year 2029, 24 hours or 150 streets do not. Spaces, hyphens, dots, brackets, `tel:` and +44 make
no difference to its key.

>>> [(c.kind, c.key) for c in find_contacts("Ring 101 or write to info@office.example, www.office.example/help.")]
[('phone', '101'), ('email', 'info@office.example'), ('url', 'office.example/help')]
>>> [c.key for c in find_contacts("Childline: 0800 1111 (24 hours). The plan runs from 2025 to 2029.")]
['08001111']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}", re.I)
_URL = re.compile(
    r"(?<![\w@.-])(?:https?://[^\s<>\"]{1,2000}|(?:[a-z0-9-]{1,63}\.){1,6}"
    r"(?:(?:uk|com|org|net|info|io|ly|co|me|wales|cymru|example|police|gov|app|link|xyz|top|site|online)\b"
    r"(?:/[^\s<>\"]{0,2000})?"
    r"|(?:be|ee|gg|gl|gle|gd|in|cc|to|tv|ai|eu|watch|chat)/[^\s<>\"]{1,2000}))",
    re.I,
)
_HANDLE = re.compile(r"(?<![\w@./])@[a-z0-9_]{2,30}\b", re.I)

_SPACE = " \u00a0\u2009\u202f"
_RUN = re.compile(rf"(?<![\w£$€])(?<!\d[.,:-])\(?\+?\d(?:[{_SPACE}().\u2010-\u2013-]{{0,3}}\d){{1,24}}(?![\w%])")
_GROUP = re.compile(r"\d+")
_DATE = re.compile(
    r"(?:19|20)\d\d-[01]\d-[0-3]\d(?![\d-])"
    r"|\d{1,2}([ .-])\d{1,2}\1(?:19|20)\d\d(?!\d)|\d{1,2}([ .-])\d{1,2}\2\d\d(?![ .-]?\d)"
)
_ABROAD = re.compile(r"\(?(?:\+|00)")
_SHORT_CODE = re.compile(r"1\d\d|999|911|11[68]\d{3}|18\d{3}|[5-9]\d{4,5}")
_ALWAYS_SHORT = re.compile(r"116\D\d{3}|18001\D?\d{3,11}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_RING = (
    r"call|calling|ring|ringing|dial|dialling|phone|phoning|telephone|text|texting|press|"
    r"ffoniwch|ffonio|deialwch|deialu|tecstiwch|tecstio|gwasgwch"
)
_ASKED_TO_RING = re.compile(rf"\b(?:{_RING})\s?[:.]?\s?$", re.I)
_NAMED_A_NUMBER = re.compile(
    r"\b(?:number|line|helpline|hotline|tel|telephone|phone|mobile|text|ffôn|rhif)\.?(?:\s?[:–-]|\s(?:is|yw))?\s?$",
    re.I,
)
_ON = re.compile(r"\b(?:on|ar)\s$", re.I)
_JOINED = re.compile(r"(?:[/&,:]|\b(?:to|at|via|or|and|a|ac|i|neu|is|are|yw|it's))\s?(?:the\s)?$", re.I)
_RINGING = re.compile(rf"\b(?:{_RING}|number|helpline|rhif)\b", re.I)
_TEXTING = re.compile(r"\b(?:text|texting|sms|tecstiwch|tecstio)\b", re.I)
_AMOUNT_FOLLOWS = re.compile(
    r"^(?:%|/7\b|-[a-z]|\s*(?:working|calendar|days?|hours?|hrs?|minutes?|months?|years?|weeks?|am|pm|noon|o'clock|"
    r"per|of|times|people|officers|million|thousand|diwrnod|awr|mis|munud|wythnos|o|january|february|march|april|may|june|july|"
    r"august|september|october|november|december)\b)",
    re.I,
)
_SENTENCE_GOES_ON = re.compile(
    r"\s*(?:$|[^\w\s]|\n)|\s+(?:if|for|any|anytime|anywhere|everywhere|at|and|or|to|day|free|when|as|from|who|which|"
    r"in|with|instead|now|straight|first|until|so|but|then|about|because|where|unless|once|out|after|before|between|outside|without|please|today|"
    r"rather|is|os|am|neu|ac|a|yn|ar|i|pan|ddydd|unrhyw|nawr|rŵan)\b",
    re.I,
)
_TRAILING = ".,;:!?)]”’'\"…*"
_LOOKED_BACK = 120  # characters of the sentence in which somebody is asked to ring
_LONGEST = 11  # digits of a number in this country, with its nought
_SHORTEST = 8  # digits of the shortest one that begins with a nought: 0800 1111


@dataclass(frozen=True)
class Contact:
    """One contact in a text. `key` is the form in which it is compared."""

    kind: str
    text: str
    start: int
    end: int
    key: str


def _url_key(text: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", text.lower()).rstrip("/")


def phone_key(text: str) -> str:
    """Digits only, with a national nought in place of +44 or 0044.

    >>> phone_key("+44 (0)116 229 8980")
    '01162298980'
    """
    abroad = _ABROAD.match(text)
    digits = re.sub(r"\D", "", re.sub(r"\(0\)", "", text) if abroad else text)
    if abroad and digits.startswith("00"):
        digits = digits[2:]
    return "0" + digits[2:] if abroad and digits.startswith("44") else digits


def has_number(text: str, number: str) -> bool:
    """Whether a telephone or text number stands in a text, whatever stands between its digits.

    >>> has_number("Samaritans: 116-123", "116 123"), has_number("Ring 1016", "101")
    (True, False)
    """
    if phone_key(number) in keys_of([text]):
        return True
    digits = re.sub(r"\D", "", number)
    between = rf"[{_SPACE}().\u2010-\u2013-]{{0,3}}" if len(digits) > 3 else ""
    return re.search(rf"(?<!\d){between.join(digits)}(?!\d)", text) is not None


def is_number(value: str) -> bool:
    """Whether a fact's value is a number to ring or to text and nothing else."""
    return re.fullmatch(r"[+\d() -]{2,24}", value) is not None


def find_contacts(text: str) -> list[Contact]:
    """All contacts of a text in order of appearance."""
    found: list[Contact] = []
    taken: list[tuple[int, int]] = []

    def add(kind: str, start: int, end: int, key: str) -> None:
        if not any(first < end and start < last for first, last in taken):
            taken.append((start, end))
            found.append(Contact(kind, text[start:end], start, end, key))

    for match in _EMAIL.finditer(text):
        value = match.group().rstrip(_TRAILING)
        add("email", match.start(), match.start() + len(value), value.lower())
    for match in _URL.finditer(text):
        value = match.group().rstrip(_TRAILING)
        add("url", match.start(), match.start() + len(value), _url_key(value))
    for match in _HANDLE.finditer(text):
        add("handle", match.start(), match.end(), match.group().lower())
    last_number = -1
    for run in _RUN.finditer(text):
        for start, end in _numbers(text, run.start(), run.end()):
            key = phone_key(text[start:end])
            if _is_rung(text, start, end, key, after_number=0 <= start - last_number <= len(", or ")):
                add("phone", start, end, key)
                last_number = end
    return sorted(found, key=lambda contact: contact.start)


def _numbers(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The numbers in a run of digits: where one ends and the next, a date or an amount, begins."""
    groups = [match.span() for match in _GROUP.finditer(text, first, last)]
    place = 0
    while place < len(groups):
        start = first if place == 0 and ")" in text[first:last] else groups[place][0]
        start -= text[:start].endswith("+")
        date = _DATE.match(text, groups[place][0])
        if date:
            place += sum(date.start() <= begin < date.end() for begin, _ in groups)
            continue
        following = place + 1
        while following < len(groups) and _goes_on(text, start, groups, following):
            following += 1
        if following - place > 1 and _is_amount(text, start, groups[following - 2][1], groups[following - 1]):
            following -= 1
        yield start, groups[following - 1][1]
        place = following


def _goes_on(text: str, start: int, groups: list[tuple[int, int]], place: int) -> bool:
    """Whether the group at `place` belongs to the number that began at `start`."""
    so_far, between = text[start : groups[place - 1][1]], text[groups[place - 1][1] : groups[place][0]]
    abroad = _ABROAD.match(so_far) is not None
    digits = len(re.sub(r"\D", "", so_far))
    most = _LONGEST + 4 if abroad else _LONGEST
    if digits + groups[place][1] - groups[place][0] > most or ("(" in between and not abroad):
        return False
    return not re.search(r"\s[\u2010-\u2013-]\s", between) or (so_far.startswith("0") and digits < _SHORTEST)


def _is_amount(text: str, start: int, before: int, group: tuple[int, int]) -> bool:
    """Whether the last group of a number is rather an amount of hours or the like behind it."""
    digits = len(re.sub(r"\D", "", text[start:before]))
    length = group[1] - group[0]
    if length == 1 and digits >= _SHORTEST:
        return True
    return length < 3 <= digits and _AMOUNT_FOLLOWS.match(text[group[1] : group[1] + 14]) is not None


def _is_rung(text: str, start: int, end: int, key: str, after_number: bool) -> bool:
    """Whether a number is one to ring or to text, by its length or by the words around it."""
    value, after = text[start:end], text[end : end + 14]
    if len(key) >= 9 or (key.startswith("0") and len(key) >= 6) or _ALWAYS_SHORT.fullmatch(value):
        return True
    if len(key) < 2 or _AMOUNT_FOLLOWS.match(after):
        return False
    if key == "999":
        return _SENTENCE_GOES_ON.match(after) is not None
    before = text[max(0, start - 24) : start]
    if _ASKED_TO_RING.search(before):
        return len(key) > 2 or _SENTENCE_GOES_ON.match(after) is not None
    sentence = re.split(r"[.!?]\s|\n", text[max(0, start - _LOOKED_BACK) : start])[-1]
    texted = len(key) == 4 and not _YEAR.fullmatch(key) and _TEXTING.search(sentence) is not None
    local = len(key) > 5 and value != key  # 496 0999
    if not (_SHORT_CODE.fullmatch(key) or texted or local) or not _SENTENCE_GOES_ON.match(after):
        return False
    if _ON.search(before) or _NAMED_A_NUMBER.search(before):
        return True
    return _JOINED.search(before) is not None and (after_number or _RINGING.search(sentence) is not None)


def keys_of(values: Iterable[str]) -> set[str]:
    """The comparable forms of all contacts in some fact values, a bare number being a contact too."""
    keys: set[str] = set()
    for value in values:
        keys.update(contact.key for contact in find_contacts(value))
        if is_number(value):
            keys.add(phone_key(value))
    return keys
