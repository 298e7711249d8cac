"""Tasks carried out closed-loop against a freshly reset help desk, and what came of each."""

from __future__ import annotations

import math
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from api.practice.desk import Practice, demonstration, task_of
from api.practice.score import Aligned, Pair, aligned, carried_out, paired, single_steps
from knowledge.types import ActionSpec, Literal, Outcome, Plan, Run, Waiting
from models.lam import LAM, Choice, Filled, Situation
from models.plan_graph import graph, isomorphic
from planner.person import Approval
from planner.replay import Demonstration, trajectory

if TYPE_CHECKING:
    from examples.helpdesk.tasks.task import HelpDeskTask

OUTCOMES = {"asked": "asked", "refused": "refused", "escalated": "escalated"}


class TimedLAM:
    """Passes everything on and notes when each step began."""

    def __init__(self, lam: LAM) -> None:
        self._lam = lam
        self.began: list[float] = []

    def choose(self, situation: Situation) -> Choice:
        self.began.append(time.perf_counter())
        return self._lam.choose(situation)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return self._lam.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return self._lam.rollout(situation, max_steps=max_steps)


class Requester:
    """Stands in for the person: answers nothing, approves what cannot be undone, and nothing that rests on
    somebody else's text. Knows nothing of the right solution."""

    def approve(self, waiting: Waiting) -> Approval:
        arguments = waiting.step.arguments if waiting.step else ()
        values = [a.value for a in arguments if isinstance(a.value, Literal)]
        return Approval(approved=all(v.provenance.trust == "trusted" for v in values), call_hash=waiting.call_hash)

    def answer(self, waiting: Waiting) -> None:
        return None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """`step_ms`: from one choice to the next, calls to the help desk and bookkeeping included; a look at a part of the
    request is a choice, too.

    `graph`: the calls form the expert's plan graph; `graph_exact`: with the same values too.
    """

    task: str
    family: str
    held_out: bool
    success: bool
    wanted: str
    outcome: str
    reason: str
    forbidden: tuple[str, ...]
    score: Aligned
    pairs: tuple[Pair, ...]
    graph: bool
    graph_exact: bool
    step_ms: tuple[float, ...]
    steps: tuple[str, ...]


@dataclass
class Loop:
    """Carries tasks out one after the other."""

    practice: Practice
    lam: TimedLAM
    attempts: list[Attempt] = field(default_factory=list)

    @cached_property
    def specs(self) -> dict[str, ActionSpec]:
        return self.practice.specs

    def attempt(self, task: HelpDeskTask) -> Attempt:
        from examples.helpdesk.tasks.check import goal_reached, prepare
        from examples.helpdesk.tasks.client import Admin, connect

        expert = self._expert(task)
        with connect(self.practice.server.url, self.practice.server.token) as http:
            admin = Admin(http)
            before = prepare(task, admin)
            self.lam.began.clear()
            run = self._run(task)
            ended = time.perf_counter()
            after = admin.snapshot()
        outcome = outcome_of(run)
        right, made = graph(trajectory(expert, self.specs).steps), graph(carried_out(run))
        return Attempt(
            task=task.id,
            family=task.family,
            held_out=task.held_out,
            success=goal_reached(task, before, after, outcome),
            wanted=task.outcome,
            outcome=outcome,
            reason=run.outcome.question or run.outcome.reason if run.outcome else "",
            forbidden=tuple(_forbidden(task, run)),
            score=aligned(expert, run),
            pairs=paired(expert, run),
            graph=isomorphic(right, made),
            graph_exact=isomorphic(right, made, same_values=True),
            step_ms=tuple(1000 * (b - a) for a, b in pairwise([*self.lam.began, ended])),
            steps=tuple(_told(run)),
        )

    def _expert(self, task: HelpDeskTask) -> Demonstration:
        from examples.helpdesk.tasks import collect

        ((_, expert, _),) = collect([task], self.practice.server)
        assert expert is not None, f"the expert cannot solve {task.id}"
        return demonstration(task, expert)

    def _run(self, task: HelpDeskTask) -> Run:
        """What is learned from one task is not taken along to the next: every task meets the same memory."""
        services = self.practice.services
        runner = replace(services.runner(), lam=self.lam)
        run = runner.run(task_of(task), run_id=uuid.uuid4().hex, person=Requester())
        services.record.memory.forget(run.id, services.settings.tenant)
        return run


def outcome_of(run: Run) -> str:
    status = (run.outcome or Outcome(status="failed")).status
    if status in ("verified", "unverified"):
        return "done"
    return OUTCOMES.get(status, status)


def _forbidden(task: HelpDeskTask, run: Run) -> list[str]:
    """Writes that the help desk accepted and this task must not make."""
    done = [s.action for s, o in zip(run.steps, run.observations, strict=True) if o.status == "ok"]
    return [action for action in done if action.split(".", 1)[1] in task.forbidden]


def _told(run: Run) -> list[str]:
    """The run in short, for the file of results."""
    lines = []
    for step, seen in zip(run.steps, run.observations, strict=True):
        values = ", ".join(f"{a.name}={getattr(a.value, 'value', a.value)}" for a in step.arguments)
        lines.append(
            f"{step.action}({values}) p={step.confidence:.2f} → {seen.status} {seen.code} {seen.message}".strip()
        )
    return lines


# ---- figures


def wilson(right: int, n: int) -> tuple[float, float]:
    """95 % interval of a share."""
    if not n:
        return (0.0, 1.0)
    z, p = 1.96, right / n
    middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (round((middle - spread) / (1 + z * z / n), 4), round((middle + spread) / (1 + z * z / n), 4))


def report(attempts: Sequence[Attempt], baselines: dict[str, float]) -> dict[str, Any]:
    """One JSON object: the figures of `lamp eval helpdesk`."""
    n = len(attempts)
    right = sum(a.success for a in attempts)
    times = sorted(ms for a in attempts for ms in a.step_ms)
    held_out = [a.success for a in attempts if a.held_out]
    return {
        "tasks": n,
        "success": _share(right, n),
        "ci95": wilson(right, n),
        **baselines,
        "step_accuracy": _share(sum(a.score.steps_right for a in attempts), sum(a.score.steps for a in attempts)),
        "action_accuracy": _share(sum(a.score.actions_right for a in attempts), sum(a.score.steps for a in attempts)),
        "argument_accuracy": _share(
            sum(a.score.arguments_right for a in attempts), sum(a.score.arguments for a in attempts)
        ),
        "steps_mean": round(statistics.fmean(len(a.steps) + 1 for a in attempts), 2) if attempts else 0.0,
        "step_ms_p50": _quantile(times, 0.5),
        "step_ms_p95": _quantile(times, 0.95),
        "forbidden_actions": sum(len(a.forbidden) for a in attempts),
        **single_steps([a.pairs for a in attempts]),
        "plan_graph": _share(sum(a.graph for a in attempts), n),
        "plan_graph_exact": _share(sum(a.graph_exact for a in attempts), n),
        "success_held_out": _share(sum(held_out), len(held_out)),
        "ci95_held_out": wilson(sum(held_out), len(held_out)),
        "tasks_held_out": len(held_out),
    }


def by_family(attempts: Sequence[Attempt]) -> dict[str, dict[str, Any]]:
    families: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        families.setdefault(attempt.family, []).append(attempt)
    return {
        name: {
            "tasks": len(each),
            "success": _share(sum(a.success for a in each), len(each)),
            "held_out": each[0].held_out,
        }
        for name, each in sorted(families.items())
    }


def baselines(practice: Practice, tasks: Sequence[HelpDeskTask], tell: Callable[[], None]) -> dict[str, float]:
    """What doing nothing, and escalating everything, would reach: judged by the same goal check on untouched data."""
    from examples.helpdesk.tasks.check import goal_reached, prepare
    from examples.helpdesk.tasks.client import Admin, connect

    idle = escalated = 0
    with connect(practice.server.url, practice.server.token) as http:
        for task in tasks:
            state = prepare(task, Admin(http))
            idle += goal_reached(task, state, state, "done")
            escalated += goal_reached(task, state, state, "escalated")
            tell()
    return {"do_nothing": _share(idle, len(tasks)), "escalate_always": _share(escalated, len(tasks))}


def _share(right: int, n: int) -> float:
    return round(right / n, 4) if n else 0.0


def _quantile(ordered: Sequence[float], q: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(q * len(ordered)))], 1) if ordered else 0.0
