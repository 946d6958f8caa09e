"""The console's and the desk's way to the engine: plain data to the worker and back. Imports no Rasa.

>>> EngineClient("var").ping().state        # doctest: +SKIP
'ready'
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from responder.engine import wire
from responder.engine.places import Places
from responder.errors import BadInput, ModelError, ResponderError, UnknownName

State = Literal["ready", "starting", "down"]
PING_SECONDS = 2.0
DRAFT_SECONDS = 20.0
POLL_SECONDS = 0.25


class EngineUnavailable(ResponderError):
    """The engine cannot answer now. `state`: `starting` (the model is loading) or `down`."""

    def __init__(self, state: State, why: str) -> None:
        self.state = state
        super().__init__(why)


@dataclass(frozen=True)
class Ping:
    """How the engine is. `why`: one sentence where it is not ready; `answered`: whether a worker answered at all.

    `busy`: for how many seconds its present request has been running.
    """

    state: State
    why: str = ""
    answered: bool = True
    busy: float = 0.0

    def __bool__(self) -> bool:
        return self.state == "ready"


class EngineClient:
    """Asks the worker of one home folder. Each call is a connection of its own: safe to share between threads."""

    def __init__(self, home: Path | str | None = None) -> None:
        self._places = Places.default(home)

    def ping(self, timeout: float = PING_SECONDS) -> Ping:
        """How the engine is; never raises, and answers within `timeout` seconds."""
        try:
            answer = self._ask({"op": "ping"}, timeout)
        except OSError:
            return Ping("down", "The assistant is not running.", answered=False)
        why = answer.get("why") or answer.get("error") or ""
        return Ping(answer.get("state", "down"), why, busy=answer.get("busy", 0.0))

    def draft(
        self, message: dict[str, Any], intent: str | None = None, timeout: float = DRAFT_SECONDS
    ) -> dict[str, Any]:
        """The output line of the contract for an input line of the contract; under `intent`, if staff chose one.

        While the model loads, this waits for it, up to `timeout` seconds in all.

        Raises:
            EngineUnavailable: the worker is down, still starting, or did not answer in time.
            BadInput, UnknownName: the message cannot be read, or names what does not exist.
            ModelError: the model is missing, altered or old.
        """
        return self._result({"op": "draft", "message": message, "intent": intent}, timeout)

    def assess(
        self, message: dict[str, Any], intent: str | None = None, timeout: float = DRAFT_SECONDS
    ) -> dict[str, Any]:
        """What is read in a message: the fields of `Assessment`, as JSON. Raises as `draft` does."""
        return self._result({"op": "assess", "message": message, "intent": intent}, timeout)

    def read(
        self, message: dict[str, Any], intent: str | None = None, timeout: float = DRAFT_SECONDS
    ) -> dict[str, Any]:
        """Both at once: `line`, as `draft` gives it, and `reading`, as `assess` does. Raises as `draft` does."""
        return self._result({"op": "read", "message": message, "intent": intent}, timeout)

    def _result(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        until = time.monotonic() + timeout
        while True:
            left = until - time.monotonic()
            try:
                answer = self._ask({**request, "patience": left}, max(left, 0.05))
            except TimeoutError:
                raise EngineUnavailable("down", "The assistant did not answer in time.") from None
            except OSError:
                raise EngineUnavailable("down", "The assistant is not running.") from None
            if "result" in answer:
                result: dict[str, Any] = answer["result"]
                return result
            if answer.get("kind") == "starting" and left > POLL_SECONDS:
                time.sleep(POLL_SECONDS)
                continue
            raise _error(answer)

    def _ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        until = time.monotonic() + timeout
        request = {"key": wire.read_key(self._places.key), **request}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(self._places.socket))
            wire.send(connection, request)
            connection.settimeout(max(until - time.monotonic(), 0.05))
            return wire.receive(connection)


def _error(answer: dict[str, Any]) -> ResponderError:
    """The error that the worker met, as it met it."""
    kind, sentence = answer.get("kind"), str(answer.get("error") or "The assistant gave no answer.")
    if kind == "UnknownName":
        return UnknownName(answer["name"], answer["found"], answer["allowed"])
    if kind == "BadInput":
        return BadInput(sentence)
    if kind == "ModelError":
        return ModelError(sentence)
    return EngineUnavailable("starting" if kind == "starting" else "down", sentence)
