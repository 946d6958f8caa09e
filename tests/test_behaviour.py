"""The behavioural suite's runner: what it asks of a draft, and that perturbations change what they say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_engine_shared import shared_packs

from responder.drafting import compose
from responder.drafting.model import Assessment, Flag, Scored
from responder.errors import BadInput
from responder.evaluation.behaviour import load, run
from responder.evaluation.perturbations import PERTURBATIONS, perturbed


class Stub:
    """Alarms at the word "fire", reads "bonjour" as another language, shouts as abuse."""

    packs = shared_packs()

    def draft(self, message, intent=None):
        text = message.text
        read = Assessment(
            Scored("abuse" if text.isupper() else "report_emergency" if "fire" in text else "greet", 0.9),
            danger="alarm" if "fire" in text else "none",
            problem="other-language" if "bonjour" in text else None,
            flags=(Flag("link", None, 0, 1),) if ".example" in text else (),
        )
        return replace(compose.draft(self.packs, message, read), milliseconds=1.0)


SUITE = """
family: trial
about: For this test.
kinds:
- {kind: dangers, about: x, expect: {alarm: true, safety: true}, cases: [a fire, calm words]}
- kind: calm
  expect: {alarm: false, not_flags: [profanity]}
  cases: [a fire drill, {text: see x.example, expect: {flags: [link]}}]
- {kind: foreign, about: x, expect: {language: other, person_first: true}, cases: [bonjour]}
- {kind: shouting, about: x, perturb: upper_case, cases: [{text: a fire, expect: {alarm: true}}, hello]}
- kind: worse
  expect: {alarm: true}
  cases: [{text: smoke, stronger: smoke and fire}, {text: smoke, stronger: more smoke}]
"""


def test_each_kind_is_held_to_what_it_expects(tmp_path):
    (tmp_path / "trial.yml").write_text(SUITE, encoding="utf-8")
    found = {result.kind: [number for number, _ in result.failed] for result in run(load(tmp_path), Stub())}
    assert found == {"dangers": [2], "calm": [1], "foreign": [], "shouting": [1, 2], "worse": [2]}


def test_a_failure_says_what_came_and_never_the_text(tmp_path):
    (tmp_path / "trial.yml").write_text(SUITE, encoding="utf-8")
    said = [why for result in run(load(tmp_path), Stub()) for _, why in result.failed]
    assert "alarm none, safety none" in said
    assert not any("words" in why or "drill" in why for why in said)


def test_an_unknown_perturbation_is_named(tmp_path):
    (tmp_path / "trial.yml").write_text(SUITE.replace("upper_case", "louder"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"shouting.*louder"):
        load(tmp_path)


@given(st.sampled_from(sorted(PERTURBATIONS)), st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_perturbations_are_the_same_every_time_and_take_any_text(name, text):
    assert perturbed(name, text) == perturbed(name, text)


@pytest.mark.parametrize("name", sorted(PERTURBATIONS))
def test_perturbations_change_a_plain_message(name):
    text = "Someone's in the house, please come quickly."
    assert perturbed(name, text) != text


def test_the_suite_in_the_project_has_kinds_of_twenty():
    from encoder.corpus import ROOT

    kinds = load(ROOT / "evaluation" / "behaviour")
    assert len(kinds) >= 100
    assert [kind.name for kind in kinds if len(kind.cases) < 15] == []
