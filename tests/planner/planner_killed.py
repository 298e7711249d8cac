"""Runs that are killed at a call, and taken up again; what both look like from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from planner_world import NOW, UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, Someone, World

from knowledge.types import ActionSpec, Observation, Run, Task
from models.lam import Choice, Filled, Situation
from planner.budgets import Budgets
from planner.call import Call, Permit
from planner.execute import HttpExecutor
from planner.person import Nobody, Person
from tests.fakes import Move, ScriptedLAM

TASK = Task(id="task", text=UNLOCK_AND_VPN, now=NOW)


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


def settled(world: World) -> list[tuple[object, object]]:
    return [(e.data["how"], e.data["carried_out"]) for e in world.events if e.kind == "settled"]
