"""`/admin`: facts to confirm, packs, approval rules and the audit; each manager sees the own offices' alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from responder.console import access, admin_rows, approval_forms, audit_files, audit_words
from responder.console.access import needs
from responder.desk import approvals, audit, confirmations
from responder.desk.accounts import Account
from responder.desk.audit import Entry, Verdict
from responder.desk.desk_rules import ApprovalRule, DeskRules
from responder.desk.tables import account as account_table
from responder.desk.tables import account_office
from responder.drafting.model import DANGERS, URGENCIES
from responder.drafting.packs import Packs
from responder.errors import BadInput, PackError
from responder.practice import gate

pages = Blueprint("admin", __name__)
Page = tuple[str, int]
LINES = 100  # of the audit on a page
LONGEST_SEQ = 18  # digits


@pages.get("/admin")
@needs("manage")
def admin() -> str:
    """What there is to do, office by office."""
    with access.database().read() as connection:
        found = [admin_rows.standing(connection, _packs(), _rules(), office, _today()) for office in _offices()]
        answering = _answering(connection)
    return render_template("admin/index.html", found=found, packs=_packs(), answering=answering)


def _answering(connection: Connection) -> dict[str, int]:
    """How many may answer live, by office; of no office where there is no gate."""
    if not current_app.config["PRACTICE_GATE"]:
        return {}
    library = current_app.extensions["practice"]
    return {office: gate.answering(connection, library, office, _today()) for office in _offices()}


# Facts


@pages.get("/admin/facts")
@needs("manage")
def facts() -> Page:
    """The facts of an office: what is to be confirmed, what was, and by whom."""
    return _facts(_office(), 200)


@pages.post("/admin/facts/confirm")
@needs("manage")
def confirm_fact() -> Page | Response:
    """Keep that the fact is right as the page showed it."""
    office, name = _office(), request.form.get("fact", "")
    value, note = request.form.get("value", ""), request.form.get("note", "")
    try:
        with access.database().write() as connection:
            confirmations.confirm(connection, _packs(), office, name, value, access.account(), _now(), note)
    except BadInput as error:
        return _facts(office, 400, str(error), {name: note})
    flash(f"“{name}” is confirmed. Drafts no longer warn about it.")
    return redirect(url_for("admin.facts", office=office))


@pages.post("/admin/facts/withdraw")
@needs("manage")
def withdraw_fact() -> Page | Response:
    """Take a confirmation back."""
    office, name = _office(), request.form.get("fact", "")
    try:
        with access.database().write() as connection:
            confirmations.withdraw(connection, office, name, access.account(), _now())
    except BadInput as error:
        return _facts(office, 400, str(error))
    flash(f"The confirmation of “{name}” is taken back. Drafts warn about it again.")
    return redirect(url_for("admin.facts", office=office))


def _facts(office: str, status: int, error: str = "", typed: Mapping[str, str] | None = None) -> Page:
    with access.database().read() as connection:
        found = admin_rows.facts(connection, _packs(), office, _today())
    return _page("facts", office, status, found=found, error=error, typed=typed or {})


# Packs


@pages.get("/admin/packs")
@needs("manage")
def packs() -> str:
    """How each office's pack stands."""
    with access.database().read() as connection:
        found = [admin_rows.standing(connection, _packs(), _rules(), office, _today()) for office in _offices()]
    return render_template("admin/packs.html", found=found, packs=_packs())


# Approval rules


@pages.get("/admin/approvals")
@needs("manage")
def approval_rules() -> Page:
    """The rules of an office; what they would ask of one kind of message."""
    return _approvals(_office(), 200)


@pages.post("/admin/approvals")
@needs("manage")
def change_rules() -> Page | Response:
    """Keep who must approve; also move or take away the rule that a button names."""
    office = _office()
    before = _held(office).rules
    value = [_with_number(rule, number) for number, rule in enumerate(before, 1)]
    what, _, which = request.form.get("do", "keep").partition("-")
    number = int(which) if which.isascii() and which.isdigit() else 0
    done = "Who must approve is kept."
    if what in ("up", "down"):
        value, done = approval_forms.moved(value, number, -1 if what == "up" else 1), f"Rule {number} is moved {what}."
    elif what == "remove" and 0 < number < len(value):
        gone = value.pop(number - 1)
        done = f"Rule {number} is taken away: “{gone['why']}”"
    if fault := _save(office, value):
        return _approvals(office, 409, fault)
    flash(done)
    return redirect(url_for("admin.approval_rules", office=office))


@pages.get("/admin/approvals/rule")
@needs("manage")
def rule() -> Page:
    """The form for one rule: the one of the number, or a new one."""
    office, number = _office(), _number("number")
    held = _held(office).rules
    if number > len(held):
        abort(404)
    return _rule_form(office, held, number, approval_forms.of_rule(held[number - 1]) if number else None, 200)


@pages.post("/admin/approvals/rule")
@needs("manage")
def keep_rule() -> Page | Response:
    """Put the rule in its place; or what is wrong."""
    office, number = _office(), _number("number")
    held = _held(office).rules
    if number > len(held):
        abort(404)
    typed = approval_forms.read(request.form, _rules().names, is_last=number == len(held))
    if typed.errors:
        return _rule_form(office, held, number, typed, 400)
    value = [one.as_dict() for one in held]
    if number:
        value[number - 1] = typed.as_rule()
    else:
        place = int(typed.before) if typed.before.isascii() and typed.before.isdigit() else 1
        value.insert(min(max(place, 1), len(value)) - 1, typed.as_rule())
    if fault := _save(office, value):
        return _rule_form(office, held, number, typed, 409, fault)
    flash(f"Rule {number} is changed." if number else "The rule is added.")
    return redirect(url_for("admin.approval_rules", office=office))


@pages.get("/admin/approvals/reset")
@needs("manage")
def ask_reset() -> Page:
    """Asks once before the office's own rules are forgotten."""
    office = _office()
    return _page("reset", office, 200, held=_held(office), mark=approvals.mark(_held(office).rules))


@pages.post("/admin/approvals/reset")
@needs("manage")
def reset_rules() -> Page | Response:
    """Let the files' rules hold again."""
    office = _office()
    try:
        with access.database().write() as connection:
            approvals.reset(connection, _rules(), office, request.form.get("seen", ""), access.account(), _now())
    except approvals.ChangedMeanwhile as error:
        return _approvals(office, 409, str(error))
    flash("The rules of the files hold again.")
    return redirect(url_for("admin.approval_rules", office=office))


def _held(office: str) -> admin_rows.Approvals:
    with access.database().read() as connection:
        return admin_rows.approvals_of(connection, _rules(), office)


def _with_number(rule: ApprovalRule, number: int) -> dict[str, Any]:
    """The rule with the number of approvers that was chosen for it, if one was."""
    chosen = request.form.get(f"approvers-{number}", "")
    return {**rule.as_dict(), "approvers": int(chosen)} if chosen in ("0", "1", "2") else rule.as_dict()


def _save(office: str, value: list[dict[str, Any]]) -> str:
    """Keep rules as the office's own; what is wrong with them, or nothing."""
    try:
        with access.database().write() as connection:
            seen = request.form.get("seen", "")
            approvals.set_rules(connection, _rules(), office, value, seen, access.account(), _now())
    except PackError as fault:
        return f"Rule {fault.line}: {fault.what}." if fault.line else f"{fault.what}."
    except approvals.ChangedMeanwhile as error:
        return str(error)
    return ""


def _approvals(office: str, status: int, error: str = "") -> Page:
    held = _held(office)
    tried = {key: request.args.get(key, "") for key in ("intent", "urgency", "channel", "danger")}
    need = None
    if tried["channel"] in _packs().channels:
        need = _rules().approvers(
            office, tried["intent"] or None, tried["urgency"] or None, tried["channel"], tried["danger"] or None,
            held.rules,
        )  # fmt: skip
    told = {"tried": tried, "need": need, "error": error, "mark": approvals.mark(held.rules)}
    return _page("approvals", office, status, held=held, forms=approval_forms, **told)


def _rule_form(
    office: str,
    held: tuple[ApprovalRule, ...],
    number: int,
    typed: approval_forms.Typed | None,
    status: int,
    error: str = "",
) -> Page:
    seen = request.form.get("seen") or approvals.mark(held)
    told = {"held": held, "number": number, "typed": typed or approval_forms.Typed(), "mark": seen, "error": error}
    choices = {"urgencies": URGENCIES, "dangers": DANGERS}
    return _page("rule", office, status, forms=approval_forms, is_last=number == len(held), **told, **choices)


# The audit


@pages.get("/admin/audit")
@needs("audit")
def audit_lines() -> Page:
    """What happened, the newest first."""
    return _audit(200)


@pages.post("/admin/audit/verify")
@needs("audit")
def verify_audit() -> Page:
    """Reads every line and every seal, and says whether the audit is whole."""
    expect = request.form.get("expect", "").strip()
    with access.database().read() as connection:
        verdict = audit.verify(connection, expect or None)
    return _audit(200, verdict, expect)


@pages.post("/admin/audit/export")
@needs("audit")
def export_audit() -> Response:
    """The lines of the account's offices, and those of none, as a file."""
    shape = request.form.get("format", "")
    if shape not in audit_files.SHAPES:
        abort(400)
    mine, database = access.account(), access.database()
    with database.write() as connection:
        audit.append(connection, mine.actor, "audit.exported", "audit", None, now=_now(), after={"format": shape})

    def lines() -> Iterator[bytes]:
        with database.read() as connection:
            yield from audit_files.parts((e for e in audit.export(connection) if _may_see(mine, e)), shape)

    name = f"audit-{_today().isoformat()}.{shape}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(lines()), content_type=audit_files.SHAPES[shape], headers=headers)


def _audit(status: int, verdict: Verdict | None = None, expect: str = "") -> Page:
    mine = access.account()
    asked = {name: request.args.get(name, "") for name in ("office", "action", "person", "message")}
    if asked["office"] and asked["office"] not in mine.offices:
        abort(404)
    message, before, person = _number("message"), _number("before"), _number("person")
    with access.database().read() as connection:
        people = _people(connection, mine)
        found = audit.entries(
            connection,
            offices=mine.offices,
            office=asked["office"] or None,
            action=asked["action"] if asked["action"] in audit_words.ACTIONS else None,
            account_id=person or None,
            subject=("message", message) if message else None,
            before_seq=before or None,
            limit=LINES + 1,
        )
    lines, older = found[:LINES], found[LINES - 1].seq if len(found) > LINES else None
    query = {name: value for name, value in asked.items() if value}
    told = {"lines": lines, "older": older, "query": query, "asked": asked, "people": people, "is_first": not before}
    return (
        render_template(
            "admin/audit.html", told=audit_words, verdict=verdict, expect=expect, packs=_packs(), offices=_offices(),
            names=dict(people), **told,
        ),
        status,
    )  # fmt: skip


def _may_see(account: Account, entry: Entry) -> bool:
    return entry.office is None or entry.office in account.offices


def _people(connection: Connection, account: Account) -> list[tuple[int, str]]:
    """Those who work, or worked, for one of the account's offices: number and name, by name."""
    query = (
        sa.select(account_table.c.id, account_table.c.full_name)
        .join(account_office, account_office.c.account_id == account_table.c.id)
        .where(account_office.c.office.in_(account.offices))
        .distinct()
        .order_by(account_table.c.full_name, account_table.c.id)
    )
    return [(int(id_), str(name)) for id_, name in connection.execute(query)]


# What the pages share


def _page(name: str, office: str, status: int, **told: Any) -> Page:
    """A page about one office."""
    told = {"office": _packs().office(office), "offices": _offices(), "packs": _packs(), **told}
    return render_template(f"admin/{name}.html", **told), status


def _offices() -> list[str]:
    """The account's offices that there are."""
    return [office for office in access.account().offices if office in _packs().offices]


def _office() -> str:
    """The office that is asked about, else the account's first; another account's is as if it did not exist."""
    mine = _offices()
    office = request.values.get("office") or (mine[0] if mine else "")
    if office not in mine:
        abort(404)
    return office


def _number(name: str) -> int:
    """A whole number that was given, else 0."""
    given = request.values.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= LONGEST_SEQ else 0


def _packs() -> Packs:
    found: Packs = current_app.extensions["packs"]
    return found


def _rules() -> DeskRules:
    found: DeskRules = current_app.extensions["rules"]
    return found


def _now() -> datetime:
    now: datetime = current_app.extensions["clock"]()
    return now


def _today() -> Any:
    return _now().date()
