"""What goes in and out over HTTP when a run is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from api.schemas import StepView

if TYPE_CHECKING:
    from planner.undo_plan import UndoPlan


class Undoing(BaseModel):
    """Agreement to exactly the plan that `GET …/undo` showed; without it the run that undoes asks first."""

    plan_hash: str = Field("", max_length=64, description="`plan_hash` of the plan that was seen")


class CompensatingView(BaseModel):
    """`step` takes back step number `undoes` of the run."""

    undoes: int
    step: StepView


class RemainingView(BaseModel):
    """What stays, and why."""

    step: StepView
    why: str


class UndoPlanView(BaseModel):
    """What would undo a run, in order. Values with the source `observation` name steps of the run that undoes."""

    run: str
    plan_hash: str
    calls: list[CompensatingView]
    remaining: list[RemainingView]

    @classmethod
    def of(cls, plan: UndoPlan) -> UndoPlanView:
        calls = [CompensatingView(undoes=c.done.step.index, step=StepView.of(c.step)) for c in plan.calls]
        remaining = [RemainingView(step=StepView.of(left.step), why=left.why) for left in plan.remaining]
        return cls(run=plan.run.id, plan_hash=plan.hash, calls=calls, remaining=remaining)
