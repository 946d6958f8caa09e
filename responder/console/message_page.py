"""The page of one message, laid out: whatever was typed stays on it, whatever went wrong stands above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import abort, render_template, request, url_for
from markupsafe import escape

from responder.console import access, checking, desk_pages
from responder.console.sheet import Sheet, lay_out
from responder.desk import approvals, confirmations, decisions, priority, states, threads
from responder.desk.changes import difference
from responder.desk.decisions import Acting, Conflict, Stale
from responder.desk.desk_rules import Need
from responder.desk.drafts import drafted, findings, safety_words
from responder.desk.threads import Whole
from responder.errors import ResponderError

SHOWN = 20_000  # characters of a message on its page; the rest is a click away
TYPED = ("reason", "role", "needs", "note", "words", "warning")


def show(
    message_id: int,
    *,
    reply: str | None = None,
    language: str | None = None,
    mend: str | None = None,
    fresh: bool = False,
    problem: ResponderError | None = None,
    at: str = "",
    opened: str | None = None,
    status: int = 200,
) -> tuple[str, int]:
    """The page. `reply` are words as they were typed (None: those that are kept, else the draft), `fresh`: the draft
    whatever is kept, `mend` the number of a finding to mend, `problem` what went wrong at the field `at`.

    Words that were typed into a form which the page no longer has stand above it, to be copied.
    """
    acting, packs = desk_pages.acting(), desk_pages.packs()
    with access.database().read() as connection:
        whole = threads.whole(connection, acting.account, message_id)
        if whole is None:
            abort(404)
        wanted = desk_pages.wanted(connection)
        listed = desk_pages.listed(connection, wanted, chosen_id=message_id)
        need = decisions.need_of(connection, acting, whole.row)
        closed = decisions.closed(connection, acting, whole.row) if acting.account.may("send") else None
        people = decisions.colleagues(connection, whole.row["office"])
        confirmed = confirmations.confirmed(connection, packs, whole.row["office"], acting.now.date())
        kept = whole.reply
        approvers = frozenset() if kept is None else threads.approvers(connection, kept)
    row = whole.row
    language = language if language in packs.offices[row["office"]].languages else kept["language"] if kept else None
    line = _line(acting, whole, language)
    line = confirmations.without_confirmed(packs, line, confirmed) if line else None
    sheet = _sheet(packs, line, whole, acting) if line else None
    draft = (line or {}).get("reply") if line else safety_words(packs, whole.case, acting.now)
    version = 0 if kept is None or kept["state"] == states.SENT else kept["version"]
    shown = reply if reply is not None else draft if fresh or kept is None or not version else kept["text"]
    if not version:
        shown = reply if reply is not None else draft
    checked = _checked(acting, whole, language, shown) if shown and row["state"] in states.TO_DO else None
    if mend is not None and checked and (better := checking.mended(shown or "", checked, mend)) is not None:
        shown, checked = better, _checked(acting, whole, language, better)
    conflict = isinstance(problem, Conflict) and kept is not None and reply is not None and kept["text"] != reply
    may_not = approvals.may_approve(acting.account, need, whole.authors, approvers)
    typed = {name: request.form.get(name) or "" for name in TYPED} if problem else {}
    shown_page = dict(
        **listed,
        whole=whole,
        line=line,
        sheet=sheet,
        shown_text=_lines(row["text"][:SHOWN]),
        cut=len(row["text"]) > SHOWN,
        reply=shown,
        unsaved=(shown or "") != ((kept["text"] if kept and version else draft) or ""),
        version=version,
        checked=checked,
        chosen_language=language,
        line_language=sheet.language if sheet else packs.offices[row["office"]].languages[0],
        draft_moved=bool(kept and version and draft and kept["drafted"].strip() != draft.strip() and shown != draft),
        kept_by_others=kept["text"] if conflict and kept else "",
        edits=difference(kept["drafted"], kept["text"]) if kept and _stands(kept) and _was_changed(kept) else None,
        approved_by=_approved_by(whole),
        sent_back=_sent_back(whole),
        closed_why=_closed_why(acting, row),
        need=need if row["state"] in (states.OPEN, states.AWAITING) else None,
        need_words=_need_words(need, approvers, may_not or closed, asked=row["state"] == states.AWAITING),
        need_why=_need_why(acting, whole.row, need),
        may_approve=may_not is None and closed is None,
        closed=closed,
        may={name: acting.account.may(name) for name in ("correct", "assign", "close", "send", "approve", "write")},
        me=acting.account.id,
        people=people,
        escalations=acting.rules.escalations(row["office"], row["intent"]),
        close_reasons=acting.rules.close_reasons(row["office"], row["intent"]),
        families=_families(packs),
        problem=str(problem) if problem else "",
        problem_title=_problem_title(problem),
        problem_at=at,
        opened=opened,
        typed=typed,
        rows_of=_rows_of,
    )
    page = render_template("message.html", **shown_page)
    if problem:
        lost = [words for words in (*typed.values(), reply or "") if words.strip() and str(escape(words)) not in page]
        anchor = at if f'id="{at}"' in page else "lost" if lost else "reply-title"
        if lost or anchor != at:
            page = render_template("message.html", **{**shown_page, "lost": lost, "problem_anchor": anchor})
    return page, status


def check_alone(message_id: int, reply: str, language: str | None) -> str:
    """What the check says of words for a message, without the message."""
    acting = desk_pages.acting()
    with access.database().read() as connection:
        whole = threads.whole(connection, acting.account, message_id)
    if whole is None:
        abort(404)
    kept = whole.reply["language"] if whole.reply else None
    language = language if language in acting.packs.offices[whole.row["office"]].languages else kept
    checked = _checked(acting, whole, language, reply) if reply.strip() else None
    address = url_for("messages.check", message_id=message_id, **desk_pages.query_of_address())
    return render_template("message/check_alone.html", checked=checked, check_address=address)


def _line(acting: Acting, whole: Whole, language: str | None) -> dict[str, Any] | None:
    return None if whole.read is None else drafted(acting.packs, whole.case, whole.read, acting.now, language)


def _sheet(packs: Any, line: Mapping[str, Any], whole: Whole, acting: Acting) -> Sheet:
    sheet = lay_out(packs, line, _lines(whole.row["text"][:SHOWN]), acting.now.date())
    actions = line.get("staff_actions") or ()
    named = tuple(
        {**shown, "duty": decisions.duty_id(action)} for shown, action in zip(sheet.staff_actions, actions, strict=True)
    )
    if whole.row["state"] in (states.OPEN, states.AWAITING):
        return replace(sheet, staff_actions=named)
    cards = tuple(
        replace(card, sentences=()) for card in sheet.cards
    )  # the draft's sentences stand on the page no more
    return replace(sheet, staff_actions=named, sentences=(), cards=cards)


def _checked(acting: Acting, whole: Whole, language: str | None, reply: str | None) -> checking.Checked | None:
    read = whole.read or threads.UNREAD
    if language:
        read = replace(read, language=language)
    found = findings(acting.packs, whole.case, read, reply or "", acting.now)
    return checking.in_words(acting.packs, found, whole.row["channel"], reply or "")


def _families(packs: Any) -> dict[str, list[Any]]:
    families: dict[str, list[Any]] = {}
    for intent in packs.intents.values():
        families.setdefault(intent.family, []).append(intent)
    return families


def _stands(kept: Mapping[str, Any]) -> bool:
    return kept["state"] in (states.READY, states.SENT)


def _was_changed(kept: Mapping[str, Any]) -> bool:
    return bool(kept["drafted"].split() != kept["text"].split())


def _approved_by(whole: Whole) -> str:
    kept = whole.reply
    if kept is None or not _stands(kept):
        return ""
    who = [
        one["who"] for one in whole.decisions
        if one["reply_id"] == kept["id"] and one["version"] == kept["version"] and one["decision"] == "approved"
    ]  # fmt: skip
    return f"Approved by {' and '.join(who)}." if who else ""


def _sent_back(whole: Whole) -> Mapping[str, Any] | None:
    """The last "sent back" of the reply in hand, until it is asked for again."""
    kept = whole.reply
    if kept is None or kept["state"] != states.DRAFT:
        return None
    mine = [one for one in whole.decisions if one["reply_id"] == kept["id"]]
    return mine[-1] if mine and mine[-1]["decision"] == "sent-back" else None


def _closed_why(acting: Acting, row: Mapping[str, Any]) -> str:
    reasons = {one.id: one.title for one in acting.rules.close_reasons(row["office"])}
    return f"Closed without a reply: {reasons.get(row['closed_reason'] or '', 'no reason kept')}."


def _lines(text: str) -> str:
    """Each kind of line end as one that pages show; every character keeps its place."""
    return text.replace("\r\n", " \n").replace("\r", "\n")


def _need_words(need: Need, approvers: frozenset[int], may_not: str | None, asked: bool) -> str:
    if need.approvers < 2 and may_not is not None and asked:
        return "It waits for an approver." if need.approvers else "It waits for somebody else's approval."
    if need.approvers == 0:
        return "You may approve this yourself." if may_not is None else may_not
    if need.approvers == 1:
        return "An approver must approve this." if may_not is None else "An approver must approve this: ask for it."
    done = f" {len(approvers)} has." if len(approvers) == 1 else ""
    return f"Two people who did not write it must approve this.{done}"


def _need_why(acting: Acting, row: Mapping[str, Any], need: Need) -> str:
    """Why so many must approve; for somebody who can't, what to do where danger can't wait."""
    if acting.account.may("send"):
        return need.why
    return "Don't wait: tell whoever is on duty, now." if row["rank"] == priority.DANGER else ""


def _problem_title(problem: ResponderError | None) -> str:
    if isinstance(problem, Stale):
        return "Something new came in"
    return "Somebody was quicker" if isinstance(problem, Conflict) else "There is a problem"


def _rows_of(text: str) -> int:
    """How high a text area stands for a text, in lines."""
    return int(min(max(len(text) // 70 + text.count("\n") + 1, 4), 18))
