"""The demonstration in a real browser: in at once, and somebody else with two clicks, with no script."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from conftest import Served, axe_findings, sideways
from console_support import PACKS, Clock, console

from responder.desk.demo import Demonstration


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    desk = Demonstration(home, PACKS, SimpleNamespace(ping=lambda: SimpleNamespace(state="down")), Clock())
    app = console(desk.folder, database=desk.database, queue=desk.queue)
    app.config["DEMO"] = desk
    running = Served(app)
    yield running
    running.close()
    desk.stop()


@pytest.mark.parametrize("width", [1280, 400, 320])
def test_the_visitor_is_in_at_once_and_may_be_somebody_else(shown, open_page, width):
    page = open_page(width, 800, of=shown, account=None, java_script_enabled=False)
    page.goto(f"{shown.address}/demo")
    page.get_by_role("heading", name="Inbox").wait_for()
    assert page.locator(".demo").is_visible()
    page.goto(f"{shown.address}/preview")
    page.get_by_label("You are").select_option("ruth.okafor")
    page.get_by_role("button", name="Change").click()
    page.get_by_text("You are now Ruth Okafor, approver.").wait_for()
    assert page.url == f"{shown.address}/preview"


@pytest.mark.parametrize("size", [(1280, 900), (320, 256)], ids=str)
def test_the_banner_can_be_used_by_everybody(shown, open_page, size):
    page = open_page(*size, of=shown, account=None)
    for path in ("/demo", "/preview?family=rights", "/sign-in"):
        page.goto(shown.address + path)
        assert axe_findings(page) == [], path
        assert sideways(page) == 0, path
