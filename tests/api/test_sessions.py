"""Runs in threads: how many, how they end, and what happens when something of ours breaks."""

import dataclasses
import io
import time
from datetime import UTC, datetime

import pytest
from api_world import Desk
from rich.console import Console

from api.errors import Busy, NotWaiting
from api.identity import Identity
from api.live import LiveRun
from api.person import TerminalPerson
from api.sessions import OwnSessions, Sessions, new_task
from api.wiring import Services
from knowledge.errors import TooLate
from knowledge.types import Step, Waiting

ADMIN = Identity(tenant="default", role="admin")
WIPE = "Wipe the lost device NH-20463."
APPROVAL = Waiting(kind="approval", question="May I?", step=Step(index=0, action="a.b"), call_hash="h")


def wait_until_asked(live: LiveRun) -> Waiting:
    for _ in range(200):
        if live.waiting:
            return live.waiting
        time.sleep(0.05)
    raise AssertionError("it never asked")


def test_closing_calls_off_what_is_open(services: Services, desk: Desk) -> None:
    sessions = Sessions(services)
    live = sessions.start(new_task(services, WIPE))
    wait_until_asked(live)
    sessions.close()
    outcome = services.record.runs.get(live.run_id).outcome
    assert outcome
    assert outcome.status == "cancelled"
    assert desk.writes() == 0
    with pytest.raises(NotWaiting):
        OwnSessions(sessions, ADMIN).waiting(live.run_id)


def test_only_so_many_runs_are_open(services: Services) -> None:
    services.settings = services.settings.model_copy(update={"max_open_runs": 1})
    sessions = Sessions(services)
    wait_until_asked(sessions.start(new_task(services, WIPE)))
    with pytest.raises(Busy):
        sessions.start(new_task(services, WIPE))
    sessions.close()


def test_a_bug_ends_the_run_and_says_so(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(services.lam, "choose", broken)
    sessions = Sessions(services)
    live = sessions.start(new_task(services, "Unlock the account of Amara Nyberg."))
    assert live.finished.wait(20)
    run = OwnSessions(sessions, ADMIN).get(live.run_id)
    assert run.status == "done"
    assert run.outcome
    assert run.outcome.status == "failed"


def test_nobody_within_the_patience(services: Services, desk: Desk) -> None:
    services.settings = services.settings.model_copy(update={"answer_timeout_s": 0.1})
    sessions = Sessions(services)
    live = sessions.start(new_task(services, WIPE))
    assert live.finished.wait(20)
    run = services.record.runs.get(live.run_id)
    assert run.outcome
    assert run.outcome.status == "asked"
    assert desk.writes() == 0


def test_an_approval_counts_once(services: Services) -> None:
    approvals = services.record.approvals
    live = LiveRun(run_id="r", task=new_task(services, WIPE), patience_s=0.0, approvals=approvals)
    id = approvals.ask(run_id="r", step=0, call={}, at=datetime.now(UTC))
    live.waiting = dataclasses.replace(APPROVAL, approval_id=id)
    live.decide(approved=True, call_hash="h")
    with pytest.raises(NotWaiting):
        live.decide(approved=False, call_hash="h")
    assert approvals.get(id).status == "approved"


def test_what_was_decided_elsewhere_cannot_be_decided_here(services: Services) -> None:
    approvals = services.record.approvals
    live = LiveRun(run_id="r", task=new_task(services, WIPE), patience_s=0.0, approvals=approvals)
    id = approvals.ask(run_id="r", step=0, call={}, at=datetime.now(UTC))
    live.waiting = dataclasses.replace(APPROVAL, approval_id=id)
    approvals.decide(id, approved=False, at=datetime.now(UTC), expires_at=datetime.now(UTC))
    with pytest.raises(TooLate):
        live.decide(approved=True, call_hash="h")
    assert approvals.get(id).status == "rejected"


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
