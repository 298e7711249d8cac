"""Was it ever done for a request like this one? Memory is heard beside the model, which may be sure and wrong."""

from collections.abc import Sequence

from knowledge.types import ActionSpec, Hit, Trajectory
from models.lam import Situation
from planner.questions import words

NEAREST = 8  # precedents that are most like the request


def unprecedented(situation: Situation, spec: ActionSpec) -> str:
    """Why the requester should be asked first: it was done before, but neither for a request like this one nor by a run
    that stood where this one stands.

    Empty for a read, and where no precedent that was found did it at all: of what is new memory knows nothing.
    """
    if spec.effect == "read":
        return ""
    stood_here, others = (_runs(hits) for hits in (situation.context.precedents, situation.context.spare))
    every = sorted((*stood_here, *others), key=lambda hit: -hit.similarity)
    near, known = every[:NEAREST], {action for hit in every for action in _done(hit)}
    if spec.id not in known or any(spec.id in _done(hit) for hit in (*near, *stood_here)):
        return ""
    reads = {id for id, each in situation.retrieved.items() if each.effect == "read"}
    instead = dict.fromkeys(words(action) for hit in near for action in _done(hit) if action not in reads)
    return f"requests like this one led to {', '.join(instead) or 'no change'} so far"


def _runs(hits: Sequence[Hit]) -> list[Hit]:
    return [hit for hit in hits if isinstance(hit.item, Trajectory)]


def _done(hit: Hit) -> list[str]:
    return [step.action for step in hit.item.steps] if isinstance(hit.item, Trajectory) else []
