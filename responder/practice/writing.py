"""Scenarios that an office writes in the console: read by the loader, tried with their own answers, kept as files.

They live in the data folder (`practice/<office>/<name>.yml`), never among the shipped ones. A new or changed one is on
trial: its first line names those who wrote it, and no course counts it until another trainer takes it on.

>>> kept = keep(connection, library, "cleveland-opcc", None, text, trainer, now)  # doctest: +SKIP
>>> kept.id, kept.trial  # doctest: +SKIP
('own-cleveland-opcc/the-lost-dog', ('a.trainer',))
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from sqlalchemy.engine import Connection

from responder.desk import audit
from responder.desk.accounts import Account
from responder.drafting.reading import Section, parse
from responder.errors import BadInput, PackError
from responder.practice.answer_key import Real, real_contacts
from responder.practice.library import LONGEST_FILE, LONGEST_NAME, Library
from responder.practice.marking import Result, mark
from responder.practice.scenarios import OWN, QUALITIES, TRIAL, Answer, Point, Scenario, Task, read_scenario
from responder.practice.wording import told

MOST_KEPT = 500  # of one office
DEEPEST = 12  # lists and mappings one in another; the format needs seven
WIDTH = 116  # of a line in the files that the form makes


Place = tuple[str | int, ...]  # of a value in an outline: ("messages", 0, "notice", "intent")


class Changed(BadInput):
    """Somebody else changed the scenario meanwhile; the sentence says so."""


class AnswersOutOfOrder(BadInput):
    """The example answers are not marked in their order. `faults`: a sentence for good, middling or bad."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(" ".join(self.faults.values()))


class RealContacts(BadInput):
    """A telephone number or an e-mail address could be somebody's. `faults`: by the place in the outline."""

    def __init__(self, faults: Mapping[Place, Real]) -> None:
        self.faults = dict(faults)
        super().__init__(". ".join(one.said for one in self.faults.values()) + ".")


@dataclass(frozen=True)
class Kept:
    """A scenario of an office's own, as it is kept. `text` is its YAML without the line about the trial.

    `scenario` is None where it can't be read: `fault` says why. `seen` names this state of the file.
    """

    office: str
    name: str
    text: str
    trial: tuple[str, ...]
    seen: str
    scenario: Scenario | None = None
    fault: str = ""

    @property
    def id(self) -> str:
        """The id by which it is practised."""
        return own_id(self.office, self.name)

    @property
    def title(self) -> str:
        """Its title, or its file's name where it can't be read."""
        return self.scenario.title if self.scenario else f"{self.name}.yml"


def own_id(office: str, name: str) -> str:
    """The id of a scenario of an office's own."""
    return f"{OWN}{office}/{name}"


def name_from(title: str) -> str:
    """A file's name from a title: small letters, digits and hyphens alone.

    >>> name_from("Ble mae’r ci? / ../x")
    'ble-maer-ci-x'
    """
    plain = unicodedata.normalize("NFKD", title.replace("’", "").replace("'", "")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:LONGEST_NAME].strip("-") or "scenario"


# Reading and trying


def read_text(library: Library, office: str, name: str, text: str) -> Scenario:
    """The scenario that a YAML text holds; nothing is kept.

    Raises:
        PackError: the loader can't read it; line, what was found and what is allowed.
        BadInput: it is too long.
    """
    file = f"{office}/{name}.yml"
    if len(text) <= LONGEST_FILE:
        _refuse_tangles(text, file)
        section = parse(text, file)
        if "trial" in section:
            raise section.fault("trial", "“trial” is kept by the desk; leave it out")
    return library.read_own(office, name, text)


def _refuse_tangles(text: str, file: str) -> None:
    """Raises PackError where a text repeats itself by aliases, or is nested so deeply that reading it never ends."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            line = event.start_mark.line + 1 if event.start_mark else None
            if isinstance(event, yaml.AliasEvent):
                raise PackError(file, line, f"“*{event.anchor}” stands for something else; write it out")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise PackError(file, line, f"lies more than {DEEPEST} lists or mappings deep")
    except yaml.YAMLError:  # the loader says what is wrong
        return


def try_answers(library: Library, scenario: Scenario, office: str) -> dict[str, Result]:
    """The marks of its example answers, by good, middling and bad, with a sentence for each mark; messages are answered
    in the order of the example.

    Raises UnknownName.
    """
    found = {
        quality: mark(
            library.packs, scenario, office, scenario.examples[quality], tuple(scenario.examples[quality]),
            needed=library.settings.pass_percent,
        )
        for quality in QUALITIES
    }  # fmt: skip
    return {quality: told(library.words, library.packs, scenario, result) for quality, result in found.items()}


def faults_of_answers(tried: Mapping[str, Result]) -> dict[str, str]:
    """What is wrong with the marks of the example answers: for each answer at fault one sentence."""
    good, middling, bad = (tried[quality] for quality in QUALITIES)
    faults = {}
    if not good.passed:
        critical = next((one for one in good.marks if one.critical and not one.met), None)
        why = f"misses a point that always counts: “{critical.why}”" if critical else f"earns {good.percent} %"
        faults["good"] = f"The good answer {why}; it must pass"
    if not middling.percent < good.percent:
        faults["middling"] = (
            f"The middling answer earns {middling.percent} %; it must earn less than the good one ({good.percent} %)"
        )
    if bad.passed:
        faults["bad"] = f"The bad answer passes with {bad.percent} %; it must not"
    elif not bad.percent < middling.percent:
        faults["bad"] = (
            f"The bad answer earns {bad.percent} %; it must earn less than the middling one ({middling.percent} %)"
        )
    return faults


def refuse_real_contacts(library: Library, scenario: Scenario) -> None:
    """Raises RealContacts where something in it could ring or reach somebody: who practises might try it."""
    texts: dict[Place, str] = {("title",): scenario.title, ("debrief",): scenario.debrief}
    for number, task in enumerate(scenario.messages):
        here: Place = ("messages", number)
        texts |= {(*here, "from"): task.sender, (*here, "text"): task.text}
        texts |= {(*here, "earlier", place): post.text for place, post in enumerate(task.earlier)}
        for place, point in enumerate(task.points):
            parts = {"says": point.says, "never": point.never, "why": (point.why,)}
            texts |= {(*here, "write", place, part): "\n".join(words) for part, words in parts.items()}
    for quality, answers in scenario.examples.items():
        texts |= {("answers", quality, key, "reply"): answer.reply for key, answer in answers.items()}
    if found := real_contacts(library.packs, texts):
        raise RealContacts(found)


# What is kept


def all_of(library: Library, office: str) -> tuple[Kept, ...]:
    """What an office has written, by name; a file that can't be read too, with its fault. Raises UnknownName."""
    library.packs.office(office)
    found = (one_of(library, office, path.stem) for path in sorted((library.own_folder / office).glob("*.yml")))
    return tuple(one for one in found if one is not None)


def one_of(library: Library, office: str, name: str) -> Kept | None:
    """One of an office's own scenarios; None where there is none of that name."""
    whole = library.own_text(office, name)
    if whole is None:
        return None
    text, trial = whole, tuple[str, ...]()
    if found := TRIAL.match(whole):
        with contextlib.suppress(ValueError):
            trial = tuple(str(one) for one in json.loads(found.group(1)))
            text = whole[found.end() :]
    scenario, fault = None, ""
    try:
        scenario = read_text(library, office, name, text)
    except (PackError, BadInput) as error:
        fault = str(error)
    return Kept(office, name, text, trial, _seen(whole), scenario, fault)


def _seen(whole: str) -> str:
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:16]


def keep(
    connection: Connection,
    library: Library,
    office: str,
    name: str | None,
    text: str,
    writer: Account,
    now: datetime,
    seen: str = "",
) -> Kept:
    """Keep a scenario, on trial; `name` None makes a new one, else `seen` is the state in which it was opened.

    Raises:
        PackError: the loader can't read it; line, what was found and what is allowed.
        RealContacts: a number or an address in it could be somebody's.
        AnswersOutOfOrder: its example answers are not marked good, middling, bad.
        Changed: it was changed or deleted meanwhile.
        BadInput: it is too long, or the office has too many.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").strip("\n") + "\n"
    scenario = read_text(library, office, name or "scenario", text)
    refuse_real_contacts(library, scenario)
    if faults := faults_of_answers(try_answers(library, scenario, office)):
        raise AnswersOutOfOrder(faults)
    with _alone(library, office):
        before = None if name is None else _still_there(library, office, name, seen)
        name = _new_name(library, office, scenario.title) if name is None else name
        writers = (*(before.trial if before else ()), writer.name)
        whole = _with_trial(text, tuple(dict.fromkeys(writers)))
        audit.append(
            connection, writer.actor, "practice.scenario-changed" if before else "practice.scenario-written",
            "scenario", own_id(office, name), office=office, now=now,
            before={"trial": bool(before.trial), "seen": before.seen} if before else {},
            after={"trial": True, "seen": _seen(whole), "messages": len(scenario.messages)},
        )  # fmt: skip
        _write(library, office, name, whole)
    return _known(library, office, name)


def take_on(
    connection: Connection, library: Library, office: str, name: str, trainer: Account, now: datetime, seen: str
) -> Kept:
    """Let the course count it. Raises BadInput where the trainer wrote it, or it can't be read; Changed."""
    with _alone(library, office):
        kept = _still_there(library, office, name, seen)
        if kept.scenario is None:
            raise BadInput(f"It can't be read: {kept.fault}.")
        if trainer.name in kept.trial:
            raise BadInput("You wrote this one: another trainer takes it on.")
        if kept.trial:
            audit.append(
                connection, trainer.actor, "practice.scenario-taken-on", "scenario", kept.id, office=office, now=now,
                before={"trial": True, "seen": kept.seen}, after={"trial": False, "seen": _seen(kept.text)},
            )  # fmt: skip
            _write(library, office, name, kept.text)
    return _known(library, office, name)


def delete(
    connection: Connection, library: Library, office: str, name: str, trainer: Account, now: datetime, seen: str
) -> None:
    """Take a scenario away; what was practised with it stays. Raises Changed."""
    with _alone(library, office):
        kept = _still_there(library, office, name, seen)
        audit.append(
            connection, trainer.actor, "practice.scenario-deleted", "scenario", kept.id, office=office, now=now,
            before={"trial": bool(kept.trial), "seen": kept.seen},
        )  # fmt: skip
        library.drop_own(office, name)


def _known(library: Library, office: str, name: str) -> Kept:
    kept = one_of(library, office, name)
    assert kept is not None
    return kept


def _still_there(library: Library, office: str, name: str, seen: str) -> Kept:
    kept = one_of(library, office, name)
    if kept is None:
        raise Changed("Somebody deleted this scenario meanwhile.")
    if kept.seen != seen:
        raise Changed("Somebody changed this scenario while you were looking at it: open it again.")
    return kept


def _new_name(library: Library, office: str, title: str) -> str:
    taken = {path.stem for path in (library.own_folder / office).glob("*.yml")}
    if len(taken) >= MOST_KEPT:
        raise BadInput(f"The office has {len(taken)} scenarios of its own; delete one first.")
    plain = name_from(title)
    numbered = (f"{plain[: LONGEST_NAME - 4].rstrip('-')}-{number}" for number in range(2, MOST_KEPT + 3))
    return next(name for name in (plain, *numbered) if name not in taken)


def _with_trial(text: str, trial: Sequence[str]) -> str:
    return f"trial: {json.dumps(list(trial))}\n{text}"


@contextlib.contextmanager
def _alone(library: Library, office: str) -> Iterator[None]:
    """One change of an office's own scenarios at a time, in whatever process."""
    folder = library.own_folder / office
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(library: Library, office: str, name: str, whole: str) -> None:
    """Raises BadInput where the disk does not take it."""
    try:
        library.keep_own(office, name, whole)
    except OSError as error:
        raise BadInput(f"The scenario can't be kept: {error.strerror}. Nothing was changed.") from None


# A scenario as plain data, and as YAML


def outline(scenario: Scenario) -> dict[str, Any]:
    """The scenario in the words of its format (docs/practice.md), without what is left to its usual value."""
    found: dict[str, Any] = {
        "title": scenario.title,
        "module": scenario.module,
        "level": scenario.level,
        "at": f"{scenario.at:%Y-%m-%dT%H:%M}",
        "distress": scenario.distress,
        "messages": [_task(task) for task in scenario.messages],
        "first": list(scenario.first),
        "debrief": scenario.debrief,
    }
    answers = {
        quality: {key: _answer(answer) for key, answer in scenario.examples[quality].items()} for quality in QUALITIES
    }
    return {**_filled(found), "answers": answers}


def _task(task: Task) -> dict[str, Any]:
    notice, decide = task.notice, task.decide
    return _filled(
        {
            "key": task.key,
            "channel": task.channel,
            "minutes": task.minutes,
            "from": task.sender,
            "text": task.text,
            "language": "" if task.language == "en" else task.language,
            "earlier": [{"from": post.sender, "text": post.text} for post in task.earlier],
            "mentions": list(task.mentions),
            "notice": _filled(
                {
                    "intent": list(notice.intent),
                    "urgency": list(notice.urgency),
                    "flags": list(notice.flags),
                    "may_flags": list(notice.may_flags),
                }
            ),
            "decide": _filled(
                {
                    "do": list(decide.do),
                    "tell": list(decide.tell),
                    "may_tell": list(decide.may_tell),
                    "or_tell": list(decide.or_tell),
                    "moderate": [] if decide.moderate == ("none",) else list(decide.moderate),
                }
            ),
            "clauses": list(task.clauses),
            "write": [_point(point) for point in task.points],
        }
    )


def _point(point: Point) -> dict[str, Any]:
    return _filled(
        {
            "point": point.id,
            "says": list(point.says),
            "facts": list(point.facts),
            "never": list(point.never),
            "clause": point.clause,
            "why": point.why,
            "critical": point.critical,
        }
    )


def _answer(answer: Answer) -> dict[str, Any]:
    return _filled(
        {
            "intent": answer.intent,
            "urgency": answer.urgency,
            "flags": list(answer.flags),
            "do": answer.do,
            "tell": list(answer.tell),
            "moderate": "" if answer.moderate == "none" else answer.moderate,
            "reply": answer.reply,
        }
    )


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", 0, False, [])}


class _Dumper(yaml.SafeDumper):
    """Short lists in one line, as people write them; texts of several lines as they stand."""


def _list(dumper: yaml.SafeDumper, found: list[Any]) -> yaml.Node:
    plain = all(isinstance(one, str) and len(one) < 60 for one in found)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", found, flow_style=plain)


def _text(dumper: yaml.SafeDumper, found: str) -> yaml.Node:
    lines = "\n" in found and all(line == line.rstrip() for line in found.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", found, style="|" if lines else None)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(str, _text)


def as_yaml(found: Mapping[str, Any]) -> str:
    """An outline as the text of a file."""
    return str(yaml.dump(dict(found), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH))


class OutlineFault(BadInput):
    """What the loader finds wrong in an outline. `place` says where, as far as it can."""

    def __init__(self, place: Place, what: str) -> None:
        self.place = place
        super().__init__(what)


def read_outline(library: Library, office: str, name: str, found: Mapping[str, Any]) -> Scenario:
    """The scenario that an outline holds. Raises OutlineFault with the place of the first fault."""
    places: list[Place] = [()]
    section = _section(dict(found), (), places)
    try:
        return read_scenario(section, own_id(office, name), library.packs, library.modules)
    except PackError as fault:
        raise OutlineFault(places[fault.line or 0], fault.what) from None


def _section(values: Mapping[str, Any], place: Place, places: list[Place]) -> Section:
    """The mapping as the loader reads one; the number of a line stands for a place."""
    places.append(place)
    line, lines, built = len(places) - 1, {}, {}
    for key, value in values.items():
        places.append((*place, key))
        lines[key] = len(places) - 1
        built[key] = _built(value, (*place, key), places)
    return Section("scenario", line, built, lines)


def _built(value: Any, place: Place, places: list[Place]) -> Any:
    if isinstance(value, Mapping):
        return _section(value, place, places)
    if isinstance(value, list):
        return [_built(one, (*place, number), places) for number, one in enumerate(value)]
    return value
