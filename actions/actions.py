"""One thin action for each family of intents: what Rasa read goes in, the office's draft comes out.

Rasa's rules choose the action; `responder.engine.answer` writes the draft; nothing is decided here. The same classes
serve the product, which runs them in its own process, and `rasa run actions`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from responder.engine import answer


class Answer(Action, ABC):
    """What the families share. Abstract, so that Rasa's executor registers only those below."""

    @abstractmethod
    def name(self) -> str:
        """The action's name in domain.yml and data/rules.yml."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Utter the draft: its words (or a note to staff) as text, all of it as JSON. Changes no slot."""
        draft = self.draft(tracker.latest_message)
        dispatcher.utter_message(text=answer.words(draft), json_message=draft.as_dict())
        return []

    def draft(self, latest_message: dict[str, Any]) -> Any:
        """The draft for what Rasa read last."""
        return answer.draft(latest_message)


class AnswerSafety(Answer):
    """Danger, self-harm, crime, help for victims."""

    def name(self) -> str:
        """See `Answer`."""
        return "action_answer_safety"


class AnswerModeration(Answer):
    """Threats, hate, abuse, spam, live cases, party politics."""

    def name(self) -> str:
        """See `Answer`."""
        return "action_answer_moderation"


class AnswerRights(Answer):
    """Complaints, information requests, one's own case, moderation appeals."""

    def name(self) -> str:
        """See `Answer`."""
        return "action_answer_rights"


class AnswerEngagement(Answer):
    """Questions, contact, opinions, praise, the media, requests to share."""

    def name(self) -> str:
        """See `Answer`."""
        return "action_answer_engagement"


class AnswerSmallTalk(Answer):
    """Greetings, thanks, farewells, "are you a person", another body's matter."""

    def name(self) -> str:
        """See `Answer`."""
        return "action_answer_small_talk"


class HandToPerson(Answer):
    """What was not understood: a person reads it, and safety words stand ready."""

    def name(self) -> str:
        """See `Answer`."""
        return "action_hand_to_person"

    def draft(self, latest_message: dict[str, Any]) -> Any:
        """The draft, which is marked as unsure whatever Rasa's confidence says."""
        return answer.draft(latest_message, unsure=True)
