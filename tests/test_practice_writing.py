"""Scenarios of an office's own: what is wrong is said where it is wrong, and what is kept is kept whole, on trial."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from desk_support import NOW, sqlite_database
from hypothesis import given, settings
from hypothesis import strategies as st
from practice_support import library, library_with, person
from werkzeug.datastructures import MultiDict

from responder.console import scenario_forms
from responder.desk import audit
from responder.errors import BadInput, PackError
from responder.practice import attempts, writing
from responder.practice.library import NAME
from responder.practice.scenarios import QUALITIES, read_scenario
from responder.practice.writing import AnswersOutOfOrder, Changed, OutlineFault

__all__ = ["sqlite_database"]  # a fixture
OFFICE, OTHER = "cleveland-opcc", "north-wales-opcc"
GIVEN = library().given
SINGLE = [one for one in GIVEN.values() if not one.is_shift]
CLOSE = GIVEN["national/farlow-close"]
DOCS = Path(__file__).resolve().parents[1] / "docs" / "practice.md"


@pytest.fixture
def shelf(tmp_path):
    """The library with an own folder of the test's."""
    return library_with(tmp_path / "practice")


@pytest.fixture
def desk(sqlite_database):
    return sqlite_database


@pytest.fixture
def trainer(desk):
    return person(desk, "ann", "approver")


@pytest.fixture
def other(desk):
    return person(desk, "art", "approver")


def text_of(scenario=CLOSE, **changed):
    return writing.as_yaml({**writing.outline(scenario), **changed})


def keep(desk, shelf, who, text, name=None, seen="", office=OFFICE):
    with desk.write() as connection:
        return writing.keep(connection, shelf, office, name, text, who, NOW, seen)


def lines(desk):
    with desk.read() as connection:
        return [entry for entry in audit.entries(connection) if entry.action.startswith("practice.")]


# What a file and a form mean


def test_every_shipped_scenario_comes_back_from_its_own_outline(shelf):
    for id_, one in GIVEN.items():
        office = one.office or OFFICE
        text = writing.as_yaml(writing.outline(one))
        again = writing.read_text(shelf, office, "again", text)
        assert replace(again, id=id_, office=one.office) == one


@pytest.mark.parametrize("scenario", SINGLE[::7], ids=lambda one: one.id)
def test_a_form_loses_nothing_of_a_scenario_of_one_message(shelf, scenario):
    typed = scenario_forms.of_scenario(scenario)
    sent = scenario_forms.read(MultiDict([(name, one) for name, some in typed.values.items() for one in some]))
    sent = replace(sent, points=typed.points)
    office = scenario.office or OFFICE
    assert scenario_forms.faults(shelf.packs, shelf.modules, office, sent) == {}
    again = writing.read_outline(shelf, office, "again", scenario_forms.outline_of(sent))
    (task,) = scenario.messages
    strip = str.strip
    expected = replace(
        task, key="message", text=strip(task.text),
        earlier=tuple(replace(post, text=strip(post.text)) for post in task.earlier),
        points=tuple(replace(point, why=" ".join(point.why.split())) for point in task.points),
    )  # fmt: skip
    assert again.messages == (expected,)
    assert (again.title, again.module, again.level, again.at) == (
        scenario.title, scenario.module, scenario.level, scenario.at,
    )  # fmt: skip
    assert again.examples["good"]["message"].reply == scenario.examples["good"][task.key].reply.strip()


def test_the_loader_says_at_which_field_it_stumbles(shelf):
    found = writing.outline(CLOSE)
    found["messages"][0]["notice"]["urgency"] = ["routine", "whenever"]
    with pytest.raises(OutlineFault, match=r"whenever.*emergency, urgent, routine") as fault:
        writing.read_outline(shelf, OFFICE, "x", found)
    assert scenario_forms.field_of(fault.value.place, (1, 2, 3, 4)) == "urgency"


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (("title",), "title"),
        (("at",), "day"),
        (("messages", 0, "decide", "do"), "do"),
        (("messages", 0, "clauses"), "clause-1"),
        (("messages", 0, "write", 1, "clause"), "point4-clause"),
        (("messages", 0, "write", 1), "point4-says"),
        (("messages", 0, "earlier", 0, "from"), "earlier"),
        (("answers", "bad", "message", "tell"), "bad-tell"),
        (("answers", "good"), "good-do"),
        (("messages", 0), "text"),
        ((), "title"),
    ],
)
def test_each_place_has_a_field_of_the_form(place, field):
    assert scenario_forms.field_of(place, (1, 4)) == field


def test_an_empty_form_says_everything_that_is_missing_at_once(shelf):
    found = scenario_forms.faults(shelf.packs, shelf.modules, OFFICE, scenario_forms.Typed())
    assert {"title", "module", "level", "channel", "intent", "urgency", "from", "text", "debrief", "day", "time", "do",
            "clause-1", "good-do", "middling-do", "bad-do"} <= set(found)  # fmt: skip
    assert not any("“" in said and "”" not in said for said in found.values())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["title", "at", "day", "time", "level", "clause-1", "point1-why", "point1-never",
                                        "earlier", "intent", "flags", "points"]),
                       st.lists(st.text(max_size=30), min_size=1, max_size=3)))  # fmt: skip
def test_no_form_whatever_is_sent_is_more_than_wrong(values):
    typed = scenario_forms.read(MultiDict([(name, one) for name, some in values.items() for one in some]))
    found = scenario_forms.faults(library().packs, library().modules, OFFICE, typed)
    assert found
    with pytest.raises(OutlineFault):
        writing.read_outline(library(), OFFICE, "x", scenario_forms.outline_of(typed))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_title_always_makes_a_name_that_is_safe_as_a_file(title):
    name = writing.name_from(title)
    assert NAME.fullmatch(name) and len(name) <= 60
    assert Path("folder") / f"{name}.yml" == Path(f"folder/{name}.yml")
    assert Path(name).name == name


@settings(deadline=None)
@given(st.text(max_size=400))
def test_no_text_is_more_than_a_fault(text):
    with pytest.raises((PackError, BadInput)):
        writing.read_text(library(), OFFICE, "x", text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1, 2]\nb: *x\n", "line 2"),
        ("a: " + "[" * 5_000, "lists or mappings deep"),
        ("trial: [somebody]\ntitle: x\n", "kept by the desk"),
        ("title: x\ntitle: y\n", "stands twice"),
        ("- a\n", "a mapping"),
        ("messages: 3\n", "a list of mappings"),
        ("title: \x00", "does not allow"),
        ("title: x\nlevel: 9\n", "level"),
        ("x" * 300_000, "at most"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(shelf, text, said):
    with pytest.raises((PackError, BadInput), match=said):
        writing.read_text(shelf, OFFICE, "x", text)


# Keeping


def test_a_new_scenario_is_kept_on_trial_and_never_among_the_shipped_ones(desk, shelf, trainer):
    kept = keep(desk, shelf, trainer, text_of())
    assert kept.id == "own-cleveland-opcc/in-case-youve-lost-it-again"
    file = shelf.own_folder / OFFICE / "in-case-youve-lost-it-again.yml"
    assert file.read_text().startswith('trial: ["ann"]\n')
    assert [path.name for path in (shelf.own_folder / OFFICE).iterdir()] == [file.name], "nothing is left beside it"
    assert kept.trial == ("ann",)
    assert "trial" not in kept.text
    one = shelf.book[kept.id]
    assert one.on_trial and one.is_own and one.office == OFFICE
    assert kept.id not in shelf.held(OFFICE), "no course counts it"
    assert kept.id in shelf.practised(OFFICE), "but it can be tried"
    assert kept.id not in shelf.practised(OTHER)


def test_it_can_be_tried_while_it_is_on_trial(desk, shelf, trainer):
    kept = keep(desk, shelf, trainer, text_of())
    with desk.write() as connection:
        assert attempts.begin(connection, shelf, trainer, OFFICE, kept.id, NOW)


def test_the_writer_cannot_take_it_on_but_another_trainer_can(desk, shelf, trainer, other):
    kept = keep(desk, shelf, trainer, text_of())
    with pytest.raises(BadInput, match="another trainer"), desk.write() as connection:
        writing.take_on(connection, shelf, OFFICE, kept.name, trainer, NOW, kept.seen)
    with desk.write() as connection:
        taken = writing.take_on(connection, shelf, OFFICE, kept.name, other, NOW, kept.seen)
    assert taken.trial == () and taken.text == kept.text
    assert kept.id in shelf.held(OFFICE)


def test_who_changes_it_puts_it_on_trial_again_and_everybody_who_wrote_is_named(desk, shelf, trainer, other):
    kept = keep(desk, shelf, trainer, text_of())
    again = keep(desk, shelf, other, text_of(debrief="Another end."), kept.name, kept.seen)
    assert again.trial == ("ann", "art")
    third = person(desk, "third", "approver")
    with desk.write() as connection:
        taken = writing.take_on(connection, shelf, OFFICE, kept.name, third, NOW, again.seen)
    assert keep(desk, shelf, other, text_of(), kept.name, taken.seen).trial == ("art",)


def test_nothing_is_overwritten_that_somebody_changed_meanwhile(desk, shelf, trainer, other):
    kept = keep(desk, shelf, trainer, text_of())
    keep(desk, shelf, other, text_of(debrief="Mine."), kept.name, kept.seen)
    before = len(lines(desk))
    with pytest.raises(Changed, match="changed"):
        keep(desk, shelf, trainer, text_of(debrief="No, mine."), kept.name, kept.seen)
    with pytest.raises(Changed), desk.write() as connection:
        writing.take_on(connection, shelf, OFFICE, kept.name, other, NOW, kept.seen)
    with pytest.raises(Changed), desk.write() as connection:
        writing.delete(connection, shelf, OFFICE, kept.name, trainer, NOW, kept.seen)
    assert "Mine." in writing.one_of(shelf, OFFICE, kept.name).text
    assert len(lines(desk)) == before, "what was refused is not in the audit as done"


def test_example_answers_must_be_marked_in_their_order(desk, shelf, trainer):
    answers = writing.outline(CLOSE)["answers"]
    turned = {"good": answers["bad"], "middling": answers["middling"], "bad": answers["good"]}
    with pytest.raises(AnswersOutOfOrder) as fault:
        keep(desk, shelf, trainer, text_of(answers=turned))
    assert "must pass" in fault.value.faults["good"]
    assert "must not" in fault.value.faults["bad"]
    assert writing.all_of(shelf, OFFICE) == ()


def test_two_with_the_same_title_are_two(desk, shelf, trainer):
    names = [keep(desk, shelf, trainer, text_of()).name for _ in range(3)]
    assert names == [
        "in-case-youve-lost-it-again", "in-case-youve-lost-it-again-2", "in-case-youve-lost-it-again-3",
    ]  # fmt: skip


def test_a_deleted_one_is_gone_for_good(desk, shelf, trainer):
    kept = keep(desk, shelf, trainer, text_of())
    with desk.write() as connection:
        writing.delete(connection, shelf, OFFICE, kept.name, trainer, NOW, kept.seen)
    assert writing.one_of(shelf, OFFICE, kept.name) is None
    assert kept.id not in shelf.book
    with pytest.raises(Changed, match="deleted"):
        keep(desk, shelf, trainer, text_of(), kept.name, kept.seen)


def test_the_audit_says_what_was_done_without_a_word_of_it(desk, shelf, trainer, other):
    kept = keep(desk, shelf, trainer, text_of(debrief="A canary of words."))
    with desk.write() as connection:
        writing.take_on(connection, shelf, OFFICE, kept.name, other, NOW, kept.seen)
    found = lines(desk)
    assert [(entry.action, entry.actor) for entry in found] == [
        ("practice.scenario-taken-on", "Art Approver"), ("practice.scenario-written", "Ann Approver"),
    ]  # fmt: skip
    assert all(entry.office == OFFICE and entry.subject_id == kept.id for entry in found)
    assert "canary" not in json.dumps([entry.as_dict() for entry in found])
    with desk.read() as connection:
        assert audit.verify(connection)


def test_a_full_disk_loses_nothing_and_says_so(desk, shelf, trainer, monkeypatch):
    kept = keep(desk, shelf, trainer, text_of())
    before = len(lines(desk))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(shelf), "keep_own", full)
    with pytest.raises(BadInput, match="No space left"):
        keep(desk, shelf, trainer, text_of(debrief="New."), kept.name, kept.seen)
    assert writing.one_of(shelf, OFFICE, kept.name) == kept
    assert len(lines(desk)) == before


def test_a_file_with_a_fault_is_told_and_hides_nothing_else(desk, shelf, trainer):
    keep(desk, shelf, trainer, text_of())
    (shelf.own_folder / OFFICE / "broken.yml").write_text("title: x\nmodule: nonsense\n")
    (shelf.own_folder / OFFICE / "binary.yml").write_bytes(b"\xff\xfe\x00")
    found = {one.name: one for one in writing.all_of(shelf, OFFICE)}
    assert found["broken"].scenario is None and "broken.yml" in found["broken"].fault
    assert found["binary"].scenario is None
    assert found["in-case-youve-lost-it-again"].scenario is not None


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "A", "", "x" * 80, ".hidden"])
def test_no_name_leads_out_of_the_folder(shelf, name):
    (shelf.own_folder / OFFICE).mkdir(parents=True)
    (shelf.own_folder / "x.yml").write_text("title: secret\n")
    assert writing.one_of(shelf, OFFICE, name) is None


def test_the_example_in_the_documentation_is_one_that_can_be_kept(desk, shelf, trainer):
    found = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    whole = [text for text in found if "answers:" in text]
    assert len(whole) == 2, "one message, and a shift"
    for text in whole:
        kept = keep(desk, shelf, trainer, text)
        assert kept.scenario is not None
    assert writing.one_of(shelf, OFFICE, kept.name).scenario.is_shift


def test_the_documentation_explains_every_key_and_only_those(shelf):
    explained = set(re.findall(r"^\| `([a-z_]+)`", DOCS.read_text(), re.MULTILINE))
    keys = set()

    def gather(section):
        for key in section._taken:
            keys.add(key)
        for value in section._values.values():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                if hasattr(one, "_taken"):
                    gather(one)

    places = [()]
    section = writing._section(writing.outline(GIVEN["national/saturday-twelve"]), (), places)
    read_scenario(section, "national/x", shelf.packs, shelf.modules)
    gather(section)
    free = {task.key for task in GIVEN["national/saturday-twelve"].messages} | set(QUALITIES)
    assert keys - free - explained == set()
    assert explained - keys == set()
