"""Where the values of a compensating call stand: in the call to undo, in its result, in what was seen before it."""

from dataclasses import dataclass

from knowledge.types import (
    ActionSpec,
    Argument,
    Compensation,
    Literal,
    Observation,
    Parameter,
    Provenance,
    Step,
)
from models.lam import Situation
from planner.paths import at, text_of
from planner.readback import ReadBack
from planner.states import State


@dataclass(frozen=True, kw_only=True)
class Done:
    """A write of the run. `before` and `after` are what the application showed; None if nobody looked.

    `seen` is the place of the look before it among the plan's steps, -1 without one.
    """

    step: Step
    observation: Observation
    spec: ActionSpec
    back: ReadBack | None = None
    before: State | None = None
    after: State | None = None
    seen: int = -1


def argument_for(
    parameter: Parameter, way: Compensation, done: Done, spec: ActionSpec, situation: Situation
) -> Argument | None:
    """From the place that the way names; else from where the call itself, its result or the look before has it."""
    own = any(argument.name == parameter.name for argument in done.step.arguments)
    if not parameter.required and (parameter.name not in way.arguments or (spec.id == done.spec.id and not own)):
        return None
    usual = [f"{origin}.{parameter.name}" for origin in ("argument", "result", "before")]
    places = [way.arguments[parameter.name]] if parameter.name in way.arguments else usual
    found = (found_at(place, done, situation) for place in places)
    literal = next((each for each in found if each and each.value is not None), None)
    return Argument(name=parameter.name, value=literal) if literal else None


def found_at(place: str, done: Done, situation: Situation) -> Literal | None:
    """What stands there, with where it comes from; None if nothing does."""
    origin, _, path = place.partition(".")
    if origin == "argument":
        named = (a.value for a in done.step.arguments if a.name == path)
        return next((value for value in named if isinstance(value, Literal)), None)
    number = done.step.index if origin == "result" else done.seen
    if number < 0 or situation.observations[number].status != "ok":
        return None
    try:
        value = at(situation.observations[number].body, path)
    except KeyError:
        return None
    where = Provenance(source="observation", source_id=f"step:{number}", raw=text_of(value), path=path)
    return Literal(value=value, provenance=where)
