"""The page that compares: other ways to read, the behavioural suite, strangers; and the keyword triage itself."""

from html.parser import HTMLParser

import pytest

from bench import keywords
from bench.reading import Reading
from encoder.corpus import Example as Message
from responder.evaluation.behaviour import KindResult
from responder.evaluation.measuring import Example

pytestmark = pytest.mark.filterwarnings("ignore")


def example(line, intent, urgency="routine", language="en"):
    return Example(line, {"text": "canary"}, intent, urgency, frozenset(), language, False)


EXAMPLES = [
    example(1, "greet"),
    example(2, "thank"),
    example(3, "report_emergency", "emergency"),
    example(4, "greet", language="cy"),
]


@pytest.fixture(scope="module")
def sections():
    from bench import sections  # spaCy imports TensorFlow, whose imports warn

    return sections


def ways():
    from bench.baselines import Baseline

    right = tuple(Reading((e.intent, "abuse"), e.urgency == "emergency") for e in EXAMPLES)
    same = tuple(Reading(("greet", "thank"), True) for _ in EXAMPLES)
    return [Baseline("Responder", "ours", right, 9, 1), Baseline("Other", "theirs", same, 1, 0.1)]


def test_ways_are_compared_message_by_message(sections):
    ours, other = sections.beside(EXAMPLES, ways())
    assert (ours.accuracy.value, other.accuracy.value, other.behind.value) == (1.0, 0.5, 0.5)
    assert (ours.behind.value, other.top3, other.welsh) == (0.0, 0.75, 1.0)
    assert (ours.alarmed, ours.emergencies, ours.false_alarms, other.false_alarms, other.routine) == (1, 1, 0, 3, 3)
    page = sections.beside_section([ours, other])
    assert "Other" in page
    assert "3 of 3" in page
    assert "canary" not in page


def test_the_behaviour_section_names_cases_by_number(sections):
    found = KindResult("dangers", "calm", "Said calmly.", 20, [(3, "alarm none")])
    page, text = sections.behaviour_section([found]), sections.behaviour_text([found])
    assert "19 of 20" in page and "3 (alarm none)" in page
    assert text == "Behaviour, dangers: 19 of 20 (95.0%)"


def test_strangers_are_grouped_by_language_region_hand_and_length(sections):
    from bench import unseen
    from responder.nlu.triage import Judgement

    messages = [
        Message("hello", "greet", "routine", "en", "teesside"),
        Message("help he is in the house now", "report_emergency", "emergency", "en", "teesside"),
        Message("bore da", "greet", "routine", "cy", "welsh"),
    ]
    read = [Judgement((("greet", 0.9),), "routine", "none", 0.1)] * 3
    found = unseen.groups(messages, read)
    assert {g.name: g.messages for g in found["region"]} == {"north-wales": 1, "teesside": 2}
    assert {g.name: g.accuracy.value for g in found["language"]} == {"English": 0.5, "Welsh": 1.0}
    tees = next(g for g in found["hand"] if g.name == "teesside")
    assert (tees.emergencies, tees.alarmed, tees.ruled_out, tees.false_alarms) == (1, 0, 1, 0)
    assert sum(g.messages for g in found["length in words"]) == 3
    assert "teesside" in sections.unseen_text(found)
    Strict().feed(sections.unseen_section(found))


class Strict(HTMLParser):
    """Every table has a caption and its rows have headings."""

    def handle_starttag(self, tag, attrs):
        if tag == "th":
            assert dict(attrs).get("scope")


@pytest.mark.parametrize(
    ("text", "intent", "alarm"),
    [
        ("there's a man with a knife in the shop help", "report_emergency", True),
        ("Please send me under the Freedom of Information Act the spending on drones", "request_foi", False),
        ("why have you blocked me and removed my comment", "appeal_moderation", False),
    ],
)
def test_the_keyword_triage_is_no_straw_man(text, intent, alarm):
    found = keywords.load().read(text)
    assert (found.intents[0], found.alarm) == (intent, alarm)
    assert len(found.intents) <= 3


def test_the_keyword_triage_reads_anything():
    triage = keywords.load()
    for text in ("", "🙂", "x" * 5000, "help " * 2000):
        assert 1 <= len(triage.read(text).intents) <= 3
