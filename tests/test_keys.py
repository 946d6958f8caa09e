"""The secrets of one installation: made once, kept to oneself, or given by a setting."""

from __future__ import annotations

import multiprocessing

import pytest

from responder import keys
from responder.errors import ResponderError


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("RESPONDER_SECRET_KEY", "RESPONDER_AUDIT_KEY"):
        monkeypatch.delenv(name, raising=False)


KINDS = pytest.mark.parametrize(
    ("read", "file", "setting"),
    [
        (keys.secret_key, "secret-key", "RESPONDER_SECRET_KEY"),
        (keys.audit_key, "audit-key", "RESPONDER_AUDIT_KEY"),
    ],
)


@KINDS
def test_a_key_is_made_once_and_kept_to_oneself(tmp_path, read, file, setting):
    first = read(tmp_path / "home")
    assert first == read(tmp_path / "home") and len(first) >= 32
    assert (tmp_path / "home" / file).stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "home").iterdir()] == [file]


@KINDS
def test_a_setting_goes_before_the_file(tmp_path, monkeypatch, read, file, setting):
    monkeypatch.setenv(setting, "short")
    with pytest.raises(ResponderError, match=f"{setting} is too short: give at least 16"):
        read(tmp_path)
    monkeypatch.setenv(setting, "long enough to be used")
    assert read(tmp_path) == "long enough to be used"
    assert not (tmp_path / file).exists()


@KINDS
def test_a_damaged_key_is_not_used(tmp_path, read, file, setting):
    (tmp_path / file).write_text("", encoding="ascii")
    with pytest.raises(ResponderError, match="damaged"):
        read(tmp_path)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "home").write_text("a file, no folder", encoding="ascii")
    with pytest.raises(ResponderError, match="check RESPONDER_HOME"):
        keys.secret_key(tmp_path / "home")


def test_the_two_keys_differ(tmp_path):
    assert keys.secret_key(tmp_path) != keys.audit_key(tmp_path)


def test_processes_that_start_at_once_end_with_one_key(tmp_path):
    with multiprocessing.get_context("fork").Pool(4) as pool:
        made = pool.map(keys.secret_key, [tmp_path / "home"] * 12)
    assert len(set(made)) == 1


def test_keys_for_different_purposes_differ():
    assert keys.derived("one key", "audit") == keys.derived("one key", "audit")
    assert len({keys.derived("one key", "audit"), keys.derived("one key", "form"), keys.derived("other", "form")}) == 3
