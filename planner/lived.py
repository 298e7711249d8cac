"""A run of one's own as a demonstration: what was verified in use is as good a lesson as an expert's."""

from collections.abc import Mapping
from dataclasses import replace

from knowledge.types import ActionSpec, Observation, Step, Trajectory, literals
from planner.backtrack import wrong
from planner.replay import Call, Demonstration


def demonstration(trajectory: Trajectory, specs: Mapping[str, ActionSpec], *, origin: str) -> Demonstration | None:
    """What reached the application, and the ending. None when it cannot be learned from: it has no ending, or a step
    whose action is no longer known, or lacks a value that the action now needs.

    In a run that was finished all the same, a wrong call was a wrong turn: nobody should learn to make it.
    """
    if trajectory.ending == "open":
        return None
    calls = []
    for step, seen in zip(trajectory.steps, trajectory.observations, strict=True):
        if seen.status in ("ok", "error"):
            call = _call(step, seen, specs.get(step.action))
            if call is None:
                return None
            calls.append(replace(call, astray=trajectory.ending == "finish" and wrong(seen)))
    return Demonstration(task=trajectory.task, calls=tuple(calls), ending=trajectory.ending, origin=origin)


def _call(step: Step, seen: Observation, spec: ActionSpec | None) -> Call | None:
    values = literals(step.arguments)
    if spec is None or any(p.required and p.name not in values for p in spec.parameters):
        return None
    return Call(action=step.action, arguments=values, ok=seen.status == "ok", body=seen.body, code=seen.code)
