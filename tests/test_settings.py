"""responder.toml sets what the environment leaves open, and says what is wrong with it in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from responder import settings
from responder.errors import BadInput


def test_without_a_file_nothing_changes(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    settings.load(tmp_path, environment)
    assert environment == {}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "responder.toml").write_text('RESPONDER_HOME = "data"\nRESPONDER_OFFICE = "cleveland-opcc"\n')
    environment = {"RESPONDER_HOME": "elsewhere"}
    settings.load(tmp_path, environment)
    assert environment == {"RESPONDER_HOME": "elsewhere", "RESPONDER_OFFICE": "cleveland-opcc"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('RESPONDER_HOUSE = "x"', "there is no setting “RESPONDER_HOUSE”; there is: RESPONDER_HOME"),
        ("RESPONDER_HOME = 3", "a text in quotes is allowed"),
        ("RESPONDER_HOME", "cannot be read"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "responder.toml").write_text(content)
    with pytest.raises(BadInput, match=r"responder\.toml") as caught:
        settings.load(tmp_path, {})
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
