"""`responder serve`: the console in this process, and the worker as its child, until it is told to stop.

The console answers and takes messages in before the model is loaded; its address is printed as soon as it does.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from responder.errors import BadInput, ResponderError

if TYPE_CHECKING:
    from flask import Flask

    from responder.desk.demo import Demonstration
    from responder.engine.places import Places
    from responder.engine.supervisor import Supervisor

LOADING_SECONDS = 180.0
THREADS = 16
NO_PROXY = (
    "RESPONDER_TRUSTED_PROXY is not set: all visitors seem to come from the proxy's address, so whoever guesses at "
    "a password there keeps its owner out for a quarter of an hour. Give the proxy's address."
)
MOST_BYTES = 8 * 1024 * 1024  # of one request; the console itself says sooner that a text is too long


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="The port.")
@click.option("--home", help="The data folder (default: RESPONDER_HOME, or ./var).")
@click.option("--demo", is_flag=True, help="A desk of invented messages; your own is not touched.")
def serve(host: str, port: int, home: str | None, demo: bool) -> None:
    """Start the console and the worker."""
    from responder.console.security import allowed, refuse_demo
    from responder.engine.places import Places, private_folder
    from responder.engine.supervisor import COMMAND, Supervisor

    if demo:
        refuse_demo(host, os.environ)
    hosts, secure = allowed(host, os.environ)
    proxy = trusted_proxy(os.environ.get("RESPONDER_TRUSTED_PROXY", ""))
    places = Places.default(home)
    private_folder(places.home)
    app, shown = _app(places, demo, hosts, secure)
    server = _listening(app, host, port, {} if demo else proxy)
    address = f"http://{f'[{host}]' if ':' in host else host}:{_port(server, port)}"
    supervisor = Supervisor(places, (*COMMAND, "--without-desk") if demo else COMMAND)
    _stop_on_signals()
    try:
        supervisor.start()
        if shown:
            shown.start()
            print(f"Responder, a demonstration with invented messages: {address}/demo", flush=True)
        else:
            print(f"Responder: {address}", flush=True)
            _welcome(app, f"https://{hosts[0]}" if secure else address)
        if secure and not proxy:
            print(NO_PROXY, file=sys.stderr, flush=True)
        threading.Thread(target=_tell, args=(supervisor,), daemon=True).start()
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        if shown:
            shown.stop()
        supervisor.close()
        print("Stopped.", file=sys.stderr, flush=True)


def _app(places: Places, demo: bool, hosts: tuple[str, ...], secure: bool) -> tuple[Flask, Demonstration | None]:
    """The application over the office's own desk, or over a fresh one of invented messages."""
    from responder.console.app import create_app
    from responder.desk.database import Database
    from responder.engine.client import EngineClient

    engine = EngineClient(places.home)
    if not demo:
        database = Database.of(places.home)
        app = create_app(
            places.home, places.packs, engine, database=database, hosts=hosts, secure=secure, gate=True
        )  # fmt: skip
        return app, None
    from responder.desk.demo import Demonstration
    from responder.drafting.calendar import LONDON
    from responder.practice import demo as practice_demo

    shown = Demonstration(places.home, places.packs, engine)
    app = create_app(shown.folder, places.packs, engine, database=shown.database, queue=shown.queue)
    story = practice_demo.load(app.extensions["practice"], shown.history.people, datetime.now(LONDON))
    threading.Thread(target=practice_demo.tell, args=(shown.database, story), daemon=True).start()
    app.config["DEMO"] = shown
    return app, shown


def trusted_proxy(setting: str) -> dict[str, Any]:
    """What waitress must know of the proxy in front of the console: whose word it takes for the visitor's address.

    Raises BadInput where the setting is no address.

    >>> trusted_proxy("")
    {}
    >>> trusted_proxy("10.0.0.1")["trusted_proxy"]
    '10.0.0.1'
    """
    if not setting:
        return {}
    try:
        address = str(ipaddress.ip_address(setting.strip()))
    except ValueError:
        raise BadInput("RESPONDER_TRUSTED_PROXY is no IP address; give that of the proxy, as in 127.0.0.1.") from None
    return {
        "trusted_proxy": address,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }


def _listening(app: Flask, host: str, port: int, proxy: dict[str, Any]) -> Any:
    """A server that holds the port. Raises ResponderError where it is taken."""
    from waitress.server import create_server

    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=MOST_BYTES,
            **proxy,
        )
    except OSError as error:
        raise ResponderError(f"The console cannot listen on {host}, port {port}: {error.strerror}.") from None


def _port(server: Any, port: int) -> int:
    return int(getattr(server, "effective_port", port) or port)


def _welcome(app: Flask, address: str) -> None:
    """Print the first administrator's one-time link, while nobody can sign in."""
    from responder.desk.accounts import first_start
    from responder.drafting.calendar import LONDON

    token = first_start(app.extensions["database"], app.extensions["packs"], datetime.now(LONDON))
    if token:
        print(f"To set the first password, open this once: {address}/welcome/{token}", flush=True)


def _tell(supervisor: Supervisor) -> None:
    """Say on standard error that the model is loading, and when it is ready."""
    started = time.monotonic()
    print("The model is loading; messages can be read meanwhile.", file=sys.stderr, flush=True)
    ping = supervisor.wait(LOADING_SECONDS)
    seconds = time.monotonic() - started
    if ping:
        print(f"The assistant is ready ({seconds:.0f} s).", file=sys.stderr, flush=True)
    else:
        print(ping.why or "The assistant is still not ready.", file=sys.stderr, flush=True)


def _stop_on_signals() -> None:
    def stop(*_: Any) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
