"""Makes the console: a Flask application over the packs and the engine's client.

>>> app = create_app(Path("var"), Path("offices"), EngineClient(Path("var")))  # doctest: +SKIP
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, Response, render_template, url_for
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.exceptions import HTTPException

from responder.console import access, assets, desk_pages, security, typed, words
from responder.console.views import (
    accounts,
    admin,
    demo,
    draft,
    health,
    inbox,
    messages,
    outbox,
    practice,
    preview,
    reports,
    scenarios,
    shadow,
    sign_in,
    start,
    trainer,
)
from responder.desk import desk_rules
from responder.desk.database import Database, DeskUnavailable
from responder.desk.queue import Queue
from responder.drafting import load_packs
from responder.drafting.calendar import LONDON
from responder.engine.places import ROOT, Places
from responder.errors import ResponderError
from responder.keys import secret_key
from responder.practice.library import Library

MOST_BYTES = 2 * 1024 * 1024
PRACTICE = ROOT / "practice"
PROBLEMS = {
    400: ("We couldn't read that", "The page that sent this was out of date or incomplete. Go back, then try again."),
    403: (
        "We couldn't be sure that this came from you",
        "The page was open for a long time, or another site sent this. Copy your words, reload the page, try again.",
    ),
    404: ("Page not found", "If you typed the address, check that it's right."),
    405: ("That can't be done from here", "Start again from the inbox."),
    413: ("That message is too long", "The console takes messages of up to 2 MB. Shorten it, then try again."),
    500: (
        "Something went wrong",
        "Nothing was sent to anybody. Try again; if it happens again, tell whoever runs this.",
    ),
}


NOUNS = (
    start,
    sign_in,
    inbox,
    messages,
    outbox,
    draft,
    preview,
    practice,
    shadow,
    trainer,
    scenarios,
    reports,
    admin,
    accounts,
    demo,
    health,
)


class Console(Flask):
    """Flask, with logs that never hold a message: an error's own text may, so only its kind and place are logged."""

    def log_exception(self, exc_info: Any) -> None:
        kind, _, place = exc_info
        steps = " > ".join(f"{Path(step.filename).name}:{step.lineno}" for step in traceback.extract_tb(place)[-6:])
        self.logger.error("%s on a page, at %s", getattr(kind, "__name__", kind), steps)


class Engine(Protocol):
    """What the pages ask of the engine: its state and one draft."""

    def ping(self) -> Any:
        """Has a `state`: ready, starting or down."""

    def draft(self, message: dict[str, Any], intent: str | None = None, timeout: float = 20.0) -> dict[str, Any]:
        """The output line of docs/contract.md for an input line."""


def create_app(
    home: Path | str,
    packs_folder: Path | str,
    engine: Engine,
    *,
    database: Database | None = None,
    queue: Queue | None = None,
    hosts: Iterable[str] = (),
    secure: bool = False,
    gate: bool = False,
    clock: Callable[[], datetime] | None = None,
) -> Flask:
    """The application. `home` keeps its secret, and its desk and queue unless those are given.

    `hosts` are further names it answers to; `secure`: it is reached over HTTPS only (`security.allowed` says both);
    `gate`: nobody answers live before they have passed their office's course; `clock` tells the time.

    Raises:
        ResponderError: the packs, the home folder or the style sheet cannot be used; one sentence says why.
    """
    if not (assets.VENDOR / assets.STYLES).is_file():
        raise ResponderError("The console's style sheet is missing: run `python -m responder.console.assets` first.")
    app = Console(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        MAX_FORM_PARTS=100,
        SEND_FILE_MAX_AGE_DEFAULT=86_400,
        PRACTICE_GATE=gate,
    )
    app.secret_key = secret_key(Path(home))
    app.extensions["packs"] = load_packs(packs_folder)
    app.extensions["engine"] = engine
    app.extensions["database"] = database or Database.of(Path(home))
    app.extensions["queue"] = queue or Queue.of(Path(home))
    app.extensions["rules"] = desk_rules.load(packs_folder)
    app.extensions["practice"] = Library.load(PRACTICE, Path(home) / "practice", app.extensions["packs"])
    app.extensions["places"] = Places.default(home)
    app.extensions["clock"] = clock or (lambda: datetime.now(LONDON))
    app.jinja_loader = ChoiceLoader(
        [
            PackageLoader("responder.console"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(words=words, asset=_asset_addresses(app))
    security.protect(app, hosts, secure)
    access.install(app)
    desk_pages.install(app)
    for noun in NOUNS:
        app.register_blueprint(noun.pages)
    app.register_error_handler(HTTPException, _problem)
    app.register_error_handler(DeskUnavailable, _unavailable)
    app.register_error_handler(ResponderError, _sentence)
    return app


def _asset_addresses(app: Flask) -> Callable[[str], str]:
    """`asset('responder.css')` is its address with a mark that changes when the file does."""
    folder = Path(str(app.static_folder))
    marks: dict[str, str] = {}

    def asset(name: str) -> str:
        if name not in marks:
            file = folder / name
            marks[name] = hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "missing"
        return url_for("static", filename=name, v=marks[name])

    return asset


def _problem(error: HTTPException) -> tuple[str, int] | Response | HTTPException:
    """An error page in our own words; the cause never reaches the visitor."""
    code = error.code or 500
    if code < 400:
        return error
    title, what_to_do = PROBLEMS.get(code, PROBLEMS[500] if code >= 500 else PROBLEMS[400])
    ours = error.description if code == 400 and "http://127.0.0.1" in str(error.description) else None
    return render_template("problem.html", title=title, what_to_do=ours or what_to_do), code


def _sentence(error: ResponderError) -> tuple[str, int]:
    """An error that is already one sentence for staff."""
    return render_template("problem.html", title=PROBLEMS[400][0], what_to_do=str(error)), 400


def _unavailable(error: DeskUnavailable) -> tuple[str, int]:
    """The database cannot be used: what was typed is given back, since nothing of it was stored."""
    return render_template("unavailable.html", why=str(error), typed=typed.words()), 503


__all__ = ["Engine", "create_app"]
