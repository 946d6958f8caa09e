"""Stock Rasa's readings of labelled messages. Run as a program it is the process that loads the model.

python -m bench.stock_reads MODEL.tar.gz FILE.jsonl     one JSON line a message: its three likeliest intents
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from bench.baselines import DANGEROUS, Baseline
from bench.reading import Reading
from bench.stock import ROOT, environment, trained


def by_stock_rasa(file: Path, folder: Path, epochs: int) -> Baseline:
    """The pipeline of `rasa init` trained for `epochs` on data/nlu, kept in `folder`; it reads every line of `file`."""
    project, seconds = trained(folder / "stock", epochs)
    command = [sys.executable, "-m", "bench.stock_reads", str(project / "models" / "stock.tar.gz"), str(file.resolve())]
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    readings = tuple(Reading(tuple(one["intents"]), one["intents"][0] == DANGEROUS) for one in found)
    milliseconds = sum(one["milliseconds"] for one in found) / max(1, len(found))
    return Baseline(
        "Stock Rasa", f"the pipeline of `rasa init` (DIET), {epochs} epochs", readings, seconds, milliseconds
    )


async def _read(model: Path, file: Path) -> None:
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    for line in file.read_text(encoding="utf-8").splitlines():
        began = time.perf_counter()
        found = await agent.parse_message(json.loads(line)["text"])
        took = (time.perf_counter() - began) * 1000
        ranking = [entry["name"] for entry in found["intent_ranking"][:3]]
        print(json.dumps({"intents": ranking or [""], "milliseconds": took}), flush=True)


if __name__ == "__main__":
    asyncio.run(_read(Path(sys.argv[1]), Path(sys.argv[2])))
