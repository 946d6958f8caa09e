"""What there is to practise: the scenarios that came with the product, and those that an office wrote itself.

An office's own lie in `<own folder>/<office>/<name>.yml` of its data folder; their ids are `own-<office>/<name>`. They
are read again when one of them changes. A fault in one is told, and leaves that one out; a fault in the product's ends
the loading.

>>> library = Library.load("practice", home / "practice", packs)  # doctest: +SKIP
>>> library.book["own-cleveland-opcc/the-bins"].title  # doctest: +SKIP
'The bins'
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from responder.drafting.packs import Packs
from responder.drafting.reading import content_of
from responder.errors import BadInput, PackError
from responder.practice.courses import Course, Settings, course_of, load_settings
from responder.practice.scenarios import OWN, Module, Scenario, load, load_modules, scenario_in
from responder.practice.wording import Words, load_words

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_NAME = 60
LONGEST_FILE = 200_000
MOST_EARLIER = 500  # versions that are kept in memory


@dataclass(frozen=True)
class Fault:
    """What is wrong with one of an office's own files, in one sentence."""

    office: str
    name: str
    sentence: str


@dataclass(frozen=True)
class _Own:
    """The offices' own scenarios as they were read; `seen` tells whether a file changed since."""

    seen: frozenset[tuple[str, str, int, int]]
    book: Mapping[str, Scenario]
    faults: tuple[Fault, ...]


class Library:
    """Everything to practise. Safe to share between threads."""

    def __init__(
        self, packs: Packs, given: Mapping[str, Scenario], modules: Mapping[str, Module], settings: Settings,
        words: Words, own_folder: Path,
    ) -> None:  # fmt: skip
        self.packs, self.modules, self.settings, self.words = packs, modules, settings, words
        self.own_folder = own_folder
        self.given = given
        self._lock = Lock()
        self._own = _Own(frozenset(), {}, ())
        self._book = dict(given)
        self._earlier: dict[tuple[str, str], Scenario | None] = {}

    @classmethod
    def load(cls, folder: str | Path, own_folder: str | Path, packs: Packs) -> Library:
        """The scenarios below `folder`, and the offices' own below `own_folder`, which need not exist.

        Raises:
            PackError: the first fault in the product's own files.
        """
        return cls(
            packs, load(folder, packs), load_modules(folder, packs), load_settings(folder), load_words(folder),
            Path(own_folder),
        )  # fmt: skip

    @property
    def book(self) -> Mapping[str, Scenario]:
        """Every scenario, by id."""
        self._look()
        return self._book

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the offices' own files."""
        self._look()
        return self._own.faults

    def course(self, office: str) -> Course:
        """The course of an office. Raises UnknownName."""
        self.packs.office(office)
        return course_of(self.book, self.modules, self.settings, office)

    def held(self, office: str) -> frozenset[str]:
        """The ids of the scenarios in an office's course. Raises UnknownName."""
        return frozenset(one.id for group in self.course(office).scenarios.values() for one in group)

    def practised(self, office: str) -> frozenset[str]:
        """The ids of what an office's people may practise: its course, and its own on trial. Raises UnknownName."""
        trials = {one.id for one in self.book.values() if one.on_trial and one.office == office}
        return self.held(office) | trials

    def read_own(self, office: str, name: str, text: str) -> Scenario:
        """The scenario that a text would be as an office's own file; nothing is kept.

        Raises:
            UnknownName: there is no such office.
            BadInput: the name cannot be a file's, or the text is too long.
            PackError: the first fault in the text, with its line and what is allowed.
        """
        self.packs.office(office)
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise BadInput(f"Give a name of small letters, digits and hyphens, at most {LONGEST_NAME} characters.")
        if len(text) > LONGEST_FILE:
            raise BadInput(f"A scenario's file has at most {LONGEST_FILE:,} characters; this has {len(text):,}.")
        return scenario_in(text, f"{office}/{name}.yml", f"{OWN}{office}/{name}", self.packs, self.modules)

    def read_earlier(self, id_: str, version: str, text: str) -> Scenario | None:
        """A scenario as it was when somebody began it; None where the loader can't read that text any more."""
        with self._lock:
            if (id_, version) in self._earlier:
                return self._earlier[id_, version]
        try:
            found = scenario_in(text, f"{id_}.yml", id_, self.packs, self.modules)
        except PackError:
            found = None
        with self._lock:
            if len(self._earlier) >= MOST_EARLIER:
                self._earlier.clear()
            self._earlier[id_, version] = found
        return found

    def keep_own(self, office: str, name: str, text: str) -> Scenario:
        """Keep a text as an office's own scenario, in the place of one with the same name. Raises as `read_own`."""
        scenario = self.read_own(office, name, text)
        path = self._path(office, name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
        return scenario

    def own_text(self, office: str, name: str) -> str | None:
        """The text of an office's own scenario, faulty or not; None where there is none."""
        if office not in self.packs.offices or not NAME.fullmatch(name):
            return None
        try:
            return self._path(office, name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def drop_own(self, office: str, name: str) -> bool:
        """Take an office's own scenario away; whether there was one."""
        if self.own_text(office, name) is None:
            return False
        self._path(office, name).unlink(missing_ok=True)
        return True

    def _path(self, office: str, name: str) -> Path:
        return self.own_folder / office / f"{name}.yml"

    def _look(self) -> None:
        """Read the offices' own files where one of them changed."""
        with self._lock:
            seen = self._seen()
            if seen != self._own.seen:
                self._own = self._read(seen)
                self._book = {**self.given, **self._own.book}

    def _seen(self) -> frozenset[tuple[str, str, int, int]]:
        found = set()
        for office in self.packs.offices:
            for path in (self.own_folder / office).glob("*.yml"):
                with contextlib.suppress(FileNotFoundError):  # taken away since the folder was listed
                    told = path.stat()
                    found.add((office, path.stem, told.st_mtime_ns, told.st_size))
        return frozenset(found)

    def _read(self, seen: frozenset[tuple[str, str, int, int]]) -> _Own:
        book, faults = {}, []
        for office, name, *_ in sorted(seen):
            try:
                scenario = self._read_one(office, name)
                book[scenario.id] = scenario
            except PackError as fault:
                faults.append(Fault(office, name, str(fault)))
        return _Own(seen, book, tuple(faults))

    def _read_one(self, office: str, name: str) -> Scenario:
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise PackError(f"{office}/{name}.yml", None, "has a name of other than small letters, digits and hyphens")
        text, file = content_of(self._path(office, name), self.own_folder)
        return scenario_in(text, file, f"{OWN}{office}/{name}", self.packs, self.modules)
