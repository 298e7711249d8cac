"""Self-boosting: tasks that the model fails are tried again with sampling, in an environment reset for every try.

Only what the environment's own goal check accepts counts as a success. A try is not held back by caution: nobody is
there to ask, and nothing is lost when the environment is reset.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.practice.closed_loop import OUTCOMES, Requester
from api.practice.desk import Practice, task_of
from api.practice.ledger import Ledger
from knowledge.types import ActionSpec, Outcome, Plan, Query, Run, Trajectory
from models.lam import LAM, Choice, Filled, Situation
from models.layout import choose_scene, options
from models.sampling import SamplingLAM
from models.scene import Example
from models.tries import Decision, Try, new_successes, try_from_plain, try_to_plain
from planner.budgets import Caution
from planner.lived import demonstration
from planner.replay import Report, examples

if TYPE_CHECKING:
    from examples.helpdesk.tasks.task import HelpDeskTask

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Boost:
    """`tries` more at each failed task, each choice drawn at `temperature`."""

    tries: int = 4
    temperature: float = 1.5
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Boosted:
    """`failed` of `tasks` were tried again, `retried` times in all."""

    tasks: int
    failed: int
    retried: int
    tries: tuple[Try, ...]

    @property
    def new(self) -> list[Try]:
        return new_successes(self.tries)


class RecordingLAM:
    """Passes everything on and notes what was chosen from what."""

    def __init__(self, lam: LAM) -> None:
        self._lam = lam
        self.decisions: list[Decision] = []
        self.last: Situation | None = None

    def choose(self, situation: Situation) -> Choice:
        choice = self._lam.choose(situation)
        self.last = situation
        taken = options(situation).index(choice.best.action)
        self.decisions.append(Decision(scene=choose_scene(situation), taken=taken))
        return choice

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return self._lam.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return self._lam.rollout(situation, max_steps=max_steps)


def boosted(
    practice: Practice,
    lam: LAM,
    tasks: Sequence[HelpDeskTask],
    how: Boost,
    *,
    ledger: Ledger,
    tell: Told | None = None,
) -> Boosted:
    """Every task in the model's own way, and the failed ones again; what the ledger knows is not tried again."""
    made: list[Try] = []
    for number, task in enumerate(tasks, start=1):
        first = _kept(practice, lam, task, 0, how, ledger)
        made.append(first)
        for again in range(1, how.tries + 1) if not first.success else ():
            made.append(_kept(practice, lam, task, again, how, ledger))
            if made[-1].success:
                break
        if tell:
            tell(f"tries, {len(new_successes(made))} new", number, len(tasks))
    own = [each for each in made if each.number == 0]
    return Boosted(
        tasks=len(own),
        failed=sum(not each.success for each in own),
        retried=len(made) - len(own),
        tries=tuple(made),
    )


def _kept(practice: Practice, lam: LAM, task: HelpDeskTask, number: int, how: Boost, ledger: Ledger) -> Try:
    """From the ledger, or tried now. The draw depends on task and number alone, not on what came before."""
    key = f"{task.id}/{number}"
    if key in ledger:
        return try_from_plain(ledger.get(key))
    rng = random.Random(f"{how.seed}/{key}")
    tried = attempt(practice, SamplingLAM(lam, temperature=how.temperature if number else 0.0, rng=rng), task, number)
    ledger.put(key, try_to_plain(tried))
    return tried


def attempt(practice: Practice, lam: LAM, task: HelpDeskTask, number: int) -> Try:
    """One try at a task from the state it begins in. Its run is not remembered."""
    from examples.helpdesk.tasks.check import goal_reached, prepare
    from examples.helpdesk.tasks.client import Admin, connect

    recording = RecordingLAM(lam)
    with connect(practice.server.url, practice.server.token) as http:
        admin = Admin(http)
        before = prepare(task, admin)
        run, trajectory = _run(practice, recording, task)
        success = goal_reached(task, before, admin.snapshot(), _outcome(run))
    return Try(
        task=task.id,
        family=task.family,
        number=number,
        success=success,
        outcome=_outcome(run),
        history=_history(recording, trajectory),
        decisions=tuple(recording.decisions),
        examples=tuple(_lessons(practice, trajectory, task)) if success else (),
    )


def _run(practice: Practice, lam: LAM, task: HelpDeskTask) -> tuple[Run, Trajectory]:
    services = practice.services
    reckless = Caution(act=0.0, guard=1.0, point=0.0, match=-1.0)
    runner = replace(services.runner(), lam=lam, caution=reckless)
    run = runner.run(task_of(task), run_id=uuid.uuid4().hex, person=Requester())
    tenant = services.settings.tenant
    trajectory = services.record.memory.get(run.id, tenant)
    services.record.memory.forget(run.id, tenant)
    return run, trajectory


def _outcome(run: Run) -> str:
    status = (run.outcome or Outcome(status="failed")).status
    return "done" if status in ("verified", "unverified") else OUTCOMES.get(status, status)


def _history(recording: RecordingLAM, trajectory: Trajectory) -> tuple[str, ...]:
    """All steps as the model reads them, the last one too."""
    if recording.last is None:
        return ()
    done = replace(recording.last, steps=trajectory.steps, observations=trajectory.observations)
    return choose_scene(done).history


def _lessons(practice: Practice, trajectory: Trajectory, task: HelpDeskTask) -> list[Example]:
    lived = demonstration(trajectory, practice.specs, origin=f"helpdesk:{task.family}")
    context = practice.services.retriever.context(Query(text=task.text))
    return list(examples(lived, context, practice.specs, report=Report())) if lived else []
