"""The desk in a real browser: a day's work, two people at once, new arrivals, the keyboard, no scripts, print."""

from __future__ import annotations

import itertools
import re

import pytest
from accounts_support import PASSWORD, cheap_passwords  # noqa: F401 (a fixture)
from conftest import axe_findings
from playwright.sync_api import expect

from responder.desk import accounts
from responder.desk.audit import COMMAND_LINE

OFFICE = "north-wales-opcc"
CRIME = "Someone nicked my van last night in Rhyl"
END = "I want to end it all"
OWN = "Hello, and thank you. Somebody here will look into it."
BLOCKED = " Or ring 0800 123 4567."
REPLY = "Reply, yours to edit"
CLIPBOARD = ["clipboard-read", "clipboard-write"]
_numbers = itertools.count(1)


@pytest.fixture
def quiet(desk):
    """The desk with nothing left to do."""
    for office in desk.app.extensions["packs"].offices:
        desk.settle(office)
    return desk


@pytest.fixture
def page_of(desk, open_page):
    """Opens pages of the desk: for somebody by name, at a path."""

    def make(who="moderator", path="/inbox", width=1440, height=950, **options):
        page = open_page(width, height, of=desk.served, account=desk.people[who], **options)
        page.goto(f"{desk.address}{path}")
        return page

    return make


def path_of(page):
    return re.sub(r"^https?://[^/]+", "", page.url)


def test_a_days_work(quiet, open_page, cheap_passwords):  # noqa: F811
    """Sign in, triage, read, correct, edit, check, mend, approve, copy, mark as sent, and see it in the history."""
    quiet.hire("worker", "Wyn Worker", "moderator", (OFFICE,))
    with quiet.database.write() as connection:
        accounts.set_password(connection, COMMAND_LINE, quiet.people["worker"].id, PASSWORD, quiet.now)
    quiet.message("hello", office=OFFICE)
    id_ = quiet.message(CRIME, office=OFFICE, author="rhyl_lad")

    page = open_page(1440, 950, of=quiet.served, account=None, permissions=CLIPBOARD)
    page.goto(f"{quiet.address}/inbox")
    page.get_by_label("Name").fill("worker")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    expect(page.get_by_role("link", name="Inbox 2")).to_be_visible()

    page.get_by_role("link", name=CRIME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Facebook message from rhyl_lad")
    page.get_by_label("It is …").select_option("request_foi")
    page.get_by_role("button", name="Correct").click()
    expect(page.get_by_text("chosen by staff")).to_be_visible()
    page.get_by_label("It is …").select_option("report_crime")
    page.get_by_role("button", name="Correct").click()
    expect(page.locator(".said-done")).to_have_text("Corrected: the draft follows.")

    reply = page.get_by_label(REPLY)
    draft = reply.input_value()
    expect(page.get_by_text("No rule broken")).to_be_visible()
    reply.fill(draft + BLOCKED)
    expect(page.get_by_text("1 to mend before it goes")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Mend this first")
    expect(page.get_by_label(REPLY)).to_have_value(draft + BLOCKED)
    page.get_by_role("button", name="Take these words out").click()
    expect(page.get_by_text("No rule broken")).to_be_visible()
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("heading", name="Approved reply")).to_be_visible()
    page.get_by_role("button", name="Copy the reply").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == draft + " Or ring."
    page.get_by_role("button", name="Mark as sent").click()
    expect(page.locator(".said-done")).to_contain_text("Marked as sent.")
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("rhyl_lad")  # the next one

    page.goto(f"{quiet.address}/messages/{id_}")
    expect(page.get_by_role("heading", name="Reply that was sent")).to_be_visible()
    page.locator(".panel", has_text="History").locator("summary").click()
    told = page.locator(".history").inner_text()
    for step in ("came in", "said what it is", "approved the reply", "Wyn Worker marked it as sent"):
        assert step in told
    page.get_by_text("What was changed in the draft").click()
    expect(page.locator(".diff ins")).to_contain_text("Or ring.")


def test_two_people_in_two_browsers_ask_send_back_and_approve(quiet, page_of):
    id_ = quiet.message(END)
    writer, approver = page_of("moderator", f"/messages/{id_}"), page_of("approver", "/inbox")
    assert writer.get_by_role("button", name="Approve").count() == 0
    writer.get_by_role("button", name="Ask for approval").click()
    expect(writer.locator(".said-done")).to_contain_text("Asked for approval.")

    approver.reload()
    approver.get_by_role("link", name="1 for approval").click()
    approver.get_by_role("link", name=END).click()
    approver.get_by_text("Send it back", exact=True).first.click()
    approver.get_by_label("What should be different?").fill("Say who will ring them.")
    approver.get_by_role("button", name="Send it back").click()
    expect(approver.locator(".said-done")).to_contain_text("Sent back with your reason.")

    writer.goto(f"{quiet.address}/messages/{id_}")
    expect(writer.get_by_text("Say who will ring them.")).to_be_visible()
    writer.get_by_label(REPLY).press("Control+End")
    writer.keyboard.type(" We will ring you.")
    writer.get_by_role("button", name="Ask for approval").click()
    approver.goto(f"{quiet.address}/messages/{id_}")
    expect(approver.get_by_label(REPLY)).to_have_value(re.compile("We will ring you."))
    approver.get_by_role("button", name="Approve").click()
    expect(approver.get_by_text("Approved by Ann Approver.")).to_be_visible()


def test_two_who_approve_at_once_send_once(quiet, page_of):
    id_ = quiet.message(END)
    quiet.ask("moderator", id_)
    pages = [page_of(who, f"/messages/{id_}") for who in ("approver", "other")]
    for page in pages:
        page.evaluate("setTimeout(() => document.querySelector('[data-key=a]').click(), 50)")
    for page in pages:
        page.locator("h2", has_text="Approved reply").wait_for()
    told = sorted(page.locator(".said-done, .govuk-error-summary").inner_text() for page in pages)
    assert told[0].startswith("Approved. It stands in the outbox")
    assert re.search("Somebody was quicker\n+(Ann|Art) Approver has already approved the reply", told[1])
    assert len(quiet.outbox(id_)) == 1 and len(quiet.approvers(id_)) == 1


def test_two_who_write_at_once_keep_both_their_words(quiet, page_of):
    id_ = quiet.message("hello")
    one, two = page_of("moderator", f"/messages/{id_}"), page_of("second", f"/messages/{id_}", 400, 800)
    for page, words in ((one, "Hello from the first."), (two, "Hello from the second.")):
        page.get_by_label(REPLY).fill(words)
        page.get_by_role("button", name="Keep for later").click()
    expect(two.get_by_role("alert")).to_contain_text("Mo Moderator changed this reply")
    expect(two.get_by_label(REPLY)).to_have_value("Hello from the second.")
    expect(two.locator(".diff")).to_have_text("Hello from the first.")
    assert axe_findings(two) == []


def test_new_messages_are_let_in_without_losing_ones_place(quiet, page_of):
    for number in range(30):
        quiet.message(f"hello {number}", office=OFFICE)
    page = page_of("moderator", height=500)
    page.clock.install()
    page.reload()
    tenth = page.locator(".row__link").nth(10)
    tenth.focus()
    tenth.evaluate("one => one.scrollIntoView({block: 'center'})")
    before = tenth.bounding_box()["y"]
    name = tenth.inner_text()
    assert not page.locator("#arrived").is_visible()
    quiet.message("He has a knife", office=OFFICE)
    page.clock.run_for(5100)
    banner = page.locator("#arrived")
    expect(banner).to_have_text("1 new message, 1 may be danger. Show")
    expect(page.locator("#bar")).to_contain_text("1 may be in danger now")
    assert page.locator(".row").count() == 30  # nothing moves until it is let in
    page.locator("#arrived-link").dispatch_event("click")
    expect(page.locator(".row")).to_have_count(31)
    expect(page.locator(".row").first).to_contain_text("He has a knife")
    assert page.evaluate("document.activeElement.innerText") == name
    assert abs(page.locator(".row__link").nth(11).bounding_box()["y"] - before) < 2
    assert not banner.is_visible()

    quiet.message("hello again", office=OFFICE)
    page.clock.run_for(5100)
    expect(banner).to_have_text("1 new message. Show")
    page.locator("#arrived-link").focus()
    page.keyboard.press("Enter")  # whoever asks for them by keyboard stands at the first of them
    expect(page.locator(".row")).to_have_count(32)
    assert "hello again" in page.evaluate("document.activeElement.innerText")


def test_the_list_beside_a_message_takes_new_messages_in_and_leaves_the_words_alone(quiet, page_of):
    id_ = quiet.message("hello")
    page = page_of("moderator", f"/messages/{id_}")
    page.clock.install()
    page.reload()
    page.get_by_label(REPLY).fill(OWN)
    quiet.message("hello again")
    page.clock.run_for(5100)
    page.locator("#arrived-link").click()
    expect(page.locator(".three__list .row")).to_have_count(2)
    expect(page.locator(".row--chosen")).to_contain_text("hello")
    expect(page.get_by_label(REPLY)).to_have_value(OWN)
    page.get_by_role("button", name="Keep for later").click()
    expect(page.locator(".said-done")).to_have_text("Your words are kept.")


def test_the_keyboard_is_enough_from_triage_to_sent(quiet, page_of):
    first, second = quiet.message(CRIME, office=OFFICE), quiet.message("hello", office=OFFICE)
    page = page_of()
    keys = page.keyboard
    keys.press("j")
    keys.press("j")
    keys.press("k")
    assert page.evaluate("document.activeElement.closest('.row').id") == f"m{first}"
    with page.expect_navigation():
        keys.press("Enter")
    assert path_of(page) == f"/messages/{first}"
    keys.press("e")
    expect(page.get_by_label(REPLY)).to_be_focused()
    keys.press("Control+End")
    keys.type(" Or ring 0800 123 4567.")
    expect(page.get_by_text("1 to mend before it goes")).to_be_visible()
    reached = []
    while "Take these words out" not in reached:
        keys.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText"))
        assert len(reached) < 5, reached
    with page.expect_navigation():
        keys.press("Enter")
    expect(page.get_by_text("No rule broken")).to_be_visible()
    with page.expect_navigation():
        keys.press("c")
    expect(page.get_by_text("No rule broken")).to_be_visible()
    with page.expect_navigation():
        keys.press("a")
    expect(page.get_by_role("heading", name="Approved reply")).to_be_visible()
    with page.expect_navigation():
        keys.press("a")
    expect(page.locator(".said-done")).to_contain_text("Marked as sent.")
    assert path_of(page) == f"/messages/{second}"
    assert quiet.states(first) == ("answered", "sent")
    with page.expect_navigation():
        keys.press("/")
    assert page.evaluate("document.activeElement.id") in ("words", "")
    page.goto(f"{quiet.address}/inbox")
    keys.press("/")
    expect(page.locator("#words")).to_be_focused()
    keys.type("jjj")  # letters in a field are letters
    expect(page.locator("#words")).to_have_value("jjj")


def test_an_approver_sends_back_by_keyboard_and_moves_on_in_the_list(quiet, page_of):
    first, second = quiet.message(END), quiet.message("hello")
    quiet.ask("moderator", first)
    page = page_of("approver", f"/messages/{first}")
    page.keyboard.press("r")
    expect(page.get_by_label("What should be different?")).to_be_focused()
    page.keyboard.type("Softer, please.")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert quiet.states(first) == ("open", "draft")
    page.goto(f"{quiet.address}/messages/{first}")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert path_of(page) == f"/messages/{second}"


def test_a_key_that_is_held_down_decides_once(quiet, page_of):
    id_ = quiet.message("hello")
    page = page_of("moderator", f"/messages/{id_}")
    with page.expect_navigation():
        page.keyboard.down("a")
    expect(page.get_by_role("heading", name="Approved reply")).to_be_visible()
    for _ in range(3):
        page.keyboard.down("a")
    page.keyboard.up("a")
    page.wait_for_timeout(150)
    assert quiet.states(id_) == ("approved", "ready")


def test_the_keys_are_told_and_can_be_switched_off(quiet, page_of):
    id_ = quiet.message("hello")
    page = page_of("moderator", f"/messages/{id_}")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    assert axe_findings(page) == []
    page.keyboard.press("a")  # nothing is decided behind it
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    page.get_by_role("button", name="Keys").click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).not_to_be_visible()
    assert quiet.states(id_) == ("open", None)

    with quiet.database.write() as connection:
        me = quiet.people["second"].id
        accounts.set_preferences(connection, COMMAND_LINE, me, {"single_keys": False}, quiet.now)
    page = page_of("second", f"/messages/{id_}")
    for key in ("a", "?", "e", "j"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    assert page.locator(".keys").count() == 0 and page.get_by_role("button", name="Keys").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert quiet.states(id_) == ("open", None)


def test_words_that_were_not_kept_ask_before_one_leaves(quiet, chromium):
    id_ = quiet.message("hello")
    context = chromium.new_context(locale="en-GB")
    quiet.served.sign_in(context, quiet.people["moderator"])
    page, asked = context.new_page(), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))

    def leave():
        asked.clear()
        page.get_by_role("link", name="Outbox").click()
        page.wait_for_timeout(150)
        return asked

    here = f"{quiet.address}/messages/{id_}"
    page.goto(here)
    page.get_by_label(REPLY).press("Control+End")
    page.keyboard.type(" More of it.")
    assert leave() == ["beforeunload"] and page.url == here
    page.get_by_role("button", name="Check my words").click()
    expect(page.get_by_label(REPLY)).to_have_value(re.compile("More of it"))
    page.mouse.click(5, 5)
    assert leave() == ["beforeunload"]  # checked is not kept
    page.get_by_text("Write a note").click()
    page.get_by_label("Note", exact=True).fill("A note that was not kept")
    asked.clear()
    page.get_by_role("button", name="Keep for later").click()
    page.wait_for_timeout(150)
    assert asked == ["beforeunload"]
    page.get_by_label("Note", exact=True).fill("")
    page.get_by_role("button", name="Keep for later").click()
    expect(page.locator(".said-done")).to_have_text("Your words are kept.")
    page.mouse.click(5, 5)
    assert leave() == [] and page.url == f"{quiet.address}/outbox"
    context.close()


def test_the_live_check_follows_words_where_there_was_no_draft(quiet, page_of):
    id_ = quiet.message("You are all idiots", office="cleveland-opcc", channel="facebook-comment")
    page = page_of("moderator", f"/messages/{id_}")
    page.get_by_text("Write a reply all the same").click()
    page.get_by_label(REPLY).fill(OWN + BLOCKED)
    expect(page.get_by_text("to mend before it goes")).to_be_visible()
    page.get_by_label(REPLY).fill("")
    expect(page.get_by_text("to mend before it goes")).not_to_be_visible()


def test_replies_are_copied_and_marked_as_sent_from_the_outbox(quiet, page_of):
    ids = [quiet.message(f"hello {number}") for number in range(2)]
    for number, id_ in enumerate(ids):
        quiet.approve("moderator", id_, f"{OWN} {number}")
    page = page_of("moderator", "/outbox", permissions=CLIPBOARD)
    page.locator(".panel").filter(has=page.locator(f"#out-{ids[1]}")).get_by_role("button", name="Copy").click()
    expect(page.locator(f"#copied-{ids[1]}")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{OWN} 1"
    page.get_by_role("button", name=re.compile(f"message {ids[1]}$")).click()
    expect(page.locator(".said-done")).to_contain_text("Marked as sent.")
    assert quiet.states(ids[1]) == ("answered", "sent")


def test_the_same_way_without_scripts(quiet, page_of):
    id_ = quiet.message("I want to end it all without a script")
    page = page_of("moderator", java_script_enabled=False)
    page.get_by_label("Search messages and senders").fill("without a script")
    page.get_by_role("button", name="Search").click()
    assert "script" not in path_of(page)
    page.get_by_role("link", name="without a script").click()
    reply = page.get_by_label(REPLY).input_value()
    page.get_by_label(REPLY).fill(reply + BLOCKED)
    page.get_by_role("button", name="Check my words").click()
    page.get_by_role("button", name="Take these words out").click()
    assert page.get_by_text("No rule broken").is_visible()
    page.get_by_role("button", name="Keep for later").click()
    page.get_by_text("Write a note").click()
    page.get_by_label("Note", exact=True).fill("Rang them.")
    page.get_by_role("button", name="Keep the note").click()
    assert page.locator(".said-done").inner_text() == "The note is kept."
    assert not page.get_by_role("button", name="Copy").is_visible()
    page.get_by_role("button", name="Ask for approval").click()

    other = page_of("approver", f"/messages/{id_}", java_script_enabled=False)
    other.get_by_role("button", name="Approve").click()
    assert other.get_by_text("Approved by Ann Approver.").is_visible()
    other.get_by_role("button", name="Mark as sent").click()
    assert quiet.states(id_) == ("answered", "sent")
    other.goto(f"{quiet.address}/messages/{id_}")
    other.locator(".panel", has_text="History").locator("summary").click()
    assert "marked it as sent" in other.locator(".history").inner_text()


def test_what_stands_folded_opens_from_an_address(quiet, page_of):
    id_ = quiet.message("hello")
    page = page_of("moderator", f"/messages/{id_}#note")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.goto(f"{quiet.address}/messages/{id_}#%22]1")
    assert page.get_by_role("heading", level=1).is_visible()


def test_what_a_role_needs_to_know_follows_the_choice(quiet, page_of):
    page = page_of("moderator", f"/messages/{quiet.message('hello')}")
    page.get_by_text("Tell somebody who must know").click()
    page.get_by_label("Who should know").select_option("media-officer")
    expect(page.locator("#needs-hint")).to_contain_text("which outlet")


def test_print_holds_no_controls(quiet, page_of):
    id_ = quiet.message("I'd like to make a freedom of information request")
    quiet.message("He has a knife")
    for path in ("/inbox", f"/messages/{id_}", "/outbox"):
        page = page_of("moderator", path)
        page.emulate_media(media="print")
        shown = page.locator("button, select, input, summary, nav, .topbar, .bar, .three__list").evaluate_all(
            "found => found.filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 100))"
        )
        assert shown == [], path
    page = page_of("moderator", f"/messages/{id_}")
    page.emulate_media(media="print")
    assert page.locator("#said").is_visible() and page.get_by_role("heading", name="Clauses").is_visible()
    assert page.get_by_role("heading", name="You must").is_visible()
