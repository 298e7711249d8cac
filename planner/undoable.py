"""What undoes an action, as far as is known before it is done."""

from collections.abc import Sequence

from knowledge.types import ActionSpec, Compensation
from planner.questions import words


def ways_back(spec: ActionSpec) -> tuple[Compensation, ...]:
    """What undoes it, best first; nothing undoes what is irreversible, whatever else is said."""
    if spec.effect == "irreversible":
        return ()
    plain = (Compensation(action=spec.compensation),) if spec.compensation else ()
    return (*plain, *spec.undone_by)


def lasting(spec: ActionSpec) -> str:
    """Why it cannot be undone, to be said before it is done; empty if it can, or changes nothing."""
    if spec.effect == "read" or ways_back(spec):
        return ""
    return "It cannot be undone." if spec.effect == "irreversible" else "Nothing is known that would undo it."


def beforehand(specs: Sequence[ActionSpec]) -> str:
    """Of several actions: which of them stay done. Empty if all can be undone."""
    names = list(dict.fromkeys(words(spec.name) for spec in specs if lasting(spec)))
    return f"Nothing undoes: {', '.join(names)}." if names else ""
