"""Who may see which page: every view says what it needs, and a view that says nothing is closed to everybody.

>>> @pages.get("/inbox")  # doctest: +SKIP
... @needs("read")
... def inbox(): ...
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, jsonify, redirect, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as BaseResponse

from responder.console import typed
from responder.desk import roles, sessions, throttle
from responder.desk.accounts import Account
from responder.desk.database import Database, DeskUnavailable
from responder.desk.roles import LEAST
from responder.keys import derived

View = TypeVar("View", bound=Callable[..., Any])
Answer = BaseResponse | tuple[str | Response, int] | None
OPEN = "open"  # no account is needed
TOKEN = "token"  # where the signed cookie keeps the session's token


def needs(permission: str) -> Callable[[View], View]:
    """Marks a view with the permission of `desk.roles` that it needs."""
    if permission not in LEAST:
        raise KeyError(permission)

    def mark(view: View) -> View:
        view.needs = permission  # type: ignore[attr-defined]
        return view

    return mark


def open_to_all(view: View) -> View:
    """Marks a view that needs no account: sign-in, health, style sheets."""
    view.needs = OPEN  # type: ignore[attr-defined]
    return view


def needed(app: Flask, endpoint: str) -> str | None:
    """What the view of an endpoint needs: a permission, OPEN, or None where it does not say."""
    return OPEN if endpoint == "static" else getattr(app.view_functions[endpoint], "needs", None)


def account() -> Account:
    """Who is signed in, in a view that `needs` a permission."""
    found: Account = g.account
    return found


def visitor() -> Account | None:
    """Who is signed in, if anybody, in a view that is open to all. Raises DeskUnavailable."""
    if "account" not in g:
        g.account = _signed_in()
    found: Account | None = g.account
    return found


def token() -> str:
    """The token of the session of whoever is signed in; it goes nowhere but to `desk.sessions`."""
    return str(session[TOKEN])


def database() -> Database:
    """The desk's database."""
    found: Database = current_app.extensions["database"]
    return found


def throttle_key() -> bytes:
    """The key that hides who tried to sign in (`desk.throttle`)."""
    return derived(str(current_app.secret_key), throttle.SECRET)


def address() -> str:
    """Where the request comes from, as far as the server can tell."""
    return request.remote_addr or ""


def begin(found: Account) -> None:
    """Sign an account in, with a new token whatever the browser brought. Raises DeskUnavailable."""
    now = _now()
    with database().write() as connection:
        _end(connection, now)
        token = sessions.begin(connection, found, now)
    session.clear()
    session[TOKEN] = token
    g.account = found


def end() -> None:
    """Sign whoever is signed in out. Raises DeskUnavailable."""
    with database().write() as connection:
        _end(connection, _now())
    session.clear()
    g.account = None


def install(app: Flask) -> None:
    """Let nobody see a page that their account may not see; templates know who is signed in as `signed_in`."""

    @app.before_request
    def check_access() -> Answer:
        if request.endpoint is None:  # there is no such page; its own page says so, to whoever it is
            with contextlib.suppress(DeskUnavailable):
                visitor()
            return None
        permission = needed(app, request.endpoint)
        if permission == OPEN:
            return None
        if permission is None:
            abort(403, description="This page does not say who may see it, so nobody may.")
        found = visitor()
        if found is None:
            return _sign_in_first()
        return None if found.may(permission) else _not_allowed(found, permission)

    @app.context_processor
    def known() -> dict[str, Any]:
        return {"signed_in": g.get("account")}


def own_path(path: str) -> str:
    """The path, where it is one of our own pages that can be asked for after signing in; else the start's.

    >>> own_path("//elsewhere.example")  # doctest: +SKIP
    '/'
    """
    start = url_for("start.home")
    if not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable() or "\\" in path:
        return start
    try:
        endpoint, _ = current_app.url_map.bind("").match(path.partition("?")[0], method="GET")
    except (HTTPException, RequestRedirect):
        return start
    return path if needed(current_app, endpoint) not in (None, OPEN) else start


def _signed_in() -> Account | None:
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    now = _now()
    with database().read() as connection:
        found = sessions.find(connection, token, now)
    if found is None:
        return None
    if sessions.is_stale(found, now) and not _asks_by_itself():
        with contextlib.suppress(DeskUnavailable), database().write() as connection:
            sessions.note(connection, found, now)
    return found.account


def _sign_in_first() -> Answer:
    if is_a_part():
        return jsonify(problem="signed out"), 401
    if request.method in ("GET", "HEAD"):
        if current_app.config.get("DEMO"):
            return redirect(url_for("demo.enter", next=request.path))
        asked = request.full_path if request.query_string else request.path
        return redirect(url_for("sign_in.form", next=None if asked == url_for("start.home") else asked))
    return render_template("sign_in/signed_out.html", typed=typed.words()), 403


def _not_allowed(found: Account, permission: str) -> Answer:
    if is_a_part():
        return jsonify(problem="not allowed"), 403
    least = roles.ROLES.index(LEAST[permission])
    allowed = [roles.TITLES[role].lower() for role in roles.ROLES[least:]]
    return render_template("sign_in/not_allowed.html", allowed=allowed, role=roles.TITLES[found.role].lower()), 403


def is_a_part() -> bool:
    """Whether a script of ours asked, for a part of a page or for JSON: it cannot show a page."""
    return request.headers.get("Sec-Fetch-Dest") == "empty" or request.accept_mimetypes.best == "application/json"


def _asks_by_itself() -> bool:
    """Whether a page left open looks for news: that is not somebody at work, and keeps no session alive."""
    return request.method == "GET" and is_a_part()


def _end(connection: Any, now: datetime) -> None:
    if isinstance(token := session.get(TOKEN), str):
        sessions.end(connection, token, now)


def _now() -> datetime:
    now: datetime = current_app.extensions["clock"]()
    return now
