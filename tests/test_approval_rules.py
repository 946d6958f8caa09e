"""Who must approve a reply: the files, what an office sets in their place, and who may be one of those who approve."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from accounts_support import made
from desk_support import NOW, PACKS, database, packs, sqlite_database  # noqa: F401 (fixtures)
from hypothesis import given
from hypothesis import strategies as st

from responder.desk import approvals, audit, desk_rules
from responder.desk.accounts import Account
from responder.desk.desk_rules import ALWAYS, LISTS, ApprovalRule, Condition, Need
from responder.desk.roles import ROLES
from responder.desk.tables import office_setting
from responder.drafting.model import DANGERS, URGENCIES
from responder.errors import PackError, UnknownName

RULES = desk_rules.load(PACKS)
OFFICES = sorted(RULES.by_office)
CLEVELAND, NORTH_WALES, POLICE = "cleveland-opcc", "north-wales-opcc", "leicestershire-police"


def asked(intent: str, office: str = CLEVELAND, urgency: str = "routine", danger: str = "none") -> int:
    return RULES.approvers(office, intent, urgency, "facebook-dm", danger).approvers


# The files


@pytest.mark.parametrize("office", OFFICES)
def test_words_for_somebody_in_danger_wait_for_nobody(office):
    for intent in RULES.names.families:
        for channel in RULES.names.public:
            for danger in DANGERS:
                assert RULES.approvers(office, intent, "emergency", channel, danger).approvers == 0
            for urgency in URGENCIES:
                assert RULES.approvers(office, intent, urgency, channel, "alarm").approvers == 0


@pytest.mark.parametrize("office", OFFICES)
def test_what_can_do_harm_is_read_by_an_approver(office):
    for intent in ("disclose_self_harm", "threaten", "comment_on_live_case", "political_comment", "media_enquiry"):
        assert asked(intent, office, "urgent") == 1
    for intent in ("request_foi", "greet", "thank", "ask_contact", "report_crime", "complain_police"):
        assert asked(intent, office) == 0


def test_what_nobody_has_read_yet_falls_to_the_last_rule():
    need = RULES.approvers(CLEVELAND, None, None, "x-dm", None)
    assert need.rule == len(RULES.approvals(CLEVELAND))
    assert need.why


def test_whom_to_tell_fits_the_office():
    roles = [one.role for one in RULES.escalations(POLICE)]
    assert "digital-desk" in roles and "commissioner" not in roles
    roles = [one.role for one in RULES.escalations(CLEVELAND)]
    assert "commissioner" in roles and "digital-desk" not in roles
    for office in OFFICES:
        for one in RULES.escalations(office):
            assert one.needs and one.role in packs().roles


def test_what_fits_the_message_stands_first():
    assert RULES.close_reasons(CLEVELAND, "spam")[0].id == "spam"
    assert RULES.escalations(CLEVELAND, "request_foi")[0].role == "foi-officer"
    plain = [one.id for one in RULES.close_reasons(CLEVELAND)]
    assert sorted(plain) == sorted(one.id for one in RULES.close_reasons(CLEVELAND, "abuse"))
    assert {one.id: one.needs_words for one in RULES.close_reasons(CLEVELAND)}["other"]


def test_an_office_that_is_not_there_is_said():
    with pytest.raises(UnknownName, match="cleveland-opcc"):
        RULES.approvals("nowhere")


# The loader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Packs of which the loader needs a few files, with the real national desk.yml."""
    for name in ("intents.yml", "channels.yml", "roles.yml", "desk.yml"):
        (tmp_path / "national").mkdir(exist_ok=True)
        shutil.copyfile(PACKS / "national" / name, tmp_path / "national" / name)
    (tmp_path / CLEVELAND).mkdir()
    shutil.copyfile(PACKS / CLEVELAND / "office.yml", tmp_path / CLEVELAND / "office.yml")
    return tmp_path


def test_an_offices_own_file_holds_what_differs(folder: Path):
    own = """
approvals:
  - {when: {public: true}, approvers: 2, why: Everybody reads it.}
  - {approvers: 1, why: We are new.}
escalation:
  trainer: {needs: [What you would like to learn]}
  foi-officer: {needs: [The request], intent: [ask_question]}
close_reasons:
  rain: {title: It rained, for: [greet]}
"""
    (folder / CLEVELAND / "desk.yml").write_text(own, encoding="utf-8")
    rules = desk_rules.load(folder)
    assert rules.approvers(CLEVELAND, "report_emergency", "emergency", "x-reply", "alarm").approvers == 2
    assert rules.approvers(CLEVELAND, "greet", "routine", "x-dm", "none") == Need(1, "We are new.", 2)
    told = {one.role: one for one in rules.escalations(CLEVELAND)}
    assert told["trainer"].needs == ("What you would like to learn",)
    assert told["foi-officer"].intents == ("ask_question",)
    assert "force-control-room" in told
    assert rules.close_reasons(CLEVELAND, "greet")[0].id in ("thanks", "rain")
    assert "rain" in {one.id for one in rules.close_reasons(CLEVELAND)}


LAST = "\n  - {approvers: 0, why: b}"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("approval: []", 1, "“approval” is not a key here; allowed is: approvals"),
        ("approvals: []", 1, "is empty"),
        ("approvals:\n  - {approvers: 3, why: a}", 2, "“approvers” is “3”; allowed is: 0, 1, 2"),
        ('approvals:\n  - {approvers: "1", why: a}', 2, "a whole number is allowed"),
        ("approvals:\n  - {approvers: true, why: a}", 2, "a whole number is allowed"),
        ("approvals:\n  - {approvers: 1}", 2, "“why” is missing"),
        (f"approvals:\n  - {{when: {{intent: [gret]}}, approvers: 1, why: a}}{LAST}", 2, "“intent” holds “gret”"),
        (f"approvals:\n  - {{when: {{urgency: [soon]}}, approvers: 1, why: a}}{LAST}", 2, "allowed is: emergency"),
        (f"approvals:\n  - {{when: {{danger: [red]}}, approvers: 1, why: a}}{LAST}", 2, "allowed is: alarm"),
        (f"approvals:\n  - {{when: {{channel: [fax]}}, approvers: 1, why: a}}{LAST}", 2, "“channel” holds “fax”"),
        (f"approvals:\n  - {{when: {{family: [cats]}}, approvers: 1, why: a}}{LAST}", 2, "allowed is: safety"),
        (f"approvals:\n  - {{when: {{public: maybe}}, approvers: 1, why: a}}{LAST}", 2, "true or false"),
        (f"approvals:\n  - {{when: {{mood: [x]}}, approvers: 1, why: a}}{LAST}", 2, "“mood” is not a key here"),
        (f"approvals:\n  - {{when: {{intent: []}}, approvers: 1, why: a}}{LAST}", 2, "asks for nothing"),
        ("approvals:\n  - {when: {public: true}, approvers: 1, why: a}", 2, "a last rule without one is needed"),
        (f"approvals:\n  - {{approvers: 1, why: a}}{LAST}", 2, "only the last may be so"),
        ("escalation:\n  nobody: {needs: [a]}", 2, "there is no role “nobody”"),
        ("escalation:\n  trainer: {intent: [greet]}", 2, "“needs” is missing"),
        ("escalation:\n  trainer: {needs: [a], intent: [gret]}", 2, "“intent” holds “gret”"),
        ("close_reasons:\n  x: {for: [greet]}", 2, "“title” is missing"),
        ("close_reasons:\n  x: {title: a, for: [gret]}", 2, "“for” holds “gret”"),
        (f"close_reasons:\n  {'x' * 41}: {{title: a}}", 2, "40 characters are allowed"),
    ],
)
def test_a_fault_is_one_sentence_with_its_place(folder: Path, text: str, line: int, says: str):
    (folder / CLEVELAND / "desk.yml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(PackError) as caught:
        desk_rules.load(folder)
    assert says in str(caught.value)
    assert caught.value.line == line
    assert caught.value.file == f"{CLEVELAND}/desk.yml"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("key", "says"), [("approvals", "“approvals” is missing"), (None, "is missing")])
def test_the_national_file_says_everything(folder: Path, key: str | None, says: str):
    file = folder / "national" / "desk.yml"
    text = file.read_text(encoding="utf-8")
    file.unlink() if key is None else file.write_text(text.replace(f"{key}:", "close_reasons_:"), encoding="utf-8")
    with pytest.raises(PackError, match=says):
        desk_rules.load(folder)


def _some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=4).map(tuple)


whys = st.text(st.characters(whitelist_categories=("L", "N", "P", "Zs", "So")), min_size=1, max_size=80).filter(
    str.strip
)
conditions = st.builds(
    Condition, **{key: _some(RULES.names.allowed(key)) for key in LISTS}, public=st.sampled_from((None, True, False))
)
rule_lists = st.tuples(
    st.lists(
        st.builds(ApprovalRule, st.sampled_from((0, 1, 2)), whys, conditions.filter(lambda when: when != ALWAYS)),
        max_size=6,
    ),
    st.builds(ApprovalRule, st.sampled_from((0, 1, 2)), whys),
).map(lambda both: (*both[0], both[1]))


@given(rule_lists)
def test_rules_kept_by_the_desk_are_read_back_as_they_were(rules):
    assert desk_rules.read_approvals([rule.as_dict() for rule in rules], RULES.names, "here") == rules


@given(rule_lists, st.data())
def test_the_first_rule_that_fits_counts(rules, data):
    intent = data.draw(st.sampled_from((None, *RULES.names.families)))
    urgency, danger = data.draw(st.sampled_from((None, *URGENCIES))), data.draw(st.sampled_from((None, *DANGERS)))
    channel = data.draw(st.sampled_from(tuple(RULES.names.public)))
    need = RULES.approvers(CLEVELAND, intent, urgency, channel, danger, rules)
    found = {"intent": intent, "family": RULES.names.families.get(intent or ""), "urgency": urgency,
             "channel": channel, "danger": danger}  # fmt: skip
    fits = [rule.when.holds(found, RULES.names.public[channel]) for rule in rules]
    assert fits.index(True) == need.rule - 1
    assert (need.approvers, need.why) == (rules[need.rule - 1].approvers, rules[need.rule - 1].why)


# What an office sets in their place


def plain(office: str = CLEVELAND) -> list[dict]:
    return [rule.as_dict() for rule in RULES.approvals(office)]


def mark(office: str = CLEVELAND) -> str:
    return approvals.mark(RULES.approvals(office))


def needed(connection, intent: str = "greet", office: str = CLEVELAND) -> Need:
    return approvals.needed(connection, RULES, packs(), office, intent, "routine", "facebook-dm", "none")


def test_an_offices_own_rules_hold_until_the_files_do_again(database):  # noqa: F811
    manager = made(database, "m.manager", "manager")
    two = [*plain()[:-1], {"approvers": 2, "why": "We are new."}]
    with database.write() as connection:
        assert needed(connection).approvers == 0
        approvals.set_rules(connection, RULES, CLEVELAND, two, mark(), manager, NOW)
    with database.write() as connection:
        assert needed(connection) == Need(2, "We are new.", len(two))
        assert needed(connection, office=NORTH_WALES).approvers == 0
        own = approvals.own_rules(connection, RULES, CLEVELAND)
        assert (own.by, own.at) == ("Jo m.manager", NOW)
        approvals.reset(connection, RULES, CLEVELAND, approvals.mark(own.rules), manager, NOW)
        assert needed(connection).approvers == 0
        told = audit.entries(connection, action="approvals.changed")
        assert [entry.after["rules"][-1]["approvers"] for entry in told] == [0, 2]
        assert told[0].before == told[1].after
        approvals.reset(connection, RULES, CLEVELAND, mark(), manager, NOW)
        assert len(audit.entries(connection, action="approvals.changed")) == 2


def test_rules_with_a_fault_change_nothing(sqlite_database):  # noqa: F811
    manager = made(sqlite_database, "m.manager", "manager")
    for bad in (plain()[:-1], [], None, [{"approvers": 5, "why": "x"}], [3]):
        with pytest.raises(PackError), sqlite_database.write() as connection:
            approvals.set_rules(connection, RULES, CLEVELAND, bad, mark(), manager, NOW)
    with sqlite_database.read() as connection:
        assert approvals.own_rules(connection, RULES, CLEVELAND) is None


def test_the_fault_names_the_rule():
    bad = [*plain()]
    bad[2] = {**bad[2], "approvers": 7}
    with pytest.raises(PackError) as caught:
        desk_rules.read_approvals(bad, RULES.names, "here")
    assert caught.value.line == 3


def test_of_two_managers_at_once_the_second_learns_of_the_first(database):  # noqa: F811
    manager = made(database, "m.manager", "manager")
    both, done, refused = threading.Barrier(2), [], []

    def save(number: int) -> None:
        both.wait()
        new = [{"approvers": number, "why": "Mine."}]
        try:
            with database.write() as connection:
                approvals.set_rules(connection, RULES, CLEVELAND, new, mark(), manager, NOW)
            done.append(number)
        except approvals.ChangedMeanwhile:
            refused.append(number)

    savers = [threading.Thread(target=save, args=(number,)) for number in (1, 2)]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert len(done) == len(refused) == 1
    with database.read() as connection:
        assert needed(connection).approvers == done[0]


def test_an_intent_that_the_packs_lost_takes_only_its_own_rule_along(sqlite_database):  # noqa: F811
    manager = made(sqlite_database, "m.manager", "manager")
    with sqlite_database.write() as connection:
        approvals.set_rules(connection, RULES, CLEVELAND, plain(), mark(), manager, NOW)
        lost = [
            {"when": {"intent": ["gone"]}, "approvers": 2, "why": "a"},
            {"when": {"intent": ["gone", "greet"]}, "approvers": 1, "why": "b"},
            {"approvers": 0, "why": "c"},
        ]
        connection.execute(sa.update(office_setting).values(value=lost))
        assert needed(connection) == Need(1, "b", 1)
        assert needed(connection, "thank") == Need(0, "c", 2)


def test_rules_altered_outside_the_desk_are_not_guessed_at(sqlite_database):  # noqa: F811
    manager = made(sqlite_database, "m.manager", "manager")
    with sqlite_database.write() as connection:
        approvals.set_rules(connection, RULES, CLEVELAND, plain(), mark(), manager, NOW)
        connection.execute(sa.update(office_setting).values(value=[{"approvers": 9}]))
        with pytest.raises(PackError, match="“approvers” is “9”"):
            approvals.own_rules(connection, RULES, CLEVELAND)
        assert needed(connection).approvers == 2 and "until a manager" in needed(connection).why
        for urgency, danger in (("emergency", "none"), ("routine", "alarm")):
            about = (CLEVELAND, "threaten", urgency, "facebook-dm", danger)
            assert approvals.needed(connection, RULES, packs(), *about).approvers == 0
        approvals.set_rules(connection, RULES, CLEVELAND, plain(), "", manager, NOW)  # a manager can put it right
        assert needed(connection).approvers == 0


def test_an_office_or_channel_that_is_not_there_is_said(sqlite_database):  # noqa: F811
    with sqlite_database.read() as connection, pytest.raises(UnknownName):
        needed(connection, office="nowhere")


# Who may approve


def account(role: str, id_: int = 1) -> Account:
    return Account(id_, f"{role}.{id_}", role.title(), role, (CLEVELAND,))


def may(role: str, approvers: int, authors=(), earlier=()) -> bool:
    return approvals.may_approve(account(role), Need(approvers, "Because."), authors, earlier) is None


def test_who_may_approve():
    assert [may(role, 0, authors=[1]) for role in ROLES] == [False, True, True, True, True]
    assert [may(role, 1, authors=[1]) for role in ROLES] == [False, False, True, True, True]
    assert [may(role, 2, authors=[1]) for role in ROLES] == [False] * 5
    assert [may(role, 2, authors=[9]) for role in ROLES] == [False, False, True, True, True]
    assert not any(may(role, number, earlier=[1]) for role in ROLES for number in (0, 1, 2))
    disabled = replace(account("manager"), disabled_at=NOW)
    assert approvals.may_approve(disabled, Need(0, ""), (), ())


def test_why_not_is_said_with_the_rules_own_reason():
    said = approvals.may_approve(account("moderator"), Need(1, "It may be contempt."), (), ())
    assert "approver" in said and "It may be contempt." in said
    assert "two approvers" in approvals.may_approve(account("approver"), Need(2, "x"), (1,), ())


people = st.sampled_from([account(role, n) for n, role in enumerate((*ROLES, "approver", "trainee", "manager"), 1)])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("edits"), people),
        st.tuples(st.just("approves"), people),
        st.tuples(st.just("asks"), st.sampled_from((0, 1, 2))),
    ),
    max_size=30,
)


@given(people, st.sampled_from((0, 1, 2)), steps)
def test_nothing_goes_with_fewer_than_asked_or_by_its_own_author_alone(writer, first, taken):
    need, authors, approvers = Need(first, "Because."), {writer.id}, {}
    for what, who in taken:
        if what == "edits":
            authors, approvers = authors | {who.id}, {}  # another text is another version, which nobody has approved
        elif what == "asks":
            need = Need(who, "Because.")
        elif approvals.may_approve(who, need, authors, approvers) is None:
            assert who.id not in approvers
            approvers[who.id] = who
            if approvals.still_needed(need, authors, approvers) == 0:
                others = [one for one in approvers.values() if one.id not in authors]
                assert all(one.may("send") for one in approvers.values())
                assert need.approvers == 0 or any(one.may("approve") for one in approvers.values())
                if need.approvers == 2:
                    assert len(others) >= 2 and all(one.may("approve") for one in others)
                if writer.role == "trainee" and authors == {writer.id}:
                    assert others
                return
