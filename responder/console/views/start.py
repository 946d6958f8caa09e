"""`/` and the colours: what every page starts from."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from responder.console.access import needs, open_to_all

pages = Blueprint("start", __name__)


@pages.get("/")
@needs("read")
def home() -> BaseResponse:
    """To the inbox."""
    return redirect(url_for("inbox.inbox"))


@pages.get("/colours.css")
@open_to_all
def colours() -> Response:
    """Each office's colour, as a style sheet (pages carry no style of their own)."""
    return Response(colour_rules(current_app.extensions["packs"]), mimetype="text/css")


def colour_rules(packs: object) -> str:
    """One rule for each office."""
    offices = packs.offices  # type: ignore[attr-defined]
    return "".join(f".office-{id_}{{--office:{office.colour}}}\n" for id_, office in offices.items())
