"""`/outbox`: approved replies, to be sent by hand until a channel sends them."""

from __future__ import annotations

from flask import Blueprint, render_template

from responder.console import access, desk_pages
from responder.console.access import needs
from responder.desk import outbox as desk_outbox

pages = Blueprint("outbox", __name__)


@pages.get("/outbox")
@needs("read")
def outbox() -> str:
    """What is approved and waits to be sent, the oldest first, and what was sent last."""
    account = access.account()
    with access.database().read() as connection:
        waiting = desk_outbox.waiting(connection, account)
        sent = desk_outbox.sent(connection, account)
    return render_template(
        "outbox.html", waiting=waiting, sent=sent, now=desk_pages.now(), packs=desk_pages.packs(),
        may_send=account.may("send"), several_offices=len(account.offices) > 1,
    )  # fmt: skip
