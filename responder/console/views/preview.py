"""`/preview`: every reply of an office with its clauses, beside another office's, and a check on one's own words."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from responder.console import preview_asked, preview_compare, preview_moment, preview_rows, preview_words
from responder.console.access import account, needs
from responder.console.preview_words import Case

pages = Blueprint("preview", __name__)
Page = tuple[str, int]


@pages.get("/preview")
@needs("read")
def preview() -> Page:
    """The replies that the address asks for: office, with (another), at, channel or all, language or all, family."""
    packs, now = _packs(), _now()
    asked = preview_asked.read(packs, request.args, now, _home())
    offices = (asked.office, asked.other) if asked.other else (asked.office,)
    shown: dict[str, Any] = {
        "asked": asked,
        "errors": asked.errors,
        "office": packs.offices[asked.office],
        "at": asked.at,
        "standings": [(packs.offices[id_], preview_moment.standing(packs, id_, asked.at)) for id_ in offices],
        "moments": preview_moment.moments(packs, offices, asked.at, now),
    }
    if asked.other:
        shown |= _compared(asked)
    else:
        languages = asked.languages(packs, asked.office)
        shown["entries"], shown["notes"] = preview_rows.entries(
            packs,
            asked.office,
            asked.at,
            channels=asked.channels(packs),
            languages=languages,
            family=asked.family,
            today=now,
        )
        shown |= {"languages": languages, "is_past": asked.at.date() != now.date()}
    return render_template("preview.html", packs=packs, **shown), 400 if asked.errors else 200


@pages.get("/preview/check")
@needs("read")
def words() -> Page:
    """The office's reply to one kind of message, to be changed and checked; the address never holds the words."""
    return _words(preview_words.read(_packs(), request.args.to_dict() | {"reply": None}, _now(), _home()))


@pages.post("/preview/check")
@needs("read")
def check() -> Page | Response:
    """The words as they were sent, with what the policy says to them; `show` leads to another reply instead."""
    case = preview_words.read(_packs(), request.form, _now(), _home())
    if "show" in request.form and not case.errors:
        return redirect(url_for("preview.words", **case.address()))
    return _words(case, request.form.get("mend"))


def _words(case: Case, mend: str | None = None) -> Page:
    packs = _packs()
    drafted = case.drafted(packs)
    sentences, cards = preview_words.cards(packs, case, drafted)
    reply, found = case.reply if case.reply is not None else drafted.reply or "", None
    if case.reply is not None and not case.errors:
        reply, found = preview_words.checked(packs, case, drafted, reply, mend)
    return render_template(
        "preview/words.html",
        packs=packs,
        case=case,
        office=packs.offices[case.office],
        drafted=drafted,
        sentences=sentences,
        cards=cards,
        reply=reply,
        checked=found,
        standing=preview_moment.standing(packs, case.office, case.at),
    ), 400 if case.errors else 200


def _compared(asked: preview_asked.Asked) -> dict[str, Any]:
    packs = _packs()
    languages = (asked.languages(packs, asked.office), asked.languages(packs, asked.other))
    pairs = preview_compare.pairs(
        packs,
        (asked.office, asked.other),
        asked.at,
        channels=asked.channels(packs),
        languages=languages,
        family=asked.family,
    )
    return {"pairs": pairs, "other": packs.offices[asked.other], "entries": pairs}


def _home() -> str:
    """The office that is shown where the address names none: the reader's own."""
    offices = _packs().offices
    return next((id_ for id_ in offices if id_ in account().offices), next(iter(offices)))


def _packs() -> Any:
    return current_app.extensions["packs"]


def _now() -> Any:
    return current_app.extensions["clock"]()
