"""The worker: a process that holds the loaded engine and answers the console's and the desk's requests.

It listens before the model is loaded, so that "the model is loading" is an answer. Requests (see `wire`):
`{"op": "ping"}`, `{"op": "draft" | "assess", "message": <input line>, "intent": <name or null>}`; answers:
`{"result": …}` or `{"error": <sentence>, "kind": <name of the error>}`.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import signal
import socket
import socketserver
import sys
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from responder.engine import lines, quiet, wire
from responder.engine.places import Places, private_folder
from responder.errors import BadInput, ResponderError, UnknownName

if TYPE_CHECKING:
    from responder.engine.agent import Engine

REQUEST_SECONDS = 30.0
LOOK_SECONDS = 3.0
MOST_CONNECTIONS = 32


class AlreadyRunning(ResponderError):
    """Another worker serves this home."""


class Desk:
    """The engine and how it is: starting, ready, or failed with a sentence."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._engine: Engine | None = None
        self._failed: ResponderError | None = None

    def keep_loaded(self) -> None:
        """Load the engine, and again whenever a new model has been trained. Runs for ever, in a thread of its own."""
        loaded_for: str | None = None
        while True:
            trained = self._trained()
            if loaded_for is None or trained != loaded_for:
                loaded_for = trained
                self._load()
            time.sleep(LOOK_SECONDS)

    def _trained(self) -> str:
        try:
            return (self._places.models / "manifest.json").read_text(encoding="utf-8")
        except OSError:
            return ""

    def _load(self) -> None:
        """Load the engine; takes seconds. Where it fails, an engine that was loaded before goes on."""
        try:
            from responder.engine.agent import Engine

            self._engine, self._failed = Engine.load(places=self._places), None
        except ResponderError as error:
            self._failed = error
        except Exception as error:
            quiet.log.error("the engine could not be loaded: %s", quiet.failure(error))
            self._failed = ResponderError(f"The assistant could not start ({type(error).__name__}).")

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request; never raises."""
        try:
            return self._answer(request)
        except UnknownName as error:
            detail = {"name": error.kind, "found": error.found, "allowed": list(error.allowed)}
            return {"error": str(error), "kind": "UnknownName", **detail}
        except ResponderError as error:
            return {"error": str(error), "kind": type(error).__name__}
        except Exception as error:
            quiet.log.error("a request failed: %s", quiet.failure(error))
            return {"error": f"The assistant failed on this request ({type(error).__name__}).", "kind": "failed"}

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        op = request.get("op")
        if op == "ping":
            return self._ping()
        if op not in ("draft", "assess"):
            raise UnknownName("request", str(op)[:40], ("draft", "assess", "ping"))
        engine = self._engine
        if engine is None:
            if self._failed:
                raise self._failed
            return {"error": "The model is loading.", "kind": "starting"}
        message = lines.message(lines.as_object(request.get("message")), engine.packs, lines.Defaults())
        intent = request.get("intent")
        if intent is not None and not isinstance(intent, str):
            raise BadInput("“intent” must be a name.")
        if op == "draft":
            return {"result": engine.draft(message, intent).as_dict()}
        return {"result": asdict(engine.assess(message, intent))}

    def _ping(self) -> dict[str, Any]:
        if self._engine:
            return {"state": "ready", "why": str(self._failed or "")}
        if self._failed:
            return {"state": "down", "why": str(self._failed)}
        return {"state": "starting", "why": "The model is loading."}


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.request.settimeout(REQUEST_SECONDS)
        if not self.server.slots.acquire(timeout=REQUEST_SECONDS):
            return
        try:
            request = wire.receive(self.request)
            if hmac.compare_digest(str(request.get("key")).encode(), self.server.key.encode()):
                wire.send(self.request, self.server.desk.answer(request))
            else:
                wire.send(self.request, {"error": "The key is wrong.", "kind": "refused"})
        except OSError:
            pass  # the client has gone, or spoke something else: there is nobody to tell
        finally:
            self.server.slots.release()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: str, desk: Desk, key: str) -> None:
        self.desk, self.key = desk, key
        self.slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        quiet.log.error("a connection failed: %s", quiet.failure(sys.exc_info()[1] or Exception()))


def run(places: Places, *, until_closed: int | None = None) -> None:
    """Serve until told to stop (SIGTERM, SIGINT), or until the writer of the pipe `until_closed`
    (a file descriptor) is gone.

    Raises:
        AlreadyRunning: another worker serves this home.
    """
    private_folder(places.home)
    private_folder(places.socket.parent)
    with places.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"A worker already runs for {places.home}; stop it first.") from None
        key = wire.make_key(places.key)
        places.socket.unlink(missing_ok=True)
        desk = Desk(places)
        with _Server(str(places.socket), desk, key) as server:
            places.socket.chmod(0o600)
            _stop_on_signals(server)
            if until_closed is not None:
                threading.Thread(target=_stop_at_end, args=(until_closed, server), daemon=True).start()
            threading.Thread(target=desk.keep_loaded, daemon=True).start()
            server.serve_forever(poll_interval=0.2)
        places.socket.unlink(missing_ok=True)


def _stop_on_signals(server: _Server) -> None:
    def stop(*_: Any) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)


def _stop_at_end(pipe: int, server: _Server) -> None:
    while os.read(pipe, 1024):
        pass
    server.shutdown()
    time.sleep(2)
    os._exit(0)  # still loading: nobody waits for the model any more


def is_listening(places: Places) -> bool:
    """Whether something listens on the worker's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(str(places.socket)) == 0
