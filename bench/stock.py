"""Stock Rasa's figures: what `rasa init` configures, on the same data, through its own two servers on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.ours import LARGE, ROOT, WARM, memory, percentile

EPOCHS = 100  # as the template has it
TRAINING_SECONDS = 4 * 3600
START_SECONDS = 300
LARGE_SECONDS = 180.0
MEMORY_LIMIT = 18 * 2**30  # bytes of address space that is in use; stock DIET has taken 14 GB on one text


def measure(file: Path, folder: Path, epochs: int = EPOCHS) -> dict[str, Any]:
    """All figures. `folder` keeps the trained model for the next run.

    Fewer `epochs` than the template's give the same speed and memory; the accuracy is then left out.
    """
    examples = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    project, seconds = trained(folder / "stock", epochs)
    print("stock Rasa: drafts …", file=sys.stderr, flush=True)
    begun = time.perf_counter()
    with _servers(project) as (port, pids):
        _ask(port, "first", examples[0]["text"], START_SECONDS)
        start = time.perf_counter() - begun
        for n, example in enumerate(examples[:WARM]):
            _ask(port, f"warm-{n}", example["text"], 60)
        found = [_ask(port, f"message-{n}", example["text"], 60) for n, example in enumerate(examples)]
        loaded = sum(memory(pid)[0] for pid in pids)
        print("stock Rasa: 100 kB …", file=sys.stderr, flush=True)
        text = " ".join(example["text"] for example in examples)
        large: float | str
        try:
            large, _ = _ask(port, "large", (text * (LARGE // len(text) + 1))[:LARGE], LARGE_SECONDS)
        except (TimeoutError, OSError):
            large = f"> {LARGE_SECONDS:.0f} s"
        peak = sum(memory(pid)[1] for pid in pids)
    times = [took * 1000 for took, _ in found]
    return {
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "file_s": start + sum(times) / 1000,
        "large_s": large,
        "rss_mb": loaded,
        "peak_mb": peak,
        "start_s": start,
        "training_s": seconds,
        "epochs": epochs,
        "accuracy": sum(name == e["intent"] for (_, name), e in zip(found, examples)) / len(examples)
        if epochs >= EPOCHS
        else None,
    }


def _config(template: str, epochs: int) -> str:
    """The template's configuration with its defaults, which stand there as comments, switched on."""
    plain = re.sub(r"(?m)^#(   +)(?=- name|\w)", r"\1", template)
    return re.sub(r"epochs: \d+", f"epochs: {epochs}", plain)


def trained(folder: Path, epochs: int) -> tuple[Path, float]:
    """The project folder with its model, trained if the data have changed; and how long training took."""
    import rasa.cli

    template = Path(rasa.cli.__file__).parent / "initial_project" / "config.yml"
    files = sorted((ROOT / "data").rglob("*.yml"))
    config = _config(template.read_text(encoding="utf-8"), epochs)
    total = hashlib.sha256(config.encode() + (ROOT / "domain.yml").read_bytes())
    for path in files:
        total.update(path.read_bytes())
    project = folder / total.hexdigest()[:16]
    done = project / "trained.json"
    if done.is_file():
        return project, json.loads(done.read_text(encoding="utf-8"))["seconds"]
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "data", project / "data")
    (project / "config.yml").write_text(config, encoding="utf-8")
    shutil.copy(ROOT / "domain.yml", project / "domain.yml")
    print("stock Rasa: training, once; this takes long …", file=sys.stderr, flush=True)
    begun = time.perf_counter()
    with (project / "training.log").open("wb") as log:
        subprocess.run(
            [sys.executable, "-m", "rasa", "train", "--fixed-model-name", "stock"],
            cwd=project,
            env=environment(),
            stdout=log,
            stderr=log,
            check=True,
            timeout=TRAINING_SECONDS,
        )
    seconds = time.perf_counter() - begun
    done.write_text(json.dumps({"seconds": seconds}), encoding="utf-8")
    return project, seconds


@contextlib.contextmanager
def _servers(project: Path) -> Iterator[tuple[int, list[int]]]:
    """Rasa's server and an action server with this project's actions, both on loopback, until the block ends."""
    port, action_port = _free_port(), _free_port()
    endpoints = project / "endpoints.yml"
    endpoints.write_text(f"action_endpoint:\n  url: http://127.0.0.1:{action_port}/webhook\n", encoding="ascii")
    (project / "credentials.yml").write_text("rest:\n", encoding="ascii")
    actions = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "-p", str(action_port)]
    server = [sys.executable, "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port), "-m", "models/stock.tar.gz"]
    server += ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    with (project / "servers.log").open("wb") as log, contextlib.ExitStack() as stack:
        pids = []
        for command, where in ((actions, ROOT), (server, project)):
            process = subprocess.Popen(
                command, cwd=where, env=environment(), stdout=log, stderr=log, preexec_fn=_limit_memory
            )
            stack.callback(_stop, process)
            pids.append(process.pid)
        _wait(port, "/")
        _wait(action_port, "/health")
        yield port, pids


def _ask(port: int, sender: str, text: str, timeout: float) -> tuple[float, str]:
    """Seconds for one message through the REST channel, and the intent that the action's draft names."""
    body = json.dumps({"sender": sender, "message": text}).encode()
    address = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=timeout) as response:
        answers = json.loads(response.read())
    took = time.perf_counter() - begun
    custom = next((a["custom"] for a in answers if "custom" in a), {})
    return took, custom.get("intent", {}).get("name", "")


def _wait(port: int, path: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
            return
        if time.monotonic() > until:
            raise TimeoutError(f"Nothing answered on port {port}; see servers.log.")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _limit_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))


def environment() -> dict[str, str]:
    """The environment of stock Rasa's processes: no telemetry, no GPU, our packs."""
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "RESPONDER_PACKS": str(ROOT / "offices"),
    }
