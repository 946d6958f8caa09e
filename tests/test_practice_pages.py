"""Practice as a trainee without JavaScript meets it: the whole way, and that nothing is given away before."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from practice_support import library
from practice_trainee import Trainee

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from console_support import account_for, console
from desk_filling import ServedDesk, plain

from responder.desk import accounts, audit
from responder.desk.tables import account_office
from responder.desk.tables import audit as audit_table
from responder.drafting import draft
from responder.practice import objections, shadowing, tables, writing
from responder.practice.marking import WAIVED, Allowance
from responder.practice.scenarios import Answer, assessment

OFFICE = "cleveland-opcc"
PLAYFUL, TWELVE = "national/blink-twice", "national/saturday-twelve"
CLOSE, DRONES = "national/farlow-close", "national/drones-by-the-year"
MARKUP = "<script>alert(1)</script> {{7*7}} \x00 & 'x'"
OWN = [id_ for id_, one in library().given.items() if one.office == OFFICE and not one.is_shift]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A console that can practise."""
    return console(tmp_path_factory.mktemp("home"), role="trainee")


@pytest.fixture
def clock(app):
    """Its time."""
    return app.extensions["clock"]


@pytest.fixture
def database(app):
    """Its desk."""
    return app.extensions["database"]


@pytest.fixture
def trainee(app):
    """Somebody new, of Cleveland's office."""
    return somebody(app)


def somebody(app, role="trainee", offices=(OFFICE,)):
    return Trainee(app.test_client(account=account_for(app, role, offices)))


def good(scenario, key=None):
    """The good answer of a scenario, to its only message or to one of them."""
    answers = library().given[scenario].examples["good"]
    return answers[key] if key else next(iter(answers.values()))


def bad(scenario):
    return next(iter(library().given[scenario].examples["bad"].values()))


def sender(scenario, key):
    return next(task.sender for task in library().given[scenario].messages if task.key == key)


def attempts_of(database, trainee):
    with database.read() as connection:
        table = tables.practice_attempt
        query = sa.select(table).where(table.c.account_id == trainee.client.account.id).order_by(table.c.id)
        return connection.execute(query).mappings().all()


# The course


def test_the_course_says_what_is_next_how_far_one_is_and_where_support_is(app, trainee):
    trainee.go("/practice").says("Next in your course", "0 of 8 modules passed", "Pass the course of Cleveland")
    trainee.says(plain(library().settings.support), "Crime and danger0 of 5", "Shifts0 of 1")
    assert len(trainee.page.all("a", cls="govuk-button")) == 1  # one main button
    trainee.follow("Start")
    assert trainee.heading in {one.title for one in library().given.values()}


def test_who_has_several_offices_chooses_and_the_choice_stays(app):
    both = somebody(app, offices=(OFFICE, "north-wales-opcc"))
    both.go("/practice").press("Show", office="north-wales-opcc").says("North Wales PCC's office.")
    both.go("/practice").says("North Wales PCC's office. You answer")
    both.go("/practice?office=south-yorkshire-pcc").says_not("South Yorkshire")


def test_who_has_no_office_is_told(app):
    nobody = somebody(app)
    with app.extensions["database"].write() as connection:
        table = account_office.c
        connection.execute(sa.delete(account_office).where(table.account_id == nobody.client.account.id))
    nobody.go("/practice").says("Your account has no office yet")
    assert nobody.go(f"/practice/{PLAYFUL}").status == 404


def test_a_module_counts_what_is_passed_and_marks_it(trainee):
    trainee.begin(PLAYFUL).answer(good(PLAYFUL)).says("Passed, 100 %").follow("Back to the course")
    trainee.says("Tone1 of 5", "the office’s own", "Blink twice middling passed")


def test_what_is_begun_is_the_next_thing(trainee):
    trainee.begin(PLAYFUL).press("Leave it for now")
    assert trainee.banner == "What you have is kept. Come back when you like."
    trainee.says("You have begun this Blink twice").follow("Go on")
    assert trainee.heading == "What do you see?"


def test_what_was_missed_comes_back_on_its_day(trainee, clock):
    now = clock.now
    trainee.begin(PLAYFUL).answer(bad(PLAYFUL)).says("It comes back tomorrow.")
    feedback = trainee.addresses[-1]
    trainee.go("/practice").says_not("Comes back today")
    clock.forward(days=1)
    trainee.client.sign_in()
    trainee.go("/practice").says("Comes back today: there was something you missed Blink twice", "1 that you missed")
    trainee.go(feedback).says("It comes back today.")
    clock.forward(days=1)
    trainee.client.sign_in()
    trainee.go(feedback).says("It has come back: go over it again.").says_not("It comes back")
    clock.now = now


def test_a_scenario_on_trial_is_found_and_counts_for_nothing(app, trainee, clock):
    shelf = app.extensions["practice"]
    writer = account_for(app, "approver", (OFFICE,), name="wanda.writer")
    text = writing.as_yaml({**writing.outline(library().given[CLOSE]), "title": "A trial of ours"})
    with app.extensions["database"].write() as connection:
        kept = writing.keep(connection, shelf, OFFICE, None, text, writer, clock.now)
    try:
        trainee.go("/practice").says("On trial: tell its writer what you think", f"written by {writer.full_name}")
        trainee.follow("A trial of ours").says("On trial, and it counts for nothing", f"{writer.full_name} wrote it")
        trainee.press("Begin").answer(bad(CLOSE)).says("It is on trial: this counts for nothing")
        trainee.says_not("It comes back", "It has come back")
        somebody(app, offices=("north-wales-opcc",)).go("/practice").says_not("On trial", "A trial of ours")
    finally:
        shelf.drop_own(OFFICE, kept.name)


# One message


def test_the_start_page_shows_nothing_of_the_message(trainee):
    scenario = library().given[PLAYFUL]
    trainee.go(f"/practice/{PLAYFUL}").says("Blink twice", "Tone", "Middling", "One message")
    assert scenario.messages[0].text[:30] not in trainee.html


def test_a_good_answer_passes_and_a_bad_one_does_not(trainee):
    trainee.begin(PLAYFUL).answer(good(PLAYFUL))
    assert trainee.heading == "Passed, 100 %"
    trainee.press("Try it again").answer(bad(PLAYFUL))
    assert trainee.heading.startswith("Not yet")


@pytest.mark.parametrize("id_", [*OWN, PLAYFUL])
def test_nothing_is_given_away_before_it_is_handed_in(trainee, id_):
    """Over every page on the way, with a check of the words: no mark, no debrief, no draft, no right answer."""
    scenario = library().given[id_]
    answer = good(id_)
    seen = []
    trainee.begin(id_)
    seen.append(trainee.html)
    trainee.press("Continue", intent="greet", urgency="routine")
    seen.append(trainee.html)
    trainee.press("Continue", do="reply")
    seen.append(trainee.html)
    trainee.press("Check my words", reply="Thank you. We will see.")
    seen.append(trainee.html)
    for html in seen:
        for secret in secrets_of(scenario, answer):
            assert secret not in plain(html), secret
    trainee.press("Back").press("Back").answer(answer)
    assert trainee.heading.startswith("Passed"), trainee.words[:600]
    trainee.says(plain(scenario.debrief)[:60])


def secrets_of(scenario, answer):
    """What must not stand in a page before the answer is in."""
    task = scenario.messages[0]
    packs = library().packs
    drafted = draft(packs, scenario.message(task, OFFICE), assessment(task))
    yield from (sentence for sentence in map(plain, scenario.debrief.split(". ")) if len(sentence) > 15)
    yield from (plain(point.why) for point in task.points)
    yield from (f"“{plain(point.id)}”" for point in task.points)
    yield from (part.text for part in drafted.parts if len(part.text) > 25)
    yield from task.clauses
    if answer.reply:
        yield plain(answer.reply)


def test_the_check_is_the_desks_and_rests_on_what_the_trainee_saw(trainee):
    """Danger that the trainee did not see is not told by the check."""
    id_ = "national/on-the-latch" if "national/on-the-latch" in library().given else PLAYFUL
    task = library().given[id_].messages[0]
    trainee.begin(id_).press("Continue", intent="greet", urgency="routine").press("Continue", do="reply")
    trainee.press("Check my words", reply="Hello, and thank you.").says("No rule broken")
    trainee.press("Check my words", reply="Hello. Ring 0800 123 4567.").says("1 to mend before it goes", "in no pack")
    trainee.press("Take these words out").says("No rule broken")
    assert trainee.reply == "Hello. Ring."
    if task.notice.urgency == ("emergency",):
        trainee.press("Hand in").says("Not yet: the danger was missed")


def test_the_feedback_says_each_point_with_its_clause_and_the_offices_own_draft(trainee):
    trainee.begin(PLAYFUL).answer(bad(PLAYFUL))
    task = library().given[PLAYFUL].messages[0]
    for point in task.points:
        trainee.says(plain(point.why))
    trainee.says("You read it as “Question”", "Missed:", "Met:")
    trainee.says("Rests on: No party view, Impartiality (national common practice)")
    trainee.says("What was tempting", plain(library().given[PLAYFUL].debrief)[:50])
    trainee.says("What the office’s own rules would draft", "This account doesn't take part in party politics")
    trainee.says(plain(bad(PLAYFUL).reply))


def test_what_is_missing_is_said_at_its_field_and_what_is_there_stays(trainee):
    trainee.begin(PLAYFUL).press("Continue", flags=["political"])
    assert trainee.status == 400
    trainee.says("Say what it is", "Say how urgent it is")
    assert "checked" in trainee.page.one("input", value="political").attrs
    trainee.press("Continue", intent="greet", urgency="urgent").press("Continue", tell=["commissioner"])
    assert trainee.status == 400
    assert "checked" in trainee.says("Say what happens with it").page.one("input", value="commissioner").attrs
    trainee.press("Continue", do="reply").press("Hand in", reply="  ")
    assert trainee.status == 400
    trainee.says("Write your reply, or go back and decide on none")
    trainee.press("Hand in", reply="x" * 10_001)
    assert trainee.status == 400
    assert len(trainee.says("it has 10,001").reply) == 10_001


def test_going_back_and_coming_back_keep_what_was_typed(trainee):
    trainee.begin(PLAYFUL).press("Continue", intent="greet", urgency="urgent", flags=["link", "political"])
    trainee.press("Continue", do="reply", tell=["commissioner"], moderate="hide")
    trainee.press("Leave it for now", reply=f"My own words. {MARKUP}").follow("Go on")
    assert trainee.heading == "What do you write?"
    assert trainee.reply == f"My own words. {MARKUP}".replace("\x00", "\ufffd")
    assert "<script>alert" not in trainee.html
    trainee.says(
        f"{library().packs.intents['greet'].title}, urgent; link, party politics",
        "Reply; to be told: The Commissioner",
        "hide it",
    )
    trainee.press("Back")
    assert "checked" in trainee.page.one("input", name="moderate", value="hide").attrs
    trainee.press("Back")
    assert "selected" in trainee.page.one("option", value="greet").attrs
    trainee.press("Continue").press("Continue")
    assert trainee.reply.startswith("My own words.")


def test_one_cannot_jump_over_a_step(trainee):
    trainee.begin(PLAYFUL)
    here = trainee.addresses[-1].removesuffix("/see")
    trainee.go(f"{here}/write")
    assert trainee.heading == "What do you see?"
    assert trainee.go(f"{here}/handed").status == 404
    assert trainee.go(f"{here[:-1]}9/see").status == 404


def test_without_a_reply_there_is_nothing_to_write(trainee):
    trainee.begin(PLAYFUL)
    trainee.answer(Answer(intent="political_comment", urgency="routine", flags=("political",), do="no_reply"))
    trainee.says("Passed, 100 %")


def test_words_left_behind_do_not_go_in_without_a_reply(trainee, database):
    trainee.begin(PLAYFUL).answer(good(PLAYFUL), hand_in=False)
    trainee.press("Back").press("Continue", do="no_reply").press("Hand in")
    assert attempts_of(database, trainee)[-1]["answers"]["bait"]["reply"] == ""


def test_an_answer_stands(trainee):
    trainee.begin(PLAYFUL)
    here = trainee.addresses[-1]
    trainee.answer(good(PLAYFUL))
    marked = trainee.heading
    trainee.go(here)
    assert trainee.heading == marked
    form = {"csrf_token": trainee.client.token, "intent": "abuse"}
    assert trainee.client.post(here, data=form).status_code == 302
    trainee.go(here)
    assert trainee.heading == marked


def test_a_message_in_welsh_says_so_to_those_who_listen(app):
    welsh = next(one for one in library().given.values() if not one.is_shift and one.messages[0].language == "cy")
    person = somebody(app, offices=("north-wales-opcc",))
    person.begin(welsh.id, office="north-wales-opcc").says("In Welsh")
    assert person.page.one(id="said").attrs["lang"] == "cy"


# Distress


@pytest.fixture
def distressing():
    return next(one for one in library().given.values() if one.distress and not one.office and not one.is_shift)


def test_distress_is_announced_and_the_words_wait_until_they_are_asked_for(trainee, distressing):
    first = plain(distressing.messages[0].text)[:25]
    trainee.go(f"/practice/{distressing.id}?office={OFFICE}").says(f"This is about {distressing.distress}.")
    trainee.press("Begin").says(f"This is about {distressing.distress}.")
    assert first not in plain(trainee.html)
    trainee.press("Show the words", intent="ask_question", urgency="urgent")
    assert first in trainee.words
    assert trainee.heading == "What do you see?"
    assert "selected" in trainee.page.one("option", value="ask_question").attrs  # what was chosen before stays
    trainee.press("Continue", intent="greet", urgency="routine")
    assert first in trainee.words  # not asked again


def test_skipping_costs_nothing(trainee, distressing, database):
    trainee.go(f"/practice/{distressing.id}?office={OFFICE}").press("Skip this one")
    assert trainee.banner.startswith("Skipped. It doesn't count against you")
    row = attempts_of(database, trainee)[-1]
    assert (row["state"], row["percent"], row["passed"]) == ("skipped", None, None)
    trainee.begin(PLAYFUL).press("Continue", intent="greet", urgency="routine").press("Skip this one")
    trainee.says("Blink twice middling skipped").says_not("Comes back today")
    trainee.begin(PLAYFUL)
    assert "selected" not in trainee.page.one("option", value="greet").attrs  # it begins anew


def test_what_is_skipped_is_not_proposed_again_at_once(trainee):
    trainee.go("/practice").follow("Start")
    first = trainee.heading
    trainee.press("Skip this one").follow("Start")
    assert trainee.heading != first


# Shifts


@pytest.fixture
def shift(trainee):
    """The night of twelve, begun."""
    return trainee.begin(TWELVE)


@pytest.fixture
def timed(trainee):
    """The same against the clock."""
    return trainee.begin(TWELVE, timed="yes")


def test_a_shift_shows_all_its_messages_and_lets_one_choose(shift):
    assert len(shift.page.all("a", cls="row__link")) == 12
    shift.take("Sam S").says("message 8 of 12").press("Back to the inbox")
    shift.says_not("Begun")
    shift.take("Ken H").press("Back to the inbox", intent="give_praise").says("Begun")


def test_the_order_is_marked_and_the_last_message_hands_the_shift_in(shift, database):
    answers = library().given[TWELVE].examples["good"]
    for number, (key, answer) in enumerate(answers.items(), start=1):
        shift.take(sender(TWELVE, key)).answer(answer)
        if number < 12:
            assert shift.banner == f"Handed in. {12 - number} to go."
            assert len(shift.page.all("a", cls="row__link")) == 12 - number
    assert shift.heading.startswith("Passed")
    shift.says("What came first", "Message by message")
    assert attempts_of(database, shift)[-1]["order"] == list(answers)


def test_who_answers_the_danger_late_has_missed_it(shift):
    answers = library().given[TWELVE].examples["good"]
    for key, answer in sorted(answers.items(), key=lambda one: one[0] == "bill"):
        shift.take(sender(TWELVE, key)).answer(answer)
    assert shift.heading == "Not yet: the danger was missed"
    shift.says("The message from Sam S must come before the others")


def test_a_shift_can_be_handed_in_as_it_is(shift):
    shift.take("Sam S").answer(good(TWELVE, "bill")).says("11 of the messages are not handed in yet")
    shift.take("Ken H").answer(good(TWELVE, "praise"), hand_in=False).press("Leave it for now").follow("Go on")
    shift.press("Hand it in")
    assert shift.heading.startswith("Not yet")
    shift.says(plain(good(TWELVE, "praise").reply), "You did not answer it")


def test_nothing_of_a_shift_is_given_away_before_it_is_handed_in(shift):
    scenario = library().given[TWELVE]
    pages = [shift.html]
    shift.take("Sam S").answer(good(TWELVE, "bill"))
    pages.append(shift.html)
    shift.take("Ken H")
    pages.append(shift.html)
    for html in pages:
        for task in scenario.messages:
            assert not [point.why for point in task.points if point.why in plain(html)]
        assert plain(scenario.debrief)[:40] not in plain(html)


def test_hidden_words_stay_hidden_in_the_list(app, trainee, database, clock):
    trainee.go(f"/practice/{TWELVE}").press("Begin").says("Words hidden until opened", "This is about domestic abuse")
    assert "Fireworks AGAIN" not in trainee.html
    trainee.take("Sam S").says_not("Does 101 come up").press("Show the words").says("Does 101 come up")
    trainee.press("Back to the inbox").says("Fireworks AGAIN")
    account = trainee.client.account
    with database.write() as connection:
        accounts.set_preferences(connection, account.actor, account.id, {"single_keys": True, "blur": True}, clock.now)
    trainee.go(trainee.addresses[-1]).says_not("Fireworks AGAIN")


def test_against_the_clock_messages_come_in_one_after_another(timed, clock):
    there = len(timed.says("36 min left").page.all("a", cls="row__link"))
    assert there == 9  # what must come first is there
    here = timed.addresses[-1]
    late = f"{here}/12/see"
    assert timed.go(late).status == 404
    clock.forward(minutes=5, seconds=30)
    assert len(timed.go(here).says("30 min left").page.all("a", cls="row__link")) == 10
    clock.forward(minutes=1)
    assert len(timed.go(here).page.all("a", cls="row__link")) == 12
    assert timed.go(late).status == 200


def test_nobody_waits_for_the_next_message(trainee):
    trainee.begin("cleveland-opcc/one-pair-of-hands", timed="yes")
    scenario = library().given["cleveland-opcc/one-pair-of-hands"]
    for left in range(len(scenario.messages), 0, -1):
        rows = trainee.page.all("a", cls="row__link")
        assert 1 <= len(rows) <= left
        trainee.go(rows[0].attrs["href"]).answer(Answer("greet", "routine", do="no_reply"))
    trainee.says("What came first")


def test_a_pause_stops_the_clock_and_puts_the_messages_away(timed, clock):
    here = timed.addresses[-1]
    timed.take("Sam S").press("Pause the clock", intent="greet")
    assert timed.heading == "The clock stands still"
    timed.says("36 min left").says_not("Does 101")
    clock.forward(minutes=50)
    timed.go(f"{here}/8/see").says("36 min left").says_not("Does 101")
    timed.press("Go on").says("36 min left", "Begun").take("Sam S").says("Does 101 come up")


def test_leaving_a_clock_stops_it_too(timed, clock):
    timed.press("Leave it for now")
    clock.forward(minutes=50)
    timed.go("/practice").follow("Go on").says("36 min left").press("Go on").says("36 min left")


def test_a_clock_that_ran_out_hands_in_what_is_there_and_says_so(timed, clock):
    timed.take("Sam S").answer(good(TWELVE, "bill"))
    timed.take("Ken H").press("Continue", intent="give_praise", urgency="routine").press("Continue", do="reply")
    clock.forward(minutes=36)
    timed.press("Hand in", reply="Thank you, we will pass it on.")
    assert timed.banner.startswith("The time ran out, so what you had was handed in, the words in front of you too.")
    timed.says("Not yet", "Thank you, we will pass it on.", "You decided to reply")


def test_a_clock_that_ran_out_on_the_list_hands_in_too(timed, clock):
    here = timed.addresses[-1]
    clock.forward(minutes=36)
    timed.go(here).says("The time ran out", "You did not answer it")
    assert timed.heading == "Not yet: the danger was missed"


# Objections


def test_an_objection_goes_to_a_trainer_and_what_comes_of_it_is_seen(app, trainee, database, clock):
    trainee.begin(PLAYFUL).answer(bad(PLAYFUL))
    feedback = trainee.addresses[-1]
    before = trainee.heading
    trainee.object_to(0).says("A trainer of your office settles it", "You read it as “Question”")
    trainee.press("Send the objection", words=" \n ")
    assert trainee.status == 400
    trainee.says("Say why the mark is wrong")
    trainee.press("Send the objection", words=f"It asks a question. {MARKUP}")
    assert trainee.banner.startswith("Your objection is with the trainers of your office")
    trainee.says("Blink twice", "Waits for a trainer", "You read it as “Question”", "It asks a question.")
    assert "<script>alert" not in trainee.html
    trainee.go(feedback).says("You objected; it waits for a trainer.")
    trainer = account_for(app, "approver", (OFFICE,))
    with database.write() as connection:
        found = objections.objections_in(connection, (OFFICE,))[-1]
        allowed = [Allowance(found.key, found.mark, "ask_question")]
        objections.settle(connection, library(), trainer, found.id, True, "You are right.", allowed, clock.now)
    trainee.go("/practice/objections").says("Upheld", "You are right.")
    trainee.go(feedback)
    assert trainee.heading != before


@pytest.mark.parametrize("upheld", [False, True])
def test_a_trainers_answer_is_announced_and_stands_beside_the_mark(app, trainee, database, clock, upheld):
    trainee.begin(DRONES).answer(replace(good(DRONES), intent="greet"))
    feedback = trainee.addresses[-1]
    trainee.object_to(0).press("Send the objection", words="It asks a question.")
    trainee.says("Cleveland PCC's office")
    trainee.go("/practice").says_not("Somebody has answered you")
    trainer = account_for(app, "approver", (OFFICE,))
    with database.write() as connection:
        found = objections.objections_in(connection, (OFFICE,))[-1]
        allowed = [Allowance(found.key, found.mark, "greet")] if upheld else []
        objections.settle(connection, library(), trainer, found.id, upheld, "Words <b>of</b> Ann.", allowed, clock.now)
    trainee.go("/practice").says("Somebody has answered you", "An objection of yours is settled")
    trainee.go(feedback).says("Words <b>of</b> Ann.", "was upheld" if upheld else "the mark stands")
    trainee.go("/practice").follow("An objection of yours is settled").says("Words <b>of</b> Ann.")
    trainee.go("/practice").says_not("Somebody has answered you")
    mine = trainee.client.account
    with database.write() as connection:
        accounts.set_preferences(connection, mine.actor, mine.id, {"blur": False}, clock.now)
    trainee.go("/practice").says_not("Somebody has answered you")


def test_the_answer_is_there_where_the_point_is_not_asked_for_any_more(app, trainee, database, clock):
    trainee.begin(CLOSE).answer(replace(good(CLOSE), reply="Nothing of that."))
    feedback = trainee.addresses[-1]
    trainee.object_to(0).press("Send the objection", words="Why?")
    trainer = account_for(app, "approver", (OFFICE,))
    with database.write() as connection:
        found = objections.objections_in(connection, (OFFICE,))[-1]
        waived = [Allowance(found.key, found.mark, WAIVED)]
        objections.settle(connection, library(), trainer, found.id, True, "No more of it.", waived, clock.now)
        learnt = objections.learnt(connection, (OFFICE,), CLOSE)[0]
    trainee.go(feedback).says("What you objected to, and is not asked for any more", "No more of it.")
    with database.write() as connection:
        objections.withdraw(connection, trainer, learnt.id, clock.now)


def test_a_comment_on_an_answer_in_shadow_is_announced(app, trainee, database, clock):
    desk = ServedDesk(app)
    id_ = desk.message("Hello, who do I write to about the bins?", channel="x-dm")
    mine = Answer(intent="ask_question", urgency="routine", do="no_reply")
    with database.write() as connection:
        draft = shadowing.keep(connection, library().packs, trainee.client.account, id_, mine, clock.now)
        shadowing.comment(connection, desk.people["moderator"], draft, "Well seen.", clock.now)
    trainee.go("/practice").follow("A moderator has written about an answer in shadow").says("New: read the comment")
    trainee.go("/practice").says_not("Somebody has answered you")
    trainee.go("/practice/shadow").says("Compared: read the comment")


def test_what_must_not_stand_is_quoted_as_it_was_written(trainee):
    (task,) = library().given[CLOSE].messages
    point = next(one for one in task.points if one.never)
    slip = point.never[0].upper()
    trainee.begin(CLOSE).answer(replace(good(CLOSE), reply=f"{good(CLOSE).reply} <i>{slip}</i>"))
    trainee.says(f"{point.why} You wrote: {slip}").says_not("<i>You")
    assert f"<i>{slip}" not in trainee.html


def test_one_objects_to_a_mark_once(trainee):
    trainee.begin(PLAYFUL).answer(bad(PLAYFUL))
    feedback = trainee.addresses[-1]
    form = trainee.object_to(0).html
    trainee.press("Send the objection", words="No.")
    trainee.html = form
    trainee.press("Send the objection", words="No.")
    assert trainee.banner == "You have objected to this mark already."
    assert trainee.addresses[-1] == feedback


def test_nobody_objects_to_what_does_not_exist(trainee):
    trainee.begin(PLAYFUL).answer(bad(PLAYFUL))
    address = trainee.addresses[-1].replace("feedback", "object")
    form = {"csrf_token": trainee.client.token, "key": "nothing", "mark": "nothing", "words": "No."}
    assert trainee.client.post(address, data=form).status_code == 404
    assert trainee.go(f"{address}?key=bait&mark=urgency").status == 404  # that one was met


# Whose it is


def test_what_is_anothers_is_not_there(app, trainee):
    trainee.begin(PLAYFUL)
    here = trainee.addresses[-1]
    other = somebody(app)
    whole = here.removesuffix("/1/see")
    for address in (here, whole, f"{whole}/feedback"):
        assert other.go(address).status == 404
    token = other.client.fetch_token()
    for act in ("skip", "pause", "resume", "leave", "finish", "show", "object", "1/see", "1/check"):
        assert other.client.post(f"{whole}/{act}", data={"csrf_token": token}).status_code == 404, act


@pytest.mark.parametrize(
    "address",
    [
        "/practice/leicestershire-opcc/for-free",
        "/practice/national/nothing",
        "/practice/own-cleveland-opcc/nothing",
        f"/practice/attempts/{10**30}",
        "/practice/attempts/999999/1/see",
        "/practice/certificate.pdf",
    ],
)
def test_what_is_not_there_is_not_found(trainee, address):
    assert trainee.go(address).status == 404


def test_the_marks_wait_until_it_is_handed_in(trainee):
    trainee.begin(PLAYFUL)
    trainee.go(trainee.addresses[-1].replace("1/see", "feedback"))
    assert trainee.heading == "What do you see?"


def test_the_certificate_is_a_pdf_of_ones_own(app, trainee, database, clock, monkeypatch):
    mine = trainee.client.account
    with database.write() as connection:
        connection.execute(
            sa.insert(tables.practice_certificate).values(
                account_id=mine.id, office=OFFICE, number=f"2026-TEST-{mine.id:04}", at=clock.now,
                passed_on=clock.now.date(), valid_until=clock.now.date().replace(year=2028), percent=91,
                refresher=False,
            )
        )  # fmt: skip
    trainee.go("/practice").says(f"Certificate 2026-TEST-{mine.id:04} (PDF), until 20 November 2028")
    answer = trainee.client.get("/practice/certificate.pdf")
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert b"/Title (Certificate 2026-TEST" in answer.data
    monkeypatch.setitem(app.config, "DEMO", True)
    assert b"/Title (Demonstration Certificate 2026-TEST" in trainee.client.get("/practice/certificate.pdf").data
    assert somebody(app).go("/practice/certificate.pdf").status == 404


def test_the_audit_tells_of_it_and_holds_no_words(trainee, database):
    trainee.begin(PLAYFUL).answer(good(PLAYFUL))
    with database.read() as connection:
        assert not audit.verify(connection).fault
        held = connection.execute(sa.select(audit_table).order_by(audit_table.c.seq.desc()).limit(3)).all()
    assert "practice.finished" in str(held)
    assert good(PLAYFUL).reply[:20] not in str(held)
    assert not [address for address in trainee.addresses if "greet" in address or "political" in address]


def test_every_page_is_light(trainee):
    for address in ("/practice", f"/practice/{TWELVE}"):
        assert len(trainee.go(address).html) < 100_000
    assert len(trainee.begin(TWELVE).html) < 100_000
    trainee.press("Hand it in")
    assert len(trainee.html) < 100_000
