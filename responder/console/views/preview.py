"""`/preview`: every reply of an office, side by side with its clauses."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request

from responder.console import forms, preview_rows, words

pages = Blueprint("preview", __name__)


@pages.get("/preview")
def preview() -> tuple[str, int]:
    """The replies that the address asks for: office, at, channel (or all), language (or all), family."""
    packs, now = current_app.extensions["packs"], current_app.extensions["clock"]()
    asked, errors, at = request.args, {}, now
    office = asked.get("office") or next(iter(packs.offices))
    if office not in packs.offices:
        errors["office"], office = "Choose an office from the list", next(iter(packs.offices))
    try:
        at = forms.moment(asked.get("at", ""), now)
    except ValueError:
        errors["at"] = "Give the date and time as in 2026-11-20T09:40"
    channel = asked.get("channel", "")
    if channel not in ("", "all", *packs.channels):
        errors["channel"], channel = "Choose a channel from the list", ""
    languages = packs.offices[office].languages
    language = asked.get("language", "")
    family = asked.get("family", "")
    if family not in ("", *words.FAMILIES):
        errors["family"], family = "Choose a group from the list", ""
    if language not in ("", "all", *languages):
        language = ""  # another office's language stays in the address when the office changes
    if channel == "all" and not family:
        family = next(iter(words.FAMILIES))  # all channels of all intents would be a page too heavy to read
    chosen_languages = languages if language == "all" else (language or languages[0],)
    found, notes = preview_rows.entries(
        packs,
        office,
        at,
        channels=_channels(packs, channel),
        languages=chosen_languages,
        family=family,
    )
    shown: dict[str, Any] = {"entries": found, "notes": notes, "office": packs.offices[office], "at": at}
    shown["languages"] = chosen_languages
    chosen = {"channel": channel, "language": language, "family": family}
    return render_template("preview.html", packs=packs, errors=errors, chosen=chosen, **shown), 400 if errors else 200


def _channels(packs: Any, channel: str) -> tuple[str, ...]:
    if channel == "all":
        return tuple(packs.channels)
    return (channel,) if channel else preview_rows.DEFAULT_CHANNELS
