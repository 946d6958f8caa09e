"""The queue of messages that the assistant is to read: their numbers and nothing else.

It only makes reading prompt. What waits stands in the database, where the worker's sweep finds it: a queue that is
full, locked, damaged or gone loses nothing. RESPONDER_QUEUE_URL names a Redis; without it, a file in the data folder.

>>> queue = Queue.of(Path("var"))  # doctest: +SKIP
>>> queue.enqueue(taken.id)  # after the message was committed  # doctest: +SKIP
True
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from itertools import takewhile
from pathlib import Path
from typing import Any

from huey import Huey, PriorityRedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from redis import ConnectionPool

from responder.engine import quiet
from responder.errors import BadInput

FILE = "queue.db"
NAME = "responder"
TASK = "read_message"
REDIS = ("redis://", "rediss://")
WAIT_SECONDS = 1.0  # for a queue that is locked or far away: whoever queues has a person waiting
LIVE, BEHIND = 1, 0  # what came just now is read before what was brought in by the thousand
log = logging.getLogger(__name__)
logging.getLogger("huey").setLevel(logging.CRITICAL + 1)  # what fails is logged here, once and by its kind


class Queue:
    """One queue. `make` gives the Huey behind it, when it is first needed; `file` is where it lies, if it is a file.

    Safe to share between threads.
    """

    def __init__(self, make: Callable[[], Huey], file: Path | None = None) -> None:
        self._make, self._file = make, file
        self._turn, self._filling = threading.Lock(), threading.Lock()
        self._opened: tuple[Huey, Any] | None = None
        self.read: Callable[[int], None] | None = None  # set by the worker, which alone takes from the queue

    @classmethod
    def of(cls, home: Path) -> Queue:
        """The queue of one data folder. Raises BadInput where RESPONDER_QUEUE_URL names none that there is."""
        url = os.environ.get("RESPONDER_QUEUE_URL")
        if url:
            return cls(_in_redis(url))
        file = home / FILE
        return cls(lambda: SqliteHuey(NAME, filename=str(file), timeout=WAIT_SECONDS, **_SETTINGS), file)

    def enqueue(self, message_id: int, priority: int = LIVE) -> bool:
        """Have a message read soon; whether the queue took it. Never raises: what it does not take, the sweep finds."""
        if not self._filling.acquire(timeout=WAIT_SECONDS):  # one at a time: a file's own way to wait is unfair
            log.warning("a message was not queued, the sweep will find it: others wait too")
            return False
        try:
            _, task = self.opened()
            task(message_id, priority=priority)
        except Exception as error:  # a queue that fails must not fail an intake that has been committed
            log.warning("a message was not queued, the sweep will find it: %s", quiet.failure(error))
            self._mend(error)
            return False
        finally:
            self._filling.release()
        return True

    def enqueue_all(self, message_ids: Iterable[int], priority: int = LIVE) -> int:
        """Queue messages until the queue takes no more; how many it took."""
        return sum(1 for _ in takewhile(lambda one: self.enqueue(one, priority), message_ids))

    def size(self) -> int:
        """How many entries wait; 0 where the queue cannot be read."""
        try:
            huey, _ = self.opened()
            return int(huey.storage.queue_size())
        except Exception as error:
            log.warning("the queue cannot be read: %s", quiet.failure(error))
            self._mend(error)
            return 0

    def opened(self) -> tuple[Huey, Any]:
        """The Huey and its one task. Raises what the store behind it raises where it cannot be opened."""
        with self._turn:
            if self._opened is None:
                huey = self._make()
                self._opened = huey, huey.task(name=TASK)(self._run)
            return self._opened

    def _run(self, message_id: int) -> None:
        if self.read is None:
            raise TypeError("this process only fills the queue")
        self.read(int(message_id))

    def _mend(self, error: Exception) -> None:
        """Start anew where the file is damaged: it holds nothing that the database does not."""
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if self._file is None or not damaged:
            return
        with self._turn:
            self._opened = None
            for name in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + name).unlink(missing_ok=True)


class Numbers(Serializer):
    """Entries as JSON, so that nothing that lies in a queue can run: a task's name and the number of a message."""

    def _serialize(self, data: Any) -> bytes:
        if not isinstance(data, Message):
            return json.dumps(data).encode("ascii")
        return json.dumps([data.id, data.name, data.priority, *data.args]).encode("ascii")

    def _deserialize(self, data: bytes) -> Any:
        found = json.loads(data)
        if not isinstance(found, list):
            return found
        task_id, name, priority, message_id = found
        if not isinstance(message_id, int):
            raise ValueError("an entry that names no message")
        return Message(task_id, name, retries=0, retry_delay=0, priority=priority, args=(message_id,), kwargs={})


_SETTINGS = {"results": False, "serializer": Numbers()}


def _in_redis(url: str) -> Callable[[], Huey]:
    wrong = f"RESPONDER_QUEUE_URL is no address of a queue; it begins with {' or '.join(REDIS)}, or is left out."
    if not url.startswith(REDIS):
        raise BadInput(wrong)
    try:
        pool = ConnectionPool.from_url(url, socket_timeout=WAIT_SECONDS, socket_connect_timeout=WAIT_SECONDS)
    except ValueError:
        raise BadInput(wrong) from None
    return lambda: PriorityRedisHuey(NAME, connection_pool=pool, blocking=False, **_SETTINGS)
