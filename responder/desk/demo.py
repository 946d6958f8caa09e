"""The demonstration: a desk of its own with invented messages, and more that keep arriving while somebody watches.

It lies in `home/demo` and is made anew at each start; the office's own desk is not touched. It needs no assistant to be
filled: what waits to be read stands in the inbox as it would in earnest.

>>> desk = Demonstration(Path("var"), Path("offices"), EngineClient("var"))  # doctest: +SKIP
>>> desk.start()  # doctest: +SKIP
"""

from __future__ import annotations

import fcntl
import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from huey import SqliteHuey

from responder.desk import accounts, assessing, demo_files, desk_rules, queue
from responder.desk.accounts import Account
from responder.desk.audit import ASSISTANT
from responder.desk.database import Database
from responder.desk.demo_files import Demo, Invented
from responder.desk.demo_history import History
from responder.desk.intake import Incoming, receive
from responder.desk.queue import Queue
from responder.desk.worker import Consumer
from responder.drafting import load_packs
from responder.drafting.calendar import LONDON
from responder.engine import quiet
from responder.engine.places import ROOT, private_folder
from responder.errors import BadInput, ResponderError
from responder.keys import audit_key

FILES = ROOT / "demo"
SOURCE = "demo"
FRESH = ("desk.db", queue.FILE, "examples.yml")
PAUSE = (20.0, 40.0)  # seconds between two arrivals
LOOK_SECONDS = 2.0  # between two looks at what has been read
SEED = 1829
READ_AFTER = timedelta(seconds=2)
ACCOUNTS_BEFORE = timedelta(minutes=demo_files.LONGEST_AGO)
log = logging.getLogger(__name__)


def places(home: Path) -> Path:
    """The demonstration's folder in a data folder."""
    return home / "demo"


def fill(database: Database, packs: Any, engine: Any, now: datetime, folder: Path = FILES) -> History:
    """Put the people and the messages of a folder on an empty desk; returns what is left to be told of them.

    Where the engine is ready, the messages are read at once and everything is told; else they wait to be read.

    Raises:
        PackError: a file of the demonstration is at fault.
        DeskUnavailable: the desk cannot be used.
    """
    rules = desk_rules.load(packs.root)
    return _filled(database, packs, rules, engine, now, demo_files.load(folder, packs, rules))


def _filled(
    database: Database, packs: Any, rules: desk_rules.DeskRules, engine: Any, now: datetime, demo: Demo
) -> History:
    with database.write() as connection:
        people = {
            one.name: accounts.create(
                connection, packs, ASSISTANT, now - ACCOUNTS_BEFORE, name=one.name, full_name=one.full_name,
                role=one.role, offices=packs.offices,
            )
            for one in demo.people
        }  # fmt: skip
    history = History(database, packs, rules, people, now)
    told = [(office, one) for office, found in demo.messages.items() for one in found]
    ids: list[int] = []
    with database.write() as connection:
        for office, one in sorted(told, key=lambda pair: -pair[1].minutes_ago):
            at = now - timedelta(minutes=one.minutes_ago)
            taken = receive(connection, packs, _incoming(office, one, at), at)
            history.add(taken.id, one, at)
            ids.append(taken.id)
    if engine.ping().state == "ready":
        _read_all(database, packs, engine, ids, now)
    history.step()
    return history


def _incoming(office: str, one: Invented, at: datetime, times: int = 0) -> Incoming:
    """The message as it comes in; one that came so many `times` before is another one, in a thread of its own."""
    again = f".{times}" if times else ""
    earlier = tuple(
        {"from": post.sender, "text": post.text, "at": (at - _minutes(post.minutes_ago - one.minutes_ago)).isoformat()}
        for post in one.earlier
    )
    return Incoming(
        office=office,
        channel=one.channel,
        external_id=f"{SOURCE}.{one.key}{again}",
        text=one.text,
        received_at=at,
        author=one.author,
        thread=f"{one.thread or one.author}{again}" if one.thread or again else None,
        earlier=earlier,
        source=SOURCE,
    )


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def _read_all(database: Database, packs: Any, engine: Any, ids: Sequence[int], now: datetime) -> None:
    """Have these messages read; what fails is left to the worker."""
    for id_ in ids:
        with database.read() as connection:
            message = assessing.message_for_engine(connection, id_)
        assert message is not None
        try:
            found = engine.read(message)
        except Exception as error:  # its words may hold the message's
            log.warning("a message of the demonstration waits to be read: %s", quiet.failure(error))
            continue
        at = min(datetime.fromisoformat(message["received_at"]) + READ_AFTER, now)
        with database.write() as connection:
            assessing.assess(connection, packs, id_, found["line"], found["reading"], at)


class Arrivals:
    """Lets an invented message in every 20 to 40 seconds, and tells the history as the messages are read.

    Once all have arrived they arrive again, as new ones. Whatever fails is logged by its kind and tried again.
    """

    def __init__(
        self,
        database: Database,
        packs: Any,
        demo: Demo,
        history: History,
        waiting: Queue | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(LONDON),
        seed: int = SEED,
        pause: tuple[float, float] = PAUSE,
    ) -> None:
        self._database, self._packs, self._history, self._queue, self._clock = database, packs, history, waiting, clock
        self._chance, self._pause = random.Random(seed), pause
        self._coming = self._in_turn([(office, one) for office, found in demo.arrivals.items() for one in found])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-arrivals", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Let nothing more in."""
        self._stopping.set()
        self._thread.join(LOOK_SECONDS)

    def arrive(self) -> int:
        """Let the next message in now; its number on the desk. Raises DeskUnavailable."""
        office, one, times = next(self._coming)
        now = self._clock()
        with self._database.write() as connection:
            taken = receive(connection, self._packs, _incoming(office, one, now, times), now)
        if self._queue is not None:
            self._queue.enqueue(taken.id)
        return taken.id

    def _in_turn(self, all_: Sequence[tuple[str, Invented]]) -> Iterator[tuple[str, Invented, int]]:
        """Every message by chance, then again; those of one author in the order of the file."""
        times = 0
        while True:
            by_author: dict[tuple[str, str], list[Invented]] = {}
            for office, one in all_:
                by_author.setdefault((office, one.author), []).append(one)
            for office, one in self._chance.sample(all_, len(all_)):
                yield office, by_author[office, one.author].pop(0), times
            times += 1

    def _run(self) -> None:
        left = self._chance.uniform(*self._pause)
        while not self._stopping.wait(min(LOOK_SECONDS, max(left, 0.0))):
            left -= LOOK_SECONDS
            try:
                self._history.step()
                if left <= 0:
                    self.arrive()
                    left = self._chance.uniform(*self._pause)
            except ResponderError as error:
                log.warning("the demonstration could not go on, it will be tried again: %s", quiet.failure(error))
                left = max(left, LOOK_SECONDS)


class Demonstration:
    """The whole of it, in the `demo` folder of `home`: `folder`, `database` and `queue` are for `create_app`.

    `packs_folder` holds the offices' packs; `engine` is the client of the worker that reads the messages.

    Raises:
        PackError: a file of the demonstration is at fault.
        BadInput: a demonstration is running there already.
        DeskUnavailable: the desk cannot be made.
    """

    def __init__(
        self,
        home: Path,
        packs_folder: Path,
        engine: Any,
        clock: Callable[[], datetime] = lambda: datetime.now(LONDON),
        files: Path = FILES,
    ) -> None:
        packs, rules = load_packs(packs_folder), desk_rules.load(packs_folder)
        demo = demo_files.load(files, packs, rules)
        self.folder = private_folder(places(home))
        self._lock = _taken(self.folder)
        self.database, self.queue = _emptied(self.folder)
        self.people, self.visitor = demo.people, demo.visitor
        self.history = _filled(self.database, packs, rules, engine, clock(), demo)
        self._consumer = Consumer(self.database, packs_folder, engine, self.queue, clock)
        self._arrivals = Arrivals(self.database, packs, demo, self.history, self.queue, clock=clock)
        self._is_running = False

    def account(self, name: str) -> Account | None:
        """The account of one of the `people`, as it is now. Raises DeskUnavailable."""
        if name not in self.history.people:
            return None
        with self.database.read() as connection:
            return accounts.get(connection, self.history.people[name].id)

    def start(self) -> None:
        """Let the messages be read and others arrive; returns at once."""
        self._is_running = True
        self._consumer.start()
        self._arrivals.start()

    def stop(self) -> None:
        """End both, and let another demonstration have the folder."""
        if self._is_running:
            self._arrivals.stop()
            self._consumer.stop()
        self.database.close()
        self._lock.close()


def _taken(folder: Path) -> IO[str]:
    """The folder's lock, held until it is closed. Raises BadInput where somebody else holds it."""
    lock = (folder / "demo.lock").open("w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise BadInput(f"A demonstration is running in {folder}: stop it first, or give another --home.") from None
    return lock


def _emptied(folder: Path) -> tuple[Database, Queue]:
    """A desk and a queue with nothing in them, in the folder whatever database the office's settings name."""
    for name in FRESH:
        for end in ("", "-wal", "-shm"):
            (folder / f"{name}{end}").unlink(missing_ok=True)
    database = Database(f"sqlite:///{folder / 'desk.db'}", audit_key(folder))
    database.migrate()
    file = folder / queue.FILE
    settings = {"results": False, "serializer": queue.Numbers(), "timeout": queue.WAIT_SECONDS}
    return database, Queue(lambda: SqliteHuey(queue.NAME, filename=str(file), **settings), file)
