"""The form in which a trainer writes a scenario of one message: its fields, the outline they make, what is wrong.

Every field is a list of texts, as a browser sends it. What the loader finds wrong stands at the field it is about.

>>> field_of(("messages", 0, "notice", "urgency"), ())
'urgency'
>>> field_of(("messages", 0, "write", 1, "why"), (1, 4))
'point4-why'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

from responder.drafting.model import FLAGS, MODERATION_ACTIONS, URGENCIES
from responder.practice.scenarios import DECISIONS, LANGUAGES, LEVELS, QUALITIES, Answer, Scenario
from responder.practice.writing import Place, outline

KEY = "message"  # of the one message
SHORTEST_TITLE, LONGEST_TITLE = 3, 60
LONGEST_LINE = 200
POINTS = 3  # blocks for marking points that a new form shows
MOST_POINTS = 12
CLAUSES, MOST_CLAUSES = 4, 12  # fields for clauses: those of a new form, and the most
PARTS_OF_POINT = ("id", "says", "facts", "never", "clause", "why", "critical")
PARTS_OF_ANSWER = ("intent", "urgency", "flags", "do", "tell", "moderate", "reply")
SENDERS = {"they": "public", "we": "office"}
_POST = re.compile(r"(they|we):\s*(.*)", re.IGNORECASE | re.DOTALL)
_LINES = ("says", "facts", "never")
_FIELDS = {  # places in an outline whose last word is not the field's own name
    ("at",): "day",
    ("messages", 0, "key"): "text",
    ("messages", 0, "clauses"): "clause-1",
    ("messages", 0, "mentions"): "mentions",
}


@dataclass(frozen=True)
class Typed:
    """What stands in the form. `points`: how many blocks for marking points it has; `errors` by field."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    points: int = POINTS
    errors: Mapping[str, str] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The field's text; empty where nothing was typed."""
        found = self.values.get(name, ())
        return found[0] if found else ""

    def all(self, name: str) -> tuple[str, ...]:
        """What is ticked, or every line of the field that is filled in."""
        return tuple(one for one in self.values.get(name, ()) if one.strip())

    @property
    def clauses(self) -> dict[str, str]:
        """The clauses that are named, by their fields."""
        fields = (f"clause-{number}" for number in range(1, MOST_CLAUSES + 1))
        return {name: self.one(name).strip() for name in fields if self.one(name).strip()}

    @property
    def clause_fields(self) -> int:
        """How many fields for clauses the form has."""
        return min(max(CLAUSES, len(self.clauses) + 1), MOST_CLAUSES)

    def at_fault(self, errors: Mapping[str, str]) -> Typed:
        """The same with what is wrong; what was said before of a field stays."""
        return replace(self, errors={**errors, **self.errors})

    def is_filled(self, number: int) -> bool:
        """Whether something was typed into a block for a point."""
        return any(self.one(f"point{number}-{part}").strip() for part in PARTS_OF_POINT if part != "id")

    def numbers(self) -> tuple[int, ...]:
        """The numbers of the blocks that are filled in."""
        return tuple(number for number in range(1, self.points + 1) if self.is_filled(number))


def read(form: Any, *, more: bool = False) -> Typed:
    """The form as it was sent (werkzeug's MultiDict); `more`: with one more block for a point."""
    values = {name: tuple(_plain(one) for one in form.getlist(name)) for name in form}
    given = values.get("points", ("",))[0]
    points = int(given) if given.isascii() and given.isdigit() and len(given) < 3 else POINTS
    return Typed(values, min(max(points, 1) + more, MOST_POINTS))


def of_scenario(scenario: Scenario) -> Typed:
    """The form of a scenario of one message."""
    (task,) = scenario.messages
    values: dict[str, Sequence[str]] = {
        "title": [scenario.title],
        "module": [scenario.module],
        "level": [str(scenario.level)],
        "day": [scenario.at.date().isoformat()],
        "time": [f"{scenario.at:%H:%M}"],
        "distress": [scenario.distress],
        "debrief": [scenario.debrief.strip()],
        "channel": [task.channel],
        "from": [task.sender],
        "text": [task.text.strip()],
        "language": [task.language],
        "earlier": [_posts_in_words(task.earlier)],
        "mentions": task.mentions,
        "intent": task.notice.intent[:1],
        "intent_also": task.notice.intent[1:],
        "urgency": task.notice.urgency[:1],
        "urgency_also": task.notice.urgency[1:],
        "flags": task.notice.flags,
        "may_flags": task.notice.may_flags,
        "do": task.decide.do,
        "tell": task.decide.tell,
        "may_tell": task.decide.may_tell,
        "or_tell": task.decide.or_tell,
        "moderate": task.decide.moderate,
        **{f"clause-{number}": [id_] for number, id_ in enumerate(task.clauses, 1)},
    }
    for number, point in enumerate(task.points, 1):
        values |= {
            f"point{number}-id": [point.id],
            f"point{number}-says": ["\n".join(point.says)],
            f"point{number}-facts": ["\n".join(point.facts)],
            f"point{number}-never": ["\n".join(point.never)],
            f"point{number}-clause": [point.clause],
            f"point{number}-why": [point.why],
            f"point{number}-critical": ["yes"] if point.critical else [],
        }
    for quality in QUALITIES:
        values |= _answer_in_words(quality, scenario.examples[quality].get(task.key, Answer()))
    return Typed({name: tuple(value) for name, value in values.items()}, min(len(task.points) + 1, MOST_POINTS))


def outline_of(typed: Typed) -> dict[str, Any]:
    """The scenario that the form means, in the words of its format."""
    points = [_point(typed, number) for number in typed.numbers()]
    task = {
        "key": KEY,
        "channel": typed.one("channel"),
        "from": typed.one("from").strip(),
        "text": typed.one("text"),
        "language": typed.one("language") or "en",
        "earlier": [dict(post) for post in _posts(typed.one("earlier"))[0]],
        "mentions": list(typed.all("mentions")),
        "notice": {
            "intent": _first_and_also(typed, "intent"),
            "urgency": _first_and_also(typed, "urgency"),
            "flags": list(typed.all("flags")),
            "may_flags": [one for one in typed.all("may_flags") if one not in typed.all("flags")],
        },
        "decide": {
            "do": list(typed.all("do")),
            "tell": list(typed.all("tell")),
            "may_tell": [one for one in typed.all("may_tell") if one not in typed.all("tell")],
            "or_tell": [one for one in typed.all("or_tell") if one not in typed.all("tell")],
            "moderate": list(typed.all("moderate")) or ["none"],
        },
        "clauses": list(dict.fromkeys(typed.clauses.values())),
        "write": points,
    }
    level = typed.one("level")
    whole = {
        "title": " ".join(typed.one("title").split()),
        "module": typed.one("module"),
        "level": int(level) if level.isascii() and level.isdigit() and len(level) < 3 else level,
        "at": f"{typed.one('day')}T{typed.one('time').strip().zfill(5)}",
        "messages": [task],
        "debrief": typed.one("debrief"),
        "answers": {quality: {KEY: _answer(typed, quality)} for quality in QUALITIES},
    }
    return {**whole, "distress": typed.one("distress").strip()} if typed.one("distress").strip() else whole


def faults(packs: Any, modules: Mapping[str, Any], office: str, typed: Typed) -> dict[str, str]:
    """What is wrong with the form, by field, in words that say what to do; the loader has the last word."""
    found: dict[str, str] = {}
    title = " ".join(typed.one("title").split())
    if not SHORTEST_TITLE <= len(title) <= LONGEST_TITLE:
        found["title"] = f"Give a title of {SHORTEST_TITLE} to {LONGEST_TITLE} characters"
    for name, allowed, what in (
        ("module", modules, "the module"),
        ("level", tuple(str(level) for level in LEVELS), "how hard it is"),
        ("channel", packs.channels, "the channel"),
        ("language", LANGUAGES, "the language"),
        ("intent", packs.intents, "what the message is"),
        ("urgency", URGENCIES, "how urgent it is"),
    ):
        if typed.one(name) not in allowed:
            found[name] = f"Choose {what} from the list"
    found |= _faults_of_moment(typed)
    for name, what in (
        ("from", "Give a name for the sender, an invented one"),
        ("text", "Write the message"),
        ("debrief", "Explain in a few sentences why this is right, and what tempts one to go wrong"),
    ):
        if not typed.one(name).strip():
            found[name] = what
    if wrong := _posts(typed.one("earlier"))[1]:
        found["earlier"] = wrong
    found |= _faults_of_choices(packs, typed)
    found |= _faults_of_clauses(packs, typed)
    for number in typed.numbers():
        found |= _faults_of_point(packs, office, typed, number)
    for quality in QUALITIES:
        if typed.one(f"{quality}-do") not in DECISIONS:
            found[f"{quality}-do"] = f"Choose what the {quality} answer does"
    return found


def field_of(place: Place, numbers: Sequence[int]) -> str:
    """The field that a place in the outline came from; `numbers` of the blocks for points, as they were read."""
    if place in _FIELDS:
        return _FIELDS[place]
    if place[:3] == ("messages", 0, "write") and len(place) > 3:
        part = str(place[4]) if len(place) > 4 else "says"
        return f"point{numbers[int(place[3])]}-{'why' if part == 'point' else part}"
    if place[:1] == ("answers",) and len(place) > 1:
        return f"{place[1]}-{place[3] if len(place) > 3 else 'do'}"
    if place[:3] == ("messages", 0, "earlier"):
        return "earlier"
    if place[:2] == ("messages", 0):
        return str(place[-1]) if len(place) > 2 else "text"
    return str(place[0]) if place else "title"


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")


def _first_and_also(typed: Typed, name: str) -> list[str]:
    best = [typed.one(name)] if typed.one(name) else []
    return [*best, *(one for one in typed.all(f"{name}_also") if one not in best)]


def _point(typed: Typed, number: int) -> dict[str, Any]:
    made: dict[str, Any] = {"point": typed.one(f"point{number}-id").strip() or f"point-{number}"}
    for part in _LINES:
        if lines := _lines(typed.one(f"point{number}-{part}")):
            made[part] = lines
    made["clause"] = typed.one(f"point{number}-clause").strip()
    made["why"] = " ".join(typed.one(f"point{number}-why").split())
    if typed.one(f"point{number}-critical"):
        made["critical"] = True
    return made


def _answer(typed: Typed, quality: str) -> dict[str, Any]:
    one = {part: typed.one(f"{quality}-{part}") for part in ("intent", "urgency", "do", "moderate")}
    some = {part: list(typed.all(f"{quality}-{part}")) for part in ("flags", "tell")}
    reply = typed.one(f"{quality}-reply").strip()
    filled = {name: value for name, value in {**one, **some}.items() if value and value != "none"}
    return {**filled, "reply": reply} if reply else filled


def _answer_in_words(quality: str, answer: Answer) -> dict[str, Sequence[str]]:
    return {
        f"{quality}-intent": [answer.intent or ""],
        f"{quality}-urgency": [answer.urgency or ""],
        f"{quality}-flags": answer.flags,
        f"{quality}-do": [answer.do or ""],
        f"{quality}-tell": answer.tell,
        f"{quality}-moderate": [answer.moderate],
        f"{quality}-reply": [answer.reply.strip()],
    }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _posts(text: str) -> tuple[list[dict[str, str]], str]:
    """The posts before the message, and what is wrong with how they were written."""
    posts = []
    for block in re.split(r"\n\s*\n", text.strip()) if text.strip() else []:
        found = _POST.fullmatch(block.strip())
        if not found or not found.group(2).strip():
            return [], "Begin each post with “They:” or “We:”, with an empty line between two posts"
        posts.append({"from": SENDERS[found.group(1).lower()], "text": found.group(2).strip()})
    return posts, ""


def _posts_in_words(posts: Iterable[Any]) -> str:
    said = {sender: word.capitalize() for word, sender in SENDERS.items()}
    return "\n\n".join(f"{said[post.sender]}: {post.text.strip()}" for post in posts)


def _faults_of_moment(typed: Typed) -> dict[str, str]:
    found = {}
    try:
        date.fromisoformat(typed.one("day").strip())
    except ValueError:
        found["day"] = "Give the day as year-month-day, for example 2026-11-18"
    try:
        time.fromisoformat(typed.one("time").strip().zfill(5))
    except ValueError:
        found["time"] = "Give the time as hours and minutes, for example 09:40"
    return found


def _faults_of_choices(packs: Any, typed: Typed) -> dict[str, str]:
    found = {}
    if not typed.all("do") or not set(typed.all("do")) <= set(DECISIONS):
        found["do"] = "Tick every decision that is right"
    channel = packs.channels.get(typed.one("channel"))
    steps = channel.moderation if channel else MODERATION_ACTIONS
    if not set(typed.all("moderate")) <= set(steps):
        found["moderate"] = f"The channel {channel.title if channel else ''} does not allow all of these"
    for names, allowed, what in (
        (("intent_also",), packs.intents, "kinds of message"),
        (("urgency_also",), URGENCIES, "urgencies"),
        (("flags", "may_flags"), FLAGS, "flags"),
        (("tell", "may_tell", "or_tell"), packs.roles, "roles"),
        (("mentions",), packs.mentions, "subjects"),
    ):
        for name in names:
            if not set(typed.all(name)) <= set(allowed):
                found[name] = f"Choose {what} from the list"
    return found


def _faults_of_clauses(packs: Any, typed: Typed) -> dict[str, str]:
    if not typed.clauses:
        return {"clause-1": "Name at least one clause that this rests on"}
    return {
        name: f"No policy has a clause “{id_[:LONGEST_LINE]}”: choose one of the list"
        for name, id_ in typed.clauses.items()
        if not _is_clause(packs, id_)
    }


def _faults_of_point(packs: Any, office: str, typed: Typed, number: int) -> dict[str, str]:
    found = {}
    says, facts, never = (_lines(typed.one(f"point{number}-{part}")) for part in _LINES)
    if bool(never) == bool(says or facts):
        found[f"point{number}-says"] = "Give either words or facts that earn it, or words that must not stand"
    day = typed.one("day").strip()
    known = packs.in_force(office, date.fromisoformat(day)).facts if not _faults_of_moment(typed) else {}
    if unknown := [name for name in facts if known and name not in known]:
        found[f"point{number}-facts"] = f"The office has no fact “{unknown[0][:LONGEST_LINE]}”: choose from the list"
    clause = typed.one(f"point{number}-clause").strip()
    if not _is_clause(packs, clause):
        found[f"point{number}-clause"] = (
            f"No policy has a clause “{clause[:LONGEST_LINE]}”: choose one of the list"
            if clause
            else "Name the clause that this point rests on"
        )
    if not typed.one(f"point{number}-why").strip():
        found[f"point{number}-why"] = "Say in one sentence why, for whoever misses it"
    return found


def _is_clause(packs: Any, id_: str) -> bool:
    owner = id_.partition("/")[0]
    pack = packs.national if owner == "national" else packs.by_office.get(owner)
    return pack is not None and id_ in pack.clauses


__all__ = ["Typed", "faults", "field_of", "of_scenario", "outline", "outline_of", "read"]
