"""A second look at answer keys: what differs from the rules is said, and what could ring somebody is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk_support import NOW, packs, sqlite_database
from practice_support import library, library_with, person

from responder.practice import answer_key, writing
from responder.practice.scenarios import Decide
from responder.practice.writing import RealContacts

__all__ = ["sqlite_database"]  # a fixture
OFFICE = "cleveland-opcc"
BIKE = library().given["national/bike-off-the-railings"]
GIVEN = library().given
DIFFER = {  # whose key is right where the rules, which know the words less well, would do otherwise
    "national/forty-two-seconds",  # a voice message, which no rule can hear
    "national/blink-twice", "national/the-budgies", "leicestershire-police/four-four-one-seven",
    "north-wales-opcc/whose-plan-is-it",  # the policy may hide or remove it, and need not
    "leicestershire-opcc/wake-up-people", "leicestershire-police/two-blokes-and-a-flask",  # not answered, for a reason
}  # fmt: skip


def look_again(scenario, office=OFFICE):
    return answer_key.look_again(packs(), library().words, scenario, office)


def posted(text, **changed):
    """The stolen bike as a public comment with other words, whose key asks for and allows nothing of the rules'."""
    (task,) = BIKE.messages
    notice = replace(task.notice, flags=(), may_flags=())
    changed = {"channel": "facebook-comment", "notice": notice, "decide": Decide(do=("reply",)), **changed}
    return replace(BIKE, messages=(replace(task, text=text, **changed),))


@pytest.mark.parametrize("id_", GIVEN)
def test_the_keys_of_the_shipped_scenarios_agree_with_the_rules(id_):
    one = GIVEN[id_]
    said = [said for office in ([one.office] if one.office else packs().offices) for said in look_again(one, office)]
    assert id_ in DIFFER or said == []


@pytest.mark.parametrize("id_", GIVEN)
def test_no_shipped_scenario_holds_what_could_ring_somebody(id_):
    writing.refuse_real_contacts(library(), GIVEN[id_])


def test_a_number_in_public_is_marked_and_hidden_by_the_rules():
    said = look_again(posted("Ring me on 07700 900418 if you see my bike"))
    assert said[0] == "The words hold a phone number (07700 900418): “personal data” is neither asked for nor allowed."
    assert any(one.startswith("The office's policy has a step for this: hide it") for one in said)
    assert any("rules ask to tell: Whoever is on duty for the accounts (“Privacy”" in one for one in said)
    assert not any("would reply" in one for one in said)


def test_what_the_key_asks_for_or_allows_is_not_said():
    (task,) = BIKE.messages
    allowed = Decide(do=("reply",), may_tell=tuple(packs().roles), moderate=("none", "hide"))
    flags = replace(task.notice, flags=(), may_flags=("personal_data",))
    assert look_again(posted("Ring me on 07700 900418", decide=allowed, notice=flags)) == ()


def test_another_handling_is_said_with_its_clause():
    (said,) = look_again(
        posted("Nicked my bike", decide=Decide(do=("no_reply",), may_tell=tuple(packs().roles), moderate=("hide",)))
    )
    assert said == (
        "The office's own rules would reply (“Crime is reported to the police”, Not an emergency); "
        "the key allows to give no reply."
    )


def test_in_a_shift_each_sentence_says_whose_message_it_is_about():
    shift = GIVEN["national/saturday-twelve"]
    first, *others = shift.messages
    said = look_again(replace(shift, messages=(replace(first, text="Mail me: pat@example.org"), *others)))
    assert all(one.startswith(f"{first.sender}: ") for one in said) and said


def test_a_link_is_seen_too():
    assert "The words hold a link (https://example.org/x)" in " ".join(look_again(posted("See https://example.org/x")))


@pytest.mark.parametrize(
    "words",
    [
        "ring 07911 123456", "+44 7911 123456", "01642 301301", "call 712345", "text 7911123456", "+49 30 1234567",
        "oh seven nine one one double two three four five six", "pat@gmail.com", "pat@myexample.org", "pat@example.net",
        "pat at gmail dot com", "0808 157 12345", "01632 961000",
    ],
)  # fmt: skip
def test_what_could_be_somebodys_is_refused(words):
    (found,) = answer_key.real_contacts(packs(), {"text": f"Hello, {words} please"}).values()
    assert "could be somebody's" in found.said and ("07700 900" in found.said or "example.org" in found.said)


@pytest.mark.parametrize(
    "words",
    [
        "ring 07700 900123", "+44 7700 900123", "01632 960000", "0808 157 0999", "020 7946 0123", "ring 101 or 999",
        "Samaritans on 116 123", "Childline: 0800 1111", "pat@example.org", "Pat@Mail.Example.com",
        "oh seven seven double oh nine double oh one two three", "crime number 4512345678", "£1,234,567 in 2026",
    ],
)  # fmt: skip
def test_what_rings_nobody_or_is_public_is_allowed(words):
    assert answer_key.real_contacts(packs(), {"text": words}) == {}


@pytest.mark.parametrize("office", list(packs().offices))
def test_an_offices_own_contacts_are_allowed(office):
    facts = packs().in_force(office, NOW.date()).facts.values()
    held = [fact.value("en") for fact in facts if fact.values and fact.type in ("phone", "email")]
    assert held and answer_key.real_contacts(packs(), {one: f"Write or ring: {one}" for one in held}) == {}


def test_nothing_is_kept_that_could_ring_somebody(sqlite_database, tmp_path):
    shelf, trainer = library_with(tmp_path / "practice"), person(sqlite_database, "ann", "approver")
    text = writing.as_yaml(writing.outline(BIKE)).replace("07700 900418", "07911 123456")
    with pytest.raises(RealContacts) as fault, sqlite_database.write() as connection:
        writing.keep(connection, shelf, OFFICE, None, text, trainer, NOW)
    assert list(fault.value.faults) == [("messages", 0, "text")]
    assert writing.all_of(shelf, OFFICE) == ()
