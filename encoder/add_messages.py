"""Take labelled messages into data/nlu, each in its intent's file, without those that repeat another.

    .venv/bin/python -m encoder.add_messages written.jsonl --hand night-shift

A line is `{"text", "intent", "urgency", "flags", "also", "lang"}`, labelled by docs/design/label-guide.md. One that
is nearly one of the corpus, of the file, or of evaluation/ (dev.jsonl, behaviour/) is left out and counted. Nothing is
written where a line is wrong: the first such line is named.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from encoder.corpus import FOLDER, ROOT, URGENCIES, CorpusError, read_corpus
from encoder.near_duplicates import pairs
from responder.drafting.model import FLAGS
from responder.evaluation.behaviour import load

EVALUATION = ROOT / "evaluation"
LANGUAGES = ("en", "cy")
LONGEST_CASE = 5_000  # characters: longer cases are made by burying a short one


def main() -> None:
    """Read the command line and do the work."""
    options = argparse.ArgumentParser(prog="python -m encoder.add_messages", description="Take messages into data/nlu.")
    options.add_argument("file", type=Path)
    options.add_argument("--hand", required=True, help="who wrote them: a name of small letters and hyphens")
    asked = options.parse_args()
    try:
        taken, left_out = add(read_lines(asked.file), asked.hand, FOLDER, EVALUATION)
    except (CorpusError, OSError) as error:
        sys.exit(f"{error} Nothing was taken.")
    print(f"{taken} taken; {left_out} left out, as they are nearly another message.")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The messages of a file. Raises CorpusError, which names the line."""
    intents = yaml.safe_load((ROOT / "offices/national/intents.yml").read_text(encoding="utf-8"))
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                found.append(_checked(json.loads(line), intents))
            except (ValueError, KeyError, TypeError) as error:
                raise CorpusError(f"{path}, line {number}: {error}.") from None
    return found


def add(messages: Sequence[Mapping[str, Any]], hand: str, folder: Path, evaluation: Path) -> tuple[int, int]:
    """Append `messages` to the files under `folder`. Returns how many were taken and how many left out."""
    families = {path.stem: path for path in folder.glob("*/*.yml")}
    held = [example.text for example in read_corpus(folder)]
    texts = [message["text"] for message in messages]
    known = held + measured_texts(evaluation)
    repeated = {at for at, _ in pairs(texts, known)} | {later for _, later in pairs(texts)}
    by_intent: dict[str, list[str]] = defaultdict(list)
    for at, message in enumerate(messages):
        if at not in repeated:
            by_intent[message["intent"]].append(written(message, hand))
    for intent, entries in by_intent.items():
        with families[intent].open("a", encoding="utf-8") as file:
            file.writelines(entries)
    return len(messages) - len(repeated), len(repeated)


def measured_texts(folder: Path) -> list[str]:
    """Every text that only measures: those of dev.jsonl and of the behavioural suite, as they stand there."""
    lines = (folder / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    suite = load(folder / "behaviour") if (folder / "behaviour").is_dir() else ()
    cases = {text for kind in suite for case in kind.cases for text in (case.text, case.beside) if text}
    return [json.loads(line)["text"] for line in lines] + sorted(text for text in cases if len(text) < LONGEST_CASE)


def written(message: Mapping[str, Any], hand: str) -> str:
    """One example as it stands in a file."""
    lines = "".join(f"      {line}".rstrip() + "\n" for line in message["text"].strip().splitlines())
    told = {name: f"[{', '.join(message[name])}]" for name in ("flags", "also")}
    labels = f"lang: {message['lang']}, urgency: {message['urgency']}, flags: {told['flags']}, also: {told['also']}"
    return f"  - text: |\n{lines}    metadata: {{{labels}, hand: {hand}}}\n"


def _checked(message: dict[str, Any], intents: Mapping[str, Any]) -> dict[str, Any]:
    if not message["text"].strip():
        raise ValueError("the text is empty")
    for name, given, allowed in (
        ("intent", [message["intent"]], intents), ("urgency", [message["urgency"]], URGENCIES),
        ("lang", [message["lang"]], LANGUAGES), ("flags", message["flags"], FLAGS), ("also", message["also"], intents),
    ):  # fmt: skip
        for one in given:
            if one not in allowed:
                raise ValueError(f"“{name}” has {one!r}; allowed: {', '.join(allowed)}")
    return message


if __name__ == "__main__":
    main()
