"""The console's third-party files: named by a lock without addresses, prepared without GOV.UK's fonts and crest."""

from __future__ import annotations

import json
import re

import pytest

from responder.console import assets


def test_the_lock_names_versions_and_hashes_and_no_address():
    text = (assets.ROOT / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert set(packages) >= {"node_modules/govuk-frontend", "node_modules/axe-core"}
    for entry in packages.values():
        assert entry["integrity"].startswith("sha512-")
    assert "resolved" not in text and "http" not in text


def test_the_style_sheet_is_without_fonts_crest_and_addresses():
    assets.prepare()
    css = (assets.VENDOR / assets.STYLES).read_text(encoding="utf-8")
    assert len(css) > 50_000
    assert "@font-face" not in css and "GDS Transport" not in css and "sourceMappingURL" not in css
    assert not re.search(r"url\((?!data:)", css)


def test_preparing_twice_does_nothing_the_second_time():
    assets.prepare()
    said: list[str] = []
    assets.prepare(say=said.append)
    assert said == []


def test_a_checkout_without_its_lock_says_so(tmp_path):
    with pytest.raises(assets.AssetsError, match=r"package-lock\.json is missing"):
        assets.prepare(root=tmp_path, vendor=tmp_path / "vendor")


def test_what_is_ours_is_light():
    """A page with its style sheets and script stays within 300 kB beside a preview of 150 kB."""
    assets.prepare()
    static = assets.VENDOR.parent
    files = [static / "responder.css", static / "responder.js", static / "icon.svg", assets.VENDOR / assets.STYLES]
    assert sum(file.stat().st_size for file in files) <= 155_000
