"""A model that is missing, altered, old or odd is refused, and the sentence says what to do."""

from __future__ import annotations

import json
import shutil

import pytest
from test_engine_shared import trained_places

from responder.engine import model
from responder.engine.places import Places
from responder.errors import ModelError

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def copied(tmp_path):
    """The trained model in a home of its own, with its own copy of what it was trained from."""
    source = trained_places()
    root, home = tmp_path / "project", tmp_path / "home"
    for name in ("config.yml", "domain.yml"):
        root.mkdir(exist_ok=True)
        shutil.copy(source.root / name, root / name)
    shutil.copytree(source.root / "data", root / "data")
    shutil.copytree(source.root / "responder" / "nlu", root / "responder" / "nlu")
    shutil.copytree(source.root / "encoder", root / "encoder")
    manifest = json.loads((source.models / "manifest.json").read_text())
    (home / "models").mkdir(parents=True)
    for name in ("manifest.json", manifest["model"]):
        shutil.copy(source.models / name, home / "models" / name)
    return Places(root=root, home=home, packs=source.packs)


def change_manifest(places, **changes):
    path = places.models / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def refusal(places):
    with pytest.raises(ModelError) as caught:
        model.current(places)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("run: responder train.")
    return str(caught.value)


def test_a_current_model_is_found(copied):
    assert model.current(copied).is_file()


def test_missing_altogether(tmp_path):
    assert "There is no trained model" in refusal(Places(tmp_path, tmp_path, tmp_path))


def test_missing_file(copied):
    model.current(copied).unlink()
    assert "There is no trained model" in refusal(copied)


def test_one_byte_altered(copied):
    path = model.current(copied)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "altered" in refusal(copied)


@pytest.mark.parametrize("name", ["config.yml", "domain.yml", "data/rules.yml"])
def test_old(copied, name):
    with (copied.root / name).open("a") as file:
        file.write("\n# changed\n")
    assert "is old" in refusal(copied)


def test_a_new_data_file_makes_it_old(copied):
    (copied.root / "data" / "more.yml").write_text('version: "3.1"\n')
    assert "is old" in refusal(copied)


def test_other_versions(copied):
    change_manifest(copied, versions={"rasa": "1"})
    assert "other versions" in refusal(copied)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model": 1}', "\0"])
def test_a_broken_manifest(copied, content):
    (copied.models / "manifest.json").write_text(content)
    assert "cannot be read" in refusal(copied)


def test_a_manifest_that_points_elsewhere(copied):
    change_manifest(copied, model="../../evil.tar.gz")
    assert "outside its folder" in refusal(copied)
