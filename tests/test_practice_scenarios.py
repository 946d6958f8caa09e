"""The scenarios of practice/: each is marked with its good, middling and bad answer, and together they teach what binds
each office. And a broken file is told with its line and with what is allowed.
"""

from __future__ import annotations

import functools
import re
from collections import Counter

import pytest
from desk_support import packs
from practice_support import OFFICE, PRACTICE, ROOT, SMALL, library, library_with

from responder.drafting.reading import parse
from responder.errors import BadInput, PackError, UnknownName
from responder.practice import courses, scenarios, wording
from responder.practice.marking import mark
from responder.practice.phrases import folded, slips
from responder.practice.scenarios import LEVELS, QUALITIES, read_scenario

OBLIGATIONS = ROOT / "docs" / "design" / "obligations.md"
BOOK = library().book
OFFICES = tuple(packs().offices)
OWN_AT_LEAST, NATIONAL_AT_LEAST, WELSH_AT_LEAST = 25, 60, 8


@functools.cache
def marked(id_, office):
    """The results of a scenario's three answers in an office, by their quality."""
    one = BOOK[id_]
    return {
        quality: mark(packs(), one, office, one.examples[quality], tuple(one.examples[quality]))
        for quality in QUALITIES
    }


def own(office):
    return [one for one in BOOK.values() if one.office == office]


def obligations():
    """The ids of what obliges each office, as docs/design/obligations.md lists them."""
    found, office = {}, None
    for line in OBLIGATIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:].partition(":")[0]
            office = name if name in OFFICES else None
        elif office and (row := re.match(r"\| (\d+) \|", line)):
            found.setdefault(office, []).append(f"{office}/{row[1]}")
    return found


# Each scenario with its answers


@pytest.mark.parametrize("id_", BOOK)
def test_the_answers_are_marked_in_their_order(id_):
    for office in OFFICES if BOOK[id_].office is None else [BOOK[id_].office]:
        good, middling, bad = (marked(id_, office)[quality] for quality in QUALITIES)
        assert good.percent > middling.percent > bad.percent, office
        assert good.passed, office
        assert [(one.id, one.why) for one in good.marks if not one.met] == [], office
        assert not bad.passed, office


@pytest.mark.parametrize("id_", BOOK)
def test_no_answer_at_all_earns_nothing(id_):
    office = BOOK[id_].office or OFFICE
    empty = mark(packs(), BOOK[id_], office, {})
    assert empty.percent == 0
    assert not empty.passed


@pytest.mark.parametrize("id_", BOOK)
def test_no_words_that_earn_a_point_lose_another(id_):
    for task in BOOK[id_].messages:
        never = [words for point in task.points for words in point.never]
        says = [words for point in task.points for words in point.says]
        assert [(good, bad) for good in says for bad in never if slips(bad, folded(good))] == []


@pytest.mark.parametrize("id_", BOOK)
def test_every_mark_has_a_sentence(id_):
    office = BOOK[id_].office or OFFICE
    for quality in QUALITIES:
        result = wording.told(library().words, packs(), BOOK[id_], marked(id_, office)[quality])
        for one in result.marks:
            assert one.why[:1].isupper() or not one.why[:1].islower(), one.id
            assert one.why and not re.search(r"[{}*]|None", one.why), one.id
            assert one.why.rstrip("”\"')")[-1] in ".!?" or one.kind == "write", one.why


# All of them together


@pytest.mark.parametrize("office", OFFICES)
def test_every_obligation_of_an_office_is_practised_in_its_course(office):
    practised = frozenset(
        id_ for group in library().course(office).scenarios.values() for one in group for id_ in one.clauses
    )
    assert obligations()[office], "no obligations were read"
    assert [id_ for id_ in obligations()[office] if id_ not in practised] == []


@pytest.mark.parametrize("office", OFFICES)
def test_what_binds_every_office_is_practised_too(office):
    practised = [one for group in library().course(office).scenarios.values() for one in group]
    emergencies = [t for one in practised for t in one.messages if t.notice.urgency[0] == "emergency"]
    assert len(emergencies) >= 10
    assert any("national/foi-clock" in one.clauses for one in practised)


@pytest.mark.parametrize("office", OFFICES)
def test_there_are_enough_of_an_office_s_own(office):
    mine = own(office)
    assert len(mine) >= OWN_AT_LEAST
    assert {one.level for one in mine} == set(LEVELS)
    assert {one.module for one in mine} == {module.id for module in library().course(office).modules}
    assert any(one.is_shift for one in mine)


def test_there_are_enough_for_all():
    shared = own(None)
    assert len(shared) >= NATIONAL_AT_LEAST
    assert {one.level for one in shared} == set(LEVELS)
    held_by_all = {module.id for module in library().modules.values() if set(module.offices or OFFICES) == set(OFFICES)}
    assert held_by_all <= {one.module for one in shared}


def test_north_wales_practises_in_welsh():
    welsh = [one for one in own("north-wales-opcc") if any(task.language == "cy" for task in one.messages)]
    assert len(welsh) >= WELSH_AT_LEAST


@pytest.mark.parametrize("office", OFFICES)
def test_a_night_shift_of_twelve_hides_one_danger(office):
    shifts = [one for group in library().course(office).scenarios.values() for one in group if len(one.messages) >= 12]
    assert shifts
    for one in shifts:
        dangers = [task.key for task in one.messages if task.notice.urgency[0] == "emergency"]
        assert dangers == list(one.first)
        assert len(dangers) == 1
        assert one.messages[0].key not in dangers


def test_titles_are_unique():
    assert [title for title, times in Counter(one.title for one in BOOK.values()).items() if times > 1] == []


def test_the_marks_of_a_scenario_rest_on_clauses_that_are_there():
    for one in BOOK.values():
        for id_ in one.clauses:
            packs().clause(id_)


# Files with a fault


WRITE = """\
    clauses: [national/questions]
    write:
      - {point: on, says: [it is on], clause: national/questions, why: "She asks."}
      - {point: she-asks, never: [off], clause: national/courtesy, why: "She asks."}
"""
GOOD = (
    SMALL.replace("[routine]}", "[routine], flags: [vulnerable]}")
    .replace("{do: [reply]}", "{do: [reply], tell: [duty-officer], moderate: [none]}")
    .replace("    clauses: [national/questions]\n", WRITE)
)

FAULTS = {  # what is put in the place of what: the line, and what the sentence says
    ("title: A kettle\n", ""): (1, "“title” is missing"),
    ("title: A kettle", "title: 7"): (1, "a text (put it in quotes) is allowed"),
    ("module: tone", "module: manners"): (2, "allowed is: crime-and-danger, complaints-and-information"),
    ("module: tone", "module: whatsap"): (2, "“module” is “whatsap”"),
    ("level: 1", "level: 6"): (3, "allowed is: 1, 2, 3, 4, 5"),
    ('"2026-11-18T10:30"', '"yesterday"'): (4, "a time in quotes like 2026-11-18T10:30 is allowed"),
    ('"2026-11-18T10:30"', "2026-11-18"): (4, "a text (put it in quotes) is allowed"),
    ("channel: facebook-dm", "channel: fax"): (7, "allowed is: facebook-dm"),
    ("    from: Jo\n", ""): (6, "“from” is missing"),
    ("intent: [ask_question], urgency", "intent: [ask_me], urgency"): (10, "“ask_me”; allowed is: report_emergency"),
    ("intent: [ask_question], urgency", "intent: [], urgency"): (10, "“intent” needs at least one of"),
    ("urgency: [routine], flags", "urgency: [soon], flags"): (10, "allowed is: emergency, urgent, routine"),
    ("flags: [vulnerable]", "flags: [sad]"): (10, "allowed is: personal_data"),
    ("flags: [vulnerable]", "flag: [vulnerable]"): (10, "“flag” is not a key here; allowed is: flags, intent"),
    ("do: [reply]", "do: reply"): (11, "a list of texts is allowed"),
    ("do: [reply]", "do: [answer]"): (11, "allowed is: reply, no_reply, person"),
    ("tell: [duty-officer]", "tell: [my-boss]"): (11, "“tell” holds “my-boss”; allowed is: duty-officer"),
    ("moderate: [none]", "moderate: [burn]"): (11, "allowed is: none, hide"),
    ("    clauses: [national/questions]\n", ""): (6, "“clauses” is missing"),
    ("clauses: [national/questions]", "clauses: [national/kettles]"): (12, "no pack has such a clause"),
    ("says: [it is on]", "sais: [it is on]"): (14, "needs either “says” or “facts”, or else “never”"),
    ("says: [it is on]", "says: [it is on], never: [off]"): (14, "needs either “says” or “facts”, or else “never”"),
    ("says: [it is on]", 'says: ["it is …"]'): (14, "words are allowed, also on both sides of a “…”"),
    ("says: [it is on]", 'says: ["?"]'): (14, "words are allowed"),
    ("says: [it is on]", "facts: [kettle phone]"): (14, "“facts” holds “kettle phone”; allowed is: 101"),
    ("point: on", "point: intent"): (14, "which is the name of another mark"),
    ("point: on", "point: tell-duty-officer"): (14, "which is the name of another mark"),
    ("clause: national/questions", "clause: cleveland-opcc/99"): (14, "“clause” names “cleveland-opcc/99”"),
    ("she-asks", "on"): (15, "stands twice in this message"),
    ("debrief: Kettles matter.\n", ""): (1, "“debrief” is missing"),
    ("debrief: Kettles matter.", "debrief: Kettles matter.\nmark: 10"): (17, "“mark” is not a key here"),
    ("debrief: Kettles matter.", "first: [teapot]\ndebrief: Kettles matter."): (16, "“teapot”; allowed is: kettle"),
    ("    kettle: {do: no_reply}", "    teapot: {do: no_reply}"): (23, "is no message of this scenario; allowed"),
    ("    kettle: {do: no_reply}", "    kettle: {do: nothing}"): (23, "allowed is: reply, no_reply, person"),
    ("  bad:\n    kettle: {do: no_reply}\n", ""): (18, "“bad” is missing"),
    ("level: 1", "level: 1\nlevel: 2"): (4, "the key “level” stands twice; once is allowed"),
    ("do: no_reply}", "do: no_reply"): (None, "is not YAML"),
}  # fmt: skip


def small(text, id_="national/kettle"):
    return read_scenario(parse(text, f"{id_}.yml"), id_, packs(), library().modules)


def test_a_file_without_a_fault_is_read():
    one = small(GOOD)
    assert (one.title, one.office, one.is_shift) == ("A kettle", None, False)
    assert mark(packs(), one, OFFICE, one.examples["bad"]).percent == 0


@pytest.mark.parametrize(
    "change", FAULTS, ids=[new.strip()[:40] or f"without {old.strip()[:30]}" for old, new in FAULTS]
)
def test_a_fault_is_told_with_its_line_and_what_is_allowed(change):
    old, new = change
    assert GOOD.count(old) == 1
    line, says = FAULTS[change]
    with pytest.raises(PackError) as caught:
        small(GOOD.replace(old, new))
    assert caught.value.file == "national/kettle.yml"
    assert line is None or caught.value.line == line
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_messages_of_the_same_key_are_a_fault():
    twice = GOOD.replace("debrief:", GOOD[GOOD.index("  - key") : GOOD.index("debrief:")] + "debrief:")
    with pytest.raises(PackError, match="two messages have the same key"):
        small(twice)


def test_an_office_s_own_scenario_stands_in_a_module_of_its_course():
    with pytest.raises(PackError) as caught:
        small(GOOD.replace("module: tone", "module: pre-election"), "leicestershire-opcc/kettle")
    assert "“module” is “pre-election”; allowed is:" in str(caught.value)
    assert "pre-election" not in str(caught.value).partition("allowed is:")[2]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("course.yml", "pass_percent: 80", "pass_percent: 101", "a whole number from 0 is allowed (per cent: to 100)"),
        ("course.yml", "shifts: 1 ", "shifts: -1 ", "a whole number from 0 is allowed"),
        ("course.yml", "shifts: 1 ", "shifts: one ", "a whole number is allowed"),
        ("course.yml", "[1, 3, 7, 16, 35]", "[]", "must be a list of whole numbers of days"),
        ("course.yml", "[1, 3, 7, 16, 35]", "[1, 0]", "must be a list of whole numbers of days"),
        ("course.yml", "override_days: 92", "holidays: 92", "“override_days” is missing"),
        ("modules.yml", "offices: [cleveland-opcc, north-wales-opcc]", "offices: [mars]", "allowed is: cleveland-opcc"),
        ("modules.yml", "title: Tone", "titel: Tone", "“title” is missing"),
        ("words.yml", "kinds: {notice", "kinds: {noticed", "“notice” is missing"),
        (
            "words.yml",
            "{office} on {passed_on}",
            "{office} on {percent}",
            "“passed” holds “{percent}”; allowed is: {by}",
        ),
        ("words.yml", "There is no course", "There is no {} course", "“no-course” holds “{}”"),
        ("words.yml", "  vulnerable: someone vulnerable", "  vulnerable: some{one", "“vulnerable” holds “{one”"),
    ],
)
def test_a_fault_in_what_a_course_asks_is_told(tmp_path, file, old, new, says):
    for path in PRACTICE.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert path.name != file or text.count(old) == 1
        (tmp_path / path.name).write_text(text.replace(old, new) if path.name == file else text, encoding="utf-8")
    with pytest.raises(PackError) as caught:
        scenarios.load_modules(tmp_path, packs())
        courses.load_settings(tmp_path)
        wording.load_words(tmp_path)
    assert caught.value.file == file
    assert caught.value.line
    assert says in str(caught.value)


# An office's own, in its data folder


def test_an_office_s_own_scenario_joins_its_course(tmp_path):
    mine = library_with(tmp_path)
    mine.keep_own(OFFICE, "kettle", GOOD)
    one = mine.book[f"own-{OFFICE}/kettle"]
    assert one.office == OFFICE
    assert one.id in mine.held(OFFICE)
    assert one.id not in mine.held("north-wales-opcc")
    assert mine.faults == ()
    assert mine.drop_own(OFFICE, "kettle")
    assert one.id not in mine.book
    assert not mine.drop_own(OFFICE, "kettle")


def test_a_fault_in_an_own_file_leaves_only_that_one_out(tmp_path):
    mine = library_with(tmp_path)
    mine.keep_own(OFFICE, "kettle", GOOD)
    (tmp_path / OFFICE / "teapot.yml").write_text(GOOD.replace("level: 1", "level: 9"), encoding="utf-8")
    (tmp_path / OFFICE / "Tea Pot.yml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "somebody-elses").mkdir()
    (tmp_path / "somebody-elses" / "kettle.yml").write_text(GOOD, encoding="utf-8")
    assert set(mine.book) - set(BOOK) == {f"own-{OFFICE}/kettle"}
    faults = {one.name: one.sentence for one in mine.faults}
    assert "teapot.yml, line 3: “level” is 9; allowed is: 1, 2, 3, 4, 5" in faults["teapot"]
    assert "has a name of other than small letters" in faults["Tea Pot"]
    (tmp_path / OFFICE / "teapot.yml").write_text(GOOD, encoding="utf-8")
    assert f"own-{OFFICE}/teapot" in mine.book
    assert [one.name for one in mine.faults] == ["Tea Pot"]


def test_an_own_file_is_kept_only_when_it_can_be_read(tmp_path):
    mine = library_with(tmp_path)
    mine.keep_own(OFFICE, "kettle", GOOD)
    with pytest.raises(PackError):
        mine.keep_own(OFFICE, "kettle", GOOD.replace("level: 1", "level: 9"))
    assert mine.own_text(OFFICE, "kettle") == GOOD
    for name in ("../kettle", "Kettle", "", "a" * 61, "kettle\n"):
        with pytest.raises(BadInput):
            mine.keep_own(OFFICE, name, GOOD)
        assert mine.own_text(OFFICE, name) is None
    with pytest.raises(BadInput):
        mine.keep_own(OFFICE, "kettle", GOOD + "#" * 200_000)
    with pytest.raises(UnknownName):
        mine.keep_own("mars-opcc", "kettle", GOOD)
    assert mine.own_text("mars-opcc", "kettle") is None
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["kettle.yml"]
