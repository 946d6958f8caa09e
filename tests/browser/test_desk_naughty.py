"""Strings that break programs, stored as everything that people type and shown on every page of the desk: none runs."""

from __future__ import annotations

import re
from itertools import groupby
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from desk_support import packs
from naughty import STRINGS

from responder.console.access import OPEN, needed
from responder.desk import decisions, intake, states
from responder.desk.inbox import FIRST_WORDS
from responder.desk.tables import message, outbox, reply

OFFICES = tuple(packs().offices)
CHANNELS = ("facebook-dm", "x-dm", "email")
IN_OUTBOX = 45  # for each office; the others were sent
IN_CONVERSATION = 16
NAME = "<img src=x onerror=window.__xss=1>"
WATCH = """(() => { window.__refused = []; document.addEventListener('securitypolicyviolation',
  (told) => window.__refused.push(told.violatedDirective + ' ' + told.blockedURI)); })()"""
FOREIGN = """[...document.querySelectorAll(`script:not([src]), iframe, object, embed, img, video, audio, math, marquee,
  base, template, style, main link, [onload], [onerror], [onfocus], [ontoggle], [onpointerover], [onmouseover],
  [style]`)].map(one => one.outerHTML.slice(0, 200))"""


def stored(text):
    """A text as the desk keeps it."""
    return text.replace("\x00", "\ufffd")


def shown(text):
    """A text as a page shows it: line ends are one character, control characters may be made visible."""
    return re.sub(r"[\x00-\x08\x0b-\x1f]", "\ufffd", re.sub(r" ?\r\n|\r", "\n", stored(text)))


def handle_of(text):
    """A sender's name made of a text."""
    return (text.replace("\x00", "") or "nul")[: intake.LONGEST_NAME]


@pytest.fixture(scope="module")
def placed(desk):
    """Every string as a message, its sender, a note, what a role was told, a warning and a reply.

    By office, channel and conversation: lists of (message's number, string).
    """
    desk.hire("naughty", NAME, "administrator")
    for office in OFFICES:
        desk.hire(office, f"{NAME} {office}", "administrator", (office,))
    places: dict[tuple[str, str, int], list[tuple[int, str]]] = {}
    for number, text in enumerate(STRINGS):
        office, channel = OFFICES[number % 5], CHANNELS[number // 5 % 3]
        place = (office, channel, number // 15 // IN_CONVERSATION)
        given = {
            "office": office,
            "channel": channel,
            "thread": str(place),
            "author": handle_of(text),
            "source": "demo",
        }
        places.setdefault(place, []).append((desk.message(text, read=number % 4 == 0, **given), text))
    acting = desk.acting("naughty")
    with desk.database.write() as connection:
        waiting = dict.fromkeys(OFFICES, 0)
        for (office, channel, _), found in places.items():
            last = found[-1][0]
            for id_, text in found:
                words = stored(text) if text.strip() else "nothing"
                decisions.add_note(connection, acting, last, words)
                decisions.escalate(connection, acting, last, "duty-officer", words)
                decisions.warn_of(connection, acting, last, words)
                waiting[office] += 1
                answered(connection, acting, id_, office, channel, stored(text), waiting[office] > IN_OUTBOX)
    return places


def answered(connection, acting, id_, office, channel, text, sent):
    """A reply that waits in the outbox or was sent, whatever the check would say to it."""
    values = {
        "message_id": id_, "number": 1, "state": states.SENT if sent else states.READY, "version": 1, "text": text,
        "drafted": "Something else.", "language": "en", "saw_message_id": 10**9, "salt": "s", "made_at": acting.now,
        "approved_at": acting.now,
    }  # fmt: skip
    made = connection.execute(sa.insert(reply).values(**values)).inserted_primary_key[0]
    row = {"reply_id": made, "message_id": id_, "office": office, "channel": channel, "text": text}
    times = {"sent_at": acting.now, "sent_by": acting.account.id} if sent else {}
    state = "sent" if sent else "waiting"
    connection.execute(sa.insert(outbox).values(**row, **times, state=state, approved_at=acting.now))
    now = states.ANSWERED if sent else states.APPROVED
    connection.execute(sa.update(message).where(message.c.id == id_).values(state=now))


@pytest.fixture
def page_of(desk, open_page):
    """Pages of somebody, which note what their policy refused."""

    def make(who):
        page = open_page(of=desk.served, account=desk.people[who])
        page.add_init_script(WATCH)
        return page

    return make


def visit(page, address):
    """Open an address, and make sure that nothing ran."""
    page.goto(address)
    nothing_ran(page)


def nothing_ran(page):
    """No script of a message ran or was refused, and no element of one is on the page."""
    found = page.evaluate(f"[typeof window.__xss, window.__refused, {FOREIGN}]")
    assert found == ["undefined", [], []], found


def texts(page, selector, of="textContent"):
    """The texts of elements, as `shown`."""
    return [shown(text) for text in page.locator(selector).evaluate_all(f"all => all.map(one => one.{of})")]


def test_there_are_enough_of_them():
    assert len(STRINGS) >= 300
    assert all(text == text.encode().decode() for text in STRINGS)


def test_conversations_notes_warnings_and_the_history(desk, placed, page_of):
    page = page_of("naughty")
    for found in placed.values():
        last, its_text = found[-1]
        visit(page, f"{desk.address}/messages/{last}")
        words = [shown(text) for _, text in found]
        cut = [text if len(text) <= 1200 else f"{text[:1200]} …" for text in words]
        assert texts(page, ".post--public .post__words") == cut[:-1]
        assert texts(page, "#said")[0].replace(" \n", "\n") == shown(its_text)
        assert set(texts(page, ".post--office .post__words")) <= {*cut}
        typed = [shown(text.strip() or "nothing") for _, text in found]
        for one in (texts(page, ".note__words")[: len(typed)], texts(page, ".note__words")[len(typed) :]):
            assert [text.strip() for text in one] == [text.strip() for text in typed]
        warned = page.locator(".notice", has_text="Know this about the sender")
        told = shown(warned.evaluate("one => one.textContent"))
        assert all(text in told for text in typed)
        assert shown(handle_of(its_text)) in texts(page, "h1")[0]
        assert NAME in page.locator(".history").evaluate("one => one.textContent")


def test_the_inbox_and_its_rows(desk, placed, page_of):
    page = page_of("naughty")
    for (office, channel), places in groupby(sorted(placed), key=lambda place: place[:2]):
        found = [one for place in places for one in placed[place]]
        expected = {f"m{id_}": first_words(text) for id_, text in found}
        query = urlencode({"view": "all", "office": office, "channel": channel})
        for path in ("/inbox", "/inbox/rows"):
            visit(page, f"{desk.address}{path}?{query}")
            ids = page.locator(".row").evaluate_all("all => all.map(one => one.id)")
            assert dict(zip(ids, texts(page, ".row__words"))) == expected


def first_words(text):
    text = stored(text)
    if not text[: FIRST_WORDS + 1].strip():
        return "(no words)"
    return shown(text[:FIRST_WORDS] + ("…" if len(text) > FIRST_WORDS else ""))


def test_the_outbox_and_replies(desk, placed, page_of):
    for office in OFFICES:
        page = page_of(office)
        visit(page, f"{desk.address}/outbox")
        found = [one for place, ones in placed.items() if place[0] == office for one in ones][:IN_OUTBOX]
        ids = page.locator("textarea").evaluate_all("all => all.map(one => one.id)")
        values = dict(zip(ids, texts(page, "textarea", "value")))
        assert values == {f"out-{id_}": shown(text) for id_, text in found}
        handles = [handle.strip() for handle in texts(page, ".outgoing h2 bdi")]
        assert sorted(handles) == sorted(shown(handle_of(text)).strip() for _, text in found)
        for id_, text in found[::9]:
            visit(page, f"{desk.address}/messages/{id_}")
            assert texts(page, "#reply", "value") == [shown(text)]
            page.goto(f"{desk.address}/messages/{id_}/text")
            assert page.evaluate("[typeof window.__xss, document.contentType]") == ["undefined", "text/plain"]


def test_words_that_were_searched_for(desk, placed, page_of):
    page = page_of("naughty")
    page.goto(f"{desk.address}/inbox")
    for text in STRINGS[::12]:
        asked = re.sub(r"[\x00\r\n]", "", text)[:200]
        page.locator("#words").evaluate("(one, words) => { one.value = words; }", asked)
        page.get_by_role("button", name="Search").click()
        nothing_ran(page)
        assert page.locator("#words").input_value() == asked.strip()
        if asked.strip():
            assert asked.strip() in page.locator(".found").evaluate("one => one.textContent")
            assert page.locator(".row").count() >= 1 or asked != text


def test_every_other_page_that_is_there(desk, placed, page_of):
    page = page_of("naughty")
    app = desk.app
    seen = 0
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.arguments or needed(app, rule.endpoint) in (None, OPEN):
            continue
        answer = page.request.get(f"{desk.address}{rule.rule}", max_redirects=0)
        if answer.status == 200 and "html" in answer.headers["content-type"]:
            visit(page, f"{desk.address}{rule.rule}")
            seen += 1
    assert seen >= 5


def test_a_lone_surrogate_that_is_typed_becomes_a_sign_that_can_be_kept(desk, page_of):
    page = page_of("naughty")
    page.goto(f"{desk.address}/messages/new")
    page.locator("#text").evaluate("one => { one.value = 'a\\ud83d b'; }")
    page.get_by_label("Office").select_option(OFFICES[0])
    page.get_by_role("button", name="Add to the inbox").click()
    assert texts(page, "#said") == ["a\ufffd b"]
