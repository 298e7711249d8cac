"""Runs that broke off at any point go on: nothing is done twice, nothing that was done is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from planner_world import NOW, UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, Someone, World, act, end

from examples.helpdesk.server import HelpDeskServer
from knowledge.types import ActionSpec, Decision, Observation, Run, Task
from models.lam import Choice, Filled, Situation
from planner.budgets import Budgets
from planner.call import Call, Permit
from planner.execute import HttpExecutor
from planner.journal import NOT_DONE
from planner.person import Nobody, Person
from planner.progress import Progress
from planner.seams import SystemClock
from planner.signals import Suspended
from tests.fakes import HashEmbedder, Move, ScriptedLAM, said

TASK = Task(id="task", text=UNLOCK_AND_VPN, now=NOW)
WRITES = ("unlock_account", "grant_vpn_access")


class Killed(BaseException):
    """Nothing after it is executed: what the run would still write is thrown away by the test."""


class ByStep:
    """Says what the script says at this number of steps, in whichever process it is asked."""

    def __init__(self, moves: tuple[Move, ...]) -> None:
        self._moves = moves

    def _now(self, situation: Situation) -> ScriptedLAM:
        done = sum(each.status == "ok" for each in situation.observations)
        scripted = ScriptedLAM([self._moves[done]] if done < len(self._moves) else [])
        scripted.choose(situation)
        return scripted

    def choose(self, situation: Situation) -> Choice:
        done = sum(each.status == "ok" for each in situation.observations)
        return ScriptedLAM([self._moves[done]] if done < len(self._moves) else []).choose(situation)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return self._now(situation).fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Any:
        raise NotImplementedError


@dataclass
class Dies:
    """An executor that is killed at a call: before it was sent, or after it was answered."""

    inner: HttpExecutor
    action: str
    after: bool = False
    calls: list[str] = field(default_factory=list)

    def execute(self, call: Call, permit: Permit) -> Observation:
        self.calls.append(call.spec.name)
        if call.spec.name != self.action:
            return self.inner.execute(call, permit)
        if self.after:
            self.inner.execute(call, permit)
        raise Killed


@contextmanager
def killed(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process ends where Killed is raised: neither an ending nor a memory is written."""
    with monkeypatch.context() as patched:
        patched.setattr("planner.loop.remember", lambda *_: None)
        try:
            yield
        except Killed:
            return
        raise AssertionError("it lived on")


def executor(world: World, **how: Any) -> HttpExecutor:
    application = world.catalogued.application
    return HttpExecutor([application], lambda _: world.token, approvals=world.record.approvals, pauses_s=(0, 0), **how)


def take_up(
    world: World, *, person: Person | None = None, moves: tuple[Move, ...] = UNLOCK_AND_VPN_MOVES, **parts: Any
) -> Run:
    world.events = []
    runner = world.runner((), lam=ByStep(moves), budgets=Budgets(linger_s=0), **parts)
    return runner.take_up("run", tenant="default", person=person or Nobody(), on_event=world.events.append)


def break_off(world: World, monkeypatch: pytest.MonkeyPatch, action: str, *, after: bool) -> None:
    dies = Dies(executor(world), action, after=after)
    with killed(world, monkeypatch):
        world.runner((), lam=ByStep(UNLOCK_AND_VPN_MOVES), executor=dies).run(TASK, run_id="run", person=Someone())
    assert world.record.runs.get("run").status != "done"


def deaf(world: World) -> None:
    """The application no longer says that it heeds keys."""
    actions = [replace(each, keys_kept_h=0.0) for each in world.catalogued.actions]
    vectors = HashEmbedder().embed([action.id for action in actions])
    world.record.catalogue.put(world.catalogued.application, actions, vectors)


def settled(world: World) -> list[tuple[object, object]]:
    return [(e.data["how"], e.data["carried_out"]) for e in world.events if e.kind == "settled"]


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("after", [False, True])
def test_a_write_in_doubt_is_repeated_under_its_key(
    world: World, monkeypatch: pytest.MonkeyPatch, action: str, after: bool
) -> None:
    break_off(world, monkeypatch, action, after=after)
    run = take_up(world)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert [world.writes(each) for each in WRITES] == [1, 1]
    assert settled(world) == [("repeated under its key", True)]
    assert world.record.memory.get("run").outcome.status == "verified"


def test_what_was_done_is_not_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    break_off(world, monkeypatch, "grant_vpn_access", after=False)
    lives = Dies(executor(world), "nothing")
    run = take_up(world, executor=lives)
    assert "unlock_account" not in lives.calls
    assert [step.action for step in run.steps][1] == "helpdesk.unlock_account"
    assert [step.index for step in run.steps] == [0, 1, 2]


def test_an_outcome_in_the_journal_that_the_run_does_not_know_is_taken_from_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die_of_writes(run: Progress, call: Call, seen: Observation) -> None:
        if call.spec.effect != "read":
            raise Killed
        run.took(call.step, seen, key=call.key)

    with killed(world, monkeypatch), monkeypatch.context() as patched:
        patched.setattr(Progress, "carried_out", die_of_writes)
        world.runner((), lam=ByStep(UNLOCK_AND_VPN_MOVES)).run(TASK, run_id="run", person=Nobody())
    assert len(world.record.runs.get("run").steps) == 1
    run = take_up(world)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert settled(world) == []
    assert [world.writes(each) for each in WRITES] == [1, 1]


def test_a_key_that_the_application_has_forgotten_by_now_is_not_trusted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NextMonth(SystemClock):
        def now(self) -> Any:
            return super().now() + timedelta(hours=721)

    break_off(world, monkeypatch, "grant_vpn_access", after=True)
    take_up(world, clock=NextMonth())
    assert settled(world) == [("read back", True)]
    assert world.writes("grant_vpn_access") == 1


def test_without_keys_it_is_read_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf(world)
    break_off(world, monkeypatch, "grant_vpn_access", after=True)
    run = take_up(world)
    assert settled(world) == [("read back", True)]
    assert world.writes("grant_vpn_access") == 1
    assert "read back" in run.observations[2].message


@pytest.mark.parametrize(("answer", "writes"), [("yes", 0), ("no, it was not", 1)])
def test_what_nobody_can_see_is_put_to_a_person(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str, writes: int
) -> None:
    deaf(world)
    break_off(world, monkeypatch, "unlock_account", after=False)
    person = Someone(answers=iter([answer]))
    run = take_up(world, person=person)
    assert "Was it?" in person.asked[0].question
    assert settled(world) == [("asked", answer == "yes")]
    assert world.writes("unlock_account") == writes
    assert run.status == "done"


def test_a_call_that_nobody_answers_for_is_not_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf(world)
    break_off(world, monkeypatch, "unlock_account", after=False)
    run = take_up(world)
    assert run.outcome
    assert run.outcome.status == "asked"
    assert "Was it?" in run.outcome.question
    assert world.writes("unlock_account") == 0
    assert len(world.record.runs.pending("run")) == 1


def test_what_was_shown_undone_may_be_tried_again_under_the_same_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf(world)
    break_off(world, monkeypatch, "unlock_account", after=False)
    keys = [line.key for line in world.record.runs.journal("run")]
    run = take_up(world, person=Someone(answers=iter(["no"])))
    lines = world.record.runs.journal("run")
    assert keys[0] == lines[0].key
    assert all(line.observation and line.observation.code != NOT_DONE for line in lines)
    assert len(run.steps) == 3


def test_what_the_policy_denies_by_now_is_not_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoWrites:
        def decide(self, spec: ActionSpec, *_: object) -> Decision:
            return Decision(verdict="allow" if spec.effect == "read" else "deny", rule="sunday", reason="It is Sunday.")

    break_off(world, monkeypatch, "unlock_account", after=False)
    run = take_up(world, policy=NoWrites(), person=Someone(answers=iter(["no"])))
    assert run.outcome
    assert run.outcome.status == "refused"
    assert world.writes("unlock_account") == 0


# ---- people


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


# ---- endings


def test_a_run_that_had_ended_is_only_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    runner = world.runner((), lam=ByStep(UNLOCK_AND_VPN_MOVES))
    with monkeypatch.context() as patched:
        patched.setattr(world.record.memory, "write", die)
        with pytest.raises(Killed):
            runner.run(TASK, run_id="run", person=Nobody())
    before = world.record.runs.get("run")
    assert before.status == "done"
    lives = Dies(executor(world), "nothing")
    assert take_up(world, executor=lives) == before
    assert lives.calls == []
    assert world.kinds == ["ended", "remembered"]
    assert world.record.memory.get("run").ending == "finish"
    take_up(world)
    assert world.kinds == []


def test_a_cancellation_stops_before_the_next_write(world: World) -> None:
    asked = iter([False, False, True])
    runner = world.runner(UNLOCK_AND_VPN_MOVES)
    run = runner.run(TASK, run_id="run", person=Nobody(), cancelled=lambda: next(asked))
    assert run.outcome
    assert run.outcome.status == "cancelled"
    assert world.writes("unlock_account") == 0


def test_the_diary_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    break_off(world, monkeypatch, "grant_vpn_access", after=True)
    take_up(world)
    events = world.record.runs.events("run")
    assert [event.seq for event in events] == list(range(len(events)))
    observed = [e.data["observation"]["step"] for e in events if e.kind == "observed"]  # type: ignore[index, call-overload]
    assert observed == [0, 1, 2]


# ---- what may be repeated at all


@pytest.mark.parametrize(("kept_h", "writes"), [(1.0, 1), (0.0, 1)])
def test_a_write_whose_answer_was_lost_is_repeated_only_under_a_key_that_counts(
    world: World, kept_h: float, writes: int
) -> None:
    world.fault("unlock_account", times=1, status=500, after=True)
    spec = replace(world.spec("unlock_account"), keys_kept_h=kept_h)
    actions = [replace(each, keys_kept_h=kept_h) for each in world.catalogued.actions]
    world.catalogued = replace(world.catalogued, actions=tuple(actions))
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    assert spec.keys_kept_h == kept_h
    assert world.writes("unlock_account") == writes
    assert run.observations[1].status == ("ok" if kept_h else "error")


def test_an_application_that_does_not_heed_keys_says_so(tmp_path: Path) -> None:
    def hours(server: HelpDeskServer) -> set[object]:
        headers = {"Authorization": f"Bearer {server.token}"}
        paths = httpx.get(f"{server.url}/openapi.json", headers=headers, trust_env=False).json()["paths"]
        return {node.get("x-lamplighter-idempotency-hours") for path in paths.values() for node in path.values()}

    with HelpDeskServer(tmp_path / "a.db", today=date(2026, 3, 2)) as heeding:
        assert hours(heeding) == {None, 720}
    with HelpDeskServer(tmp_path / "b.db", today=date(2026, 3, 2), heeds_keys=False) as deaf_server:
        assert hours(deaf_server) == {None}
