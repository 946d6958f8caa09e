"""How the engine is doing, as the pages need to know it: ready, starting or down.

>>> state(object())
'down'
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from responder.errors import BadInput, ModelError, UnknownName

STATES = ("ready", "starting", "down")
FRESH = 2.0  # seconds for which the bar believes what it was told
FIRST_PATIENCE, QUICK_PATIENCE = 0.2, 0.02  # seconds that a page gives the engine to say how it is
PATIENCE = 8.0  # seconds that a member of staff waits for a page before it says what to do instead
log = logging.getLogger(__name__)


class NotReady(Exception):
    """The engine cannot draft now; `state` is starting or down, `why` a sentence for staff where there is one."""

    def __init__(self, state: str, why: str = "") -> None:
        super().__init__(state)
        self.state = state
        self.why = why


def state(engine: Any) -> str:
    """ready, starting or down; an engine that cannot be asked is down."""
    try:
        found = engine.ping()
    except Exception as error:  # whatever the client meets, the page must still be shown
        log.warning("the engine could not be asked for its state: %s", type(error).__name__)
        return "down"
    found = getattr(found, "state", found)
    return found if found in STATES else "down"


class Watch:
    """How an engine was when it was last asked, so that no page waits for one that hangs."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._known = "starting"
        self._asked = float("-inf")
        self._asking = threading.Lock()

    def state(self) -> str:
        """ready, starting or down; asked again in the background where that is longer ago than `FRESH` seconds.

        The first time, the answer is waited for, at most `FIRST_PATIENCE` seconds.
        """
        if time.monotonic() - self._asked > FRESH and self._asking.acquire(blocking=False):
            first = self._asked == float("-inf")
            self._asked = time.monotonic()
            asking = threading.Thread(target=self._ask, daemon=True)
            asking.start()
            asking.join(FIRST_PATIENCE if first else QUICK_PATIENCE)
        return self._known

    def _ask(self) -> None:
        try:
            self._known = state(self._engine)
        finally:
            self._asking.release()


def last_known(engine: Any) -> str:
    """How the engine was when it was last asked: for the bar above every page."""
    watch = getattr(engine, "_watch", None)
    if watch is None:
        watch = Watch(engine)
        engine._watch = watch
    return watch.state()


def drafted(engine: Any, message: dict[str, Any], intent: str | None) -> dict[str, Any]:
    """The output line for an input line, under `intent` where staff chose one.

    Raises:
        NotReady: the model is loading, or the engine cannot be reached.
        BadInput, UnknownName: the message itself is at fault, in one sentence.
    """
    if state(engine) == "starting":
        raise NotReady("starting")
    try:
        line: dict[str, Any] = engine.draft(message, intent=intent, timeout=PATIENCE)
    except (BadInput, UnknownName):
        raise
    except ModelError as error:
        raise NotReady("down", str(error)) from None
    except Exception as error:  # its text may hold the message, so only its kind is logged
        log.warning("the engine gave no draft: %s", type(error).__name__)
        raise NotReady("starting" if getattr(error, "state", "down") == "starting" else "down") from None
    return line
