"""What the desk's pages share: who acts, what is filtered, and the bar above every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, request, url_for
from sqlalchemy.engine import Connection

from responder.console import access, desk_words, engine_state, words
from responder.desk import inbox, sessions
from responder.desk.accounts import Account
from responder.desk.database import DeskUnavailable
from responder.desk.decisions import Acting, colleagues
from responder.desk.inbox import Filter
from responder.drafting.model import FLAGS
from responder.practice import certificates
from responder.practice.gate import gate_for
from responder.practice.wording import day

PLACES = (  # of the navigation: name, words, endpoint, permission
    ("inbox", "Inbox", "inbox.inbox", "read"),
    ("outbox", "Outbox", "outbox.outbox", "read"),
    ("draft", "Draft", "draft.blank_form", "read"),
    ("preview", "Preview", "preview.preview", "read"),
    ("practice", "Practice", "practice.course", "practise"),
    ("reports", "Reports", "reports.reports", "report"),
    ("admin", "Admin", "admin.admin", "manage"),
)


@dataclass(frozen=True)
class Bar:
    """What stands above every page of somebody who is signed in."""

    full_name: str
    places: tuple[tuple[str, str, str], ...]
    counts: inbox.Counts
    state: str
    single_keys: bool
    refresher: tuple[str, str] | None  # that one is asked for, in words, and where it begins

    def say(self, number: int) -> str:
        """A count in words."""
        return desk_words.count(number, inbox.MOST_COUNTED)


def install(app: Flask) -> None:
    """Give every page its bar and the desk's words."""
    app.jinja_env.globals["desk"] = desk_words

    @app.context_processor
    def known() -> dict[str, Any]:
        account = g.get("account")
        return {"bar": bar(account) if account else None, "demo": current_app.config.get("DEMO")}


def bar(account: Account) -> Bar:
    """The bar of an account; without counts while the database cannot be used."""
    try:
        with access.database().read() as connection:
            found, due = inbox.counts(connection, account, now()), _refresher(connection, account)
    except DeskUnavailable:
        found, due = inbox.Counts(), None
    named = {"inbox": f"Inbox {desk_words.count(found.to_do, inbox.MOST_COUNTED)}" if found.to_do else "Inbox"}
    if found.approved:
        named["outbox"] = f"Outbox {desk_words.count(found.approved, inbox.MOST_COUNTED)}"
    places = tuple(
        (name, named.get(name, said), url_for(endpoint))
        for name, said, endpoint, permission in PLACES
        if account.may(permission)
    )
    state = engine_state.last_known(current_app.extensions["engine"])
    return Bar(account.full_name, places, found, state, account.prefers("single_keys"), due)


def _refresher(connection: Connection, account: Account) -> tuple[str, str] | None:
    """That somebody who answers live must soon pass a refresher, or should have; the first to end, of several."""
    if not (current_app.config["PRACTICE_GATE"] and account.may("send")):
        return None
    today = now().date()
    due = certificates.refreshers(connection, current_app.extensions["practice"].settings, account, today)
    if not due:
        return None
    until = day(due[0].valid_until)
    said = f"Pass the refresher by {until}" if due[0].is_valid(today) else f"Your certificate ended on {until}"
    return said, url_for("practice.course", office=due[0].office)


def now() -> datetime:
    """The time, by the console's clock."""
    found: datetime = current_app.extensions["clock"]()
    return found


def packs() -> Any:
    """The packs."""
    return current_app.extensions["packs"]


def acting() -> Acting:
    """Whoever is signed in, now, under the desk's rules."""
    return Acting(packs(), current_app.extensions["rules"], access.account(), now(), _closed)


def _closed(connection: Connection, office: str) -> str | None:
    """Why whoever is signed in may not answer live for an office yet; None where they may, and without a gate."""
    if not current_app.config["PRACTICE_GATE"]:
        return None
    told: dict[str, str | None] = g.setdefault("gates", {})
    if office not in told:
        library = current_app.extensions["practice"]
        gate = gate_for(connection, library, packs(), access.account(), office, now().date())
        told[office] = None if gate.open else gate.why
    return told[office]


def wanted(connection: Any) -> Filter:
    """The filter that the address names; what it names wrongly is left out."""
    asked, known, account = request.args, packs(), access.account()
    searching = sessions.search(connection, access.token()) if asked.get("search") == "on" else None
    assignee = asked.get("assignee", "")
    return Filter(
        view=asked.get("view", "") if asked.get("view") in inbox.VIEWS else "to-do",
        office=asked.get("office") if asked.get("office") in account.offices else None,
        channel=asked.get("channel") if asked.get("channel") in known.channels else None,
        intent=asked.get("intent") if asked.get("intent") in known.intents else None,
        flag=asked.get("flag") if asked.get("flag") in FLAGS else None,
        assignee=assignee if assignee in ("me", "nobody") or _is_number(assignee) else None,
        danger=asked.get("danger") == "1",
        search=searching or None,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def query_of_address() -> dict[str, str]:
    """The filter as the address names it, to be carried on."""
    names = ("view", "office", "channel", "intent", "flag", "assignee", "danger", "search")
    return {name: request.args[name] for name in names if request.args.get(name)}


def listed(
    connection: Any, chosen: Filter, *, chosen_id: int | None = None, after: str | None = None
) -> dict[str, Any]:
    """What the list of messages needs: for the inbox, and for the pane beside a message."""
    account = access.account()
    page = inbox.look(connection, account, chosen, now(), after=after)
    query = chosen.as_query()
    return {
        "rows": page.rows,
        "after": page.after,
        "page_size": inbox.PAGE,
        "chosen_id": chosen_id,
        "query": query,
        "query_without_search": {name: value for name, value in query.items() if name != "search"},
        "wanted": chosen,
        "is_plain": chosen.is_plain,
        "several_offices": len(account.offices) > 1,
        "hide_words": account.prefers("blur"),
        "last_id": inbox.last_id(connection),
        "now": now(),
        "packs": packs(),
    }


def choices(connection: Any) -> dict[str, list[tuple[str, str]]]:
    """What the filter's lists offer."""
    known, account = packs(), access.account()
    people: dict[int, str] = {}
    for office in account.offices:
        people |= dict(colleagues(connection, office))
    others = [(str(id_), name) for id_, name in sorted(people.items(), key=lambda one: one[1]) if id_ != account.id]
    return {
        "offices": [("", "All offices"), *((id_, known.offices[id_].short_name["en"]) for id_ in account.offices)],
        "channels": [("", "All channels"), *((id_, one.title) for id_, one in known.channels.items())],
        "intents": [("", "All kinds"), *((id_, one.title) for id_, one in known.intents.items())],
        "flags": [("", "Any or none"), *((name, words.FLAGS[name]) for name in FLAGS)],
        "people": [("", "Anybody"), ("me", "Me"), ("nobody", "Nobody"), *others],
    }


def in_words(chosen: Filter, offered: Mapping[str, list[tuple[str, str]]]) -> list[str]:
    """The filter as a person would say it."""
    named = (
        (chosen.office, offered["offices"]),
        (chosen.channel, offered["channels"]),
        (chosen.intent, offered["intents"]),
        (chosen.flag, offered["flags"]),
        (chosen.assignee, offered["people"]),
    )
    said = [dict(items).get(value, "") for value, items in named if value]
    first = [desk_words.VIEWS[chosen.view]] if chosen.view != "to-do" else []
    return [one for one in (*first, *(["danger now"] if chosen.danger else []), *said) if one]
