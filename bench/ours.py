"""This project's figures. Run as a program it is the process that is measured, and prints them as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LARGE = 100_000
WARM = 20


def measure(file: Path, home: Path) -> dict[str, Any]:
    """All figures: a fresh process for drafts, start and memory; another for the file."""
    environment = {**os.environ, "RESPONDER_HOME": str(home), "PYTHONPATH": str(ROOT)}
    print("responder: drafts …", file=sys.stderr, flush=True)
    started = time.time()
    command = [sys.executable, "-m", "bench.ours", str(file.resolve()), repr(started)]
    child = subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    figures: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    print("responder: the file …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        command = [sys.executable, "-m", "responder.cli", "draft", "--file", str(file.resolve()), "--out", str(out)]
        begun = time.perf_counter()
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
        figures["file_s"] = time.perf_counter() - begun
    manifest = json.loads((home / "models" / "manifest.json").read_text(encoding="utf-8"))
    figures["training_s"] = manifest["seconds"]
    return figures


def memory(pid: int | str = "self") -> tuple[float, float]:
    """Resident memory of a process now and at most, in MB (10^6 bytes)."""
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, rest = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            found[name] = int(rest.split()[0]) * 1024 / 1e6
    return found.get("VmRSS", 0.0), found.get("VmHWM", 0.0)


def percentile(values: list[float], share: float) -> float:
    """The value at that share (0 to 1) of the sorted values."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _child(file: Path, started: float) -> dict[str, Any]:
    from datetime import datetime

    from responder.drafting.model import Message
    from responder.engine.agent import Engine
    from responder.engine.lines import DEFAULT_CHANNEL, DEFAULT_OFFICE, LONDON

    examples = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    engine = Engine.load()
    now = datetime(2026, 11, 20, 10, 30, tzinfo=LONDON)

    def draft(text: str) -> tuple[float, str]:
        begun = time.perf_counter()
        made = engine.draft(Message(text, DEFAULT_OFFICE, DEFAULT_CHANNEL, now))
        made.as_dict()
        return time.perf_counter() - begun, made.assessment.intent.name

    draft(examples[0]["text"])
    start = time.time() - started
    for example in examples[:WARM]:
        draft(example["text"])
    parses = []
    for example in examples:
        begun = time.perf_counter()
        engine.assess(Message(example["text"], DEFAULT_OFFICE, DEFAULT_CHANNEL, now))
        parses.append((time.perf_counter() - begun) * 1000)
    found = [draft(example["text"]) for example in examples]
    loaded, _ = memory()
    text = " ".join(example["text"] for example in examples)
    large, _ = draft((text * (LARGE // len(text) + 1))[:LARGE])
    times = [seconds * 1000 for seconds, _ in found]
    return {
        "parse_p50_ms": percentile(parses, 0.5),
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "large_s": large,
        "rss_mb": loaded,
        "peak_mb": memory()[1],
        "start_s": start,
        "accuracy": sum(name == e["intent"] for (_, name), e in zip(found, examples)) / len(examples),
    }


if __name__ == "__main__":
    print(json.dumps(_child(Path(sys.argv[1]), float(sys.argv[2]))))
