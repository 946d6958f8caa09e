"""/draft against the real engine: worker, model, console and browser together, as `responder serve` runs them."""

from __future__ import annotations

import pytest
from conftest import Served, axe_findings, fill_in
from console_support import PACKS, ROOT, furnished

from responder.console.app import create_app
from responder.desk.database import Database
from responder.desk.queue import Queue
from responder.engine.client import EngineClient
from responder.engine.places import Places
from responder.engine.supervisor import Supervisor

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The console with the worker of this checkout's own home."""
    places = Places(root=ROOT, home=ROOT / "var", packs=PACKS)
    if not places.models.is_dir() or not any(places.models.iterdir()):
        pytest.skip("no trained model: run responder train first")
    supervisor = Supervisor(places)
    supervisor.start()
    try:
        ping = supervisor.wait(120)
        assert ping, ping.why
        desk = tmp_path_factory.mktemp("desk")
        client = EngineClient(places.home)
        app = create_app(places.home, PACKS, client, database=Database.of(desk), queue=Queue.of(desk))
        served = Served(furnished(app))
        yield served
        served.close()
    finally:
        supervisor.close()


def test_a_message_is_read_and_answered(real, open_page):
    page = open_page(of=real)
    fill_in(page, real.address, "I'd like to make a Freedom of Information request about spending on speed cameras")
    assert page.locator(".reading__name").inner_text() == "Freedom of Information request"
    assert page.get_by_text("No rule broken").is_visible()
    assert "by " in page.locator(".due").first.inner_text()
    assert axe_findings(page) == []


def test_danger_opens_with_999(real, open_page):
    page = open_page(of=real)
    fill_in(page, real.address, "he's got a knife and he's trying to break my door down now", office="cleveland-opcc")
    assert page.locator(".danger").is_visible()
    assert "999" in page.get_by_label("Reply, yours to edit").input_value().split(".")[0]


def test_another_reading_drafts_again(real, open_page):
    page = open_page(of=real)
    fill_in(page, real.address, "Your officer was rude to my mum at the station on Tuesday and nobody has rung back")
    before = page.get_by_label("Reply, yours to edit").input_value()
    page.locator("#intent").select_option("give_praise")
    page.get_by_role("button", name="Redraft").click()
    page.get_by_text("your choice").wait_for()
    assert page.get_by_label("Reply, yours to edit").input_value() != before


def test_the_health_page_says_ok(real, open_page):
    page = open_page(of=real)
    assert page.goto(f"{real.address}/health").json() == {"status": "ok", "waiting": 0, "worker": "ok"}
