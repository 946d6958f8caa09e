"""Labelled messages through the engine, and what comes of it as figures.

A labelled line is `{"text", "intent", "urgency", "flags", "lang", …}`, with "office", "channel" and "received_at" where
wanted. Messages are named by their line number only: no text of one enters a report.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from responder.drafting.checking import check
from responder.drafting.model import FLAGS, URGENCIES, Draft, Finding, Message
from responder.engine import lines
from responder.engine.files import Drafter, numbered
from responder.errors import BadInput, UnknownName
from responder.evaluation import scores
from responder.evaluation.report import FlagScore, IntentScore, Report
from responder.evaluation.scores import Numbers

SAFETY_NUMBER = "999"
UNKNOWN_CONTACT = "unknown-contact"


@dataclass(frozen=True)
class Example:
    """One labelled message with the number of its line."""

    line: int
    message: dict[str, Any]
    intent: str
    urgency: str
    flags: frozenset[str]
    language: str
    hard: bool


def read_examples(source: IO[bytes]) -> list[Example]:
    """The labelled messages of a file. Raises BadInput with the line's number on the first that is none."""
    examples = []
    for number, raw in numbered(source):
        try:
            found = lines.parse_line(raw or b"")
            if not isinstance(found.get("intent"), str) or found.get("urgency", "routine") not in URGENCIES:
                raise BadInput(f"it needs “intent” and “urgency”, one of {', '.join(URGENCIES)}.")
        except BadInput as error:
            raise BadInput(f"Line {number}: {error}") from None
        examples.append(
            Example(
                line=number,
                message={k: v for k, v in found.items() if k in ("text", "office", "channel", "received_at", "thread")},
                intent=found["intent"],
                urgency=found.get("urgency", "routine"),
                flags=frozenset(str(f) for f in found.get("flags") or ()),
                language=found.get("lang") or found.get("language") or "en",
                hard=bool(found.get("hard")),
            )
        )
    if not examples:
        raise BadInput("The file holds no labelled message.")
    return examples


def measure(
    examples: list[Example], engine: Drafter, defaults: lines.Defaults, progress: IO[str] | None = sys.stderr
) -> Report:
    """Draft every example and compare. Raises BadInput where a line names what does not exist."""
    drafts, findings = [], []
    for n, example in enumerate(examples, start=1):
        try:
            if example.intent not in engine.packs.intents:
                raise UnknownName("intent", example.intent[:60], engine.packs.intents)
            message = lines.message(example.message, engine.packs, defaults)
        except (BadInput, UnknownName) as error:
            raise BadInput(f"Line {example.line}: {error}") from None
        drafts.append(engine.draft(message))
        findings.append(_checked(engine, message, drafts[-1]))
        if progress and (n % 50 == 0 or n == len(examples)):
            print(f"\r{n:,} of {len(examples):,}", end="\n" if n == len(examples) else "", file=progress, flush=True)
    return report(examples, drafts, tuple(engine.packs.intents), findings)


def _checked(engine: Drafter, message: Message, draft: Draft) -> list[Finding]:
    """What the check finds in a draft's reply."""
    if not draft.reply:
        return []
    return check(
        engine.packs,
        draft.reply,
        office=message.office,
        intent=draft.assessment.intent.name,
        channel=message.channel,
        at=message.received_at,
        message=message,
        assessment=draft.assessment,
    )


def report(
    examples: list[Example], drafts: list[Draft], intents: tuple[str, ...], findings: list[list[Finding]]
) -> Report:
    """The figures for drafts of examples and what the check found in them."""
    index = {name: i for i, name in enumerate(intents)}
    gold = np.array([index[e.intent] for e in examples])
    found = np.array([index[d.assessment.intent.name] for d in drafts])
    table = scores.confusion(gold, found, len(intents))
    accuracy, macro = scores.intervals(gold, found, len(intents))
    confidence = np.array([min(max(d.assessment.intent.confidence, 0.0), 1.0) for d in drafts])
    error, bins = scores.calibration(confidence, gold == found)
    times = [d.milliseconds for d in drafts]
    pairs = list(zip(examples, drafts))
    calm = [(e, d) for e, d in pairs if e.urgency != "emergency"]
    return Report(
        messages=len(examples),
        accuracy=accuracy,
        macro_f1=macro,
        top3=float(np.mean([e.intent in _top3(d) for e, d in pairs])),
        by_group=_groups(examples, gold == found),
        intents=intents,
        per_intent=_per_intent(table, intents),
        confusion=tuple(tuple(int(n) for n in row) for row in table),
        urgency=_urgency(pairs),
        emergencies=len(pairs) - len(calm),
        missed_emergencies=tuple(
            e.line for e, d in pairs if e.urgency == "emergency" and SAFETY_NUMBER not in (d.reply or "")
        ),
        false_alarms=tuple(e.line for e, d in calm if d.assessment.is_emergency),
        cautions=tuple(e.line for e, d in calm if d.assessment.danger == "possible" and not d.assessment.is_emergency),
        not_emergencies=len(calm),
        flags=tuple(_flag(flag, pairs) for flag in FLAGS),
        language_accuracy=float(np.mean([e.language == d.assessment.language for e, d in pairs])),
        to_a_person=sum(d.handling == "person" for d in drafts),
        calibration_error=error,
        calibration=bins,
        p50=scores.percentile(times, 50),
        p99=scores.percentile(times, 99),
        slowest=max(times),
        milliseconds=tuple(round(t, 2) for t in times),
        unknown_contacts=tuple(
            e.line for e, found in zip(examples, findings) if any(f.code == UNKNOWN_CONTACT for f in found)
        ),
        blocked=_blocked(examples, findings),
    )


def _blocked(examples: list[Example], findings: list[list[Finding]]) -> dict[str, tuple[int, ...]]:
    """The lines whose own draft the check blocks, by the finding's code."""
    blocked: dict[str, list[int]] = {}
    for example, found in zip(examples, findings):
        for code in sorted({f.code for f in found if f.level == "blocking"}):
            blocked.setdefault(code, []).append(example.line)
    return {code: tuple(numbers) for code, numbers in sorted(blocked.items())}


def _top3(draft: Draft) -> set[str]:
    read = draft.assessment
    return {read.intent.name, *(a.name for a in read.alternatives[:2])}


def _groups(examples: list[Example], right: Numbers) -> dict[str, tuple[int, float]]:
    """Accuracy of the parts of the file that have names: languages, hard ones."""
    groups: dict[str, list[bool]] = {}
    for example, ok in zip(examples, right):
        for name in (f"language {example.language}", "hard" if example.hard else "not hard"):
            groups.setdefault(name, []).append(bool(ok))
    return {name: (len(oks), float(np.mean(oks))) for name, oks in sorted(groups.items())}


def _per_intent(table: Numbers, intents: tuple[str, ...]) -> tuple[IntentScore, ...]:
    precision, recall, f1 = scores.per_label(table)
    rows = []
    for i, name in enumerate(intents):
        wrong = sorted(((int(n), intents[j]) for j, n in enumerate(table[i]) if j != i and n), reverse=True)[:3]
        read_as = tuple((other, n) for n, other in wrong)
        rows.append(
            IntentScore(name, int(table[i].sum()), float(precision[i]), float(recall[i]), float(f1[i]), read_as)
        )
    return tuple(rows)


def _urgency(pairs: Iterable[tuple[Example, Draft]]) -> dict[str, dict[str, int]]:
    """Counts by labelled urgency and by what was read (an alarm counts as an emergency)."""
    table: dict[str, dict[str, int]] = {gold: dict.fromkeys(URGENCIES, 0) for gold in URGENCIES}
    for example, draft in pairs:
        read = "emergency" if draft.assessment.is_emergency else draft.assessment.urgency
        table[example.urgency][read] += 1
    return table


def _flag(flag: str, pairs: list[tuple[Example, Draft]]) -> FlagScore:
    labelled = [flag in e.flags for e, _ in pairs]
    raised = [any(f.name == flag for f in d.assessment.flags) for _, d in pairs]
    both = sum(a and b for a, b in zip(labelled, raised))
    return FlagScore(flag, sum(labelled), both, sum(raised) - both)
