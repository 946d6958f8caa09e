"""Takes the README's pictures anew, with the real engine: `python tests/browser/screenshots.py`.

Writes docs/images/: draft.png and preview.png; of the demonstration inbox.png, message.png, reports.png, practice.png
and results.png.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conftest import CHROMIUM, FLAGS, Served, fill_in
from console_support import NOW, PACKS, ROOT, furnished
from playwright.sync_api import Browser, Page, sync_playwright

from responder.console import assets
from responder.console.app import create_app
from responder.desk import assessing
from responder.desk.demo import Demonstration
from responder.drafting.calendar import LONDON
from responder.engine.client import EngineClient
from responder.engine.places import Places
from responder.engine.supervisor import COMMAND, Supervisor
from responder.practice import demo as practice_demo

ANSWER = "I'm sorry to hear that. Please ring 101, or 999 if they come back. We can't take reports here."
IMAGES = ROOT / "docs" / "images"
MESSAGE = (
    "He's outside banging on the door again and I've got the kids with me. This is the third time, I rang 101 twice "
    "and nobody ever came. I want to make a complaint. 07700 900123"
)


def main() -> int:
    """All pictures; 1 where the engine is not ready."""
    assets.prepare()
    places = Places.default(ROOT / "var")
    supervisor = Supervisor(places, (*COMMAND, "--without-desk"))
    supervisor.start()
    ping = supervisor.wait(120)
    if not ping:
        print(ping.why or "The engine is not ready.", file=sys.stderr)
        supervisor.close()
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        draft_and_preview(browser, Path(home), EngineClient(places.home))
        desk(browser, Path(home), EngineClient(places.home))
        browser.close()
    supervisor.close()
    return 0


def draft_and_preview(browser: Browser, home: Path, engine: EngineClient) -> None:
    """The draft page and the preview."""
    served = Served(furnished(create_app(home, PACKS, engine, clock=lambda: NOW)))
    context = browser.new_context(viewport={"width": 1280, "height": 1100}, locale="en-GB")
    served.sign_in(context)
    page = context.new_page()
    fill_in(page, served.address, MESSAGE)
    page.locator("#sentence-2").hover()
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=IMAGES / "draft.png")
    page.goto(f"{served.address}/preview?office=cleveland-opcc&family=rights")
    page.screenshot(path=IMAGES / "preview.png")
    context.close()
    served.close()


def desk(browser: Browser, home: Path, engine: EngineClient) -> None:
    """The inbox, a message and the reports of the demonstration, once all of it was read."""
    shown = Demonstration(home, PACKS, engine)
    app = create_app(shown.folder, PACKS, engine, database=shown.database, queue=shown.queue)
    app.config["DEMO"] = shown
    story = practice_demo.load(app.extensions["practice"], shown.history.people, datetime.now(LONDON))
    practice_demo.tell(shown.database, story)
    shown.start()
    served = Served(app)
    for _ in range(240):
        with shown.database.read() as connection:
            if not assessing.waiting(connection):
                break
        time.sleep(0.5)
    time.sleep(8)  # what staff did is told once the messages were read
    page = browser.new_context(viewport={"width": 1440, "height": 960}, locale="en-GB").new_page()
    page.goto(served.address)
    page.goto(f"{served.address}/inbox?office=leicestershire-opcc")
    page.screenshot(path=IMAGES / "inbox.png")
    page.locator(".row--due .row__link, .row--routine .row__link").first.click()
    page.wait_for_load_state()
    page.screenshot(path=IMAGES / "message.png")
    page.goto(f"{served.address}/reports")
    page.screenshot(path=IMAGES / "reports.png")
    practice(page, served.address)
    served.close()
    shown.stop()


def practice(page: Page, address: str) -> None:
    """What a trainer sees of an office, and the marks that a trainee reads."""
    page.goto(f"{address}/practice/trainer?office=cleveland-opcc")
    page.screenshot(path=IMAGES / "results.png")
    page.get_by_label("You are").select_option("kit.larkin")
    page.get_by_role("button", name="Change").click()
    page.goto(f"{address}/practice/national/farlow-close?office=cleveland-opcc")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("What is it?").select_option("report_crime")
    page.get_by_label("Urgent").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Reply", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your reply").fill(ANSWER)
    page.get_by_role("button", name="Hand in").click()
    page.screenshot(path=IMAGES / "practice.png")


if __name__ == "__main__":
    raise SystemExit(main())
