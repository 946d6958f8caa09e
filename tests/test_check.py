"""The check, as a table: what somebody wrote, and what it says of it."""

from __future__ import annotations

import pytest
from drafting_support import WEDNESDAY, the_packs
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.drafting import check
from responder.drafting.model import Assessment, Flag, Message, Scored

PACKS = the_packs()

FINE = [
    "Thank you for telling us about this. Please ring Leicestershire Police on 101, or 999 if it's happening now.",
    "We can't say much about that here, but thank you for asking.",
    "Our office is open to questions from 9 am. It may take 20 working days.",  # amounts are no telephone numbers
    "You can write to us at OPCC@leics.police.uk.",
]
BROKEN = [  # what was written, the code that finds it, the words it points at
    ("Ring Dave on 0116 496 0999.", "unknown-contact", "0116 496 0999"),
    ("Ring 105 for that.", "unknown-contact", "105"),
    ("See www.made-up.example/help for more.", "unknown-contact", "www.made-up.example/help"),
    ("Write to help@made-up.example.", "unknown-contact", "help@made-up.example"),
    ("Message @somebody_else instead.", "unknown-contact", "@somebody_else"),
    ("See www.leics.pcc.police.uk/not-a-page.", "unknown-contact", "www.leics.pcc.police.uk/not-a-page"),
    ("Ring the team on 01642 301860.", "other-office-contact", "01642 301860"),
    ("See ((complaint form)).", "unfilled-fact", "((complaint form))"),
    ("Officers will be with you soon and we will arrest him.", "promise-of-police-action", None),
    ("He was charged with assault last week.", "guilt-or-charge", None),
    ("Vote Labour in May.", "party-politics", None),
    ("Don't be so stupid.", "harshness", None),
    ("My number plate is AB12 CDE and my NI number QQ123456C.", "personal-data", None),
]


def found(reply: str, intent: str = "ask_question", office: str = "leicestershire-opcc", **given: object) -> list[str]:
    """The codes of what the check finds."""
    channel = str(given.pop("channel", "facebook-dm"))
    findings = check(PACKS, reply, office=office, intent=intent, channel=channel, at=WEDNESDAY, **given)  # type: ignore[arg-type]
    return [finding.code for finding in findings]


@pytest.mark.parametrize("reply", FINE)
def test_what_is_fine_passes(reply: str) -> None:
    findings = check(
        PACKS, reply, office="leicestershire-opcc", intent="ask_question", channel="facebook-dm", at=WEDNESDAY
    )
    assert not [finding for finding in findings if finding.level == "blocking"]


@pytest.mark.parametrize(("reply", "code", "words"), BROKEN)
def test_what_breaks_the_policy_is_found(reply: str, code: str, words: str | None) -> None:
    findings = check(
        PACKS, reply, office="leicestershire-opcc", intent="ask_question", channel="facebook-dm", at=WEDNESDAY
    )
    hits = [finding for finding in findings if finding.code == code]
    assert hits, [finding.code for finding in findings]
    assert hits[0].level == "blocking"
    assert PACKS.clause(hits[0].clause)
    assert hits[0].mend and hits[0].text
    if words:
        assert words in [reply[hit.start : hit.end] for hit in hits]


def test_danger_wants_999_in_the_first_sentence() -> None:
    late = "Thank you for writing. Call 999 if anyone is in danger."
    assert "danger-first" in found(late, "report_emergency")
    assert "danger-first" not in found("If anyone is in danger, call 999 now. Thank you.", "report_emergency")
    assert "danger-first" in found("Ring 0999 now. ", "report_emergency"), "0999 is not 999"
    alarmed = Assessment(Scored("give_feedback", 0.9), danger="alarm")
    assert "danger-first" in found("Thanks for your view.", "give_feedback", assessment=alarmed)
    unsure = Assessment(Scored("give_feedback", 0.9), danger="possible")
    assert "safety-line" in found("Thanks for your view.", "give_feedback", assessment=unsure)


def test_self_harm_always_gets_samaritans_and_999() -> None:
    assert found("We are sorry to hear that.", "disclose_self_harm").count("must-have") >= 2


def test_personal_data_is_asked_for_in_public_by_nobody() -> None:
    asking = "Please tell us your address and date of birth."
    assert "asks-personal-data" in found(asking, channel="facebook-comment")
    everywhere = found(asking, office="south-yorkshire-pcc")
    assert "must-not-have" in everywhere or "asks-personal-data" in everywhere


def test_what_the_person_wrote_does_not_come_back() -> None:
    text = "Gareth Pritchard of 4 Elm Road broke my window"
    message = Message(text, "leicestershire-opcc", "facebook-dm", WEDNESDAY)
    read = Assessment(Scored("report_crime", 0.9), flags=(Flag("identifies_person", "name", 0, 16),))
    reply = "Please report Gareth Pritchard on 101, or 999 in an emergency."
    assert "repeats-message" in found(reply, "report_crime", message=message, assessment=read)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Is Gareth Pritchard still there?", "Gareth Pritchard left."),
        ("Gareth Pritchard's dog bit me", "We can't say anything about Gareth Pritchard."),
        ("Ask Siân Pritchard Jones about it", "We'll ask Siân Pritchard."),
        ("Mrs Ann O'Neil of Elm Close saw it", "Thanks to Ann O'Neil."),
        ("It was McDonald Price again", "McDonald Price isn't here."),
        ("Rob Teal did it", "We've a problem with Rob Teal."),
    ],
)
def test_a_name_of_the_message_is_never_repeated(text: str, reply: str) -> None:
    message = Message(text, "leicestershire-opcc", "facebook-dm", WEDNESDAY)
    assert "repeats-message" in found(reply, message=message)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Good Morning, Happy New Year", "Happy New Year to you, and good morning."),
        ("Is The Council Tax Going Up", "Council tax bills come in March."),
        ("How Do I Complain About This", "You ask how do you complain."),
        ("The Stop And Search figures, Freedom Of Information", "The Freedom of Information page has Stop and Search."),
        ("Thank You Very Much", "Thank you very much indeed."),
    ],
)
def test_ordinary_words_are_no_names(text: str, reply: str) -> None:
    message = Message(text, "leicestershire-opcc", "facebook-dm", WEDNESDAY)
    assert "repeats-message" not in found(reply, message=message)


def test_a_short_name_that_is_part_of_a_word_is_still_a_name() -> None:
    message = Message("Les took it", "leicestershire-opcc", "facebook-dm", WEDNESDAY)
    read = Assessment(Scored("report_crime", 0.9), flags=(Flag("identifies_person", "name", 0, 3),))
    assert "repeats-message" in found("Please call 101 about Les.", "report_crime", message=message, assessment=read)


def test_titles_and_our_own_words_may_come_back() -> None:
    message = Message("Chief Constable, ring Victim Support", "leicestershire-opcc", "facebook-dm", WEDNESDAY)
    assert "repeats-message" not in found("You can call Victim Support on 08 08 16 89 111.", message=message)


def test_each_channel_has_its_length() -> None:
    assert "too-long" in found("word " * 60, channel="x-reply")
    assert "too-long" not in found("word " * 60, channel="facebook-comment")


def test_the_language_of_the_message_is_kept() -> None:
    welsh = Assessment(Scored("greet", 0.9), language="cy")
    english_words = "Thank you for your message, we are here if you have a question for us."
    assert "wrong-language" in found(english_words, "greet", "north-wales-opcc", assessment=welsh)
    assert "wrong-language" not in found(
        "Helo, sut gallwn ni eich helpu chi?", "greet", "north-wales-opcc", assessment=welsh
    )


def test_where_the_policy_gives_no_answer_a_reply_is_stopped() -> None:
    assert "no-reply-policy" in found("Please be polite.", "abuse")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_no_text_breaks_the_check(reply: str) -> None:
    for finding in check(
        PACKS, reply, office="north-wales-opcc", intent="request_foi", channel="x-reply", at=WEDNESDAY
    ):
        assert finding.level in ("blocking", "advice")
        if finding.start is not None and finding.end is not None:
            assert 0 <= finding.start <= finding.end <= len(reply)
