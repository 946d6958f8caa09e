"""`/messages/<id>`: one message, its draft, and what staff decide about it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from responder.console import access, desk_pages, forms, message_page, words
from responder.console.access import needs
from responder.desk import decisions, inbox, intake, threads
from responder.desk.database import DeskUnavailable
from responder.desk.decisions import Acting, Conflict, Stale, Words
from responder.engine import teaching
from responder.errors import BadInput, ResponderError

pages = Blueprint("messages", __name__)
Page = str | tuple[str, int] | Response
Act = Callable[..., Any]
HIGHEST = 10**15  # no message has a number like that, and no database would take it


@pages.url_value_preprocessor
def check_number(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that no message can have is not found."""
    if (values or {}).get("message_id", 0) > HIGHEST:
        abort(404)


@pages.get("/messages/<int:message_id>")
@needs("read")
def message(message_id: int) -> Page:
    """The message with everything that belongs to it. That it was opened is noted."""
    _note_opened(message_id)
    return message_page.show(message_id, language=request.args.get("language"), opened=request.args.get("open"))


@pages.get("/messages/<int:message_id>/text")
@needs("read")
def text(message_id: int) -> Page:
    """All words of a very long message, as plain text."""
    with access.database().read() as connection:
        row = threads.row_of(connection, access.account(), message_id)
    if row is None:
        abort(404)
    _note_opened(message_id)
    return Response(row["text"], mimetype="text/plain")


@pages.post("/messages/<int:message_id>/check")
@needs("read")
def check(message_id: int) -> Page:
    """The page with the words as they were typed, checked; nothing is kept. `mend` puts one finding's words in.

    A script gets the check alone, without the message.
    """
    if access.is_a_part():
        return message_page.check_alone(message_id, _typed("reply") or "", request.form.get("language"))
    _note_opened(message_id)
    return message_page.show(
        message_id, reply=_typed("reply"), language=request.form.get("language"), mend=request.form.get("mend")
    )


@pages.post("/messages/<int:message_id>/keep")
@needs("write")
def keep(message_id: int) -> Page:
    """Keep the words for later."""
    return _decide(message_id, decisions.save_reply, "Your words are kept.", _words(), at="reply")


@pages.post("/messages/<int:message_id>/ask")
@needs("write")
def ask(message_id: int) -> Page:
    """Ask for approval."""
    return _decide(message_id, decisions.ask, "Asked for approval.", _words(), at="reply", on=True)


@pages.post("/messages/<int:message_id>/approve")
@needs("write")
def approve(message_id: int) -> Page:
    """Approve the reply as it stands on the page."""

    def said(approved: decisions.Approved) -> str:
        if approved.complete:
            return (
                "Approved. It stands in the outbox: copy it, send it, then mark it as sent. You can still take it back."
            )
        return "Approved. One more person must approve it before it goes."

    return _decide(message_id, decisions.approve, said, _words(), at="reply")


@pages.post("/messages/<int:message_id>/send-back")
@needs("send")
def send_back(message_id: int) -> Page:
    """Give it back to its author, with the reason."""
    return _decide(
        message_id, decisions.send_back, "Sent back with your reason.", _number("version"), _typed("reason") or "",
        at="reason", on=True,
    )  # fmt: skip


@pages.post("/messages/<int:message_id>/take-back")
@needs("send")
def take_back(message_id: int) -> Page:
    """Take an approved reply out of the outbox."""
    return _decide(message_id, decisions.take_back, "Taken out of the outbox: it is a draft again.", at="reply")


@pages.post("/messages/<int:message_id>/sent")
@needs("send")
def sent(message_id: int) -> Page:
    """Say that it was sent by hand."""
    return _decide(message_id, decisions.mark_sent, "Marked as sent.", _number("saw"), at="reply", on=True, undo=True)


@pages.post("/messages/<int:message_id>/not-sent")
@needs("send")
def not_sent(message_id: int) -> Page:
    """It was not sent after all."""
    return _decide(message_id, decisions.not_sent, "It stands in the outbox again.", at="reply")


@pages.post("/messages/<int:message_id>/fresh-draft")
@needs("write")
def fresh_draft(message_id: int) -> Page:
    """The page with the new draft in place of the kept words; nothing is kept until somebody says so."""
    _note_opened(message_id)
    return message_page.show(message_id, fresh=True, language=request.form.get("language"))


@pages.post("/messages/<int:message_id>/correct")
@needs("correct")
def correct(message_id: int) -> Page:
    """Say what the message is; the draft follows, and the assistant is taught."""
    intent, danger = request.form.get("intent") or None, request.form.get("danger") or None

    def act(connection: Any, acting: Acting, id_: int) -> None:
        decisions.correct(connection, acting, id_, intent, danger)

    answer = _decide(message_id, act, "Corrected: the draft follows.", at="intent")
    if isinstance(answer, Response) and intent:
        _teach(message_id, intent)
    return answer


@pages.post("/messages/<int:message_id>/assign")
@needs("write")
def assign(message_id: int) -> Page:
    """Give it to somebody."""
    chosen = request.form.get("assignee", "")
    to = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 15 else None
    return _decide(message_id, decisions.assign, "Given." if to else "Nobody has it now.", to, at="assignee")


@pages.post("/messages/<int:message_id>/note")
@needs("write")
def note(message_id: int) -> Page:
    """Keep a note."""
    return _decide(message_id, decisions.add_note, "The note is kept.", _typed("note") or "", at="note-words")


@pages.post("/messages/<int:message_id>/escalate")
@needs("write")
def escalate(message_id: int) -> Page:
    """Tell a role what it must know."""
    role, needed = request.form.get("role", ""), _typed("needs") or ""
    at = "needs" if role else "role"
    return _decide(message_id, decisions.escalate, "Written down as told.", role, needed, at=at)


@pages.post("/messages/<int:message_id>/settle")
@needs("write")
def settle(message_id: int) -> Page:
    """The role has dealt with its part."""
    return _decide(message_id, decisions.settle_escalation, "Noted as dealt with.", at="more-title")


@pages.post("/messages/<int:message_id>/tick")
@needs("write")
def tick(message_id: int) -> Page:
    """Tick off something that staff must do, or take the tick back."""
    done = bool(request.form.get("done"))
    said = "Ticked off." if done else "Not done after all."
    return _decide(message_id, decisions.tick, said, request.form.get("duty", ""), done, at="must-title")


@pages.post("/messages/<int:message_id>/close")
@needs("close")
def close(message_id: int) -> Page:
    """No reply is needed."""
    reason, why = request.form.get("reason", ""), _typed("words") or ""
    at = "close-words" if reason else "close-reason"
    return _decide(message_id, decisions.close, "Closed without a reply.", reason, why, at=at, on=True, undo=True)


@pages.post("/messages/<int:message_id>/reopen")
@needs("close")
def reopen(message_id: int) -> Page:
    """Open it again."""
    return _decide(message_id, decisions.reopen, "Open again.", at="more-title")


@pages.post("/messages/<int:message_id>/warn")
@needs("close")
def warn(message_id: int) -> Page:
    """Keep a warning about the sender."""
    return _decide(message_id, decisions.warn_of, "The warning is kept.", _typed("warning") or "", at="warning")


@pages.post("/messages/<int:message_id>/end-warning")
@needs("close")
def end_warning(message_id: int) -> Page:
    """End a warning about the sender."""
    return _decide(message_id, decisions.end_warning, "The warning is ended.", _number("warning"), at="sender-title")


@pages.get("/messages/new")
@needs("receive")
def blank() -> str:
    """The form to add a message that came in elsewhere."""
    ask = forms.blank(desk_pages.packs(), request.args, desk_pages.now())
    offices = access.account().offices
    if not ask.office and len(offices) == 1:
        ask = replace(ask, office=offices[0])
    return _form(ask, secrets.token_urlsafe(16), "")


@pages.post("/messages/new")
@needs("receive")
def add() -> Page:
    """Put it into the inbox; sent twice, it is there once."""
    packs, account = desk_pages.packs(), access.account()
    ask = forms.read(packs, request.form, desk_pages.now())
    errors, author = dict(ask.errors), request.form.get("author", "").strip()
    key = request.form.get("key", "")
    if ask.office in packs.offices and ask.office not in account.offices:
        errors["office"] = "Choose one of your offices"
    if len(author) > intake.LONGEST_NAME:
        errors["author"] = f"The sender's name must be {intake.LONGEST_NAME} characters or fewer"
    if "\x00" in author:
        errors["author"] = "The sender's name holds a character that can't be kept: type it anew"
    if not (0 < len(key) <= 100 and key.isascii() and key.isprintable()):
        errors["text"] = "The page was incomplete: send it again"
        key = secrets.token_urlsafe(16)
    if ask.at is not None and not errors and ask.at > desk_pages.now().replace(second=59, microsecond=999_999):
        errors["day"] = "The time must not lie in the future"
    if errors or ask.at is None:
        return _form(replace(ask, errors=errors), key, author), 400
    incoming = intake.Incoming(
        ask.office, ask.channel, _name_of(ask, key), ask.text, ask.at, author=author or None, source="staff"
    )
    with access.database().write() as connection:
        taken = intake.receive(connection, packs, incoming, desk_pages.now(), account.actor)
    current_app.extensions["queue"].enqueue(taken.id)
    flash("Added to the inbox." if taken.is_new else "It was in the inbox already.")
    return redirect(url_for("messages.message", message_id=taken.id))


def _note_opened(message_id: int) -> None:
    """Note that a message is opened; 404 where the account must not know of it.

    A database that takes nothing down (a full disk) keeps nobody from reading: then the log says who opened what.
    """
    try:
        with access.database().write() as connection:
            if threads.office_of(connection, access.account(), message_id) is None:
                abort(404)
            decisions.see(connection, desk_pages.acting(), message_id)
    except DeskUnavailable:
        current_app.logger.warning(
            "account %d opened message %d, which the audit could not be told", access.account().id, message_id
        )


def _name_of(ask: forms.Ask, key: str) -> str:
    """The name that makes a second sending of the same form the same message; other words make another one."""
    return f"by-hand:{key}:{hashlib.sha256(ask.text.encode()).hexdigest()[:16]}"


def _form(ask: forms.Ask, key: str, author: str) -> str:
    return render_template(
        "message/new.html", ask=ask, key=key, author=author, packs=desk_pages.packs(),
        offices=access.account().offices,
    )  # fmt: skip


def _decide(
    message_id: int,
    act: Act,
    said: str | Callable[[Any], str],
    *given: Any,
    at: str,
    on: bool = False,
    undo: bool = False,
) -> Page:
    """Carry a decision out; the page with what was typed and a sentence where it can't be.

    `at` names the field at fault; `on`: to the next message afterwards; `undo`: the banner says where to undo it.
    """
    acting = desk_pages.acting()
    try:
        with access.database().write() as connection:
            if threads.office_of(connection, acting.account, message_id) is None:
                abort(404)
            came_to = act(connection, acting, message_id, *given)
            is_left = on and isinstance(came_to, int) and came_to > 0
            following = _following(connection, message_id) if on and not is_left else None
    except ResponderError as problem:
        status = 409 if isinstance(problem, (Conflict, Stale)) else 503 if isinstance(problem, DeskUnavailable) else 400
        return message_page.show(
            message_id, problem=problem, at=at, reply=_typed("reply"), language=request.form.get("language"),
            status=status,
        )  # fmt: skip
    done = said(came_to) if callable(said) else said
    if is_left:
        flash(f"{done} It isn't over yet: do what stands under “You must”, and tick it off.")
        return redirect(url_for("messages.message", message_id=message_id, **desk_pages.query_of_address()))
    flash(f"{done} (Message {message_id}{'; open it again to undo that' if undo else ''}.)" if on else done)
    query = desk_pages.query_of_address()
    if on and following is None:
        return redirect(url_for("inbox.inbox", **query))
    return redirect(url_for("messages.message", message_id=following or message_id, **query))


def _following(connection: Any, message_id: int) -> int | None:
    """What comes next in the inbox as it is filtered; None where nothing is left."""
    page = inbox.look(connection, access.account(), desk_pages.wanted(connection), desk_pages.now(), size=2)
    return next((row.id for row in page.rows if row.id != message_id), None)


def _teach(message_id: int, intent: str) -> None:
    """Keep the message as an example of what staff say that it is, for the next training."""
    with access.database().read() as connection:
        row = threads.row_of(connection, access.account(), message_id)
    if row is None or not row["text"].strip():
        return
    try:
        teaching.teach(
            current_app.extensions["places"], desk_pages.packs(), row["text"], intent, urgency=row["urgency"],
            language=row["language"] if row["language"] in teaching.LANGUAGES else "en",
        )  # fmt: skip
    except BadInput:  # nothing to learn from it: the correction itself stands
        return
    with access.database().write() as connection:
        decisions.taught(connection, desk_pages.acting(), message_id)


def _words() -> Words:
    language = request.form.get("language")
    known = language if language in words.LANGUAGES else None
    read = _number("read") if request.form.get("read") else None
    return Words(_typed("reply") or "", _number("version"), _number("saw"), known, read)


def _typed(name: str) -> str | None:
    found = request.form.get(name)
    return None if found is None else found.replace("\r\n", "\n").replace("\r", "\n")


def _number(name: str) -> int:
    found = request.form.get(name, "")
    return int(found) if found.isascii() and found.isdigit() and len(found) < 16 else 0
