"""`make encoder`: fine-tune the sentence encoder on data/nlu and write what the product reads of it.

    .venv/bin/python -m encoder.finetune            all of it, on 2 cores about half an hour for 6,000 messages
    .venv/bin/python -m encoder.finetune --limit 200 --folds 0 --into /tmp/try     to see that it works

Written: `delta.safetensors` (the encoder's difference), `layers.npz` (the two linear layers), `out_of_fold.npz`
(what encoders that never saw a message's hand say of it) and `delta.json` (what all this was learnt from).
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict
from pathlib import Path

import numpy as np

from encoder import delta, out_of_fold
from encoder.corpus import ROOT, URGENCIES, Example, fingerprint, intent_names, read_corpus
from encoder.scores import summary
from encoder.training import Settings, Tuned, fine_tune
from responder.nlu.encoder import WEIGHTS_SHA256

HERE = Path(__file__).resolve().parent
FOLDS = 3


def main() -> None:
    """Read the command line and do the work."""
    options = argparse.ArgumentParser(prog="python -m encoder.finetune", description="Fine-tune the sentence encoder.")
    options.add_argument("--into", type=Path, default=HERE, help="folder for the results")
    options.add_argument("--work", type=Path, default=ROOT / "var" / "encoder", help="folder for finished folds")
    options.add_argument("--folds", type=int, default=FOLDS, help="folds of hands; 0: none, nothing to calibrate on")
    options.add_argument("--passes", type=int, default=Settings.passes)
    options.add_argument("--limit", type=int, help="only so many messages, drawn by chance: to try it out")
    asked = options.parse_args()
    examples = read_corpus()
    if asked.limit:
        examples = random.Random(1).sample(examples, asked.limit)
    run(examples, Settings(passes=asked.passes), asked.folds, asked.into, asked.work)


def run(examples: list[Example], settings: Settings, folds: int, into: Path, work: Path) -> None:
    """The final run on all `examples`, then the folds, each written as soon as it is there."""
    into.mkdir(parents=True, exist_ok=True)
    intents = intent_names(examples)
    print(f"{len(examples)} messages, {len(intents)} intents: learning from all", flush=True)
    tuned = fine_tune(examples, examples[:1], intents, settings, report=_say)
    about = _about(examples, settings, tuned)
    delta.save(tuned.parts, into / "delta.safetensors")
    np.savez(into / "layers.npz", intents=intents, urgencies=URGENCIES, **tuned.layers)
    _write(into, about)
    if folds:
        scores, fold = out_of_fold.scores(examples, intents, settings, folds, work, report=_say)
        out_of_fold.save(into / "out_of_fold.npz", examples, intents, scores, fold)
        about["held_out"] = {"folds": folds} | summary(examples, intents, scores)
        _write(into, about)
        print(json.dumps(about["held_out"], indent=2))


def _about(examples: list[Example], settings: Settings, tuned: Tuned) -> dict[str, object]:
    hands = sorted({example.hand for example in examples})
    return {
        "base": WEIGHTS_SHA256,
        "corpus": fingerprint(examples),
        "messages": len(examples),
        "hands": hands,
        "settings": asdict(settings),
        "seconds": round(tuned.seconds),
    }


def _write(into: Path, about: dict[str, object]) -> None:
    (into / "delta.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
