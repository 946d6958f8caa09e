"""The processes that the reliability tests kill: the console over waitress, and the worker with a pretended engine.

Without arguments it forks them on demand, so that one starts in a moment: a line `web HOME PORT` or `worker HOME PORT`
on standard input is answered with the process's number. `worker --home HOME` is one worker, as the supervisor starts
it. They end with whoever started them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "browser"))

import fake_engine

from responder.desk import worker as desk_worker
from responder.desk.worker import Consumer
from responder.drafting import draft, load_packs
from responder.engine import worker as engine_worker
from responder.engine.places import Places

PACKS = Path(__file__).resolve().parents[1] / "offices"
STUCK = "This message is one that nobody gets done with"  # while the home holds a file named so
STUCK_FILE = "stuck"


class LightEngine:
    """Reads by a few words and drafts with the real packs, as the real engine's process would."""

    def __init__(self, home: Path, packs: Any) -> None:
        self._home, self.packs = home, packs

    def draft(self, message: Any, intent: str | None = None) -> Any:
        while STUCK in message.text and (self._home / STUCK_FILE).exists():
            time.sleep(0.05)
        return replace(draft(self.packs, message, fake_engine.assess(message.text, intent)), id=message.id)


def web(home: Path, port: int) -> None:
    """The console, until it is killed."""
    from waitress.server import create_server

    from responder.console.app import create_app

    app = create_app(home, PACKS, fake_engine.FakeEngine(PACKS))
    create_server(app, host="127.0.0.1", port=port, threads=8, ident=None).run()


def worker(home: Path, until_closed: int | None = None) -> None:
    """The worker, until it is told to stop or killed."""
    packs = load_packs(PACKS)

    def load(loaded: Any) -> None:
        loaded._engine = LightEngine(home, packs)

    engine_worker.Loaded._load = load  # type: ignore[method-assign]
    engine_worker.run(Places.default(home), until_closed=until_closed, beside=Consumer.of(home, PACKS))


def fork_on_demand() -> None:
    """Fork a child for each line; nothing but this loop runs here, so that forking is safe."""
    from responder.console import app as console_app

    packs = load_packs(PACKS)
    for module in (console_app, desk_worker, fake_engine, sys.modules[__name__]):
        module.load_packs = lambda folder: packs  # type: ignore[attr-defined]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        role, *given = line.split()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
            if role == "web":
                web(Path(given[0]), int(given[1]))
            else:
                worker(Path(given[0]))
            os._exit(0)
        print(child, flush=True)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(Path(sys.argv[sys.argv.index("--home") + 1]), sys.stdin.fileno())
    else:
        fork_on_demand()
