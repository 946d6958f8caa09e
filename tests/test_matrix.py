"""What holds for every office, intent, channel, hour, language and urgency, whatever is in the packs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import textstat
from drafting_support import SATURDAY_NIGHT, WEDNESDAY, drafted, the_packs
from hypothesis import given, settings
from hypothesis import strategies as st

from responder.drafting import check, draft
from responder.drafting.checking.content import first_sentence
from responder.drafting.contacts import find_contacts
from responder.drafting.model import DANGERS, FLAGS, URGENCIES, Assessment, Flag, Message, Post, Scored
from responder.drafting.preview import replies

PACKS = the_packs()
OFFICES = sorted(PACKS.offices)
WORDS = (
    "My neighbour Gareth Pritchard, 07700 900123, lives at 4 Elm Road LE1 1AA {{7*7}} <b>x</b> see www.bad.example/x"
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Message, Assessment]:
    """Any message that was read in any way."""
    intent = draw(st.sampled_from(sorted(PACKS.intents)))
    urgency = draw(st.sampled_from(URGENCIES))
    at = datetime(2026, 1, 1) + timedelta(minutes=draw(st.integers(0, 525_600)))
    thread = tuple(Post("public", "before") for _ in range(draw(st.integers(0, 6))))
    message = Message(
        WORDS, draw(st.sampled_from(OFFICES)), draw(st.sampled_from(sorted(PACKS.channels))), at, thread=thread
    )
    read = Assessment(
        intent=Scored(intent, 0.9),
        language=draw(st.sampled_from(["en", "cy"])),
        urgency=urgency,
        danger="alarm" if urgency == "emergency" else draw(st.sampled_from(DANGERS)),
        flags=tuple(Flag(name) for name in draw(st.sets(st.sampled_from(FLAGS), max_size=3))),
        mentions=tuple(draw(st.sets(st.sampled_from(sorted(PACKS.mentions)), max_size=2))),
        also=draw(st.none() | st.sampled_from(sorted(PACKS.intents))),
        unsure=draw(st.booleans()),
        problem=draw(st.none() | st.sampled_from(["empty", "no-words", "too-long", "other-language"])),
    )
    return message, read


@settings(max_examples=400, deadline=None)
@given(situations())
def test_any_draft_keeps_the_rules(situation: tuple[Message, Assessment]) -> None:
    message, read = situation
    made = draft(PACKS, message, read)
    assert made.handling in ("reply", "no_reply", "person")
    if made.assessment.is_emergency:
        assert "999" in first_sentence(made.reply or ""), "danger gets 999 in the first sentence"
        assert made.warnings[0].code == "danger"
    if read.danger != "none":
        assert "999" in (made.reply or ""), "where danger cannot be ruled out the reply says 999"
    if made.handling == "reply":
        assert made.reply
    if made.handling == "no_reply":
        assert made.reply is None
    if made.reply is None:
        assert not made.parts
        return
    assert all(part.clauses and all(PACKS.clause(id_) for id_ in part.clauses) for part in made.parts)
    assert re.sub(r"\s+", " ", made.reply) == " ".join(part.text for part in made.parts), "every word has its clause"
    assert PACKS.channel(message.channel).fits(made.reply)
    for secret in ("Gareth", "Pritchard", "900123", "LE1 1AA", "Elm Road", "7*7", "<b>", "bad.example"):
        assert secret not in made.reply, "nothing of the message comes back in the reply"
    allowed = set(PACKS.channel(message.channel).moderation)
    assert {option.action for option in made.moderation} <= allowed
    assert all(PACKS.clause(id_) for a in (*made.moderation, *made.staff_actions) for id_ in a.clauses)


@settings(max_examples=200, deadline=None)
@given(situations())
def test_our_own_drafts_pass_the_check(situation: tuple[Message, Assessment]) -> None:
    message, read = situation
    made = draft(PACKS, message, read)
    if made.reply is None:
        return
    found = check(
        PACKS, made.reply, office=message.office, intent=read.intent.name, channel=message.channel,
        at=message.received_at, message=message, assessment=made.assessment,
    )  # fmt: skip
    # words of safety in a threat or beside silence are not the whole answer that the intent would need
    allowed = {"must-have"} if made.handling == "person" else set()
    assert not [(f.code, f.text) for f in found if f.level == "blocking" and f.code not in allowed], made.reply


@pytest.mark.parametrize("office", OFFICES)
@pytest.mark.parametrize("at", [WEDNESDAY, SATURDAY_NIGHT], ids=["in hours", "out of hours"])
def test_every_reply_of_an_office_passes_the_check(office: str, at: datetime) -> None:
    broken = []
    rows = [row for row in replies(PACKS, office, at) if row.draft.reply]
    for row in rows:
        found = check(
            PACKS, row.draft.reply or "", office=office, intent=row.intent, channel=row.channel, at=at,
            assessment=row.draft.assessment,
        )  # fmt: skip
        broken += [(row.intent, row.channel, row.language, f.code, f.text) for f in found if f.level == "blocking"]
    assert rows
    assert not broken


@pytest.mark.parametrize("office", OFFICES)
def test_every_contact_in_a_reply_is_a_fact_of_the_office_or_the_country(office: str) -> None:
    known = PACKS.in_force(office, WEDNESDAY.date()).contacts
    unknown = [
        (row.intent, row.channel, contact.text)
        for row in replies(PACKS, office, WEDNESDAY)
        for contact in find_contacts(row.draft.reply or "")
        if contact.key not in known
    ]
    assert not unknown


@pytest.mark.parametrize("office", OFFICES)
def test_replies_are_plain_english(office: str) -> None:
    """Reading age about twelve: a Flesch-Kincaid grade up to 9 for the reply as a whole, links left out."""
    hard = []
    for row in replies(PACKS, office, WEDNESDAY, channels=["facebook-dm"], languages=["en"]):
        words = re.sub(r"\S+\.\S+/\S*|\S+@\S+|www\.\S+|\d[\d ]{5,}", "it", row.draft.reply or "")
        if words and textstat.flesch_kincaid_grade(words) > 9:
            hard.append((row.intent, textstat.flesch_kincaid_grade(words)))
    assert not hard


def test_the_differences_between_the_offices_show() -> None:
    replies_to_complaint = {office: drafted("complain_police", office).reply or "" for office in OFFICES}
    assert "Resolution Team" in replies_to_complaint["cleveland-opcc"]
    assert "North Wales Police" in replies_to_complaint["north-wales-opcc"]
    assert len(set(replies_to_complaint.values())) == len(OFFICES)
    assert drafted("abuse", "leicestershire-opcc").handling == "no_reply"
    assert "WhatsApp" in (drafted("report_crime", "leicestershire-police", "whatsapp").reply or "")
    assert "Digital Desk" in (drafted("report_crime", "leicestershire-police").reply or "")
    assert "e-mail" in (drafted("request_foi", "north-wales-opcc").reply or "")
    assert drafted("ask_question", "north-wales-opcc", language="cy").language == "cy"
    assert drafted("ask_question", "cleveland-opcc", language="cy").language == "en"


def test_a_mixed_message_gets_safety_first_and_the_rest_after() -> None:
    made = drafted("report_emergency", "cleveland-opcc", also="complain_police")
    reply = made.reply or ""
    assert "999" in first_sentence(reply)
    assert "Resolution Team" in reply
    assert reply.index("999") < reply.index("Resolution Team")


def test_the_clocks_of_the_law() -> None:
    foi = {a.due.isoformat() for a in drafted("request_foi").staff_actions if a.to == "foi-officer" and a.due}
    assert "2026-12-16" in foi
    own = drafted("request_personal_data").staff_actions
    assert "2026-12-18" in {a.due.isoformat() for a in own if a.due}


def test_a_likely_alternative_of_self_harm_brings_the_words_for_a_crisis() -> None:
    other = (Scored("disclose_self_harm", 0.3),)
    reply = drafted("give_feedback", "cleveland-opcc", alternatives=other, danger="possible").reply or ""
    assert "116 123" in reply and "999" in reply
    unlikely = (Scored("disclose_self_harm", 0.02),)
    assert "116 123" not in (drafted("give_feedback", "cleveland-opcc", alternatives=unlikely).reply or "")
    by_staff = drafted("give_feedback", "cleveland-opcc", alternatives=other, chosen_by_staff=True)
    assert "116 123" not in (by_staff.reply or ""), "staff who chose another reading are not overruled"


def test_nobody_is_met_with_silence_on_an_unsure_reading() -> None:
    packs = the_packs()
    message = Message("", "leicestershire-opcc", "facebook-comment", WEDNESDAY)
    assert draft(packs, message, Assessment(Scored("hate_speech", 0.95))).handling == "no_reply"
    assert draft(packs, message, Assessment(Scored("hate_speech", 0.7))).handling == "person"
    assert draft(packs, message, Assessment(Scored("hate_speech", 0.7), chosen_by_staff=True)).handling == "no_reply"
