"""Two, or five, at the same moment: one wins, the others learn who it was, and a reply goes out once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from decisions_support import FULL, NAMES, QUESTION, Desk, rules
from desk_support import KINDS, fresh, incoming, packs

from responder.desk import accounts, audit, decisions, intake
from responder.desk.decisions import Acting, Conflict, Refused, Stale
from responder.desk.tables import approval, outbox
from responder.errors import ResponderError

ROUNDS, FEWER = (500, 500) if FULL else (40, 12)  # of approving and sending; of everything else
PATIENCE = 60  # seconds until a deadlock is said to be one
PEOPLE = ("moderator", "second", "approver", "other", "manager")
OWN = "Hello, and thank you. Somebody here will look into it."


@pytest.fixture(scope="module", params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all rounds, in each kind of database."""
    with fresh(request.param, Path(tmp_path_factory.mktemp("desk"))) as database:
        yield Desk(database)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What came of acts that begin at the same moment: what each gave back, or what it raised."""
    came_to: list[Any] = [TimeoutError("it never ended")] * len(acts)
    start = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[], Any]) -> None:
        start.wait(PATIENCE)
        try:
            came_to[number] = act()
        except Exception as error:
            came_to[number] = error

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return came_to


def act(desk: Desk, who: str, decision: Any, *given: Any, under: Any = None) -> Callable[[], Any]:
    """A decision by one person, ready to be carried out in a transaction and a thread of its own."""
    acting = Acting(packs(), under or desk.rules, desk.people[who], desk.now)

    def run() -> Any:
        with desk.database.write() as connection:
            return decision(connection, acting, *given)

    return run


def one_wins(came_to: list[Any], who: list[str]) -> str:
    """The winner, after everybody else was refused with a sentence that names them."""
    won = [name for name, one in zip(who, came_to, strict=True) if not isinstance(one, BaseException)]
    assert len(won) == 1, came_to
    for name, one in zip(who, came_to, strict=True):
        if name != won[0]:
            assert isinstance(one, (Conflict, Refused, Stale)), one
            assert NAMES[won[0]] in str(one), str(one)
    return won[0]


def rounds(number: int = FEWER) -> Iterator[tuple[int, list[str]]]:
    """For each round two people or five, each time in another order."""
    for one in range(number):
        count = 5 if one % 4 == 0 else 2
        yield one, list(islice(cycle(PEOPLE), one, one + count))


def went_out(desk: Desk, id_: int) -> list[tuple[str, str]]:
    """What stands in the outbox for a message; the audit tells of as many approvals and sendings."""
    found = desk.outbox(id_)
    told = [line.action for line in desk.lines(id_)]
    assert told.count("reply.sent") == sum(state == "sent" for state, _ in found)
    assert told.count("reply.approved") == len(found)
    return found


def test_one_approves_and_one_marks_as_sent_whoever_tries_at_the_same_moment(desk):
    for number, who in rounds(ROUNDS):
        id_ = desk.message(author=f"jo.{number}")
        page = desk.page(id_)
        winner = one_wins(together(*(act(desk, name, decisions.approve, id_, page) for name in who)), who)
        assert went_out(desk, id_) == [("waiting", page.text)]
        assert desk.approvers(id_) == [winner]
        one_wins(together(*(act(desk, name, decisions.mark_sent, id_, page.saw) for name in who)), who)
        assert went_out(desk, id_) == [("sent", page.text)]
    with desk.database.read() as connection:
        assert audit.verify(connection)


def test_different_words_for_the_same_message_never_both_go_out(desk):
    for number, who in rounds():
        id_ = desk.message(author=f"jo.{number}")
        page = desk.page(id_)
        texts = {name: f"{OWN} {'Bye. ' * place}".strip() for place, name in enumerate(who)}
        acts = [act(desk, name, decisions.approve, id_, replace(page, text=texts[name])) for name in who]
        winner = one_wins(together(*acts), who)
        assert went_out(desk, id_) == [("waiting", texts[winner])]


def test_an_edit_and_an_approval_at_the_same_moment(desk):
    for number, who in rounds():
        id_ = desk.message(author=f"jo.{number}")
        page, texts = desk.page(id_), {}
        acts = []
        for place, name in enumerate(who):
            texts[name] = f"{OWN} {'Bye. ' * place}".strip()
            decision = decisions.approve if place % 2 else decisions.save_reply
            acts.append(act(desk, name, decision, id_, replace(page, text=texts[name])))
        winner = one_wins(together(*acts), who)
        approved = who.index(winner) % 2
        assert went_out(desk, id_) == ([("waiting", texts[winner])] if approved else [])
        assert desk.reply(id_)["text"] == texts[winner]


def test_an_edit_of_a_kept_reply_is_never_lost_under_another(desk):
    for number, who in rounds():
        id_ = desk.message(author=f"jo.{number}")
        desk.save("moderator", id_, OWN)
        page = desk.page(id_)
        texts = {name: f"{OWN} Bye, {name}." for name in who}
        acts = [act(desk, name, decisions.save_reply, id_, replace(page, text=texts[name])) for name in who]
        winner = one_wins(together(*acts), who)
        assert (desk.reply(id_)["text"], desk.reply(id_)["version"]) == (texts[winner], 2)


def test_closing_approving_and_asking_at_the_same_moment(desk):
    for number, who in rounds():
        id_ = desk.message(author=f"jo.{number}")
        page, acts = desk.page(id_), []
        for place, name in enumerate(who):
            close = act(desk, name, decisions.close, id_, "duplicate")
            acts.append(act(desk, name, decisions.approve, id_, page) if place % 2 else close)
        winner = one_wins(together(*acts), who)
        state = "approved" if who.index(winner) % 2 else "closed"
        assert desk.states(id_)[0] == state
        assert went_out(desk, id_) == ([("waiting", page.text)] if state == "approved" else [])


def test_sending_and_taking_back_at_the_same_moment(desk):
    for number, who in rounds():
        id_ = desk.message(author=f"jo.{number}")
        desk.approve("moderator", id_)
        saw, acts = desk.page(id_).saw, []
        for place, name in enumerate(who):
            back = act(desk, name, decisions.take_back, id_)
            acts.append(act(desk, name, decisions.mark_sent, id_, saw) if place % 2 else back)
        winner = one_wins(together(*acts), who)
        sent = who.index(winner) % 2
        assert [state for state, _ in went_out(desk, id_)] == (["sent"] if sent else ["withdrawn"])


def test_two_of_five_approvers_are_enough_and_the_reply_goes_once(desk):
    approvers = ["approver", "other", "manager", "administrator"]
    for number in range(FEWER):
        id_ = desk.message(author=f"jo.{number}")
        page = desk.page(id_)
        with desk.database.write() as connection:
            decisions.ask(connection, Acting(packs(), rules(2), desk.people["trainee"], desk.now), id_, page)
        page = desk.page(id_)
        came_to = together(*(act(desk, name, decisions.approve, id_, page, under=rules(2)) for name in approvers))
        won = [one for one in came_to if not isinstance(one, BaseException)]
        assert sorted(one.complete for one in won) == [False, True], came_to
        last = next(name for name, one in zip(approvers, came_to, strict=True) if getattr(one, "complete", False))
        assert all(isinstance(one, Conflict) for one in came_to if isinstance(one, BaseException))
        assert all(NAMES[last] in str(one) for one in came_to if isinstance(one, BaseException))
        assert desk.outbox(id_) == [("waiting", page.text)]
        query = sa.select(approval.c.account_id.distinct()).where(approval.c.reply_id == desk.reply(id_)["id"])
        assert len(desk.all(query)) == 2


def test_a_message_that_comes_in_at_the_moment_of_approval_is_seen_or_told_of(desk):
    """Whoever approved first had seen all there was; whoever came second is told to look. Never neither."""
    for number, who in rounds():
        author = f"jo.{number}"
        id_ = desk.message(author=author)
        page = desk.page(id_)

        def arrive(author=author) -> int:
            with desk.database.write() as connection:
                given = incoming(text="And another thing", author=author, received_at=desk.now)
                return intake.receive(connection, packs(), given, desk.now).id

        came_to = together(arrive, act(desk, who[0], decisions.approve, id_, page))
        newer = came_to[0]
        assert isinstance(newer, int), came_to
        if isinstance(came_to[1], BaseException):
            assert isinstance(came_to[1], Stale), came_to
            assert desk.outbox(id_) == []
        else:
            assert desk.reply(id_)["saw_message_id"] == id_ < newer, "so that the outbox says that it is stale"
            with pytest.raises(Stale):
                act(desk, who[0], decisions.mark_sent, id_, page.saw)()


def test_everything_at_once_ends_in_words_and_leaves_the_audit_whole(desk):
    """Decisions, corrections, readings and changes to accounts: no deadlock, and no error of a database."""
    for number in range(FEWER):
        ids = [desk.message(f"{QUESTION} {place}", author=f"jo.{number}.{place}") for place in range(2)]
        unread = desk.message(read=False, author=f"jo.{number}.unread")
        pages = [desk.page(ids[0]), desk.page(ids[1], text=OWN)]
        names = islice(cycle(PEOPLE), number, number + 3)
        acts = []
        for place, name in enumerate(names):
            id_, page = ids[place % 2], pages[place % 2]
            acts += [
                act(desk, name, decisions.approve, id_, page),
                act(desk, name, decisions.correct, id_, "greet", "none"),
                act(desk, name, decisions.assign, id_, desk.people["trainee"].id),
                act(desk, name, decisions.tick, id_, "a" * 64, True),
            ]
            acts.append(rename(desk, name))
        acts.append(partial(desk.read, unread))
        came_to = together(*acts)
        for one in came_to:
            assert not isinstance(one, BaseException) or isinstance(one, ResponderError), repr(one)
            assert "database" not in str(one), "and nobody was told to try again"
        for id_ in ids:
            assert len(desk.outbox(id_)) <= 1
    with desk.database.read() as connection:
        verdict = audit.verify(connection)
        assert verdict, verdict.fault
        assert not connection.execute(
            sa.select(outbox.c.reply_id).group_by(outbox.c.reply_id).having(sa.func.count() > 1)
        ).all()


def rename(desk: Desk, name: str) -> Callable[[], Any]:
    """An administrator touches the account of somebody who is deciding at that moment, again and again."""
    account = desk.people[name]

    def run() -> None:
        for number in range(10):
            with desk.database.write() as connection:
                accounts.set_preferences(
                    connection, desk.people["administrator"].actor, account.id, {"blur": bool(number % 2)}, desk.now
                )

    return run
