"""Every kind of broken pack gives one sentence that says where, what was found and what is allowed.

tests/packs_small is a whole small pack; a folder of tests/packs_broken lays broken files over it and holds, in
expected.txt, what the sentence must say.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from responder.drafting import load_packs
from responder.errors import PackError, UnknownName

TESTS = Path(__file__).parent
BROKEN = sorted(path for path in (TESTS / "packs_broken").iterdir() if path.is_dir())


def test_the_small_pack_is_whole() -> None:
    packs = load_packs(TESTS / "packs_small")
    assert set(packs.offices) == {"small-opcc"}


def test_there_are_broken_packs() -> None:
    assert len(BROKEN) >= 25


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_a_broken_pack_says_what_is_wrong(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "offices"
    shutil.copytree(TESTS / "packs_small", target)
    shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expected.txt"))
    with pytest.raises(PackError) as caught:
        load_packs(target)
    sentence = str(caught.value)
    assert (folder / "expected.txt").read_text(encoding="utf-8").strip() in sentence
    assert "\n" not in sentence
    assert caught.value.file


def test_a_name_that_does_not_exist_lists_those_that_do() -> None:
    packs = load_packs(TESTS / "packs_small")
    for look_up in (packs.office, packs.channel, packs.intent, packs.clause):
        with pytest.raises(UnknownName, match=r"nowhere.*there is: "):
            look_up("nowhere")


def test_no_folder_and_no_office_are_said(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="holds no folder"):
        load_packs(tmp_path)
    shutil.copytree(TESTS / "packs_small" / "national", tmp_path / "national")
    with pytest.raises(PackError, match="holds no office"):
        load_packs(tmp_path)
