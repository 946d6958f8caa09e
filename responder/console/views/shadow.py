"""`/practice/shadow`: a trainee answers beside real messages without sending; a moderator compares and writes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from responder.console import access, checking, desk_pages, practice_pages, practice_words, trainer_pages, words
from responder.console.access import needs
from responder.desk import states, threads
from responder.desk.threads import PostOnPage
from responder.drafting.model import FLAGS, URGENCIES
from responder.errors import BadInput
from responder.practice import news, shadowing
from responder.practice.scenarios import DECISIONS, Answer
from responder.practice.shadowing import Comparison, Stands

pages = Blueprint("shadow", __name__)
Page = tuple[str, int] | Response
HIGHEST = 10**15  # no number of ours is higher, and no database would take it
UNCHECKED, BY_THE_DESK = "The assistant’s reading, which nobody has checked", "The desk"
SHOWN = 20_000  # characters of a message on its page
BECAME = {
    states.ANSWERED: "A reply was sent",
    states.CLOSED: "Closed without a reply",
    states.APPROVED: "A reply is approved, to be sent",
    states.AWAITING: "A reply waits for approval",
    states.OPEN: "Not decided yet",
}


@pages.url_value_preprocessor
def check_numbers(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that nothing can have is not found."""
    if any(isinstance(value, int) and value > HIGHEST for value in (values or {}).values()):
        abort(404)


# The trainee's side


@pages.get("/practice/shadow")
@needs("practise")
def messages() -> str:
    """Quiet messages to answer in shadow, and what one answered so far."""
    account, now = access.account(), desk_pages.now()
    before = request.args.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    with access.database().read() as connection:
        found = shadowing.to_shadow(connection, account, now, before=place)
        mine = shadowing.own(connection, account) if place is None else ()
        fresh = place is None and bool(news.news(connection, account).comments)
    before_this = news.seen_at(account, news.SHADOW)
    if fresh:
        with access.database().write() as connection:
            news.looked(connection, account, news.SHADOW, now)
    return render_template(
        "trainer/shadow_list.html",
        rows=found[: shadowing.PAGE],
        more=found[shadowing.PAGE - 1].message_id if len(found) > shadowing.PAGE else None,
        mine=mine,
        new={
            row.message_id
            for row in mine
            if fresh and row.compared_at and (before_this is None or row.compared_at > before_this)
        },
        hide_words=account.prefers("blur"),
        packs=desk_pages.packs(),
        practice=practice_words,
        now=now,
    )


@pages.get("/practice/shadow/<int:message_id>")
@needs("practise")
def message(message_id: int) -> Page:
    """One message, and the form for one's answer. That it was opened is noted, as on the desk."""
    account = access.account()
    with access.database().write() as connection:
        if shadowing.row_of(connection, account, message_id, desk_pages.now()) is None:
            abort(404)
        shadowing.see(connection, account, message_id, desk_pages.now())
    return _message(message_id)


@pages.post("/practice/shadow/<int:message_id>")
@needs("practise")
def keep(message_id: int) -> Page:
    """Keep one's answer; nothing is sent."""
    account, answer = access.account(), _answer(message_id)
    if errors := _faults(answer):
        return _message(message_id, answer, errors=errors, status=400)
    try:
        with access.database().write() as connection:
            shadowing.keep(connection, desk_pages.packs(), account, message_id, answer, desk_pages.now())
    except Stands as problem:
        return _message(message_id, errors={"answer-title": str(problem)}, status=409)
    except BadInput as problem:
        return _message(message_id, answer, errors={"reply": str(problem)}, status=400)
    flash("Handed in. Nothing was sent: a moderator compares your answer with what is really done.")
    return redirect(url_for("shadow.message", message_id=message_id))


@pages.post("/practice/shadow/<int:message_id>/check")
@needs("practise")
def check(message_id: int) -> Page:
    """The page with one's words checked as on the desk; nothing is kept."""
    return _message(message_id, _answer(message_id), checked=True)


@pages.get("/practice/shadow/<int:message_id>/check")
@needs("practise")
def check_without_words(message_id: int) -> Response:
    """Nothing to check in an address: back to the message."""
    _row(message_id)
    return redirect(url_for("shadow.message", message_id=message_id))


# The moderator's side


@pages.get("/practice/trainer/shadow")
@needs("send")
def to_compare() -> str:
    """What trainees answered in shadow: what waits, and what was compared last."""
    account = access.account()
    with access.database().read() as connection:
        waiting = trainer_pages.waiting(connection)
        open_, done = (shadowing.to_compare(connection, account, compared=which) for which in (False, True))
    return render_template(
        "trainer/compare_list.html", open=open_, done=done, packs=desk_pages.packs(), waiting=waiting,
        now=desk_pages.now(),
    )  # fmt: skip


@pages.get("/practice/trainer/shadow/<int:draft_id>")
@needs("send")
def compare(draft_id: int) -> Page:
    """One answer beside what was really done. That the message was opened is noted."""
    account = access.account()
    with access.database().write() as connection:
        found = shadowing.comparison(connection, account, draft_id)
        if found is None:
            abort(404)
        shadowing.see(connection, account, found.draft.message_id, desk_pages.now())
    return _compare(draft_id)


@pages.post("/practice/trainer/shadow/<int:draft_id>")
@needs("send")
def comment(draft_id: int) -> Page:
    """Write back to the trainee."""
    written = request.form.get("comment", "")
    with access.database().read() as connection:
        if shadowing.comparison(connection, access.account(), draft_id) is None:
            abort(404)
    try:
        with access.database().write() as connection:
            shadowing.comment(connection, access.account(), draft_id, written, desk_pages.now())
    except BadInput as problem:
        return _compare(draft_id, {"comment": str(problem)}, 400)
    flash("Your comment is kept: they read it beside their answer.")
    return redirect(url_for("shadow.to_compare"))


# What the pages show


def _message(
    message_id: int,
    typed: Answer | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    checked: bool = False,
    status: int = 200,
) -> Page:
    account, packs, now = access.account(), desk_pages.packs(), desk_pages.now()
    with access.database().read() as connection:
        row = shadowing.row_of(connection, account, message_id, now)
        if row is None:
            abort(404)
        draft = shadowing.of(connection, account, message_id)
        beside = shadowing.own_comparison(connection, account, message_id)
        posts = _posts_before(connection, row)
        stands = draft is not None and (draft.is_compared or beside is not None)
        answer = draft.answer if draft and stands else typed or (draft.answer if draft else Answer())
        show_check = checked or (draft is not None and typed is None)
        found = shadowing.findings(connection, packs, row, answer, now) if show_check and answer.reply.strip() else None
    page = render_template(
        "trainer/shadow.html",
        row=row,
        posts=posts,
        text=_lines(row["text"][:SHOWN]),
        cut=len(row["text"]) > SHOWN,
        answer=answer,
        draft=draft,
        stands=stands,
        theirs=trainer_pages.answer_rows(packs, draft.answer) if draft else (),
        compare_rows=_compare_rows(packs, beside) if beside else (),
        beside=beside,
        checked=checking.in_words(packs, found, row["channel"], answer.reply) if found is not None else None,
        errors=errors or {},
        office=packs.office(row["office"]),
        channel=packs.channels[row["channel"]],
        families=practice_pages.families(),
        roles=_roles(row["office"]),
        packs=packs,
        practice=practice_words,
        now=now,
    )
    return page, status


def _compare(draft_id: int, errors: Mapping[str, str] | None = None, status: int = 200) -> Page:
    account, packs, now = access.account(), desk_pages.packs(), desk_pages.now()
    with access.database().read() as connection:
        found = shadowing.comparison(connection, account, draft_id)
        row = threads.row_of(connection, account, found.draft.message_id) if found else None
        if found is None or row is None:
            abort(404)
        posts = _posts_before(connection, row)
        reply = found.draft.answer.reply
        findings = shadowing.findings(connection, packs, row, found.draft.answer, now) if reply.strip() else None
    page = render_template(
        "trainer/compare.html",
        found=found,
        draft=found.draft,
        row=row,
        posts=posts,
        text=_lines(row["text"][:SHOWN]),
        cut=len(row["text"]) > SHOWN,
        compare_rows=_compare_rows(packs, found),
        done_by=BY_THE_DESK if found.done.decided else UNCHECKED,
        checked=checking.in_words(packs, findings, row["channel"], reply) if findings is not None else None,
        office=packs.office(row["office"]),
        channel=packs.channels[row["channel"]],
        typed=request.form.get("comment", found.draft.comment),
        errors=errors or {},
        packs=packs,
        now=now,
    )
    return page, status


def _compare_rows(packs: Any, found: Comparison) -> list[dict[str, Any]]:
    """Trainee and desk side by side: the part's name, what they said, what was done, whether that is the same.

    The last is None where that can't be said, as nobody has decided yet.
    """
    answer, done = found.draft.answer, found.done
    decided = {states.ANSWERED: "reply", states.APPROVED: "reply", states.CLOSED: "no_reply"}.get(done.state)
    intent = packs.intents[done.intent].title if done.intent in packs.intents else ""
    theirs = dict(trainer_pages.answer_rows(packs, answer))
    rows = [
        ("It is", intent, answer.intent == done.intent),
        ("How urgent", words.URGENCIES.get(done.urgency or "", ""), answer.urgency == done.urgency),
        (
            "Marked",
            trainer_pages.flags_in_words(done.flags) or trainer_pages.NOTHING,
            set(answer.flags) == set(done.flags),
        ),
        ("Decided", BECAME[done.state], None if decided is None else answer.do == decided),
        (
            "Told",
            trainer_pages.roles_in_words(packs, done.told) or (trainer_pages.NOBODY if done.decided else ""),
            set(answer.tell) == set(done.told),
        ),
    ]
    return [
        {"name": name, "theirs": theirs[name], "done": said, "same": same if done.decided else None}
        for name, said, same in rows
    ]


def _posts_before(connection: Any, row: Mapping[str, Any]) -> tuple[PostOnPage, ...]:
    """The conversation up to the message, without it: what was answered later is not for whoever shadows."""
    return tuple(
        post
        for post in threads.posts_of(connection, row)
        if post.id != row["id"] and (post.at is None or post.at < row["received_at"])
    )


def _roles(office: str) -> list[tuple[str, str]]:
    packs = desk_pages.packs()
    desk = [one.role for one in current_app.extensions["rules"].escalations(office)]
    return [(id_, packs.roles[id_]) for id_ in dict.fromkeys((*desk, *packs.roles))]


def _row(message_id: int) -> Mapping[str, Any]:
    """The message, where it may be shadowed. Raises NotFound."""
    with access.database().read() as connection:
        row = shadowing.row_of(connection, access.account(), message_id, desk_pages.now())
    if row is None:
        abort(404)
    return row


def _answer(message_id: int) -> Answer:
    """What was filled in. Raises NotFound where the message may not be shadowed."""
    row, form, packs = _row(message_id), request.form, desk_pages.packs()
    steps = packs.channels[row["channel"]].moderation
    return Answer(
        intent=form["intent"] if form.get("intent") in packs.intents else None,
        urgency=form["urgency"] if form.get("urgency") in URGENCIES else None,
        flags=tuple(flag for flag in FLAGS if flag in form.getlist("flags")),
        do=form["do"] if form.get("do") in DECISIONS else None,
        tell=tuple(role for role in packs.roles if role in form.getlist("tell")),
        moderate=form["moderate"] if form.get("moderate") in steps else "none",
        reply=_lines(form.get("reply", "")).replace("\x00", "\ufffd"),
    )


def _faults(answer: Answer) -> dict[str, str]:
    found = {}
    if answer.intent is None:
        found["intent"] = "Say what it is"
    if answer.urgency is None:
        found["urgency"] = "Say how urgent it is"
    if answer.do is None:
        found["do"] = "Say what happens with it"
    if answer.do == "reply" and not answer.reply.strip():
        found["reply"] = "Write your reply, or decide on none"
    if len(answer.reply) > shadowing.LONGEST_REPLY:
        found["reply"] = f"The reply must be {shadowing.LONGEST_REPLY:,} characters or fewer; it has more"
    return found


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
