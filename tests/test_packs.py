"""The packs as a whole: nothing is missing, nothing dangles, nothing is made up. A failure is the list of offenders."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from drafting_support import ROOT, SATURDAY_NIGHT, WEDNESDAY, all_cases, the_packs

from responder.drafting.contacts import find_contacts
from responder.drafting.facts import MARK
from responder.drafting.preview import replies
from responder.drafting.resolving import items_of

TODAY = date(2026, 11, 18)
OBLIGATIONS = ROOT / "docs" / "design" / "obligations.md"


def obligation_ids() -> list[str]:
    """Every id of docs/design/obligations.md."""
    ids, office = [], None
    for line in OBLIGATIONS.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## ([a-z-]+): ", line):
            office = heading.group(1)
        elif line.startswith("## "):
            office = None
        elif office and (row := re.match(r"\| (\d+) \|", line)):
            ids.append(f"{office}/{row.group(1)}")
    return ids


def test_the_obligations_are_found() -> None:
    assert len(obligation_ids()) == 17 + 13 + 15 + 13 + 14


def test_every_obligation_has_a_clause() -> None:
    there = {id_ for pack in the_packs().by_office.values() for id_ in pack.clauses}
    assert not [id_ for id_ in obligation_ids() if id_ not in there]


def test_every_obligation_has_a_case_that_proves_it() -> None:
    proved = {id_ for case in all_cases() for id_ in case.proves}
    assert not [id_ for id_ in obligation_ids() if id_ not in proved]


def test_every_case_proves_something_that_exists() -> None:
    there = {id_ for pack in the_packs().by_office.values() for id_ in pack.clauses} | set(the_packs().national.clauses)
    unknown = [
        (case.name, id_)
        for case in all_cases()
        for id_ in case.proves
        if id_ not in there and not id_.startswith("for-all/")
    ]
    assert not unknown


def test_every_intent_has_training_messages_and_a_reply() -> None:
    files = {path.stem for path in (ROOT / "data" / "nlu").glob("*/*.yml")}
    packs = the_packs()
    assert not [name for name in packs.intents if name not in files]
    assert not [name for name in packs.intents if name not in packs.national.replies]
    assert not [stem for stem in files if stem not in packs.intents]


def test_every_intent_has_a_case() -> None:
    told = {case.input["intent"] for case in all_cases()}
    assert not [name for name in the_packs().intents if name not in told]


def test_every_topic_that_is_said_is_used() -> None:
    packs = the_packs()
    for id_ in packs.by_office:
        now = packs.in_force(id_, TODAY)
        used = {item.topic for reply in now.replies.values() for item in items_of(reply)}
        used |= {reply.danger for reply in now.replies.values() if reply.danger}
        used |= {item.topic for item in (*packs.frame.before, *packs.frame.after)}
        used |= {packs.frame.danger, packs.frame.safety_close, packs.frame.hand_over}
        unused = {topic for _, version in now.versions.values() for topic in version.says if topic not in used}
        national_only = {topic for topic in unused if now.topics[topic][0].is_national}
        assert not unused - national_only, f"{id_} says what no reply uses"


def test_every_national_topic_is_used_somewhere() -> None:
    packs = the_packs()
    used = {packs.frame.danger, packs.frame.safety_close, packs.frame.hand_over}
    used |= {item.topic for item in (*packs.frame.before, *packs.frame.after)}
    for pack in (packs.national, *packs.by_office.values()):
        for reply in pack.replies.values():
            used |= {item.topic for item in items_of(reply)} | {reply.danger or ""}
    in_force = filter(None, (clause.at(TODAY) for clause in packs.national.clauses.values()))
    said = {topic for version in in_force for topic in version.says}
    assert not said - used


def test_no_wording_holds_a_contact_of_its_own() -> None:
    """A number, an address or a link comes in through a fact, which has a source."""
    packs = the_packs()
    found = []
    for pack in (packs.national, *packs.by_office.values()):
        for clause in pack.clauses.values():
            for version in filter(None, clause.versions.values()):
                for topic, wording in version.says.items():
                    for alternatives in (*wording.full.values(), *wording.short.values()):
                        for text in alternatives:
                            bare = MARK.sub("", text)
                            found += [(clause.id, topic, c.text) for c in find_contacts(bare) if c.kind != "handle"]
                            found += [
                                (clause.id, topic, n) for n in re.findall(r"\b(?:999|101|116 123|0\d{3,})\b", bare)
                            ]
    assert not found


def test_every_known_fact_has_a_source() -> None:
    packs = the_packs()
    assert not [
        (pack.id, fact.name)
        for pack in (packs.national, *packs.by_office.values())
        for fact in pack.facts.values()
        if fact.values and not fact.source
    ]


def test_retired_addresses_never_stand_in_a_reply() -> None:
    packs = the_packs()
    retired = [f for p in packs.by_office.values() for f in p.facts.values() if "pnn." in str(f.values)]
    assert retired
    assert all(fact.superseded for fact in retired)


@pytest.mark.parametrize("office", sorted(the_packs().offices))
def test_a_passed_review_date_is_reported(office: str) -> None:
    packs = the_packs()
    due = packs.office(office).policy.review_due
    state = packs.state(office, TODAY)
    assert state.review_overdue == (due is not None and due < TODAY)


def test_south_yorkshire_is_superseded_and_names_its_successor() -> None:
    state = the_packs().state("south-yorkshire-pcc", TODAY)
    assert not state.in_force
    assert "Mayor" in (state.superseded_by or "")


@pytest.mark.parametrize("office", sorted(the_packs().offices))
def test_the_preview_has_every_reply(office: str) -> None:
    packs = the_packs()
    rows = replies(packs, office, WEDNESDAY)
    languages = len(packs.office(office).languages)
    assert len(rows) == len(packs.intents) * len(packs.channels) * languages * 2
    assert not [row for row in rows if row.draft.handling == "reply" and not row.draft.reply]
    assert {row.out_of_hours for row in rows} == {True, False}


def test_the_preview_knows_hours_from_any_start() -> None:
    packs = the_packs()
    at_night = replies(packs, "north-wales-opcc", SATURDAY_NIGHT, intents=["ask_question"], channels=["x-dm"])
    assert {row.out_of_hours for row in at_night} == {True, False}


def test_every_folder_of_offices_was_read() -> None:
    folders = {path.name for path in Path(ROOT / "offices").iterdir() if path.is_dir()}
    assert folders == {"national", *the_packs().offices}
    assert len(the_packs().offices) == 5
