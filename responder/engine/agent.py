"""The engine: one message in, one assessment and draft out, through Rasa's agent in this process.

Cleaned text → Rasa's pipeline (`config.yml`) → Rasa's rules (`data/rules.yml`) choose the action → the action
(`actions/`) drafts. Whatever fails on the way, there is a draft: a person's, with safety words.

>>> engine = Engine.load()                                                              # doctest: +SKIP
>>> engine.draft(Message("Where do I send an FOI?", "cleveland-opcc", "x-dm", now)).handling  # doctest: +SKIP
'reply'
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from responder.drafting.model import Assessment, Draft, Message
from responder.drafting.packs import Packs, load_packs
from responder.engine import answer, assessment, cleaning, quiet
from responder.engine.places import Places

if TYPE_CHECKING:
    from rasa.core.agent import Agent


class Engine:
    """Rasa's agent with the offices' packs. One call at a time; safe to share between threads."""

    def __init__(self, agent: Agent, packs: Packs) -> None:
        self.packs = packs
        self._agent = agent
        self._encoder_config = _encoder_config(agent)
        self._loop = asyncio.new_event_loop()
        self._one_at_a_time = threading.Lock()

    @classmethod
    def load(cls, model: Path | None = None, *, places: Places | None = None, packs: Packs | None = None) -> Engine:
        """Load the trained model: the current one of `places`, or the file `model` as it is.

        Raises:
            ModelError: the model is missing, altered or older than what it is trained from.
            PackError: a pack's file has a fault.
        """
        quiet.before_rasa()
        places = places or Places.default()
        packs = packs or load_packs(places.packs)
        from responder.engine.model import current, load_agent

        agent = load_agent(model or current(places))
        engine = cls(agent, packs)
        engine._warm_up()
        return engine

    def assess(self, message: Message, intent: str | None = None) -> Assessment:
        """What is read in a message; under `intent`, where staff chose one.

        Raises:
            UnknownName: there is no such office, channel or intent.
        """
        self._check_names(message, intent)
        with self._one_at_a_time:
            try:
                parse = self._loop.run_until_complete(self._parse(message.text))
            except Exception as error:
                quiet.log.error("a message could not be read: %s", quiet.failure(error))
                return answer.hand_over(self.packs, message).assessment
        return assessment.from_parse(parse, intents=self.packs.intents, chosen=intent)

    def draft(self, message: Message, intent: str | None = None) -> Draft:
        """The draft for a message; under `intent`, where staff chose one.

        A text that Rasa or an action fails on gives a draft that hands it to a person.

        Raises:
            UnknownName: there is no such office, channel or intent.
        """
        self._check_names(message, intent)
        started = time.perf_counter()
        with self._one_at_a_time:
            made = self._answer(message, intent)
        return replace(made, id=message.id, milliseconds=(time.perf_counter() - started) * 1000)

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Prepare texts that `draft` will soon be asked for: their sentence vectors are made together.

        May run beside `draft` in another thread. Changes no result.
        """
        from responder.nlu.components import encode_ahead

        readable = [cleaning.for_rasa(cleaning.clean(text)) for text in texts]
        if self._encoder_config is not None:
            encode_ahead([text for text in readable if text], self._encoder_config)

    def _check_names(self, message: Message, intent: str | None) -> None:
        self.packs.office(message.office)
        self.packs.channel(message.channel)
        if intent is not None:
            self.packs.intent(intent)

    def _answer(self, message: Message, intent: str | None) -> Draft:
        read: Assessment | None = None
        here = answer.Sitting(self.packs)
        token = answer.sitting.set(here)
        try:
            parse = self._loop.run_until_complete(self._parse(message.text))
            read = assessment.from_parse(parse, intents=self.packs.intents, chosen=intent)
            self._loop.run_until_complete(self._dispatch(message, parse, intent))
        except Exception as error:  # one text must never stop the rest
            quiet.log.error("a message could not be answered: %s", quiet.failure(error))
        finally:
            answer.sitting.reset(token)
        return here.drafts[-1] if here.drafts else answer.hand_over(self.packs, message, read)

    async def _parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse data, its flags counted in characters of the text as it was written."""
        from rasa.core.channels.channel import UserMessage

        cleaned = cleaning.clean(text)
        readable = cleaning.for_rasa(cleaned)
        if not readable:
            return {"text": text, "intent": {"name": None, "confidence": 0.0}, "entities": [], "problem": "empty"}
        parse: dict[str, Any] = await self._agent.processor.parse_message(UserMessage(readable))
        parse["flags"] = cleaning.flags_in_original(parse.get("flags") or (), cleaned)
        parse["text"] = text
        return parse

    async def _dispatch(self, message: Message, parse: dict[str, Any], intent: str | None) -> None:
        """Let Rasa's rules choose the action and run it. What it drafted lies in the sitting."""
        from rasa.core.channels.channel import UserMessage

        known = (parse.get("intent") or {}).get("name") in self.packs.intents
        if intent:
            parse = {**parse, "intent": {"name": intent, "confidence": 1.0}}
        elif not known or parse.get("problem"):
            parse = {**parse, "intent": {"name": assessment.FALLBACK, "confidence": 1.0}}
        given = answer.metadata(message, chosen=intent)
        said = UserMessage("", sender_id="one-message", parse_data={**parse, "metadata": given}, metadata=given)
        said.text = message.text  # as it was written: Rasa's constructor strips it, and flags count from its start
        await self._agent.processor.handle_message(said)

    def _warm_up(self) -> None:
        """Read two texts, so that the first member of staff does not wait for what is built on first use."""
        for text in ("Hello", "Bore da, sut mae gwneud cwyn am yr heddlu?"):
            try:
                self._loop.run_until_complete(self._parse(text))
            except Exception as error:
                quiet.log.error("the model could not be warmed up: %s", quiet.failure(error))


def _encoder_config(agent: Agent) -> dict[str, Any] | None:
    """The settings of the model's sentence encoder; None where its pipeline has none."""
    processor = getattr(agent, "processor", None)
    if processor is None:
        return None
    nodes = processor.model_metadata.predict_schema.nodes.values()
    found = next((node for node in nodes if node.uses.__name__ == "SentenceEncoder"), None)
    return None if found is None else {**found.uses.get_default_config(), **found.config}
