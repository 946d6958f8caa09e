"""/preview in a real browser: choose, read, print."""

from __future__ import annotations

import pytest
from conftest import axe_findings, sideways
from console_support import NOW, PACKS

from responder.console.preview_pages import write_preview
from responder.drafting import load_packs

SIZES = [(1280, 900), (400, 800), (320, 256)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_view_can_be_used_by_everybody(ready, open_page, size):
    page = open_page(*size)
    for query in ("office=north-wales-opcc&language=all", "office=cleveland-opcc&channel=all", "office=x&at=y"):
        page.goto(f"{ready.address}/preview?{query}")
        assert axe_findings(page) == []
        assert sideways(page) == 0


def test_choosing_an_office_and_a_language(ready, open_page):
    page = open_page()
    page.goto(f"{ready.address}/preview")
    page.get_by_label("Office").select_option("north-wales-opcc")
    page.get_by_role("button", name="Show").click()
    page.get_by_label("Language").select_option("cy")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", name="Replies of North Wales").wait_for()
    assert page.locator('.variant__words[lang="cy"]').count() > 20
    page.get_by_role("link", name="Complaint about the police").click()
    assert page.url.endswith("#complain_police")


def test_on_paper_only_the_replies_are_left(ready, open_page):
    page = open_page()
    page.goto(f"{ready.address}/preview?office=cleveland-opcc")
    page.emulate_media(media="print")
    assert not page.locator(".filter").is_visible() and not page.locator(".topbar").is_visible()
    assert page.locator(".entry").first.is_visible()


def test_the_pages_on_disk_open_by_themselves(chromium, tmp_path):
    write_preview(load_packs(PACKS), "north-wales-opcc", NOW, tmp_path)
    context = chromium.new_context()
    page = context.new_page()
    asked = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto((tmp_path / "index.html").as_uri())
    page.get_by_role("link", name="X reply").click()
    page.get_by_role("heading", name="X reply: replies of").wait_for()
    assert axe_findings(page) == []
    assert all(url.startswith("file://") for url in asked)
    context.close()
