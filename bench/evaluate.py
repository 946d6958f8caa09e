"""`make evaluate`: all that can be said of how messages are read, on one page that a stranger can make again.

    python -m bench.evaluate                      everything; stock Rasa is trained once and kept under var/bench
    python -m bench.evaluate --without-stock      without stock Rasa
    python -m bench.evaluate --only ours behaviour

Parts: `ours` (the product on evaluation/dev.jsonl), `unseen` (the training messages, each judged without its hand),
`behaviour` (evaluation/behaviour) and `beside` (other ways to read, on the same data in the same run).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import sections, unseen
from bench.baselines import Baseline, by_frozen_encoder, by_keywords, by_tfidf
from bench.reading import Reading
from bench.stock_reads import by_stock_rasa
from encoder.corpus import ROOT, read_corpus
from responder.engine.agent import Engine
from responder.engine.lines import DEFAULT_CHANNEL, DEFAULT_OFFICE, Defaults, message
from responder.evaluation import behaviour, measuring, pages
from responder.evaluation.measuring import Example

PARTS = ("ours", "unseen", "behaviour", "beside")
STOCK_EPOCHS = 100  # as `rasa init` has it


def main() -> None:
    """Measure, print, write the page."""
    options = argparse.ArgumentParser(prog="python -m bench.evaluate", description="Evaluate, beside other ways.")
    options.add_argument("--file", type=Path, default=ROOT / "evaluation" / "dev.jsonl", help="labelled messages")
    options.add_argument("--report", type=Path, default=Path(os.environ.get("RESPONDER_HOME") or "var") / "reports/dev")
    options.add_argument("--stock-epochs", type=int, default=STOCK_EPOCHS, help="how long stock Rasa is trained")
    options.add_argument("--without-stock", action="store_true")
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    asked = options.parse_args()
    engine = Engine.load()
    with asked.file.open("rb") as source:
        examples = measuring.read_examples(source)
    defaults = Defaults(DEFAULT_OFFICE, DEFAULT_CHANNEL, None)
    report = measuring.measure(examples, engine, defaults, progress=sys.stderr)
    print(pages.short_table(report))
    parts: list[str] = []
    more: dict[str, Any] = {}
    if "beside" in asked.only:
        ours = _ours(engine, examples, defaults, report.p50)
        others = _others(asked.file, examples, None if asked.without_stock else asked.stock_epochs)
        rows = sections.beside(examples, [ours, *others])
        parts.append(sections.beside_section(rows))
        more["beside"] = [asdict(row) for row in rows]
        print(sections.beside_text(rows))
    if "behaviour" in asked.only:
        results = behaviour.run(behaviour.load(ROOT / "evaluation" / "behaviour"), engine, _told)
        parts.append(sections.behaviour_section(results))
        more["behaviour"] = [asdict(result) for result in results]
        print(sections.behaviour_text(results))
    if "unseen" in asked.only:
        groups = unseen.groups(*unseen.judged())
        parts.append(sections.unseen_section(groups))
        more["unseen"] = {name: [asdict(group) for group in found] for name, found in groups.items()}
        print(sections.unseen_text(groups))
    print(f"Report: {pages.write(report, asked.report, parts, more)}")


def _ours(engine: Engine, examples: list[Example], defaults: Defaults, milliseconds: float) -> Baseline:
    readings = []
    for example in examples:
        read = engine.assess(message(example.message, engine.packs, defaults))
        three = (read.intent.name, *(other.name for other in read.alternatives[:2]))
        readings.append(Reading(three, read.is_emergency))
    manifest = json.loads((_home() / "models" / "manifest.json").read_text(encoding="utf-8"))
    return Baseline("Responder", "the product, cues included", tuple(readings), manifest["seconds"], milliseconds)


def _others(file: Path, examples: list[Example], stock_epochs: int | None) -> list[Baseline]:
    corpus, texts = read_corpus(), [str(example.message["text"]) for example in examples]
    found = []
    for name, way in (
        ("keyword triage", lambda: by_keywords(texts)),
        ("TF-IDF", lambda: by_tfidf(corpus, texts)),
        ("the frozen encoder", lambda: by_frozen_encoder(corpus, texts)),
    ):
        print(f"{name} …", file=sys.stderr, flush=True)
        found.append(way())
    if stock_epochs:
        found.append(by_stock_rasa(file, _home() / "bench", stock_epochs))
    return found


def _home() -> Path:
    return Path(os.environ.get("RESPONDER_HOME") or ROOT / "var").resolve()


def _told(result: behaviour.KindResult) -> None:
    print(f"\r{result.family}: {result.kind:<40}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
