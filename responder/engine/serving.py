"""`responder serve`: the worker as a child process, and the console in this one, until it is told to stop.

The console answers before the model is loaded; the one address is printed as soon as it does.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from responder.engine.client import EngineClient
from responder.engine.places import Places, private_folder
from responder.engine.supervisor import Supervisor
from responder.errors import ResponderError

LOADING_SECONDS = 180.0
THREADS = 16
MOST_BYTES = 8 * 1024 * 1024  # of one request; the console itself says sooner that a text is too long


def serve(places: Places, host: str, port: int, create_app: Callable[..., Any]) -> None:
    """Serve the WSGI application that `create_app` makes until SIGINT or SIGTERM.

    Raises:
        ResponderError: the port is taken, or the console cannot be made.
    """
    from waitress.server import create_server

    private_folder(places.home)
    app = create_app(home=places.home, packs_folder=places.packs, engine=EngineClient(places.home))
    try:
        server: Any = create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=MOST_BYTES,
        )
    except OSError as error:
        raise ResponderError(f"The console cannot listen on {host}, port {port}: {error.strerror}.") from None
    supervisor = Supervisor(places)
    supervisor.start()
    _stop_on_signals()
    shown = f"[{host}]" if ":" in host else host
    print(f"Responder: http://{shown}:{_port(server, port)}", flush=True)
    threading.Thread(target=_tell, args=(supervisor,), daemon=True).start()
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        supervisor.close()
        print("Stopped.", file=sys.stderr, flush=True)


def _port(server: Any, port: int) -> int:
    return int(getattr(server, "effective_port", port) or port)


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
