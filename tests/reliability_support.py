"""Drives the processes of the reliability tests: starts and kills them, sends messages until each is acknowledged."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from console_support import console
from desk_support import PACKS

from responder.console import security
from responder.desk.database import Database
from responder.drafting.calendar import LONDON

FULL = os.environ.get("RESPONDER_FULL") == "1"  # the full numbers of docs/design, minutes instead of seconds
CHILDREN = Path(__file__).with_name("reliability_children.py")
SECONDS = 120
OFFICES = ("cleveland-opcc", "north-wales-opcc")
TEXTS = ("Hello", "He has a knife", "Someone nicked my van", "A freedom of information request", "I am scared, hello")


def until(condition: Callable[[], Any], seconds: float = SECONDS) -> None:
    """Wait for something that must happen."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


class Processes:
    """One web process and one worker of a home, forked from a process that has everything loaded."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, _free_port()
        self._pids: dict[str, int] = {}
        with (home / "children.log").open("wb") as log:
            self._forker = subprocess.Popen(
                [sys.executable, str(CHILDREN)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def start(self, role: str) -> None:
        """Start the `web` process or the `worker`."""
        assert self._forker.stdin and self._forker.stdout
        self._forker.stdin.write(f"{role} {self.home} {self.port}\n")
        self._forker.stdin.flush()
        self._pids[role] = int(self._forker.stdout.readline())

    def kill(self, role: str) -> None:
        """End it as a power cut would."""
        pid = self._pids[role]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{pid}").exists())

    def close(self) -> None:
        """End all of them."""
        for role in self._pids:
            self.kill(role)
        assert self._forker.stdin and self._forker.stdout
        self._forker.stdin.close()
        self._forker.wait(10)
        self._forker.stdout.close()


class Visitor:
    """A member of staff who adds messages through the page, over HTTP. Safe to share between threads."""

    def __init__(self, home: Path, port: int, database: Database | None = None) -> None:
        app = console(home, clock=lambda: datetime.now(LONDON), database=database)
        client = app.test_client()
        self._form = {security.TOKEN_FIELD: client.fetch_token()}
        self._headers = {
            "Cookie": f"{app.config['SESSION_COOKIE_NAME']}={client.cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Host": "127.0.0.1",
        }
        self._port = port
        app.extensions["database"].close()

    def add(self, key: str, number: int) -> int | None:
        """Send one message; the desk's number for it once it was acknowledged, None where it was not."""
        form = {
            **self._form, "key": key, "text": f"{TEXTS[number % len(TEXTS)]} ({number})", "author": f"p{number % 7}",
            "office": OFFICES[number % len(OFFICES)], "channel": "facebook-dm", "day": "2026-01-20", "time": "10:00",
        }  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", "/messages/new", urllib.parse.urlencode(form), self._headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        assert answer.status in (302, 503), answer.status
        return int(answer.headers["Location"].rsplit("/", 1)[1]) if answer.status == 302 else None


class Sender(threading.Thread):
    """Adds one message after the other, each again until it is acknowledged, until told to stop."""

    def __init__(self, visitor: Visitor, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._visitor, self._stopping = visitor, threading.Event()
        self.acknowledged: dict[str, int] = {}
        self.fault: BaseException | None = None

    def run(self) -> None:
        number = 0
        try:
            while not self._stopping.is_set():
                key, taken = f"{self.name}-{number}", None
                while taken is None:
                    taken = self._visitor.add(key, number)
                    time.sleep(0.01)
                self.acknowledged[key] = taken
                number += 1
        except BaseException as fault:
            self.fault = fault

    def stop(self) -> None:
        """Send no more; what was sent is acknowledged first."""
        self._stopping.set()
        self.join(SECONDS)
        assert self.fault is None and not self.is_alive(), self.fault


@contextlib.contextmanager
def running(home: Path) -> Iterator[Processes]:
    """Processes of a home, none started yet, all ended at the end."""
    made = Processes(home)
    try:
        yield made
    finally:
        made.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


__all__ = ["FULL", "PACKS", "Processes", "Sender", "Visitor", "running", "until"]
