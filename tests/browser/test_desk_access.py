"""The desk can be used by everybody: every page and state at every width and zoom, by keyboard and by ear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import axe_findings, sideways
from desk_filling import plain, tree

from responder.desk import accounts, decisions, threads
from responder.desk.audit import COMMAND_LINE

WIDTHS = [(1440, 950), (400, 800), (320, 640)]
ZOOMS = [(720, 450), (360, 225)]  # 1440 x 900 at 200 % and 400 %
CRISIS = "I want to end it all"
PAGES = {
    "/inbox": "moderator",
    "/inbox?view=all&office=cleveland-opcc": "moderator",
    "/inbox?channel=linkedin-comment&flag=political": "moderator",
    "/outbox": "moderator",
    "/messages/new": "moderator",
}
STATES = {
    "to answer": "moderator",
    "danger": "moderator",
    "not read": "moderator",
    "not ruled out": "trainee",
    "a person": "moderator",
    "no reply": "moderator",
    "asked": "approver",
    "asked by oneself": "trainee",
    "sent back": "moderator",
    "approved": "moderator",
    "stale": "moderator",
    "sent": "moderator",
    "closed": "moderator",
    "long": "second",
    "Welsh": "moderator",
    "much about it": "moderator",
}
LONG_WORD = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 3


@pytest.fixture(scope="module")
def numbers(desk):
    """A message in each state, by its name."""
    own = f"Hello, and thank you. {LONG_WORD}"
    made = {
        "to answer": desk.message("Someone nicked my van in Rhyl, ring 07700900123", office="north-wales-opcc"),
        "danger": desk.message(f"He has a knife {LONG_WORD}", author="rhyl_lad" + "x" * 60),
        "not read": desk.message("what time do you open", read=False, channel="x-reply"),
        "not ruled out": desk.message("I am scared of him", office="leicestershire-police", channel="whatsapp"),
        "a person": desk.message("zzz", office="south-yorkshire-pcc", channel="email"),
        "no reply": desk.message("You are all idiots", office="leicestershire-opcc", channel="facebook-comment"),
        "asked": desk.message(CRISIS),
        "asked by oneself": desk.message(CRISIS),
        "sent back": desk.message(CRISIS),
        "approved": desk.message("hello"),
        "stale": desk.message("hello", author="again"),
        "sent": desk.message("hello"),
        "closed": desk.message("hello"),
        "long": desk.message("word " * 6_000),
        "Welsh": desk.message("Shwmae bawb, sut mae cysylltu?", office="north-wales-opcc", channel="x-dm"),
        "much about it": desk.message(
            "freedom of information", channel="email", received_at=desk.now - timedelta(days=20), author="busy"
        ),
    }
    desk.ask("moderator", made["asked"])
    desk.ask("trainee", made["asked by oneself"])
    desk.ask("moderator", made["sent back"])
    desk.do(decisions.send_back, "approver", made["sent back"], 1, f"Softer. {LONG_WORD}")
    desk.approve("moderator", made["approved"], own)
    desk.approve("moderator", made["stale"])
    desk.message("And one more thing", author="again")
    desk.approve("moderator", made["sent"], own)
    desk.sent("second", made["sent"])
    desk.do(decisions.close, "moderator", made["closed"], "not-for-us", "Wrong county.")
    busy = made["much about it"]
    desk.message("And one thing before", author="busy", channel="email")
    desk.do(decisions.warn_of, "moderator", busy, f"Shouts. {LONG_WORD}")
    desk.do(decisions.add_note, "second", busy, f"Rang her. {LONG_WORD}")
    desk.do(decisions.escalate, "moderator", busy, "foi-officer", f"Speed cameras. {LONG_WORD}")
    desk.do(decisions.assign, "moderator", busy, desk.people["second"].id)
    with desk.database.read() as connection:
        duty = decisions.duty_id(desk_line(connection, desk, busy)["staff_actions"][0])
    desk.do(decisions.tick, "moderator", busy, duty, True)
    with desk.database.write() as connection:
        accounts.set_preferences(connection, COMMAND_LINE, desk.people["second"].id, {"blur": True}, desk.now)
    return made


def desk_line(connection, desk, id_):
    row = threads.row_of(connection, desk.people["moderator"], id_)
    return threads.line_now(connection, desk.app.extensions["packs"], row, desk.now)


@pytest.fixture
def opened(desk, numbers, open_page):
    """Opens a state or a path as the one who meets it."""

    def make(what, width=1440, height=950, **options):
        who = STATES.get(what) or PAGES[what]
        page = open_page(width, height, of=desk.served, account=desk.people[who], **options)
        page.goto(f"{desk.address}{f'/messages/{numbers[what]}' if what in STATES else what}")
        return page

    return make


@pytest.mark.parametrize("what", [*PAGES, *STATES])
def test_every_state_at_every_width_and_zoom(opened, what):
    page = opened(what)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
    for width, height in (*WIDTHS, *ZOOMS):
        page.set_viewport_size({"width": width, "height": height})
        assert sideways(page) == 0, (width, cut(page))
        if (width, height) in WIDTHS:
            assert axe_findings(page) == [], width
        assert small(page) == [], width
    assert page.evaluate(HEADINGS) == []


@pytest.mark.parametrize("what", ["much about it", "/inbox"])
def test_every_state_folded_as_it_comes(opened, what):
    page = opened(what)
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        assert axe_findings(page) == [], width


ACTS = {
    "refused": ("to answer", "approve", {"reply": "Ring 0800 123 4567.", "saw": "9999"}, 400),
    "quicker": ("approved", "keep", {"reply": "My own words, which came too late.", "version": "1"}, 409),
    "a fold with a fault": ("much about it", "escalate", {"role": "", "needs": ""}, 400),
    "checked": ("to answer", "check", {"reply": "Ring 0800 123 4567 or 0800 765 4321, you idiot." + LONG_WORD}, 200),
}


@pytest.mark.parametrize("act", ACTS)
def test_pages_that_answer_a_form(desk, numbers, open_page, act):
    what, path, form, status = ACTS[act]
    page = open_page(of=desk.served, account=desk.people["moderator"])
    page.goto(f"{desk.address}/messages/{numbers[what]}")
    token = page.locator("input[name=csrf_token]").first.input_value()
    address = f"{desk.address}/messages/{numbers[what]}/{path}"
    values = {"csrf_token": token, **form}
    with page.expect_navigation() as gone:
        page.evaluate(SEND, [address, values])
    assert gone.value.status == status
    for width, height in (*WIDTHS, *ZOOMS):
        page.set_viewport_size({"width": width, "height": height})
        assert sideways(page) == 0, (width, cut(page))
        assert small(page) == [], width
        if (width, height) in WIDTHS:
            assert axe_findings(page) == [], width
    if status != 200:
        assert page.evaluate("document.activeElement.className") == "govuk-error-summary"


@pytest.mark.parametrize("engine", ["starting", "down"])
def test_the_bar_of_an_assistant_that_is_away(desk, opened, engine):
    desk.app.extensions["engine"].now = engine
    desk.app.extensions["engine"].__dict__.pop("_watch", None)
    try:
        page = opened("/inbox")
        for width, height in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            assert axe_findings(page) == [] and sideways(page) == 0
        assert {"starting": "loading", "down": "down: read messages yourself"}[engine] in page.locator(
            "#bar"
        ).inner_text()
    finally:
        desk.app.extensions["engine"].now = "ready"
        desk.app.extensions["engine"].__dict__.pop("_watch", None)


@pytest.mark.parametrize(
    "what", ["/inbox", "/outbox", "/messages/new", "to answer", "much about it", "approved", "asked"]
)
def test_the_focus_is_always_seen(opened, what):
    for width in (1440, 400):
        page = opened(what, width, 950)
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        page.keyboard.press("Tab")
        assert page.evaluate(UNSEEN) == []


def test_the_list_beside_a_message_can_be_skipped(opened):
    page = opened("to answer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # to the main part
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip the list of messages"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "said"


def test_what_is_seen_is_also_heard(desk, opened):
    page = opened("much about it")
    html = tree(page.content())
    assert html.one("html").attrs["lang"] == "en-GB"
    for one in html.one("main").all("svg"):
        assert one.attrs.get("aria-hidden") == "true"
    for one in html.all("button", cls="tick"):
        assert plain(one.text).startswith(("Mark as done: ", "Not done after all: "))
    assert {plain(one.text) for one in html.all("label")} >= {"It is …", "Danger", "Reply, yours to edit"}
    page = opened("Welsh")
    assert page.locator(".row--chosen .row__words").get_attribute("lang") == "cy"
    assert page.locator("#said").get_attribute("lang") == page.locator("#reply").get_attribute("lang") == "cy"


def cut(page):
    """What sticks out at the side."""
    return page.evaluate(
        """[...document.querySelectorAll('main *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 3).map(one => one.outerHTML.slice(0, 120))"""
    )


def small(page):
    """Targets of less than 24 by 24 pixels that do not stand in a sentence."""
    return page.evaluate(
        """[...document.querySelectorAll(`main button, main select, main input, main textarea,
            main summary, .bar a, .row__link, .ref, .who a, .who button, nav a`)]
        .filter(one => one.type !== 'hidden' && one.checkVisibility({visibilityProperty: true}))
        .map(one => [one, one.getBoundingClientRect()])
        .filter(([one, box]) => box.width < 24 || box.height < 23.5)
        .map(([one, box]) => `${box.width} x ${box.height}: ${one.outerHTML.slice(0, 120)}`)"""
    )


HEADINGS = """(() => {
  const found = [...document.querySelectorAll('h1, h2, h3, h4')].filter(one => one.checkVisibility());
  const levels = found.map(one => +one.tagName[1]);
  const wrong = (at) => at === 0 ? levels[0] !== 1 : levels[at] > levels[at - 1] + 1;
  return found.filter((one, at) => wrong(at)).map(one => one.textContent);
})()"""
SEND = """([address, values]) => {
  const form = Object.assign(document.createElement('form'), {method: 'post', action: address});
  for (const [name, value] of Object.entries(values)) {
    const field = Object.assign(document.createElement('textarea'), {name, value});
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""
UNSEEN = """(() => {
  const look = (one) => {
    const now = getComputedStyle(one);
    return [now.outlineStyle, now.outlineWidth, now.outlineColor, now.boxShadow];
  };
  const clear = (colour) => colour === 'transparent' || /^rgba.*, 0\\)$/.test(colour);
  const unseen = [];
  for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')) {
    if (one.type === 'hidden' || !one.checkVisibility()) continue;
    one.blur();
    const before = look(one);
    one.focus({preventScroll: true});
    if (document.activeElement !== one) continue;
    const [style, width, colour, shadow] = look(one);
    const outlined = style !== 'none' && parseFloat(width) >= 2 && !clear(colour);
    if (!outlined && !(shadow !== 'none' && shadow !== before[3])) unseen.push(one.outerHTML.slice(0, 120));
  }
  return unseen;
})()"""
