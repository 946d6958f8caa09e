"""The command line: one sentence for whatever is wrong, and the exit status of the contract."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time

import pytest
from test_engine_shared import NOW, shared_engine, trained_places

from responder import cli
from responder.engine.places import ROOT

pytestmark = pytest.mark.filterwarnings("ignore")
AT = NOW.isoformat()

WRONG = [  # (what is typed, what the sentence says)
    (["fly"], "There is no command “fly”; there is: audit, check, draft, evaluate"),
    (["draft", "hi", "--colour"], "There is no option “--colour”; there is: --file, --out, --office"),
    (["draft", "hi", "--office", "x"], "There is no office “x”; there is: cleveland-opcc"),
    (["draft", "hi", "--channel", "fax"], "There is no channel “fax”; there is: facebook-dm"),
    (["draft", "hi", "--intent", "x"], "There is no intent “x”; there is: report_emergency"),
    (["draft", "hi", "--at", "soon"], "“--at” is no ISO 8601 time"),
    (["draft", "hi", "--file", "x"], "Give either a text, or --file"),
    (["draft", "hi", "--out", "x"], "--out goes with --file"),
    (["draft", "hi", "there"], "unexpected extra argument"),
    (["draft", "--file", "/nowhere.jsonl"], "The file /nowhere.jsonl cannot be read: No such file"),
    (["check"], "needs --office; its options are: --office, --intent"),
    (["check", "--office", "x", "--intent", "greet", "--channel", "email"], "There is no office “x”"),
    (["check", "--office", "cleveland-opcc", "--intent", "x", "--channel", "email"], "There is no intent “x”"),
    (["check", "--office", "cleveland-opcc", "--intent", "greet", "--channel", "x"], "There is no channel “x”"),
    (["preview", "--office", "x", "--out", "/tmp/x"], "There is no office “x”"),
    (["preview", "--office", "cleveland-opcc"], "needs --out"),
    (["preview", "--office", "cleveland-opcc", "--out", "/proc/x"], "/proc/x cannot be written"),
    (["offices", "burn"], "There is no command “burn”; there is: check"),
    (["evaluate"], "needs FILE"),
    (["evaluate", "/nowhere"], "cannot be read"),
    (["serve", "--port", "x"], "--port must be a whole number from 0 to 65535"),
    (["serve", "--port", "99999"], "--port must be a whole number"),
    (["serve", "--port"], "--port needs a value"),
]


class Typed:
    """What a command printed, and its exit status."""

    def __init__(self, capfdbinary, status):
        said = capfdbinary.readouterr()
        self.status, self.out, self.err = status, said.out.decode(), said.err.decode()


@pytest.fixture
def typed(capfdbinary, monkeypatch):
    """Runs the command line in this process, with the shared engine in place of a freshly loaded one."""

    def run(*arguments, stdin=b""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        monkeypatch.setattr(cli, "_engine", lambda packs: shared_engine())
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        return Typed(capfdbinary, ended.value.code)

    return run


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=[" ".join(w) for w, _ in WRONG])
def test_what_is_typed_wrongly_is_one_sentence(typed, arguments, sentence):
    found = typed(*arguments)
    lines = [line for line in found.err.splitlines() if not line.startswith("No --office")]
    assert found.status == 2
    assert len(lines) == 1
    assert sentence in lines[0]
    assert "Usage" not in found.err
    assert not found.out


def test_offices(typed):
    found = typed("offices")
    assert found.status == 0
    for office in ("cleveland-opcc", "north-wales-opcc", "OVERDUE", "superseded"):
        assert office in found.out
    assert found.out.count("NO PRE-ELECTION PERIOD SET") == 5
    states = json.loads(typed("offices", "--json").out)
    assert len(states) == 5
    assert {state["pre_election"] for state in states} == {None}
    assert "no fault" in typed("offices", "check").out


def test_offices_shows_the_pre_election_period_of_a_day(typed):
    assert "from 2024-05-25 to 2024-07-04" in typed("offices", "--at", "2024-06-10T12:00").out
    state = {one["office"]: one for one in json.loads(typed("offices", "--at", "2024-05-01T12:00", "--json").out)}
    assert state["north-wales-opcc"]["pre_election"] == ["2024-05-25", "2024-07-04"]


def test_offices_check_names_a_fault(typed, tmp_path, monkeypatch):
    (tmp_path / "national").mkdir()
    monkeypatch.setenv("RESPONDER_PACKS", str(tmp_path))
    found = typed("offices", "check")
    assert found.status == 1
    assert len(found.err.splitlines()) == 1


def test_preview_writes_a_page(typed, tmp_path):
    found = typed("preview", "--office", "north-wales-opcc", "--at", AT, "--out", str(tmp_path / "a"))
    assert found.status == 0
    assert "x-reply.html" in (tmp_path / "a" / "index.html").read_text(encoding="utf-8")
    page = (tmp_path / "a" / "x-reply.html").read_text(encoding="utf-8")
    for piece in ("Freedom of Information", 'lang="cy"', "out of hours", "North Wales PCC"):
        assert piece in page


def test_check_blocks_and_lets_pass(typed):
    where = ["check", "--office", "cleveland-opcc", "--intent", "greet", "--channel", "facebook-dm", "--at", AT]
    bad = typed(*where, stdin=b"Ring 0800 123 4567, you idiot.")
    assert bad.status == 1
    assert "unknown-contact" in [f["code"] for f in json.loads(bad.out)]
    good = typed(*where, stdin=b"Hello, and thank you for your message. How can we help?")
    assert good.status == 0
    assert all(f["level"] != "blocking" for f in json.loads(good.out))


def test_draft_as_json_is_the_line_of_the_contract(typed):
    text = "I want to make a freedom of information request about overtime"
    found = typed("draft", text, "--office", "north-wales-opcc", "--channel", "email", "--at", AT, "--json")
    line = json.loads(found.out)
    assert found.status == 0
    keys = "office channel language intent alternatives urgency flags handling reply parts moderation staff_actions"
    assert set(line) >= {*keys.split(), "missing", "warnings", "milliseconds"}
    assert (line["office"], line["channel"]) == ("north-wales-opcc", "email")


@pytest.mark.parametrize("arguments", [["draft"], ["draft", "-"]])
def test_draft_reads_standard_input(typed, arguments):
    found = typed(*arguments, "--office", "cleveland-opcc", "--at", AT, stdin=b"Bore da, sut ydych chi?")
    assert found.status == 0
    assert found.out.startswith("  Reads as")


def test_draft_for_people(typed):
    found = typed("draft", "hello", "--intent", "request_foi", "--office", "north-wales-opcc", "--at", AT)
    for piece in ("Reads as", "Urgency", "Reply", "[north-wales-opcc/", "Staff must", " by 20", "Warnings"):
        assert piece in found.out


def test_draft_prints_nothing_that_steers_a_terminal(typed):
    found = typed("draft", "call me \x1b[2J on 07700 900123 \u202e", "--office", "cleveland-opcc", "--at", AT)
    assert "\x1b" not in found.out
    assert "\u202e" not in found.out


def test_draft_a_file(typed, tmp_path):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(
        b'{"text": "Hello", "id": "1"}\noops\n{"text": "Thanks", "id": "2", "office": "cleveland-opcc"}\n'
    )
    found = typed("draft", "--file", str(source), "--out", str(out), "--office", "north-wales-opcc")
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert found.status == 1
    assert [line.get("id", line.get("line")) for line in lines] == ["1", 2, "2"]
    assert [line.get("office") for line in lines] == ["north-wales-opcc", None, "cleveland-opcc"]
    assert "3 lines, 1 bad" in found.err
    assert not found.out


def test_a_good_file_ends_well_and_may_go_to_standard_output(typed, tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "Hello"}\n')
    found = typed("draft", "--file", str(source), "--office", "cleveland-opcc")
    assert found.status == 0
    assert json.loads(found.out)["office"] == "cleveland-opcc"


def test_a_file_is_not_written_over_itself(typed, tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "Hello"}\n')
    assert typed("draft", "--file", str(source), "--out", str(source), "--office", "cleveland-opcc").status == 2
    assert source.read_bytes() == b'{"text": "Hello"}\n'


def test_a_fault_of_ours_is_one_sentence_without_words(typed, monkeypatch):
    def fails(*_):
        raise ValueError("canary")

    monkeypatch.setattr(cli, "_packs", fails)
    found = typed("offices")
    assert found.status == 1
    assert "ValueError at test_cli.py" in found.err
    assert "canary" not in found.err


def run(*arguments, **changes):
    command = [sys.executable, "-m", "responder.cli", *arguments]
    environment = {**os.environ, **changes}
    return subprocess.run(command, capture_output=True, cwd=ROOT, env=environment, timeout=300)


def test_help_and_offices_import_no_rasa():
    code = "import sys; from responder import cli\ntry: cli.main(['offices'])\nexcept SystemExit: pass\n"
    code += "print('rasa' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True).stdout
    assert out.decode().splitlines()[-1] == "False"


def test_without_a_model(tmp_path):
    found = run("draft", "canary-77", "--office", "cleveland-opcc", RESPONDER_HOME=str(tmp_path))
    assert found.returncode == 1
    assert found.stderr.decode().splitlines()[-1].endswith("run: responder train.")
    assert b"canary-77" not in found.stderr


def test_a_draft_in_a_process_of_its_own():
    home = str(trained_places().home)
    found = run("draft", "Hello", "--office", "cleveland-opcc", "--json", RESPONDER_HOME=home)
    assert found.returncode == 0
    assert json.loads(found.stdout)["intent"]["name"] == "greet"
    assert found.stderr.decode().strip() == "The model is loading …"


def test_training_where_it_is_not_needed(typed, monkeypatch):
    monkeypatch.setenv("RESPONDER_HOME", str(trained_places().home))
    found = typed("train", "--if-needed")
    assert found.status == 0
    assert "The model is current" in found.out


def test_a_closed_pipe_is_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [sys.executable, "-m", "responder.cli", "offices"], stdout=writer, stderr=subprocess.PIPE, cwd=ROOT
    )
    os.close(writer)
    _, said = process.communicate(timeout=60)
    assert b"Traceback" not in said


def test_help_is_quick():
    started = time.monotonic()
    assert run("--help").returncode == 0
    assert time.monotonic() - started < 10
