"""What follows from a message besides the reply."""

from __future__ import annotations

from drafting_support import drafted


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
