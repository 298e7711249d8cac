"""A plan that nothing has carried out, through the gate: literals must be grounded, references must be promised."""

from dataclasses import replace

from knowledge.errors import Ungrounded
from knowledge.types import Observation, Plan
from models.lam import Situation
from planner.ground import ground
from planner.heard import heard
from planner.readings import Reading, agrees
from planner.taint import labelled
from planner.undoable import lasting


def checked(plan: Plan, situation: Situation, *, reading: Reading = agrees) -> Plan:
    """The plan, or what comes before its first step that the gate refuses."""
    for i, step in enumerate(plan.steps):
        expected = tuple(Observation(step=before.index, status="placeholder") for before in plan.steps[:i])
        seen = replace(situation, steps=plan.steps[:i], observations=expected)
        try:
            ground(step, seen, reading=reading)
        except Ungrounded as error:
            return replace(_labelled(plan, situation, i), ending="ask", reason=f"{step.action}: {error}")
    return _labelled(plan, situation, len(plan.steps))


def _labelled(plan: Plan, situation: Situation, count: int) -> Plan:
    """The first steps, each value with the trust it has, or will have as far as the schemas tell."""
    specs = {spec.id: spec for spec in situation.candidates}
    expected = [Observation(step=step.index, status="placeholder") for step in plan.steps]
    said = heard(situation)
    steps = [
        labelled(step, steps=plan.steps[:i], observations=expected[:i], specs=specs, heard=said)
        for i, step in enumerate(plan.steps[:count])
    ]
    return replace(plan, steps=tuple(steps), lasting=tuple(lasting(specs[step.action]) for step in steps))
