"""`/practice`: the course, a scenario in steps as at the desk, shifts, and the marks with their clauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from responder.console import (
    access,
    desk_pages,
    practice_course,
    practice_marks,
    practice_pages,
    practice_words,
    trainer_pages,
)
from responder.console.access import needs
from responder.console.practice_pages import STEPS, Hand, library, today
from responder.desk.decisions import Conflict
from responder.errors import BadInput
from responder.practice import attempts, certificates, finishing, keeping, news, objections, progress
from responder.practice.certificate_pdf import certificate_pdf
from responder.practice.scenarios import Answer, Task

pages = Blueprint("practice", __name__)
Page = tuple[str, int]
AT = "/practice/attempts/<int:attempt_id>"
HIGHEST = 10**15  # no attempt has a higher number, and no database would take it
OUT = "The time ran out, so what you had was handed in, the words in front of you too. Here is what came of it."


@pages.url_value_preprocessor
def check_numbers(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A number that nothing can have is not found."""
    if any(isinstance(value, int) and value > HIGHEST for value in (values or {}).values()):
        abort(404)


@pages.get("/practice")
@needs("practise")
def course() -> str:
    """The course of one's office: what to do next, how far one is, the certificate."""
    office = practice_pages.chosen_office()
    if office is None:
        return _render("practice/course.html", office=None, offices=[])
    packs = desk_pages.packs()
    names = [(id_, packs.offices[id_].short_name["en"]) for id_ in practice_pages.own_offices()]
    with access.database().read() as connection:
        found = practice_course.shown(connection, office, desk_pages.now())
        fresh = news.news(connection, access.account())
        trials = [
            (one, practice_course.address_of(one, office), trainer_pages.full_names(connection, one.trial))
            for one in library().book.values()
            if one.on_trial and one.office == office
        ]
    found |= {"news": fresh, "trials": trials}
    return _render("practice/course.html", office=packs.offices[office], offices=names, **found)


@pages.get("/practice/certificate.pdf")
@needs("practise")
def certificate() -> Response:
    """One's newest certificate for the office in hand, as a page to print."""
    office, mine = practice_pages.chosen_office(), access.account()
    with access.database().read() as connection:
        held = certificates.certificate(connection, mine.id, office) if office else None
    if held is None:
        abort(404)
    made = certificate_pdf(
        held, mine.full_name, desk_pages.packs().offices[held.office], library().words,
        demonstration=bool(current_app.config.get("DEMO")),
    )  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="certificate-{held.number}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)


@pages.get("/practice/objections")
@needs("practise")
def own_objections() -> str:
    """What one objected to, and what came of it."""
    mine = access.account()
    with access.database().read() as connection:
        found = practice_marks.own_objections(connection)
        is_news = news.news(connection, mine).objections
    if is_news:
        with access.database().write() as connection:
            news.looked(connection, mine, news.OBJECTIONS, desk_pages.now())
    return _render("practice/objections.html", found=found)


@pages.get("/practice/<owner>/<name>")
@needs("practise")
def start(owner: str, name: str) -> str:
    """What a scenario is, before anything of it is shown."""
    office, scenario = practice_pages.scenario_of(owner, name)
    mine = access.account()
    with access.database().read() as connection:
        begun = attempts.attempts_of(connection, mine.id, office, scenario=scenario.id, state=attempts.OPEN, limit=1)
        writers = trainer_pages.full_names(connection, scenario.trial)
    return _render(
        "practice/start.html",
        scenario=scenario,
        writers=writers,
        owner=owner,
        name=name,
        office=desk_pages.packs().offices[office],
        module=library().modules[scenario.module],
        open_attempt=next(iter(begun), None),
        minutes=library().settings.shift_minutes * len(scenario.messages),
    )


@pages.post("/practice/<owner>/<name>/begin")
@needs("practise")
def begin(owner: str, name: str) -> Response:
    """Begin it, or go on with it."""
    office, scenario = practice_pages.scenario_of(owner, name)
    timed = scenario.is_shift and request.form.get("timed") == "yes"
    now, mine = desk_pages.now(), access.account()
    with access.database().write() as connection:
        attempt_id = attempts.begin(connection, library(), mine, office, scenario.id, now, timed=timed)
    return redirect(url_for("practice.attempt", attempt_id=attempt_id))


@pages.post("/practice/<owner>/<name>/skip")
@needs("practise")
def skip_unseen(owner: str, name: str) -> Response:
    """Leave a scenario out before anything of it was shown."""
    office, scenario = practice_pages.scenario_of(owner, name)
    now, mine = desk_pages.now(), access.account()
    with access.database().write() as connection:
        attempt_id = attempts.begin(connection, library(), mine, office, scenario.id, now)
        _leave_out(connection, attempt_id, now)
    return _skipped(office)


@pages.get(AT)
@needs("practise")
def attempt(attempt_id: int) -> str | Response:
    """Where one is in an attempt: the inbox of a shift, the open step of a single message, the pause, or the marks."""
    found = _opened(attempt_id)
    if isinstance(found, Response):
        return found
    if found.attempt.paused_at is not None:
        return _render("practice/paused.html", **_shared(found))
    if not found.scenario.is_shift:
        return redirect(_step(found, 1))
    return _shift(found)


@pages.get(f"{AT}/<int:number>/<any(see, decide, write):step>")
@needs("practise")
def step(attempt_id: int, number: int, step: str) -> Page | Response:
    """One step of one message."""
    found = _opened(attempt_id)
    if isinstance(found, Response):
        return found
    task = found.task(number)
    if away := _elsewhere(found, task):
        return away
    answer = found.filled_in(task)
    if STEPS.index(step) > STEPS.index(practice_pages.first_open_step(answer)):
        return redirect(_step(found, number))
    return _step_page(found, task, number, step, answer)


@pages.post(f"{AT}/<int:number>/<any(see, decide, write):step>")
@needs("practise")
def take_step(attempt_id: int, number: int, step: str) -> Page | Response:
    """Keep what is filled in, and go where the button says: on, back, away, or hand it in."""
    found = _filled(attempt_id, number, step)
    if isinstance(found, Response):
        return found
    task = found.task(number)
    answer = found.filled_in(task)
    go = request.form.get("go", "")
    here = STEPS.index(step)
    if go == "show":  # distressing words, from now on
        practice_pages.unveil(found.attempt)
        return redirect(_address(found, number, step))
    if go in ("leave", "pause"):
        return _away(found, paused=go == "pause")
    if go == "list" or (go in STEPS and STEPS.index(go) < here):
        return redirect(_back(found, number, go))
    if wrong := practice_pages.faults(step, answer):
        return _step_page(found, task, number, step, answer, errors=wrong, status=400)
    if step != STEPS[-1]:
        return redirect(_address(found, number, STEPS[here + 1]))
    if practice_pages.first_open_step(answer) != STEPS[-1]:
        return redirect(_step(found, number))
    return _hand_in(found, task)


@pages.get(f"{AT}/<int:number>/check")
@needs("practise")
def check_without_words(attempt_id: int, number: int) -> Response:
    """Nothing to check in an address: back to the words."""
    return redirect(url_for("practice.step", attempt_id=attempt_id, number=number, step="write"))


@pages.post(f"{AT}/<int:number>/check")
@needs("practise")
def check(attempt_id: int, number: int) -> Page | Response:
    """The same page with the words checked as at the desk; `mend` puts one finding's mended words in first."""
    found = _filled(attempt_id, number, "write")
    if isinstance(found, Response):
        return found
    task = found.task(number)
    answer = found.filled_in(task)
    wrong = {name: said for name, said in practice_pages.faults("write", answer).items() if answer.reply}
    if wrong:
        return _step_page(found, task, number, "write", answer, errors=wrong, status=400)
    better = practice_pages.mended(found, task, answer, request.form.get("mend"))
    return _step_page(found, task, number, "write", better)


@pages.post(f"{AT}/show")
@needs("practise")
def show(attempt_id: int) -> Response:
    """Show a shift's distressing words from now on."""
    found = _opened(attempt_id)
    if isinstance(found, Response):
        return found
    practice_pages.unveil(found.attempt)
    return redirect(url_for("practice.attempt", attempt_id=attempt_id))


@pages.post(f"{AT}/pause")
@needs("practise")
def pause(attempt_id: int) -> Response:
    """Stop the clock and put the messages away."""
    found = _opened(attempt_id)
    return found if isinstance(found, Response) else _away(found, paused=True)


@pages.post(f"{AT}/resume")
@needs("practise")
def resume(attempt_id: int) -> Response:
    """Go on after a pause."""
    found = _opened(attempt_id)
    if isinstance(found, Response):
        return found
    with access.database().write() as connection:
        attempts.resume(connection, access.account(), attempt_id, desk_pages.now())
    return redirect(url_for("practice.attempt", attempt_id=attempt_id))


@pages.post(f"{AT}/leave")
@needs("practise")
def leave(attempt_id: int) -> Response:
    """Leave it for now; a clock stands still meanwhile."""
    found = _opened(attempt_id)
    return found if isinstance(found, Response) else _away(found)


@pages.post(f"{AT}/skip")
@needs("practise")
def skip(attempt_id: int) -> Response:
    """Leave it out, without penalty."""
    with access.database().write() as connection:
        office = practice_pages.own_attempt(connection, attempt_id).office
        _leave_out(connection, attempt_id, desk_pages.now())
    return _skipped(office)


@pages.post(f"{AT}/finish")
@needs("practise")
def finish(attempt_id: int) -> Response:
    """Hand a shift in as it is."""
    found = _opened(attempt_id)
    if isinstance(found, Response):
        return found
    _finish(found)
    return redirect(url_for("practice.feedback", attempt_id=attempt_id))


@pages.get(f"{AT}/feedback")
@needs("practise")
def feedback(attempt_id: int) -> str | Response:
    """What came of it: the marks with their clauses, what was tempting, and the office's own draft."""
    now, mine = desk_pages.now(), access.account()
    with access.database().read() as connection:
        done = practice_pages.own_attempt(connection, attempt_id)
        if done.state != attempts.DONE:
            return redirect(url_for("practice.attempt", attempt_id=attempt_id))
        template, shown = practice_marks.outcome(connection, done)
        back_on = progress.boxes(connection, mine.id, done.office).get(done.scenario)
        next_one = practice_course.fresh(connection, done.office, now)
        given = certificates.certificates(connection, mine.id, done.office)
        objected = objections.objections_of(connection, done.id)
    return _render(
        template,
        **shown,
        since=practice_marks.since(done),
        earned=next((one for one in given if one.at == done.finished_at), None),
        comes_back=_comes_back(back_on, now) if back_on and done.scenario in library().held(done.office) else "",
        aside=_aside(shown, objected),
        next=next_one,
        veiled="scenario" in shown and practice_pages.is_veiled(done, shown["scenario"]),
        again=url_for("practice.begin", **practice_course.parts(done.scenario)),
    )


def _comes_back(on: date, now: datetime) -> str:
    """When a scenario comes back, as a sentence."""
    if on < today(now):
        return "It has come back: go over it again."
    return f"It comes back {practice_words.on_day(on, today(now))}."


def _aside(shown: Mapping[str, Any], objected: Mapping[tuple[str, str], objections.Objection]) -> list[Any]:
    """One's objections that stand beside no mark, as their point is not asked for any more."""
    lines = [*shown.get("order", ()), *(line for one in shown.get("marked", ()) for line in one.lines)]
    beside = {line.objection.id for line in lines if line.objection is not None}
    return [one for one in objected.values() if one.id not in beside]


@pages.get(f"{AT}/object")
@needs("practise")
def object_form(attempt_id: int) -> Page:
    """Say why a mark is wrong; the address names the mark."""
    return _object_page(attempt_id, request.args)


@pages.post(f"{AT}/object")
@needs("practise")
def object_to(attempt_id: int) -> Page | Response:
    """Object to a mark; a trainer settles it."""
    form = request.form
    key, mark = form.get("key", ""), form.get("mark", "")
    try:
        with access.database().write() as connection:
            practice_pages.own_attempt(connection, attempt_id)
            objections.object_to(
                connection, library(), access.account(), attempt_id, key, mark, form.get("words", ""),
                desk_pages.now(),
            )  # fmt: skip
    except BadInput as problem:
        return _object_page(attempt_id, form, problem)
    except Conflict as problem:
        flash(str(problem))
        return redirect(url_for("practice.feedback", attempt_id=attempt_id))
    flash("Your objection is with the trainers of your office. One of them settles it; what came of it stands here.")
    return redirect(url_for("practice.own_objections"))


def _render(template: str, **shown: Any) -> str:
    return render_template(
        template, practice=practice_words, library=library(), packs=desk_pages.packs(), now=desk_pages.now(),
        support=library().settings.support, **shown,
    )  # fmt: skip


def _opened(attempt_id: int) -> Hand | Response:
    """An attempt of whoever is signed in that is still open, or where to go instead. Raises NotFound."""
    with access.database().read() as connection:
        mine = practice_pages.own_attempt(connection, attempt_id)
        if mine.state == attempts.DONE:
            return redirect(url_for("practice.feedback", attempt_id=attempt_id))
        if mine.state == attempts.SKIPPED:
            return redirect(url_for("practice.course", office=mine.office))
        found = practice_pages.hand(connection, mine, desk_pages.now())
    return _run_out(found) if found.is_out else found


def _elsewhere(found: Hand, task: Task) -> Response | None:
    """Where a message of an open attempt cannot be answered now: where to go instead. Raises NotFound."""
    if found.attempt.paused_at is not None or task.key in found.attempt.answers:
        return redirect(url_for("practice.attempt", attempt_id=found.attempt.id))
    if task.key not in practice_pages.inbox(found, desk_pages.now()).there:
        abort(404)
    return None


def _filled(attempt_id: int, number: int, step: str) -> Hand | Response:
    """The attempt with what a step's form holds kept; a clock that ran out meanwhile hands it in with the rest."""
    now = desk_pages.now()
    with access.database().write() as connection:
        mine = practice_pages.own_attempt(connection, attempt_id)
        if mine.state != attempts.OPEN:
            return redirect(url_for("practice.attempt", attempt_id=attempt_id))
        found = practice_pages.hand(connection, mine, now)
        task = found.task(number)
        if task.key in mine.answers:
            flash("This message is handed in: an answer stands.")
            return redirect(url_for("practice.attempt", attempt_id=attempt_id))
        answer = practice_pages.filled(step, found.filled_in(task), desk_pages.packs().channels[task.channel])
        keeping.keep(connection, access.account(), attempt_id, task.key, answer)
        found = practice_pages.hand(connection, mine, now)
    if found.is_out:
        return _run_out(found)
    return _elsewhere(found, task) or found


def _run_out(found: Hand) -> Response:
    _finish(found)
    flash(OUT)
    return redirect(url_for("practice.feedback", attempt_id=found.attempt.id))


def _finish(found: Hand) -> None:
    """Hand in what is filled in, and mark the attempt."""
    now, mine, id_ = desk_pages.now(), access.account(), found.attempt.id
    with access.database().write() as connection:
        attempts.resume(connection, mine, id_, now)
        for task in found.scenario.messages:
            if task.key in found.kept and task.key not in found.attempt.answers:
                _answer(connection, found, task, now)
        keeping.drop(connection, id_)
        finishing.finish(connection, library(), mine, id_, now)


def _hand_in(found: Hand, task: Task) -> Response:
    """Hand one message in; with the last one, the attempt is marked."""
    now, mine, id_ = desk_pages.now(), access.account(), found.attempt.id
    left = len(found.scenario.messages) - found.handed_in - 1
    with access.database().write() as connection:
        _answer(connection, found, task, now)
        keeping.drop(connection, id_, task.key)
        if not left:
            finishing.finish(connection, library(), mine, id_, now)
    if left:
        flash(f"Handed in. {left} to go.")
    return redirect(url_for("practice.attempt" if left else "practice.feedback", attempt_id=id_))


def _answer(connection: Connection, found: Hand, task: Task, now: datetime) -> None:
    given = practice_pages.to_hand_in(found.filled_in(task))
    attempts.answer(connection, library(), access.account(), found.attempt.id, task.key, given, now)


def _leave_out(connection: Connection, attempt_id: int, now: datetime) -> None:
    attempts.skip(connection, access.account(), attempt_id, now)
    keeping.drop(connection, attempt_id)


def _skipped(office: str) -> Response:
    flash("Skipped. It doesn't count against you, and you can take it up again at any time.")
    return redirect(url_for("practice.course", office=office))


def _away(found: Hand, paused: bool = False) -> Response:
    """Leave an attempt; a clock stands still until one comes back."""
    if found.attempt.timed:
        with access.database().write() as connection:
            attempts.pause(connection, access.account(), found.attempt.id, desk_pages.now())
    if paused:
        return redirect(url_for("practice.attempt", attempt_id=found.attempt.id))
    flash("What you have is kept. Come back when you like.")
    return redirect(url_for("practice.course", office=found.attempt.office))


def _address(found: Hand, number: int, step: str) -> str:
    return url_for("practice.step", attempt_id=found.attempt.id, number=number, step=step)


def _step(found: Hand, number: int) -> str:
    """The first step of a message in which something is missing."""
    return _address(found, number, practice_pages.first_open_step(found.filled_in(found.task(number))))


def _back(found: Hand, number: int, go: str) -> str:
    return _address(found, number, go) if go in STEPS else url_for("practice.attempt", attempt_id=found.attempt.id)


def _shared(found: Hand) -> dict[str, Any]:
    return {
        "attempt": found.attempt,
        "scenario": found.scenario,
        "left": found.left,
        "handed_in": found.handed_in,
        "office": desk_pages.packs().offices[found.attempt.office],
        "veiled": practice_pages.is_veiled(found.attempt, found.scenario),
    }


def _shift(found: Hand) -> str:
    inbox = practice_pages.inbox(found, desk_pages.now())
    rows = [
        {
            "task": task,
            "at": found.scenario.message(task, found.attempt.office).received_at,
            "state": _state(found, task),
            "address": _step(found, number),
        }
        for number, task in enumerate(found.scenario.messages, start=1)
        if task.key in inbox.there
    ]
    return _render(
        "practice/shift.html", rows=rows, comes_in=inbox.comes_in, hide_words=access.account().prefers("blur"),
        **_shared(found),
    )  # fmt: skip


def _state(found: Hand, task: Task) -> str:
    if task.key in found.attempt.answers:
        return "handed-in"
    return "begun" if task.key in found.kept else "new"


def _step_page(
    found: Hand, task: Task, number: int, step: str, answer: Answer, *, errors: dict[str, str] | None = None,
    status: int = 200,
) -> Page:  # fmt: skip
    page = _render(
        f"practice/{step}.html",
        task=task,
        number=number,
        step=step,
        title=practice_words.TITLES[step] if step != "write" or answer.do == "reply" else "Hand it in?",
        answer=answer,
        errors=errors or {},
        here=_address(found, number, step),
        check_address=url_for("practice.check", attempt_id=found.attempt.id, number=number),
        received_at=found.scenario.message(task, found.attempt.office).received_at,
        channel=desk_pages.packs().channels[task.channel],
        families=practice_pages.families(),
        roles=practice_pages.roles(found.attempt.office),
        checked=practice_pages.checked(found, task, answer) if step == "write" else None,
        **_shared(found),
    )
    return page, status


def _object_page(attempt_id: int, named: Mapping[str, str], problem: BadInput | None = None) -> Page:
    """The form for one missed mark, as the address or the form names it. Raises NotFound where there is none."""
    with access.database().read() as connection:
        done = practice_pages.own_attempt(connection, attempt_id)
        line = practice_marks.missed_line(connection, done, named.get("key", ""), named.get("mark", ""))
        scenario = attempts.scenario_of(connection, library(), done) if line is not None else None
    if line is None:
        abort(404)
    page = _render(
        "practice/object.html",
        attempt=done,
        scenario=scenario,
        office=desk_pages.packs().offices[done.office],
        line=line,
        problem=str(problem) if problem else "",
        typed=request.form.get("words", ""),
    )
    return page, 400 if problem else 200
