"""The trainer's and the manager's day in a real browser: results, an objection, a scenario of one's own, shadowing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from conftest import Served, axe_findings, sideways
from console_support import account_for, console
from desk_filling import ServedDesk
from playwright.sync_api import expect

from responder.desk.tables import account as account_table
from responder.practice import attempts, finishing, objections, shadowing, writing
from responder.practice.scenarios import OWN, Answer

OFFICE = "cleveland-opcc"
CLOSE, TWELVE, TAXPAYER = "national/farlow-close", "national/saturday-twelve", "national/asking-as-a-taxpayer"
WIDTHS = [(1280, 900), (400, 800), (320, 640)]
TALLER = """[...document.querySelectorAll("main *")].filter(one =>
    /auto|scroll/.test(getComputedStyle(one).overflowY) && one.offsetHeight > innerHeight).map(one => one.className)"""
LONG_WORD = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"


class School:
    """A console with a history of practice: people, attempts, an objection, drafts in shadow, own scenarios."""

    def __init__(self, home):
        self.app = console(home)
        self.desk = ServedDesk(self.app)
        self.library, self.database = self.app.extensions["practice"], self.app.extensions["database"]
        self.tom = self.hire("Tim Learner")
        self.trainer, self.manager = self.hire("Ann Trainer", "approver"), self.hire("Mia Manager", "manager")
        for scenario in (CLOSE, "national/blink-twice", TWELVE):
            self.attempt(scenario, "bad")
        self.attempt(CLOSE, "good")
        self.objection = self.object_to(self.answered(TAXPAYER, intent=self.wrong_intent()), "intent")
        self.kept = self.keep("A close of our own")
        (self.library.own_folder / OFFICE / "broken.yml").write_text(f"title: {LONG_WORD}\n")
        quiet = ("Hello, who do I write to about a meeting?", f"Thank you for the bike marking {LONG_WORD}")
        self.messages = [self.desk.message(text, author=f"sender{n}", channel="x-dm") for n, text in enumerate(quiet)]
        self.draft = self.shadow(self.messages[0])
        self.desk.approve("moderator", self.messages[0])
        self.desk.sent("moderator", self.messages[0])

    @property
    def now(self):
        return self.app.extensions["clock"].now

    def hire(self, name, role="trainee"):
        account = account_for(self.app, role, (OFFICE,))
        with self.database.write() as connection:
            here = account_table.c.id == account.id
            connection.execute(sa.update(account_table).where(here).values(full_name=name))
        return account

    def wrong_intent(self):
        right = self.library.book[TAXPAYER].messages[0].notice.intent
        return next(one for one in self.library.packs.intents if one not in right)

    def attempt(self, scenario, quality):
        self.finish(scenario, self.library.book[scenario].examples[quality])

    def answered(self, scenario, **changed):
        (task,) = self.library.book[scenario].messages
        good = self.library.book[scenario].examples["good"][task.key]
        return self.finish(scenario, {task.key: Answer(**{**good.__dict__, **changed})})

    def finish(self, scenario, answers):
        self.app.extensions["clock"].now = self.now + timedelta(minutes=5)
        with self.database.write() as connection:
            id_ = attempts.begin(connection, self.library, self.tom, OFFICE, scenario, self.now)
            for key, answer in answers.items():
                attempts.answer(connection, self.library, self.tom, id_, key, answer, self.now)
            finishing.finish(connection, self.library, self.tom, id_, self.now)
        return id_

    def object_to(self, attempt_id, mark):
        with self.database.write() as connection:
            key = next(iter(attempts.get(connection, attempt_id).answers))
            return objections.object_to(
                connection, self.library, self.tom, attempt_id, key, mark, f"Because {LONG_WORD}", self.now
            )

    def keep(self, title):
        outline = {**writing.outline(self.library.book[CLOSE]), "title": title}
        with self.database.write() as connection:
            return writing.keep(
                connection, self.library, OFFICE, None, writing.as_yaml(outline), self.manager, self.now
            )

    def shadow(self, message_id):
        answer = Answer(intent="ask_question", urgency="routine", do="reply", reply=f"We promise to ring. {LONG_WORD}")
        with self.database.write() as connection:
            return shadowing.keep(connection, self.library.packs, self.tom, message_id, answer, self.now)


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    made = School(tmp_path_factory.mktemp("home"))
    made.served = Served(made.app)
    yield made
    made.served.close()


@pytest.fixture
def page_of(school, open_page):
    """Opens a page, signed in as one of the school's people."""

    def make(path, account=None, width=1280, height=900, **options):
        page = open_page(width, height, of=school.served, account=account or school.trainer, **options)
        page.goto(f"{school.served.address}{path}")
        return page

    return make


def press(page, name):
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def follow(page, name):
    with page.expect_navigation():
        page.get_by_role("link", name=name).first.click()


def test_a_trainers_day(school, page_of):
    page = page_of("/practice/trainer")
    expect(page.get_by_role("heading", name="Who is where?")).to_be_visible()
    follow(page, "Tim Learner")
    expect(page.get_by_text("May not answer live.")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Their marks over time"))).to_be_visible()
    page.go_back()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download as CSV.*Who is where")).click()
    assert download.value.suggested_filename == f"practice-people-{OFFICE}-2026-11-20.csv"

    follow(page, re.compile(r"^Objections"))
    follow(page, re.compile("Asking as a taxpayer|Waits"))
    expect(page.get_by_role("heading", name="What they answered")).to_be_visible()
    page.get_by_label("Uphold it").check()
    expect(page.get_by_label(re.compile("is right too"))).to_be_checked()
    page.get_by_label("Your answer to them").fill("You are right, it can be read so.")
    press(page, "Settle the objection")
    expect(page.get_by_role("status").first).to_contain_text("one attempt has a higher mark")


def test_a_scenario_is_written_tried_and_taken_on(school, page_of):
    page = page_of(f"/practice/trainer/scenarios/look/{CLOSE}")
    follow(page, "Write one like it")
    page.get_by_label("Title").fill("Written in the browser")
    page.get_by_label("Debrief").fill("")
    press(page, "Keep it")
    summary = page.locator(".govuk-error-summary")
    expect(summary).to_contain_text("Explain in a few sentences")
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Debrief")).to_be_focused()
    expect(page.get_by_label("Title")).to_have_value("Written in the browser")
    page.get_by_label("Debrief").fill("A name and a home do not belong under a post.")
    press(page, "Check it")
    expect(page.get_by_text("Good answer: 100 %, passes")).to_be_visible()
    press(page, "Keep it")
    expect(page.get_by_role("status").first).to_contain_text("on trial")
    press(page, "Try it as a trainee")
    expect(page.get_by_role("heading", name="Written in the browser")).to_be_visible()

    other = page_of(f"/practice/trainer/scenarios/look/{OWN}{OFFICE}/written-in-the-browser", school.manager)
    press(other, "Take it on")
    expect(other.get_by_role("status").first).to_contain_text("the course counts it")
    follow(other, "Delete it")
    press(other, "Delete it")
    expect(other.get_by_role("status").first).to_contain_text("is deleted")


def test_a_shift_is_uploaded_as_a_file(school, page_of, tmp_path):
    file = tmp_path / "shift.yml"
    text = writing.as_yaml({**writing.outline(school.library.book[TWELVE]), "title": "Twelve from a file"})
    file.write_text(text.replace("level: 5", "level: 9"))
    page = page_of("/practice/trainer/scenarios/new?as=file")
    page.get_by_label("Or upload a file").set_input_files(file)
    press(page, "Keep it")
    expect(page.locator(".govuk-error-summary")).to_contain_text("“level” is 9; allowed is: 1, 2, 3, 4, 5")
    area = page.get_by_label("The scenario, in YAML")
    expect(area).to_have_value(re.compile("level: 9"))
    area.fill(text)
    press(page, "Keep it")
    expect(page.get_by_role("heading", name="Twelve from a file")).to_be_visible()


def test_a_manager_lets_somebody_through_and_ends_it(school, page_of):
    page = page_of(f"/practice/trainer/people/{school.desk.people['moderator'].id}?office={OFFICE}", school.manager)
    page.get_by_label("Why").fill("Two people are ill.")
    page.get_by_label("Until, that day included").fill("2026-11-30")
    press(page, "Let them answer live")
    expect(page.get_by_text("May answer live.", exact=True)).to_be_visible()
    expect(page.get_by_text("Two people are ill.")).to_be_visible()
    press(page, "End it now")
    expect(page.get_by_text("May not answer live.", exact=True)).to_be_visible()


def test_shadowing_without_javascript(school, page_of):
    page = page_of("/practice/shadow", school.tom, java_script_enabled=False)
    follow(page, re.compile("Thank you for the bike marking"))
    page.get_by_label("What is it?").select_option("give_praise")
    page.get_by_label("Routine").check()
    page.get_by_label("Reply", exact=True).check()
    page.get_by_label("Your reply").fill("Thank you for your kind words.")
    page.get_by_role("button", name="Check my words").click()
    expect(page.locator(".check__line")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_have_value("Thank you for your kind words.")
    page.get_by_role("button", name="Hand in my answer").click()
    expect(page.get_by_text("Handed in. Nothing was sent")).to_be_visible()

    moderator = page_of("/practice/trainer/shadow", school.desk.people["moderator"], java_script_enabled=False)
    moderator.get_by_role("link", name=re.compile("Tim Learner: Question")).click()
    expect(moderator.locator(".diff del").first).to_be_visible()
    moderator.get_by_label("What was good, and what to do otherwise").fill("Promise nothing for the force.")
    moderator.get_by_role("button", name="Keep the comment").click()
    expect(moderator.get_by_text("they read it beside their answer")).to_be_visible()
    page.goto(f"{school.served.address}/practice/shadow/{school.messages[0]}")
    expect(page.get_by_text("Promise nothing for the force.")).to_be_visible()


def test_by_keyboard_alone_an_objection_is_settled(school, page_of):
    mark = school.object_to(school.answered(CLOSE, urgency="urgent"), "urgency")
    page = page_of(f"/practice/trainer/objections/{mark}")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "upheld":
            break
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Decline it")).to_be_checked()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "words":
            break
    page.keyboard.type("It takes its turn.")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Declined")


PAGES = {
    "results": "/practice/trainer",
    "person": "/practice/trainer/people/{tom}",
    "objections": "/practice/trainer/objections",
    "objection": "/practice/trainer/objections/{objection}",
    "scenarios": "/practice/trainer/scenarios",
    "none fits": "/practice/trainer/scenarios?whose=own&level=5&module=tone",
    "look": f"/practice/trainer/scenarios/look/{TWELVE}",
    "own, on trial": f"/practice/trainer/scenarios/look/{OWN}{OFFICE}/a-close-of-our-own",
    "blank form": "/practice/trainer/scenarios/new",
    "form": f"/practice/trainer/scenarios/{OFFICE}/a-close-of-our-own/edit",
    "file": f"/practice/trainer/scenarios/{OFFICE}/a-close-of-our-own/edit?as=file",
    "broken": f"/practice/trainer/scenarios/{OFFICE}/broken/edit",
    "delete": f"/practice/trainer/scenarios/{OFFICE}/a-close-of-our-own/delete",
    "shadow": "/practice/shadow",
    "shadow, new": "/practice/shadow/{message}",
    "compare": "/practice/trainer/shadow",
    "comparison": "/practice/trainer/shadow/{draft}",
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_used_by_everybody_at_every_width(school, page_of, name):
    path = PAGES[name].format(
        tom=school.tom.id, objection=school.objection, draft=school.draft, message=school.messages[1]
    )
    account = school.manager if name in ("person", "delete") else school.trainer
    for width, height in WIDTHS:
        page = page_of(path, account, width, height)
        page.evaluate("document.querySelectorAll('main details').forEach(fold => fold.open = true)")
        assert axe_findings(page) == [], (name, width)
        assert sideways(page) == 0, (name, width)
        assert page.evaluate(TALLER) == [], (name, width)


@pytest.mark.parametrize("width", [1280, 320])
def test_errors_can_be_used_by_everybody_too(school, page_of, width):
    page = page_of("/practice/trainer/scenarios/new", width=width)
    press(page, "Keep it")
    assert axe_findings(page) == []
    assert sideways(page) == 0
    page.goto(f"{school.served.address}/practice/shadow/{school.messages[1]}")
    press(page, "Hand in my answer")
    assert axe_findings(page) == []
    assert sideways(page) == 0
