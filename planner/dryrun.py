"""A plan that nothing has carried out, through the gate: literals must be grounded, references must be promised."""

from dataclasses import replace

from knowledge.errors import Ungrounded
from knowledge.types import Observation, Plan
from models.lam import Situation
from planner.ground import ground
from planner.readings import Reading, agrees
from planner.undoable import lasting


def checked(plan: Plan, situation: Situation, *, reading: Reading = agrees) -> Plan:
    """The plan, or what comes before its first step that the gate refuses."""
    for i, step in enumerate(plan.steps):
        expected = tuple(Observation(step=before.index, status="placeholder") for before in plan.steps[:i])
        seen = replace(situation, steps=plan.steps[:i], observations=expected)
        try:
            ground(step, seen, reading=reading)
        except Ungrounded as error:
            kept = replace(plan, steps=plan.steps[:i], ending="ask", reason=f"{step.action}: {error}")
            return _said_beforehand(kept, situation)
    return _said_beforehand(plan, situation)


def _said_beforehand(plan: Plan, situation: Situation) -> Plan:
    specs = {spec.id: spec for spec in situation.candidates}
    return replace(plan, lasting=tuple(lasting(specs[step.action]) for step in plan.steps))
