"""A whole plan before anything runs: results are laid out as their schemas promise them."""

from dataclasses import dataclass, replace

from knowledge.types import Observation, Plan, Step
from models.focus import focused
from models.lam import ENDINGS, LAM, Situation
from models.layout import skeleton


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """The plan, and the situation in which all of it has been done and nothing is known of it."""

    plan: Plan
    situation: Situation


def foreseen(situation: Situation) -> Situation:
    """The last steps have results as their schemas promise them, where nothing is known of any."""
    returns = {spec.id: spec.returns for spec in situation.candidates}
    known = situation.observations
    expected = (
        Observation(step=step.index, status="placeholder", body=skeleton(returns.get(step.action, {})))
        for step in situation.steps[len(known) :]
    )
    return replace(situation, observations=(*known, *expected))


def rolled(lam: LAM, situation: Situation, *, max_steps: int = 8) -> Rolled:
    """From here to an ending, or to the point where it cannot go on."""
    found = situation.context

    def ended(ending: str, reason: str = "") -> Rolled:
        plan = Plan(task_id=situation.task.id, steps=situation.steps, ending=ending, reason=reason)  # type: ignore[arg-type]
        return Rolled(plan=plan, situation=situation)

    while len(situation.steps) < max_steps:
        best = lam.choose(situation).best
        if best.action in ENDINGS:
            return ended(best.action)
        spec = next(each for each in situation.candidates if each.id == best.action)
        filled = lam.fill(situation, spec)
        if filled.missing:
            return ended("ask", f"{spec.name} needs {', '.join(filled.missing)}")
        index = len(situation.steps)
        step = Step(index=index, action=spec.id, arguments=filled.arguments, confidence=best.probability)
        if any((s.action, s.arguments) == (step.action, step.arguments) for s in situation.steps):
            return ended("open", "the plan repeats itself")
        situation = foreseen(replace(situation, steps=(*situation.steps, step)))
        situation = replace(situation, context=focused(found, situation))
    return ended("open", f"no end after {max_steps} steps")
