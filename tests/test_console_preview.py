"""The preview as of a moment, two offices side by side, and the check on one's own words."""

from __future__ import annotations

import re
import shutil
import sys
from datetime import datetime
from html import unescape
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import NOW, PACKS, console, sign_in_as
from drafting_support import the_packs

from responder.console import preview_asked, preview_compare, preview_moment
from responder.drafting import load_packs, preview
from responder.drafting.calendar import LONDON, is_out_of_hours

OFFICES = sorted(the_packs().offices)
HEAVIEST = 300_000


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"))


@pytest.fixture
def client(app):
    return app.test_client()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def said(office: str, moment: str) -> dict[str, tuple[str, str]]:
    return {one.name: (one.title, one.kind) for one in preview_moment.standing(the_packs(), office, at(moment))}


# As of a moment


@pytest.mark.parametrize(
    ("moment", "title", "kind"),
    [
        ("2026-11-20T11:40", "In office hours", "ok"),
        ("2026-11-20T09:59", "Out of hours: it is early", "advice"),
        ("2026-11-20T16:00", "Out of hours: it is late", "advice"),
        ("2026-11-21T11:40", "Out of hours: it is a Saturday", "advice"),
        ("2026-12-25T11:40", "Out of hours: it is a bank holiday", "advice"),
    ],
)
def test_it_is_said_whether_the_office_is_open(moment, title, kind):
    assert said("north-wales-opcc", moment)["Office hours"] == (title, kind)


@pytest.mark.parametrize(
    ("office", "moment", "name", "title"),
    [
        ("north-wales-opcc", "2024-06-10T12:00", "Election", "Pre-election period"),
        ("north-wales-opcc", "2024-07-05T12:00", "Election", "No pre-election period"),
        ("north-wales-opcc", "2021-03-16T12:00", "Review", "Review not yet due"),
        ("north-wales-opcc", "2021-03-17T12:00", "Review", "Review overdue"),
        ("cleveland-opcc", "2026-11-20T12:00", "Review", "No review date"),
        ("south-yorkshire-pcc", "2024-05-06T12:00", "Policy", "In force"),
        ("south-yorkshire-pcc", "2024-05-07T12:00", "Policy", "Superseded"),
        ("south-yorkshire-pcc", "2015-04-06T12:00", "Policy", "Not yet in force"),
    ],
)
def test_it_is_said_how_the_policy_stands(office, moment, name, title):
    assert said(office, moment)[name][0] == title


def test_where_no_pre_election_period_is_set_staff_read_where_it_is_entered(client):
    page = unescape(client.get("/preview?office=cleveland-opcc&at=2026-11-20T11:40").text)
    assert "Its dates go into offices/cleveland-opcc/office.yml, under pre_election." in page
    assert said("cleveland-opcc", "2026-11-20T11:40")["Election"] == ("No pre-election period", "advice")


def test_a_pre_election_period_to_come_is_named():
    kinds = {one.name: one for one in preview_moment.standing(the_packs(), "north-wales-opcc", at("2024-05-01T11:00"))}
    assert kinds["Election"].text == "The next is set from Saturday 25 May 2024 to Thursday 4 July 2024."
    assert kinds["Election"].kind == "ok"


def test_a_time_that_the_policy_does_not_give_is_said_to_be_ours(client):
    page = client.get("/preview?office=leicestershire-opcc&family=small_talk").text
    assert "The policy gives no closing time: an ordinary working day is taken." in page


@given(
    office=st.sampled_from(OFFICES),
    moment=st.datetimes(datetime(2016, 1, 1), datetime(2027, 12, 31)).map(lambda found: found.replace(tzinfo=LONDON)),
)
def test_both_hours_are_shown_for_the_chosen_day_where_it_has_both(office, moment):
    packs = the_packs()
    hours = packs.office(office).hours
    inside, outside = preview.times(packs, office, moment)
    assert not is_out_of_hours(hours, inside, packs.ordinary_hours)
    assert is_out_of_hours(hours, outside, packs.ordinary_hours)
    assert moment in (inside, outside)
    assert outside.date() == moment.date()
    if not is_out_of_hours(hours, moment.replace(hour=12, minute=moment.minute), packs.ordinary_hours):
        assert inside.date() == moment.date()


def test_a_pre_election_day_shows_what_was_otherwise_then(client):
    page = unescape(client.get("/preview?office=north-wales-opcc&at=2024-07-04T15:30").text)
    assert "Pre-election period" in page and "kinds of message are answered or handled otherwise today" in page
    entry = page.split('id="political_comment"')[1].split("</section>")[0]
    assert "Otherwise today" in entry and "What it says today" in entry
    assert '<mark class="marked' in entry and "not said today" in entry
    assert "not asked today" in entry


def test_a_day_like_today_says_so_and_today_says_nothing(client):
    assert "All of these read the same today." in client.get("/preview?office=cleveland-opcc&at=2026-11-19T12:00").text
    assert "Beside today" not in client.get("/preview?office=cleveland-opcc").text


def test_the_wording_of_the_chosen_hour_is_pointed_out(client):
    page = client.get("/preview?office=north-wales-opcc&channel=facebook-dm&family=rights&at=2026-11-21T11:00").text
    places = re.findall(r'<span class="variant__place">(.*?)</span>(?=<|$)', page)
    assert places
    for place in places:
        assert ("at this time" in place) == ("out of hours" in place)


def test_other_moments_are_one_step_away(client):
    page = unescape(client.get("/preview?office=north-wales-opcc&at=2026-11-21T11:00&family=rights").text)
    found = re.findall(r'href="(/preview\?[^"#]+)">([^<]+)</a>', page.split("See it")[1])
    names = [name for _, name in found]
    assert names == ["now", "in office hours", "in the pre-election period of 2024"]
    for address, _ in found:
        assert "family=rights" in address
        follow = client.get(address).text
        assert "In office hours" in follow
    superseded = client.get("/preview?office=south-yorkshire-pcc&family=rights").text
    assert "on the last day before the successor" in superseded


# Two offices


def test_two_offices_stand_side_by_side_with_what_only_one_has(client):
    page = unescape(client.get("/preview?office=cleveland-opcc&with=north-wales-opcc").text)
    assert "Replies of Cleveland PCC's office and North Wales PCC's office" in page
    entry = page.split('id="request_foi"')[1].split("</section>")[0]
    assert re.findall(r'<h3 class="pair__office">(.*?)</h3>', entry) == [
        "Cleveland PCC's office",
        "North Wales PCC's office",
    ]
    assert "North Wales PCC's office makes 1 point that the other doesn't." in entry
    assert entry.count("<mark") == 1 and "Both rest on" in entry and "Rests on, only here" in entry


def test_an_office_that_does_not_reply_is_told_from_one_that_does(tmp_path):
    packs = tmp_path / "offices"
    shutil.copytree(PACKS, packs)
    silent = """
        title: No answer to opinions
        duty: Opinions are read and not answered.
        kind: office_policy
        versions:
          2017-05-12: {reference: [{title: A policy}], handling: {give_feedback: no_reply}}
    """
    (packs / "cleveland-opcc" / "clauses" / "silent.yml").write_text(dedent(silent), encoding="utf-8")
    found = _pairs("leicestershire-police", "cleveland-opcc", load_packs(packs))
    summaries = {pair.intent.name: pair.summary for pair in found}
    assert summaries["give_feedback"] == "Leicestershire Police: replies. Cleveland PCC's office: doesn't reply."
    assert summaries["abuse"] == "Neither replies." and summaries["threaten"] == "In both a person answers."


@pytest.mark.parametrize("other", [office for office in OFFICES if office != "north-wales-opcc"])
def test_what_both_have_and_what_one_has_is_everything(other):
    packs = the_packs()
    rows = {
        office: preview.replies(packs, office, NOW, channels=["facebook-dm", "x-reply"], languages=["en"])
        for office in ("north-wales-opcc", other)
    }
    for pair in _pairs("north-wales-opcc", other):
        shared = {card.id for card in pair.shared}
        for side in pair.sides:
            only = {card.id for card in side.only}
            cited = {
                id_
                for row in rows[side.office.id]
                if row.intent == pair.intent.name and not row.out_of_hours
                for part in row.draft.parts
                for id_ in part.clauses
            }
            assert shared | only == cited and not shared & only
    assert all(pair.summary for pair in _pairs("north-wales-opcc", other))


def test_one_office_beside_itself_would_be_the_same(client):
    response = client.get("/preview?office=cleveland-opcc&with=cleveland-opcc")
    assert response.status_code == 400 and "Choose another office than the one that you compare" in response.text
    for pair in _pairs("cleveland-opcc", "cleveland-opcc"):
        assert not any(side.only or side.points for side in pair.sides)


@pytest.mark.parametrize("office", OFFICES)
def test_comparisons_are_light_pages(client, office):
    for other in OFFICES:
        for query in ("", "&language=all", "&channel=all&language=all&family=rights", "&at=2024-06-10T22:00"):
            if other != office:
                response = client.get(f"/preview?office={office}&with={other}{query}")
                assert response.status_code == 200 and len(response.data) <= HEAVIEST, (other, query)


def test_past_pages_are_light(client):
    for office in OFFICES:
        page = client.get(f"/preview?office={office}&language=all&at=2016-06-10T22:00")
        assert len(page.data) <= HEAVIEST


@pytest.mark.parametrize(
    ("query", "field"), [("with=atlantis", "with"), ("office=x", "office"), ("at=soon", "at"), ("channel=x", "channel")]
)
def test_a_fault_stands_beside_its_field(client, query, field):
    response = client.get(f"/preview?{query}")
    assert response.status_code == 400
    assert f'id="{field}-error"' in response.text and f'href="#{field}"' in response.text


def test_the_readers_own_office_comes_first(app):
    client = sign_in_as(app, "trainee", offices=["south-yorkshire-pcc"])
    assert "Replies of South Yorkshire" in client.get("/preview").text


# One's own words


def check(client, **form):
    client.get("/preview/check")
    given = {"office": "north-wales-opcc", "intent": "report_crime", "channel": "facebook-dm", "at": "2026-11-20T11:40"}
    return client.post("/preview/check", data={"csrf_token": client.token, **given, **form})


def test_each_reply_leads_to_a_check_on_ones_own_words(client):
    page = unescape(client.get("/preview?office=cleveland-opcc&channel=x-reply&at=2024-06-10T22:00").text)
    address = re.search(r'href="(/preview/check\?[^"]+intent=request_foi[^"]*)"', page).group(1)
    words = unescape(client.get(address).text)
    assert "Your own words: Freedom of Information request" in words and "X reply, public" in words
    assert "Monday 10 June 2024, 22:00" in words


@pytest.mark.parametrize("office", OFFICES)
def test_the_words_begin_as_the_offices_own_and_keep_its_policy(client, office):
    for intent in the_packs().intents:
        page = client.get(f"/preview/check?office={office}&intent={intent}")
        assert page.status_code == 200, intent
        words = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.S).group(1))
        if words.strip():
            answer = check(client, office=office, intent=intent, reply=words)
            assert "to mend before it goes" not in answer.text, intent


def test_words_that_break_the_policy_are_found_with_the_clause(client):
    page = unescape(check(client, reply="Ring 0800 111 222. We will arrest him.").text)
    assert "to mend before it goes" in page and "0800 111 222" in page and "Rests on:" in page
    assert ">Ring 0800 111 222. We will arrest him.</textarea>" in page
    assert 'formaction="/preview/check">Take these words out' in page


def test_a_finding_is_mended(client):
    reply = "Ring 0800 111 222 or 101."
    number = check(client, reply=reply).text.split('name="mend" value="')[1].split('"')[0]
    assert ">Ring or 101.</textarea>" in check(client, reply=reply, mend=number).text


def test_the_moment_counts(client):
    vote = "We can't say anything political."
    calm = check(client, intent="political_comment", reply=vote, at="2026-11-20T11:40").text
    election = check(client, intent="political_comment", reply=vote, at="2024-06-10T11:40").text
    assert "Pre-election period" in election and "No pre-election period" in calm


def test_a_reply_where_the_policy_gives_none_is_said_to_be_one(client):
    page = unescape(check(client, intent="abuse", reply="How dare you.").text)
    assert "The office drafts nothing here." in page and "finding--" in page


def test_the_words_stay_out_of_the_address_and_another_reply_begins_anew(client):
    response = check(client, reply="CANARY-4471", show="1", intent="request_foi")
    assert response.status_code == 302
    assert "CANARY" not in response.headers["Location"]
    assert "intent=request_foi" in response.headers["Location"]
    assert "CANARY" not in client.get(response.headers["Location"]).text
    assert "CANARY" not in client.get("/preview/check?reply=CANARY").text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"office": "atlantis"}, "office"),
        ({"intent": "sing"}, "intent"),
        ({"channel": "pigeon"}, "channel"),
        ({"at": "tomorrow"}, "at"),
        ({"reply": "x" * 50_001}, "reply"),
    ],
)
def test_a_fault_is_said_and_the_words_are_kept(client, wrong, field):
    response = check(client, **{"reply": "kept words", **wrong})
    assert response.status_code == 400
    assert f'id="{field}-error"' in response.text
    assert wrong.get("reply", "kept words") in response.text


def test_nobody_checks_words_without_a_token(client):
    assert client.post("/preview/check", data={"reply": "x"}).status_code == 403


@given(
    st.dictionaries(st.sampled_from(["office", "with", "channel", "family", "language", "at"]), st.text(max_size=20))
)
def test_any_address_asks_for_something_that_exists(given_):
    packs = the_packs()
    asked = preview_asked.read(packs, given_, NOW, OFFICES[0])
    assert asked.office in packs.offices and asked.other in ("", *packs.offices) and asked.other != asked.office
    assert set(asked.channels(packs)) <= set(packs.channels)
    assert asked.languages(packs, asked.office)
    assert preview_asked.read(packs, asked.address(), NOW, OFFICES[0]).errors == {}


def _pairs(first: str, second: str, packs=None):
    return preview_compare.pairs(
        packs or the_packs(),
        (first, second),
        NOW,
        channels=("facebook-dm", "x-reply"),
        languages=(("en",), ("en",)),
    )
