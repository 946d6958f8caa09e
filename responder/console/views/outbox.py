"""`/outbox`: approved replies, to be sent by hand until a channel sends them."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy.engine import Connection

from responder.console import access, desk_pages
from responder.console.access import needs
from responder.desk import decisions
from responder.desk import outbox as desk_outbox
from responder.desk.outbox import Outgoing

pages = Blueprint("outbox", __name__)


@pages.get("/outbox")
@needs("read")
def outbox() -> str:
    """What is approved and waits to be sent, the oldest first, and what was sent last."""
    account = access.account()
    with access.database().read() as connection:
        waiting = desk_outbox.waiting(connection, account)
        sent = desk_outbox.sent(connection, account)
        closed = _closed(connection, waiting) if account.may("send") else {}
    return render_template(
        "outbox.html", waiting=waiting, sent=sent, now=desk_pages.now(), packs=desk_pages.packs(),
        may_send=account.may("send"), why_closed=closed, most=desk_outbox.MOST,
        several_offices=len(account.offices) > 1,
    )  # fmt: skip


def _closed(connection: Connection, waiting: list[Outgoing]) -> dict[int, str]:
    """Why whoever is signed in may not send a reply live yet, by message, where they may not."""
    acting = desk_pages.acting()
    told = {
        one.message_id: decisions.closed(connection, acting, {"rank": one.rank, "office": one.office})
        for one in waiting
    }
    return {id_: why for id_, why in told.items() if why}
