"""What the console's tests share: an application over the real packs with a pretended engine; the rules of a page."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fake_engine import FakeEngine
from flask.testing import FlaskClient

from responder.console import assets
from responder.console.app import create_app
from responder.drafting.calendar import LONDON

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "offices"
NOW = datetime(2026, 11, 20, 11, 40, tzinfo=LONDON)  # a Friday in office hours
NATURAL = {"hidden", "submit", "button"}


def console(home: Path, state: str = "ready") -> Any:
    """A console with a pretended engine, which is `app.extensions["engine"]`."""
    assets.prepare()
    engine = FakeEngine(PACKS)
    engine.now = state
    app = create_app(home, PACKS, engine, clock=lambda: NOW)
    app.test_client_class = PageClient
    return app


class Page(HTMLParser):
    """The parts of a page that the rules ask about."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, str] = {}
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self._open = tag

    def handle_data(self, data: str) -> None:
        self.text[self._open] = self.text.get(self._open, "") + data

    def all(self, *tags: str) -> list[dict[str, str]]:
        """The attributes of every element with one of these tags."""
        return [attrs for tag, attrs in self.found if tag in tags]


def page_faults(html: str) -> list[str]:
    """What a page breaks of our rules; an empty list where it keeps them."""
    page = Page(html)
    faults = []
    if not re.fullmatch(r".+ – Responder", page.text.get("title", "").strip()):
        faults.append(f"title: {page.text.get('title')!r}")
    if len(page.all("h1")) != 1:
        faults.append(f"{len(page.all('h1'))} h1")
    if not page.all("html")[0].get("lang"):
        faults.append("no lang")
    doubled = [id_ for id_, times in Counter(a["id"] for _, a in page.found if "id" in a).items() if times > 1]
    faults += [f"id twice: {id_}" for id_ in doubled]
    labelled = {attrs.get("for") for attrs in page.all("label")}
    for attrs in page.all("input", "select", "textarea"):
        if attrs.get("type") not in NATURAL and attrs.get("id") not in labelled and not attrs.get("aria-label"):
            faults.append(f"no label: {attrs.get('name')}")
    ids = {attrs["id"] for _, attrs in page.found if "id" in attrs}
    for attrs in page.all("a"):
        if attrs.get("href", "").startswith("#") and attrs["href"][1:] not in ids:
            faults.append(f"link to nowhere: {attrs['href']}")
    for tag, attrs in page.found:
        faults += [f"{name} on {tag}" for name in attrs if name.startswith("on") or name == "style"]
        if tag == "script" and not attrs.get("src"):
            faults.append("a script inside the page")
        if tag == "style":
            faults.append("a style inside the page")
    for word in (r"\bAI\b", "bot response", "intent classification"):
        if re.search(word, re.sub(r"(?s)<[^>]*>", " ", html)):
            faults.append(f"a word that staff should not meet: {word}")
    return faults


class PageClient(FlaskClient):
    """A client that checks every page it fetches, and fills in the token of the last form it saw."""

    token = ""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        response = super().open(*args, **kwargs)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 308):
            assert response.headers["Cache-Control"] == "no-store"
            assert page_faults(response.text) == []
            token = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
            self.token = token.group(1) if token else self.token
        return response

    def send(self, path: str = "/draft", **form: str) -> Any:
        """Sends the draft form as a browser would, from a page fetched before."""
        if not self.token:
            self.get("/draft")
        filled = {"csrf_token": self.token, "office": "north-wales-opcc", "channel": "facebook-dm", "day": "2026-11-20"}
        return self.post(path, data={**filled, "time": "11:40", **form})
