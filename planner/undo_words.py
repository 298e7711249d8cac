"""The words of undoing: what would be taken back, what stays, and why."""

from knowledge.types import ActionSpec, Step
from planner import questions
from planner.undo_plan import UndoPlan


def agreement(plan: UndoPlan) -> str:
    """The question whether to go ahead, with all that will and will not be done."""
    calls = [f"{i}. {questions.would_do(each.spec, each.step)}" for i, each in enumerate(plan.calls, start=1)]
    stays = f" {left(plan)}" if plan.remaining else ""
    return f"To undo “{plan.run.task.text[:120]}” I would: {'; '.join(calls)}.{stays} Shall I go ahead?"


def left(plan: UndoPlan) -> str:
    """What would remain of the run; empty if nothing would."""
    specs = {spec.id: spec for spec in plan.situation.candidates}
    lines = [stays(specs.get(each.step.action), each.step, each.why) for each in plan.remaining]
    return f"What remains: {'; '.join(lines)}." if lines else ""


def stays(spec: ActionSpec | None, step: Step, why: str = "") -> str:
    named = questions.would_do(spec, step) if spec else questions.words(step.action)
    return f"{named} ({why})" if why else named
