"""Is the opposite asked for? Who is to be taken off a list is not put on it, however sure the model is."""

from knowledge.types import ActionSpec
from models.lam import Situation
from planner.heard import said_in
from planner.questions import words
from planner.seams import Opposites

_LITTLE = frozenset({"a", "an", "at", "by", "for", "from", "in", "into", "of", "off", "on", "out", "the", "to", "up"})


def contrary(view: Situation, situation: Situation, spec: ActionSpec, opposites: Opposites) -> str:
    """Why the requester should be asked first: what they said of the wish in view is rather for the opposite.

    Empty otherwise. Of the opposites any counts that was retrieved for the whole request.
    """
    others = [each for each in situation.retrieved.values() if may_be_opposites(spec, each)]
    meant = opposites.instead(said_in(view.task), spec, others) if others else None
    return f"as I read it, you may rather want to {words(meant.name)}" if meant else ""


def may_be_opposites(spec: ActionSpec, other: ActionSpec) -> bool:
    """Both change the same kind of thing, as far as names tell, and what one of them needs the other takes."""
    if "read" in (spec.effect, other.effect) or spec.app != other.app or spec.id == other.id:
        return False
    return _alike(words(spec.name), words(other.name)) and (_takes_all(spec, other) or _takes_all(other, spec))


def _alike(name: str, other: str) -> bool:
    """Whether a thing has a name in both; `subscribe` and `unsubscribe` name none."""
    one, two = (set(each.split()) - _LITTLE for each in (name, other))
    return bool(one & two) or len(one) == len(two) == 1


def _takes_all(spec: ActionSpec, other: ActionSpec) -> bool:
    needed = {each.name for each in other.parameters if each.required}
    return needed <= {each.name for each in spec.parameters}
