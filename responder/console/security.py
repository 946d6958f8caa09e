"""What stands between the pages and harm: headers, host names, tokens on every change, who may be served.

Nobody signs in yet, so the console answers on this machine only (`refuse_host`) and only under this machine's own
names (a page elsewhere that points its own name at 127.0.0.1 is turned away).

>>> refuse_host("127.0.0.1")
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request, session
from itsdangerous import BadData, URLSafeTimedSerializer

from responder.errors import BadInput

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
TOKEN_FIELD = "csrf_token"
TOKEN_SECONDS = 12 * 3600
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


class HostRefused(BadInput):
    """The console was asked to answer where nobody has to sign in."""


def refuse_host(host: str) -> None:
    """Raises HostRefused unless `host` is this machine's own loopback address or name."""
    if not is_loopback(host):
        raise HostRefused(
            f"The console has no accounts yet, so it answers on this machine only, not on “{host}”: "
            "leave --host out, or give 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address, as given to --host, is reached from this machine only."""
    name = host.strip("[]")
    if name in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def secret_key(home: Path) -> str:
    """The key that signs cookies and tokens: RESPONDER_SECRET_KEY, else one made once and kept in `home`.

    Raises BadInput where the setting is too short or `home` cannot be written.
    """
    given = os.environ.get("RESPONDER_SECRET_KEY", "")
    if given:
        if len(given) < 16:
            raise BadInput("RESPONDER_SECRET_KEY is too short: give at least 16 characters, made at random.")
        return given
    kept = home / "secret-key"
    try:
        if not kept.exists():
            home.mkdir(parents=True, exist_ok=True)
            opened = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32))
        return kept.read_text(encoding="ascii").strip()
    except FileExistsError:
        return kept.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadInput(f"{kept} cannot be read or written ({error.strerror}): check RESPONDER_HOME.") from None


def protect(app: Flask, hosts: Iterable[str] = ()) -> None:
    """Puts the checks before and the headers after every request of `app`. `hosts`: further names it answers to."""
    allowed = {name.lower() for name in (*LOOPBACK_NAMES, *hosts)}

    @app.before_request
    def check_host() -> None:
        if _host_name(request.environ.get("HTTP_HOST", "")) not in allowed:
            abort(400, description="This address isn't one that the console answers to. Use http://127.0.0.1 instead.")

    @app.before_request
    def check_token() -> None:
        if request.method not in ("GET", "HEAD", "OPTIONS") and not (_same_site() and _token_holds(app)):
            abort(403)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.jinja_env.globals["csrf_token"] = lambda: _token(app)
    app.jinja_env.globals["csrf_field"] = TOKEN_FIELD


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
    if "form" not in session:
        session["form"] = secrets.token_urlsafe(16)
    return str(_signer(app).dumps(session["form"]))


def _token_holds(app: Flask) -> bool:
    try:
        given = _signer(app).loads(request.form.get(TOKEN_FIELD, ""), max_age=TOKEN_SECONDS)
    except BadData:
        return False
    return isinstance(given, str) and bool(hmac.compare_digest(given, session.get("form", "")))
