"""Undoing a run: what takes it back is shown, agreed to, and made like any other call; then it is looked at again."""

from collections.abc import Callable
from dataclasses import dataclass, field

from knowledge.errors import NotFound, NotUndoable, TooLate
from knowledge.record import Record
from knowledge.types import Event, Run
from planner.budgets import Budgets, Caution
from planner.call import Executor
from planner.permit import Gatekeeper
from planner.person import Person
from planner.progress import OnEvent, Progress
from planner.readings import Reading, agrees
from planner.seams import Clock, Policy, SystemClock
from planner.undo_plan import UndoPlan, plan_undo
from planner.undo_words import agreement, left
from planner.undoing import Undoing


def _ignore(event: Event) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Undoer:
    """Safe to use from several threads if its parts are."""

    record: Record
    executor: Executor
    policy: Policy
    budgets: Budgets = field(default_factory=Budgets)
    clock: Clock = field(default_factory=SystemClock)
    reading: Reading = agrees
    dry_run: bool = False  # plan everything, undo nothing

    def plan(self, run_id: str, tenant: str = "default") -> UndoPlan:
        """What would be done. Raises NotFound; TooLate if it is undone already, or not over; NotUndoable."""
        return plan_undo(self.record.runs.get(run_id, tenant), self.record, reading=self.reading)

    def undo_id(self, run_id: str, tenant: str = "default") -> str:
        """Of the run that takes it back: a new one, or that which broke off.

        Who undoes the same at the same time gets the same id, and so the same idempotency keys.
        """
        number = 1
        while self._over(f"{run_id}-undo{number}", tenant):
            number += 1
        return f"{run_id}-undo{number}"

    def run(
        self,
        run_id: str,
        *,
        person: Person,
        tenant: str = "default",
        agreed: str = "",
        on_event: OnEvent = _ignore,
        cancelled: Callable[[], bool] = _never,
    ) -> Run:
        """Take a run back, in the name of whoever asked for it. `agreed`: the hash of a plan that was seen.

        Raises like `plan`; NotUndoable also if nothing of it can be undone, TooLate if `agreed` is of another plan.
        """
        plan = self.ready(run_id, tenant, agreed=agreed)
        undoing = Run(id=self.undo_id(run_id, tenant), task=plan.run.task, status="running", undoes=run_id)
        self.record.runs.save(undoing)
        if agreed:
            self.record.runs.reply(undoing.id, agreement(plan), "yes", tenant)
        return self.take_up(undoing.id, tenant=tenant, person=person, on_event=on_event, cancelled=cancelled)

    def take_up(
        self,
        undo_id: str,
        *,
        tenant: str,
        person: Person,
        on_event: OnEvent = _ignore,
        cancelled: Callable[[], bool] = _never,
    ) -> Run:
        """Go on with a run of the record that undoes another: one that only began, or broke off.

        Nobody else may be carrying it out. Raises as `run` does.
        """
        undoing = self.record.runs.get(undo_id, tenant)
        if undoing.status == "done":
            return undoing
        plan = self.ready(undoing.undoes, tenant)
        run = Progress(
            plan.run.task,
            undo_id,
            record=self.record,
            clock=self.clock,
            on_event=on_event,
            undoes=undoing.undoes,
        )
        run.situation = plan.situation
        run.go_on_after(len(self.record.runs.events(undo_id, tenant)))
        return Undoing(
            plan=plan,
            run=run,
            record=self.record,
            executor=self.executor,
            gatekeeper=Gatekeeper(policy=self.policy, caution=Caution(), dry_run=False),
            budgets=self.budgets,
            reading=self.reading,
            person=person,
            cancelled=cancelled,
        ).to_the_end()

    def ready(self, run_id: str, tenant: str = "default", *, agreed: str = "") -> UndoPlan:
        """The plan, if there is something in it to be done. Raises as `run` does."""
        plan = self.plan(run_id, tenant)
        if not plan.calls:
            raise NotUndoable(f"Nothing of run {run_id} can be undone. {left(plan)}", remedy="It has to stay.")
        if self.dry_run:
            raise NotUndoable("Dry run: nothing is undone.", remedy="Unset LAMP_DRY_RUN, or `dry_run` in the policy.")
        if agreed and agreed != plan.hash:
            raise TooLate("What would undo it is another plan by now.", remedy="Look at it again, and agree to that.")
        return plan

    def _over(self, run_id: str, tenant: str) -> bool:
        try:
            return self.record.runs.get(run_id, tenant).status == "done"
        except NotFound:
            return False
