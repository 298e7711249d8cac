"""What undoes an action, as far as is known before it is done, and whether a step is the opposite of an earlier one."""

from collections.abc import Sequence

from knowledge.types import ActionSpec, Compensation, JsonValue, Literal, Step
from models.lam import Situation
from planner.questions import words


def ways_back(spec: ActionSpec) -> tuple[Compensation, ...]:
    """What undoes it, best first; nothing undoes what is irreversible, whatever else is said."""
    if spec.effect == "irreversible":
        return ()
    plain = (Compensation(action=spec.compensation),) if spec.compensation else ()
    return (*plain, *spec.undone_by)


def taken_back(step: Step, situation: Situation) -> int | None:
    """The earlier write of the same run that the step would undo, with the same values; None if there is none.

    Also one that did not succeed: whoever could not be taken off a list is not to be put on it.
    """
    specs = {spec.id: spec for spec in situation.candidates}
    values = _values(step)
    for at, (done, seen) in enumerate(zip(situation.steps, situation.observations, strict=True)):
        spec = specs.get(done.action)
        if seen.status not in ("ok", "error", "denied") or spec is None or step.action == done.action:
            continue  # the same action with other values changes more of it
        if step.action not in [each.action for each in ways_back(spec)]:
            continue
        before = _values(done)
        shared = before.keys() & values.keys()
        if shared and all(before[name] == values[name] for name in shared):
            return at
    return None


def _values(step: Step) -> dict[str, JsonValue]:
    return {each.name: each.value.value for each in step.arguments if isinstance(each.value, Literal)}


def lasting(spec: ActionSpec) -> str:
    """Why it cannot be undone, to be said before it is done; empty if it can, or changes nothing."""
    if spec.effect == "read" or ways_back(spec):
        return ""
    return "It cannot be undone." if spec.effect == "irreversible" else "Nothing is known that would undo it."


def beforehand(specs: Sequence[ActionSpec]) -> str:
    """Of several actions: which of them stay done. Empty if all can be undone."""
    names = list(dict.fromkeys(words(spec.name) for spec in specs if lasting(spec)))
    return f"Nothing undoes: {', '.join(names)}." if names else ""
