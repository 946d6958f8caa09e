"""The demonstration: its invented messages, what staff did with them, what arrives, and who the visitor is."""

from __future__ import annotations

import re
import shutil
import sys
import threading
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import PACKS, Clock, console
from desk_support import NOW, database, packs, sqlite_database  # noqa: F401

from responder.desk import audit, demo, demo_files, desk_rules, states
from responder.desk.demo import Arrivals, Demonstration, fill
from responder.desk.tables import account, contact_warning, escalation, message, note, outbox, reply
from responder.drafting import draft
from responder.drafting.model import Assessment, Flag, Message, Post, Scored
from responder.errors import BadInput, PackError

ROOT = Path(__file__).resolve().parents[1]
OFFICES = sorted(path.name for path in PACKS.iterdir() if (path / "office.yml").is_file())


@pytest.fixture(scope="module")
def invented():
    return demo_files.load(ROOT / "demo", packs(), desk_rules.load(PACKS))


class Knowing:
    """An engine that reads each invented message as its file says; everything else is a question."""

    def __init__(self, invented, state: str = "ready") -> None:
        self.now = state
        self._known = {one.text: one for found in everything(invented).values() for one in found}

    def ping(self) -> SimpleNamespace:
        return SimpleNamespace(state=self.now)

    def read(self, asked, intent=None, timeout=20.0):
        one = self._known[asked["text"]]
        read = Assessment(
            Scored(one.intent, 0.96),
            language=one.language,
            urgency={"alarm": "emergency", "possible": "urgent", "none": "routine"}[one.danger],
            danger=one.danger,
            flags=tuple(
                Flag("personal_data", "phone", *found.span(), "a phone number")
                for found in re.finditer(r"07700 900\d{3}", one.text)
            ),
        )
        thread = tuple(Post(post["from"], post["text"]) for post in asked["thread"])
        at = datetime.fromisoformat(asked["received_at"])
        made = draft(
            packs(), Message(one.text, asked["office"], asked["channel"], at, asked["id"], thread=thread), read
        )
        return {"line": made.as_dict(), "reading": asdict(made.assessment)}


def everything(invented) -> dict[str, tuple]:
    return {office: invented.messages[office] + invented.arrivals[office] for office in invented.messages}


# The files


def test_every_office_has_enough_to_show(invented):
    assert sorted(invented.messages) == OFFICES and len(OFFICES) >= 5
    for office, found in invented.messages.items():
        assert len(found) >= 30, office
        assert len(invented.arrivals[office]) >= 15, office
        assert {one.channel for one in found} == set(packs().office(office).channels), office
        assert sum(one.minutes_ago <= 2 * 24 * 60 for one in found) > len(found) / 2, office
        assert max(one.minutes_ago for one in found if one.intent != "request_foi") < 21 * 24 * 60, office


def test_every_kind_of_message_is_among_them(invented):
    for office, found in everything(invented).items():
        missing = set(packs().intents) - {one.intent for one in found}
        assert missing <= {"complain_commissioner"}, office  # which a force is seldom sent
    for office, found in invented.messages.items():
        dangers = Counter(one.danger for one in found)
        assert dangers["alarm"] >= 2 and dangers["possible"] >= 1, office
        assert any(one.danger == "possible" and one.intent == "disclose_self_harm" for one in found), office
        assert max(Counter(one.author for one in found).values()) >= 3, office
        assert any(one.earlier for one in found), office
        assert any(one.intent == "request_foi" and 24 <= one.minutes_ago / 1440 < 28 for one in found), office


def test_a_third_of_north_wales_is_in_welsh(invented):
    found = everything(invented)["north-wales-opcc"]
    assert sum(one.language == "cy" for one in found) >= len(found) / 3


def test_nobody_real_can_be_reached_through_them(invented):
    found = [one for group in everything(invented).values() for one in group]
    texts = [one.text for one in found] + [one.author for one in found]
    texts += [step.text + step.first + step.last for one in found for step in one.then]
    for text in texts:
        for number in re.findall(r"\b0\d{4} ?\d{6}\b|\b0\d{3} ?\d{3} ?\d{4}\b", text):
            assert re.fullmatch(r"07700 900\d{3}", number), text
        for address in re.findall(r"[\w.]+@([\w.]+\.\w+)", text):
            assert address == "example.org", text
        for place in re.findall(r"\b[\w-]+\.(?:com|co\.uk|org|net|uk|io|wales|cymru)\b", text):
            assert place == "example.org", text


def test_none_of_them_was_written_for_training_or_measuring(invented):
    folders = (ROOT / "data", ROOT / "evaluation")
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".yml", ".jsonl")]
    assert files
    known = "\n".join(path.read_text(encoding="utf-8") for path in files).casefold()
    for group in everything(invented).values():
        for one in group:
            assert len(one.text) < 25 or one.text.casefold() not in known, one.key


MESSAGE = "messages:\n  - {key: a, is: greet, channel: facebook-dm, author: b, minutes_ago: 9, text: Hello%s}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (MESSAGE % ", colour: red", "line 2: “colour” is not a key here"),
        (MESSAGE % "" + "more: []\n", "line 3: “more” is not a key here"),
        (MESSAGE.replace("facebook-dm", "pigeon") % "", "line 2: “channel” is “pigeon”; allowed is: "),
        (MESSAGE.replace("is: greet", "is: sing") % "", "line 2: “is” is “sing”; allowed is: "),
        (MESSAGE.replace("minutes_ago: 9, ", "") % "", "line 2: “minutes_ago” is missing"),
        (MESSAGE.replace("minutes_ago: 9", "minutes_ago: 999999") % "", "line 2: “minutes_ago” is “999999”"),
        (MESSAGE % ", then: [{note: meera.holt, after: 10, text: x}]", "line 2: “after” is “10”; 0 to 9 minutes"),
        (MESSAGE % ", then: [{wave: meera.holt, after: 1}]", "line 2: is no step; allowed is one of: note, assign"),
        (MESSAGE % ", then: [{note: nobody, after: 1, text: x}]", "line 2: “note” is “nobody”; allowed is: "),
        (MESSAGE % ", then: [{close: ruth.okafor, after: 1, reason: bored}]", "“reason” is “bored”; allowed is: "),
        (MESSAGE % ", then: [{escalate: ruth.okafor, after: 1, to: mum, text: x}]", "“to” is “mum”; allowed is: "),
        (MESSAGE % ", then: [{send: ruth.okafor, after: 3}, {send: ruth.okafor, after: 2}]", "“after” is before the"),
        (MESSAGE % ", then: [{answer: ruth.okafor, after: 1, reason: x}]", "“reason” is not a key here"),
        (MESSAGE % ", earlier: [{from: public, minutes_ago: 3, text: x}]", "“minutes_ago” is later than the message"),
        (MESSAGE % "" + MESSAGE.partition("\n")[2] % "", "line 3: “a” stands twice"),
        (
            "arrive:\n  - {key: a, is: greet, channel: facebook-dm, author: b, text: x, minutes_ago: 4}\n",
            "line 2: “min",
        ),
    ],
)
def test_a_fault_in_a_file_is_one_sentence_with_its_place(tmp_path, content, said):
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    (tmp_path / "demo" / "cleveland-opcc.yml").write_text(content, encoding="utf-8")
    with pytest.raises(PackError) as fault:
        demo_files.load(tmp_path / "demo", packs(), desk_rules.load(PACKS))
    assert str(fault.value).startswith("cleveland-opcc.yml, ") and said in str(fault.value)


def test_an_office_without_a_file_is_said(tmp_path):
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    (tmp_path / "demo" / "cleveland-opcc.yml").unlink()
    with pytest.raises(PackError, match=r"cleveland-opcc\.yml: is missing"):
        demo_files.load(tmp_path / "demo", packs(), desk_rules.load(PACKS))


# What stands on the desk


def test_with_the_engine_ready_everything_is_read_and_told(database, invented, caplog):  # noqa: F811
    caplog.set_level("INFO")
    history = fill(database, packs(), Knowing(invented), NOW)
    assert history.left == 0
    assert [line for line in caplog.messages if "left out" in line] == []
    with database.read() as connection:
        rows = connection.execute(sa.select(message)).mappings().all()
        assert len(rows) == sum(len(found) for found in invented.messages.values())
        assert all(row["assessed_at"] for row in rows)
        for office in OFFICES:
            found = {row["state"] for row in rows if row["office"] == office}
            assert {states.OPEN, states.AWAITING, states.ANSWERED, states.CLOSED} <= found, office
        assert states.APPROVED in {row["state"] for row in rows}
        assert sum(row["state"] in states.TO_DO for row in rows) >= 50
        for table in (note, escalation, contact_warning):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() >= 3
        sent = connection.execute(sa.select(reply).where(reply.c.state == states.SENT)).mappings().all()
        assert 10 <= sum(row["text"] == row["drafted"] for row in sent) < len(sent)
        assert all(row["made_at"] <= row["approved_at"] <= NOW for row in sent)
        assert all(at is None or at <= NOW for at in connection.execute(sa.select(outbox.c.sent_at)).scalars())
        assert audit.verify(connection)
        actors = {line.actor for line in audit.entries(connection, limit=5_000)}
    assert {"Kit Larkin", "Meera Holt", "Ruth Okafor", "the assistant"} <= actors


def test_without_an_engine_all_wait_and_the_rest_is_told_as_they_are_read(sqlite_database, invented):  # noqa: F811
    engine = Knowing(invented, "starting")
    history = fill(sqlite_database, packs(), engine, NOW)
    left = history.left
    with sqlite_database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).where(message.c.assessed_at.is_not(None))).scalar() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(note)).scalar() >= 1
        assert set(connection.execute(sa.select(message.c.state)).scalars()) == {states.OPEN}
    assert left > 100 and history.step() == 0 and history.left == left
    ids = sorted(_ids(sqlite_database))
    demo._read_all(sqlite_database, packs(), engine, ids[: len(ids) // 2], NOW)
    some = history.step()
    assert 0 < some < left
    demo._read_all(sqlite_database, packs(), engine, ids[len(ids) // 2 :], NOW)
    assert history.step() == left - some and history.left == 0
    with sqlite_database.read() as connection:
        assert audit.verify(connection)
    later = _states(sqlite_database)
    assert Counter(later.values())[states.ANSWERED] > 50


def test_it_ends_the_same_whenever_it_was_read(sqlite_database, tmp_path, invented):  # noqa: F811
    from desk_support import fresh

    fill(sqlite_database, packs(), Knowing(invented), NOW)
    with fresh("sqlite", tmp_path) as other:
        engine = Knowing(invented, "down")
        history = fill(other, packs(), engine, NOW)
        demo._read_all(other, packs(), engine, _ids(other), NOW)
        history.step()
        assert _states(other) == _states(sqlite_database)


def test_what_was_read_otherwise_is_left_as_it_is(sqlite_database, invented, caplog):  # noqa: F811
    class Mistaken(Knowing):
        def read(self, asked, intent=None, timeout=20.0):
            made = draft(
                packs(),
                Message("", asked["office"], asked["channel"], datetime.fromisoformat(asked["received_at"])),
                Assessment(Scored("abuse", 0.99)),
            )
            return {"line": made.as_dict(), "reading": asdict(made.assessment)}

    caplog.set_level("INFO")
    history = fill(sqlite_database, packs(), Mistaken(invented), NOW)
    assert history.left == 0
    assert any("left out" in line for line in caplog.messages)
    for group in invented.messages.values():
        for one in group:
            assert len(one.text) < 25 or not any(one.text in line for line in caplog.messages)
    with sqlite_database.read() as connection:
        assert audit.verify(connection)


def test_an_engine_that_fails_leaves_the_messages_to_the_worker(sqlite_database, invented):  # noqa: F811
    class Failing(Knowing):
        def read(self, asked, intent=None, timeout=20.0):
            raise ConnectionError(asked["text"])

    history = fill(sqlite_database, packs(), Failing(invented), NOW)
    assert history.left > 100 and len(_ids(sqlite_database)) > 150


# What arrives


def test_every_message_arrives_once_and_then_again_as_another_one(sqlite_database, invented):  # noqa: F811
    history = fill(sqlite_database, packs(), Knowing(invented, "down"), NOW)
    before, clock = _ids(sqlite_database), Clock(NOW)
    arrivals = Arrivals(sqlite_database, packs(), invented, history, clock=clock)
    number = sum(len(found) for found in invented.arrivals.values())
    rounds = []
    for _ in range(2):
        rounds.append([])
        for _ in range(number):
            clock.forward(seconds=30)
            rounds[-1].append(arrivals.arrive())
    assert len({*before, *rounds[0], *rounds[1]}) == len(before) + 2 * number
    assert Counter(_texts(sqlite_database, rounds[0])) == Counter(_texts(sqlite_database, rounds[1]))
    assert _texts(sqlite_database, rounds[0]) != _texts(sqlite_database, rounds[1])


def test_those_of_one_author_keep_their_order(sqlite_database, invented):  # noqa: F811
    history = fill(sqlite_database, packs(), Knowing(invented, "down"), NOW)
    for seed in range(20):
        arrivals = Arrivals(sqlite_database, packs(), invented, history, seed=seed)
        order = [next(arrivals._coming)[1].key for _ in range(sum(map(len, invented.arrivals.values())))]
        assert order.index("a-hello") < order.index("a-goodbye", order.index("a-hello"))
        assert order.index("a-bore-da") < order.index("a-hwyl")


def test_they_arrive_by_themselves_until_they_are_stopped(sqlite_database, invented):  # noqa: F811
    engine = Knowing(invented, "down")
    history = fill(sqlite_database, packs(), engine, NOW)
    queued, enough = [], threading.Event()

    class Queue:
        def enqueue(self, message_id):
            queued.append(message_id)
            if len(queued) == 5:
                enough.set()

    arrivals = Arrivals(sqlite_database, packs(), invented, history, Queue(), clock=lambda: NOW, pause=(0.0, 0.01))
    arrivals.start()
    assert enough.wait(20)
    arrivals.stop()
    seen = len(queued)
    assert not arrivals._thread.is_alive() and len(queued) == seen
    assert set(queued) <= set(_ids(sqlite_database))


# The whole, and who the visitor is


@pytest.fixture
def running(tmp_path, invented, monkeypatch):
    monkeypatch.setenv("RESPONDER_DATABASE_URL", f"sqlite:///{tmp_path / 'office.db'}")
    monkeypatch.setenv("RESPONDER_QUEUE_URL", "redis://127.0.0.1:1/0")
    made = Demonstration(tmp_path, PACKS, Knowing(invented, "down"), Clock())
    yield made
    made.stop()


def test_it_is_fresh_at_each_start_and_nothing_of_the_offices_own_is_touched(tmp_path, invented, running):
    first = len(_ids(running.database))
    with running.database.write() as connection:
        connection.execute(sa.delete(audit.audit))
    (running.folder / "examples.yml").write_text("kept: []\n", encoding="utf-8")
    with pytest.raises(BadInput, match="A demonstration is running in"):
        Demonstration(tmp_path, PACKS, Knowing(invented, "down"), Clock())
    running.stop()
    again = Demonstration(tmp_path, PACKS, Knowing(invented, "down"), Clock())
    with again.database.read() as connection:
        assert audit.verify(connection).lines > first
    assert len(_ids(again.database)) == first
    again.queue.enqueue(1)
    again.stop()
    assert {path.name for path in tmp_path.iterdir()} == {"demo"}
    assert not (running.folder / "examples.yml").exists()
    assert again.folder == demo.places(tmp_path)


SMALL = """
messages:
  - key: a
    is: ask_question
    channel: facebook-dm
    author: b
    minutes_ago: 90
    text: When is the next meeting?
    then: [{note: meera.holt, after: 2, text: Looked it up.}, {answer: meera.holt, after: 9}]
"""


def test_its_own_threads_read_what_waits_and_tell_what_was_done(tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    shutil.copy(ROOT / "demo" / demo_files.PEOPLE, files)
    for office in OFFICES:
        (files / f"{office}.yml").write_text(SMALL, encoding="utf-8")
    engine = Knowing(demo_files.load(files, packs(), desk_rules.load(PACKS)), "starting")
    made = Demonstration(tmp_path, PACKS, engine, files=files)
    assert made.history.left == len(OFFICES)  # the notes need no reading
    engine.now = "ready"
    made.start()
    try:
        for _ in range(600):
            if made.history.left == 0:
                break
            threading.Event().wait(0.1)
        assert set(_states(made.database).values()) == {states.ANSWERED}
    finally:
        made.stop()


@pytest.fixture
def app(tmp_path, running):
    made = console(running.folder, database=running.database, queue=running.queue)
    made.config["DEMO"] = running
    return made


def test_the_visitor_is_signed_in_as_the_manager(app):
    client = app.test_client(account=None)
    assert client.get("/demo").headers["Location"] == "/"
    page = unescape(client.get("/preview").text)
    assert "These people and messages are invented" in page
    assert re.search(r'<option value="alan\.whitby" selected>\s*Alan Whitby, manager', page)
    assert "Demonstration" in page


def test_the_visitor_comes_back_to_where_they_were_and_nowhere_else(app):
    client = app.test_client(account=None)
    assert client.get("/demo?next=/preview").headers["Location"] == "/preview"
    assert client.get("/demo?next=//elsewhere.example/").headers["Location"] == "/"


def test_the_visitor_goes_on_as_somebody_else(app, running):
    client = app.test_client(account=None)
    client.get("/demo")
    client.get("/preview")
    answer = client.change("/demo/as", person="kit.larkin", next="/preview")
    assert answer.headers["Location"] == "/preview"
    page = unescape(client.get("/preview").text)
    assert '<option value="kit.larkin" selected>' in page and "You are now Kit Larkin, trainee." in page
    assert client.get("/reports").status_code in (403, 404)
    with running.database.read() as connection:
        actors = [line.actor for line in audit.entries(connection, action="account.signed-in")]
    assert actors[:2] == ["Kit Larkin", "Alan Whitby"]


def test_whoever_was_signed_out_can_go_in_again(app):
    client = app.test_client(account=None)
    page = client.get("/sign-in").text
    assert 'action="/demo/as"' in page and "Go in" in page
    assert client.change("/demo/as", person="ruth.okafor").status_code == 302
    assert "Ruth Okafor" in client.get("/preview").text


@pytest.mark.parametrize("person", ["", "nobody", "administrator.1"])
def test_only_invented_people_can_be_taken_on(app, person):
    client = app.test_client(account=None)
    client.get("/demo")
    client.get("/preview")
    assert client.change("/demo/as", person=person).status_code == 400


def test_nobody_is_made_to_become_somebody_by_another_site(app):
    client = app.test_client(account=None)
    client.get("/demo")
    assert client.post("/demo/as", data={"person": "kit.larkin"}).status_code == 403


def test_a_person_who_was_disabled_meanwhile_is_not_taken_on(app, running):
    with running.database.write() as connection:
        connection.execute(sa.update(account).where(account.c.name == "kit.larkin").values(disabled_at=NOW))
    client = app.test_client(account=None)
    client.get("/demo")
    client.get("/preview")
    assert client.change("/demo/as", person="kit.larkin").status_code == 400


def test_without_a_demonstration_there_is_no_such_page(tmp_path):
    client = console(tmp_path).test_client()
    assert client.get("/demo").status_code == 404
    assert client.change("/demo/as", person="alan.whitby").status_code == 404
    assert "These people and messages are invented" not in client.get("/preview").text


def _ids(desk) -> list[int]:
    with desk.read() as connection:
        return list(connection.execute(sa.select(message.c.id)).scalars())


def _states(desk) -> dict[str, str]:
    with desk.read() as connection:
        query = sa.select(message.c.office, message.c.external_id, message.c.state)
        return {f"{office} {id_}": state for office, id_, state in connection.execute(query)}


def _texts(desk, ids) -> list[str]:
    with desk.read() as connection:
        found = dict(connection.execute(sa.select(message.c.id, message.c.text)).all())
    return [found[id_] for id_ in ids]
