"""Every sentence of tests/cases holds: what policy staff can read is what the product does."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from drafting_support import Case, all_cases, the_packs

from responder.drafting import check, draft
from responder.drafting.checking.content import first_sentence
from responder.drafting.model import Draft

CASES = all_cases()


def test_there_are_cases_for_every_office() -> None:
    assert {case.office for case in CASES} == set(the_packs().offices)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}: {case.name}")
def test_case(case: Case) -> None:
    assert set(case.output) <= set(_PROOFS), f"unknown words in the case: {set(case.output) - set(_PROOFS)}"
    made = draft(the_packs(), case.message(), case.assessment())
    for key, wanted in case.output.items():
        _PROOFS[key](case, made, wanted)


def _reply(made: Draft) -> str:
    return made.reply or ""


def _handling(case: Case, made: Draft, wanted: str) -> None:
    assert made.handling == wanted


def _reply_is(case: Case, made: Draft, wanted: str | None) -> None:
    assert made.reply == wanted


def _reply_has(case: Case, made: Draft, wanted: list[str]) -> None:
    assert not [words for words in wanted if words not in _reply(made)], _reply(made)


def _reply_lacks(case: Case, made: Draft, wanted: list[str]) -> None:
    assert not [words for words in wanted if words in _reply(made)], _reply(made)


def _first_sentence_has(case: Case, made: Draft, wanted: list[str]) -> None:
    assert not [words for words in wanted if words not in first_sentence(_reply(made))], _reply(made)


def _cites(case: Case, made: Draft, wanted: list[str]) -> None:
    cited = {id_ for one in (*made.parts, *made.moderation, *made.staff_actions) for id_ in one.clauses}
    told = " ".join(warning.text for warning in made.warnings)
    assert not [id_ for id_ in wanted if id_ not in cited and id_ not in told]


def _cites_not(case: Case, made: Draft, wanted: list[str]) -> None:
    assert not set(wanted) & {id_ for part in made.parts for id_ in part.clauses}


def _moderation(case: Case, made: Draft, wanted: list[str]) -> None:
    assert set(wanted) <= {option.action for option in made.moderation}


def _moderation_lacks(case: Case, made: Draft, wanted: list[str]) -> None:
    assert not set(wanted) & {option.action for option in made.moderation}


def _staff_actions(case: Case, made: Draft, wanted: list[dict[str, Any]]) -> None:
    there = [{"to": a.to, "what": a.what, "due": a.due.isoformat() if a.due else None} for a in made.staff_actions]
    for action in wanted:
        asked = {key: value if isinstance(value, str) or value is None else str(value) for key, value in action.items()}
        assert any(asked.items() <= one.items() for one in there), (asked, there)


def _missing(case: Case, made: Draft, wanted: list[str]) -> None:
    assert set(wanted) <= set(made.missing)


def _warnings(case: Case, made: Draft, wanted: list[str]) -> None:
    assert set(wanted) <= {warning.code for warning in made.warnings}


def _found(case: Case, made: Draft) -> list[str]:
    text = case.input.get("reply", _reply(made))
    findings = check(
        the_packs(), text, office=case.office, intent=case.input["intent"], channel=case.channel, at=case.at,
        message=case.message(), assessment=case.assessment(),
    )  # fmt: skip
    return [finding.code for finding in findings if finding.level == "blocking" or "reply" in case.input]


def _check_finds(case: Case, made: Draft, wanted: list[str]) -> None:
    assert set(wanted) <= set(_found(case, made))


def _check_passes(case: Case, made: Draft, wanted: bool) -> None:
    assert (not _found(case, made)) == wanted


def _lesson(case: Case, made: Draft, wanted: bool) -> None:
    versions = [the_packs().clause(id_).at(case.at.date()) for id_ in case.proves]
    assert all(version and version.lesson for version in versions) == wanted


def _settings(case: Case, made: Draft, wanted: dict[str, Any]) -> None:
    office = the_packs().office(case.office)
    for key, value in wanted.items():
        _same(getattr(office, key), value)


def _same(there: Any, wanted: Any) -> None:
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            _same(getattr(there, key), value)
    elif isinstance(there, time):
        assert there.isoformat("minutes") == wanted
    else:
        assert (list(there) if isinstance(there, tuple) else there) == wanted


_PROOFS = {
    "handling": _handling,
    "reply": _reply_is,
    "reply_has": _reply_has,
    "reply_lacks": _reply_lacks,
    "first_sentence_has": _first_sentence_has,
    "cites": _cites,
    "cites_not": _cites_not,
    "moderation": _moderation,
    "moderation_lacks": _moderation_lacks,
    "staff_actions": _staff_actions,
    "missing": _missing,
    "warnings": _warnings,
    "check_finds": _check_finds,
    "check_passes": _check_passes,
    "lesson": _lesson,
    "settings": _settings,
    "intent": lambda case, made, wanted: None,
}
