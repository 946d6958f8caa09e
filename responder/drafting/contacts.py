"""Finds the contacts in a reply: telephone numbers, e-mail addresses, links and handles.

>>> [(c.kind, c.key) for c in find_contacts("Ring 101 or write to info@office.example, www.office.example/help.")]
[('phone', '101'), ('email', 'info@office.example'), ('url', 'office.example/help')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}", re.I)
_URL = re.compile(
    r"(?<![\w@.-])(?:https?://[^\s<>\"]{1,2000}|(?:[a-z0-9-]{1,63}\.){1,6}"
    r"(?:uk|com|org|net|info|io|ly|co|me|wales|cymru|example|police|gov|app|link|xyz|top|site|online)\b(?:/[^\s<>\"]{0,2000})?)",
    re.I,
)
_HANDLE = re.compile(r"(?<![\w@./])@[a-z0-9_]{2,30}\b", re.I)
_NUMBER = re.compile(r"(?<![\w£.,:/-])\+?\(?\d[\d() -]{0,20}\d(?![\w%])")
_ASKED_TO_RING = re.compile(
    r"(?:\b(?:call|ring|dial|phone|text|on|to|press|ffoniwch|ffonio|deialwch|tecstiwch|ar|neu|or|a|and|i|rhif)\s)$",
    re.I,
)
_AMOUNT_FOLLOWS = re.compile(
    r"^\s*(?:working|calendar|days?|hours?|minutes?|months?|years?|weeks?|am\b|pm\b|o'clock|per|%|of\b|"
    r"diwrnod|awr|mis|munud|wythnos|o\b|january|february|march|april|may|june|july|august|september|october|november|december)",
    re.I,
)
_TRAILING = ".,;:!?)”’'\""


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
    """Digits only, with a national nought in place of +44."""
    digits = re.sub(r"\D", "", text)
    return "0" + digits[2:] if text.strip().startswith("+44") else digits


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
    for match in _NUMBER.finditer(text):
        value = match.group().rstrip("() -")
        end = match.start() + len(value)
        key = phone_key(value)
        short_code = len(key) in range(2, 7) and " " not in value
        if len(key) >= 9 or (
            short_code
            and _ASKED_TO_RING.search(text[max(0, match.start() - 12) : match.start()])
            and not _AMOUNT_FOLLOWS.match(text[end : end + 12])
        ):
            add("phone", match.start(), end, key)
    return sorted(found, key=lambda contact: contact.start)


def keys_of(values: Iterable[str]) -> set[str]:
    """The comparable forms of all contacts in some fact values, a bare number being a contact too."""
    keys: set[str] = set()
    for value in values:
        keys.update(contact.key for contact in find_contacts(value))
        if re.fullmatch(r"[+\d() -]{2,24}", value):
            keys.add(phone_key(value))
    return keys
