"""`/health`: whether the console, the desk and the worker are up, for whoever watches over the machine."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from responder.console.access import database, open_to_all
from responder.console.engine_state import state
from responder.desk.assessing import waiting
from responder.desk.database import DeskUnavailable

pages = Blueprint("health", __name__)


@pages.get("/health")
@open_to_all
def health() -> tuple[Response, int]:
    """JSON: status, how many messages nobody has read yet (null where the desk can't say), the worker's state.

    200 where messages are taken in and read; 503 where the worker or the desk's database is down or starting.
    """
    worker = {"ready": "ok"}.get(now := state(current_app.extensions["engine"]), now)
    unread = _unread()
    ok = worker == "ok" and unread is not None
    return jsonify(status="ok" if ok else "degraded", waiting=unread, worker=worker), 200 if ok else 503


def _unread() -> int | None:
    try:
        with database().read() as connection:
            return waiting(connection)
    except DeskUnavailable:
        return None
