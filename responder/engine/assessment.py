"""From what Rasa's pipeline read to the domain's words.

Rasa's parse data carries `intent`, `intent_ranking` and what the components of `responder.nlu` add: `language`,
`triage` (urgency, danger, reasons), `flags`, `mentions`, `problem`, `also`. Whatever of it is missing or odd falls back
to the cautious value: an intent that nobody knows is one that nobody is sure of.

>>> from_parse({"intent": {"name": "greet", "confidence": 0.9}}, intents=["greet"]).intent
Scored(name='greet', confidence=0.9)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from responder.drafting.model import DANGERS, URGENCIES, Assessment, Danger, Flag, Scored, Urgency

FALLBACK = "nlu_fallback"
NO_INTENT = "out_of_scope"
ALTERNATIVES = 2


def from_parse(parse: dict[str, Any], *, intents: Iterable[str], chosen: str | None = None) -> Assessment:
    """The assessment that Rasa's parse data stands for; `chosen` is an intent that staff chose in its place.

    Flags keep the offsets that they have in `parse`. A chosen intent is certain, and never lowers an urgency or a
    danger that was read; the draft raises it to the least that the intent always has.
    """
    known = set(intents)
    ranking = _ranking(parse, known)
    named = (parse.get("intent") or {}).get("name")
    unsure = named not in known
    best = next((s for s in ranking if s.name == named), ranking[0] if ranking else Scored(NO_INTENT, 0.0))
    triage = parse.get("triage") or {}
    read = Assessment(
        intent=best,
        alternatives=tuple(s for s in ranking if s.name != best.name)[:ALTERNATIVES],
        language="cy" if parse.get("language") == "cy" else "en",
        urgency=cast(Urgency, _one_of(triage.get("urgency"), URGENCIES, "routine")),
        danger=cast(Danger, _one_of(triage.get("danger"), DANGERS, "none")),
        flags=tuple(_flag(flag) for flag in parse.get("flags") or ()),
        mentions=tuple(str(m) for m in parse.get("mentions") or ()),
        also=_also(parse.get("also"), known),
        reasons=tuple(str(r) for r in triage.get("reasons") or ()),
        unsure=unsure,
        problem=parse.get("problem") or None,
    )
    return choose(read, chosen) if chosen else read


def choose(read: Assessment, intent: str) -> Assessment:
    """The same assessment under an intent that a member of staff chose."""
    others = (read.intent, *read.alternatives) if read.intent.name != intent else read.alternatives
    return replace(
        read,
        intent=Scored(intent, 1.0),
        alternatives=tuple(s for s in others if s.name != intent)[:ALTERNATIVES],
        also=None if read.also == intent else read.also,
        unsure=False,
        problem=None,
        chosen_by_staff=True,
    )


def _ranking(parse: dict[str, Any], known: set[str]) -> list[Scored]:
    """The known intents, best first, each once."""
    entries = [*(parse.get("intent_ranking") or ()), parse.get("intent") or {}]
    scores: dict[str, float] = {}
    for entry in entries:
        name = entry.get("name")
        if name in known and name not in scores:
            scores[name] = float(entry.get("confidence") or 0.0)
    return sorted((Scored(n, c) for n, c in scores.items()), key=lambda s: -s.confidence)


def _one_of(found: Any, allowed: tuple[str, ...], default: str) -> str:
    return found if found in allowed else default


def _also(found: Any, known: set[str]) -> str | None:
    names = [found] if isinstance(found, str) else list(found or ())
    return next((n for n in names if n in known), None)


def _flag(entry: dict[str, Any]) -> Flag:
    return Flag(
        name=str(entry.get("name", "")),
        kind=entry.get("kind"),
        start=entry.get("start"),
        end=entry.get("end"),
        reason=str(entry.get("reason") or ""),
    )
