"""The desk's pages as a person without JavaScript meets them: every state, the whole way of a message, every fault."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from markupsafe import escape

sys.path.insert(0, str(Path(__file__).parent / "browser"))

import naughty
from console_support import PageClient, console
from decisions_support import FOI, KNIFE
from desk_filling import Person, ServedDesk, plain
from desk_support import packs

from responder.console import desk_words, message_page
from responder.desk import accounts, decisions, inbox, tables
from responder.desk import database as databases
from responder.desk.audit import COMMAND_LINE

OFFICES = sorted(packs().offices)
QUIET = "leicestershire-opcc"  # an office that only tests of the order of messages write to
END = "I want to end it all"
ABUSE = "You are all idiots"
DOUBT = "I am scared of him, hello"
NOBODY_KNOWS = "zzz"
OWN = "Hello, and thank you. Somebody here will look into it."
BLOCKED = "Please ring 0800 123 4567 or 101."
MARKUP = "<script>alert(1)</script>\"><img src=x onerror=alert(1)> {{7*7}} & 'x'"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def desk(app):
    """A desk with people and messages, which the tests of this file share."""
    return ServedDesk(app)


@pytest.fixture(autouse=True)
def a_new_day(app, desk):
    """The engine is ready, and nothing that a test did with the clock is left."""
    app.extensions["engine"].now = "ready"


@pytest.fixture
def moderator(desk):
    return desk.person("moderator")


def opened(desk, who, id_):
    return desk.person(who).go(f"/messages/{id_}")


# The states of a message


def test_a_message_to_answer_shows_its_draft_and_one_main_button(desk, moderator):
    id_ = desk.message("Someone nicked my van last night in Rhyl", office="north-wales-opcc", author="rhyl_lad")
    moderator.go(f"/messages/{id_}").says(
        "Draft reply", "No rule broken", "To answer", "You may approve this yourself."
    )
    assert moderator.heading == "Facebook message from rhyl_lad"
    assert {"Approve", "Check my words", "Keep for later"} <= moderator.buttons
    assert "999" in moderator.reply and "Crime report" in moderator.words


def test_danger_stands_above_everything(desk, moderator):
    moderator.go(f"/messages/{desk.message(KNIFE)}").says("Danger. Someone may be at risk now", "Emergency")
    assert moderator.page.all(cls="danger")
    assert "999" in moderator.reply.split(".")[0]


def test_danger_that_cannot_be_ruled_out_is_said_and_can_be_taken_back(desk, moderator):
    id_ = desk.message(DOUBT)
    moderator.go(f"/messages/{id_}").says("Danger can't be ruled out")
    moderator.press("Correct", danger="none").says_not("Danger can't be ruled out")
    assert moderator.banner == "Corrected: the draft follows."
    assert desk.row(id_)["rank"] == 3


@pytest.mark.parametrize("office", OFFICES)
def test_a_message_that_nobody_read_has_the_safety_words_ready(desk, moderator, office):
    id_ = desk.message("what time do you open", read=False, office=office)
    moderator.go(f"/messages/{id_}").says("Not read by the assistant yet: read it now", "Safety words", "Not read yet.")
    first = re.split(r"(?<=[.:!?])\s", moderator.reply)[0]
    assert "999" in first
    assert {"Approve"} <= moderator.buttons


def test_the_page_of_an_unread_message_says_what_its_reply_needs_and_how_to_do_without(desk, moderator):
    id_ = desk.message("what time do you open", read=False)
    moderator.go(f"/messages/{id_}").says("a reply must open with 999", "say under “Reads as” what the message is")
    refused = moderator.press("Approve", reply="We open at nine.")
    assert refused.status == 400 and desk.row(id_)["state"] == "open"
    moderator.go(f"/messages/{id_}").press("Correct", intent="ask_question", danger="none").says_not(
        "must open with 999"
    )
    trainee = opened(desk, "trainee", desk.message("what time do you close", read=False))
    trainee.says("a reply must open with 999").says_not("say under “Reads as”")


def test_somebody_who_may_not_assign_is_not_offered_to_take_a_message_from_a_colleague(desk):
    id_ = desk.message()
    desk.do(decisions.assign, "moderator", id_, desk.people["moderator"].id)
    offered = opened(desk, "trainee", id_).page.one("select", id="assignee").all("option")
    assert [plain(one.text) for one in offered] == [f"{desk.people['trainee'].full_name} (you)"]
    desk.do(decisions.assign, "trainee", id_, desk.people["trainee"].id)
    assert "Nobody" in [
        plain(one.text) for one in opened(desk, "trainee", id_).page.one("select", id="assignee").all("option")
    ]


def test_what_goes_to_a_person_says_so(desk, moderator):
    moderator.go(f"/messages/{desk.message(NOBODY_KNOWS)}").says("Nobody answers this from a template")
    assert "Write a note" in moderator.words


def test_where_the_policy_asks_for_no_reply_closing_is_the_main_thing(desk, moderator):
    id_ = desk.message(ABUSE, office=QUIET, channel="facebook-comment")
    moderator.go(f"/messages/{id_}").says("The policy says: no reply", "The policy asks for no reply")
    assert "Close without a reply" in moderator.buttons
    moderator.press("Close without a reply")
    assert desk.row(id_)["state"] == "closed"
    moderator.go(f"/messages/{id_}").says("Closed without a reply: Abuse")


def test_a_reply_can_be_written_where_the_policy_asks_for_none(desk, moderator):
    id_ = desk.message(ABUSE, office=QUIET, channel="facebook-comment")
    moderator.go(f"/messages/{id_}").press("Check my words", reply=BLOCKED).says("to mend before it goes")
    assert moderator.reply == BLOCKED


def test_waiting_for_approval_looks_as_each_role_needs_it(desk):
    id_ = desk.message(END)
    desk.ask("trainee", id_)
    trainee = opened(desk, "trainee", id_).says("Waits for approval", "It waits for an approver.")
    assert not {"Approve", "Ask for approval", "Send it back"} & trainee.buttons
    moderator = opened(desk, "moderator", id_).says("It waits for an approver.")
    assert "Send it back" in moderator.buttons and "Approve" not in moderator.buttons
    approver = opened(desk, "approver", id_).says("An approver must approve this.")
    assert {"Approve", "Send it back"} <= approver.buttons


def test_a_trainee_asks_whatever_the_rules_say(desk):
    id_ = desk.message()
    trainee = opened(desk, "trainee", id_).says("Somebody else approves what you write: ask for approval.")
    assert "Approve" not in trainee.buttons and "Correct" not in trainee.buttons
    trainee.press("Ask for approval")
    assert desk.states(id_) == ("awaiting", "asked")
    opened(desk, "trainee", id_).says("It waits for somebody else's approval.")


def test_two_approvers_are_counted(desk):
    desk.set_approvals("south-yorkshire-pcc", [{"approvers": 2, "why": "Two pairs of eyes."}])
    id_ = desk.message(office="south-yorkshire-pcc")
    moderator = opened(desk, "moderator", id_).says("Two people who did not write it must approve this.")
    assert "Approve" not in moderator.buttons
    opened(desk, "approver", id_).press("Approve").says("One more person must approve it before it goes.", "1 has.")
    opened(desk, "other", id_).press("Approve").says("It stands in the outbox")
    opened(desk, "moderator", id_).says("Approved by Ann Approver and Art Approver.")


def test_sent_back_stands_above_with_its_reason(desk):
    id_ = desk.message(END)
    desk.ask("moderator", id_)
    opened(desk, "approver", id_).press("Send it back", reason="Softer, please.")
    opened(desk, "moderator", id_).says("Ann Approver sent the reply back", "Softer, please.", "To answer")


def test_approved_then_sent_then_not_sent(desk, moderator):
    id_ = desk.message()
    moderator.go(f"/messages/{id_}").press("Approve", reply=OWN)
    assert moderator.banner.startswith("Approved. It stands in the outbox")
    moderator.says(
        "Approved reply", "Approved by Mo Moderator.", "What was changed in the draft", "Approved, to be sent"
    )
    assert moderator.reply == OWN
    moderator.press("Mark as sent").go(f"/messages/{id_}").says("Reply that was sent", "by Mo Moderator", "Answered")
    moderator.press("It was not sent after all").says("It stands in the outbox again.", "Approved reply")
    moderator.press("Take it back").says("it is a draft again", "Draft reply")
    assert moderator.reply == OWN


def test_a_message_that_was_answered_can_be_opened_again_and_answered_anew(desk, moderator):
    id_ = desk.message()
    desk.approve("moderator", id_, OWN)
    desk.sent("moderator", id_)
    moderator.go(f"/messages/{id_}").press("Open it again").says("Open again.", "To answer", "Draft reply", OWN)
    assert moderator.reply != OWN and "Mark as sent" not in moderator.buttons
    moderator.press("Approve", reply="A second answer, thank you.").press("Mark as sent")
    assert desk.outbox(id_) == [("sent", OWN), ("sent", "A second answer, thank you.")]


def test_a_reply_is_stale_when_a_new_message_came(desk, moderator):
    id_ = desk.message(author="twice")
    moderator.go(f"/messages/{id_}").press("Keep for later", reply=OWN)
    newer = desk.message("And one more thing", author="twice")
    before = moderator.html
    moderator.go(f"/messages/{id_}").says("A new message came after this reply was written", "And one more thing")
    assert f"/messages/{newer}" in moderator.html
    moderator.html = before
    moderator.press("Approve").says("Something new came in", "A new message has come in this conversation")
    assert moderator.status == 409 and moderator.reply == OWN
    moderator.press("Approve").says("It stands in the outbox")  # it has been looked at again
    later = desk.message("And another", author="twice")
    moderator.go("/outbox").says("A new message came since.")
    assert f"/messages/{later}" in moderator.html
    moderator.go(f"/messages/{id_}").says("A new message came after this reply was written").press("Mark as sent")
    assert desk.row(id_)["state"] == "answered"


def test_a_newer_message_of_the_conversation_is_pointed_at(desk, moderator):
    first = desk.message("One thing", author="chatty")
    second = desk.message("Another thing", author="chatty")
    moderator.go(f"/messages/{first}").says("A newer message came in this conversation").follow(
        "Open the newest message"
    )
    assert moderator.addresses[-1] == f"/messages/{second}"
    moderator.says("Conversation", "One thing", "2nd message this month")


def test_a_very_long_message_is_cut_with_the_way_to_all_of_it(desk, moderator):
    text = "word " * 6_000 + "the very last"
    id_ = desk.message(text)
    moderator.go(f"/messages/{id_}").says(f"The message has {len(text):,} characters; the first 20,000 are shown.")
    assert len(moderator.page.one(id="said").text) == message_page.SHOWN
    answer = moderator.client.get(moderator.page.all("a", href=f"/messages/{id_}/text")[0].attrs["href"])
    assert answer.text == text and answer.mimetype == "text/plain"
    assert desk.last(id_).action == "message.viewed"


def test_line_ends_of_other_systems_are_line_ends(desk, moderator):
    for read in (True, False):
        moderator.go(f"/messages/{desk.message('One' + chr(13) + chr(10) + 'two' + chr(13) + 'three', read=read)}")
        assert plain(moderator.page.one(id="said").text) == "One two three"


def test_a_welsh_message_is_answered_in_either_language(desk, moderator):
    id_ = desk.message("Shwmae bawb, sut mae cysylltu?", office="north-wales-opcc")
    moderator.go(f"/messages/{id_}").says("In Welsh")
    assert moderator.page.one(id="said").attrs["lang"] == "cy"
    assert moderator.page.one("textarea", id="reply").attrs["lang"] == "cy"
    welsh = moderator.reply
    moderator.follow("English")
    assert moderator.page.one("textarea", id="reply").attrs["lang"] == "en"
    assert moderator.reply != welsh
    english = moderator.reply
    moderator.press("Check my words")
    assert moderator.page.one("textarea", id="reply").attrs["lang"] == "en"
    moderator.press("Approve").says("It stands in the outbox")
    assert desk.reply(id_)["language"] == "en" and desk.reply(id_)["text"] == english


def test_an_english_message_can_be_answered_in_welsh(desk, moderator):
    id_ = desk.message("hello", office="north-wales-opcc")
    moderator.go(f"/messages/{id_}")
    english = moderator.reply
    moderator.follow("Cymraeg").says("A Welsh speaker has not approved these Welsh words yet.").says_not("In English")
    assert moderator.reply != english


def test_warnings_about_a_sender_stand_above_each_of_their_messages(desk, moderator):
    first = desk.message("One thing", author="known", thread="a")
    moderator.go(f"/messages/{first}").press("Keep the warning", warning="Shouts at staff.")
    assert moderator.banner == "The warning is kept."
    other = desk.message("Another thing", author="known", thread="b")
    opened(desk, "trainee", other).says("Know this about the sender", "Shouts at staff.", "Mo Moderator")
    moderator.go(f"/messages/{other}")
    end = next(b for b in moderator.buttons if b.startswith("End the warning of"))
    moderator.press(end).says_not("Know this about the sender")
    assert moderator.banner == "The warning is ended."


# Who sees what


def without_tokens(html):
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html)


def test_another_offices_message_is_as_if_it_were_not_there(app, desk):
    id_ = desk.message(office="north-wales-opcc")
    stranger = desk.somebody("administrator", "cleveland-opcc").client
    nowhere = without_tokens(stranger.get("/messages/987654").text)
    for address in (f"/messages/{id_}", f"/messages/{id_}/text"):
        answer = stranger.get(address)
        assert (answer.status_code, without_tokens(answer.text)) == (404, nowhere)
    for path in DECISIONS:
        assert stranger.change(f"/messages/{id_}/{path}", reply=OWN, note="x y", duty="d").status_code == 404
    assert "message.viewed" not in [line.action for line in desk.lines(id_)]


@pytest.mark.parametrize("number", ["0", "987654", "9" * 20, "9" * 400])
def test_an_unknown_message_is_not_found(moderator, number):
    for address in (f"/messages/{number}", f"/messages/{number}/text"):
        assert moderator.go(address).status == 404
        moderator.says("Page not found")
    assert moderator.client.change(f"/messages/{number}/keep", reply=OWN).status_code == 404


# The inbox


@pytest.fixture
def quiet(desk):
    """Somebody of an office where nothing waits any more."""
    desk.settle(QUIET)
    return desk.somebody("moderator", QUIET)


def test_an_empty_inbox_says_that_nothing_is_waiting(desk, quiet):
    quiet.go("/").says("Nothing is waiting", "New messages appear here by themselves.")
    assert quiet.heading == "Inbox" and "No danger waits" in quiet.html


def test_a_filter_that_fits_nothing_says_so_and_leads_back(quiet):
    quiet.go("/inbox?intent=request_foi&channel=email").says(
        "No message fits", "Filter: E-mail, Freedom of Information"
    )
    quiet.follow("Show everything to do")
    assert quiet.addresses[-1] == "/inbox"


@pytest.mark.parametrize(
    "nonsense", ["office=nowhere", "view=x", "flag=%00", "assignee=99999999999999999999", "after=1.2", "intent=%ff"]
)
def test_a_filter_that_makes_no_sense_is_left_out(moderator, nonsense):
    assert moderator.go(f"/inbox?{nonsense}").status == 200
    assert moderator.heading == "Inbox"
    assert moderator.client.get(f"/inbox/rows?{nonsense}&chosen=x").status_code == 200


def test_the_inbox_says_what_comes_first_and_why(desk, quiet):
    day = {"office": QUIET}
    age = desk.message("I want to complain", received_at=desk.now - timedelta(hours=26), channel="email", **day)
    unread = desk.message("what time", read=False, **day)
    doubt = desk.message(DOUBT, **day)
    danger = desk.message(KNIFE, **day)
    quiet.go("/inbox")
    rows = [(one.attrs["id"], plain(one.one(cls="row__why").text)) for one in quiet.page.all("li", cls="row")]
    assert rows == [
        (f"m{danger}", "Danger now"),
        (f"m{unread}", "Not read by the assistant yet: read it now"),
        (f"m{doubt}", "Danger can't be ruled out"),
        (f"m{age}", "Waits for 26 h"),
    ]
    bar = plain(quiet.page.one(id="bar").text)
    assert "1 may be in danger now" in bar and "1 not read yet" in bar
    quiet.follow("1 may be in danger now")
    assert [one.attrs["id"] for one in quiet.page.all("li", cls="row")] == [f"m{danger}"]
    assert "Inbox 4" in quiet.html


def test_filters_combine_and_are_carried_to_the_message_and_back(desk, quiet):
    wanted = desk.message(FOI, office=QUIET, channel="email")
    desk.message(FOI, office=QUIET)
    quiet.go("/inbox").press("Show", channel="email", intent="request_foi")
    quiet.says("Filter: E-mail, Freedom of Information request")
    rows = quiet.page.all("li", cls="row")
    assert [one.attrs["id"] for one in rows] == [f"m{wanted}"]
    quiet.go(rows[0].one("a").attrs["href"])
    assert "channel=email" in quiet.addresses[-1] and len(quiet.page.all("li", cls="row")) == 1
    quiet.follow("Back to the inbox")
    assert "intent=request_foi" in quiet.addresses[-1]


def test_a_long_inbox_goes_on_over_the_page(desk, quiet):
    ids = [desk.message(f"hello {n}", office=QUIET) for n in range(inbox.PAGE + 3)]
    quiet.go("/inbox")
    seen = [one.attrs["id"] for one in quiet.page.all("li", cls="row")]
    quiet.follow(f"Next {inbox.PAGE}")
    seen += [one.attrs["id"] for one in quiet.page.all("li", cls="row")]
    assert seen == [f"m{id_}" for id_ in ids]


def test_search_finds_words_senders_and_numbers_and_never_stands_in_an_address(desk, quiet):
    found = desk.message("The Quixotic parade on Tuesday", office=QUIET, author="Zebedee.Smith")
    desk.message("Nothing of the kind", office=QUIET)
    for words in ("quixotic", "zebedee", str(found)):
        quiet.go("/inbox").press("Search", words=words).says(f"Found for “{words}”")
        assert f"m{found}" in [one.attrs["id"] for one in quiet.page.all("li", cls="row")]
    opened = quiet.page.one("li", id=f"m{found}").one("a").attrs["href"]
    assert "Found for" in quiet.go(opened).html
    quiet.go("/inbox?search=on").press("Search", words="nobody wrote this").says("No message fits")
    quiet.follow("Clear the search").says_not("Found for")
    assert not re.search("quixotic|zebedee", " ".join(quiet.addresses), re.I)


def test_search_within_a_view_stays_in_it(desk, quiet):
    id_ = desk.message("A singular pigeon", office=QUIET)
    quiet.go("/inbox?view=open&channel=facebook-dm").press("Search", words="pigeon")
    assert [one.attrs["id"] for one in quiet.page.all("li", cls="row")] == [f"m{id_}"]
    assert "view=open" in quiet.addresses[-1] and "channel=facebook-dm" in quiet.addresses[-1]
    quiet.press("Search", words="").says_not("Found for")


@pytest.mark.parametrize("words", ["100%", "a_b", "\\", "'; DROP TABLE message; --", MARKUP, "\x00\x01", "🚓" * 200])
def test_whatever_is_searched_for_is_only_searched_for(desk, quiet, words):
    desk.message("a plain message", office=QUIET)
    quiet.go("/inbox").press("Search", words=words)
    assert quiet.status == 200 and not quiet.page.all("li", cls="row")
    quiet.go("/inbox").says("a plain message")


def test_every_naughty_string_can_be_searched_for(desk, quiet):
    """Shown again in the field and above the list, in words alone; without the checks of a page, which take long."""
    quiet.go("/inbox")
    fetch, token = super(PageClient, quiet.client).open, quiet.client.token
    for text in naughty.STRINGS:
        asked = text.replace("\x00", "").strip()[: inbox.LONGEST_SEARCH]
        sent = fetch("/inbox/search", method="POST", data={"csrf_token": token, "words": text})
        assert sent.status_code == 302
        assert sent.headers["Location"] == ("/inbox?view=all&search=on" if asked else "/inbox")
        page = fetch(sent.headers["Location"])
        assert page.status_code == 200
        assert not asked or str(escape(f"Found for “{asked}”")) in page.text


def test_new_arrivals_are_counted_in_numbers_alone(desk, quiet):
    quiet.go("/inbox")
    last = quiet.page.one(id="rows").attrs["data-last"]
    desk.message("He has a knife, secretly", office=QUIET)
    desk.message("hello", office="cleveland-opcc")
    address = quiet.page.one(cls="pane").attrs["data-arrivals"]
    told = quiet.client.get(f"{address}?since={last}", headers={"Accept": "application/json"})
    assert told.json["new"] == 1 and told.json["danger"] == 1
    assert "secretly" not in told.text and "may be in danger now" in told.json["bar"]
    for nonsense in ("", "x", "9" * 30, "-1", "٣"):
        assert quiet.client.get(f"{address}?since={nonsense}").status_code == 200
    listed = quiet.client.get(quiet.page.one(cls="pane").attrs["data-list"]).text
    assert "secretly" in listed and "<html" not in listed


def test_first_words_say_where_they_are_cut(desk, quiet):
    desk.message("x" * inbox.FIRST_WORDS + "y", office=QUIET)
    desk.message("z" * inbox.FIRST_WORDS, office=QUIET)
    quiet.go("/inbox")
    assert {plain(one.text)[-1] for one in quiet.page.all(cls="row__words")} == {"…", "z"}


def test_words_can_be_hidden_in_the_list(desk, quiet):
    with desk.database.write() as connection:
        accounts.set_preferences(connection, COMMAND_LINE, quiet.client.account.id, {"blur": True}, desk.now)
    desk.message("The distressing part", office=QUIET)
    quiet.go("/inbox").says("Words hidden until opened").says_not("distressing")


# Going on


def test_after_sending_or_closing_the_next_message_is_opened(desk, quiet):
    first, second, third = (desk.message(f"hello {n}", office=QUIET) for n in range(3))
    quiet.go(f"/messages/{first}?channel=facebook-dm").press("Approve").press("Mark as sent")
    assert quiet.addresses[-1] == f"/messages/{second}?channel=facebook-dm"
    assert quiet.banner == f"Marked as sent. (Message {first}; open it again to undo that.)"
    quiet.press("Close without a reply", reason="not-for-us")
    assert quiet.addresses[-1] == f"/messages/{third}?channel=facebook-dm"
    quiet.press("Close without a reply", reason="not-for-us")
    assert quiet.addresses[-1] == "/inbox?channel=facebook-dm"
    assert quiet.banner.startswith("Closed without a reply.") and "No message fits" in quiet.words


def test_the_bar_says_what_waits(desk, quiet):
    approver = desk.somebody("approver", QUIET)
    asked = desk.message(END, office=QUIET)
    quiet.go(f"/messages/{asked}").press("Ask for approval")
    approver.go("/inbox")
    assert "1 for approval" in plain(approver.page.one(id="bar").text)
    approver.follow("1 for approval").says("Waits for approval")
    approver.go(f"/messages/{asked}").press("Approve")
    assert "Outbox 1" in approver.html and "for approval" not in plain(approver.page.one(id="bar").text)


@pytest.mark.parametrize("state, said", [("ready", "Assistant ok"), ("starting", "is loading"), ("down", "is down")])
def test_the_bar_says_how_the_assistant_is(app, moderator, state, said):
    app.extensions["engine"].now = state
    app.extensions["engine"].__dict__.pop("_watch", None)
    assert said in plain(moderator.go("/inbox").page.one(id="bar").text)
    app.extensions["engine"].__dict__.pop("_watch", None)


def test_a_hung_engine_holds_no_page_up(app, desk, moderator, monkeypatch):
    engine, released, answered = app.extensions["engine"], threading.Event(), []
    monkeypatch.setattr(engine, "ping", lambda: (released.wait(60), answered.append(True)))
    monkeypatch.setattr(engine, "read", None)
    engine.__dict__.pop("_watch", None)
    try:
        id_ = desk.message("is anybody there", read=False)
        moderator.go(f"/messages/{id_}").says("read it now", "Safety words")
        assert "999" in moderator.reply and moderator.go("/inbox").status == moderator.go("/outbox").status == 200
        assert answered == []
    finally:
        released.set()
        engine.__dict__.pop("_watch", None)


# The whole way of a message


def test_the_whole_way_without_scripts(app, desk, caplog):
    caplog.set_level(logging.DEBUG)
    marks = {
        "text": "Marigold wants to end it all", "author": "petunia.sender",
        "reply": "Hello, hyacinth. If you might come to harm now, call 999. Samaritans: 116 123.",
        "note": "A note of foxglove.", "needs": "Tell them of larkspur.", "warning": "Beware of the oleander.",
        "reason": "More of the snapdragon.", "words": "Closed for the primrose.", "search": "marigold",
    }  # fmt: skip
    ours = {"office": QUIET}
    writer = desk.somebody("moderator", QUIET)
    approver = desk.somebody("approver", QUIET)

    writer.go("/inbox").follow("Add a message").press(
        "Add to the inbox", text=marks["text"], channel="x-dm", author=marks["author"], **ours
    )
    assert writer.banner == "Added to the inbox."
    id_ = int(writer.addresses[-1].rsplit("/", 1)[1])
    desk.read(id_)
    here = f"/messages/{id_}"

    writer.go("/inbox").press("Search", words=marks["search"])
    writer.go(writer.page.one("li", id=f"m{id_}").one("a").attrs["href"])
    writer.press("Correct", intent="request_foi").says("chosen by staff", "Freedom of Information request")
    assert writer.banner == "Corrected: the draft follows."
    writer.press("Correct", intent="disclose_self_harm").says("ask for it")

    writer.press("Check my words", reply=marks["reply"] + " Or 0800 123 4567.").says("1 to mend before it goes")
    writer.press("Take these words out").says("No rule broken")
    assert writer.reply == marks["reply"] + " Or."
    writer.press("Keep for later", reply=marks["reply"])
    assert writer.banner == "Your words are kept." and writer.reply == marks["reply"]
    writer.press("Ask for approval")
    assert writer.banner.startswith("Asked for approval.")

    approver.go(here).press("Send it back", reason="").says("Write the reason.")
    assert approver.status == 400
    approver.press("Send it back", reason=marks["reason"])
    writer.go(here).says(marks["reason"]).press("Ask for approval", reply=marks["reply"] + " Take care.")
    approver.go(here).says("Take care.").press("Approve").says("Approved by N. Approver.")

    writer.go("/outbox").says("petunia.sender")
    assert writer.page.one("textarea", id=f"out-{id_}").text == marks["reply"] + " Take care."
    writer.press(f"Mark as sent: message {id_}")
    writer.go(here).says("Reply that was sent").press("It was not sent after all").press("Mark as sent")
    writer.go(here).press("Open it again").press("Close without a reply", reason="other").says("Say in your own words")
    assert writer.status == 400
    writer.press("Close without a reply", reason="other", words=marks["words"])
    writer.go(here).says("Closed without a reply: Another reason", marks["words"]).press("Open it again")

    writer.press("Tell them", role="safeguarding-lead", needs=marks["needs"]).says("With ", marks["needs"])
    writer.press("They have dealt with it").says("Noted as dealt with.", "settled")
    writer.press("Keep the note", note=marks["note"]).says("The note is kept.", marks["note"])
    writer.press("Give", assignee=str(writer.client.account.id)).says("Given.", "now with N. Moderator")
    writer.press("Give", assignee="").says("Nobody has it now.")
    duty = next(button for button in writer.buttons if button.startswith("Mark as done: "))
    writer.press(duty).says("Ticked off.", "done by N. Moderator")
    writer.press(duty.replace("Mark as done", "Not done after all")).says("Not done after all.").says_not("done by")
    writer.press("Keep the warning", warning=marks["warning"]).says("The warning is kept.")

    actions = {line.action for line in desk.lines(id_)}
    assert actions >= set(WAY), set(WAY) - actions
    history = plain(writer.go(here).page.one("ol", cls="history").text)
    assert not re.search(r"\w+\.\w+-?\w+ ", history.replace("N. ", "")), "an action without words"
    for step in (
        "came in",
        "said what it is",
        "sent the reply back",
        "marked it as sent",
        "told",
        "settled",
        "warning",
    ):
        assert step in history

    for where in (" ".join(writer.addresses + approver.addresses), caplog.text, desk.audited()):
        assert not [plant for plant in PLANTS if plant in where.lower()]


PLANTS = ("marigold", "petunia", "hyacinth", "foxglove", "larkspur", "oleander", "snapdragon", "primrose")
WAY = (
    "message.received", "message.assessed", "message.viewed", "message.corrected", "reply.written", "reply.changed",
    "reply.asked", "reply.sent-back", "reply.approved", "reply.sent", "reply.not-sent", "message.closed",
    "message.reopened", "message.escalated", "message.escalation-settled", "message.noted", "message.assigned",
    "duty.done", "duty.not-done", "contact.warning-kept",
)  # fmt: skip


def test_every_decision_that_is_logged_has_words_for_the_history(desk):
    source = "".join(one.read_text(encoding="utf-8") for one in Path(decisions.__file__).parent.glob("*.py"))
    logged = set(re.findall(r'"((?:message|reply|duty|contact)\.[a-z-]+)"', source))
    assert logged <= set(desk_words.ACTIONS), logged - set(desk_words.ACTIONS)


# Danger is not over when the reply has gone


@pytest.mark.parametrize("settle", ["sent", "closed"])
def test_danger_that_was_settled_stays_in_the_bar_until_what_staff_must_do_is_ticked_off(desk, settle):
    office = "north-wales-opcc"
    moderator, account = desk.somebody("manager", office), desk.people[f"new.{len(desk.people) - 1}"]
    desk.settle(office)
    id_ = desk.message(KNIFE, office=office)

    def bar():
        return plain(moderator.go("/inbox").page.one("section", id="bar").text)

    assert "1 may be in danger now" in bar()
    moderator.go(f"/messages/{id_}")
    if settle == "sent":
        moderator.press("Approve").go(f"/messages/{id_}").press("Mark as sent")
    else:
        moderator.press("Close without a reply", reason="other", words="Rang the control room; they know him.")
    assert "It isn't over yet" in moderator.banner and f"/messages/{id_}" in moderator.addresses[-1]
    assert "1 danger settled, not all done" in bar()
    moderator.follow("1 danger settled, not all done")
    assert f'href="/messages/{id_}' in moderator.html
    moderator.go(f"/messages/{id_}")
    for _ in range(20):
        left = [one for one in moderator.buttons if one.startswith("Mark as done")]
        if not left:
            break
        moderator.press(left[0])
    assert "not all done" not in bar() and desk.row(id_)["undone"] == 0
    moderator.go(f"/messages/{id_}").press(
        next(one for one in moderator.buttons if one.startswith("Not done after all"))
    )
    assert "1 danger settled, not all done" in bar()
    desk.now += timedelta(days=4)
    moderator = Person(desk.app.test_client(account=account))
    assert "not all done" not in bar()
    assert f'href="/messages/{id_}' in moderator.go("/inbox?view=undone").html


def test_what_is_not_danger_leaves_the_bar_when_it_is_settled(desk, moderator):
    id_ = desk.message(FOI)
    moderator.go(f"/messages/{id_}").press("Approve").go(f"/messages/{id_}").press("Mark as sent")
    assert desk.row(id_)["undone"] == 0 and "It isn't over" not in moderator.banner


def test_the_bar_does_not_say_that_no_danger_waits_while_something_is_not_read(desk):
    office = "south-yorkshire-pcc"
    person = desk.somebody("moderator", office)
    desk.settle(office)
    assert "No danger waits" in person.go("/inbox").html
    desk.message("what time do you open", read=False, office=office)
    assert "No danger known, not all is read" in person.go("/inbox").html


# Refused: what was typed stays


def test_a_reply_that_the_check_blocks_says_what_to_mend(desk, moderator):
    id_ = desk.message()
    moderator.go(f"/messages/{id_}").press("Approve", reply=BLOCKED)
    assert moderator.status == 400 and moderator.reply == BLOCKED
    moderator.says("There is a problem", "Mend this first:", "to mend before it goes")
    assert moderator.page.one(cls="govuk-error-summary").one("a").attrs["href"] == "#reply"
    assert "Error: " in moderator.page.one("title").text
    assert desk.states(id_) == ("open", None)


@pytest.mark.parametrize(
    "words, said", [("", "The reply is empty"), (" \n ", "The reply is empty"), ("x" * 50_001, "50,000")]
)
def test_a_reply_without_words_or_with_too_many_is_refused(desk, moderator, words, said):
    moderator.go(f"/messages/{desk.message()}").press("Keep for later", reply=words)
    assert moderator.status == 400 and moderator.reply == words
    moderator.says(said)


@pytest.mark.parametrize(
    "button, at, typed, said",
    [
        ("Keep the note", "note-words", {"note": " "}, "Write the note."),
        ("Keep the warning", "warning", {"warning": ""}, "Write the warning."),
        ("Tell them", "role", {"needs": "Look at this one"}, "Choose who should know from the list."),
        ("Tell them", "needs", {"role": "duty-officer"}, "Write what they need to know."),
        ("Close without a reply", "close-reason", {"words": "Nothing in it"}, "Choose why no reply is needed"),
        ("Close without a reply", "close-words", {"reason": "other"}, "Say in your own words"),
        ("Correct", "intent", {}, "Choose what the message is."),
    ],
)
def test_a_form_without_what_it_needs_says_where(desk, moderator, button, at, typed, said):
    moderator.go(f"/messages/{desk.message()}").press(button, **typed)
    assert moderator.status == 400
    moderator.says("There is a problem", said)
    assert moderator.page.one(cls="govuk-error-summary").one("a").attrs["href"] == f"#{at}"
    field = moderator.page.one(id=at)
    folded = field.within("details")
    assert folded is None or "open" in folded.attrs
    assert all(value in moderator.html for value in typed.values())


def test_two_who_write_at_once_see_each_others_words(desk):
    id_ = desk.message()
    one, two = opened(desk, "moderator", id_), opened(desk, "second", id_)
    one.press("Keep for later", reply="Hello from the first, thank you.")
    two.press("Keep for later", reply="Hello from the second, thank you.")
    assert two.status == 409 and two.reply == "Hello from the second, thank you."
    two.says("Somebody was quicker", "Mo Moderator changed this reply", "Hello from the first, thank you.")
    two.press("Keep for later").says("Your words are kept.")
    assert desk.reply(id_)["text"] == "Hello from the second, thank you."


@pytest.mark.parametrize("what", ["approved", "sent", "closed", "corrected", "sent back", "read"])
def test_whoever_was_slower_keeps_their_words_and_learns_who_was_quicker(desk, what):
    id_ = desk.message(END, read=what != "read", author=f"sender.of.{what}")
    slow = opened(desk, "approver", id_)
    typed = "My own slow words, thank you."
    if what in ("approved", "sent"):
        desk.approve("other", id_)
    if what == "sent":
        desk.sent("other", id_)
    if what == "closed":
        desk.do(decisions.close, "other", id_, "not-for-us")
    if what == "corrected":
        desk.do(decisions.correct, "other", id_, "request_foi")
    if what == "sent back":
        desk.ask("moderator", id_)
        slow.go(f"/messages/{id_}")
        opened(desk, "other", id_).press("Send it back", reason="Softer, please.")
    if what == "read":
        desk.read(id_)
    slow.press("Approve", reply=typed)
    assert slow.status == 409
    slow.says("Somebody was quicker", "The assistant" if what == "read" else "Art Approver", typed)


DECISIONS = (
    "keep", "ask", "approve", "send-back", "take-back", "sent", "not-sent", "fresh-draft", "correct", "assign", "note",
    "escalate", "settle", "tick", "close", "reopen", "warn", "end-warning", "check",
)  # fmt: skip


@pytest.mark.parametrize("state", ["open", "unread", "awaiting", "approved", "answered", "closed"])
def test_every_form_sent_too_late_or_by_nonsense_is_answered_in_words(desk, moderator, state):
    for path in DECISIONS:
        id_ = desk.message(END, read=state != "unread")
        if state == "awaiting":
            desk.ask("trainee", id_)
        if state in ("approved", "answered"):
            desk.approve("approver", id_)
        if state == "answered":
            desk.sent("approver", id_)
        if state == "closed":
            desk.do(decisions.close, "moderator", id_, "not-for-us")
        typed = {
            "reply": "My very own words", "note": "A note of mine", "needs": "What they need",
            "words": "Why I closed it", "warning": "Mind the dog", "reason": "Not like this",
        }  # fmt: skip
        answer = moderator.client.change(
            f"/messages/{id_}/{path}", **typed, version="7", saw="9" * 15, duty="x", warning_id="x", intent="", role="x"
        )
        assert answer.status_code in (200, 302, 400, 409), (path, answer.status_code)
        if answer.status_code in (400, 409):
            wanted = {"send-back": "reason", "escalate": "needs", "close": "words", "warn": "warning", "note": "note"}
            assert typed[wanted.get(path, "reply")] in answer.text, path
        else:
            assert moderator.go(f"/messages/{id_}").status == 200


def test_a_form_that_is_out_of_date_gives_the_words_back(moderator, desk):
    id_ = desk.message()
    answer = moderator.client.post(f"/messages/{id_}/keep", data={"reply": OWN, "csrf_token": "old"})
    assert answer.status_code == 403 and OWN in answer.text


def test_the_fresh_draft_takes_the_place_of_kept_words_only_when_asked(desk, moderator):
    id_ = desk.message()
    moderator.go(f"/messages/{id_}").press("Keep for later", reply=OWN)
    moderator.press("Correct", intent="request_foi").says("The draft has changed since these words were kept.")
    assert moderator.reply == OWN
    moderator.press("Start from the new draft")
    assert "Freedom of Information" in moderator.reply or moderator.reply != OWN
    assert desk.reply(id_)["text"] == OWN
    moderator.press("Keep for later")
    assert desk.reply(id_)["text"] == moderator.reply != OWN


# Adding a message by hand


def test_a_message_sent_twice_is_there_once(desk, moderator):
    moderator.go("/messages/new")
    form, typed = moderator.html, {"text": "Once is enough", "office": "cleveland-opcc", "author": "once"}
    moderator.press("Add to the inbox", **typed)
    first = moderator.addresses[-1]
    moderator.html = form
    moderator.press("Add to the inbox", **typed)
    assert moderator.addresses[-1] == first and moderator.banner == "It was in the inbox already."
    moderator.html = form  # back in the browser, and another message pasted over the first
    moderator.press("Add to the inbox", **{**typed, "text": "Another one"})
    assert moderator.addresses[-1] != first and moderator.banner == "Added to the inbox."
    texts = [one["text"] for one in desk.all(sa.select(tables.message.c.text))]
    assert texts.count("Once is enough") == texts.count("Another one") == 1


@pytest.mark.parametrize(
    "wrong, at",
    [
        ({"text": " "}, "text"),
        ({"office": ""}, "office"),
        ({"office": "north-wales-opcc"}, "office"),
        ({"channel": "telex"}, "channel"),
        ({"author": "a" * 201}, "author"),
        ({"day": "yesterday"}, "day"),
        ({"time": "25:00"}, "time"),
        ({"day": "2030-01-01"}, "day"),
        ({"key": ""}, "text"),
        ({"author": "nul\x00nul"}, "author"),
    ],
)
def test_a_message_with_a_fault_is_not_added_and_nothing_typed_is_lost(desk, wrong, at):
    person = desk.somebody("moderator", "cleveland-opcc", QUIET)
    before = len(desk.all(sa.select(tables.message.c.id)))
    typed = {"text": "What was typed", "office": QUIET, "author": "somebody", **wrong}
    person.go("/messages/new").press("Add to the inbox", **typed)
    assert person.status == 400
    assert person.page.one(cls="govuk-error-summary").one("a").attrs["href"] == f"#{at}"
    assert "Error: " in person.page.one("title").text
    assert person.page.one("textarea", id="text").text == typed["text"]
    assert person.page.one("input", id="author").attrs["value"].replace("\ufffd", "\x00") == typed["author"]
    assert len(desk.all(sa.select(tables.message.c.id))) == before


# Without a database


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A console whose database another program holds on to; `hold()` begins and `let_go()` ends it."""
    monkeypatch.setattr(databases, "WAIT_SECONDS", 0.05)
    made = console(tmp_path)
    desk = ServedDesk(made)
    holder = sa.create_engine(desk.database.engine.url, future=True).connect()
    yield desk, lambda: holder.exec_driver_sql("BEGIN EXCLUSIVE"), lambda: holder.rollback()
    holder.close()
    holder.engine.dispose()


def test_without_the_database_what_was_typed_is_given_back(broken):
    desk, hold, let_go = broken
    id_ = desk.message("hello")
    person = desk.person("moderator").go(f"/messages/{id_}")
    adding = desk.person("moderator").go("/messages/new")
    hold()
    person.press("Keep for later", reply=OWN + MARKUP).says("Nothing was stored: try again in a moment.")
    assert person.status == 503 and person.reply == OWN + MARKUP
    adding.press("Add to the inbox", text="A message that came by telephone", office="cleveland-opcc")
    assert adding.status == 503 and adding.heading == "The desk can't be used just now"
    assert adding.page.one("textarea").text == "A message that came by telephone"
    let_go()
    assert desk.states(id_) == ("open", None)
    person.press("Keep for later").says("Your words are kept.")


def test_what_is_there_can_be_read_while_nothing_can_be_stored(broken, caplog):
    desk, hold, let_go = broken
    id_ = desk.message("He has a knife and it is me")
    person = desk.person("moderator").go("/inbox")
    hold()
    person.go(f"/messages/{id_}").says("He has a knife and it is me", "Danger.")
    assert person.client.get(f"/messages/{id_}/text").text == "He has a knife and it is me"
    assert person.go("/messages/987654").status == 404
    assert f"opened message {id_}" in caplog.text and "knife" not in caplog.text
    let_go()


def test_no_page_breaks_when_the_database_cannot_be_reached(app, moderator, monkeypatch):
    def unavailable(self):
        raise databases.DeskUnavailable("The desk's database can't be used just now.")

    monkeypatch.setattr(databases.Database, "read", unavailable)
    monkeypatch.setattr(databases.Database, "write", unavailable)
    for address in ("/inbox", "/inbox/rows", "/messages/1", "/messages/1/text", "/messages/new", "/outbox"):
        assert moderator.go(address).status == 503
        moderator.says("act on it yourself")


# Escaped everywhere


def test_words_of_the_public_and_of_staff_are_words_on_every_page(desk, quiet):
    first = desk.message(MARKUP, office=QUIET, author=MARKUP)
    quiet.go(f"/messages/{first}").press("Keep the note", note=MARKUP)
    quiet.press("Keep the warning", warning=MARKUP)
    quiet.press("Tell them", role="duty-officer", needs=MARKUP)
    quiet.press("Approve", reply=MARKUP)
    page = quiet.page
    assert page.one("textarea", id="reply").text == MARKUP
    assert page.one(id="said").text == MARKUP
    assert [one.text for one in page.all(cls="note__words")] == [MARKUP, MARKUP]
    assert MARKUP in page.one("h1").text and MARKUP in page.one(cls="notice").text
    assert not page.one("main").all("img") and not page.one("main").all("script")
    assert quiet.go("/outbox").page.one("textarea", id=f"out-{first}").text == MARKUP
    quiet.go("/inbox?view=all").press("Search", words=MARKUP)
    assert MARKUP in quiet.page.one(cls="found").text
    assert quiet.page.one("input", id="words").attrs["value"] == MARKUP
    assert quiet.page.one("li", id=f"m{first}").one(cls="row__words").text == MARKUP
    assert not quiet.page.one("main").all("img")


def test_the_desk_needs_no_sign_in_twice_and_nobody_sees_it_without(app):
    out = app.test_client(account=None)
    for address in ("/inbox", "/messages/1", "/outbox", "/messages/new"):
        answer = out.get(address)
        assert answer.status_code == 302 and "/sign-in?next=" in answer.headers["Location"]
    assert out.get("/inbox/arrivals", headers={"Accept": "application/json"}).status_code == 401


def test_json_of_arrivals_is_json(moderator):
    assert json.loads(moderator.client.get("/inbox/arrivals").text).keys() == {"new", "danger", "bar"}
