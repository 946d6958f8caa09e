"""The worker: a process that holds the loaded engine and answers the console's and the desk's requests.

It listens before the model is loaded, so that "the model is loading" is an answer. Requests (see `wire`):
`{"op": "ping"}`, `{"op": "draft" | "assess" | "read", "message": <input line>, "intent": <name or null>, "patience":
<seconds after which nobody waits for the answer>}`; answers: `{"result": …}` or `{"error": <sentence>, "kind": <name of
the error>}`. A ping is answered beside whatever runs and tells for how many seconds the present request has been
running, so that whoever watches can end a worker that is stuck.
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
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
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


OPS = ("draft", "assess", "read", "ping")


class Loaded:
    """The engine and how it is: starting, ready, or failed with a sentence."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._engine: Engine | None = None
        self._failed: ResponderError | None = None
        self._turn = threading.Lock()
        self._since: float | None = None

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
        if op not in OPS:
            raise UnknownName("request", str(op)[:40], OPS)
        engine = self._engine
        if engine is None:
            if self._failed:
                raise self._failed
            return {"error": "The model is loading.", "kind": "starting"}
        message = lines.message(lines.as_object(request.get("message")), engine.packs, lines.Defaults())
        intent = request.get("intent")
        if intent is not None and not isinstance(intent, str):
            raise BadInput("“intent” must be a name.")
        with self._one_at_a_time(request.get("patience")):
            if op == "assess":
                return {"result": asdict(engine.assess(message, intent))}
            made = engine.draft(message, intent)
        line = made.as_dict()
        return {"result": line if op == "draft" else {"line": line, "reading": asdict(made.assessment)}}

    @contextmanager
    def _one_at_a_time(self, patience: Any) -> Iterator[None]:
        """The engine's turn, timed from when it begins; none for a request whose client has given up meanwhile."""
        seconds = patience if isinstance(patience, (int, float)) and 0 < patience < REQUEST_SECONDS else REQUEST_SECONDS
        if not self._turn.acquire(timeout=seconds):
            raise ResponderError("The assistant was busy with other messages.")
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._since = None
            self._turn.release()

    def _ping(self) -> dict[str, Any]:
        since = self._since
        if self._engine:
            busy = round(time.monotonic() - since, 1) if since is not None else 0.0
            return {"state": "ready", "why": str(self._failed or ""), "busy": busy}
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
                wire.send(self.request, self.server.loaded.answer(request))
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

    def __init__(self, address: str, loaded: Loaded, key: str) -> None:
        self.loaded, self.key = loaded, key
        self.slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        quiet.log.error("a connection failed: %s", quiet.failure(sys.exc_info()[1] or Exception()))


def run(places: Places, *, until_closed: int | None = None, beside: AbstractContextManager[Any] | None = None) -> None:
    """Serve until told to stop (SIGTERM, SIGINT), or until the writer of the pipe `until_closed`
    (a file descriptor) is gone. `beside` is entered while it serves: what else this process does.

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
        loaded = Loaded(places)
        with _Server(str(places.socket), loaded, key) as server, beside or nullcontext():
            places.socket.chmod(0o600)
            _stop_on_signals(server)
            if until_closed is not None:
                threading.Thread(target=_stop_at_end, args=(until_closed, server), daemon=True).start()
            threading.Thread(target=loaded.keep_loaded, daemon=True).start()
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
