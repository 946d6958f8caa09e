"""`/health`: whether the console and the engine are up, for whoever watches over the machine."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from responder.console.engine_state import state

pages = Blueprint("health", __name__)


@pages.get("/health")
def health() -> tuple[Response, int]:
    """JSON: status, how many messages wait (none before there is a desk), the worker's state; 200 or 503."""
    worker = {"ready": "ok"}.get(now := state(current_app.extensions["engine"]), now)
    ok = worker == "ok"
    return jsonify(status="ok" if ok else "degraded", waiting=0, worker=worker), 200 if ok else 503
