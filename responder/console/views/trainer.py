"""`/practice/trainer`: who is where and weak on what, one person, and the objections to marks.

A trainer sees the people and results of their own offices alone; what is another office's is as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from responder.console import (
    access,
    desk_pages,
    practice_marks,
    practice_pages,
    practice_words,
    trainer_pages,
    trainer_tables,
    words,
)
from responder.console.access import needs
from responder.console.report_sections import written
from responder.console.trainer_tables import Results
from responder.desk import accounts, roles
from responder.desk.decisions import Refused
from responder.desk.tables import account as account_table
from responder.drafting.calendar import LONDON
from responder.errors import BadInput
from responder.practice import attempts, certificates, gate, insight, objections, versions
from responder.practice.finishing import result
from responder.practice.marking import WAIVED, Allowance

pages = Blueprint("trainer", __name__)
Page = str | tuple[str, int] | BaseResponse
HIGHEST = 10**15  # no number of ours is higher, and no database would take it
TRAINERS = {"practice/feedback.html": "trainer/attempt.html"}  # the trainee's templates that a trainer sees otherwise
MOST_ATTEMPTS = 100
MOST_ON_PLOT = 60
MOST_SETTLED = 50


@pages.url_value_preprocessor
def check_numbers(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that nothing can have is not found."""
    if any(isinstance(value, int) and value > HIGHEST for value in (values or {}).values()):
        abort(404)


# Results


@pages.get("/practice/trainer")
@needs("train")
def results() -> str:
    """Who is where, who is weak on what, which scenario is at fault."""
    office = trainer_pages.chosen()
    sections: tuple[trainer_tables.Section, ...] = ()
    with access.database().read() as connection:
        if office is not None:
            sections = trainer_tables.sections(Results(connection, practice_pages.library(), office, desk_pages.now()))
        waiting = trainer_pages.waiting(connection)
    return render_template(
        "trainer/results.html", sections=sections, offices=trainer_pages.offices(), office=office,
        packs=desk_pages.packs(), written=written, waiting=waiting,
    )  # fmt: skip


@pages.get("/practice/trainer/<section>.csv")
@needs("train")
def table(section: str) -> Response:
    """One of the tables as a CSV file."""
    office = trainer_pages.chosen()
    if section not in trainer_tables.MAKERS or office is None:
        abort(404)
    with access.database().read() as connection:
        found = Results(connection, practice_pages.library(), office, desk_pages.now())
        made = trainer_tables.MAKERS[section](found).table
    name = f"practice-{section}-{office}-{_today().isoformat()}.csv"
    return Response(
        made.as_csv(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


# One person


@pages.get("/practice/trainer/people/<int:account_id>")
@needs("train")
def person(account_id: int) -> Page:
    """One person: where they are, their attempts, their weak clauses, their objections."""
    return _person(account_id, 200)


@pages.get("/practice/trainer/attempts/<int:attempt_id>")
@needs("train")
def attempt(attempt_id: int) -> str:
    """What somebody did in an attempt that is finished, and its marks with their clauses; to read only."""
    with access.database().read() as connection:
        found = attempts.get(connection, attempt_id)
        if found is None or found.state != attempts.DONE:
            abort(404)
        who = accounts.get(connection, found.account_id)
        if who is None or found.office not in who.offices or found.office not in trainer_pages.offices():
            abort(404)
        template, shown = practice_marks.outcome(connection, found)
    scenario, library = shown.get("scenario"), practice_pages.library()
    return render_template(
        TRAINERS.get(template, template), **shown, theirs=who.full_name, since=practice_marks.since(found, "they"),
        veiled=scenario is not None and bool(scenario.distress), library=library, packs=library.packs,
        practice=practice_words, now=desk_pages.now(),
    )  # fmt: skip


@pages.post("/practice/trainer/people/<int:account_id>/override")
@needs("manage")
def override(account_id: int) -> Page:
    """Let somebody answer live without a certificate, with a reason and a last day."""
    office = _office_of(account_id)
    reason, until = request.form.get("reason", ""), request.form.get("until", "")
    errors = {} if reason.strip() else {"reason": "Give the reason"}
    try:
        last = date.fromisoformat(until.strip())
    except ValueError:
        errors["until"] = f"Give the last day, for example {desk_pages.now().date().isoformat()}"
    if errors:
        return _person(account_id, 400, errors)
    try:
        with access.database().write() as connection:
            gate.override(
                connection, practice_pages.library(), access.account(), account_id, office, reason, last,
                desk_pages.now(),
            )  # fmt: skip
    except BadInput as problem:
        return _person(account_id, 400, {"reason" if len(reason) > gate.LONGEST_REASON else "until": str(problem)})
    flash(f"They may answer live until {practice_words.day(last)}. The audit keeps your reason.")
    return redirect(url_for("trainer.person", account_id=account_id, office=office))


@pages.post("/practice/trainer/people/<int:account_id>/end-override")
@needs("manage")
def end_override(account_id: int) -> Page:
    """End it before its day."""
    office = _office_of(account_id)
    with access.database().write() as connection:
        running = gate.running(connection, account_id, office, _today())
        if running is not None:
            gate.end_override(connection, access.account(), running.id, desk_pages.now())
        certified = certificates.certificate(connection, account_id, office) is not None
    ended = "Ended: the certificate decides again." if certified else "Ended: the course decides."
    flash(ended if running else "It had ended already.")
    return redirect(url_for("trainer.person", account_id=account_id, office=office))


def _office_of(account_id: int) -> str:
    """The office for which somebody is looked at: one of theirs and of ours. Raises NotFound."""
    shared = _shared_offices(account_id)
    office = request.values.get("office") or (shared[0] if shared else "")
    if office not in shared:
        abort(404)
    return office


def _shared_offices(account_id: int) -> tuple[str, ...]:
    with access.database().read() as connection:
        found = accounts.get(connection, account_id)
    return () if found is None else tuple(one for one in trainer_pages.offices() if one in found.offices)


def _person(account_id: int, status: int, errors: Mapping[str, str] | None = None) -> Page:
    office, library, now = _office_of(account_id), practice_pages.library(), desk_pages.now()
    with access.database().read() as connection:
        found = accounts.get(connection, account_id)
        assert found is not None
        tried = insight.attempts(connection, (office,), account_id=account_id)
        row = trainer_tables.person_row(
            connection, library, account_id, found.full_name, found.role, office, tried[-1].at if tried else None, now
        )
        standing = certificates.standing(connection, library, account_id, office, _today())
        weak = trainer_tables.weak_clauses(library.packs, insight.counted(tried, library.book))
        overrides = gate.overrides_in(connection, (office,), account_id)
        objected = [
            one
            for settled in (False, True)
            for one in objections.objections_in(connection, (office,), settled)
            if one.account_id == account_id
        ]
        waiting = trainer_pages.waiting(connection)
    done = [one for one in tried if not one.skipped]
    passed = sum(one.passed for one in done)
    page = render_template(
        "trainer/person.html",
        row=row,
        office=library.packs.office(office),
        offices=trainer_pages.offices(),
        their_offices=_shared_offices(account_id),
        packs=library.packs,
        practice=practice_words,
        role=roles.TITLES[found.role],
        standing=standing,
        modules=[(one.module.title, one.is_passed, trainer_tables.module_in_words(one)) for one in standing.modules],
        shifts=trainer_tables.asked_and_done(standing.shifts_asked, standing.shifts_passed),
        why=trainer_tables.why_of(row, library, overrides),
        by_role=roles.may(row.role, "send"),
        may_override=access.account().may("manage"),
        overrides=[trainer_tables.override_row(one, _today()) for one in overrides],
        attempts=[trainer_tables.attempt_row(library, one) for one in tried[::-1][:MOST_ATTEMPTS]],
        more_attempts=len(tried) > MOST_ATTEMPTS,
        tried_in_words=f"{passed} of {len(done)} passed." if done else "None was finished.",
        course_of_marks=[one.percent for one in done][-MOST_ON_PLOT:],
        pass_percent=library.settings.pass_percent,
        weak=weak,
        objections=[trainer_tables.objection_row(library, one) for one in objected],
        typed=request.form,
        errors=errors or {},
        written=written,
        waiting=waiting,
        now=now,
    )
    return page, status


# Objections


@pages.get("/practice/trainer/objections", endpoint="objections")
@needs("train")
def objections_page() -> str:
    """The objections that wait, and those settled last."""
    library, mine = practice_pages.library(), trainer_pages.offices()
    with access.database().read() as connection:
        waiting = trainer_pages.waiting(connection)
        open_, settled = (_rows(connection, library, mine, done) for done in (False, True))
    return render_template(
        "trainer/objections.html", open=open_, settled=settled[:MOST_SETTLED], packs=library.packs, waiting=waiting,
        now=desk_pages.now(),
    )  # fmt: skip


@pages.get("/practice/trainer/objections/<int:objection_id>")
@needs("train")
def objection(objection_id: int) -> Page:
    """One objection beside the message, the answer, the mark with its clauses, and what is right."""
    return _objection(objection_id, 200)


@pages.post("/practice/trainer/objections/<int:objection_id>")
@needs("train")
def settle(objection_id: int) -> Page:
    """Uphold it, with what is allowed from now on, or decline it."""
    _, shown = _look_at(objection_id)
    form = request.form
    if form.get("deed") == "count":
        return _objection(objection_id, 200)
    upheld, answer = form.get("upheld"), form.get("words", "")
    allowed = trainer_pages.allowances(shown, form.getlist("allow"), form.get("other_words", ""))
    errors = _faults(shown, upheld, allowed, answer)
    if errors:
        return _objection(objection_id, 400, errors)
    try:
        with access.database().write() as connection:
            raised = objections.settle(
                connection, practice_pages.library(), access.account(), objection_id, upheld == "yes", answer,
                allowed, desk_pages.now(),
            )  # fmt: skip
    except BadInput as problem:
        at = "words" if len(answer) > objections.LONGEST_WORDS else trainer_pages.field_of_allowances(shown)
        return _objection(objection_id, 400, {at: str(problem)})
    except Refused as problem:
        return _objection(objection_id, 409, {"settle-title": str(problem)})
    office = practice_pages.library().packs.office(shown.found.office).short_name["en"]
    flash(_said(upheld == "yes", raised, office))
    return redirect(url_for("trainer.objections"))


@pages.post("/practice/trainer/allowances/<int:allowance_id>/withdraw")
@needs("train")
def withdraw(allowance_id: int) -> Page:
    """Let a scenario forget what it learnt; marks that were given stay."""
    with access.database().write() as connection:
        found = next((o for o in objections.learnt(connection, trainer_pages.offices()) if o.id == allowance_id), None)
        if found is None:
            abort(404)
        objections.withdraw(connection, access.account(), allowance_id, desk_pages.now())
    flash("The scenario has forgotten it. Marks that were given stay.")
    owner, _, name = found.scenario.partition("/")
    return redirect(url_for("scenarios.look", owner=owner, name=name, office=found.office))


def _rows(connection: Any, library: Any, offices: tuple[str, ...], settled: bool) -> list[Mapping[str, Any]]:
    found = objections.objections_in(connection, offices, settled)
    names = _names(connection, {one.account_id for one in found})
    me = access.account().id
    return [
        {**trainer_tables.objection_row(library, one), "who": names[one.account_id], "own": one.account_id == me}
        for one in found
    ]


def _names(connection: Any, ids: set[int]) -> dict[int, str]:
    query = sa.select(account_table.c.id, account_table.c.full_name).where(account_table.c.id.in_(ids))
    return {int(id_): str(name) for id_, name in connection.execute(query)}


def _look_at(objection_id: int) -> tuple[str, trainer_pages.Objected]:
    """What became of the scenario since, and the objection. Raises NotFound."""
    with access.database().read() as connection:
        found = objections.objection(connection, objection_id)
        if found is None or found.office not in trainer_pages.offices():
            abort(404)
        attempt = attempts.get(connection, found.attempt_id)
        assert attempt is not None
        library = practice_pages.library()
        scenario = versions.find(connection, library, attempt.scenario, attempt.version)
        marked = result(connection, library, attempt) if scenario is not None else None
        names = _names(connection, {found.account_id, found.settled_by or found.account_id})
        since = practice_marks.since(attempt, "they")
    return since, trainer_pages.objected(library, found, attempt, scenario, marked, names)


def _objection(objection_id: int, status: int, errors: Mapping[str, str] | None = None) -> Page:
    since, shown = _look_at(objection_id)
    form = request.form
    ticked = form.getlist("allow") if form else _likeliest(shown)
    allowed = trainer_pages.allowances(shown, ticked, form.get("other_words", ""))
    with access.database().read() as connection:
        rise = None
        if shown.found.settled_at is None and shown.can_be_upheld:
            rise = objections.would_rise(connection, practice_pages.library(), shown.found, allowed)
        already = _learnt_words(connection, shown)
    page = render_template(
        "trainer/objection.html",
        **shown.told,
        since=since,
        own=shown.found.account_id == access.account().id,
        typed={
            "upheld": form.get("upheld"),
            "allow": ticked,
            "other_words": form.get("other_words", ""),
            "words": form.get("words", ""),
        },
        rise=rise,
        chosen=bool(allowed) or not shown.needs_allowance,
        already=already,
        errors=errors or {},
        now=desk_pages.now(),
    )
    return page, status


def _learnt_words(connection: Any, shown: trainer_pages.Objected) -> list[str]:
    """The words that the scenario learnt for this point before, from other objections."""
    found = shown.found
    return [
        one.allowance.value
        for one in objections.learnt(connection, (found.office,), found.scenario)
        if one.withdrawn_at is None and one.objection_id != found.id
        and (one.allowance.key, one.allowance.mark) == (found.key, found.mark) and one.allowance.value != WAIVED
    ]  # fmt: skip


def _likeliest(shown: trainer_pages.Objected) -> list[str]:
    """What is ticked at first: what they chose is right too, where that can be allowed; never that a point falls."""
    return ["0"] if shown.suggested and shown.suggested[0].value != WAIVED else []


def _faults(
    shown: trainer_pages.Objected, upheld: str | None, allowed: Sequence[Allowance], answer: str
) -> dict[str, str]:
    found = {}
    if upheld not in ("yes", "no") or (upheld == "yes" and not shown.can_be_upheld):
        found["upheld"] = "Choose whether you uphold it"
    if upheld == "yes" and shown.needs_allowance and not allowed:
        found[trainer_pages.field_of_allowances(shown)] = "Choose what is allowed from now on"
    if not answer.strip():
        found["words"] = "Write an answer to whoever objected"
    return found


def _said(upheld: bool, raised: int, office: str) -> str:
    if not upheld:
        return "Declined: the mark stands, and they read your answer."
    if not raised:
        return f"Upheld: in {office} the scenario has learnt it. No attempt has another mark by it."
    return f"Upheld: in {office} the scenario has learnt it, and {words.listed([_attempts(raised)])} a higher mark."


def _attempts(number: int) -> str:
    return "one attempt has" if number == 1 else f"{number} attempts have"


def _today() -> date:
    return desk_pages.now().astimezone(LONDON).date()
