"""What the console's tests share: an application over the real packs with a pretended engine; the rules of a page."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fake_engine import FakeEngine
from flask.testing import FlaskClient

from responder.console import access, assets
from responder.console.app import create_app
from responder.desk import accounts, sessions
from responder.desk.accounts import Account
from responder.desk.audit import COMMAND_LINE
from responder.drafting.calendar import LONDON

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "offices"
NOW = datetime(2026, 11, 20, 11, 40, tzinfo=LONDON)  # a Friday in office hours
NATURAL = {"hidden", "submit", "button"}
_numbers = itertools.count(1)


class Clock:
    """The time of an application under test; it stands still until somebody moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Let time pass: `forward(minutes=5)`."""
        self.now += timedelta(**by)


def console(home: Path, state: str = "ready", role: str = "administrator", **more: Any) -> Any:
    """A console with a desk, a pretended engine and one account, which `app.test_client()` is signed in to.

    `more` goes to `create_app`. `app.extensions["engine"]` is the engine, `["clock"]` a Clock unless one is given,
    `["test_account"]` the account, of all offices.
    """
    assets.prepare()
    engine = FakeEngine(PACKS)
    engine.now = state
    return furnished(create_app(home, PACKS, engine, **{"clock": Clock(), **more}), role)


def furnished(app: Any, role: str = "administrator") -> Any:
    """The application with an account, which its test client is signed in to."""
    app.test_client_class = PageClient
    app.extensions["test_account"] = account_for(app, role)
    return app


def account_for(app: Any, role: str, offices: Iterable[str] | None = None, name: str | None = None) -> Account:
    """A new account, of all offices unless some are given; it has no password yet."""
    packs, database, now = (app.extensions[part] for part in ("packs", "database", "clock"))
    with database.write() as connection:
        return accounts.create(
            connection, packs, COMMAND_LINE, now(), name=name or f"{role}.{next(_numbers)}",
            full_name=f"A. {role.title()}", role=role, offices=packs.offices if offices is None else offices,
        )  # fmt: skip


def sign_in_as(app: Any, role: str, offices: Iterable[str] | None = None, name: str | None = None) -> PageClient:
    """A client that is signed in to a new account."""
    client: PageClient = app.test_client(account=account_for(app, role, offices, name))
    return client


def cookie_of(app: Any, account: Account | None = None) -> dict[str, str]:
    """The cookie that signs a browser in, by its name and value: to the account, or to the application's own."""
    client = app.test_client(account=account or app.extensions["test_account"])
    return {"name": app.config["SESSION_COOKIE_NAME"], "value": client.cookie}


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
    """A client that checks every page it fetches, and fills in the token of the last form it saw.

    It is signed in to the application's own account, to `account`, or to none where that is None.
    """

    token = ""

    def __init__(self, app: Any, *args: Any, account: Account | str | None = "own", **kwargs: Any) -> None:
        super().__init__(app, *args, **kwargs)
        self.account = app.extensions["test_account"] if account == "own" else account
        if self.account is not None:
            self.sign_in()

    def sign_in(self) -> None:
        """Begin a session of the account, without a password."""
        with self.application.extensions["database"].write() as connection:
            token = sessions.begin(connection, self.account, self.application.extensions["clock"]())
        with self.session_transaction() as kept:
            kept.clear()
            kept[access.TOKEN] = token

    @property
    def cookie(self) -> str:
        """The value of the session's cookie; empty where there is none."""
        found = self.get_cookie(self.application.config["SESSION_COOKIE_NAME"])
        return found.value if found else ""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        response = super().open(*args, **kwargs)
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        if response.mimetype == "text/html" and response.text.startswith("<!DOCTYPE"):
            assert response.headers["Cache-Control"] == "no-store"
            faults = page_faults(response.text)
            assert faults == [], faults
            token = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
            self.token = token.group(1) if token else self.token
        return response

    def send(self, path: str = "/draft", **form: str) -> Any:
        """Sends the draft form as a browser would, from a page fetched before."""
        filled = {
            "csrf_token": self.token or self.fetch_token(),
            "office": "north-wales-opcc",
            "channel": "facebook-dm",
            "day": "2026-11-20",
        }
        return self.post(path, data={**filled, "time": "11:40", **form})

    def fetch_token(self) -> str:
        """The token of a form of this client's, as any page with a form holds it."""
        self.token = ""
        if self.get("/draft").status_code == 302:
            self.get("/sign-in")
        return self.token

    def change(self, path: str, **form: Any) -> Any:
        """Sends a form with its token."""
        return self.post(path, data={"csrf_token": self.token or self.fetch_token(), **form})
