"""How long it takes to mark a scenario, with a sentence for each mark: at most 100 ms of a processor.

    python -m bench.practice_marking

Every scenario of practice/ is marked with each of its answers under each office that practises it. Exit status 1 where
one takes longer. Beside it, as a bound: the shifts with the longest replies that the console takes, in every message.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from responder.drafting import load_packs
from responder.practice.attempts import LONGEST_REPLY
from responder.practice.library import Library
from responder.practice.marking import mark
from responder.practice.scenarios import QUALITIES, Answer, Scenario
from responder.practice.wording import told

ROOT = Path(__file__).resolve().parents[1]
MOST_MS = 100.0
STEM = "please don't call 101 or 0800 123, we will ring you in twenty working "


def main() -> int:
    """Measure and print; 1 where marking takes too long."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library.load(ROOT / "practice", Path(folder), load_packs(ROOT / "offices"))
    longest_of_answers = measured(library, "as answered", answered(library))
    measured(library, f"replies of {LONGEST_REPLY:,} characters", longest(library))
    return int(longest_of_answers > MOST_MS)


def measured(library: Library, name: str, tries: Iterator[tuple[Scenario, str, Mapping[str, Answer]]]) -> float:
    """Mark them all and print what it took; the longest."""
    taken = sorted((milliseconds(library, *one), one[0].id) for one in tries)
    times = [one for one, _ in taken]
    print(
        f"{name}: {len(times):,} markings, median {statistics.median(times):.1f} ms, "
        f"95 % within {times[int(len(times) * 0.95)]:.1f} ms, longest {times[-1]:.1f} ms ({taken[-1][1]})"
    )
    return times[-1]


def answered(library: Library) -> Iterator[tuple[Scenario, str, Mapping[str, Answer]]]:
    """Every scenario with its own answers, in each office that practises it."""
    for office in library.packs.offices:
        for id_ in sorted(library.held(office)):
            scenario = library.book[id_]
            for quality in QUALITIES:
                yield scenario, office, scenario.examples[quality]


def longest(library: Library) -> Iterator[tuple[Scenario, str, Mapping[str, Answer]]]:
    """The shifts with replies of the greatest length, which nearly say what is looked for, over and over."""
    reply = (STEM * LONGEST_REPLY)[:LONGEST_REPLY]
    for office in library.packs.offices:
        for scenario in (library.book[id_] for id_ in sorted(library.held(office)) if library.book[id_].is_shift):
            good = scenario.examples["good"]
            yield scenario, office, {key: replace(one, do="reply", reply=reply) for key, one in good.items()}


def milliseconds(library: Library, scenario: Scenario, office: str, answers: Mapping[str, Answer]) -> float:
    """How long one marking takes a processor: the better of two, as a process also loads things once."""
    taken = []
    for _ in range(2):
        start = time.thread_time()
        found = mark(library.packs, scenario, office, answers, tuple(answers), (), library.settings.pass_percent)
        told(library.words, library.packs, scenario, found)
        taken.append((time.thread_time() - start) * 1_000)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
