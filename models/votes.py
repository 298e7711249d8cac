"""What similar, successful trajectories did at this point: precedents vote without any training.

A precedent votes for its own next action, the more the closer its request, the better its steps so far agree with
ours, and the more its last observation's machine fields agree with ours: those that may steer, and no other words of
the application's. One that was found by where it stood (`models.points`) votes as much as it agreed there.
"""

from collections import defaultdict
from collections.abc import Sequence

from knowledge.types import Hit, JsonSchema, Observation, Step, Trajectory
from models.fields import error_code, state
from models.lam import Choice, Option, Situation

NEAR, FAR = 0.95, 0.5  # cosine similarities that count fully, and not at all
DOUBT = 0.5  # weight of the votes nobody cast: one lukewarm precedent is no landslide
OUT_OF_STEP = 0.5
UNHEARD = 0.25  # weight of the votes that weigh as much as the model


def pooled(choice: Choice, situation: Situation) -> Choice:
    """The choice and the votes of precedents that stood here, as a linear opinion pool: the better they agree with what
    is known here, the more they weigh. Only actions and endings that are offered get any of it.
    """
    cast: dict[str, float] = defaultdict(float)
    offered = {option.action for option in choice.ranked}
    for hit in situation.context.precedents:
        weight, action = vote(hit, situation) if hit.at >= 0 else (0.0, "")
        if action in offered:
            cast[action] += weight
    total = sum(cast.values())
    if not total:
        return choice
    share = total / (total + UNHEARD)
    pool = [
        Option(action=each.action, probability=(1 - share) * each.probability + share * cast[each.action] / total)
        for each in choice.ranked
    ]
    return Choice(ranked=tuple(sorted(pool, key=lambda each: -each.probability)))


def votes(situation: Situation) -> dict[str, float]:
    """Share of the votes by action id or ending, each in [0, 1), together below 1."""
    cast: dict[str, float] = {}
    for hit in situation.context.precedents:
        weight, action = vote(hit, situation)
        if weight:
            cast[action] = cast.get(action, 0.0) + weight
    total = sum(cast.values()) + DOUBT
    return {action: weight / total for action, weight in cast.items()}


def vote(hit: Hit, situation: Situation) -> tuple[float, str]:
    """How much a precedent counts here, in [0, 1], and for what; (0, "") if it says nothing of this point."""
    if not isinstance(hit.item, Trajectory):
        return 0.0, ""
    if hit.at >= 0:
        return hit.score, next_of(hit.item, hit.at)
    weight = nearness(hit.similarity)
    position, agreement = _position(hit.item, situation.steps)
    if position is None or not weight:
        return 0.0, ""
    weight *= agreement * same_state(hit.item, position, situation)
    return weight, next_of(hit.item, position)


def nearness(similarity: float, *, far: float = FAR, near: float = NEAR) -> float:
    """How much a request counts that is so near to ours, in [0, 1]. `far` and `near` go with an encoder."""
    return min(1.0, max(0.0, (similarity - far) / (near - far)))


def next_of(precedent: Trajectory, position: int) -> str:
    """The action or ending that followed on so many steps."""
    return precedent.steps[position].action if position < len(precedent.steps) else precedent.ending


def _position(precedent: Trajectory, steps: Sequence[Step]) -> tuple[int | None, float]:
    """How many of the precedent's steps correspond to ours, and how well."""
    ours, theirs = [s.action for s in steps], [s.action for s in precedent.steps]
    if theirs[: len(ours)] == ours:
        return len(ours), 1.0
    if ours and ours[-1] in theirs:
        return len(theirs) - theirs[::-1].index(ours[-1]), OUT_OF_STEP
    return None, 0.0


def same_state(precedent: Trajectory, position: int, situation: Situation) -> float:
    """In [0.04, 1]: do the machine fields of the latest results agree, ours and the precedent's before `position`?

    Squared: what a result says decides more often than not what is next. Nothing speaks against what is only planned.
    """
    if not situation.observations or not position or situation.observations[-1].status == "placeholder":
        return 1.0
    ours = _fields(situation.observations[-1], situation.steps[-1], situation, situation.task.requester)
    before = precedent.observations[position - 1], precedent.steps[position - 1]
    theirs = _fields(*before, situation, precedent.task.requester)
    if not ours and not theirs:
        return 1.0
    return (0.2 + 0.8 * len(ours & theirs) / len(ours | theirs)) ** 2


def _fields(observation: Observation, step: Step, situation: Situation, requester: str) -> set[str]:
    returns = _returns(step, situation)
    return {
        observation.status,
        error_code(observation.code),
        *state(observation.body, returns, requester=requester),
    } - {""}


def _returns(step: Step, situation: Situation) -> JsonSchema | None:
    return next((spec.returns for spec in situation.candidates if spec.id == step.action), None)
