"""The behavioural suite: kinds of messages, each with what must come of it, in the manner of CheckList and HateCheck.

The cases stand in `evaluation/behaviour/*.yml`, written one by one (Ribeiro et al. 2020; Röttger et al. 2021). A kind
expects something of each of its cases; perturbations and pairs expect something of a message beside another one.

>>> results = run(load(Path("evaluation/behaviour")), engine)      # doctest: +SKIP
>>> [r.kind for r in results if r.failed]                          # doctest: +SKIP
['no-alarm-word']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from responder.drafting.model import Draft, Message
from responder.engine.files import Drafter
from responder.errors import BadInput
from responder.evaluation.perturbations import PERTURBATIONS, perturbed

SAFETY_NUMBER = "999"
OFFICE, CHANNEL = "leicestershire-opcc", "facebook-dm"
WHEN = datetime(2026, 3, 3, 11, 0, tzinfo=ZoneInfo("Europe/London"))
SAFETY_KEYS = ("alarm", "safety", "person_first")
HAND_WRITTEN = ("other_names", "other_places", "dialect_spelling")
SAME = "same"


@dataclass(frozen=True)
class Case:
    """One text and what must come of it. `beside`: the message that it must be read like, for a kind that compares.

    `number` counts within the kind, from 1; reports name a case by family, kind and number.
    """

    family: str
    kind: str
    number: int
    text: str
    expect: Mapping[str, Any]
    beside: str | None = None


@dataclass
class KindResult:
    """How a kind fared: `failed` holds the numbers of the cases with what was found instead."""

    family: str
    kind: str
    about: str
    cases: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)

    @property
    def passed(self) -> int:
        """How many cases came out as expected."""
        return self.cases - len(self.failed)


@dataclass(frozen=True)
class Kind:
    """A kind with its cases."""

    family: str
    name: str
    about: str
    cases: tuple[Case, ...]


def load(folder: Path) -> tuple[Kind, ...]:
    """Every kind of the folder's files, in their order. Raises BadInput, which names file and kind."""
    kinds: list[Kind] = []
    for path in sorted(folder.glob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        for entry in content["kinds"]:
            try:
                cases = tuple(_cases(content["family"], entry))
            except (KeyError, TypeError, ValueError) as error:
                raise BadInput(f"{path}, kind {entry.get('kind')}: {error!r}.") from None
            kinds.append(Kind(content["family"], entry["kind"], entry.get("about", ""), cases))
    if not kinds:
        raise BadInput(f"{folder} holds no behavioural case.")
    return tuple(kinds)


def run(
    kinds: Iterable[Kind], engine: Drafter, progress: Callable[[KindResult], None] = lambda _: None
) -> list[KindResult]:
    """Draft every case and compare; `progress` hears of each kind when it is done."""
    results = []
    for kind in kinds:
        result = KindResult(kind.family, kind.name, kind.about)
        for case in kind.cases:
            wrong = failure(case, engine)
            result.cases += 1
            if wrong:
                result.failed.append((case.number, wrong))
        progress(result)
        results.append(result)
    return results


def failure(case: Case, engine: Drafter) -> str | None:
    """What came of a case instead of what is expected, in a few words without the text; None where it came."""
    draft = _draft(engine, case.text)
    if case.beside is not None and case.expect.get(SAME):
        other = _draft(engine, case.beside)
        if other.assessment.is_emergency and not draft.assessment.is_emergency:
            return "the alarm is lost"
        if case.expect[SAME] == "intent" and draft.assessment.intent.name != other.assessment.intent.name:
            return f"{other.assessment.intent.name} became {draft.assessment.intent.name}"
    wrong = [f"{key} {found}" for key, found in _wrong(case.expect, draft)]
    return ", ".join(wrong) or None


def _wrong(expect: Mapping[str, Any], draft: Draft) -> Iterator[tuple[str, str]]:
    """The expectations that are not met, each with what was found."""
    read = draft.assessment
    intent, flags = read.intent.name, {flag.name for flag in read.flags}
    checks: dict[str, tuple[Callable[[Any], bool], object]] = {
        "alarm": (lambda told: read.is_emergency is told, read.danger),
        "safety": (lambda told: (SAFETY_NUMBER in (draft.reply or "")) is told, read.danger),
        "intent": (lambda told: intent == told, intent),
        "intent_in": (lambda told: intent in told, intent),
        "not_intent": (lambda told: intent not in told, intent),
        "language": (lambda told: _language(draft) == told, read.language),
        "flags": (lambda told: set(told) <= flags, sorted(flags)),
        "not_flags": (lambda told: not set(told) & flags, sorted(flags)),
        "urgency_in": (lambda told: read.urgency in told, read.urgency),
        "silenced": (lambda told: (draft.handling == "no_reply") is told, draft.handling),
        "person_first": (lambda told: (draft.handling == "person") is told, draft.handling),
    }
    for key, told in expect.items():
        if key == SAME:
            continue
        holds, found = checks[key]
        if not holds(told):
            yield key, str(found)


def _language(draft: Draft) -> str:
    return "other" if draft.assessment.problem == "other-language" else draft.assessment.language


def _draft(engine: Drafter, text: str) -> Draft:
    return engine.draft(Message(text=text, office=OFFICE, channel=CHANNEL, received_at=WHEN))


def _cases(family: str, entry: Mapping[str, Any]) -> Iterator[Case]:
    """The cases of one kind as it stands in its file."""
    expected = dict(entry.get("expect") or {})
    perturb = entry.get("perturb")
    if perturb and perturb not in (*PERTURBATIONS, *HAND_WRITTEN):
        raise ValueError(f"perturb “{perturb}”; allowed: {', '.join((*PERTURBATIONS, *HAND_WRITTEN))}")
    for number, written in enumerate(entry["cases"], start=1):
        told = {"text": written} if isinstance(written, str) else written
        text, own = str(told["text"]), {**expected, **(told.get("expect") or {})}
        if perturb:
            variant = str(told["variant"]) if perturb in HAND_WRITTEN else perturbed(perturb, text)
            same = {SAME: "danger" if perturb == "buried_in_long_text" else "intent"}
            yield Case(family, entry["kind"], number, variant, same | {k: own[k] for k in ("alarm",) if k in own}, text)
            continue
        second = next((str(told[key]) for key in ("stronger", "weaker", "variant") if key in told), None)
        if second is None:
            yield Case(family, entry["kind"], number, text, own)
        else:
            yield Case(family, entry["kind"], number, second, own, text)


def failures_of(results: Sequence[KindResult], family: str) -> int:
    """How many cases of a family failed."""
    return sum(len(result.failed) for result in results if result.family == family)
