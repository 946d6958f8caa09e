"""Reads what waits: two threads take messages from the queue, a third sweeps up what the queue does not hold.

It stands in the worker's process, beside the engine's socket. The database alone says what has still to be read, so a
queue that loses its entries costs seconds, and a process that is killed costs what it had in hand, which is read again.

>>> with Consumer.of(places.home, places.packs):  # doctest: +SKIP
...     engine_worker.run(places)
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from huey.consumer import Worker

from responder.desk import assessing
from responder.desk.database import Database, address
from responder.desk.queue import BEHIND, Queue
from responder.drafting import load_packs
from responder.drafting.calendar import LONDON
from responder.engine import quiet
from responder.engine.client import EngineClient
from responder.engine.places import private_folder
from responder.keys import audit_key

THREADS = 2
READ_SECONDS = 20.0  # patience with one message
SWEEP_SECONDS = 2.0
ASK_SECONDS = 0.5  # between two looks at an engine that is not ready
FIRST_PAUSE, LONGEST_PAUSE, BACK_OFF = 0.05, 0.25, 1.2  # seconds between two looks at an empty queue
MOST_QUEUED = 200  # the sweep adds nothing to a queue that holds as many
MOST_AGAIN = 50  # messages that one sweep tries again
BUSY_SECONDS = 5.0  # an engine that is this long at one message gets no other meanwhile
STOP_SECONDS = 3.0
log = logging.getLogger(__name__)


class Engine(Protocol):
    """What the consumer asks of the engine: `responder.engine.client.EngineClient`."""

    def ping(self) -> Any:
        """Has a `state`: ready, starting or down."""

    def read(self, message: dict[str, Any], intent: str | None = None, timeout: float = READ_SECONDS) -> dict[str, Any]:
        """`line` and `reading` for an input line of docs/contract.md."""


class Consumer:
    """Keeps reading from `start` to `stop`, or as a context. Whatever fails is logged by its kind and tried again.

    `packs` is the folder of the offices' packs.
    """

    def __init__(
        self,
        database: Database,
        packs: Path,
        engine: Engine,
        queue: Queue,
        clock: Callable[[], datetime] = lambda: datetime.now(LONDON),
    ) -> None:
        self._database, self._folder, self._engine, self._queue, self._clock = database, packs, engine, queue, clock
        self._packs: Any = None
        self._began = clock()
        self._prepared, self._stopping = threading.Event(), threading.Event()
        self._asked, self._ready = 0.0, False
        self._threads = [
            threading.Thread(target=target, name=f"desk-{target.__name__.strip('_')}", daemon=True)
            for target in (self._keep_sweeping, *[self._keep_taking] * THREADS)
        ]
        queue.read = self.read

    @classmethod
    def of(cls, home: Path, packs: Path) -> Consumer:
        """That of one data folder. Raises BadInput where a setting names no database or queue."""
        private_folder(home)
        database = Database(address(home), audit_key(home))
        return cls(database, packs, EngineClient(home), Queue.of(home))

    def start(self) -> None:
        """Begin to read; returns at once, also where the database cannot be used yet."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing more. What is in hand has a few seconds to be finished, else it is read after the next start."""
        self._stopping.set()
        until = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.01))

    def __enter__(self) -> Consumer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def read(self, message_id: int) -> None:
        """Read one message and store what was read, unless that was done before. Never raises."""
        try:
            with self._database.read() as connection:
                if not assessing.is_waiting(connection, message_id):
                    return
                asked = assessing.message_for_engine(connection, message_id)
            assert asked is not None
            found = self._engine.read(asked, timeout=READ_SECONDS)
            with self._database.write() as connection:
                assessing.assess(connection, self._packs, message_id, found["line"], found["reading"], self._clock())
        except Exception as error:  # its words may hold the message's
            self._asked = 0.0
            log.warning("message %d was not read; it will be tried again: %s", message_id, quiet.failure(error))

    def sweep(self) -> int:
        """Queue what no queue has held yet; once the queue is empty, try again what came to nothing. How many.

        What is tried again is tried here, one by one and counted before: the one message that the engine dies of must
        not take others with it. What no queue takes is read here too. Raises DeskUnavailable.
        """
        size, now = self._queue.size(), self._clock()
        with self._database.read() as connection:
            fresh = assessing.never_queued(connection, max(MOST_QUEUED - size, 0))
            before = max(now - assessing.RETRY, self._began)
            late = [] if size else assessing.overdue(connection, now, before, MOST_AGAIN)
        if fresh:
            with self._database.write() as connection:
                assessing.note_queued(connection, fresh, now)
        for message_id in fresh[self._queue.enqueue_all(fresh, BEHIND) :]:
            if not self._stopping.is_set():
                self.read(message_id)
        for message_id in late:
            if self._stopping.is_set() or not self._is_ready():
                break
            with self._database.write() as connection:
                assessing.note_try(connection, message_id, self._clock())
            self.read(message_id)
        return len(fresh) + len(late)

    def _keep_sweeping(self) -> None:
        self._prepare()
        while not self._stopping.is_set():
            if not self._is_ready():
                self._stopping.wait(ASK_SECONDS)
                continue
            try:
                found = self.sweep()
            except Exception as error:
                found = 0
                log.warning("the sweep failed: %s", quiet.failure(error))
            if found < MOST_AGAIN:
                self._stopping.wait(SWEEP_SECONDS)

    def _prepare(self) -> None:
        """Wait until the desk can be used."""
        while not self._stopping.is_set():
            try:
                self._database.migrate()
                self._packs = load_packs(self._folder)
                self._prepared.set()
                return
            except Exception as error:
                log.warning("the desk cannot be used: %s", quiet.failure(error))
            self._stopping.wait(SWEEP_SECONDS)

    def _keep_taking(self) -> None:
        worker: Worker | None = None
        while not self._stopping.is_set():
            if not self._prepared.is_set() or not self._is_ready():
                self._stopping.wait(ASK_SECONDS)
                continue
            try:
                huey, _ = self._queue.opened()
            except Exception:  # the sweep says so and reads by itself
                self._stopping.wait(SWEEP_SECONDS)
                continue
            if worker is None or worker.huey is not huey:
                worker = Worker(huey, FIRST_PAUSE, LONGEST_PAUSE, BACK_OFF)
            worker.loop()

    def _is_ready(self) -> bool:
        """Whether the engine takes messages; asked at most every half second."""
        if time.monotonic() - self._asked > ASK_SECONDS:
            found = self._engine.ping()
            self._ready = found.state == "ready" and getattr(found, "busy", 0.0) < BUSY_SECONDS
            self._asked = time.monotonic()
        return self._ready
