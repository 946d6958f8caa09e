"""`/account`, one's own, and `/admin/accounts`, who works here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from responder.console import access
from responder.console.access import needs
from responder.console.views.sign_in import password_faults
from responder.desk import accounts, entering, invitations, roles
from responder.desk.accounts import Account
from responder.errors import BadInput

pages = Blueprint("accounts", __name__)
Page = tuple[str, int]
LINK = "link"  # where a token waits in the signed cookie for the one page that shows it
CHOICES = {
    "single_keys": (
        "Single-key shortcuts",
        "j and k for the next and the one before, and others. Switch them off if you speak to your computer.",
    ),
    "blur": (
        "Hide messages in lists",
        "Lists show who wrote, when and why it matters. You see the words when you open one.",
    ),
}


@pages.get("/account")
@needs("read")
def own() -> Page:
    """One's own account: role, offices, password, preferences."""
    return _own(200)


@pages.post("/account/password")
@needs("read")
def change_password() -> Page | Response:
    """Another password, for whoever knows the current one; other browsers are signed out."""
    mine, current = access.account(), request.form.get("password_now", "")
    password = request.form.get("password", "")
    errors = password_faults(password, request.form.get("password_again", ""), mine.name)
    try:
        if not errors:
            entering.confirm(access.database(), access.throttle_key(), mine, current, access.address(), _now())
    except BadInput as error:
        errors = {"password_now": str(error)}
    if errors:
        return _own(400, errors)
    with access.database().write() as connection:
        accounts.set_password(connection, mine.actor, mine.id, password, _now())
    access.begin(mine)
    flash("Your password is changed. You're signed out everywhere else.")
    return redirect(url_for("accounts.own"))


@pages.post("/account/preferences")
@needs("read")
def change_preferences() -> Response:
    """What one prefers; a box that is not ticked is off."""
    mine = access.account()
    chosen = {name: name in request.form.getlist("preferences") for name in CHOICES}
    with access.database().write() as connection:
        accounts.set_preferences(connection, mine.actor, mine.id, chosen, _now())
    flash("Your preferences are kept.")
    return redirect(url_for("accounts.own"))


@pages.get("/admin/accounts")
@needs("accounts")
def everyone() -> Page:
    """All accounts, and how they stand."""
    with access.database().read() as connection:
        found, links = accounts.everyone(connection), invitations.ends_at(connection, _now())
    return render_template("accounts/list.html", found=found, links=links, packs=_packs(), roles=roles), 200


@pages.get("/admin/accounts/new")
@needs("accounts")
def blank() -> Page:
    """The empty form for one more."""
    return _form(200, {"role": "moderator"})


@pages.post("/admin/accounts")
@needs("accounts")
def add() -> Page | Response:
    """One more account, and its one-time link to hand over; or what is wrong."""
    typed, actor = _typed(), access.account().actor
    if errors := accounts.faults(_packs(), **typed):
        return _form(400, typed, errors)
    try:
        with access.database().write() as connection:
            made = accounts.create(connection, _packs(), actor, _now(), **typed)
            token = accounts.new_link(connection, actor, made.id, _now())
    except BadInput as error:
        return _form(400, typed, {"name": str(error)})
    return _hand_over(made.id, token)


@pages.get("/admin/accounts/<int:account_id>")
@needs("accounts")
def one(account_id: int) -> Page:
    """One account, to change."""
    found = _found(account_id)
    return _form(200, {"full_name": found.full_name, "role": found.role, "offices": found.offices}, of=found)


@pages.post("/admin/accounts/<int:account_id>")
@needs("accounts")
def change(account_id: int) -> Page | Response:
    """Another full name, role or offices; or what is wrong."""
    found = _found(account_id)
    typed = {**_typed(), "name": found.name}
    if errors := accounts.faults(_packs(), **typed):
        return _form(400, typed, errors, of=found)
    del typed["name"]
    try:
        with access.database().write() as connection:
            after = accounts.change(connection, _packs(), access.account().actor, account_id, _now(), **typed)
    except BadInput as error:
        return _form(400, typed, {"role": str(error)}, of=found)
    flash(f"The account of {after.full_name} is changed.")
    return redirect(_next_page(after))


@pages.post("/admin/accounts/<int:account_id>/disable")
@needs("accounts")
def disable(account_id: int) -> Page | Response:
    """Nobody gets in with the account until it is enabled again."""
    found = _found(account_id)
    try:
        with access.database().write() as connection:
            accounts.disable(connection, access.account().actor, account_id, _now())
    except BadInput as error:
        told = {"full_name": found.full_name, "role": found.role, "offices": found.offices}
        return _form(400, told, {"disable": str(error)}, of=found)
    flash(f"The account of {found.full_name} is disabled, and signed out everywhere.")
    return redirect(url_for("accounts.everyone"))


@pages.post("/admin/accounts/<int:account_id>/enable")
@needs("accounts")
def enable(account_id: int) -> Response:
    """The account may be used again."""
    found = _found(account_id)
    with access.database().write() as connection:
        accounts.enable(connection, access.account().actor, account_id, _now())
    flash(f"The account of {found.full_name} is enabled.")
    return redirect(url_for("accounts.everyone"))


@pages.post("/admin/accounts/<int:account_id>/link")
@needs("accounts")
def make_link(account_id: int) -> Response:
    """A new one-time link, to hand over."""
    _found(account_id)
    with access.database().write() as connection:
        token = accounts.new_link(connection, access.account().actor, account_id, _now())
    return _hand_over(account_id, token)


@pages.get("/admin/accounts/<int:account_id>/link")
@needs("accounts")
def link(account_id: int) -> Page | Response:
    """The one-time link, shown once."""
    found, waiting = _found(account_id), session.pop(LINK, None)
    if not waiting or waiting[0] != account_id:
        return redirect(url_for("accounts.one", account_id=account_id))
    scheme = "https" if current_app.config["SESSION_COOKIE_SECURE"] else request.scheme
    address = url_for("sign_in.welcome", token=waiting[1], _external=True, _scheme=scheme)
    return render_template("accounts/link.html", found=found, address=address, ends_at=_now() + invitations.LASTS), 200


def _hand_over(account_id: int, token: str) -> Response:
    session[LINK] = [account_id, token]
    return redirect(url_for("accounts.link", account_id=account_id))


def _next_page(after: Account) -> str:
    """The list, or one's own account for somebody who has just given up seeing the list."""
    is_lost = after.id == access.account().id and not after.may("accounts")
    return url_for("accounts.own" if is_lost else "accounts.everyone")


def _own(status: int, errors: dict[str, str] | None = None) -> Page:
    shown = {"mine": access.account(), "errors": errors or {}, "packs": _packs(), "roles": roles, "choices": CHOICES}
    return render_template("accounts/own.html", **shown), status


def _form(status: int, told: dict[str, Any], errors: dict[str, str] | None = None, of: Account | None = None) -> Page:
    ends_at = None
    if of is not None:
        with access.database().read() as connection:
            ends_at = invitations.ends_at(connection, _now()).get(of.id)
    shown = {"told": told, "errors": errors or {}, "of": of, "ends_at": ends_at, "packs": _packs(), "roles": roles}
    return render_template("accounts/form.html", **shown), status


def _typed() -> dict[str, Any]:
    form = request.form
    return {
        "name": form.get("name", ""),
        "full_name": form.get("full_name", ""),
        "role": form.get("role", ""),
        "offices": form.getlist("offices"),
    }


def _found(account_id: int) -> Account:
    with access.database().read() as connection:
        found = accounts.get(connection, account_id)
    return found or abort(404)


def _packs() -> Any:
    return current_app.extensions["packs"]


def _now() -> Any:
    return current_app.extensions["clock"]()
