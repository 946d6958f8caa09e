"""The desk under load, as `responder serve` runs it: goals R11 (load) and R12 (start).

    python -m bench.desk_load                # about six minutes
    python -m bench.desk_load --seconds 20   # a shorter look

Needs a trained model in the data folder; everything else lies in a new folder that is removed. Messages go in through
the page "Add a message" over HTTP, each sent when it is due whether or not earlier ones were answered, with the texts
of evaluation/dev.jsonl. Prints a table; writes var/bench/desk.json.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from responder.desk.database import Database
from responder.desk.tables import message
from responder.drafting.calendar import LONDON

ROOT = Path(__file__).resolve().parents[1]
OFFICE, CHANNEL = "cleveland-opcc", "facebook-dm"
HANDS = 32  # who send at once
LOOK_SECONDS = 0.05
PATIENCE = 300.0

ROWS = [  # (name, key, unit, the figure to reach)
    ("Load of this machine by others", "load_before", "", None),
    ("Start until the web answers, slowest", "web_s", "s", 3.0),
    ("… until somebody has signed in and added a message", "taken_s", "s", None),
    ("… until the assistant reads", "ready_s", "s", 20.0),
    ("Intake, median", "intake_p50_ms", "ms", None),
    ("Intake, 99th percentile", "intake_p99_ms", "ms", 200.0),
    ("Intake, errors", "intake_errors", "", 0.0),
    ("Sent until read and visible, median", "read_p50_s", "s", None),
    ("Sent until read and visible, 95th percentile", "read_p95_s", "s", 2.0),
    ("Still not read after the intake run", "read_left", "", None),
    ("Burst, until all are taken in", "burst_taken_s", "s", None),
    ("Burst, until all are read", "burst_s", "s", 60.0),
]


@dataclass
class Sent:
    """What became of the messages sent in one run: seconds until acknowledged, and when each was sent."""

    seconds: list[float] = field(default_factory=list)
    at: dict[int, float] = field(default_factory=dict)
    errors: int = 0


class Served:
    """`responder serve` in a folder of its own, and somebody who is signed in to it."""

    def __init__(self, home: Path) -> None:
        self.home, self.started = home, time.monotonic()
        command = [sys.executable, "-m", "responder.cli", "serve", "--port", "0", "--home", str(home)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline().rsplit(":", 1)[1])
        welcome = self._process.stdout.readline().strip()
        self._cookie = ""
        self._form: dict[str, str] = {}
        self._link = urllib.parse.urlsplit(welcome.rsplit(" ", 1)[1]).path if "/welcome/" in welcome else ""

    def sign_in(self) -> None:
        """Use the one-time link, as the first administrator does."""
        password = secrets.token_urlsafe(18)
        self._learn("GET", self._link)
        self._learn("POST", self._link, {**self._form, "password": password, "password_again": password})
        self._learn("GET", "/messages/new")

    def _learn(self, method: str, path: str, form: dict[str, str] | None = None) -> None:
        """Keep the cookie and the token that a page gives."""
        _, page, _, cookie = self._ask(method, path, form)
        self._cookie = cookie.partition(";")[0] or self._cookie
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        self._form = {"csrf_token": found.group(1)} if found else self._form

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """One request: its status, its page, where it leads. Raises OSError where nobody answers."""
        return self._ask(method, path, form)[:3]

    def _ask(self, method: str, path: str, form: dict[str, str] | None) -> tuple[int, str, str, str]:
        headers = {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, urllib.parse.urlencode(form) if form else None, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
        finally:
            connection.close()
        return answer.status, page, answer.headers.get("Location", ""), answer.headers.get("Set-Cookie", "")

    def add(self, text: str, number: int) -> int | None:
        """Put a message in; its number on the desk, None where it was not taken."""
        now = datetime.now(LONDON)
        form = {
            **self._form, "key": secrets.token_urlsafe(12), "text": text, "office": OFFICE, "channel": CHANNEL,
            "author": f"person{number}", "day": f"{now:%Y-%m-%d}", "time": f"{now:%H:%M}",
        }  # fmt: skip
        status, _, leads = self.ask("POST", "/messages/new", form)
        return int(leads.rsplit("/", 1)[1]) if status == 302 else None

    def health(self) -> dict[str, Any]:
        """What /health says."""
        found: dict[str, Any] = json.loads(self.ask("GET", "/health")[1])
        return found

    def close(self) -> None:
        """Stop it in order."""
        self._process.terminate()
        self._process.wait(30)
        assert self._process.stdout
        self._process.stdout.close()


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=10, help="how often it is started")
    parser.add_argument("--seconds", type=int, default=180, help="how long messages come in at --rate")
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second while the intake is measured")
    parser.add_argument("--read-seconds", type=int, default=60, help="how long they come in at --read-rate")
    parser.add_argument("--read-rate", type=float, default=20.0, help="messages a second while reading is measured")
    parser.add_argument("--burst", type=int, default=1_000, help="how many come at once")
    chosen = parser.parse_args()
    home = Path(os.environ.get("RESPONDER_HOME") or ROOT / "var").resolve()
    texts = [json.loads(line)["text"] for line in (ROOT / "evaluation" / "dev.jsonl").open(encoding="utf-8")]
    busy = os.getloadavg()[0]  # by what else runs here, before we add to it
    found: dict[str, Any] = {"load_before": busy, **starts(home, chosen.starts, texts)}
    with served(home) as running:
        running.sign_in()
        until(lambda: running.health()["worker"] == "ok")
        for text in texts[:20]:
            running.add(text, 0)
        found |= reading(running, texts, chosen.read_rate, chosen.read_seconds)
        found |= intake(running, texts, chosen.rate, chosen.seconds)
        found |= burst(running, texts, chosen.burst)
    found["asked"] = vars(chosen)
    (home / "bench").mkdir(parents=True, exist_ok=True)
    (home / "bench" / "desk.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(table(found))


def starts(home: Path, times: int, texts: list[str]) -> dict[str, Any]:
    """R12: from the command until the web answers, takes a message in, and reads."""
    found: dict[str, list[float]] = {"web_s": [], "taken_s": [], "ready_s": []}
    for number in range(times):
        with served(home) as running:
            running.health()
            found["web_s"].append(time.monotonic() - running.started)
            running.sign_in()
            assert running.add(texts[number % len(texts)], number) is not None
            found["taken_s"].append(time.monotonic() - running.started)
            until(lambda: running.health()["worker"] == "ok")
            found["ready_s"].append(time.monotonic() - running.started)
    return {key: max(each) for key, each in found.items() if each}


def intake(running: Served, texts: list[str], rate: float, seconds: int) -> dict[str, Any]:
    """R11: how soon a message is acknowledged while many come in."""
    sent = send(running, texts, rate, seconds)
    left = running.health()["waiting"]
    until(lambda: running.health()["waiting"] == 0)
    return {
        "intake_p50_ms": median(sent.seconds) * 1000,
        "intake_p99_ms": percentile(sent.seconds, 99) * 1000,
        "intake_errors": sent.errors,
        "read_left": left,
    }


def reading(running: Served, texts: list[str], rate: float, seconds: int) -> dict[str, Any]:
    """R11: how soon a message that was sent is read and can be seen as such by others."""
    seen: dict[int, float] = {}
    stopping = threading.Event()
    watch = threading.Thread(target=_watch, args=(running.home, seen, stopping))
    watch.start()
    sent = send(running, texts, rate, seconds)
    until(lambda: len(seen.keys() & sent.at.keys()) == len(sent.at))
    stopping.set()
    watch.join()
    each = [seen[number] - at for number, at in sent.at.items()]
    return {"read_p50_s": median(each), "read_p95_s": percentile(each, 95), "read_errors": sent.errors}


def burst(running: Served, texts: list[str], count: int) -> dict[str, Any]:
    """R11: so many at once, from a file."""
    file = running.home / "burst.jsonl"
    rows = [{"id": f"burst{n}", "text": texts[n % len(texts)], "author": f"p{n}"} for n in range(count)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    began = time.monotonic()
    command = [sys.executable, "-m", "responder.cli", "import", str(file), "--office", OFFICE]
    subprocess.run([*command, "--home", str(running.home)], check=True, capture_output=True)
    taken = time.monotonic() - began
    until(lambda: running.health()["waiting"] == 0)
    return {"burst_taken_s": taken, "burst_s": time.monotonic() - began}


def send(running: Served, texts: list[str], rate: float, seconds: int) -> Sent:
    """Send messages at a steady rate, each when it is due; its time counts from then."""
    sent, began = Sent(), time.monotonic()

    def one(number: int) -> None:
        due = began + number / rate
        time.sleep(max(due - time.monotonic(), 0))
        try:
            taken = running.add(texts[number % len(texts)], number)
        except (OSError, http.client.HTTPException):
            taken = None
        if taken is None:
            sent.errors += 1
            return
        sent.seconds.append(time.monotonic() - due)
        sent.at[taken] = due

    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(one, range(int(rate * seconds))))
    return sent


def _watch(home: Path, seen: dict[int, float], stopping: threading.Event) -> None:
    """When each message was first seen as read, by another process than those that work."""
    desk = Database.of(home)
    query = sa.select(message.c.id).where(message.c.assessed_at.is_not(None))
    while not stopping.wait(LOOK_SECONDS):
        with desk.read() as connection:
            ids = connection.execute(query.where(message.c.id > max(min(seen, default=0), 0))).scalars().all()
        now = time.monotonic()
        for number in ids:
            seen.setdefault(number, now)
    desk.close()


@contextlib.contextmanager
def served(home: Path) -> Iterator[Served]:
    """The product in a new folder with the trained model of `home`."""
    folder = Path(tempfile.mkdtemp(prefix="responder-load-"))
    (folder / "models").symlink_to(home / "models")
    running = Served(folder)
    try:
        yield running
    finally:
        running.close()
        shutil.rmtree(folder)


def until(condition: Callable[[], Any]) -> None:
    """Wait for it. Raises TimeoutError after five minutes."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("It took more than five minutes.")
        time.sleep(LOOK_SECONDS)


def percentile(values: list[float], per_cent: float) -> float:
    """The value that so many per cent of the values do not exceed."""
    return sorted(values)[min(int(len(values) * per_cent / 100), len(values) - 1)]


def table(found: dict[str, Any]) -> str:
    """The figures beside those to reach."""
    lines = [f"{'':<52} {'measured':>12}   to reach"]
    for name, key, unit, goal in ROWS:
        if key in found:
            shown = f"{found[key]:,.1f} {unit}".strip()
            lines.append(f"{name:<52} {shown:>12}   {'' if goal is None else f'{goal:g} {unit}'.strip()}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
