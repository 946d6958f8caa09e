"""Input lines: what is read, and one clear sentence for each that cannot be."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from test_engine_shared import NOW, shared_packs

from responder.drafting import compose
from responder.drafting.model import Assessment, Scored
from responder.engine import files, lines
from responder.errors import BadInput, ResponderError

BAD = {
    b"hello": "not JSON",
    b'{"text": "a"': "not JSON",
    b"\xff\xfe{": "not UTF-8: byte 1",
    b"[]": "holds a list",
    b'"text"': "holds text",
    b"null": "holds null",
    b"3": "holds a number",
    b"{}": "“text” is missing",
    b'{"text": null}': "“text” holds null",
    b'{"text": 3}': "“text” holds a number",
    b'{"text": ["a"]}': "“text” holds a list",
    b'{"text": "a", "office": "nowhere"}': "no office “nowhere”; there is: cleveland-opcc",
    b'{"text": "a", "office": 3}': "“office” holds a number",
    b'{"text": "a", "channel": "fax"}': "no channel “fax”; there is: facebook-dm",
    b'{"text": "a", "received_at": "yesterday"}': "“received_at” is no ISO 8601 time",
    b'{"text": "a", "received_at": "2026-13-01"}': "“received_at” is no ISO 8601 time",
    b'{"text": "a", "received_at": "0001-01-01"}': "outside the years",
    b'{"text": "a", "received_at": "9999-12-31T23:59:59-12:00"}': "outside the years",
    b'{"text": "a", "received_at": 1700000000}': "“received_at” holds a number",
    b'{"text": "a", "id": {}}': "“id” holds an object",
    b'{"text": "a", "id": true}': "“id” holds true or false",
    b'{"text": "a", "author": 3}': "“author” holds a number",
    b'{"text": "a", "thread": "x"}': "“thread” holds text",
    b'{"text": "a", "thread": ["x"]}': "“thread[0]” holds text",
    b'{"text": "a", "thread": [{"from": "me", "text": "x"}]}': "“thread[0].from” must be",
    b'{"text": "a", "thread": [{"from": "public"}]}': "“thread[0].text” holds null",
    b'{"text": "a", "thread": [{"from": "public", "text": "x", "at": "z"}]}': "“thread[0].at” is no ISO",
    b"[" * 100_000: "nested too deeply",
    b'{"text": ' + b"9" * 10_000 + b"}": "a number that is too long",
}


class Stub:
    """Drafts without a model."""

    packs = shared_packs()

    def draft(self, message, intent=None):
        read = Assessment(Scored("greet", 0.9))
        return replace(compose.draft(self.packs, message, read), milliseconds=1.0)


def run(data: bytes, progress=None):
    out = io.BytesIO()
    defaults = lines.Defaults(at=NOW)
    tally = files.draft_file(Stub(), io.BytesIO(data), out, defaults, progress)
    return tally, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(("raw", "sentence"), BAD.items(), ids=list(BAD.values()))
def test_a_bad_line_is_one_sentence(raw, sentence):
    with pytest.raises(ResponderError) as caught:
        lines.message(lines.parse_line(raw), shared_packs(), lines.Defaults())
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-20T09:30", "2026-11-20T09:30:00+00:00"),
        ("2026-07-20T09:30", "2026-07-20T09:30:00+01:00"),
        ("2026-07-20T09:30:00Z", "2026-07-20T10:30:00+01:00"),
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        ("2026-11-20T09:30:00+0000", "2026-11-20T09:30:00+00:00"),
        ("2026-11-20T09:30:00.5+02:00", "2026-11-20T07:30:00.500000+00:00"),
    ],
)
def test_times(written, read):
    assert lines.moment(written, "--at").isoformat() == read


def test_a_file_keeps_its_order_and_goes_on():
    data = b'{"text": "a", "id": "1", "extra": 3}\nnonsense\n{"text": "b", "id": 2}\n'
    tally, out = run(data)
    assert (tally.lines, tally.bad) == (3, 1)
    assert [line.get("id") for line in out] == ["1", None, 2]
    assert out[1]["line"] == 2
    assert set(out[1]) == {"line", "error"}


def test_empty_lines_are_named_but_not_at_the_end():
    tally, out = run(b'{"text": "a"}\n\n{"text": "b"}\n\n  \n')
    assert (tally.lines, tally.bad) == (3, 1)
    assert out[1] == {"line": 2, "error": "The line is empty; each line holds one JSON object."}


def test_an_empty_file_has_no_lines():
    assert run(b"")[0] == files.Tally(0, 0)


def test_a_byte_order_mark_and_windows_ends_are_read():
    tally, _ = run(b'\xef\xbb\xbf{"text": "a"}\r\n{"text": "b"}')
    assert (tally.lines, tally.bad) == (2, 0)


def test_lone_surrogates_are_written_as_escapes():
    tally, out = run(rb'{"text": "a \ud83d", "id": "\udc00"}')
    assert tally.bad == 0
    assert out[0]["id"] == "\udc00"


def test_a_line_that_is_too_long_is_passed_over(monkeypatch):
    monkeypatch.setattr(files, "LONGEST_LINE", 64)
    tally, out = run(b'{"text": "' + b"a" * 500 + b'"}\n{"text": "b"}\n')
    assert (tally.lines, tally.bad) == (2, 1)
    assert "longer than" in out[0]["error"]


def test_the_text_stays_out_of_errors():
    with pytest.raises(BadInput) as caught:
        lines.message(lines.parse_line(b'{"text": "canary", "thread": 3}'), shared_packs(), lines.Defaults())
    assert "canary" not in str(caught.value)


def test_progress_goes_where_it_is_told():
    told = io.StringIO()
    run(b'{"text": "a"}\n', told)
    assert "1 lines, 0 bad" in told.getvalue()


class Ahead(Stub):
    """A stub that notes which texts it was told of ahead, and how many were drafted by then."""

    def __init__(self):
        self.told, self.drafted = [], 0

    def read_ahead(self, texts):
        self.told.append(list(texts))

    def draft(self, message, intent=None):
        self.drafted += 1
        return super().draft(message, intent)


def test_a_file_is_read_ahead_in_order_and_nothing_else_changes():
    rows = [json.dumps({"text": f"message {number}"}) for number in range(150)] + ["no line", json.dumps({"text": 5})]
    data = "\n".join(rows).encode()
    plain, ahead, engine = io.BytesIO(), io.BytesIO(), Ahead()
    files.draft_file(Stub(), io.BytesIO(data), plain, lines.Defaults(at=NOW))
    files.draft_file(engine, io.BytesIO(data), ahead, lines.Defaults(at=NOW))
    assert without_times(ahead) == without_times(plain)
    assert [text for texts in engine.told for text in texts] == [f"message {number}" for number in range(150)]
    assert max(len(texts) for texts in engine.told) == files.LINES_AHEAD


class Pipe(io.BytesIO):
    """Cannot be sought in, like what another program writes."""

    def seekable(self):
        return False


def test_from_a_pipe_each_line_is_answered_before_the_next_is_read():
    engine, out = Ahead(), io.BytesIO()
    files.draft_file(engine, Pipe(b'{"text": "one"}\n{"text": "two"}\n'), out, lines.Defaults(at=NOW))
    assert engine.told == []
    assert engine.drafted == 2


def without_times(out):
    return [{**json.loads(line), "milliseconds": 0} for line in out.getvalue().splitlines()]
