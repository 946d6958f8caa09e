"""The words for danger, ready without the engine: packs are enough to draft them."""

from __future__ import annotations

from typing import Any

from responder.console.forms import Ask
from responder.drafting import draft
from responder.drafting.model import Assessment, Message, Scored


def words_for(packs: Any, ask: Ask) -> str | None:
    """What the office says first to somebody in danger, for a form without faults; None where it says nothing."""
    assert ask.at is not None
    message = Message(text=ask.text, office=ask.office, channel=ask.channel, received_at=ask.at)
    danger = Assessment(Scored("report_emergency", 1.0), urgency="emergency", danger="alarm", chosen_by_staff=True)
    return draft(packs, message, danger).reply
