"""`/demo`: what only the demonstration desk has: one is signed in at once, and may be somebody else at any time.

Open to all, and not there at all unless `app.config["DEMO"]` is a `desk.demo.Demonstration`.
"""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from responder.console import access
from responder.console.access import open_to_all
from responder.desk import roles
from responder.desk.demo import Demonstration

pages = Blueprint("demo", __name__)


@pages.get("/demo")
@open_to_all
def enter() -> Response:
    """Sign the visitor in as the invented manager, or as whoever they are already; then to `next`, or the inbox."""
    demo = _demo()
    if access.visitor() is None:
        _become(demo, demo.visitor)
    return redirect(_next(request.args.get("next", "")))


@pages.post("/demo/as")
@open_to_all
def become() -> Response:
    """Go on as another invented person."""
    demo, name = _demo(), request.form.get("person", "")
    account = demo.account(name)
    if account is None or account.disabled_at is not None:
        abort(400)
    _become(demo, name)
    flash(f"You are now {account.full_name}, {roles.TITLES[account.role].lower()}.")
    return redirect(_next(request.form.get("next", "")))


def _demo() -> Demonstration:
    """The demonstration; where there is none, there is no such page."""
    demo = current_app.config.get("DEMO")
    if not demo:
        abort(404)
    return cast(Demonstration, demo)


def _become(demo: Demonstration, name: str) -> None:
    account = demo.account(name)
    if account is None:
        abort(400)
    access.begin(account)


def _next(path: str) -> str:
    return access.own_path(path) if path else url_for("start.home")
