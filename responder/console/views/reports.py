"""`/reports`: did we answer in time, what came in, and what became of the drafts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request

from responder.console import access, report_sections, sheet
from responder.console.access import needs
from responder.console.report_sections import MAKERS, Figures
from responder.desk.reports import Scope
from responder.drafting.calendar import LONDON
from responder.errors import BadInput

pages = Blueprint("reports", __name__)

PERIODS = (7, 28, 90)  # days that one click gives; the second is shown first
LONGEST = 366
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `scope` is what the account may see of it; `errors` say, by field, what is wrong."""

    scope: Scope
    today: date
    office: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def period(self) -> int | None:
        """The number of days, where one click gives this period."""
        return self.scope.days if self.scope.last == self.today and self.scope.days in PERIODS else None

    @property
    def narrowed(self) -> dict[str, str]:
        """The filters besides the period, as the address gives them."""
        given = {"office": self.office, "channel": self.scope.channel, "intent": self.scope.intent}
        return {name: value for name, value in given.items() if value}

    @property
    def when(self) -> dict[str, Any]:
        """The period, as an address gives it."""
        if self.period:
            return {"days": self.period}
        return {"from": self.scope.first.isoformat(), "to": self.scope.last.isoformat()}

    @property
    def query(self) -> dict[str, Any]:
        """The whole."""
        return {**self.when, **self.narrowed}


@pages.get("/reports")
@needs("report")
def reports() -> tuple[str, int]:
    """The report that the address asks for: days, or from and to; office, channel, intent."""
    packs, now = _packs(), _now()
    asked = read(packs, request.args, access.account().offices, now)
    shown: tuple[report_sections.Section, ...] = ()
    anything = False
    if not asked.errors and asked.scope.offices:
        with access.database().read() as connection:
            figures = Figures(connection, packs, asked.scope, now)
            anything = figures.outcomes.total.arrivals > 0
            shown = report_sections.sections(figures) if anything else ()
    names = {id_: sheet.in_english(packs.offices[id_].short_name) for id_ in _known(packs, access.account().offices)}
    page = render_template(
        "reports.html", asked=asked, sections=shown, anything=anything, offices=names, packs=packs, periods=PERIODS,
        written=report_sections.written,
    )  # fmt: skip
    return page, 400 if asked.errors else 200


@pages.get("/reports/<section>.csv")
@needs("report")
def table(section: str) -> Response:
    """The table of one section as a CSV file, for what the address asks for as on the page."""
    if section not in MAKERS:
        abort(404)
    packs, now = _packs(), _now()
    asked = read(packs, request.args, access.account().offices, now)
    if asked.errors:
        raise BadInput(f"{'. '.join(asked.errors.values())}.")
    with access.database().read() as connection:
        made = MAKERS[section](Figures(connection, packs, asked.scope, now)).table
    name = f"{section}-{asked.scope.first}-to-{asked.scope.last}.csv"
    return Response(
        made.as_csv(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def read(packs: Any, given: Mapping[str, str], offices: tuple[str, ...], now: datetime) -> Asked:
    """What an address asks for, for an account of these offices; another's office is one that does not exist."""
    today = now.astimezone(LONDON).date()
    first, last, errors = _period(given, today)
    known = _known(packs, offices)
    office, channel, intent = (given.get(name, "") for name in ("office", "channel", "intent"))
    for name, value, allowed, what in (
        ("office", office, known, "an office"),
        ("channel", channel, packs.channels, "a channel"),
        ("intent", intent, packs.intents, "a kind of message"),
    ):
        if value and value not in allowed:
            errors[name] = f"Choose {what} from the list"
    return Asked(
        scope=Scope(
            offices=(office,) if office in known else known,
            first=first,
            last=last,
            channel=channel if channel in packs.channels else None,
            intent=intent if intent in packs.intents else None,
        ),
        today=today,
        office=office if office in known else "",
        typed={name: given.get(name, "") for name in ("from", "to")},
        errors=errors,
    )


def _period(given: Mapping[str, str], today: date) -> tuple[date, date, dict[str, str]]:
    """The first and the last day; where the address gives none or wrong ones, those shown first."""
    number = given.get("days", "")
    days = int(number) if number in {str(period) for period in PERIODS} else PERIODS[1]
    usual = (today - timedelta(days=days - 1), today)
    if not given.get("from") and not given.get("to"):
        return *usual, {}
    errors: dict[str, str] = {}
    found: dict[str, date] = {}
    for name, what in (("from", "first"), ("to", "last")):
        try:
            found[name] = date.fromisoformat(given.get(name, ""))
        except ValueError:
            errors[name] = f"Give the {what} day, such as {today.isoformat()}"
            continue
        if not EARLIEST <= found[name] <= today:
            errors[name] = f"The {what} day must not be in the future, nor before {EARLIEST.year}"
    if not errors and found["from"] > found["to"]:
        errors["from"] = "The first day must not be after the last"
    elif not errors and (found["to"] - found["from"]).days >= LONGEST:
        errors["from"] = f"Choose at most {LONGEST} days"
    return (*usual, errors) if errors else (found["from"], found["to"], {})


def _known(packs: Any, offices: tuple[str, ...]) -> tuple[str, ...]:
    """The account's offices, in the order of the packs."""
    return tuple(id_ for id_ in packs.offices if id_ in offices)


def _packs() -> Any:
    return current_app.extensions["packs"]


def _now() -> datetime:
    now: datetime = current_app.extensions["clock"]()
    return now
