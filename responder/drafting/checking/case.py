"""What a check looks at: one reply, the pack in force and what was read in the message."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

from responder.drafting.built_in import BuiltIn
from responder.drafting.conditions import Situation
from responder.drafting.model import Assessment, Level, Message
from responder.drafting.packs import InForce, Packs
from responder.drafting.rules import Word, words_of


@dataclass(frozen=True)
class Case:
    """One reply with what it is checked against. `language_known`: the message's language was given."""

    packs: Packs
    reply: str
    now: InForce
    situation: Situation
    message: Message
    assessment: Assessment
    language_known: bool

    def built_in(self, code: str) -> BuiltIn:
        """The words of one built-in check."""
        return self.packs.built_in[code]

    @cached_property
    def words(self) -> list[Word]:
        """The words of the reply, as phrases are compared with them."""
        return words_of(self.reply)

    @property
    def emergency_number(self) -> str:
        """999, as the pack has it."""
        return self.now.facts["999"].value(self.situation.language) or "999"


def as_level(word: str) -> Level:
    """A level read from a pack; the loader has checked it."""
    return cast(Level, word)
