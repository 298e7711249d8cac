"""Where the values of a compensating call stand: in the call to undo, in its result, in what was seen before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.types import (
    ActionSpec,
    Argument,
    Compensation,
    JsonValue,
    Literal,
    Observation,
    Parameter,
    Provenance,
    Step,
)
from models.lam import Situation
from planner.look import Look
from planner.paths import at, text_of
from planner.readback import ReadBack, Write, read_back_for
from planner.states import Changes, State, changes, state_of, told


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

    @property
    def touched(self) -> Changes:
        """What the write changed, as far as that was seen."""
        return touched_by(self.before, self.after)

    def as_before(self, now: State | None) -> bool:
        """Whether somebody took it back already. What cannot be seen at all may still be there."""
        if not self.touched or self.before is None or now is None:
            return False
        return not changes(self.before, now, among=self.touched)

    def drift(self, now: State | None) -> str:
        """What somebody else changed since, of what the write had changed."""
        if self.after is None or now is None:
            return ""
        found = changes(self.after, now, among=self.touched if self.before is not None else None)
        return f"it was changed since ({told(found)})" if found else ""

    @property
    def arguments(self) -> dict[str, JsonValue]:
        return {a.name: a.value.value for a in self.step.arguments if isinstance(a.value, Literal)}


def touched_by(before: State | None, after: State | None) -> Changes:
    """Empty also if nobody looked."""
    return changes(before, after) if before is not None and after is not None else {}


def seen_around(done: Done, looks: Sequence[Look], reads: Sequence[ActionSpec], *, recalled: int) -> Done:
    """With what was seen before and after it. In a plan, the looks stand behind the `recalled` steps of the run."""
    unknown = Observation(step=done.step.index, status="placeholder")
    back = read_back_for(Write(spec=done.spec, step=done.step, observation=unknown), reads)
    if back is None:
        return done
    same = [(i, look) for i, look in enumerate(looks) if look.shows(back)]
    before = next(((i, look) for i, look in same if look.step == done.step.index), None)
    after = next((look for _, look in same if look.step > done.step.index), None)
    return replace(
        done,
        back=back,
        before=state_of(before[1].observation, back) if before else None,
        after=state_of(after.observation, back) if after else None,
        seen=recalled + before[0] if before else -1,
    )


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
