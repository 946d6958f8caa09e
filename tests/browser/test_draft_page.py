"""/draft in a real browser: fill in, read, choose another reading, check, copy; without JavaScript; by keyboard."""

from __future__ import annotations

import pytest
from conftest import axe_findings, fill_in, sideways

CRIME = "Someone nicked my van last night in Rhyl, ring me on 07700900123"
SIZES = [(1280, 900), (400, 800), (320, 256)]  # wide, a phone, and 1280 x 1024 at 400 %
STATES = {
    "crime": {"text": CRIME},
    "danger": {"text": "My ex has a knife and has locked me in", "office": "cleveland-opcc"},
    "possible": {"text": "I am scared of him, hello", "office": "leicestershire-police", "channel": "whatsapp"},
    "no reply": {"text": "You are all idiots", "office": "leicestershire-opcc", "channel": "facebook-comment"},
    "a person": {"text": "zzz", "office": "south-yorkshire-pcc", "channel": "x-reply"},
    "Welsh": {"text": "Shwmae bawb"},
    "empty": {"text": ""},
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_used_by_everybody(ready, open_page, state, size):
    page = open_page(*size)
    fill_in(page, ready.address, **STATES[state])
    assert axe_findings(page) == []
    assert sideways(page) == 0


@pytest.mark.parametrize("engine", ["starting", "down"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_states_of_the_engine(ready, open_page, engine, size):
    page = open_page(*size)
    ready.app.extensions["engine"].now = engine
    fill_in(page, ready.address, CRIME)
    assert axe_findings(page) == [] and sideways(page) == 0
    assert page.get_by_label("Message", exact=True).input_value() == CRIME
    ready.app.extensions["engine"].now = "ready"
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("heading", name="Draft for North Wales").wait_for()


def test_choosing_another_reading_by_pointer_drafts_at_once(ready, open_page):
    page = open_page()
    fill_in(page, ready.address, CRIME)
    before = page.get_by_label("Reply, yours to edit").input_value()
    page.locator("#intent").dispatch_event("pointerdown")
    with page.expect_navigation():
        page.locator("#intent").select_option("request_foi")
    assert page.get_by_text("your choice").is_visible()
    assert page.get_by_label("Reply, yours to edit").input_value() != before


def test_choosing_by_keyboard_waits_for_the_button(ready, open_page):
    page = open_page()
    fill_in(page, ready.address, CRIME)
    page.locator("#intent").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(200)
    assert not page.get_by_text("your choice").is_visible()
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_text("your choice").is_visible()


def test_the_next_likely_reading_is_one_button(ready, open_page):
    page = open_page()
    fill_in(page, ready.address, CRIME)
    page.get_by_role("button", name="News of one's own case").click()
    assert page.locator(".reading__name").inner_text() == "News of one's own case"


def test_the_reply_is_copied_as_it_stands(ready, open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    fill_in(page, ready.address, CRIME)
    page.get_by_label("Reply, yours to edit").fill("My own words.")
    page.get_by_role("button", name="Copy the reply").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "My own words."


def test_pointing_at_a_sentence_lights_its_clause_and_back(ready, open_page):
    page = open_page()
    fill_in(page, ready.address, CRIME)
    page.locator("#sentence-1").hover()
    letters = page.locator("#sentence-1").get_attribute("data-letters").split()
    for letter in letters:
        assert "is-lit" in page.locator(f"#clause-{letter}").get_attribute("class")
    page.locator(f"#clause-{letters[0]}").hover()
    assert "is-lit" in page.locator("#sentence-1").get_attribute("class")


def test_the_check_follows_the_words_and_mends_them(ready, open_page):
    page = open_page()
    fill_in(page, ready.address, CRIME)
    page.get_by_label("Reply, yours to edit").fill("Ring 0800 111 222 or 101.")
    page.get_by_text("to mend before it goes").wait_for()
    assert axe_findings(page) == []
    page.get_by_role("button", name="Take these words out").first.click()
    assert page.get_by_label("Reply, yours to edit").input_value() == "Ring or 101."
    page.get_by_role("button", name="Back to the draft").click()
    page.get_by_text("No rule broken").wait_for()


def test_everything_works_without_scripts(ready, open_page):
    page = open_page(java_script_enabled=False)
    fill_in(page, ready.address, CRIME)
    assert not page.get_by_role("button", name="Copy the reply").is_visible()
    page.locator("#intent").select_option("request_foi")
    page.get_by_role("button", name="Redraft").click()
    assert page.get_by_text("your choice").is_visible()
    page.get_by_label("Reply, yours to edit").fill("We will arrest him.")
    page.get_by_role("button", name="Check my words").click()
    assert page.get_by_text("to mend before it goes").is_visible()
    page.locator("#sentence-1 .ref").first.click()
    assert "#clause-" in page.url and CRIME not in page.url


def test_the_keyboard_is_enough(ready, open_page):
    page = open_page()
    page.goto(f"{ready.address}/draft")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(CRIME)
    page.keyboard.press("Tab")
    page.keyboard.type("Clev")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "submit":
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Draft for Cleveland").wait_for()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.innerText"))
    assert {"reply", "Copy the reply", "Check my words", "Redraft", "Next message", "intent"} <= reached


def test_a_message_never_runs(ready, open_page):
    page = open_page()
    for text in (
        "<script>alert(1)</script>",
        "</textarea><img src=x onerror=alert(1)>",
        '"><svg onload=alert(1)>',
        "<iframe srcdoc='<script>alert(1)</script>'></iframe> nicked",
    ):
        fill_in(page, ready.address, text)
        assert page.locator("#said").inner_text() == text
        page.get_by_label("Reply, yours to edit").fill(text)
        page.get_by_role("button", name="Check my words").click()
        assert page.get_by_label("Reply, yours to edit").input_value() == text
