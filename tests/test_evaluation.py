"""Measuring: the arithmetic, and a report that names lines and never texts."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from test_engine_shared import NOW, shared_packs

from responder.drafting import compose
from responder.drafting.model import Assessment, Flag, Scored
from responder.engine.lines import Defaults
from responder.errors import BadInput
from responder.evaluation import measuring, pages, scores

pytestmark = pytest.mark.filterwarnings("ignore")


class Stub:
    """Reads every message as what its text says: `intent|danger`."""

    packs = shared_packs()

    def draft(self, message, intent=None):
        name, danger = message.text.split("|")[:2]
        flags = (Flag("personal_data", "phone", 0, 3),) if "ring" in message.text else ()
        others = tuple(Scored(n, 0.1) for n in ("ask_question", "thank"))
        read = Assessment(Scored(name, 0.8), others, danger=danger, flags=flags)
        return replace(compose.draft(self.packs, message, read), milliseconds=5.0)


LINES = [
    {"text": "greet|none|canary", "intent": "greet", "urgency": "routine", "flags": [], "lang": "en"},
    {"text": "thank|none|ring", "intent": "thank", "urgency": "routine", "flags": ["personal_data"], "lang": "en"},
    {"text": "greet|none", "intent": "ask_question", "urgency": "routine", "flags": ["personal_data"], "lang": "en"},
    {"text": "report_emergency|alarm", "intent": "report_emergency", "urgency": "emergency", "lang": "en"},
    {"text": "greet|none", "intent": "report_emergency", "urgency": "emergency", "lang": "cy", "hard": True},
    {"text": "report_crime|alarm", "intent": "report_crime", "urgency": "routine", "lang": "en"},
    {"text": "report_crime|possible", "intent": "report_crime", "urgency": "routine", "lang": "en"},
]


def source(lines):
    return io.BytesIO("".join(json.dumps(line) + "\n" for line in lines).encode())


@pytest.fixture(scope="module")
def report():
    examples = measuring.read_examples(source(LINES))
    return measuring.measure(examples, Stub(), Defaults(at=NOW), progress=None)


def test_figures(report):
    assert report.messages == 7
    assert report.accuracy.value == pytest.approx(5 / 7)
    assert report.accuracy.low <= report.accuracy.value <= report.accuracy.high
    assert report.top3 == pytest.approx(6 / 7)
    assert (report.emergencies, report.missed_emergencies) == (2, (5,))
    assert (report.false_alarms, report.cautions) == ((6,), (7,))
    assert report.by_group["hard"] == (1, 0.0)
    personal = next(f for f in report.flags if f.flag == "personal_data")
    assert (personal.labelled, personal.found, personal.extra) == (2, 1, 0)
    assert report.urgency["emergency"] == {"emergency": 1, "urgent": 0, "routine": 1}
    assert (report.p50, report.unknown_contacts) == (5.0, ())
    assert report.calibration_error == pytest.approx(abs(0.8 - 5 / 7))


def test_per_intent(report):
    greet = next(r for r in report.per_intent if r.intent == "greet")
    assert (greet.count, greet.recall) == (1, 1.0)
    assert greet.precision == pytest.approx(1 / 3)
    question = next(r for r in report.per_intent if r.intent == "ask_question")
    assert question.often_read_as == (("greet", 1),)


def test_macro_f1_is_over_the_intents_that_occur():
    gold, found = np.array([0, 0, 1]), np.array([0, 1, 1])
    assert scores.macro_f1(gold, found, 27) == pytest.approx(2 / 3)


def test_calibration_of_the_sure_and_right_is_exact():
    assert scores.calibration(np.ones(4), np.ones(4, dtype=bool))[0] == 0.0


def test_the_page_names_lines_and_no_text(report, tmp_path):
    page = pages.write(report, tmp_path).read_text(encoding="utf-8")
    data = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert "canary" not in page + data + pages.short_table(report)
    assert json.loads(data)["missed_emergencies"] == [5]
    assert page.count("<svg") == 4
    assert "Missed emergencies, lines: 5" in pages.short_table(report)


def test_the_page_is_well_formed_and_accessible(report):
    class Reader(HTMLParser):
        tables = captions = 0

        def handle_starttag(self, tag, attrs):
            self.tables += tag == "table"
            self.captions += tag == "caption"

    reader = Reader()
    page = pages.page(report)
    reader.feed(page)
    assert reader.tables == reader.captions >= 6
    assert 'lang="en"' in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"text": "a|none"}, "Line 1: it needs “intent”"),
        ({"text": "a|none", "intent": "greet", "urgency": "x"}, "Line 1: it needs “intent” and “urgency”"),
        ({"text": "greet|none", "intent": "x"}, "Line 1: There is no intent “x”"),
        ({"text": "greet|none", "intent": "greet", "office": "x"}, "Line 1: There is no office “x”"),
    ],
)
def test_a_line_that_cannot_be_used(line, sentence):
    with pytest.raises(BadInput) as caught:
        measuring.measure(measuring.read_examples(source([line])), Stub(), Defaults(at=NOW), progress=None)
    assert sentence in str(caught.value)


def test_an_empty_file():
    with pytest.raises(BadInput, match="no labelled message"):
        measuring.read_examples(io.BytesIO(b"\n"))
