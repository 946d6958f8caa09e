"""Whether the time of a refused sign-in tells if an account exists: the medians must lie less than 10 ms apart.

    python -m bench.sign_in

200 tries of each of four kinds, which take turns, so that a busy machine slows all of them alike. Hashes are cheap, so
that any difference is ours. Exit status 1 where they differ.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from argon2 import profiles

from responder.desk import accounts, passwords
from responder.desk.audit import COMMAND_LINE
from responder.desk.database import Database
from responder.desk.entering import NotRight, enter
from responder.drafting import load_packs
from responder.drafting.calendar import LONDON

PACKS = Path(__file__).resolve().parents[1] / "offices"
PASSWORD = "a password of a bench"
KINDS = ("known", "without-password", "disabled", "unknown")
MOST_MS = 10.0
TRIES = 200


def main() -> int:
    """Measure and print; 1 where two medians lie too far apart."""
    passwords.PARAMETERS = profiles.CHEAPEST
    with tempfile.TemporaryDirectory() as home:
        medians = measured(Database.of(Path(home)))
    for kind, milliseconds in medians.items():
        print(f"{kind:<18} {milliseconds:8.2f} ms")
    apart = max(medians.values()) - min(medians.values())
    print(f"apart              {apart:8.2f} ms (at most {MOST_MS:.0f})")
    return 0 if apart < MOST_MS else 1


def measured(database: Database) -> dict[str, float]:
    """The median time of a refusal, in milliseconds, for each kind of name."""
    now = datetime.now(LONDON)
    make(database, now)
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    later = itertools.count(1)
    for _ in range(TRIES):
        for kind in KINDS:
            at = now + timedelta(minutes=2 * next(later))  # never so often that a name is throttled
            started = time.perf_counter()
            try:
                enter(database, b"a key of a bench", kind, "a wrong password", "192.0.2.1", at)
            except NotRight:
                taken[kind].append(1000 * (time.perf_counter() - started))
    return {kind: statistics.median(found) for kind, found in taken.items()}


def make(database: Database, now: datetime) -> None:
    """An account of each kind, but the unknown one."""
    packs = load_packs(PACKS)
    with database.write() as connection:
        for kind in KINDS[:3]:
            made = accounts.create(
                connection, packs, COMMAND_LINE, now, name=kind, full_name=kind, role="trainee", offices=packs.offices
            )
            if kind != "without-password":
                accounts.set_password(connection, COMMAND_LINE, made.id, PASSWORD, now)
            if kind == "disabled":
                accounts.disable(connection, COMMAND_LINE, made.id, now)


if __name__ == "__main__":
    sys.exit(main())
