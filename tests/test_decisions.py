"""What staff may decide about a message, what comes of it, and in which words it is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from decisions_support import FOI, KNIFE, NAMES, QUESTION, THANKS, Desk
from desk_support import database  # noqa: F401 (a fixture)

from responder.desk import decisions, inbox, outbox, priority, threads
from responder.desk.decisions import Approved, Conflict, Refused, Stale, Words
from responder.desk.tables import contact_warning, correction, duty_done, escalation, note, reply, reply_author
from responder.errors import BadInput, UnknownName

OWN = "Hello, and thank you. Somebody here will look into it."
UNKNOWN_NUMBER = "Please ring 0800 123 4567."
GAP = "Please ring ((telephone))."
CANARY = "Zebedee-canary-4711"


@pytest.fixture
def desk(database):  # noqa: F811
    """An office where whoever answers may send, as the national rules have it."""
    return Desk(database)


@pytest.fixture
def one(database):  # noqa: F811
    """An office where an approver must approve."""
    return Desk(database, approvers=1)


@pytest.fixture
def two(database):  # noqa: F811
    """An office where two must approve who did not write it."""
    return Desk(database, approvers=2)


def no(kind, act, *given):
    """The sentence with which a decision is refused."""
    with pytest.raises(kind) as refused:
        act(*given)
    assert type(refused.value) is kind
    said = str(refused.value)
    assert said[0].isupper() and said.rstrip("”").endswith(".")
    return said


# From the draft to the outbox, and sent


def test_whoever_answers_approves_the_draft_where_the_office_asks_for_nobody_else(desk):
    id_ = desk.message()
    page = desk.page(id_)
    assert desk.approve("moderator", id_) == Approved(complete=True)
    assert desk.states(id_) == ("approved", "ready")
    assert desk.outbox(id_) == [("waiting", page.text)]
    assert desk.reply(id_)["changes"]["same"] is True
    assert [line.action for line in desk.lines(id_)[-2:]] == ["reply.written", "reply.approved"]
    last = desk.last(id_)
    assert (last.actor, last.account_id) == (NAMES["moderator"], desk.people["moderator"].id)
    assert (last.before["state"], last.after["state"], last.after["approvers_asked"]) == ("open", "approved", 0)


def test_a_reply_that_was_sent_by_hand_is_marked_as_sent(desk):
    id_ = desk.message()
    desk.approve("moderator", id_)
    desk.sent("second", id_)
    assert desk.states(id_) == ("answered", "sent")
    assert desk.row(id_)["settled_at"] == desk.now
    assert [state for state, _ in desk.outbox(id_)] == ["sent"]
    with desk.database.read() as connection:
        assert outbox.waiting(connection, desk.people["second"]) == []
        (gone,) = outbox.sent(connection, desk.people["second"])
    assert (gone.message_id, gone.by, gone.sent_at) == (id_, NAMES["second"], desk.now)
    assert desk.last(id_).after["by"] == "hand"


def test_a_trainee_drafts_and_asks_but_approves_sends_and_closes_nothing(desk):
    id_ = desk.message()
    assert "ask for approval" in no(Refused, desk.approve, "trainee", id_)
    assert desk.states(id_) == ("open", None), "nothing of it was kept"
    desk.ask("trainee", id_, OWN)
    assert desk.states(id_) == ("awaiting", "asked")
    for act, given in (
        (decisions.send_back, (1, "Shorter, please")),
        (decisions.mark_sent, (id_,)),
        (decisions.take_back, ()),
        (decisions.not_sent, ()),
        (decisions.close, ("other", "It is nothing")),
        (decisions.reopen, ()),
        (decisions.correct, ("greet",)),
        (decisions.taught, ()),
        (decisions.warn_of, ("Shouts",)),
        (decisions.end_warning, (1,)),
        (decisions.assign, (desk.people["second"].id,)),
    ):
        assert "may not" in no(Refused, desk.do, act, "trainee", id_, *given)
    assert desk.states(id_) == ("awaiting", "asked")
    assert desk.approve("moderator", id_).complete
    assert "may not" in no(Refused, desk.do, decisions.mark_sent, "trainee", id_, id_)


def test_somebody_who_left_decides_nothing(desk):
    from responder.desk import accounts

    id_ = desk.message()
    with desk.database.write() as connection:
        accounts.disable(connection, desk.people["manager"].actor, desk.people["approver"].id, desk.now)
        desk.people["approver"] = accounts.get(connection, desk.people["approver"].id)
    no(Refused, desk.approve, "approver", id_)
    no(Refused, desk.save, "approver", id_, OWN)
    with desk.database.read() as connection:
        assert desk.people["approver"].id not in dict(decisions.colleagues(connection, "cleveland-opcc"))
    assert "list" in no(BadInput, desk.do, decisions.assign, "manager", id_, desk.people["approver"].id)


EVERY = (
    (decisions.see, ()),
    (decisions.save_reply, (Words(OWN, 0, 1),)),
    (decisions.ask, (Words(OWN, 0, 1),)),
    (decisions.approve, (Words(OWN, 0, 1),)),
    (decisions.send_back, (1, "No")),
    (decisions.take_back, ()),
    (decisions.mark_sent, (1,)),
    (decisions.not_sent, ()),
    (decisions.close, ("thanks",)),
    (decisions.reopen, ()),
    (decisions.correct, ("greet",)),
    (decisions.taught, ()),
    (decisions.assign, (None,)),
    (decisions.add_note, ("A note",)),
    (decisions.escalate, ("duty-officer", "Look at this")),
    (decisions.settle_escalation, ()),
    (decisions.tick, ("a" * 64, True)),
    (decisions.warn_of, ("Shouts",)),
    (decisions.end_warning, (1,)),
)


def test_the_message_of_another_office_does_not_exist(desk):
    id_ = desk.message()
    desk.hire("stranger", "Sid Stranger", "administrator", ("north-wales-opcc",))
    before, lines = desk.row(id_), len(desk.lines(id_))
    for act, given in EVERY:
        there, nowhere = (no(Refused, desk.do, act, "stranger", number, *given) for number in (id_, 99_999))
        assert there == nowhere == "There is no such message."
    with desk.database.read() as connection:
        assert threads.whole(connection, desk.people["stranger"], id_) is None
        assert threads.row_of(connection, desk.people["stranger"], id_) is None
        assert threads.office_of(connection, desk.people["stranger"], id_) is None
    assert (desk.row(id_), len(desk.lines(id_))) == (before, lines)


# How many must approve


def test_where_one_approver_is_asked_a_moderator_asks_and_an_approver_approves(one):
    id_ = one.message()
    assert "needs an approver" in no(Refused, one.approve, "moderator", id_)
    one.ask("moderator", id_)
    assert one.states(id_) == ("awaiting", "asked")
    assert "needs an approver" in no(Refused, one.approve, "second", id_)
    assert one.approve("approver", id_) == Approved(complete=True)
    assert one.outbox(id_)[0][0] == "waiting"


def test_where_one_is_asked_an_approver_may_approve_what_they_wrote(one):
    id_ = one.message()
    assert one.approve("approver", id_, OWN).complete
    assert one.reply(id_)["changes"]["same"] is False


def test_where_two_are_asked_two_others_approve(two):
    id_ = two.message()
    two.ask("trainee", id_, OWN)
    assert two.approve("approver", id_) == Approved(complete=False, still_needed=1)
    assert (two.states(id_), two.outbox(id_)) == (("awaiting", "asked"), [])
    assert two.last(id_).after["still_needed"] == 1
    assert "somebody else" in no(Refused, two.approve, "approver", id_)
    assert two.approve("other", id_) == Approved(complete=True)
    assert two.outbox(id_) == [("waiting", OWN)]
    assert two.approvers(id_) == ["approver", "other"]


def test_where_two_are_asked_nobody_approves_their_own_words_or_what_they_asked_for(two):
    id_ = two.message()
    two.save("trainee", id_, OWN)
    two.ask("approver", id_, OWN + " We'll write again.")
    assert "You wrote this reply" in no(Refused, two.approve, "approver", id_)
    assert two.approve("other", id_).still_needed == 1
    assert two.approve("manager", id_).complete


def test_the_first_of_two_approvers_counts_also_where_nobody_had_asked(two):
    id_ = two.message()
    assert two.approve("approver", id_).still_needed == 1
    assert two.states(id_) == ("awaiting", "asked")
    assert two.approve("other", id_) == Approved(complete=True)
    assert two.approvers(id_) == ["approver", "other"]


def test_an_edit_between_two_approvals_voids_the_first(two):
    id_ = two.message()
    two.ask("trainee", id_, OWN)
    two.approve("approver", id_)
    two.save("moderator", id_, OWN + " Goodbye.")
    assert (two.states(id_), two.approvers(id_)) == (("awaiting", "asked"), [])
    assert two.approve("other", id_).still_needed == 1
    assert two.approve("approver", id_).complete
    assert two.outbox(id_) == [("waiting", OWN + " Goodbye.")]


def test_who_edits_while_approving_where_two_are_asked_has_written_it(two):
    id_ = two.message()
    two.ask("trainee", id_, OWN)
    two.approve("approver", id_)
    assert "You wrote this reply" in no(Refused, two.approve, "other", id_, OWN + " Bye.")
    assert (two.reply(id_)["text"], two.approvers(id_)) == (OWN, ["approver"]), "a refusal changes nothing"


def test_the_office_sets_how_many_must_approve(desk):
    id_ = desk.message()
    desk.set_approvals("cleveland-opcc", [{"approvers": 2, "why": "We are new here."}])
    said = no(Refused, desk.approve, "moderator", id_)
    assert "needs an approver" in said and "We are new here." in said
    assert desk.approve("approver", id_).still_needed == 1
    assert desk.approve("other", id_).complete


def test_danger_waits_for_nobody(desk):
    id_ = desk.message(KNIFE)
    assert desk.page(id_).text.split(".")[0].count("999") == 1
    assert desk.approve("moderator", id_).complete


# Words that the check blocks


@pytest.mark.parametrize(("text", "why"), [(UNKNOWN_NUMBER, "0800 123 4567"), (GAP, "telephone")])
def test_what_the_check_blocks_can_be_kept_but_not_asked_for_or_approved(desk, text, why):
    id_ = desk.message()
    for act in (desk.ask, desk.approve):
        said = no(Refused, act, "approver", id_, text)
        assert said.startswith("Mend this first:") and why in said
        assert desk.states(id_) == ("open", None)
    assert desk.save("moderator", id_, text) == 1
    assert desk.states(id_) == ("open", "draft")
    no(Refused, desk.ask, "moderator", id_)


def test_a_reply_that_waits_and_is_edited_to_have_a_gap_waits_no_more(one):
    id_ = one.message()
    one.ask("trainee", id_, OWN)
    one.save("trainee", id_, OWN + " Thank you.")
    assert one.states(id_) == ("awaiting", "asked"), "better words wait on"
    one.save("trainee", id_, GAP)
    assert one.states(id_) == ("open", "draft")
    last = one.last(id_)
    assert (last.action, last.before["state"], last.after["state"]) == ("reply.changed", "awaiting", "open")
    no(Refused, one.approve, "approver", id_)


def test_two_findings_are_counted(desk):
    assert "There is 1 more." in no(Refused, desk.approve, "moderator", desk.message(), f"{UNKNOWN_NUMBER} {GAP}")


def test_a_reply_that_is_empty_or_endless_is_refused(desk):
    id_ = desk.message()
    for act in (desk.save, desk.ask, desk.approve):
        assert "empty" in no(BadInput, act, "moderator", id_, " \n ")
        assert "50,000" in no(BadInput, act, "moderator", id_, "a" * 50_001)
    assert desk.states(id_) == ("open", None)


# The words of a reply and whose they are


def test_an_edit_is_kept_as_a_difference_without_its_words(desk):
    id_ = desk.message()
    draft = desk.page(id_).text
    desk.approve("moderator", id_, f"{draft} {CANARY} is on leave.")
    kept = desk.reply(id_)
    assert kept["drafted"] == draft
    assert kept["changes"]["same"] is False and kept["changes"]["added"] == 1
    assert {part["fate"] for part in kept["changes"]["parts"]} == {"kept"}
    assert CANARY not in json.dumps(kept["changes"]) + desk.audited()


def test_an_edit_is_told_from_the_draft_that_it_started_from_not_from_a_later_one(desk):
    id_ = desk.message()
    desk.save("moderator", id_, f"{desk.page(id_).text} {OWN}")
    first = desk.reply(id_)
    desk.do(decisions.correct, "moderator", id_, "thank")
    desk.approve("moderator", id_)
    assert desk.reply(id_)["drafted"] == first["drafted"]
    assert {part["fate"] for part in desk.reply(id_)["changes"]["parts"]} == {"kept"}


def test_who_takes_the_new_draft_as_it_is_has_changed_nothing(desk):
    id_ = desk.message()
    desk.save("moderator", id_, OWN)
    desk.do(decisions.correct, "moderator", id_, "thank")
    fresh = desk.page(id_, text=desk_draft(desk, id_))
    desk.do(decisions.approve, "second", id_, fresh)
    kept = desk.reply(id_)
    assert (kept["text"], kept["drafted"], kept["changes"]["same"]) == (fresh.text, fresh.text, True)
    assert desk.all(sa.select(reply_author)) == [], "nobody's own words are left in it"


def desk_draft(desk, id_):
    """The draft as it would be now, whatever words are kept."""
    with desk.database.read() as connection:
        found = threads.whole(connection, desk.people["moderator"], id_)
        return threads.line_now(connection, desk.acting("moderator").packs, found.row, desk.now)["reply"]


def test_untouched_words_have_no_author_and_touched_ones_have_all_of_theirs(desk):
    id_ = desk.message()
    desk.save("moderator", id_)
    assert desk.all(sa.select(reply_author)) == []
    desk.save("trainee", id_, OWN)
    desk.save("second", id_, OWN + " Bye.")
    by_id = {account.id: name for name, account in desk.people.items()}
    assert {by_id[found["account_id"]] for found in desk.all(sa.select(reply_author))} == {"trainee", "second"}


def test_the_safety_words_of_an_unread_message_are_a_draft_like_any(desk):
    id_ = desk.message(read=False)
    desk.approve("moderator", id_)
    assert desk.reply(id_)["drafted"] == desk.reply(id_)["text"]
    assert desk.reply(id_)["changes"]["same"] is True
    assert desk.all(sa.select(reply_author)) == []


def test_saving_the_same_words_again_is_no_new_version(desk):
    id_ = desk.message()
    assert desk.save("moderator", id_, OWN) == 1
    lines = len(desk.lines(id_))
    assert desk.save("second", id_) == 1
    assert desk.save("second", id_, OWN.replace(".", ".\r\n")) == 2
    assert "\r" not in desk.reply(id_)["text"]
    assert len(desk.lines(id_)) == lines + 1


def test_a_reply_is_in_a_language_that_the_office_answers_in(desk):
    welsh, english = (desk.message("shwmae", office=office) for office in ("north-wales-opcc", "cleveland-opcc"))
    for id_ in (welsh, english):
        desk.approve("moderator", id_)
    assert (desk.reply(welsh)["language"], desk.reply(english)["language"]) == ("cy", "en")
    chosen = desk.message("Hello", office="north-wales-opcc")
    desk.do(decisions.approve, "moderator", chosen, desk.page(chosen, language="cy"))
    assert (desk.reply(chosen)["language"], desk.reply(chosen)["changes"]["same"]) == ("cy", True)


def test_another_language_can_be_chosen_for_words_that_were_kept(desk):
    id_ = desk.message("Hello", office="north-wales-opcc")
    desk.save("moderator", id_)
    welsh = "Helo, a diolch am gysylltu. Sut gallwn ni helpu?"
    assert "Welsh" in no(Refused, desk.approve, "moderator", id_, welsh)
    desk.do(decisions.approve, "moderator", id_, desk.page(id_, text=welsh, language="cy"))
    assert (desk.reply(id_)["language"], desk.states(id_)[0]) == ("cy", "approved")


# Sent back, taken back, not sent after all


def test_a_reply_is_sent_back_with_the_reason_to_whoever_asked(one):
    id_ = one.message()
    one.ask("trainee", id_, OWN)
    assert "reason" in no(BadInput, one.do, decisions.send_back, "approver", id_, 1, "  ")
    one.do(decisions.send_back, "approver", id_, 1, "Say when.")
    assert one.states(id_) == ("open", "draft")
    assert one.row(id_)["assignee_id"] == one.people["trainee"].id
    with one.database.read() as connection:
        found = threads.whole(connection, one.people["trainee"], id_)
    (decided,) = found.decisions
    assert (decided["decision"], decided["reason"], decided["who"]) == ("sent-back", "Say when.", NAMES["approver"])
    last = one.last(id_)
    assert (last.before["state"], last.before["assignee"]) == ("awaiting", None)
    assert (last.after["state"], last.after["assignee"]) == ("open", one.people["trainee"].id)
    one.ask("trainee", id_, OWN + " Today.")
    assert one.approve("approver", id_).complete


def test_who_approved_may_send_back_and_then_has_not_approved(two):
    id_ = two.message()
    two.ask("trainee", id_, OWN)
    two.approve("approver", id_)
    two.do(decisions.send_back, "approver", id_, 1, "On second thoughts, no.")
    two.ask("trainee", id_)
    assert two.approvers(id_) == []
    assert two.approve("approver", id_).still_needed == 1
    assert two.approve("other", id_).complete


def test_what_was_sent_back_is_not_approved_from_a_page_that_did_not_know(one):
    id_ = one.message()
    stale = one.page(id_, text=OWN)
    one.do(decisions.ask, "trainee", id_, stale)
    one.do(decisions.send_back, "approver", id_, 1, "Say when.")
    said = no(Conflict, one.do, decisions.approve, "other", id_, stale)
    assert said.startswith(f"{NAMES['approver']} sent this reply back")


def test_only_what_waits_can_be_sent_back(one):
    id_ = one.message()
    no(Conflict, one.do, decisions.send_back, "approver", id_, 0, "No")
    one.ask("trainee", id_, OWN)
    one.save("moderator", id_, OWN + " Bye.")
    assert no(Conflict, one.do, decisions.send_back, "approver", id_, 1, "No").startswith(NAMES["moderator"])
    one.approve("approver", id_)
    said = no(Conflict, one.do, decisions.send_back, "other", id_, 2, "No")
    assert said == f"{NAMES['approver']} has already approved the reply."


def test_an_approved_reply_can_be_taken_back_until_it_was_sent(desk):
    id_ = desk.message()
    desk.approve("moderator", id_)
    desk.do(decisions.take_back, "second", id_)
    assert desk.states(id_) == ("open", "draft")
    assert [state for state, _ in desk.outbox(id_)] == ["withdrawn"]
    assert desk.approvers(id_) == [], "it must be approved anew"
    said = no(Conflict, desk.do, decisions.mark_sent, "moderator", id_, id_)
    assert said.startswith(f"{NAMES['second']} has taken the reply out of the outbox")
    assert no(Conflict, desk.do, decisions.take_back, "moderator", id_).startswith(NAMES["second"])
    desk.approve("moderator", id_, OWN)
    assert desk.outbox(id_) == [("waiting", OWN)], "the same place in the outbox, with the new words"
    desk.sent("moderator", id_)
    said = no(Conflict, desk.do, decisions.take_back, "second", id_)
    assert said == f"{NAMES['moderator']} has already sent the reply."


def test_not_sent_after_all(desk):
    id_ = desk.message()
    desk.approve("moderator", id_)
    desk.sent("moderator", id_)
    desk.do(decisions.not_sent, "second", id_)
    assert desk.states(id_) == ("approved", "ready")
    assert [state for state, _ in desk.outbox(id_)] == ["waiting"]
    assert desk.row(id_)["settled_at"] is None
    said = no(Conflict, desk.do, decisions.not_sent, "moderator", id_)
    assert said.startswith(f"{NAMES['second']} has marked the reply as not sent")
    desk.sent("moderator", id_)


# Closed, and opened again


def test_a_message_that_needs_no_reply_is_closed_with_a_reason(desk):
    id_ = desk.message("Hello")
    assert "list" in no(BadInput, desk.do, decisions.close, "moderator", id_, "no such reason")
    desk.do(decisions.close, "moderator", id_, "thanks")
    assert desk.states(id_) == ("closed", None)
    row = desk.row(id_)
    assert (row["closed_reason"], row["settled_at"]) == ("thanks", desk.now)
    assert desk.last(id_).after == {"state": "closed", "reason": "thanks"}
    said = f"{NAMES['moderator']} has closed this message: no reply needed."
    assert no(Conflict, desk.do, decisions.close, "second", id_, "thanks") == said
    assert no(Conflict, desk.approve, "second", id_) == said
    assert no(Conflict, desk.save, "second", id_, OWN) == said
    assert no(Conflict, desk.do, decisions.correct, "second", id_, "greet") == said


@pytest.mark.parametrize(("text", "read"), [(KNIFE, True), (QUESTION, False)])
def test_danger_and_what_nobody_has_read_are_closed_only_with_words_of_ones_own(desk, text, read):
    id_ = desk.message(text, read=read)
    assert "own words" in no(BadInput, desk.do, decisions.close, "moderator", id_, "duplicate", " ")
    desk.do(decisions.close, "moderator", id_, "duplicate", "The control room has it: log 12.")
    assert desk.states(id_)[0] == "closed"
    (kept,) = desk.all(sa.select(note))
    assert (kept["text"], kept["account_id"]) == ("The control room has it: log 12.", desk.people["moderator"].id)


def test_another_reason_is_written_down(desk):
    id_ = desk.message()
    assert "own words" in no(BadInput, desk.do, decisions.close, "moderator", id_, "other")
    desk.do(decisions.close, "moderator", id_, "other", "A test of our own page.")


def test_a_reply_that_stands_in_the_outbox_is_not_closed_over(desk):
    id_ = desk.message()
    desk.approve("moderator", id_)
    said = no(Conflict, desk.do, decisions.close, "second", id_, "thanks")
    assert said == f"{NAMES['moderator']} has already approved the reply."
    assert desk.states(id_) == ("approved", "ready")


def test_closing_takes_the_reply_off_the_desk_and_opening_again_brings_the_words_back(one):
    id_ = one.message()
    one.ask("trainee", id_, OWN)
    one.do(decisions.close, "moderator", id_, "duplicate")
    assert one.states(id_) == ("closed", "withdrawn")
    one.do(decisions.reopen, "second", id_)
    assert one.states(id_) == ("open", "draft")
    row = one.row(id_)
    assert (row["settled_at"], row["closed_reason"]) == (None, None)
    assert one.page(id_).text == OWN
    assert one.approve("approver", id_).complete


def test_approvals_do_not_outlive_a_closing(two):
    id_ = two.message()
    two.ask("trainee", id_, OWN)
    two.approve("approver", id_)
    two.do(decisions.close, "moderator", id_, "duplicate")
    two.do(decisions.reopen, "moderator", id_)
    assert two.approve("other", id_).still_needed == 1


def test_an_untouched_draft_does_not_come_back(desk):
    id_ = desk.message()
    desk.save("moderator", id_)
    desk.do(decisions.close, "moderator", id_, "duplicate")
    desk.do(decisions.reopen, "moderator", id_)
    assert desk.states(id_) == ("open", "withdrawn")
    assert desk.page(id_).version == 0
    assert desk.approve("moderator", id_).complete


def test_an_answered_message_is_opened_again_for_a_second_reply(desk):
    id_ = desk.message()
    desk.approve("moderator", id_)
    desk.sent("moderator", id_)
    desk.do(decisions.reopen, "second", id_)
    with desk.database.read() as connection:
        found = threads.whole(connection, desk.people["moderator"], id_)
    assert found.reply is None, "the page offers a new draft, not the reply that went"
    assert [post.text for post in found.posts if post.sender == "office"] == [desk.outbox(id_)[0][1]]
    desk.approve("moderator", id_, OWN)
    desk.sent("moderator", id_)
    assert [state for state, _ in desk.outbox(id_)] == ["sent", "sent"]
    assert desk.reply(id_)["number"] == 2
    said = no(Conflict, desk.do, decisions.reopen, "second", desk.message())
    assert "as you saw it" in said


def test_what_was_sent_before_a_message_was_opened_again_does_not_go_back_to_the_outbox(desk):
    id_ = desk.message()
    desk.approve("moderator", id_)
    desk.sent("moderator", id_)
    desk.do(decisions.reopen, "second", id_)
    said = no(Conflict, desk.do, decisions.not_sent, "moderator", id_)
    assert said == f"{NAMES['second']} has opened the message again."
    assert no(Conflict, desk.do, decisions.reopen, "moderator", id_) == said
    assert [state for state, _ in desk.outbox(id_)] == ["sent"]


# What it is


def test_the_draft_follows_a_correction(desk):
    id_ = desk.message()
    before = desk.page(id_).text
    desk.save("moderator", id_)
    desk.do(decisions.correct, "second", id_, "request_foi")
    row = desk.row(id_)
    assert (row["intent"], row["confidence"], row["state"]) == ("request_foi", 100, "open")
    assert desk.states(id_) == ("open", "withdrawn"), "a draft that nobody touched is dropped"
    page = desk.page(id_)
    assert page.version == 0 and page.text != before
    assert row["due_kind"] == "platform-window"
    (kept,) = desk.all(sa.select(correction))
    assert (kept["read_as"], kept["intent"], kept["taught"]) == ("greet", "request_foi", False)
    last = desk.last(id_)
    assert (last.action, last.actor, last.after["intent"]) == ("message.corrected", NAMES["second"], "request_foi")
    desk.do(decisions.taught, "second", id_)
    assert desk.all(sa.select(correction))[0]["taught"] is True
    assert desk.last(id_).action == "message.taught"


def test_a_correction_keeps_a_persons_words_and_voids_what_was_approved(two):
    id_ = two.message()
    two.ask("trainee", id_, OWN)
    two.approve("approver", id_)
    two.do(decisions.correct, "moderator", id_, "ask_contact")
    assert two.states(id_) == ("open", "draft")
    assert (two.page(id_).text, two.approvers(id_)) == (OWN, [])
    last = two.last(id_)
    assert (last.before["state"], last.after["state"]) == ("awaiting", "open")


def test_danger_that_a_person_sees_comes_first_and_what_they_rule_out_does_not(desk):
    id_ = desk.message("Hello")
    desk.do(decisions.correct, "moderator", id_, None, "alarm")
    assert desk.row(id_)["rank"] == priority.DANGER
    assert "999" in desk.page(id_).text.split(".")[0]
    assert "999" in no(Refused, desk.approve, "moderator", id_, OWN)
    desk.do(decisions.correct, "moderator", id_, None, "none")
    assert desk.row(id_)["rank"] == priority.ORDINARY
    assert desk.last(id_).before["danger"] == "alarm" and desk.last(id_).after["danger"] == "none"


def test_another_intent_alone_does_not_rule_danger_out(desk):
    id_ = desk.message(KNIFE)
    desk.do(decisions.correct, "moderator", id_, "greet")
    assert (desk.row(id_)["danger"], desk.row(id_)["rank"]) == ("alarm", priority.DANGER)


def test_of_a_message_that_nobody_has_read_a_person_says_all(desk):
    id_ = desk.message(read=False)
    for given in (("greet", None), (None, "none")):
        assert "has not read" in no(BadInput, desk.do, decisions.correct, "moderator", id_, *given)
    desk.do(decisions.correct, "moderator", id_, "greet", "none")
    row = desk.row(id_)
    assert (row["intent"], row["danger"], row["rank"]) == ("greet", "none", priority.ORDINARY)
    danger = desk.message(read=False)
    desk.do(decisions.correct, "moderator", danger, None, "alarm")
    assert desk.row(danger)["rank"] == priority.DANGER
    with desk.database.read() as connection:
        from responder.desk import assessing

        assert not assessing.is_waiting(connection, id_)


def test_a_correction_says_something_that_there_is(desk):
    id_ = desk.message()
    no(UnknownName, desk.do, decisions.correct, "moderator", id_, "no_such_intent")
    no(BadInput, desk.do, decisions.correct, "moderator", id_, None, "perhaps")
    no(BadInput, desk.do, decisions.correct, "moderator", id_, None)
    no(BadInput, desk.do, decisions.correct, "moderator", id_, "")


# Stale, and overtaken


def test_a_new_message_between_page_and_approval_must_be_read_first(desk):
    id_ = desk.message()
    page = desk.page(id_)
    newer = desk.message("And another thing")
    for who in ("moderator", "approver"):
        assert "A new message has come" in no(Stale, desk.do, decisions.approve, who, id_, page)
    assert desk.states(id_) == ("open", None)
    assert desk.approve("moderator", id_).complete, "from a page that shows it"
    assert desk.reply(id_)["saw_message_id"] == newer


def test_a_new_message_between_approval_and_marking_as_sent_must_be_read_first(desk):
    id_ = desk.message()
    desk.approve("moderator", id_)
    page = desk.page(id_)
    newer = desk.message("Too late, forget it")
    assert "A new message has come" in no(Stale, desk.do, decisions.mark_sent, "moderator", id_, page.saw)
    with desk.database.read() as connection:
        (waiting,) = outbox.waiting(connection, desk.people["moderator"])
        assert threads.whole(connection, desk.people["moderator"], id_).is_stale
    assert waiting.is_stale and waiting.newest == newer
    desk.sent("moderator", id_)


def test_a_new_message_between_two_approvals_must_be_seen_by_both(two):
    id_ = two.message()
    two.ask("trainee", id_, OWN)
    two.approve("approver", id_)
    two.message("I can't go on")
    assert two.approve("other", id_).still_needed == 1, "the first had not seen it"
    assert two.approvers(id_) == ["other"]
    assert [line.action for line in two.lines(id_)[-2:]] == ["reply.looked-again", "reply.approved"]
    assert two.approve("approver", id_).complete


def test_a_new_message_in_another_conversation_is_nothing_to_this_one(desk):
    id_ = desk.message()
    page = desk.page(id_)
    desk.message("Hello", author="somebody.else")
    assert desk.do(decisions.approve, "moderator", id_, page).complete


def test_a_page_cannot_have_seen_what_is_still_to_come(desk):
    id_ = desk.message()
    desk.do(decisions.approve, "moderator", id_, Words(OWN, 0, 10**15))
    assert desk.reply(id_)["saw_message_id"] == id_
    desk.message("And another thing")
    with desk.database.read() as connection:
        assert threads.whole(connection, desk.people["moderator"], id_).is_stale


def test_what_was_read_meanwhile_is_looked_at_before_approving(desk):
    id_ = desk.message()
    page = desk.page(id_)
    desk.do(decisions.correct, "second", id_, "complain_police")
    said = no(Conflict, desk.do, decisions.approve, "moderator", id_, page)
    assert said.startswith(f"{NAMES['second']} said what this message is")
    unread = desk.message(read=False)
    page = desk.page(unread)
    desk.read(unread)
    assert no(Conflict, desk.do, decisions.approve, "moderator", unread, page).startswith("The assistant has read")
    assert desk.approve("moderator", unread).complete


def test_who_changed_the_words_first_is_named(desk):
    id_ = desk.message()
    mine, theirs = desk.page(id_, text=OWN), desk.page(id_, text=THANKS)
    desk.do(decisions.save_reply, "second", id_, theirs)
    for act in (decisions.save_reply, decisions.ask, decisions.approve):
        said = no(Conflict, desk.do, act, "moderator", id_, mine)
        assert said.startswith(f"{NAMES['second']} changed this reply while you were looking at it.")
    assert desk.reply(id_)["text"] == THANKS
    desk.do(decisions.approve, "moderator", id_, theirs)
    assert desk.states(id_) == ("approved", "ready"), "the very same words are no conflict"


def test_who_was_first_is_named_however_many_looked_since(desk):
    id_ = desk.message()
    page = desk.page(id_)
    desk.approve("second", id_)
    for _ in range(60):
        desk.do(decisions.see, "manager", id_)
    assert no(Conflict, desk.do, decisions.approve, "moderator", id_, page) == (
        f"{NAMES['second']} has already approved the reply."
    )


def test_words_kept_from_a_page_that_showed_a_dropped_reply_are_refused_by_name(desk):
    id_ = desk.message()
    desk.save("moderator", id_)
    page = desk.page(id_, text=OWN)
    desk.do(decisions.correct, "second", id_, "request_foi")
    assert no(Conflict, desk.do, decisions.save_reply, "moderator", id_, page).startswith(NAMES["second"])


# Everything else


def test_a_message_that_is_opened_is_noted_each_time_and_as_seen_once(desk):
    id_ = desk.message()
    desk.do(decisions.see, "trainee", id_)
    first = desk.row(id_)["seen_at"]
    desk.do(decisions.see, "moderator", id_)
    assert desk.row(id_)["seen_at"] == first == desk.now - timedelta(minutes=1)
    assert [line.actor for line in desk.lines(id_) if line.action == "message.viewed"] == [
        NAMES["trainee"], NAMES["moderator"],
    ]  # fmt: skip


def test_a_message_is_taken_on_given_and_left(desk):
    id_, trainee, moderator = desk.message(), desk.people["trainee"].id, desk.people["moderator"].id
    desk.do(decisions.assign, "trainee", id_, trainee)
    assert desk.row(id_)["assignee_id"] == trainee
    desk.do(decisions.assign, "trainee", id_, None)
    assert desk.row(id_)["assignee_id"] is None
    desk.do(decisions.assign, "second", id_, moderator)
    assert desk.last(id_).before == {"assignee": None} and desk.last(id_).after == {"assignee": moderator}
    no(Refused, desk.do, decisions.assign, "trainee", id_, None)
    assert desk.row(id_)["assignee_id"] == moderator, "a trainee takes it from nobody"
    with desk.database.read() as connection:
        found = inbox.look(connection, desk.people["moderator"], inbox.Filter(assignee="me"), desk.now)
    assert [row.id for row in found.rows] == [id_]
    outsider = desk.hire("stranger", "Sid Stranger", "moderator", ("north-wales-opcc",))
    assert "list" in no(BadInput, desk.do, decisions.assign, "second", id_, outsider.id)
    assert "list" in no(BadInput, desk.do, decisions.assign, "second", id_, 99_999)


def test_a_note_is_for_staff_and_needs_words(desk):
    id_ = desk.message()
    desk.do(decisions.add_note, "trainee", id_, f" {CANARY} rang twice. ")
    with desk.database.read() as connection:
        (kept,) = threads.whole(connection, desk.people["trainee"], id_).notes
    assert (kept["text"], kept["who"]) == (f"{CANARY} rang twice.", NAMES["trainee"])
    assert no(BadInput, desk.do, decisions.add_note, "trainee", id_, " ") == "Write the note."
    assert "5,000" in no(BadInput, desk.do, decisions.add_note, "trainee", id_, "a" * 5_001)
    assert CANARY not in desk.audited()


def test_somebody_who_must_know_is_told_and_deals_with_it(desk):
    id_ = desk.message(KNIFE)
    assert "list" in no(BadInput, desk.do, decisions.escalate, "trainee", id_, "nobody", "Look")
    assert "need to know" in no(BadInput, desk.do, decisions.escalate, "trainee", id_, "force-control-room", " ")
    desk.do(decisions.escalate, "trainee", id_, "force-control-room", f"{CANARY}: 4 Elm Road, a knife")
    assert desk.row(id_)["escalated_to"] == "force-control-room"
    assert desk.last(id_).after == {"escalated_to": "force-control-room"}
    desk.do(decisions.settle_escalation, "moderator", id_)
    (kept,) = desk.all(sa.select(escalation))
    assert (kept["settled_by"], kept["settled_at"]) == (desk.people["moderator"].id, desk.now)
    assert desk.row(id_)["escalated_to"] is None
    assert "any more" in no(Conflict, desk.do, decisions.settle_escalation, "moderator", id_)
    assert CANARY not in desk.audited()


def test_only_a_force_has_a_digital_desk(desk):
    for office, there in (("leicestershire-police", True), ("leicestershire-opcc", False)):
        id_ = desk.message(office=office)
        if there:
            desk.do(decisions.escalate, "trainee", id_, "digital-desk", "Look at this")
        else:
            no(BadInput, desk.do, decisions.escalate, "trainee", id_, "digital-desk", "Look at this")


def test_what_staff_must_do_is_ticked_off_and_not_after_all(desk):
    id_ = desk.message(FOI)
    with desk.database.read() as connection:
        line = threads.line_now(connection, desk.acting("trainee").packs, desk.row(id_), desk.now)
    duty = decisions.duty_id(line["staff_actions"][0])
    for _ in range(2):
        desk.do(decisions.tick, "trainee", id_, duty, True)
    with desk.database.read() as connection:
        assert threads.whole(connection, desk.people["trainee"], id_).done[duty]["who"] == NAMES["trainee"]
    desk.do(decisions.tick, "moderator", id_, duty, False)
    assert desk.all(sa.select(duty_done)) == []
    assert [line.action for line in desk.lines(id_)[-3:]] == ["duty.done", "duty.done", "duty.not-done"]
    for wrong in ("", "x" * 63, "é" * 64, "-" * 64):
        no(BadInput, desk.do, decisions.tick, "trainee", id_, wrong, True)


def test_a_warning_about_the_sender_stands_with_all_of_their_messages_until_it_is_ended(desk):
    first = desk.message()
    desk.do(decisions.warn_of, "moderator", first, f"{CANARY} threatens callers")
    second = desk.message("Hello again")
    with desk.database.read() as connection:
        (shown,) = threads.whole(connection, desk.people["trainee"], second).sender.warnings
    assert (shown["text"], shown["who"]) == (f"{CANARY} threatens callers", NAMES["moderator"])
    other = desk.message(author="somebody.else")
    assert "already" in no(Conflict, desk.do, decisions.end_warning, "moderator", other, shown["id"])
    desk.do(decisions.end_warning, "second", second, shown["id"])
    with desk.database.read() as connection:
        assert threads.whole(connection, desk.people["trainee"], first).sender.warnings == ()
    (kept,) = desk.all(sa.select(contact_warning))
    assert (kept["ended_by"], kept["ended_at"]) == (desk.people["second"].id, desk.now)
    assert "already" in no(Conflict, desk.do, decisions.end_warning, "moderator", first, shown["id"])
    nameless = desk.message(author=None)
    assert "isn't known" in no(BadInput, desk.do, decisions.warn_of, "moderator", nameless, "Shouts")
    assert CANARY not in desk.audited()


def test_every_decision_stands_in_the_audit_with_who_when_and_what(desk):
    id_ = desk.message()
    desk.ask("trainee", id_, OWN)
    desk.do(decisions.send_back, "approver", id_, 1, "Shorter")
    desk.approve("moderator", id_)
    desk.do(decisions.take_back, "moderator", id_)
    desk.approve("moderator", id_)
    desk.sent("second", id_)
    desk.do(decisions.not_sent, "second", id_)
    desk.sent("second", id_)
    desk.do(decisions.reopen, "manager", id_)
    desk.do(decisions.close, "manager", id_, "duplicate")
    told = [(line.action, line.before.get("state"), line.after.get("state")) for line in desk.lines(id_)[2:]]
    assert told == [
        ("reply.written", None, None),
        ("reply.asked", "open", "awaiting"),
        ("reply.sent-back", "awaiting", "open"),
        ("reply.approved", "open", "approved"),
        ("reply.taken-back", "approved", "open"),
        ("reply.approved", "open", "approved"),
        ("reply.sent", "approved", "answered"),
        ("reply.not-sent", "answered", "approved"),
        ("reply.sent", "approved", "answered"),
        ("message.reopened", "answered", "open"),
        ("message.closed", "open", "closed"),
    ]
    assert all(line.account_id and line.office == "cleveland-opcc" for line in desk.lines(id_)[2:])
    assert OWN not in desk.audited() and QUESTION not in desk.audited()
    kept = desk.all(sa.select(reply))
    assert len(kept) == 1


# The conversation as the page shows it


def conversation(desk, id_):
    """Who said what in it, as somebody sees who opens a message."""
    with desk.database.read() as connection:
        found = threads.whole(connection, desk.people["trainee"], id_)
    return [(post.sender, post.text) for post in found.posts], found


def test_the_conversation_stands_in_order_also_where_two_messages_came_in_the_same_second(desk):
    moment = desk.now
    ids = [desk.message(f"Hello, number {n}", received_at=moment) for n in range(3)]
    told, found = conversation(desk, ids[0])
    assert told == [("public", f"Hello, number {n}") for n in range(3)]
    assert (found.later, found.newest) == (ids[2], ids[2])
    assert conversation(desk, ids[2])[1].later is None


def test_a_message_is_shown_in_however_long_a_conversation(desk):
    ids = [desk.message(f"Hello, number {n}", read=False) for n in range(50)]
    for id_ in (ids[0], ids[25], ids[49]):
        told, found = conversation(desk, id_)
        assert id_ in {post.id for post in found.posts}
        assert len(told) <= 2 * threads.MOST_POSTS + 1
        assert found.later == (ids[49] if id_ != ids[49] else None)


def test_what_came_with_a_message_and_stands_on_the_desk_is_shown_once(desk):
    first = desk.message("Hello, who are you?")
    desk.approve("moderator", first)
    desk.sent("moderator", first)
    answer = desk.outbox(first)[0][1]
    earlier = (
        {"from": "public", "text": "Long ago", "at": "2026-01-01T10:00:00+00:00"},
        {"from": "public", "text": "Hello, who are you?", "at": None},
        {"from": "office", "text": answer, "at": None},
    )
    told, _ = conversation(desk, desk.message("And now?", earlier=earlier))
    assert told == [
        ("public", "Long ago"),
        ("public", "Hello, who are you?"),
        ("office", answer),
        ("public", "And now?"),
    ]
