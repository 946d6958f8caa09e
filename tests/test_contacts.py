"""Contacts in a reply: a fact is known however people write it, and whatever is no fact stays found."""

from __future__ import annotations

import itertools
import re

import pytest
from drafting_support import WEDNESDAY, the_packs
from hypothesis import given
from hypothesis import strategies as st

from responder.drafting import check
from responder.drafting.contacts import find_contacts, has_number, is_number, keys_of, phone_key
from responder.drafting.facts import Fact
from responder.drafting.model import Assessment, Message, Scored

PACKS = the_packs()
CODES = {"unknown-contact", "other-office-contact", "staff-only-contact", "superseded-contact", "personal-data"}


def published() -> list[tuple[str, Fact, str]]:
    """Every contact that an office may give, in each language."""
    found = []
    for office in sorted(PACKS.offices):
        for fact in PACKS.in_force(office, WEDNESDAY.date()).facts.values():
            if fact.is_known and fact.contact_keys and fact.values:
                found += [(office, fact, value) for value in fact.values.values()]
    return found


FACTS = published()
NUMBERS = [row for row in FACTS if is_number(row[2])]
ADDRESSES = [row for row in FACTS if row[1].type in ("url", "email")]


def ways_of_a_number(value: str) -> list[str]:
    """How people write a number."""
    digits, groups = re.sub(r"\D", "", value), value.split()
    ways = [value, digits]
    if len(groups) > 1:
        ways += ["-".join(groups), ".".join(groups), "\u00a0".join(groups), f"({groups[0]}) {' '.join(groups[1:])}"]
        ways += [f"tel:{digits}", f"Tel: {value}", f"{value} (24 hours)", f"{value} 24 hours a day", f"{value} 24/7"]
        ways += [f"{value}, 9 to 5", f"{value} – at any hour"]
    if len(digits) > 9:
        ways += [f"+44 {value[1:]}", f"+44{digits[1:]}", f"+44 (0){value[1:]}", f"0044 {value[1:]}"]
        ways += [f"{digits[:5]} {digits[5:]}", f"{digits[:4]} {digits[4:7]} {digits[7:]}"]
    return ways


def ways_of_an_address(value: str) -> list[str]:
    """How people write a link or an e-mail address."""
    if "@" in value:
        return [value, value.upper(), f"mailto:{value}", f"<{value}>", f"({value})", f"{value},"]
    bare = value.removeprefix("www.").rstrip("/")
    return [
        bare,
        f"www.{bare}",
        f"{bare}/",
        f"https://{bare}",
        f"https://www.{bare}/",
        f"HTTP://WWW.{bare}",
        f"({bare})",
    ]


def codes(reply: str, office: str, intent: str = "ask_question") -> set[str]:
    found = check(PACKS, reply, office=office, intent=intent, channel="facebook-dm", at=WEDNESDAY)
    return {finding.code for finding in found} & CODES


@pytest.mark.parametrize(("office", "fact", "value"), NUMBERS, ids=lambda one: getattr(one, "name", str(one)))
def test_a_number_that_is_a_fact_is_known_however_it_is_written(office: str, fact: Fact, value: str) -> None:
    for way in ways_of_a_number(value):
        for reply in (f"You can ring {way}.", f"They are on {way} if you need them.", f"Their number: {way}"):
            assert not codes(reply, office), reply


@pytest.mark.parametrize(("office", "fact", "value"), NUMBERS, ids=lambda one: getattr(one, "name", str(one)))
def test_another_number_is_found_in_every_way_of_writing(office: str, fact: Fact, value: str) -> None:
    known = PACKS.in_force(office, WEDNESDAY.date()).contacts
    last = next(end for end in "7315" if phone_key(value[:-1] + end) not in known)
    for way in ways_of_a_number(value[:-1] + last):
        assert codes(f"You can ring {way}.", office), way


@pytest.mark.parametrize(("office", "fact", "value"), ADDRESSES, ids=lambda one: getattr(one, "name", str(one)))
def test_an_address_that_is_a_fact_is_known_however_it_is_written(office: str, fact: Fact, value: str) -> None:
    for way in ways_of_an_address(value):
        assert not codes(f"There is more at {way} for you.", office), way
    for way in ways_of_an_address(f"x{value}" if "@" in value else f"{value.rstrip('/')}/nowhere"):
        assert codes(f"There is more at {way} for you.", office), way


@pytest.mark.parametrize("way", ways_of_a_number("116 123"))
def test_a_fact_that_a_reply_must_have_counts_however_it_is_written(way: str) -> None:
    reply = f"If you're in danger call 999. Samaritans listen at any hour: {way}"
    given = {"office": "cleveland-opcc", "intent": "disclose_self_harm", "channel": "facebook-dm", "at": WEDNESDAY}
    assert "must-have" not in [finding.code for finding in check(PACKS, reply, **given)]  # type: ignore[arg-type]
    other = reply.replace("3", "4")
    assert "must-have" in [finding.code for finding in check(PACKS, other, **given)]  # type: ignore[arg-type]


RUNG = [  # what is written, the numbers that are to be rung
    ("Call 101, or 999 in an emergency.", ["101", "999"]),
    ("Call 101/999.", ["101", "999"]),
    ("Ring 105 for a power cut, 159 for your bank or 119.", ["105", "159", "119"]),
    ("It's 999 or 112 anywhere in Europe.", ["999", "112"]),
    ("Text 61016, or SHOUT to 85258.", ["61016", "85258"]),
    ("Text HELP to 8080.", ["8080"]),
    ("The helpline is 111.", ["111"]),
    ("Call us: 105", ["105"]),
    ("On 18001 101 you can type.", ["18001101"]),
    ("Local people ring 496 0999.", ["4960999"]),
    ("Childline: 0800 1111 (free), Samaritans: 116 123 (free).", ["08001111", "116123"]),
    ("0800 555 111 9 to 5", ["0800555111"]),
    ("0116 229 8980 or 0116 229 8981", ["01162298980", "01162298981"]),
    ("Ffoniwch 101 neu 105.", ["101", "105"]),
    ("The plan runs from 2025 to 2029, or to 2030.", []),
    ("In 2023 and 2024 we paid for 150 alarms and 300 locks.", []),
    ("We work on 150 streets, and on 101 of them at night.", []),
    ("Open 10 to 12 and 14 to 16, 24/7 online.", []),
    ("A 16-year-old may join; most are 18 to 25 years old.", []),
    ("On 18.11.2026, on 2026-11-18 and on 01/02/2026 at 10:30.", []),
    ("£1,250,000, or 12 000 000 in 10 years: 3.5 a head.", []),
    ("The number of bus 42 and number 10 Downing Street.", []),
    ("Call 24 hours a day. Ring 20 working days after it.", []),
    ("Between 100 and 150.", []),
]


@pytest.mark.parametrize(("text", "keys"), RUNG)
def test_what_is_to_be_rung_is_told_from_years_hours_and_amounts(text: str, keys: list[str]) -> None:
    assert [contact.key for contact in find_contacts(text)] == keys


@pytest.mark.parametrize("link", ["youtu.be/abc", "bit.ly/x", "forms.gle/abcd", "t.me/somebody", "wa.me/447700900123"])
def test_short_links_are_contacts(link: str) -> None:
    assert [contact.text for contact in find_contacts(f"Look at {link}.")] == [link]


@pytest.mark.parametrize(
    "hidden", ["help at made-up dot org", "oh one one six four nine six oh nine nine nine", "0116.496.0999"]
)
def test_a_contact_in_other_words_is_found(hidden: str) -> None:
    assert codes(f"Try {hidden} instead.", "cleveland-opcc")


def test_the_office_s_own_postcode_is_known_without_its_space() -> None:
    assert not codes("Write to us at Enderby, Leicester LE192BX.", "leicestershire-opcc")
    assert codes("Write to us at Enderby, Leicester LE19 2BZ.", "leicestershire-opcc")


def test_a_known_contact_may_stand_in_the_message_and_in_the_reply() -> None:
    message = Message("I rang 01162298980 twice", "leicestershire-opcc", "facebook-dm", WEDNESDAY)
    read = Assessment(Scored("ask_question", 0.9))
    given = {"office": "leicestershire-opcc", "intent": "ask_question", "channel": "facebook-dm", "at": WEDNESDAY}
    found = check(PACKS, "Please ring 01162298980 again.", **given, message=message, assessment=read)  # type: ignore[arg-type]
    assert not [finding.code for finding in found if finding.level == "blocking"]


@given(st.text(alphabet="0123456789 ()+-./:\u00a0–ringtexo", max_size=60))
def test_no_text_breaks_the_search_for_contacts(text: str) -> None:
    end = 0
    for contact in find_contacts(text):
        assert end <= contact.start < contact.end <= len(text)
        assert contact.text == text[contact.start : contact.end]
        end = contact.end


@given(st.integers(1_000_000_000, 1_999_999_999), st.lists(st.integers(2, 9), max_size=3), st.sampled_from(" -.\u00a0"))
def test_a_long_number_has_one_key_however_it_is_spaced(number: int, places: list[int], between: str) -> None:
    digits = f"0{number}"
    cut = sorted({0, *(place for place in places if place < 10), len(digits)})
    written = between.join(digits[first:last] for first, last in itertools.pairwise(cut))
    if re.search(r"(?<!\d)\d(?!\d)", written):
        return  # a digit by itself may be an hour
    assert keys_of([f"Ring {written} now"]) == {digits}
    assert has_number(f"Ring {written} now", digits)
