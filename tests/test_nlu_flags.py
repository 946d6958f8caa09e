"""Flags: a truth table a kind, each row with what is found or why it is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.drafting.model import FLAGS
from responder.drafting.personal_data import REASONS, find_personal_data
from responder.nlu import places

pytestmark = pytest.mark.filterwarnings("ignore")  # spaCy imports TensorFlow, whose imports warn


@pytest.fixture(scope="module")
def finder() -> Any:
    from responder.nlu.flags import FlagFinder

    return FlagFinder.load(places.cues())


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("ring me on 07700 900123", "phone", "07700 900123"),
        ("call +44 7700 900123 please", "phone", "+44 7700 900123"),
        ("01632 960 001 after six", "phone", "01632 960 001"),
        ("crime number 24000518832", "phone", None),  # no number starts so
        ("ring 101 or 999", "phone", None),  # everyone's numbers
        ("call 0800 555 111", "phone", None),  # a helpline
        ("I paid £12,000 in 2023", "phone", None),
        ("write to jo.bloggs@mail.example", "email", "jo.bloggs@mail.example"),
        ("see you @ 5.30", "email", None),
        ("I live at LE18 3QD", "postcode", "LE18 3QD"),
        ("we are in ll571aa", "postcode", "ll571aa"),
        ("the M1 2nd exit", "postcode", None),  # a road
        ("form QX1 1AA", "postcode", None),  # no such area
        ("22 Barkby Rise, Leicester", "address", "22 Barkby Rise"),
        ("14 the crescent", "address", "14 the crescent"),
        ("i live at 9 maple close", "address", "9 maple close"),
        ("14 Ffordd Bethel, Caernarfon", "address", "14 Ffordd Bethel"),
        ("2 lads on Welford Road", "address", None),  # lads, not a house
        ("20 minutes down the road", "address", None),
        ("£5 High Street voucher", "address", None),
        ("DOB 03/04/1984", "date_of_birth", "03/04/1984"),
        ("i was born 3rd March 1984", "date_of_birth", "3rd March 1984"),
        ("it happened on 03/04/2026", "date_of_birth", None),  # a date, nobody's birth
        ("the code is DQ 12 34 56 C", "national_insurance", None),  # D and Q are never used
        ("NI number QQ 12 34 56 C", "national_insurance", "QQ 12 34 56 C"),  # said to be one
        ("my licence is MORGA 657054 SM9IJ", "driving_licence", "MORGA 657054 SM9IJ"),
        ("K774 NVA was in my gateway", "vehicle_registration", "K774 NVA"),
        ("email dewi at pentre dot example", "email", "dewi at pentre dot example"),
        (
            "ring oh seven seven double oh nine double oh one two three",
            "phone",
            "oh seven seven double oh nine double oh one two three",
        ),
        ("one two three four five six seven, all good children", "phone", None),
        ("Tina Lowe 4-2-81", "date_of_birth", "4-2-81"),
        ("born the 2nd of April 1946", "date_of_birth", "2nd of April 1946"),
        ("born here, 62 years here and counting", "date_of_birth", None),
        ("NI AB 12 34 56 C", "national_insurance", "AB 12 34 56 C"),
        ("silver qashqai FN19 KRD", "vehicle_registration", "FN19 KRD"),
        ("fn19krd", "vehicle_registration", "fn19krd"),
        ("Reg P482 VFY", "vehicle_registration", "P482 VFY"),
        ("the LE15 and LE16 areas", "vehicle_registration", None),
        ("on the A55 THE usual", "vehicle_registration", None),
        ("card 4111 1111 1111 1111", "bank_card", "4111 1111 1111 1111"),
        ("ref 4111 1111 1111 1112", "bank_card", None),  # the checksum fails
        ("card 4111 1111 1111 1112", "bank_card", "4111 1111 1111 1112"),  # mistyped, but said to be one
        ("sort code 20-00-00 account 12345678", "bank_account", "20-00-00"),
        ("on 20-03-26 at 8", "bank_account", None),  # a date
    ],
)
def test_personal_data(text: str, kind: str, found: str | None) -> None:
    spans = [text[flag.start : flag.end] for flag in find_personal_data(text) if flag.kind == kind]
    assert spans[:1] == ([found] if found else [])


@given(st.text(max_size=200))
def test_personal_data_never_raises_and_points_into_the_text(text: str) -> None:
    for flag in find_personal_data(text):
        assert flag.kind in REASONS
        assert flag.start is not None and flag.end is not None
        assert 0 <= flag.start < flag.end <= len(text)


@pytest.mark.parametrize(
    ("text", "flag", "found"),
    [
        ("what the fuck", "profanity", "fuck"),
        ("f**king useless", "profanity", "f**king"),
        ("absolute sh!te", "profanity", "sh!te"),
        ("fuuuuck off", "profanity", "fuuuuck"),
        ("🖕", "profanity", "🖕"),
        ("Scunthorpe and Penistone", "profanity", None),
        ("to whoever who're there", "profanity", None),
        ("pass the class assessment", "profanity", None),
        ("4*4 = 16", "profanity", None),
        ("see https://free.example/win?x=1.", "link", "https://free.example/win?x=1"),
        ("go to police-fines.example/pay now", "link", "police-fines.example/pay"),
        ("www.shop.example", "link", "www.shop.example"),
        ("he said.so I left", "link", None),
        ("PC 1184 was rude", "identifies_person", "PC 1184"),
        ("Sergeant Anwar was kind", "identifies_person", "Sergeant Anwar"),
        ("Gareth Hughes did it", "identifies_person", "Gareth Hughes"),
        ("Mrs Parry next door", "identifies_person", "Mrs Parry"),
        ("ask @jessie_xo03", "identifies_person", "@jessie_xo03"),
        ("the officer was rude", "identifies_person", None),
        ("Victoria Park on Monday", "identifies_person", None),
        ("he is out on bail", "live_case", "on bail"),
        ("crime number 4411", "live_case", "crime number"),
        ("bail out the council", "live_case", None),
        ("my mum is 84 years old", "vulnerable", "84 years old"),
        ("he's stalking me, my ex keeps following me", "vulnerable", "stalking"),
        ("vote Labour in May", "political", "vote Labour"),
        ("child labour is wrong", "political", None),
        ("we need reform of the courts", "political", None),
        ("Lee Maddocks is a thief", "defamation_risk", "thief"),
        ("whoever did it is a thief", "defamation_risk", None),  # nobody is named
    ],
)
def test_flags(finder: Any, text: str, flag: str, found: str | None) -> None:
    flags = [one for one in finder.find(text) if one.name == flag]
    assert [text[one.start : one.end] for one in flags][:1] == ([found] if found else [])
    assert all(one.reason for one in flags)


@given(st.text(max_size=200))
def test_flags_never_raise(finder: Any, text: str) -> None:
    assert {flag.name for flag in finder.find(text)} <= set(FLAGS)


def test_mentions_are_whole_words_in_either_language() -> None:
    from responder.nlu.mentions import MentionFinder

    finder = MentionFinder({"fraud": ["scam", "con man", "twyll"], "child": ["i'm 12"]})
    assert finder.find("It was a SCAM, I’m 12") == ["fraud", "child"]
    assert finder.find("scamper second man") == []
    assert finder.find("cefais fy nhwyllo: twyll") == ["fraud"]


def test_the_national_mentions_are_read() -> None:
    from responder.nlu.mentions import MentionFinder

    finder = MentionFinder.load(places.national() / "mentions.yml")
    assert "fraud" in finder.find("I was scammed by a fake bank")


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("the big boss of the police told me to get lost", "chief_constable"),
        ("I want to complain about our top cop", "chief_constable"),
        ("has that commish of yours read my letter", "commissioner"),
        ("hello comissioner", "commissioner"),
        ("can I see the body cam from Saturday", "police_records"),
        ("send me the bodycam", "police_records"),
        ("they tazered my brother", "use_of_force"),
        ("he pulled a Taser on me", "use_of_force"),
        ("the 101 line is a joke", "line_101"),
        ("I rang 101 and gave up", "line_101"),
        ("behind a paywall so here is the lot", "copied_content"),
        ("my late husband would have liked it", "death"),
        ("a 14yo lad on our street", "child"),
        ("my ex won’t leave me alone", "domestic_abuse"),
    ],
)
def test_plain_speech_tells_a_subject(text: str, subject: str) -> None:
    from responder.nlu.mentions import MentionFinder

    assert subject in MentionFinder.load(places.national() / "mentions.yml").find(text)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("your fees are a rip off", "death"),
        ("this can't go on, the lane is a racetrack", "mental_health"),
        ("another ewe killed by a dog on our farm", "death"),
        ("same answer word for word as last week", "copied_content"),
        ("call 999", "line_101"),
        ("the fire chief came", "chief_constable"),
    ],
)
def test_plain_speech_does_not_tell_a_subject_too_soon(text: str, subject: str) -> None:
    from responder.nlu.mentions import MentionFinder

    assert subject not in MentionFinder.load(places.national() / "mentions.yml").find(text)
