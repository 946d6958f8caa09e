"""`/draft`: paste a message, read what it is, what the policy says, and the reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from responder.console import forms, safety
from responder.console.access import needs
from responder.console.checking import Checked, check_words, mended
from responder.console.engine_state import NotReady, drafted, state
from responder.console.forms import Ask
from responder.console.sheet import lay_out
from responder.engine import teaching
from responder.errors import BadInput, UnknownName

pages = Blueprint("draft", __name__)
Page = tuple[str, int]


@pages.get("/draft")
@needs("read")
def blank_form() -> Page:
    """The empty form; the address may name an office and a channel, never a message."""
    ask = forms.blank(_packs(), request.args, _now())
    return _page(ask, 200, state=state(current_app.extensions["engine"]))


@pages.post("/draft")
@needs("read")
def draft() -> Page:
    """The form sent: the reading and the draft, or what is wrong."""
    ask = forms.read(_packs(), request.form, _now())
    return _answer(replace(ask, reply=None, errors={k: v for k, v in ask.errors.items() if k != "reply"}))


@pages.get("/draft/check")
@needs("read")
def check_without_words() -> Response:
    """Nothing to check in an address: back to the form."""
    return redirect(url_for("draft.blank_form"))


@pages.post("/draft/check")
@needs("read")
def check() -> Page:
    """The same page with the reader's own words checked; `mend` applies one finding's mended words first."""
    ask = forms.read(_packs(), request.form, _now())
    return _answer(ask, mend=request.form.get("mend"))


@pages.get("/draft/teach")
@needs("teach")
def teach_without_words() -> Response:
    """Nothing to keep in an address: back to the form."""
    return redirect(url_for("draft.blank_form"))


@pages.post("/draft/teach")
@needs("teach")
def teach() -> Page:
    """The same page, and the message kept as an example of what the reader chose."""
    ask = forms.read(_packs(), request.form, _now())
    return _answer(ask, keep=bool(ask.intent))


def _answer(ask: Ask, mend: str | None = None, keep: bool = False) -> Page:
    if ask.errors:
        return _page(ask, 400)
    packs = _packs()
    try:
        line = drafted(current_app.extensions["engine"], ask.as_line(), ask.intent or None)
    except NotReady as error:
        return _page(ask, 503, state=error.state, why=error.why, safety_words=safety.words_for(packs, ask))
    except (BadInput, UnknownName) as error:
        return _page(replace(ask, errors={"text": str(error)}), 400)
    assert ask.at is not None
    taught = _kept(ask, line) if keep else None
    sheet = lay_out(packs, line, ask.text, ask.at.date())
    shown = ask.reply if ask.reply is not None else line.get("reply")
    checked: Checked | None = None
    if shown is not None:
        checked = check_words(packs, line, ask, shown)
        if mend is not None and (better := mended(shown, checked, mend)) is not None:
            shown, checked = better, check_words(packs, line, ask, better)
    return _page(ask, 200, sheet=sheet, reply=shown, checked=checked, edited=shown != line.get("reply"), taught=taught)


def _kept(ask: Ask, line: dict[str, Any]) -> str:
    """Keep the message as an example; what came of it, in a sentence."""
    flags = sorted({flag["name"] for flag in line.get("flags", ())})
    try:
        teaching.teach(
            current_app.extensions["places"], _packs(), ask.text, ask.intent, urgency=line["urgency"],
            language=line["language"], flags=flags,
        )  # fmt: skip
    except BadInput as error:
        return f"Not kept. {error}"
    return "Kept as an example. The assistant learns from it when it's next trained."


def _page(ask: Ask, status: int, **shown: Any) -> Page:
    packs = _packs()
    families: dict[str, list[Any]] = {}
    for intent in packs.intents.values():
        families.setdefault(intent.family, []).append(intent)
    return render_template("draft.html", ask=ask, packs=packs, families=families, **shown), status


def _packs() -> Any:
    return current_app.extensions["packs"]


def _now() -> Any:
    return current_app.extensions["clock"]()
