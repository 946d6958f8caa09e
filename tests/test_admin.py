"""The administration pages: facts, policies, approval rules and the audit, as a manager uses them."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
from desk_support import NOW, incoming

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import account_for, console, sign_in_as

from responder.console import approval_forms, audit_words
from responder.desk import approvals, audit, confirmations
from responder.desk.audit import Actor
from responder.desk.intake import receive
from responder.desk.tables import account_office, office_setting

ROOT = Path(__file__).resolve().parents[1]
OFFICE, OTHER = "cleveland-opcc", "north-wales-opcc"
TODAY = NOW.date()
PHONE = "resolution team phone"
PAGES = ("/admin", "/admin/facts", "/admin/packs", "/admin/approvals", "/admin/approvals/rule",
         "/admin/approvals/reset", "/admin/audit")  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return console(tmp_path_factory.mktemp("home"), role="manager")


@pytest.fixture
def app(whole):
    """The console, in which no office has confirmed or set anything."""
    with whole.extensions["database"].write() as connection:
        connection.execute(sa.delete(office_setting))
        connection.execute(sa.delete(confirmations.table))
    return whole


@pytest.fixture
def client(app):
    return app.test_client()


def words_of(response) -> str:
    """What a page says, without its marks."""
    body = re.sub(r"(?s)<(script|style).*?</\1>", "", response.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def desk(app):
    return app.extensions["database"]


def newest(app) -> audit.Entry:
    with desk(app).read() as connection:
        return audit.entries(connection, limit=1)[0]


def held(app, office: str = OFFICE) -> list[dict]:
    """The rules that hold, in the shape of a desk.yml."""
    rules = app.extensions["rules"]
    with desk(app).read() as connection:
        own = approvals.own_rules(connection, rules, office)
    return [rule.as_dict() for rule in (own.rules if own else rules.approvals(office))]


def seen(page) -> str:
    return re.search(r'name="seen" value="(\w+)"', page.text).group(1)


def change_rules(client, office: str = OFFICE, **form):
    page = client.get("/admin/approvals", query_string={"office": office})
    return client.change("/admin/approvals", **{"office": office, "seen": seen(page), **form})


# Who may see what


@pytest.mark.parametrize("path", PAGES)
def test_only_managers_and_administrators_come_in(app, path):
    assert app.test_client().get(path).status_code == 200
    assert sign_in_as(app, "administrator").get(path).status_code == 200
    for role in ("trainee", "moderator", "approver"):
        assert sign_in_as(app, role).get(path).status_code == 403
    assert app.test_client(account=None).get(path).status_code == 302


@pytest.mark.parametrize("path", PAGES)
def test_another_office_is_as_if_it_did_not_exist(app, path):
    mine = sign_in_as(app, "manager", [OFFICE])
    for office in (OTHER, "nowhere"):
        page = mine.get(path, query_string={"office": office})
        assert page.status_code in (200, 404) if path in ("/admin", "/admin/packs") else page.status_code == 404
    shown = words_of(mine.get(path))
    assert "North Wales" not in shown and "South Yorkshire" not in shown


def test_an_account_without_offices_is_told(app):
    account = account_for(app, "manager", [OFFICE])
    with desk(app).write() as connection:  # as where its only office is taken out of the packs
        connection.execute(sa.delete(account_office).where(account_office.c.account_id == account.id))
    nowhere = app.test_client(account=account)
    assert "no office yet" in words_of(nowhere.get("/admin"))
    assert nowhere.get("/admin/facts").status_code == 404
    assert nowhere.get("/admin/audit").status_code == 200


def test_no_change_without_a_token(client):
    for path in ("facts/confirm", "facts/withdraw", "approvals", "approvals/rule", "approvals/reset", "audit/export"):
        assert client.post(f"/admin/{path}", data={"office": OFFICE}).status_code == 403


# What there is to do


def test_the_index_says_what_there_is_to_do(app, client):
    shown = words_of(client.get("/admin"))
    total = len(confirmations.to_confirm(app.extensions["packs"], OFFICE, TODAY))
    assert f"{total} of {total} to confirm" in shown
    assert "Review was due on 30 June 2024" in shown
    assert "Superseded by the Mayor of South Yorkshire" in shown
    assert "Not yet approved by a Welsh speaker" in shown
    assert "Accounts" not in shown
    assert "Accounts" in words_of(sign_in_as(app, "administrator").get("/admin"))


def test_policies_say_how_each_pack_stands(client):
    shown = words_of(client.get("/admin/packs"))
    for said in ("Was due on 16 March 2021", "Since 7 May 2024 the functions are held by the Mayor",
                 "A Welsh speaker has not approved", "Nobody knows yet: office e-mail"):  # fmt: skip
        assert said in shown


# Facts


def fact_form(app, name: str = PHONE, **more) -> dict[str, str]:
    fact = confirmations.to_confirm(app.extensions["packs"], OFFICE, TODAY)[name]
    return {"office": OFFICE, "fact": name, "value": confirmations.stated(fact), **more}


def test_a_manager_confirms_a_fact_and_takes_it_back(app, client):
    page = client.get(f"/admin/facts?office={OFFICE}")
    assert unescape(re.search(r'name="value" value="([^"]*01642[^"]*)"', page.text).group(1)) == fact_form(app)["value"]
    done = client.change("/admin/facts/confirm", **fact_form(app, note="Rang it."))
    assert done.status_code == 302 and PHONE not in done.location
    shown = words_of(client.get(done.location))
    assert f"“{PHONE}” is confirmed" in shown and "Rang it." in shown and "Confirmed (1)" in shown
    assert newest(app).action == "fact.confirmed" and newest(app).office == OFFICE
    back = client.change("/admin/facts/withdraw", office=OFFICE, fact=PHONE)
    shown = words_of(client.get(back.location))
    assert "taken back" in shown and "A. Manager took the confirmation back" in shown
    assert newest(app).action == "fact.withdrawn"


def test_a_fact_that_changed_meanwhile_is_looked_at_again(app, client):
    client.get("/admin/facts")
    page = client.change("/admin/facts/confirm", **fact_form(app, value='{"en": "999"}', note="Rang it."))
    assert page.status_code == 400
    shown = words_of(page)
    assert "There is a problem" in shown and "was changed meanwhile" in shown
    assert 'value="Rang it."' in page.text
    assert page.text.index("<title>Error: ")


def test_taking_back_what_is_not_there(client):
    client.get("/admin/facts")
    assert client.change("/admin/facts/withdraw", office=OFFICE, fact=PHONE).status_code == 400


def test_facts_are_shown_with_source_and_use(client):
    shown = words_of(client.get(f"/admin/facts?office={OFFICE}"))
    for said in ("01642 301860", "The office's website, page on dissatisfaction with the police",
                 "Used in: The Resolution Team", "Nobody knows yet (", "National signposts ("):  # fmt: skip
        assert said in shown


# Approval rules


def test_the_rules_are_read_with_their_reasons(app, client):
    shown = words_of(client.get(f"/admin/approvals?office={OFFICE}"))
    for rule in app.extensions["rules"].approvals(OFFICE):
        assert rule.why in shown
    assert "Threat or Hate" in shown and "Everything else" in shown and "As the files say" in shown


def test_what_the_rules_would_ask(client):
    def asked(**of) -> str:
        query = {"office": OFFICE, "channel": "x-reply", "danger": "none", "urgency": "routine", **of}
        return words_of(client.get("/admin/approvals", query_string=query)).partition("what would they ask?")[2]

    assert "Nobody else , by rule 10" in asked(intent="greet")
    assert "An approver , by rule 7" in asked(intent="media_enquiry")
    assert "Nobody else , by rule 1" in asked(intent="media_enquiry", danger="alarm")
    assert ", by rule" not in asked(channel="")


def test_numbers_are_changed_and_the_files_come_back(app, client):
    before = held(app)
    done = change_rules(client, **{"approvers-7": "2", "do": "keep"})
    shown = words_of(client.get(done.location))
    assert "Who must approve is kept." in shown and "Set on the desk by A. Manager" in shown
    assert held(app) == [*before[:6], {**before[6], "approvers": 2}, *before[7:]]
    assert held(app, OTHER) == before
    ask = client.get(f"/admin/approvals/reset?office={OFFICE}")
    assert "are forgotten" in words_of(ask)
    client.change("/admin/approvals/reset", office=OFFICE, seen=seen(ask))
    assert held(app) == before
    told = newest(app)
    assert (told.action, told.before["rules"][6]["approvers"]) == ("approvals.changed", 2)


def test_rules_are_moved_and_taken_away(app, client):
    before = held(app)
    change_rules(client, do="down-3")
    assert held(app) == [*before[:2], before[3], before[2], *before[4:]]
    change_rules(client, **{"do": "up-4", "approvers-9": "0"})
    assert held(app)[:4] == before[:4] and held(app)[8]["approvers"] == 0
    change_rules(client, do="remove-9")
    assert held(app) == [*before[:8], before[9]]


@pytest.mark.parametrize("do", ["up-1", "down-9", "down-10", "up-10", "remove-10", "remove-0", "up-99", "up-x", "x"])
def test_what_cannot_be_moved_stays(app, client, do):
    before = held(app)
    assert change_rules(client, do=do).status_code == 302
    assert held(app) == before


def test_a_rule_is_added_changed_and_read(app, client):
    page = client.get(f"/admin/approvals/rule?office={OFFICE}")
    form = {"office": OFFICE, "seen": seen(page), "before": "1"}
    rule = {"intent": ["greet", "thank"], "urgency": ["routine"], "channel": ["x-reply"], "public": "yes",
            "approvers": "2", "why": "  Two eyes \n more "}  # fmt: skip
    done = client.change("/admin/approvals/rule", **form, **rule)
    assert "The rule is added." in words_of(client.get(done.location))
    kept = {"when": {"intent": ["greet", "thank"], "urgency": ["routine"], "channel": ["x-reply"], "public": True},
            "approvers": 2, "why": "Two eyes more"}  # fmt: skip
    assert held(app)[0] == kept and len(held(app)) == 11
    page = client.get(f"/admin/approvals/rule?office={OFFICE}&number=1")
    assert len(re.findall(" checked", page.text)) == 6
    again = {"office": OFFICE, "seen": seen(page), "number": "1", "family": "safety", "approvers": "1", "why": "Now"}
    client.change("/admin/approvals/rule", **again)
    assert held(app)[0] == {"when": {"family": ["safety"]}, "approvers": 1, "why": "Now"}
    assert "Anything in “Safety”" in words_of(client.get(f"/admin/approvals?office={OFFICE}"))


def test_the_last_rule_keeps_no_condition(app, client):
    page = client.get(f"/admin/approvals/rule?office={OFFICE}&number=10")
    assert "everything that no rule above it fits" in words_of(page)
    form = {"office": OFFICE, "seen": seen(page), "number": "10", "approvers": "1", "why": "New", "intent": "greet"}
    client.change("/admin/approvals/rule", **form)
    assert held(app)[-1] == {"approvers": 1, "why": "New"}


def test_what_is_wrong_with_a_rule_stands_beside_the_field(app, client):
    page = client.get(f"/admin/approvals/rule?office={OFFICE}")
    bad = client.change("/admin/approvals/rule", office=OFFICE, seen=seen(page), why="", approvers="7", before="3")
    assert bad.status_code == 400
    shown = words_of(bad)
    for said in ("Choose at least one thing", "Choose who must approve.", "Say why: staff read it"):
        assert shown.count(said) == 2
    long = client.change(
        "/admin/approvals/rule", office=OFFICE, seen=seen(page), why="w" * 301, approvers="1", intent="greet"
    )
    assert long.status_code == 400 and "w" * 301 in long.text and " checked" in long.text
    assert held(app) == [rule.as_dict() for rule in app.extensions["rules"].approvals(OFFICE)]


def test_the_second_of_two_managers_looks_again(app, client):
    page = client.get(f"/admin/approvals?office={OFFICE}")
    change_rules(client, **{"approvers-9": "2"})
    late = client.change("/admin/approvals", **{"office": OFFICE, "seen": seen(page), "approvers-1": "2"})
    assert late.status_code == 409
    assert "Somebody else changed these rules meanwhile" in words_of(late)
    assert [rule["approvers"] for rule in held(app)][0::8] == [0, 2]
    form = {"office": OFFICE, "seen": seen(page), "intent": "greet", "approvers": "1", "why": "x", "before": "1"}
    assert client.change("/admin/approvals/rule", **form).status_code == 409
    assert client.change("/admin/approvals/reset", office=OFFICE, seen=seen(page)).status_code == 409


def test_rules_by_which_danger_waits_are_pointed_out(client):
    assert "Danger waits" not in words_of(client.get(f"/admin/approvals?office={OFFICE}"))
    change_rules(client, **{"approvers-1": "1"})
    assert "Danger waits for an approver" in words_of(client.get(f"/admin/approvals?office={OFFICE}"))
    assert "Danger waits for an approver" in words_of(client.get("/admin"))


def test_rules_that_cannot_be_read_any_more_are_said(app, client):
    change_rules(client, **{"approvers-9": "2"})
    with desk(app).write() as connection:
        connection.execute(sa.update(office_setting).values(value=[{"approvers": 9}]))
    page = client.get(f"/admin/approvals?office={OFFICE}")
    assert "can’t be read any more" in words_of(page) and "They can't be read any more" in words_of(
        client.get("/admin")
    )
    assert change_rules(client, **{"approvers-9": "1"}).status_code == 302
    assert held(app)[8]["approvers"] == 1


def test_moving_keeps_all_and_the_last_one_last():
    items = list("abcde")
    for number in range(-1, 8):
        for by in (-1, 1):
            new = approval_forms.moved(items, number, by)
            assert sorted(new) == items and new[-1] == "e"


# The audit


def in_audit(app, count: int = 1, **told) -> None:
    usual = {"actor": Actor(1, "Jo Bloggs"), "action": "message.viewed", "subject": "message", "subject_id": 1}
    with desk(app).write() as connection:
        for number in range(count):
            audit.append(connection, now=NOW + timedelta(seconds=number), **{**usual, **told})


def lines(page) -> list[int]:
    return [int(number) for number in re.findall(r'<td class="audit__line">(\d+)', page.text)]


def test_the_audit_goes_on_a_hundred_lines_at_a_time(app, client):
    in_audit(app, 230, office=OFFICE)
    first = client.get("/admin/audit")
    found = lines(first)
    older = unescape(re.search(r'href="([^"]*before=[^"]*)"', first.text).group(1))
    second = client.get(older)
    assert len(found) == len(lines(second)) == 100
    assert [*found, *lines(second)] == list(range(found[0], found[0] - 200, -1))
    assert "Newest" in words_of(second)


def test_the_audit_is_narrowed_down(app, client):
    me = app.extensions["test_account"]
    in_audit(app, office=OTHER, action="message.closed", subject_id=4711, actor=me.actor)
    number = newest(app).seq
    for query in (f"office={OTHER}", "action=message.closed", f"person={me.id}", "message=4711"):
        page = client.get(f"/admin/audit?{query}")
        assert lines(page)[0] == number
        assert "Message closed without a reply" in words_of(page)
    assert lines(client.get("/admin/audit?message=4711&action=message.viewed")) == []
    assert "No line fits." in words_of(client.get(f"/admin/audit?office={OFFICE}&message=4711"))
    assert client.get("/admin/audit?message=x&before=-1&person=99999999999999999999&action=nonsense").status_code == 200


def test_a_manager_sees_the_own_offices_lines_and_those_of_none(app):
    mine = sign_in_as(app, "manager", [OFFICE])
    in_audit(app, office=OTHER, subject_id=31337, actor=Actor(None, "Zed"))
    in_audit(app, office=None, subject_id=31338, actor=Actor(None, "Yan"))
    shown = words_of(mine.get("/admin/audit"))
    assert "31338" in shown and "Yan" in shown
    assert "31337" not in shown and "Zed" not in shown
    assert mine.get(f"/admin/audit?office={OTHER}").status_code == 404
    told = mine.change("/admin/audit/export", format="jsonl").text
    assert "31338" in told and "31337" not in told


def test_before_and_after_are_said_in_words(app, client):
    al = account_for(app, "moderator")
    in_audit(app, action="message.assigned", office=OFFICE, before={"assignee": None}, after={"assignee": al.id})
    assert "assignee: nobody , then → A. Moderator" in words_of(client.get("/admin/audit")).replace(
        "→ , then", ", then →"
    )
    change_rules(client, **{"approvers-9": "2"})
    shown = words_of(client.get("/admin/audit"))
    assert "Approval rules changed" in shown and '"approvers": 2' in shown


def test_what_came_in_is_named_by_number_and_no_more(app, client):
    with desk(app).write() as connection:
        taken = receive(connection, app.extensions["packs"], incoming(office=OFFICE, text="canary-77"), NOW)
    page = client.get(f"/admin/audit?message={taken.id}")
    assert f'href="/messages/{taken.id}"' in page.text and "canary-77" not in page.text
    assert "canary-77" not in client.change("/admin/audit/export", format="csv").text


def test_names_in_the_audit_are_shown_as_text(app, client):
    in_audit(app, actor=Actor(None, "<script>alert(1)</script>"), office=OFFICE, after={"x": "<b>bold</b>"})
    page = client.get("/admin/audit")
    assert "<script>alert" not in page.text and "<b>bold" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_the_audit_is_verified_on_the_page(app, client):
    client.get("/admin/audit")
    whole = client.change("/admin/audit/verify")
    assert "The audit is whole" in words_of(whole)
    seal = re.search(r'class="seal">([0-9a-f]{64})<', whole.text).group(1)
    assert "The audit is whole" in words_of(client.change("/admin/audit/verify", expect=f" {seal} "))
    other = client.change("/admin/audit/verify", expect="a" * 64)
    assert "The audit is not whole" in words_of(other) and "The seal that was noted" in words_of(other)
    assert client.get("/admin/audit/verify").status_code == 405


def test_an_altered_line_is_found_on_the_page(tmp_path):
    app = console(tmp_path, role="manager")
    in_audit(app, 3)
    with desk(app).write() as connection:
        connection.execute(sa.update(audit.audit).where(audit.audit.c.seq == 2).values(actor="Nobody"))
    client = app.test_client()
    client.get("/admin/audit")
    assert "Line 2 is not as it was written" in words_of(client.change("/admin/audit/verify"))


def test_the_audit_as_a_file(app, client):
    in_audit(app, actor=Actor(None, "=HYPERLINK(1)"), office=OFFICE, after={"a": 1})
    client.get("/admin/audit")
    told = client.change("/admin/audit/export", format="jsonl")
    found = [json.loads(line) for line in told.text.splitlines()]
    assert [line["seq"] for line in found] == list(range(1, len(found) + 1))
    assert found[-1]["action"] == "audit.exported"
    assert 'attachment; filename="audit-2026-11-20.jsonl"' in told.headers["Content-Disposition"]
    told = client.change("/admin/audit/export", format="csv")
    rows = list(csv.DictReader(io.StringIO(told.data.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(found) + 1
    named = [row for row in rows if "HYPERLINK" in row["actor"]]
    assert [row["actor"] for row in named] == ["'=HYPERLINK(1)"] and json.loads(named[0]["after"]) == {"a": 1}
    assert client.change("/admin/audit/export", format="exe").status_code == 400


def test_everything_the_desk_writes_down_has_words():
    written = set()
    for folder in ("desk", "console", "commands"):
        for file in (ROOT / "responder" / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            written |= set(
                re.findall(r'"((?:message|reply|account|approvals|fact|audit|duty|contact)\.[a-z-]+)"', text)
            )
    others = {"account.id", "message.id", "contact.id", "reply.id", "message.html"}
    assert written - others - set(audit_words.ACTIONS) == set()
