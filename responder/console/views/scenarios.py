"""`/practice/trainer/scenarios`: what is practised, and writing scenarios of one's own, in a form or as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from responder.console import access, desk_pages, practice_pages, practice_words, scenario_forms, trainer_pages
from responder.console.access import needs
from responder.console.scenario_forms import Typed
from responder.drafting.model import FLAGS, URGENCIES
from responder.errors import BadInput, PackError
from responder.practice import answer_key, objections, writing
from responder.practice.answer_key import Real
from responder.practice.library import Library
from responder.practice.marking import Result
from responder.practice.scenarios import DECISIONS, LEVELS, OWN, QUALITIES, Scenario
from responder.practice.writing import Changed, Kept, OutlineFault, Place, RealContacts

pages = Blueprint("scenarios", __name__)
Page = tuple[str, int] | Response
WHOSE = {"": "All", "own": "The office’s own", "given": "Shipped with Responder"}


@pages.get("/practice/trainer/scenarios", endpoint="all_of")
@needs("train")
def listed() -> str:
    """The office's own and the shipped scenarios, as the filter says."""
    library, office = practice_pages.library(), trainer_pages.chosen()
    asked = {name: request.args.get(name, "") for name in ("module", "level", "clause", "whose")}
    mine = _of_office(library, office) if office else []
    shown = [one for one in mine if _fits(one, asked)]
    kept = writing.all_of(library, office) if office else ()
    trials = [one for one in kept if one.trial and one.scenario]
    with access.database().read() as connection:
        waiting = trainer_pages.waiting(connection)
        trials_by = [(one, trainer_pages.full_names(connection, one.trial)) for one in trials]
    return render_template(
        "trainer/scenarios.html",
        groups=[(module, [one for one in shown if one.module == id_]) for id_, module in library.modules.items()],
        shown=len(shown),
        broken=[one for one in kept if one.scenario is None],
        trials=trials_by,
        count=len(mine),
        asked=asked,
        office=office,
        offices=trainer_pages.offices(),
        packs=library.packs,
        modules=library.modules,
        levels=LEVELS,
        clauses=_clauses_of(library, mine),
        whose=WHOSE,
        practice=practice_words,
        waiting=waiting,
        me=access.account().name,
    )


@pages.get("/practice/trainer/scenarios/look/<owner>/<name>")
@needs("train")
def look(owner: str, name: str) -> Page:
    """One scenario whole: its messages, what is right, its points, its example answers as they are marked."""
    return _look(owner, name, 200)


def _look(owner: str, name: str, status: int, problem: str = "") -> Page:
    library = practice_pages.library()
    scenario = _visible(library, f"{owner}/{name}")
    office = _office_for(scenario)
    kept = writing.one_of(library, office, name) if owner.startswith(OWN) else None
    with access.database().read() as connection:
        writers = trainer_pages.full_names(connection, kept.trial if kept else ())
        learnt = [one for one in objections.learnt(connection, (office,), scenario.id) if one.withdrawn_at is None]
    page = render_template(
        "trainer/look.html",
        problem=problem,
        writers=writers,
        now=desk_pages.now(),
        learnt=[(one, trainer_pages.in_words_for(library, scenario, one.allowance)) for one in learnt],
        scenario=scenario,
        owner=owner,
        name=name,
        office=library.packs.office(office),
        module=library.modules[scenario.module],
        kept=kept,
        **_judged(library, scenario, office),
        try_address=url_for("practice.start", owner=owner, name=name, office=office),
        tasks=[_task_told(library.packs, scenario, one) for one in scenario.messages],
        packs=library.packs,
        practice=practice_words,
        me=access.account().name,
    )
    return page, status


@pages.get("/practice/trainer/scenarios/new")
@needs("train")
def blank() -> Page:
    """The empty form, or one filled from a scenario that `like` names; `as=file`: the YAML."""
    library, office = practice_pages.library(), _office()
    like = _visible(library, request.args["like"]) if request.args.get("like") else None
    if request.args.get("as") == "file" or (like is not None and like.is_shift):
        text = writing.as_yaml(writing.outline(like)) if like else ""
        return _file_page(office, None, text, 200)
    if like is None:
        now = desk_pages.now()
        start = {"day": (now.date().isoformat(),), "time": ("10:30",), "moderate": ("none",), "language": ("en",)}
        return _form_page(office, None, Typed(start), 200)
    return _form_page(office, None, scenario_forms.of_scenario(like), 200)


@pages.get("/practice/trainer/scenarios/<office>/<name>/edit")
@needs("train")
def edit(office: str, name: str) -> Page:
    """The form of one of the office's own; its YAML where it is a shift, can't be read, or `as=file` asks for it."""
    kept = _kept(office, name)
    if request.args.get("as") == "file" or kept.scenario is None or kept.scenario.is_shift:
        return _file_page(office, kept, kept.text, 200)
    return _form_page(office, kept, scenario_forms.of_scenario(kept.scenario), 200)


@pages.post("/practice/trainer/scenarios/new")
@needs("train")
def add() -> Page:
    """Keep what the form means as a new scenario; or try it, or show one point more."""
    return _save_form(_office(), None)


@pages.post("/practice/trainer/scenarios/<office>/<name>/edit")
@needs("train")
def change(office: str, name: str) -> Page:
    """The same for one that is kept."""
    return _save_form(office, _kept(office, name))


@pages.post("/practice/trainer/scenarios/new-file")
@needs("train")
def add_file() -> Page:
    """Keep a YAML text, typed or uploaded, as a new scenario; or try it."""
    return _save_file(_office(), None)


@pages.post("/practice/trainer/scenarios/<office>/<name>/edit-file")
@needs("train")
def change_file(office: str, name: str) -> Page:
    """The same for one that is kept."""
    return _save_file(office, _kept(office, name))


@pages.post("/practice/trainer/scenarios/<office>/<name>/take-on")
@needs("train")
def take_on(office: str, name: str) -> Page:
    """Let the course count it, where somebody else wrote it."""
    kept = _kept(office, name)
    try:
        with access.database().write() as connection:
            writing.take_on(
                connection, practice_pages.library(), office, name, access.account(), desk_pages.now(),
                request.form.get("seen", ""),
            )  # fmt: skip
    except BadInput as problem:
        return _look(f"{OWN}{office}", name, 409, str(problem))
    flash(f"“{kept.title}” is taken on: the course counts it from now on.")
    return redirect(url_for("scenarios.look", owner=f"{OWN}{office}", name=name))


@pages.get("/practice/trainer/scenarios/<office>/<name>/delete")
@needs("train")
def ask_delete(office: str, name: str) -> Page:
    """Asks once before a scenario is deleted."""
    return _ask_delete(office, name, 200)


@pages.post("/practice/trainer/scenarios/<office>/<name>/delete")
@needs("train")
def delete(office: str, name: str) -> Page:
    """Delete it; the attempts at it stay."""
    kept = _kept(office, name)
    try:
        with access.database().write() as connection:
            writing.delete(
                connection, practice_pages.library(), office, name, access.account(), desk_pages.now(),
                request.form.get("seen", ""),
            )  # fmt: skip
    except Changed as problem:
        return _ask_delete(office, name, 409, str(problem))
    flash(f"“{kept.title}” is deleted. What was practised with it stays in the results.")
    return redirect(url_for("scenarios.all_of", office=office))


# Saving


def _save_form(office: str, kept: Kept | None) -> Page:
    library, what = practice_pages.library(), request.form.get("deed", "keep")
    typed = scenario_forms.read(request.form, more=what == "more")
    if what == "more":
        return _form_page(office, kept, typed, 200)
    errors = scenario_forms.faults(library.packs, library.modules, office, typed)
    if errors:
        return _form_page(office, kept, typed.at_fault(errors), 400)
    outline = scenario_forms.outline_of(typed)
    try:
        scenario = writing.read_outline(library, office, kept.name if kept else "scenario", outline)
    except OutlineFault as fault:
        at = scenario_forms.field_of(fault.place, typed.numbers())
        return _form_page(office, kept, typed.at_fault({at: f"{fault}"}), 400)
    judged = _judged(library, scenario, office)
    wrong = {f"{quality}-reply": said for quality, said in writing.faults_of_answers(_results(judged)).items()}
    for place, real in _real_contacts(library, scenario).items():
        wrong[scenario_forms.field_of(place, typed.numbers())] = real.said
    if wrong or what == "try":
        return _form_page(office, kept, typed.at_fault(wrong), 400 if wrong else 200, judged, well=not wrong)
    try:
        return _keep(office, kept, writing.as_yaml(outline))
    except BadInput as problem:
        return _form_page(office, kept, typed.at_fault({"title": str(problem)}), 409, judged)


def _save_file(office: str, kept: Kept | None) -> Page:
    library = practice_pages.library()
    text, wrong = _text_sent()
    if wrong:
        return _file_page(office, kept, text, 400, {"text": wrong})
    try:
        scenario = writing.read_text(library, office, kept.name if kept else "scenario", text)
        judged = _judged(library, scenario, office)
    except PackError as fault:
        line = f"Line {fault.line}: " if fault.line else "The file "
        return _file_page(office, kept, text, 400, {"text": f"{line}{fault.what}"}, line=fault.line)
    except BadInput as problem:
        return _file_page(office, kept, text, 400, {"text": str(problem)})
    for real in _real_contacts(library, scenario).values():
        at = next((number for number, line in enumerate(text.split("\n"), 1) if real.contact in line), None)
        said = f"Line {at}: {real.said}" if at else real.said
        return _file_page(office, kept, text, 400, {"text": said}, judged, line=at)
    wrong_answers = writing.faults_of_answers(_results(judged))
    if wrong_answers or request.form.get("deed") == "try":
        errors = {"text": ". ".join(wrong_answers.values())} if wrong_answers else {}
        return _file_page(office, kept, text, 400 if errors else 200, errors, judged, well=not errors)
    try:
        return _keep(office, kept, text)
    except BadInput as problem:
        return _file_page(office, kept, text, 409, {"text": str(problem)}, judged)


def _real_contacts(library: Library, scenario: Scenario) -> dict[Place, Real]:
    """The numbers and addresses in it that could be somebody's, by their places in the outline."""
    try:
        writing.refuse_real_contacts(library, scenario)
    except RealContacts as found:
        return found.faults
    return {}


def _keep(office: str, kept: Kept | None, text: str) -> Page:
    with access.database().write() as connection:
        found = writing.keep(
            connection, practice_pages.library(), office, kept.name if kept else None, text, access.account(),
            desk_pages.now(), request.form.get("seen", ""),
        )  # fmt: skip
    flash(f"“{found.title}” is kept, on trial: no course counts it until another trainer takes it on.")
    return redirect(url_for("scenarios.look", owner=f"{OWN}{office}", name=found.name))


def _text_sent() -> tuple[str, str]:
    """The YAML that was typed, or uploaded, and what is wrong with it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        text = request.form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
        return text, "" if text.strip() else "Write the scenario, or choose a file"
    try:
        return file.read().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"), ""
    except UnicodeDecodeError:
        return request.form.get("text", ""), "The file is not text in UTF-8: save it so, then choose it again"


# What the pages show


def _ask_delete(office: str, name: str, status: int, problem: str = "") -> Page:
    told = {"kept": _kept(office, name), "office": practice_pages.library().packs.office(office), "problem": problem}
    return render_template("trainer/delete.html", **told), status


def _form_page(
    office: str, kept: Kept | None, typed: Typed, status: int, judged: Mapping[str, Any] | None = None,
    well: bool = False,
) -> Page:  # fmt: skip
    packs = practice_pages.library().packs
    page = render_template(
        "trainer/form.html",
        typed=typed,
        errors=typed.errors,
        well=well,
        **judged or {},
        families=practice_pages.families(),
        levels=LEVELS,
        decisions=DECISIONS,
        flags=FLAGS,
        urgencies=URGENCIES,
        clauses=_citable(packs, office),
        facts=_facts(packs, office),
        most_points=scenario_forms.MOST_POINTS,
        **_about(office, kept),
    )
    return page, status


def _file_page(
    office: str,
    kept: Kept | None,
    text: str,
    status: int,
    errors: Mapping[str, str] | None = None,
    judged: Mapping[str, Any] | None = None,
    line: int | None = None,
    well: bool = False,
) -> Page:
    whole = None if kept is None or kept.scenario is None else kept.scenario
    page = render_template(
        "trainer/file.html", text=text, errors=errors or {}, well=well, **judged or {},
        line=text.split("\n")[line - 1].strip() if line and line <= text.count("\n") + 1 else "",
        has_form=whole is not None and not whole.is_shift, **_about(office, kept),
    )  # fmt: skip
    return page, status


def _about(office: str, kept: Kept | None) -> dict[str, Any]:
    library = practice_pages.library()
    return {
        "kept": kept,
        "seen": request.form.get("seen") or (kept.seen if kept else ""),
        "office": library.packs.office(office),
        "offices": trainer_pages.offices(),
        "packs": library.packs,
        "modules": library.modules,
        "practice": practice_words,
        "qualities": QUALITIES,
    }


def _judged(library: Library, scenario: Scenario, office: str) -> dict[str, Any]:
    """The three example answers as they are marked, with what each misses; and what in the key to look at again."""
    found = writing.try_answers(library, scenario, office)
    return {
        "tried": [_tried_one(scenario, quality, result) for quality, result in found.items()],
        "again": answer_key.look_again(library.packs, library.words, scenario, office),
    }


def _tried_one(scenario: Scenario, quality: str, result: Result) -> dict[str, Any]:
    missed = [one for one in result.marks if not one.met]
    return {
        "quality": quality,
        "result": result,
        "missed": sorted(missed, key=lambda one: not one.critical),
        "critical": [one for one in missed if one.critical],
        "drafted": {task.key: task.drafted for task in result.tasks},
        "answers": scenario.examples[quality],
    }


def _results(judged: Mapping[str, Any]) -> dict[str, Result]:
    return {one["quality"]: one["result"] for one in judged["tried"]}


def _task_told(packs: Any, scenario: Scenario, task: Any) -> dict[str, Any]:
    return {
        "task": task,
        "channel": packs.channels[task.channel],
        "right": trainer_pages.right_rows(packs, task),
        "clauses": [trainer_pages.cited(packs, id_) for id_ in task.clauses],
        "points": [{"point": point, "cited": trainer_pages.cited(packs, point.clause)} for point in task.points],
        "first": scenario.first.index(task.key) + 1 if task.key in scenario.first else None,
    }


def _fits(scenario: Scenario, asked: Mapping[str, str]) -> bool:
    own = scenario.is_own
    return (
        asked["module"] in ("", scenario.module)
        and asked["level"] in ("", str(scenario.level))
        and (not asked["clause"] or asked["clause"] in scenario.clauses)
        and (asked["whose"] not in ("own", "given") or own == (asked["whose"] == "own"))
    )


def _of_office(library: Library, office: str) -> list[Scenario]:
    """The scenarios that an office's people practise or try, its own first."""
    held = library.course(office)
    modules = [module.id for module in held.modules]
    mine = [one for one in library.book.values() if one.office in (None, office) and one.module in modules]
    return sorted(mine, key=lambda one: (not one.is_own, one.level, one.title))


def _clauses_of(library: Library, found: Sequence[Scenario]) -> list[tuple[str, str]]:
    ids = sorted({id_ for one in found for id_ in one.clauses})
    titled = [(id_, practice_words.cited(library.packs, id_)) for id_ in ids]
    return [(id_, f"{one.title} ({'national' if one.national else one.whose})") for id_, one in titled]


def _citable(packs: Any, office: str) -> list[tuple[str, str]]:
    """The clauses that a scenario of an office may rest on, its own first."""
    found = {**packs.by_office[office].clauses, **packs.national.clauses}
    return [(id_, clause.title) for id_, clause in found.items()]


def _facts(packs: Any, office: str) -> list[tuple[str, str]]:
    held = packs.in_force(office, desk_pages.now().date()).facts
    return [(name, fact.value("en") or "") for name, fact in held.items() if fact.is_known]


def _visible(library: Library, id_: str) -> Scenario:
    found = library.book.get(id_)
    if found is None or (found.office is not None and found.office not in trainer_pages.offices()):
        abort(404)
    return found


def _office_for(scenario: Scenario) -> str:
    office = scenario.office or trainer_pages.chosen()
    if office is None:
        abort(404)
    return office


def _office() -> str:
    office = trainer_pages.chosen()
    if office is None:
        abort(404)
    return office


def _kept(office: str, name: str) -> Kept:
    kept = writing.one_of(practice_pages.library(), office, name) if office in trainer_pages.offices() else None
    if kept is None:
        abort(404)
    return kept
