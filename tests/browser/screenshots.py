"""Takes the README's pictures anew, with the real engine: `python tests/browser/screenshots.py`.

Writes docs/images/draft.png and docs/images/preview.png.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conftest import CHROMIUM, FLAGS, Served, fill_in
from console_support import NOW, PACKS, ROOT
from playwright.sync_api import sync_playwright

from responder.console import assets
from responder.console.app import create_app
from responder.engine.client import EngineClient
from responder.engine.places import Places
from responder.engine.supervisor import Supervisor

MESSAGE = (
    "He's outside banging on the door again and I've got the kids with me. This is the third time, I rang 101 twice "
    "and nobody ever came. I want to make a complaint. 07700 900123"
)


def main() -> int:
    """Both pictures; 1 where the engine is not ready."""
    assets.prepare()
    places = Places.default(ROOT / "var")
    supervisor = Supervisor(places)
    supervisor.start()
    ping = supervisor.wait(120)
    if not ping:
        print(ping.why or "The engine is not ready.", file=sys.stderr)
        supervisor.close()
        return 1
    with tempfile.TemporaryDirectory() as home:
        served = Served(create_app(home, PACKS, EngineClient(places.home), clock=lambda: NOW))
        images = ROOT / "docs" / "images"
        images.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_context(viewport={"width": 1280, "height": 1100}, locale="en-GB").new_page()
            fill_in(page, served.address, MESSAGE)
            page.locator("#sentence-2").hover()
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=images / "draft.png")
            page.goto(f"{served.address}/preview?office=cleveland-opcc&family=rights")
            page.screenshot(path=images / "preview.png")
            browser.close()
        served.close()
    supervisor.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
