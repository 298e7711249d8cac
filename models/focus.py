"""What was found, seen again in the light of what has happened since.

Retrieval knows the request only; "please handle T-1040" says nothing of what is to be done. Once the ticket was read,
precedents that took the same steps and saw the same come first, and what they did next is offered, and actions that a
state in the result names. Only machine fields have a say: no words of a stranger's bring an action forward.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from knowledge.types import ActionSpec, Context, Hit, Trajectory
from models.fields import leaves, steers
from models.lam import Situation
from models.votes import vote

MORE = 3  # actions brought forward at one point
SHORTEST = 3  # letters of a word that names anything


def focused(found: Context, situation: Situation) -> Context:
    """`found` is what retrieval said; the situation's own context may be one that was focused at an earlier point.

    Nothing is lost: what steps back is spare, and actions that were used stay, for their schemas are needed.
    """
    if not situation.observations or not found.spare:
        return found
    pool = [hit for hit in (*found.precedents, *found.spare) if isinstance(hit.item, Trajectory)]
    weighed = sorted(((*vote(hit, situation), hit) for hit in pool), key=lambda each: -each[0])
    near, far = weighed[: len(found.precedents)], weighed[len(found.precedents) :]
    spare = {hit.item.id: hit for hit in found.spare if isinstance(hit.item, ActionSpec)}
    used = [step.action for step in situation.steps if step.action in spare]
    voted = [action for weight, action, _ in near if weight and action in spare]
    forward = dict.fromkeys([*used, *list(dict.fromkeys([*voted, *_named(situation, spare)]))[:MORE]])
    last = min((hit.score for hit in found.actions), default=0.0)
    return Context(
        passages=found.passages,
        actions=(*found.actions, *(replace(spare.pop(action), score=last) for action in forward)),
        precedents=tuple(hit for _, _, hit in near),
        spare=(*(hit for _, _, hit in far), *spare.values()),
    )


def _named(situation: Situation, spare: Mapping[str, Hit]) -> Iterator[str]:
    """Ids of the spare actions that a state of the latest result names; one that fits many names none."""
    texts = {action: _words(f"{hit.item.name} {hit.item.description}") for action, hit in spare.items()}  # type: ignore[union-attr]
    for state in dict.fromkeys(_words(code) for code in _codes(situation)):
        fitting = [action for action, words in texts.items() if state and state <= words]
        if len(fitting) <= MORE:
            yield from fitting


def _codes(situation: Situation) -> Iterator[str]:
    """Every code and option in the latest result that may steer."""
    seen, step = situation.observations[-1], situation.steps[-1]
    returns = next((spec.returns for spec in situation.candidates if spec.id == step.action), None)
    for leaf in leaves(seen.body, returns) if seen.status == "ok" else ():
        if isinstance(leaf.value, str) and leaf.named and steers(leaf):
            yield leaf.value


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"[^\W\d_]+", text.casefold()) if len(word) >= SHORTEST)
