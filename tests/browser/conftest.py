"""A real browser over a real server: Debian's Chromium (or RESPONDER_CHROMIUM) against waitress on a free port."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from console_support import ROOT, console, cookie_of

from responder.console import assets

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("RESPONDER_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: drives a real browser")
    config.addinivalue_line("markers", "engine: needs a trained model")


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    """The browser, started once."""
    playwright = pytest.importorskip("playwright.sync_api")
    assets.prepare()
    with playwright.sync_playwright() as running:
        try:
            browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)  # None: Playwright's own
        except playwright.Error:
            if os.environ.get("CI"):
                raise
            pytest.skip("no browser: install Debian's chromium, or set RESPONDER_CHROMIUM")
        yield browser
        browser.close()


class Served:
    """An application at a free port of this machine."""

    def __init__(self, app):
        from waitress.server import create_server

        self.app = app
        self._server = create_server(app, host="127.0.0.1", port=0, threads=4)
        self.address = f"http://127.0.0.1:{self._server.effective_port}"
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def close(self):
        self._server.close()
        self._thread.join(5)

    def sign_in(self, context, account=None):
        """Sign a browser's context in, to an account or to the application's own."""
        context.add_cookies([{**cookie_of(self.app, account), "url": self.address}])


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The console with a pretended engine."""
    running = Served(console(tmp_path_factory.mktemp("home")))
    yield running
    running.close()


@pytest.fixture
def ready(served):
    """The same, with the engine ready whatever the test before made of it."""
    served.app.extensions["engine"].now = "ready"
    return served


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk of the file's own, served at `desk.address`, with the people of `decisions_support`."""
    from desk_filling import ServedDesk

    running = Served(console(tmp_path_factory.mktemp("desk")))
    yield ServedDesk(running.app, running)
    running.close()


@pytest.fixture
def open_page(chromium, served):
    """Makes pages of a given width; afterwards, no message has run a script and the policy has refused nothing.

    They are signed in to `served`, or to the server `of`: to its own account, to `account`, or to none (None).
    """
    contexts, faults = [], []

    def make(width: int = 1280, height: int = 900, *, of=served, account="own", **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-GB", **options)
        contexts.append(context)
        if account is not None:
            of.sign_in(context, None if account == "own" else account)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda said: faults.append(said.text) if _is_fault(said) else None)
        page.on("request", lambda sent: None if sent.url.startswith("http://127.0.0.1:") else faults.append(sent.url))
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


def _is_fault(said) -> bool:
    return said.type == "error" and "status of 4" not in said.text and "status of 503" not in said.text


def axe_findings(page) -> list[str]:
    """What axe finds that is serious or critical, as readable lines."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page.evaluate(f"axe.run(document, {json.dumps(options)})")
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def sideways(page) -> int:
    """How many pixels the page must be scrolled sideways; 0 where it fits."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def fill_in(page, address, text, office="north-wales-opcc", channel="facebook-dm"):
    """Fills in the draft form and sends it."""
    page.goto(f"{address}/draft")
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_label("Office").select_option(office)
    page.get_by_label("Channel").select_option(channel)
    with page.expect_navigation():  # until the next page has loaded, with its script
        page.get_by_role("button", name="Draft a reply").click()
