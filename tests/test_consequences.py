"""What follows from a message besides the reply."""

from __future__ import annotations

from itertools import product

import pytest
from drafting_support import drafted, the_packs

from responder.drafting.model import Draft, Flag

PACKS = the_packs()
OFFICES = sorted(PACKS.offices)
CARE = {"safeguarding-lead", "force-control-room", "digital-desk"}


def told(made: Draft) -> set[str]:
    """Who must do something about the message today."""
    return {action.to for action in made.staff_actions if action.due is not None}


@pytest.mark.parametrize("office", OFFICES)
def test_danger_always_goes_to_the_control_room(office: str) -> None:
    for intent in PACKS.intents:
        assert "force-control-room" in told(drafted(intent, office, urgency="emergency", danger="alarm")), intent
        assert "force-control-room" in told(drafted(intent, office, danger="alarm")), intent


@pytest.mark.parametrize("office", OFFICES)
@pytest.mark.parametrize("urgency", ["urgent", "emergency"])
@pytest.mark.parametrize("subject", ["child", "domestic_abuse", "mental_health"])
def test_who_may_be_at_risk_reaches_the_safeguarding_lead_whatever_the_message_wants(office, urgency, subject) -> None:
    for intent, unsure in product(PACKS.intents, (False, True)):
        made = drafted(intent, office, urgency=urgency, mentions=(subject,), unsure=unsure)
        assert "safeguarding-lead" in told(made), (intent, unsure)


@pytest.mark.parametrize("office", OFFICES)
@pytest.mark.parametrize("urgency", ["urgent", "emergency"])
def test_a_vulnerable_person_reaches_the_safeguarding_lead_whatever_is_spoken_of(office, urgency) -> None:
    flags = (Flag("vulnerable"),)
    for intent, subject in product(PACKS.intents, PACKS.mentions):
        made = drafted(intent, office, urgency=urgency, flags=flags, mentions=(subject,))
        assert "safeguarding-lead" in told(made), (intent, subject)


@pytest.mark.parametrize("office", OFFICES)
def test_words_of_self_harm_reach_the_safeguarding_lead_and_the_control_room(office: str) -> None:
    assert {"safeguarding-lead", "force-control-room"} <= told(drafted("disclose_self_harm", office))
    for intent in PACKS.intents:
        assert "safeguarding-lead" in told(drafted(intent, office, also="disclose_self_harm")), intent


@pytest.mark.parametrize("office", OFFICES)
def test_an_urgent_message_is_weighed_today_whatever_it_wants(office: str) -> None:
    for intent in PACKS.intents:
        assert (CARE | {"duty-officer"}) & told(drafted(intent, office, urgency="urgent")), intent


@pytest.mark.parametrize("office", OFFICES)
def test_the_same_thing_is_not_asked_of_somebody_twice(office: str) -> None:
    flags = (Flag("vulnerable"),)
    for intent in PACKS.intents:
        made = drafted(intent, office, urgency="urgent", flags=flags, mentions=("mental_health", "child"))
        asked = [(action.to, action.what) for action in made.staff_actions]
        assert len(asked) == len(set(asked)), intent


@pytest.mark.parametrize("office", OFFICES)
def test_a_complaint_about_the_chief_constable_is_not_led_to_the_force(office: str) -> None:
    for channel in PACKS.channels:
        named = drafted("complain_police", office, channel, mentions=("chief_constable",))
        topics = [part.topic for part in named.parts]
        assert "complaint_chief_constable" in topics and "complaint_police_route" not in topics, channel
        assert "force complaints page" not in named.missing
        if "complaint_police_others" in topics:
            assert topics.index("complaint_chief_constable") < topics.index("complaint_police_others")
        usual = [part.topic for part in drafted("complain_police", office, channel).parts]
        assert "complaint_police_route" in usual and "complaint_chief_constable" not in usual, channel


@pytest.mark.parametrize("office", OFFICES)
def test_nothing_that_touches_a_live_case_promises_an_answer_or_says_that_there_is_one(office: str) -> None:
    promises = ("question_answer", "question_limits")
    for intent, channel in product(("ask_question", "comment_on_live_case", "ask_case_update"), PACKS.channels):
        made = drafted(intent, office, channel, flags=(Flag("live_case"),))
        assert not [part.topic for part in made.parts if part.topic in promises], channel
        for words in ("still going on", "is going on", "under way", "look into it", "come back to you"):
            assert words not in (made.reply or ""), (intent, channel)


@pytest.mark.parametrize("office", OFFICES)
def test_nobody_bereaved_gets_a_cheerful_word(office: str) -> None:
    cheerful = ("praise_thanks", "thank_reply", "goodbye_reply", "feedback_thanks")
    for intent, channel in product(("give_praise", "thank", "goodbye", "give_feedback"), PACKS.channels):
        made = drafted(intent, office, channel, mentions=("death",))
        assert not [part.topic for part in made.parts if part.topic in cheerful], channel
        assert "duty-officer" in {action.to for action in made.staff_actions}


def test_the_control_room_comes_first_and_what_has_no_date_last() -> None:
    made = drafted("complain_police", "north-wales-opcc", danger="alarm", urgency="emergency")
    assert made.staff_actions[0].to == "force-control-room"
    dated = [action.due is not None for action in made.staff_actions]
    assert dated == sorted(dated, reverse=True)


def test_moderation_starts_with_the_mildest_step() -> None:
    made = drafted("abuse", "leicestershire-opcc", "facebook-comment")
    actions = [option.action for option in made.moderation]
    assert actions.index("hide") < actions.index("warn") < actions.index("consider-block")


def test_an_unclear_message_asks_nothing_that_only_its_intent_would() -> None:
    made = drafted("request_foi", "cleveland-opcc", unsure=True)
    assert "foi-officer" not in {action.to for action in made.staff_actions}
