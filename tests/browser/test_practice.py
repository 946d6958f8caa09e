"""Practice in a real browser: a trainee's way, by keyboard, on a phone, without scripts, and for everybody."""

from __future__ import annotations

import re

import pytest
from conftest import Served, axe_findings, sideways
from console_support import account_for, console
from playwright.sync_api import expect
from practice_support import library

from responder.desk import accounts

OFFICE = "cleveland-opcc"
PLAYFUL, TWELVE = "national/blink-twice", "national/saturday-twelve"
MOST_BYTES = 300_000
GOOD = library().given[PLAYFUL].examples["good"]["bait"].reply
BAD = "*blinks twice* Ring 0800 123 4567."


@pytest.fixture(scope="module")
def practised(tmp_path_factory):
    """A console that can practise, served."""
    running = Served(console(tmp_path_factory.mktemp("home"), role="trainee"))
    yield running
    running.close()


@pytest.fixture
def page_of(practised, open_page):
    """Opens a page of somebody new, who is a trainee of Cleveland's office; `keys` off: without single keys."""

    def make(path="/practice", width=1280, height=900, keys=True, **options):
        account = account_for(practised.app, "trainee", (OFFICE,))
        if not keys:
            with practised.app.extensions["database"].write() as connection:
                chosen = {"single_keys": False, "blur": False}
                now = practised.app.extensions["clock"].now
                accounts.set_preferences(connection, account.actor, account.id, chosen, now)
        page = open_page(width, height, of=practised, account=account, **options)
        page.goto(f"{practised.address}{path}")
        return page

    return make


@pytest.fixture
def clock(practised):
    """The server's time, as it was afterwards."""
    held = practised.app.extensions["clock"]
    before = held.now
    yield held
    held.now = before


def press(page, name):
    """Press a button and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def see(page, intent="political_comment", urgency="Routine"):
    page.get_by_label("What is it?").select_option(intent)
    page.get_by_label(urgency, exact=True).check()
    press(page, "Continue")


def decide(page, what="Reply"):
    page.get_by_label(what, exact=True).check()
    press(page, "Continue")


def begin(page, scenario=PLAYFUL, timed=False, show=True):
    address = page.url.split("/practice")[0]
    page.goto(f"{address}/practice/{scenario}")
    if timed:
        page.get_by_label("Against the clock").check()
    press(page, "Begin")
    if show and page.get_by_role("button", name="Show the words").count():
        press(page, "Show the words")
    return page


def test_a_trainee_from_the_course_to_an_objection(page_of):
    page = page_of()
    expect(page.get_by_role("heading", level=1)).to_have_text("Practice")
    page.get_by_text("All 12 scenarios of Tone").click()
    page.get_by_role("link", name="Blink twice").click()
    press(page, "Begin")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    press(page, "Continue")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    page.get_by_role("link", name="Say what it is").click()
    expect(page.get_by_label("What is it?")).to_be_focused()
    page.get_by_label("Party politics").check()
    see(page, "ask_question")
    expect(page.get_by_role("heading", level=1)).to_have_text("What do you decide?")
    page.get_by_label("Hide it").check()
    decide(page)
    page.get_by_label("Your reply").fill(BAD)
    expect(page.get_by_text("1 to mend before it goes")).to_be_visible()  # by itself, as at the desk
    press(page, "Take these words out")
    expect(page.get_by_label("Your reply")).to_have_value("*blinks twice* Ring.")
    page.get_by_label("Your reply").fill(BAD)
    press(page, "Hand in")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Not yet")
    expect(page.get_by_text("What was tempting")).to_be_visible()
    expect(page.locator(".beside__drafted")).to_contain_text("This account doesn't take part in party politics")
    expect(page.locator(".sent-words--good")).to_have_text(GOOD)
    page.get_by_role("link", name=re.compile("Object to this mark.*You read it as “Question”")).click()
    page.get_by_label("Why is it wrong?").fill("It is put as a question.")
    press(page, "Send the objection")
    expect(page.locator(".said-done")).to_contain_text("Your objection is with the trainers of your office")
    expect(page.get_by_text("It is put as a question.")).to_be_visible()
    page.get_by_role("link", name="See the marks").click()
    press(page, "Try it again")
    see(page)
    decide(page)
    page.get_by_label("Your reply").fill(GOOD)
    press(page, "Hand in")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Passed")
    page.get_by_role("link", name="Back to the course").click()
    tone = page.locator(".module", has=page.get_by_role("heading", name="Tone"))
    expect(tone).to_contain_text("1 of 5")


def test_by_keyboard_alone(page_of):
    page = page_of(f"/practice/{PLAYFUL}")
    with page.expect_navigation():
        page.keyboard.press("Enter")  # from the heading: begin
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("3")
    expect(page.get_by_label("Routine")).to_be_checked()
    page.get_by_label("What is it?").focus()
    page.keyboard.type("Party")
    page.get_by_label("Routine").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What do you decide?")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What do you write?")
    page.keyboard.press("Enter")  # hands nothing in
    expect(page.get_by_label("Your reply")).to_be_focused()
    page.keyboard.type(f"{GOOD} 1, 2, c?")  # typed, not taken for keys
    expect(page.get_by_label("Your reply")).to_have_value(f"{GOOD} 1, 2, c?")
    page.keyboard.press("Shift+Tab")
    page.evaluate("document.activeElement.blur()")
    with page.expect_navigation():
        page.keyboard.press("c")
    expect(page.get_by_label("Your reply")).to_have_value(f"{GOOD} 1, 2, c?")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Hand in").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Passed")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_single_keys_can_be_switched_off(page_of):
    page = begin(page_of(keys=False))
    page.keyboard.press("3")
    page.keyboard.press("?")
    expect(page.get_by_label("Routine")).not_to_be_checked()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.locator(".key-number").count() == 0


def test_the_list_of_a_shift_by_keyboard(page_of):
    page = begin(page_of(), TWELVE)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Facebook comment from Val Notworthy")).to_be_visible()


def test_on_a_phone_the_main_button_stays_in_reach(page_of):
    page = begin(page_of(width=400, height=800))
    for go in (lambda: see(page), lambda: decide(page), lambda: None):
        main = page.locator("[data-main]")
        expect(main).to_be_in_viewport()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        assert sideways(page) == 0
        go()
    page.get_by_label("Your reply").fill(GOOD)
    press(page, "Hand in")
    mine, office = page.locator(".beside > div").all()
    assert office.bounding_box()["y"] > mine.bounding_box()["y"]  # one below the other
    page.set_viewport_size({"width": 1280, "height": 900})
    assert office.bounding_box()["y"] == mine.bounding_box()["y"]


def test_without_scripts(page_of):
    page = begin(page_of(java_script_enabled=False))
    see(page)
    decide(page)
    page.get_by_label("Your reply").fill(BAD)
    press(page, "Check my words")
    expect(page.get_by_text("1 to mend before it goes")).to_be_visible()
    press(page, "Take these words out")
    page.get_by_label("Your reply").fill(GOOD)
    press(page, "Back")
    press(page, "Continue")
    expect(page.get_by_label("Your reply")).to_have_value(GOOD)
    press(page, "Hand in")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Passed")


def test_the_clock_hands_in_what_is_typed(page_of, clock):
    page = page_of()
    page.clock.install()
    begin(page, TWELVE, timed=True)
    expect(page.get_by_text("36 min left")).to_be_visible()
    page.get_by_role("link", name="Sam S").click()
    see(page, "report_emergency", "Emergency")
    decide(page)
    page.get_by_label("Your reply").fill("Please call 999 now, while he's out.")
    page.clock.run_for(1_000)
    page.clock.fast_forward("34:30")
    page.clock.run_for(2_000)
    expect(page.get_by_text("1 min left")).to_be_visible()
    clock.forward(minutes=36)
    with page.expect_navigation():
        page.clock.fast_forward("02:00")
        page.clock.run_for(2_000)
    expect(page.locator(".said-done")).to_contain_text("The time ran out")
    part = page.locator("details.task", has=page.locator("summary", has_text="Sam S"))
    if part.get_attribute("open") is None:  # the worst stands open already
        part.locator("summary").first.click()
    expect(page.get_by_text("Please call 999 now, while he's out.", exact=True)).to_be_visible()


def test_the_next_message_of_a_shift_is_said_and_let_in(page_of, clock):
    page = page_of()
    page.clock.install()
    begin(page, TWELVE, timed=True)
    expect(page.locator("a.row__link")).to_have_count(9)
    expect(page.get_by_role("link", name="A new message. Show")).to_be_hidden()
    clock.forward(minutes=5)
    page.clock.fast_forward("05:01")
    page.get_by_role("link", name="A new message. Show").click()
    expect(page.locator("a.row__link")).to_have_count(10)


def test_hidden_words_are_neither_seen_nor_heard(page_of):
    page = begin(page_of(), "national/fifth-of-november", show=False)
    text = page.locator("main").inner_text()
    for task in library().given["national/fifth-of-november"].messages:
        assert task.text[:20] not in text
    expect(page.get_by_text(f"This is about {library().given['national/fifth-of-november'].distress}.")).to_be_visible()


def _see(page):
    begin(page)


def _decide(page):
    begin(page)
    see(page)


def _write(page):
    _decide(page)
    decide(page)


def _checked(page):
    _write(page)
    page.get_by_label("Your reply").fill(BAD)
    press(page, "Check my words")


def _handed(page, words=BAD):
    _write(page)
    page.get_by_label("Your reply").fill(words)
    press(page, "Hand in")


def _object(page):
    _handed(page)
    page.get_by_role("link", name="Object to this mark").first.click()


def _objected(page):
    _object(page)
    page.get_by_label("Why is it wrong?").fill("It is a question.")
    press(page, "Send the objection")


def _shift_marks(page):
    begin(page, TWELVE)
    page.get_by_text("Hand the shift in as it is").click()
    press(page, "Hand it in")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


STATES = {
    "the course": lambda page: page.evaluate("document.querySelectorAll('details').forEach((o) => { o.open = true; })"),
    "a start": lambda page: page.goto(page.url.replace("/practice", f"/practice/{TWELVE}")),
    "step one": _see,
    "step one, wrong": lambda page: (begin(page), press(page, "Continue")),
    "step two": _decide,
    "step three": _write,
    "step three, checked": _checked,
    "step three, no reply": lambda page: (_decide(page), decide(page, "No reply")),
    "passed": lambda page: _handed(page, GOOD),
    "not yet": _handed,
    "an objection": _object,
    "an objection, wrong": lambda page: (_object(page), press(page, "Send the objection")),
    "objections": _objected,
    "no objections": lambda page: page.goto(f"{page.url}/objections"),
    "a shift, hidden": lambda page: begin(page, TWELVE, show=False),
    "a shift": lambda page: begin(page, TWELVE, timed=True),
    "a pause": lambda page: (begin(page, TWELVE, timed=True), press(page, "Pause the clock")),
    "a message, hidden": lambda page: (
        begin(page, TWELVE, show=False), page.get_by_role("link", name="Sam S").click(),
    ),
    "a message of a shift": lambda page: (begin(page, TWELVE), page.get_by_role("link", name="Sam S").click()),
    "a shift's marks": _shift_marks,
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_for_everybody_at_every_width(page_of, state):
    page = page_of()
    STATES[state](page)
    page.wait_for_load_state("load")
    for width in (1280, 400, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert sideways(page) == 0, width
        assert axe_findings(page) == [], width


@pytest.mark.parametrize("state", ["the course", "step three, checked", "a shift's marks"])
def test_a_page_weighs_little(page_of, state):
    page = page_of()
    STATES[state](page)
    sizes = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) <= MOST_BYTES, sum(sizes)
