"""Runs that broke off while a person was asked, or just after: whoever takes them up keeps to what was decided."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from planner_killed import TASK, ByStep, Dies, Killed, break_off, executor, killed, settled, take_up
from planner_world import NOW, Someone, World, act, end

from knowledge.types import ActionSpec, Decision, Observation
from planner.call import Call, Permit
from planner.person import Person
from planner.seams import SystemClock
from planner.signals import Suspended
from tests.fakes import Move, said

WIPE = (act("wipe_device", asset_tag=said("NH-20463")), end("finish"))


class Leaves:
    """Was asked, and then the process ended."""

    def approve(self, waiting: object) -> Any:
        raise Suspended

    def answer(self, waiting: object) -> Any:
        raise Suspended


def waits(world: World, moves: tuple[Move, ...], text: str) -> None:
    world.patch("devices", {"asset_tag": "NH-20463"}, {"status": "lost"})
    runner = world.runner((), lam=ByStep(moves))
    with pytest.raises(Suspended):
        runner.run(replace(TASK, text=text), run_id="run", person=Leaves())
    assert world.record.runs.get("run").status == "waiting"


def test_a_run_that_waits_for_an_approval_goes_on_waiting_for_the_same_one(world: World) -> None:
    waits(world, WIPE, "Wipe NH-20463.")
    before = world.record.runs.get("run").waiting_for
    person = Someone()
    run = take_up(world, person=person, moves=WIPE)
    assert before
    assert [each.approval_id for each in person.asked] == [before.approval_id]
    assert run.outcome
    assert run.outcome.status == "verified"
    assert world.writes("wipe_device") == 1


@pytest.mark.parametrize("approved", [True, False])
def test_what_was_decided_meanwhile_counts_and_nobody_is_asked_again(world: World, approved: bool) -> None:
    waits(world, WIPE, "Wipe NH-20463.")
    waiting = world.record.runs.get("run").waiting_for
    assert waiting
    now = SystemClock().now()
    world.record.approvals.decide(waiting.approval_id, approved=approved, at=now, expires_at=now + timedelta(hours=1))
    person = Someone()
    run = take_up(world, person=person, moves=WIPE)
    assert not person.asked
    assert run.outcome
    assert run.outcome.status == ("verified" if approved else "cancelled")
    assert world.writes("wipe_device") == int(approved)


def test_an_answer_that_was_given_just_before_is_not_asked_for_again(world: World) -> None:
    moves = (Move(action="ask"), *WIPE)
    with pytest.raises(Suspended):
        world.runner([Move(action="ask")]).run(replace(TASK, text="Wipe NH-20463."), run_id="run", person=Leaves())
    waiting = world.record.runs.get("run").waiting_for
    assert waiting
    world.record.runs.reply("run", waiting.question, "Wipe it, please.")
    person = Someone()
    world.patch("devices", {"asset_tag": "NH-20463"}, {"status": "lost"})
    run = world.runner(moves).take_up("run", tenant="default", person=person)
    assert [each.kind for each in person.asked] == ["approval"]
    assert [each.text for each in run.task.utterances] == [waiting.question, "Wipe it, please."]
    assert world.record.runs.replied("run", waiting.question) is None


class UsesItUp:
    """Redeems the approval as the executor does, and is killed before anything is sent."""

    def __init__(self, world: World) -> None:
        self._world = world

    def execute(self, call: Call, permit: Permit) -> Observation:
        if call.spec.name == "wipe_device":
            assert permit.approval
            assert self._world.record.approvals.redeem(permit.approval.id, call_hash=call.hash, at=NOW) is None
            raise Killed
        return executor(self._world).execute(call, permit)


def breaks_off_at_the_wipe(world: World, monkeypatch: pytest.MonkeyPatch, executor: Any, person: Person) -> None:
    world.patch("devices", {"asset_tag": "NH-20463"}, {"status": "lost"})
    with killed(world, monkeypatch):
        runner = world.runner((), lam=ByStep(WIPE), executor=executor)
        runner.run(replace(TASK, text="Wipe NH-20463."), run_id="run", person=person)


def test_what_a_person_rejected_is_not_sent_because_the_process_was_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks_off_at_the_wipe(world, monkeypatch, Dies(executor(world), "wipe_device"), Someone(approves=False))
    run = take_up(world, moves=WIPE, person=Someone())
    assert run.outcome
    assert run.outcome.status == "cancelled"
    assert world.writes("wipe_device") == 0
    assert world.record.runs.pending("run") == []


def test_an_approval_that_was_not_used_yet_is_used_by_who_takes_the_run_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks_off_at_the_wipe(world, monkeypatch, Dies(executor(world), "wipe_device"), Someone())
    person = Someone()
    run = take_up(world, moves=WIPE, person=person)
    assert not person.asked
    assert settled(world) == [("never let through", False)]
    assert run.outcome
    assert run.outcome.status == "verified"
    assert world.writes("wipe_device") == 1
    approval = next(e.data["waiting"]["approval_id"] for e in world.record.runs.events("run") if e.kind == "waiting")  # type: ignore[index, call-overload]
    assert world.record.approvals.get(str(approval)).status == "used"


def test_what_was_approved_and_let_through_may_be_repeated_under_its_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks_off_at_the_wipe(world, monkeypatch, UsesItUp(world), Someone())
    run = take_up(world, moves=WIPE)
    assert settled(world) == [("repeated under its key", True)]
    assert run.outcome
    assert run.outcome.status == "verified"
    assert world.writes("wipe_device") == 1


def test_what_would_need_an_approval_by_now_is_not_sent_again_without_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Careful:
        def decide(self, spec: ActionSpec, *_: object) -> Decision:
            return Decision(verdict="allow" if spec.effect == "read" else "ask", rule="audit", reason="An audit.")

    break_off(world, monkeypatch, "unlock_account", after=False)
    run = take_up(world, policy=Careful(), person=Someone(approves=False, answers=iter(["no"])))
    assert settled(world) == [("asked", False)]
    assert run.outcome
    assert run.outcome.status == "cancelled"
    assert world.writes("unlock_account") == 0
