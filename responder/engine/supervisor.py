"""Keeps one worker alive beside the console: starts it, restarts it when it dies or hangs, stops it at the end.

A worker hangs when it answers no ping, or when one request has been running for too long.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from responder.engine import quiet
from responder.engine.client import EngineClient, Ping
from responder.engine.places import Places

COMMAND = (sys.executable, "-m", "responder.cli", "worker", "--until-stdin-closes")
LOOK_SECONDS = 1.0
HUNG_SECONDS = 5.0  # without an answer to a ping: the worker is killed and started anew
LOADING_SECONDS = 30.0  # the same while the model is loading, which keeps a small machine busy
STUCK_SECONDS = 30.0  # at one request
STOP_SECONDS = 5.0
STEADY_SECONDS = 60.0  # a worker that lived this long is started again at once
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0


class Supervisor:
    """One worker process of a home, started by `command`. `start` returns at once; `close` ends the worker."""

    def __init__(self, places: Places, command: Sequence[str] = COMMAND) -> None:
        self._places, self._command = places, command
        self._client = EngineClient(places.home)
        self._worker: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._watch = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the worker and watch over it."""
        self._spawn()
        self._watch.start()

    def close(self) -> None:
        """End the worker; waits for it a few seconds, then kills it."""
        self._closing.set()
        if self._watch.is_alive():
            self._watch.join(STOP_SECONDS)
        worker = self._worker
        if worker and worker.poll() is None:
            worker.terminate()
            try:
                worker.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
        if worker:
            self._bury(worker)

    def wait(self, seconds: float) -> Ping:
        """How the worker is, once it is no longer starting or `seconds` have passed."""
        until = time.monotonic() + seconds
        while True:
            ping = self._client.ping()
            if ping.answered and ping.state != "starting":
                return ping
            if time.monotonic() > until or self._closing.is_set():
                return ping
            time.sleep(0.2)

    @staticmethod
    def _bury(worker: subprocess.Popen[bytes]) -> None:
        """Take leave of a process that has ended or is about to."""
        worker.wait()
        if worker.stdin:
            worker.stdin.close()

    def _spawn(self) -> None:
        self._worker = subprocess.Popen(
            [*self._command, "--home", str(self._places.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the console, which then ends the worker in order
        )

    def _run(self) -> None:
        pause = FIRST_PAUSE
        started = heard = time.monotonic()
        patience = LOADING_SECONDS
        while not self._closing.wait(LOOK_SECONDS):
            worker, now = self._worker, time.monotonic()
            if worker is None or worker.poll() is not None:
                pause = FIRST_PAUSE if now - started > STEADY_SECONDS else min(pause * 2, LONGEST_PAUSE)
                quiet.log.warning("the worker ended; it is started again in %.0f s", pause)
                if self._closing.wait(pause):
                    return
                if worker:
                    self._bury(worker)
                self._spawn()
                started = heard = time.monotonic()
                patience = LOADING_SECONDS
                continue
            ping = self._client.ping()
            if ping.answered:
                heard = time.monotonic()
                patience = LOADING_SECONDS if ping.state == "starting" else HUNG_SECONDS
            if ping.busy > STUCK_SECONDS or time.monotonic() - heard > patience:
                quiet.log.warning("the worker hangs; it is ended and started again")
                worker.kill()
                worker.wait()
