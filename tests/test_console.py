"""The console's pages: what staff see for a message, an office, a fault."""

from __future__ import annotations

import sys
from html import unescape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import NOW, PACKS, console

from responder.console.preview_pages import write_preview
from responder.drafting import load_packs
from responder.engine import teaching

OFFICES = sorted(path.name for path in PACKS.iterdir() if (path / "office.yml").is_file())
CRIME = "Someone nicked my van last night in Rhyl, ring me on 07700900123"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"))


@pytest.fixture
def client(app):
    app.extensions["engine"].now = "ready"
    return app.test_client()


def test_the_packs_hold_offices():
    assert len(OFFICES) >= 5


def test_the_start_leads_to_the_inbox(client):
    assert client.get("/").headers["Location"] == "/inbox"


def test_the_form_starts_with_the_time_of_now_and_the_offices(client):
    page = client.get("/draft").text
    assert 'value="2026-11-20"' in page and 'value="11:40"' in page
    for office in OFFICES:
        assert f'value="{office}"' in page


def test_a_draft_shows_what_it_reads_as_and_what_it_rests_on(client):
    page = unescape(client.send(text=CRIME).text)
    assert "Crime report or information" in page and "sure, 91 %" in page
    assert "News of one's own case" in page and "Question" in page  # the two next
    assert '<mark class="flag">07700900123' in page and "phone number" in page
    assert 'id="sentence-1"' in page and 'id="clause-A"' in page
    assert "No rule broken" in page and "of 2,000 characters" in page
    assert "Because:" in page and "“last night”" in page


@pytest.mark.parametrize("office", OFFICES)
@pytest.mark.parametrize("channel", ["facebook-dm", "x-reply", "email"])
def test_every_kind_of_message_has_a_page(client, app, office, channel):
    for intent in app.extensions["packs"].intents:
        response = client.send(text="Good morning to you all", office=office, channel=channel, intent=intent)
        assert response.status_code == 200, intent


def test_choosing_another_reading_drafts_again(client, app):
    before = client.send(text=CRIME).text
    after = client.send(text=CRIME, intent="request_foi").text
    assert "Freedom of Information request" in after and "your choice" in after
    assert before != after
    button = client.send(text=CRIME, intent="request_foi", read_as="give_praise").text
    assert '<option value="give_praise" selected>' in button


def test_a_chosen_reading_can_be_kept_as_an_example_without_contacts(client, app):
    assert "Keep as an example" not in client.send(text=CRIME).text
    assert "Keep as an example" in client.send(text=CRIME, intent="ask_case_update").text
    page = unescape(client.send("/draft/teach", text=CRIME, intent="ask_case_update").text)
    assert "Kept as an example" in page
    kept = teaching.examples(app.extensions["places"])
    assert [(one.intent, one.text) for one in kept] == [("ask_case_update", CRIME.replace("07700900123", "0" * 11))]


def test_nothing_is_kept_without_a_choice_and_a_fault_is_said(client, app):
    before = teaching.examples(app.extensions["places"])
    client.send("/draft/teach", text="no choice made")
    assert "Not kept." in client.send("/draft/teach", text="12 34", intent="greet").text
    assert teaching.examples(app.extensions["places"]) == before
    assert client.get("/draft/teach").headers["Location"] == "/draft"


def test_danger_is_said_in_a_word_and_a_shape(client):
    page = client.send(text="My ex has a knife and has locked me in").text
    assert "<strong>Danger.</strong>" in page and "shape--danger" in page
    possible = unescape(client.send(text="I am scared of him, what can I do").text)
    assert "Danger can't be ruled out." in possible


def test_welsh_words_are_marked_as_welsh(client):
    page = client.send(text="Shwmae bawb").text
    assert '<textarea class="govuk-textarea words" id="reply" name="reply"' in page
    assert 'lang="cy" spellcheck' in page and '<ol class="sentences" lang="cy">' in page


def test_ones_own_words_are_checked(client):
    page = unescape(client.send("/draft/check", text=CRIME, reply="We will arrest him. Ring 0800 111 222.").text)
    assert "to mend before it goes" in page and "0800 111 222" in page and "Take these words out" in page
    assert "Back to the draft" in page


def test_a_finding_is_mended_on_the_server(client):
    page = client.send("/draft/check", text=CRIME, reply="Ring 0800 111 222 or 101.")
    number = page.text.split('name="mend" value="')[1].split('"')[0]
    mended = client.send("/draft/check", text=CRIME, reply="Ring 0800 111 222 or 101.", mend=number).text
    assert ">Ring or 101.</textarea>" in mended


@pytest.mark.parametrize("mend", ["", "-1", "99", "x", "²"])
def test_a_mend_that_is_no_finding_changes_nothing(client, mend):
    page = client.send("/draft/check", text=CRIME, reply="Ring 101.", mend=mend)
    assert page.status_code == 200 and ">Ring 101.</textarea>" in page.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": " \n "}, "Paste the message"),
        ({"text": "x", "office": ""}, "Choose the office"),
        ({"text": "x", "office": "atlantis"}, "Choose an office from the list"),
        ({"text": "x", "channel": "pigeon"}, "Choose a channel from the list"),
        ({"text": "x", "intent": "sing"}, "Choose a reading from the list"),
        ({"text": "x", "day": "31/31/2026"}, "Give the date"),
        ({"text": "x", "day": "0001-01-01"}, "Give the date"),
        ({"text": "x", "time": "25:99"}, "Give the time"),
    ],
)
def test_a_fault_in_the_form_is_said_and_the_words_are_kept(client, wrong, said):
    response = client.send(**{"thread": "kept words", **wrong})
    assert response.status_code == 400
    assert "There is a problem" in response.text and said in response.text and "kept words" in response.text


def test_while_the_model_loads_the_words_are_kept(client, app):
    app.extensions["engine"].now = "starting"
    response = client.send(text=CRIME)
    assert response.status_code == 503
    assert "The model is loading" in response.text and CRIME in response.text and "Try again" in response.text


def test_without_an_engine_the_safety_words_are_ready(client, app):
    app.extensions["engine"].now = "down"
    response = client.send(text=CRIME)
    assert response.status_code == 503
    assert "Read it yourself now." in response.text and CRIME in response.text and "999" in response.text


def test_ones_own_words_and_choice_outlive_a_fault(client, app):
    for state, text in (("down", CRIME), ("ready", "")):
        app.extensions["engine"].now = state
        page = client.send("/draft/check", text=text, reply="My own words.", intent="request_foi").text
        assert 'action="/draft/check"' in page
        assert 'name="reply" value="My own words."' in page and 'name="intent" value="request_foi"' in page


def test_no_message_text_reaches_a_log(client, app, caplog):
    app.extensions["engine"].now = "down"
    client.send(text="CANARY-7731")
    app.extensions["engine"].now = "ready"
    client.send(text="CANARY-7731")
    assert "CANARY" not in caplog.text


@pytest.mark.parametrize(
    ("state", "code", "worker"), [("ready", 200, "ok"), ("starting", 503, "starting"), ("down", 503, "down")]
)
def test_health(client, app, state, code, worker):
    app.extensions["engine"].now = state
    response = client.get("/health")
    assert (response.status_code, response.json["worker"], response.json["waiting"]) == (code, worker, 0)


@pytest.mark.parametrize("office", OFFICES)
def test_the_preview_shows_every_kind_of_message_in_a_light_page(client, app, office):
    for query in ("", "&channel=all&language=all", "&channel=email&language=all", "&channel=all&family=engagement"):
        response = client.get(f"/preview?office={office}&at=2026-11-20T09:40{query}")
        assert response.status_code == 200 and len(response.data) <= 300_000, query
    page = client.get(f"/preview?office={office}").text
    for intent in app.extensions["packs"].intents:
        assert f'id="{intent}"' in page


def test_the_preview_shows_both_hours_and_both_languages(client):
    page = client.get("/preview?office=north-wales-opcc&channel=facebook-dm&language=all").text
    assert "out of hours" in page and "in hours" in page
    assert 'class="variant__words" lang="cy"' in page and 'class="variant__words" lang="en"' in page


@pytest.mark.parametrize(
    "query",
    [
        "office=atlantis",
        "at=yesterday",
        "channel=pigeon",
        "family=x",
        "at=2026-13-45T00:00",
        "at=0001-01-01",
        "at=9999-12-31",
    ],
)
def test_the_preview_says_what_is_wrong_with_its_address(client, query):
    response = client.get(f"/preview?{query}")
    assert response.status_code == 400 and "There is a problem" in response.text


def test_the_preview_on_disk_needs_nothing_else(app, tmp_path):
    packs = load_packs(PACKS)
    files = write_preview(packs, "north-wales-opcc", NOW, tmp_path / "out")
    assert {file.stem for file in files} == {"index", "responder", *packs.channels}
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert file.stat().st_size <= 300_000
        assert "http://" not in text.replace("http://www.w3.org", "") and 'src="' not in text and 'href="/' not in text


@pytest.mark.parametrize(("path", "code"), [("/nowhere", 404), ("/draft/check/x", 404)])
def test_an_unknown_page_says_so(client, path, code):
    assert client.get(path).status_code == code
