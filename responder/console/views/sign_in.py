"""`/sign-in`, `/sign-out` and `/welcome/<token>`, the one-time link."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from responder.console import access
from responder.console.access import open_to_all
from responder.desk import accounts, passwords
from responder.desk.entering import NotRight, TooManyTries, enter

pages = Blueprint("sign_in", __name__)
Page = tuple[str, int]


@pages.get("/sign-in")
@open_to_all
def form() -> Page | Response:
    """The form; `next` in the address is the page first asked for. Straight on for whoever is signed in."""
    if access.visitor():
        return redirect(access.own_path(request.args.get("next", "")))
    return _form(200)


@pages.post("/sign-in")
@open_to_all
def sign_in() -> Page | Response:
    """The form sent: on to the page first asked for, or what is wrong."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    errors = {}
    if not name.strip():
        errors["name"] = "Give your name for signing in"
    if not password:
        errors["password"] = "Give your password"
    if errors:
        return _form(400, errors)
    try:
        account = enter(access.database(), access.throttle_key(), name, password, access.address(), _now())
    except NotRight as error:
        return _form(400, {"name": str(error)})
    except TooManyTries as error:
        current_app.logger.warning("A name was tried too often from one address; it is refused for now.")
        return _form(429, {"name": str(error)})
    access.begin(account)
    return redirect(access.own_path(request.args.get("next", "")))


@pages.post("/sign-out")
@open_to_all
def sign_out() -> Response:
    """Signed out, and at the form again."""
    access.end()
    flash("You're signed out.")
    return redirect(url_for("sign_in.form"))


@pages.get("/welcome/<token>")
@open_to_all
def welcome(token: str) -> Page:
    """Whom a one-time link is for, and the form for the password. Looking at it does not use it up."""
    return _welcome(token, 200)


@pages.post("/welcome/<token>")
@open_to_all
def choose_password(token: str) -> Page | Response:
    """The password set, the link used up, and signed in; or what is wrong."""
    password, again = request.form.get("password", ""), request.form.get("password_again", "")
    with access.database().read() as connection:
        holder = accounts.holder(connection, token, _now())
    if holder is None:
        return _welcome(token, 404)
    if errors := password_faults(password, again, holder.name):
        return _welcome(token, 400, errors)
    with access.database().write() as connection:
        account = accounts.accept(connection, token, password, _now())
    if account is None:
        return _welcome(token, 404)
    access.begin(account)
    flash("Your password is set, and you're signed in. The link no longer works.")
    return redirect(url_for("start.home"))


def password_faults(password: str, again: str, name: str) -> dict[str, str]:
    """What is wrong with a new password typed twice."""
    if problem := passwords.fault(password, name):
        return {"password": problem}
    return {} if password == again else {"password_again": "The two passwords differ: type the same one twice"}


def _form(status: int, errors: dict[str, str] | None = None) -> Page:
    address = url_for("sign_in.sign_in", next=request.args.get("next"))
    shown = {"errors": errors or {}, "address": address, "name": request.form.get("name", "")}
    return render_template("sign_in/form.html", **shown), status


def _welcome(token: str, status: int, errors: dict[str, str] | None = None) -> Page:
    with access.database().read() as connection:
        holder = accounts.holder(connection, token, _now())
    if holder is None:
        return render_template("sign_in/link_gone.html"), 404
    return render_template("sign_in/welcome.html", holder=holder, errors=errors or {}), status


def _now() -> Any:
    return current_app.extensions["clock"]()
