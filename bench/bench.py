"""How fast, how big: this project beside stock Rasa, in one run.

    python -m bench.bench                   # both; stock Rasa is trained once and kept under var/bench
    python -m bench.bench --stock-epochs 3  # the same without stock Rasa's accuracy: minutes in place of hours
    python -m bench.bench --without-stock   # this project alone, about a minute

Stock Rasa is what `rasa init` gives: its default pipeline (DIET, 100 epochs) trained on the same data and domain, its
own HTTP server, and an action server that runs the same actions. Prints a table; writes var/bench/results.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

from bench import many, ours, stock

ROOT = Path(__file__).resolve().parents[1]

ROWS = [  # (name, key, unit, the figure to reach)
    ("Reading one text, median", "parse_p50_ms", "ms", None),
    ("Draft, one text, median", "p50_ms", "ms", 10.0),
    ("Draft, one text, 99th percentile", "p99_ms", "ms", 30.0),
    ("dev.jsonl through `responder draft --file`, with start", "file_s", "s", 30.0),
    ("A message of 100 kB", "large_s", "s", 0.5),
    ("50,000 messages through a file", "a_second", "a second", None),
    ("Memory after the first tenth of them", "first_mb", "MB", None),
    ("Memory after the last of them", "last_mb", "MB", 1000.0),
    ("Memory once loaded", "rss_mb", "MB", 1000.0),
    ("Memory at most, 100 kB message included", "peak_mb", "MB", None),
    ("Start until the first draft", "start_s", "s", 20.0),
    ("Training", "training_s", "s", 90.0),
    ("Accuracy on dev.jsonl", "accuracy", "%", None),
]


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--without-stock", action="store_true", help="measure this project alone")
    arguments.add_argument(
        "--stock-epochs", type=int, default=stock.EPOCHS, help="how long stock Rasa trains: speed needs no more than 3"
    )
    arguments.add_argument("--messages", type=int, default=many.MESSAGES, help="how many go through a file; 0: none")
    arguments.add_argument("--file", type=Path, default=ROOT / "evaluation" / "dev.jsonl", help="labelled messages")
    chosen = arguments.parse_args()
    home = Path(os.environ.get("RESPONDER_HOME") or ROOT / "var").resolve()
    folder = home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"machine": machine(), "responder": ours.measure(chosen.file, home)}
    if chosen.messages:
        found = many.measure(chosen.file, home, chosen.messages)
        results["responder"] |= found | {"first_mb": found["memory_mb"][0], "last_mb": found["memory_mb"][-1]}
    if not chosen.without_stock:
        results["stock"] = stock.measure(chosen.file, folder, chosen.stock_epochs)
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(table(results))
    print(f"\nWritten: {folder / 'results.json'}")


def table(results: dict[str, Any]) -> str:
    """The figures side by side."""
    mine, other = results["responder"], results.get("stock")
    lines = [f"{'':<56}{'responder':>12}{'to reach':>12}" + (f"{'stock Rasa':>14}" if other else "")]
    for name, key, unit, goal in ROWS:
        line = f"{name:<56}{_shown(mine.get(key), unit):>12}{'≤ ' + _shown(goal, unit) if goal else '':>12}"
        lines.append(line + (f"{_shown(other.get(key), unit):>14}" if other else ""))
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What it ran on, and how busy that was before."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "processor": platform.machine(),
    }


def _shown(value: Any, unit: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if unit == "%":
        return f"{value:.1%}"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


if __name__ == "__main__":
    main()
