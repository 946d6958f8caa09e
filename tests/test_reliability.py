"""What was acknowledged is never lost and never doubled: killed processes, full disks, locks, a dead worker, disorder.

The figures are those of the goals R1 to R5; RESPONDER_FULL=1 runs the full numbers, which takes minutes.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from desk_support import KEY, NOW, fresh, fresh_address, incoming, on_server, packs, put_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import console
from reliability_children import STUCK, STUCK_FILE
from reliability_support import CHILDREN, FULL, Sender, Visitor, running, until

from responder.desk import assessing, audit
from responder.desk import database as databases
from responder.desk.database import Database, DeskUnavailable
from responder.desk.intake import receive
from responder.desk.tables import assessment, conversation, message
from responder.desk.tables import audit as audit_table
from responder.engine import supervisor
from responder.engine.client import EngineClient
from responder.engine.places import Places

SENDERS = 4


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data folder that other processes share."""
    monkeypatch.setenv("RESPONDER_AUDIT_KEY", KEY)
    return tmp_path


def desk_in(home, kind, monkeypatch):
    """A desk that other processes find by the setting."""
    monkeypatch.setenv("RESPONDER_DATABASE_URL", fresh_address(kind, home))
    return Database.of(home)


def left(desk):
    with desk.read() as connection:
        return assessing.waiting(connection)


def whole(desk):
    """The desk is sound: every message once, read once, and each step once in an audit that verifies."""
    with desk.read() as connection:
        if desk.kind == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert audit.verify(connection)
        names = connection.execute(sa.select(message.c.external_id, message.c.id)).all()
        read = connection.execute(sa.select(assessment.c.message_id)).scalars().all()
        steps = connection.execute(
            sa.select(audit_table.c.action, audit_table.c.subject_id).where(audit_table.c.subject == "message")
        ).all()
    kept = dict(names)
    assert len(kept) == len(names)
    assert sorted(read) == sorted(kept.values())
    expected = [(action, str(one)) for one in kept.values() for action in ("message.received", "message.assessed")]
    assert sorted(steps) == sorted(expected)
    return kept


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"] if FULL else ["sqlite"])
def test_nothing_acknowledged_is_lost_when_processes_are_killed(home, kind, monkeypatch):
    """R1."""
    kills, chance = (100 if FULL else 10), random.Random(20_261_120)
    desk = desk_in(home, kind, monkeypatch)
    with running(home) as processes:
        visitor = Visitor(home, processes.port)
        processes.start("web")
        processes.start("worker")
        senders = [Sender(visitor, f"sender{number}") for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        killed = {"web": 0, "worker": 0}
        for _ in range(kills):
            seen = acknowledged(senders)
            if chance.random() < 0.75:  # else one is killed while it starts
                until(lambda seen=seen: acknowledged(senders) > seen)
            time.sleep(chance.random() * 0.2)
            for role in chance.choice((["web"], ["worker"], ["web", "worker"])):
                processes.kill(role)
                killed[role] += 1
                processes.start(role)
        for sender in senders:
            sender.stop()
        until(lambda: left(desk) == 0)
    kept = whole(desk)
    sent = {key: number for sender in senders for key, number in sender.acknowledged.items()}
    assert {name.split(":")[1]: number for name, number in kept.items()} == sent
    print(f"\nR1 {kind}: {kills} kills ({killed}), {len(sent)} acknowledged, 0 lost, 0 doubled")
    desk.close()


def acknowledged(senders):
    for sender in senders:
        assert sender.fault is None, sender.fault
    return sum(len(sender.acknowledged) for sender in senders)


def names_of(desk):
    with desk.read() as connection:
        return connection.execute(sa.select(message.c.external_id).order_by(message.c.id)).scalars().all()


class Harm:
    """What befalls a desk in SQLite: a setting that each of its connections gets, until it is lifted."""

    def __init__(self, desk):
        self._desk, self._setting = desk, ""
        sa.event.listen(desk.engine, "connect", lambda connection, _: connection.execute(self._setting).close())

    def begin(self, setting):
        self._setting = setting
        self._desk.engine.dispose()

    def lift(self):
        self.begin("")


def taken_until_refused(desk, most=4_000):
    """Put messages in until the desk takes no more; what it acknowledged."""
    names = []
    for number in range(most):
        try:
            put_in(desk, external_id=f"n{number}", text="x" * 2_000)
        except DeskUnavailable as refused:
            assert "x" * 20 not in str(refused)
            return names
        names.append(f"n{number}")
    raise AssertionError("it took everything")


@pytest.mark.parametrize("way", ["full", "read-only"])
def test_a_desk_that_cannot_be_written_acknowledges_nothing(home, way):
    """R2, SQLite."""
    with fresh("sqlite", home) as desk:
        names = [f"early{number}" for number in range(3)]
        for name in names:
            put_in(desk, external_id=name)
        with desk.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        harm = Harm(desk)
        harm.begin(f"PRAGMA max_page_count={pages + 60}" if way == "full" else "PRAGMA query_only=ON")
        names += taken_until_refused(desk)
        assert names_of(desk) == names  # nothing without a row, and what is there can be read
        with pytest.raises(DeskUnavailable):
            put_in(desk, external_id="late", text="x" * 200_000)
        harm.lift()
        put_in(desk, external_id="late", text="x" * 200_000)
        assert names_of(desk) == [*names, "late"]
        sound(desk)


def test_a_read_only_postgresql_acknowledges_nothing(home):
    """R2, PostgreSQL."""
    with fresh("postgresql", home) as desk:
        put_in(desk, external_id="early")
        read_only(desk, True)
        assert taken_until_refused(desk) == [] and names_of(desk) == ["early"]
        read_only(desk, False)
        put_in(desk, external_id="late")
        assert names_of(desk) == ["early", "late"]
        sound(desk)


def read_only(desk, now):
    desk.close()
    on_server(f"ALTER DATABASE {desk.engine.url.database} SET default_transaction_read_only = {'on' if now else 'off'}")


def test_a_full_disk_is_told_and_survived(home, tmp_path_factory):
    """R2 over HTTP, on a real disk of a few megabytes that holds the desk and the queue."""
    with tiny_disk(tmp_path_factory.mktemp("disk") / "tiny", 4 if FULL else 2) as folder:
        app = console(folder)
        desk, client = app.extensions["database"], app.test_client()
        ballast = folder / "ballast"
        ballast.write_bytes(b"x" * 400_000)
        acknowledged, refused = [], 0
        for number in range(4_000):
            answer = client.change("/messages/new", **form(f"n{number}", text="canary " * 300))
            if answer.status_code == 302:
                acknowledged.append(f"n{number}")
                continue
            assert answer.status_code == 503
            assert "canary canary" in answer.text  # what was typed is given back
            refused += 1
            if refused == 20:
                break
        assert refused == 20
        assert keys_of(desk) == acknowledged
        assert client.get("/inbox").status_code == 200
        ballast.unlink()
        assert client.change("/messages/new", **form("late", text="Hello")).status_code == 302
        assert keys_of(desk) == [*acknowledged, "late"]
        sound(desk)
        desk.close()
        app.extensions["queue"].opened()[0].storage.close()


def keys_of(desk):
    """The keys of the forms that became messages."""
    return [name.split(":")[1] for name in names_of(desk)]


def form(key, text="Hello", **more):
    return {
        "key": key, "text": text, "author": "jo", "office": "cleveland-opcc", "channel": "facebook-dm",
        "day": "2026-11-20", "time": "10:00", **more,
    }  # fmt: skip


def sound(desk):
    with desk.read() as connection:
        assert audit.verify(connection)
        if desk.kind == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@contextlib.contextmanager
def tiny_disk(folder, megabytes):
    """A disk of a few megabytes, where the machine lets us mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine mounts no disk for a test")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


HOLD_SQLITE = """
import sqlite3, sys
holder = sqlite3.connect(sys.argv[1], isolation_level=None)
holder.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def locked_file(desk):
    """Another process holds the desk's file for itself."""
    holder = subprocess.Popen(
        [sys.executable, "-S", "-c", HOLD_SQLITE, desk.engine.url.database], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout.readline()
    try:
        yield
        assert holder.poll() is None  # it held on all the time
    finally:
        holder.communicate()


@contextlib.contextmanager
def locked_table(desk):
    """Another client holds the table of messages for itself."""
    with desk.engine.connect() as holder:
        holder.exec_driver_sql("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
        yield
        holder.rollback()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"] if FULL else ["sqlite"])
def test_a_locked_desk_answers_and_loses_nothing(home, monkeypatch, kind):
    """R3: several at once; each is told while the lock is still held, and taken in once it is gone."""
    if not FULL:
        monkeypatch.setattr(databases, "WAIT_SECONDS", 0.3)
    with fresh(kind, home) as desk:
        put_in(desk, external_id="early")
        answers, waited = [], []

        def deliver(number):
            for _ in range(7 if FULL else 2):
                began = time.monotonic()
                try:
                    put_in(desk, external_id=f"n{number}", author=f"p{number}")
                except DeskUnavailable as refused:
                    answers.append(str(refused))
                waited.append(time.monotonic() - began)

        with locked_file(desk) if kind == "sqlite" else locked_table(desk):
            hands = [threading.Thread(target=deliver, args=(number,)) for number in range(6)]
            for hand in hands:
                hand.start()
            for hand in hands:
                hand.join()
            assert len(answers) == len(waited) == 6 * (7 if FULL else 2)
            if kind == "sqlite":
                assert names_of(desk) == ["early"]
        for number in range(6):
            deliver(number)
        assert sorted(names_of(desk)) == ["early", *(f"n{number}" for number in range(6))]
        sound(desk)
    if FULL:
        print(f"\nR3 {kind}: {len(answers)} refused, the slowest answer after {max(waited):.2f} s, 0 lost")
        assert max(waited) <= 5


def test_a_locked_desk_says_so_on_the_page(home, monkeypatch):
    """R3 over HTTP."""
    monkeypatch.setattr(databases, "WAIT_SECONDS", 0.3)
    app = console(home)
    desk, client = app.extensions["database"], app.test_client()
    client.get("/messages/new")
    with locked_file(desk):
        answer = client.change("/messages/new", **form("n1", text="canary canary"))
        assert (answer.status_code, "canary canary" in answer.text) == (503, True)
        assert client.get("/inbox").status_code == 200
        assert client.get("/health").json["waiting"] == 0
    assert client.change("/messages/new", **form("n1", text="canary canary")).status_code == 302
    assert keys_of(desk) == ["n1"]
    desk.close()


def test_health_says_that_the_desk_cannot_be_used(home):
    app = console(home)
    client = app.test_client()
    assert (client.get("/health").status_code, client.get("/health").json["waiting"]) == (200, 0)
    app.extensions["database"].close()
    app.extensions["database"] = Database("postgresql://nobody@127.0.0.1:1/nothing", KEY)
    for visitor in (client, app.test_client(account=None)):
        answer = visitor.get("/health")
        assert (answer.status_code, answer.json) == (503, {"status": "degraded", "waiting": None, "worker": "ok"})


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A desk whose worker, with a pretended engine, is watched over as `responder serve` does it; its home."""
    home = tmp_path_factory.mktemp("watched")
    quick = {"LOOK_SECONDS": 0.1, "FIRST_PAUSE": 0.1, "HUNG_SECONDS": 1.5, "STUCK_SECONDS": 1.5}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RESPONDER_AUDIT_KEY", KEY)
        for name, seconds in ({} if FULL else quick).items():
            patched.setattr(supervisor, name, seconds)
        desk, engine = desk_in(home, "sqlite", patched), EngineClient(home)
        made = supervisor.Supervisor(Places.default(home), (sys.executable, str(CHILDREN), "worker"))
        made.start()
        until(engine.ping)
        app = console(home, database=desk)
        app.extensions["engine"] = engine
        yield desk, made, app, home
        made.close()
        desk.close()


@pytest.mark.parametrize("way", ["killed", "stopped", "stuck"])
def test_a_worker_that_dies_or_hangs_costs_no_message(watched, way):
    """R4: what comes meanwhile is stored and shown as not read; the worker is replaced and reads it all."""
    desk, made, app, home = watched
    client, first, before = app.test_client(), made._worker.pid, len(names_of(desk))

    def add(*texts):
        for number, text in enumerate(texts):
            answer = client.change("/messages/new", **form(f"{way}{number}{len(texts)}", text=text))
            assert answer.status_code == 302

    add(*["Hello"] * 10)
    until(lambda: left(desk) == 0)
    began = time.monotonic()
    if way == "stuck":
        (home / STUCK_FILE).touch()
        add(STUCK)
    else:
        os.kill(first, {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}[way])
    add(*["Hello"] * 11)
    health = client.get("/health")
    assert health.json["waiting"] >= 11
    assert way == "stuck" or (health.status_code, health.json["worker"]) == (503, "down")
    assert client.get("/inbox").text.lower().count("not read") >= 11
    until(lambda: made._worker.pid != first)
    replaced = time.monotonic() - began
    if way == "stuck":
        if FULL:
            until(lambda: left(desk) == 1)  # the others are read although it still hangs
        (home / STUCK_FILE).unlink()
    until(lambda: left(desk) == 0)
    until(lambda: client.get("/health").json == {"status": "ok", "waiting": 0, "worker": "ok"})
    assert len(whole(desk)) == before + 21 + (way == "stuck")
    if FULL:
        print(f"\nR4 {way}: replaced after {replaced:.1f} s, all read after {time.monotonic() - began:.1f} s")


def deliveries(chance, count):
    """Messages 0 to `count`, each one to five times, in disorder, in batches of one to fifty."""
    every = [number for number in range(count) for _ in range(chance.randint(1, 5))]
    chance.shuffle(every)
    while every:
        size = chance.randint(1, 50)
        yield every[:size]
        del every[:size]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=1 if FULL else 3, deadline=None, suppress_health_check=list(HealthCheck))
def test_doubled_and_disordered_deliveries_come_to_one_message_each(tmp_path_factory, kind, chance):
    """R5: two who deliver at once; the order of a conversation is that of the messages' own times."""
    count, senders = (1_000, 40) if FULL else (60, 5)
    sent = [
        incoming(external_id=f"m{number}", author=f"p{number % senders}", received_at=NOW + timedelta(seconds=number))
        for number in range(count)
    ]
    with fresh(kind, tmp_path_factory.mktemp("desk")) as desk:
        batches, faults = list(deliveries(chance, count)), []

        def deliver(mine):
            try:
                for batch in mine:
                    for number in batch:
                        with desk.write() as connection:
                            receive(connection, packs(), sent[number], NOW)
            except BaseException as fault:
                faults.append(fault)

        hands = [threading.Thread(target=deliver, args=(batches[half::2],)) for half in (0, 1)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        assert faults == []
        sound(desk)
        with desk.read() as connection:
            rows = connection.execute(sa.select(message).order_by(message.c.received_at, message.c.id)).mappings().all()
            newest = connection.execute(sa.select(conversation.c.last_message_id)).scalars().all()
            threads = {row["conversation_id"]: assessing.thread(connection, row) for row in rows}
        assert [row["external_id"] for row in rows] == [f"m{number}" for number in range(count)]
        assert len(newest) == len(threads) == senders
        last = {row["conversation_id"]: row for row in rows}
        for one, posts in threads.items():
            times = [post["at"] for post in posts]
            assert times == sorted(times) and times[-1] < last[one]["received_at"].isoformat()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_batch_in_one_transaction_is_stored_whole_or_not_at_all(home, kind):
    """R5: a delivery that breaks off leaves nothing half done, and may come again."""
    with fresh(kind, home) as desk:
        sent = [incoming(external_id=f"m{number}") for number in range(5)]
        with contextlib.suppress(ZeroDivisionError), desk.write() as connection:
            for one in sent[:3]:
                receive(connection, packs(), one, NOW)
            raise ZeroDivisionError
        assert names_of(desk) == []
        with desk.write() as connection:
            assert [receive(connection, packs(), one, NOW).is_new for one in [*sent, *sent]] == [True] * 5 + [False] * 5
        assert names_of(desk) == [f"m{number}" for number in range(5)]
        sound(desk)
