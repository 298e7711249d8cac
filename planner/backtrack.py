"""Before a run gives up, it looks elsewhere: a call that was merely wrong refuses nothing.

Experts make few wrong calls, so most errors that a model learned from are an application's refusals. Where a group is
open, or nobody of that name is on the list, nothing was refused: another action may have been meant.
"""

from dataclasses import replace

from knowledge.types import Observation
from models.lam import LAM, Choice, Situation
from planner.rows import nothing

# The call does not fit what is there. Not among them: 403, which forbids, and what may pass if one only waits.
WRONG_CALL = frozenset({400, 404, 405, 409, 410, 415, 422})

LIKELY = 0.1  # what was less likely before is no second thought, but a guess


def wrong(seen: Observation) -> bool:
    return seen.status == "error" and seen.http_status in WRONG_CALL


def stepped_back(lam: LAM, situation: Situation, choice: Choice) -> Choice:
    """`choice`, unless it refuses after a wrong call, or gives up after a look that found nothing: then what would have
    been chosen before that, without the actions tried since, if it was likely at all.

    Probabilities stay what they were among all options: what was second best has .5 at most, so such a write is asked
    about (`budgets.LEAST_ACT`).
    """
    last = situation.observations[-1] if situation.observations else None
    if last is None or not (
        (choice.best.action == "refuse" and (wrong(last) or nothing(last)))
        or (choice.best.action == "escalate" and nothing(last))
    ):
        return choice
    kept = len(situation.observations)
    while kept and (wrong(situation.observations[kept - 1]) or nothing(situation.observations[kept - 1])):
        kept -= 1
    task = situation.task
    turns = tuple(replace(turn, after=min(turn.after, kept)) for turn in task.utterances)
    before = replace(
        situation,
        task=replace(task, utterances=turns),
        steps=situation.steps[:kept],
        observations=situation.observations[:kept],
    )
    tried = {step.action for step in situation.steps[kept:]}
    left = tuple(option for option in lam.choose(before).ranked if option.action not in tried)
    return Choice(ranked=left) if left and left[0].probability >= LIKELY else choice
