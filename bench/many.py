"""Many messages through the file drafter: how many a second, and whether memory grows. Run as a program it is measured.

python -m bench.many FILE.jsonl 50000
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from bench.ours import ROOT, memory

MESSAGES = 50_000
STEPS = 10  # samples of memory


def measure(file: Path, home: Path, messages: int = MESSAGES) -> dict[str, Any]:
    """Messages a second, and MB resident after each tenth of them, in a process of its own."""
    environment = {**os.environ, "RESPONDER_HOME": str(home), "PYTHONPATH": str(ROOT)}
    print(f"responder: {messages:,} messages …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "bench.many", str(file.resolve()), str(messages)]
    child = subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return found


class Sink:
    """Counts the lines written to it and looks at the memory now and then; keeps nothing."""

    def __init__(self, every: int) -> None:
        self.lines = 0
        self.samples: list[float] = []
        self._every = every

    def write(self, line: bytes) -> int:
        """Take one line."""
        self.lines += 1
        if self.lines % self._every == 0:
            self.samples.append(memory()[0])
        return len(line)


def write_messages(examples: list[dict[str, Any]], messages: int, out: IO[bytes]) -> None:
    """`messages` lines: the examples again and again, each with a number in it so that no two are the same."""
    for number in range(messages):
        text = f"{examples[number % len(examples)]['text']} {number}"
        out.write(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n")
    out.seek(0)


def _child(file: Path, messages: int) -> dict[str, Any]:
    from responder.engine.agent import Engine
    from responder.engine.files import draft_file
    from responder.engine.lines import Defaults

    examples = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    engine, sink = Engine.load(), Sink(max(1, messages // STEPS))
    with tempfile.TemporaryFile() as source:
        write_messages(examples, messages, source)
        began = time.perf_counter()
        tally = draft_file(engine, source, sink, Defaults(), None)  # type: ignore[arg-type]
        seconds = time.perf_counter() - began
    return {"messages": tally.lines, "a_second": tally.lines / seconds, "memory_mb": sink.samples}


if __name__ == "__main__":
    print(json.dumps(_child(Path(sys.argv[1]), int(sys.argv[2]))))
