"""What stands between the pages and harm: headers, host names, tokens on every change, where it may be served.

The console answers only under this machine's own names and those of RESPONDER_HOSTS: a page elsewhere that points its
own name at this machine is turned away. Whoever serves it to others does so over HTTPS, behind a proxy.

>>> allowed("127.0.0.1", {})
((), False)
>>> allowed("0.0.0.0", {"RESPONDER_HOSTS": "desk.example.org"})
(('desk.example.org',), True)
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, abort, render_template, request, session
from itsdangerous import BadData, URLSafeTimedSerializer

from responder.console import typed
from responder.errors import BadInput
from responder.keys import derived

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
TOKEN_FIELD = "csrf_token"
TOKEN_SECONDS = 12 * 3600
HTTPS_SECONDS = 365 * 24 * 3600
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def allowed(host: str, environ: Mapping[str, str]) -> tuple[tuple[str, ...], bool]:
    """The names beside this machine's own that the console answers to, and whether it is reached over HTTPS only.

    `host` is what --host says; the names are those of RESPONDER_HOSTS, separated by commas. With such names it is for
    others, who come through a proxy with HTTPS: the cookies are for HTTPS only.

    Raises:
        BadInput: it would be served to others without a name, or a name is no host name.
    """
    names = tuple(name.strip().lower() for name in environ.get("RESPONDER_HOSTS", "").split(",") if name.strip())
    for name in names:
        if not (HOST.fullmatch(name) or _is_address(name)):
            raise BadInput(f"RESPONDER_HOSTS holds “{name}”; names alone are allowed, without https://, port or path.")
    if not names and not is_loopback(host):
        raise BadInput(
            f"To serve the console to others, on “{host}”, set RESPONDER_HOSTS to the name they type, with an HTTPS "
            "proxy in front of it (docs/how-to/accounts.md); or leave --host out, for this machine only."
        )
    return names, any(not is_loopback(name) for name in (host, *names))


def refuse_demo(host: str, environ: Mapping[str, str]) -> None:
    """Raises BadInput unless only this machine reaches the demonstration, where nobody has to sign in."""
    if allowed(host, environ)[1]:
        raise BadInput("The demonstration lets everybody in, so it is for this machine only: leave --host out.")


def is_loopback(host: str) -> bool:
    """Whether a host name or address, as given to --host, is reached from this machine only."""
    name = host.strip("[]")
    if name in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def protect(app: Flask, hosts: Iterable[str] = (), secure: bool = False) -> None:
    """Puts the checks before and the headers after every request of `app`.

    `hosts`: further names it answers to; `secure`: cookies go over HTTPS only, and browsers are told to stay with it.
    """
    names = {name.lower() for name in (*LOOPBACK_NAMES, *hosts)}
    headers = {**HEADERS, "Strict-Transport-Security": f"max-age={HTTPS_SECONDS}"} if secure else HEADERS
    app.config.update(
        SESSION_COOKIE_NAME="__Host-responder" if secure else "responder",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
    )

    @app.before_request
    def check_host() -> None:
        if _host_name(request.environ.get("HTTP_HOST", "")) not in names:
            abort(400, description="This address isn't one that the console answers to. Use http://127.0.0.1 instead.")

    @app.before_request
    def check_token() -> tuple[str, int] | None:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        if not _same_site():
            abort(403)
        if not _token_holds(app):
            return render_template("sign_in/out_of_date.html", typed=typed.words()), 403
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.jinja_env.globals["csrf_token"] = lambda: _token(app)
    app.jinja_env.globals["csrf_field"] = TOKEN_FIELD


def _is_address(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def _host_name(header: str) -> str | None:
    """The name without its port; None where the header is no host."""
    try:
        parts = urlsplit(f"//{header}")
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return None
    if not port_is_fine or parts.path or parts.query or parts.fragment or parts.username is not None:
        return None
    return (parts.hostname or "").lower()


def _same_site() -> bool:
    """Whether the browser says that one of our own pages sent this; where it says nothing, the token alone counts."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin in (None, "null"):  # "null" is what our own referrer policy makes browsers send
        return True
    return urlsplit(origin).netloc.lower() == str(request.environ.get("HTTP_HOST", "")).lower()


def _signer(app: Flask) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(app.secret_key), salt="console-form")


def _token(app: Flask) -> str:
    if _form_secret() == "":
        session["form"] = secrets.token_urlsafe(16)
    return str(_signer(app).dumps(_form_secret()))


def _form_secret() -> str:
    """What ties a form to a visitor: to the session of somebody who is signed in, and with it it ends."""
    if token := session.get("token"):
        return derived(token, "form").hex()
    return str(session.get("form", ""))


def _token_holds(app: Flask) -> bool:
    try:
        given = _signer(app).loads(request.form.get(TOKEN_FIELD, ""), max_age=TOKEN_SECONDS)
    except BadData:
        return False
    return isinstance(given, str) and given != "" and hmac.compare_digest(given, _form_secret())
