"""What similar, successful trajectories did at this point: precedents vote without any training.

A precedent votes for its own next action, the more the closer its request, the better its steps so far agree with
ours, and the more its last observation's machine fields agree with ours.
"""

from collections.abc import Sequence

from knowledge.types import Hit, Observation, Step, Trajectory
from models.fields import state

NEAR, FAR = 0.85, 0.35  # cosine similarities that count fully, and not at all
DOUBT = 0.5  # weight of the votes nobody cast: one lukewarm precedent is no landslide
OUT_OF_STEP = 0.5


def votes(precedents: Sequence[Hit], steps: Sequence[Step], observations: Sequence[Observation]) -> dict[str, float]:
    """Share of the votes by action id or ending, each in [0, 1), together below 1."""
    cast: dict[str, float] = {}
    for hit in precedents:
        if not isinstance(hit.item, Trajectory):
            continue
        weight = min(1.0, max(0.0, (hit.similarity - FAR) / (NEAR - FAR)))
        position, agreement = _position(hit.item, steps)
        if position is None or not weight:
            continue
        weight *= agreement * same_state(hit.item, position, observations)
        cast[_next(hit.item, position)] = cast.get(_next(hit.item, position), 0.0) + weight
    total = sum(cast.values()) + DOUBT
    return {action: weight / total for action, weight in cast.items()}


def _next(precedent: Trajectory, position: int) -> str:
    return precedent.steps[position].action if position < len(precedent.steps) else precedent.ending


def _position(precedent: Trajectory, steps: Sequence[Step]) -> tuple[int | None, float]:
    """How many of the precedent's steps correspond to ours, and how well."""
    ours, theirs = [s.action for s in steps], [s.action for s in precedent.steps]
    if theirs[: len(ours)] == ours:
        return len(ours), 1.0
    if ours and ours[-1] in theirs:
        return len(theirs) - theirs[::-1].index(ours[-1]), OUT_OF_STEP
    return None, 0.0


def same_state(precedent: Trajectory, position: int, observations: Sequence[Observation]) -> float:
    """In [0.2, 1]: do the machine fields of the latest results agree, ours and the precedent's before `position`?"""
    if not observations or not position:
        return 1.0
    ours, theirs = _fields(observations[-1]), _fields(precedent.observations[position - 1])
    if not ours and not theirs:
        return 1.0
    return 0.2 + 0.8 * len(ours & theirs) / len(ours | theirs)


def _fields(observation: Observation) -> set[str]:
    if observation.status == "placeholder":
        return set()
    return {observation.status, observation.code, *state(observation.body)} - {""}
