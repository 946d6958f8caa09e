"""The demonstration's history of practice: every office has people, marks, objections and certificates to show."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk_support import NOW, packs, sqlite_database
from practice_support import ROOT, library

from responder.desk import accounts, audit, demo_files
from responder.desk.audit import COMMAND_LINE
from responder.errors import PackError
from responder.practice import attempts, certificates, demo, gate, objections

__all__ = ["sqlite_database"]  # a fixture
TODAY = NOW.date()


@pytest.fixture
def people(sqlite_database):
    """The demonstration's people, on an empty desk."""
    section = demo_files.read(ROOT / "demo" / demo_files.PEOPLE)
    with sqlite_database.write() as connection:
        return {
            name: accounts.create(
                connection, packs(), COMMAND_LINE, NOW - timedelta(days=45), name=name, full_name=name.title(),
                role=role, offices=packs().offices,
            )
            for name, role in ((one.text("name"), one.text("role")) for one in section.sections("people"))
        }  # fmt: skip


def test_every_office_shows_practice_at_all_its_stages(sqlite_database, people):
    demo.tell(sqlite_database, demo.load(library(), people, NOW))
    kit, meera, tomos, ruth = (people[one] for one in ("kit.larkin", "meera.holt", "tomos.vaughan", "ruth.okafor"))
    for office in packs().offices:
        with sqlite_database.read() as connection:
            done = attempts.attempts_of(connection, kit.id, office, state=attempts.DONE)
            assert len(done) > 10 and {one.passed for one in done} == {True, False}
            assert all(one.finished_at < NOW for one in done)
            assert not gate.gate(connection, library(), kit.id, office, TODAY).open
            assert gate.gate(connection, library(), meera.id, office, TODAY).overridden
            assert gate.gate(connection, library(), tomos.id, office, TODAY).refresher_due
            assert gate.gate(connection, library(), ruth.id, office, TODAY).case == "passed"
            assert certificates.certificate(connection, ruth.id, office).percent >= 90
            told = [
                *objections.objections_in(connection, [office]),
                *objections.objections_in(connection, [office], True),
            ]
            assert sorted(one.upheld is None for one in told) == [False, True]
    with sqlite_database.read() as connection:
        assert audit.verify(connection).fault == ""


@pytest.mark.parametrize(
    ("found", "wrong", "said"),
    [
        ("took: [good, middling]", "took: [good, excellent]", "excellent"),
        ("module: live-cases", "module: dead-cases", "dead-cases"),
        ("by: alan.whitby", "by: nobody.else", "nobody.else"),
        ("percent: 88", "percent: 88, colour: red", "colour"),
    ],
)
def test_a_fault_in_the_file_is_one_sentence_with_its_line(people, tmp_path, found, wrong, said):
    text = demo.FILE.read_text(encoding="utf-8")
    assert found in text
    (tmp_path / "practice.yml").write_text(text.replace(found, wrong, 1), encoding="utf-8")
    with pytest.raises(PackError, match=rf"practice\.yml.*\d.*{said}"):
        demo.load(library(), people, NOW, tmp_path / "practice.yml")
