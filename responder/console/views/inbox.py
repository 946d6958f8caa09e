"""`/inbox`: what came in, what comes first and why."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from responder.console import access, desk_pages
from responder.console.access import needs
from responder.desk import inbox as desk_inbox
from responder.desk import sessions

pages = Blueprint("inbox", __name__)


@pages.get("/inbox")
@needs("read")
def inbox() -> str:
    """What is there to do, in the order in which it should be done; the address names the filter."""
    with access.database().read() as connection:
        wanted = desk_pages.wanted(connection)
        listed = desk_pages.listed(connection, wanted, after=request.args.get("after"))
        offered = desk_pages.choices(connection)
    return render_template(
        "inbox.html",
        choices=offered,
        filtered=desk_pages.in_words(wanted, offered),
        may_add=access.account().may("receive"),
        **listed,
    )


@pages.post("/inbox/search")
@needs("read")
def search() -> BaseResponse:
    """Look for words: they are kept with the session, since they may be somebody's name, and stand in no address."""
    words = request.form.get("words", "").replace("\x00", "").strip()[: desk_inbox.LONGEST_SEARCH]
    with access.database().write() as connection:
        sessions.keep_search(connection, access.token(), words)
        kept = desk_pages.wanted(connection).as_query()
    kept.pop("search", None)
    found = {"view": "all", **kept, "search": "on"} if words else kept
    return redirect(url_for("inbox.inbox", **found))


@pages.get("/inbox/rows")
@needs("read")
def rows() -> str:
    """The list alone, for the page to take in without losing its place."""
    chosen = request.args.get("chosen", "")
    with access.database().read() as connection:
        listed = desk_pages.listed(
            connection, desk_pages.wanted(connection), chosen_id=int(chosen) if chosen.isdecimal() else None
        )
    return render_template("inbox/list.html", **listed)


@pages.get("/inbox/arrivals")
@needs("read")
def arrivals() -> Response:
    """How many messages came after the one numbered `since`, and the bar as it is now; numbers only."""
    since = request.args.get("since", "")
    with access.database().read() as connection:
        wanted = desk_pages.wanted(connection)
        last = int(since) if since.isascii() and since.isdigit() and len(since) < 15 else 0
        new, danger = desk_inbox.newer_than(connection, access.account(), wanted, last)
    return jsonify(new=new, danger=danger, bar=render_template("bar.html"))
