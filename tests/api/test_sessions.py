"""Runs in threads: how many, how they end, and what happens when something of ours breaks."""

import asyncio
import dataclasses
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from api_world import Desk, wait_for, wait_until_asked
from rich.console import Console

from api.errors import Busy, NotWaiting
from api.identity import Identity
from api.live import LiveRun
from api.own_sessions import OwnSessions
from api.person import TerminalPerson
from api.sessions import Sessions, new_task
from api.wiring import Services
from knowledge.errors import BadConfiguration, TooLate
from knowledge.types import Run, Step, Waiting

ADMIN = Identity(tenant="default", role="admin")
WIPE = "Wipe the lost device NH-20463."
APPROVAL = Waiting(kind="approval", question="May I?", step=Step(index=0, action="a.b"), call_hash="h")


@pytest.fixture
def sessions(services: Services) -> Iterator[Sessions]:
    with Sessions(services) as opened:
        yield opened


def test_closing_leaves_what_is_open_to_the_next_process(services: Services, desk: Desk) -> None:
    with Sessions(services) as first:
        live = first.start(new_task(services, WIPE))
        asked = wait_until_asked(live)
    assert services.record.runs.get(live.run_id).status == "waiting"
    with pytest.raises(NotWaiting, match="not carried out here"):
        OwnSessions(first, ADMIN).waiting(live.run_id)
    with Sessions(services) as second:
        again = wait_for(lambda: second.live(live.run_id))
        assert wait_until_asked(again).approval_id == asked.approval_id
        again.decide(approved=True, call_hash=asked.call_hash)
        assert again.finished.wait(20)
    outcome = services.record.runs.get(live.run_id).outcome
    assert outcome
    assert outcome.status == "verified"
    assert desk.writes() == 1
    assert [event.seq for event in again.events()] == list(range(len(again.events())))


def test_only_one_may_carry_out_runs_in_a_process(services: Services) -> None:
    with Sessions(services), pytest.raises(BadConfiguration, match="already"):
        Sessions(services).open()


def test_a_run_that_was_called_off_stays_so(services: Services, desk: Desk) -> None:
    with Sessions(services) as first:
        live = first.start(new_task(services, WIPE))
        wait_until_asked(live)
    services.record.runs.call_off(live.run_id)  # Acknowledged, and then the process was killed.
    with Sessions(services):
        wait_for(lambda: services.record.runs.get(live.run_id).outcome)
    outcome = services.record.runs.get(live.run_id).outcome
    assert outcome
    assert outcome.status == "cancelled"
    assert desk.writes() == 0


def test_a_run_that_dbos_does_not_know_is_adopted(services: Services) -> None:
    task = new_task(services, "Password please.")
    services.record.runs.save(Run(id="old", task=task, status="running"))
    with Sessions(services) as sessions:
        sessions.adopt(task.tenant)
        wait_for(lambda: services.record.runs.get("old").outcome)


def test_runs_are_taken_up_and_adopted_in_an_event_loop_too(services: Services) -> None:
    """DBOS itself does not answer there."""
    dead = services.settings.data_dir / "workers" / "7.lock"
    dead.parent.mkdir(parents=True, exist_ok=True)
    dead.touch()
    services.record.runs.save(Run(id="old", task=new_task(services, "Password please."), status="running"))

    async def take_up(sessions: Sessions) -> None:
        sessions.open()
        sessions.adopt("default")

    sessions = Sessions(services)
    try:
        asyncio.run(take_up(sessions))
        wait_for(lambda: services.record.runs.get("old").outcome)
    finally:
        sessions.close()


def test_nothing_of_what_was_said_is_in_the_tables_of_dbos(services: Services, sessions: Sessions) -> None:
    live = sessions.start(new_task(services, "Unlock the account of Amara Nyberg."))
    assert live.finished.wait(20)
    sessions.close()
    kept = b"".join(each.read_bytes() for each in services.settings.data_dir.glob("workflows.db*"))
    assert live.run_id.encode() in kept
    assert b"Nyberg" not in kept
    assert b"npetrov" not in kept


def test_only_so_many_runs_are_open(services: Services, sessions: Sessions) -> None:
    services.settings = services.settings.model_copy(update={"max_open_runs": 1})
    wait_until_asked(sessions.start(new_task(services, WIPE)))
    with pytest.raises(Busy):
        sessions.start(new_task(services, WIPE))


def test_a_bug_ends_the_run_and_says_so(
    services: Services, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(services.lam, "choose", broken)
    live = sessions.start(new_task(services, "Unlock the account of Amara Nyberg."))
    assert live.finished.wait(20)
    run = OwnSessions(sessions, ADMIN).get(live.run_id)
    assert run.status == "done"
    assert run.outcome
    assert run.outcome.status == "failed"


def test_nobody_within_the_patience(services: Services, sessions: Sessions, desk: Desk) -> None:
    services.settings = services.settings.model_copy(update={"answer_timeout_s": 0.1})
    live = sessions.start(new_task(services, WIPE))
    assert live.finished.wait(20)
    run = services.record.runs.get(live.run_id)
    assert run.outcome
    assert run.outcome.status == "asked"
    assert desk.writes() == 0


def test_an_approval_counts_once(services: Services) -> None:
    approvals = services.record.approvals
    live = LiveRun(
        run_id="r", task=new_task(services, WIPE), patience_s=0.0, approvals=approvals, runs=services.record.runs
    )
    id = approvals.ask(run_id="r", step=0, call={}, at=datetime.now(UTC))
    live.waiting = dataclasses.replace(APPROVAL, approval_id=id)
    live.decide(approved=True, call_hash="h")
    with pytest.raises(NotWaiting):
        live.decide(approved=False, call_hash="h")
    assert approvals.get(id).status == "approved"


def test_what_was_decided_elsewhere_cannot_be_decided_here(services: Services) -> None:
    approvals = services.record.approvals
    live = LiveRun(
        run_id="r", task=new_task(services, WIPE), patience_s=0.0, approvals=approvals, runs=services.record.runs
    )
    id = approvals.ask(run_id="r", step=0, call={}, at=datetime.now(UTC))
    live.waiting = dataclasses.replace(APPROVAL, approval_id=id)
    approvals.decide(id, approved=False, at=datetime.now(UTC), expires_at=datetime.now(UTC))
    with pytest.raises(TooLate):
        live.decide(approved=True, call_hash="h")
    assert approvals.get(id).status == "rejected"


def test_what_was_called_off_waits_no_more(services: Services) -> None:
    """Even before the run's thread has noticed: nobody is asked to decide about it any more."""
    record, task = services.record, new_task(services, WIPE)
    record.runs.save(Run(id="r", task=task, status="waiting"))
    live = LiveRun(run_id="r", task=task, patience_s=0.0, approvals=record.approvals, runs=record.runs)
    live.waiting = APPROVAL
    live.cancel()
    assert live.waiting is None
    with pytest.raises(NotWaiting):
        live.decide(approved=True, call_hash="h")


def test_a_run_that_ends_while_it_is_read_does_not_look_as_if_it_waited(
    services: Services, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = sessions.start(new_task(services, WIPE))
    asked = wait_until_asked(live)
    read = services.record.runs.get

    def slow(id: str, tenant: str = "default") -> Run:
        monkeypatch.undo()
        run = read(id, tenant)
        live.decide(approved=True, call_hash=asked.call_hash)
        assert live.finished.wait(20)
        return run

    monkeypatch.setattr(services.record.runs, "get", slow)
    assert OwnSessions(sessions, ADMIN).get(live.run_id).waiting_for is None
    assert OwnSessions(sessions, ADMIN).get(live.run_id).status == "done"


@pytest.mark.parametrize(("typed", "approved"), [("y\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_the_person_at_the_terminal(monkeypatch: pytest.MonkeyPatch, typed: str, approved: bool) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    person = TerminalPerson(Console(file=io.StringIO()), interactive=True)
    said = person.approve(APPROVAL)
    assert said
    assert said.approved is approved
    assert said.call_hash == "h"


def test_an_answer_from_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    question = dataclasses.replace(APPROVAL, kind="answer")
    monkeypatch.setattr("sys.stdin", io.StringIO("until Friday\n"))
    console = Console(file=io.StringIO())
    assert TerminalPerson(console, interactive=True).answer(question) == "until Friday"
    assert TerminalPerson(console, interactive=True).answer(question) is None
    assert TerminalPerson(console, interactive=False).answer(question) is None
    assert TerminalPerson(console, interactive=False).approve(APPROVAL) is None
