"""Other days for retrieval and memory: foreign candidates, missing ones, no precedents, fewer passages and steps."""

import random
from collections.abc import Sequence
from dataclasses import replace

from models.endings import ENDINGS
from models.scene import FEATURES, CandidateText, Example

MOST_STRANGERS = 4
UNOFFERED = 0.15  # how often it is the right action that is missing
_MEMORY = FEATURES.index("vote")


def distracted(example: Example, rng: random.Random, strangers: Sequence[CandidateText]) -> Example | None:
    """With candidates of other examples among the own ones; `strangers` that are there already are left out."""
    if example.choose is None or example.right < 0:
        return None
    own = example.choose.candidates
    known = {c.name for c in own} | {c.description for c in own}
    free = [c for c in strangers if c.name not in known and c.description not in known and c.name not in ENDINGS]
    if not free:
        return None
    drawn = rng.sample(free, min(len(free), rng.randint(1, MOST_STRANGERS)))
    added = [replace(c, features=(0.0,) * len(FEATURES)) for c in drawn]
    actions, endings = [c for c in own if c.name not in ENDINGS], [c for c in own if c.name in ENDINGS]
    mixed = actions + added
    rng.shuffle(mixed)
    return _offering(example, [*mixed, *endings], own[example.right])


def narrowed(example: Example, rng: random.Random) -> Example | None:
    """Some wrong candidates are missing. Where nothing was done yet, now and then the right one: that is escalated."""
    if example.choose is None or example.right < 0:
        return None
    own, right = example.choose.candidates, example.choose.candidates[example.right]
    others = [c for c in own if c.name not in ENDINGS and c is not right]
    lost = {id(c) for c in others if rng.random() < 0.4}
    elsewhere = next((c for c in own if c.name == "escalate"), None)
    if right.name not in ENDINGS and not example.choose.history and elsewhere and rng.random() < UNOFFERED:
        left = [c for c in own if c is not right and id(c) not in lost]
        return replace(_offering(example, left, elsewhere), fill=None, labels=())
    return _offering(example, [c for c in own if id(c) not in lost], right) if lost else None


def forgetful(example: Example, rng: random.Random) -> Example | None:
    """No precedents' votes; passages gone or cut; of a long history only its last steps."""
    if example.choose is None:
        return None
    scene = example.choose
    candidates = tuple(
        replace(c, features=tuple(0.0 if i == _MEMORY else f for i, f in enumerate(c.features)))
        for c in scene.candidates
    )
    passages = scene.passages
    match rng.randrange(3):
        case 0:
            passages = ()
        case 1:
            passages = tuple(p[: rng.randint(60, 200)] for p in passages[:1])
    history = scene.history[-3:] if len(scene.history) > 3 and rng.random() < 0.3 else scene.history
    other = replace(example, choose=replace(scene, candidates=candidates, passages=passages, history=history))
    return None if other == example else other


def _offering(example: Example, candidates: Sequence[CandidateText], right: CandidateText) -> Example:
    assert example.choose
    at = next(i for i, c in enumerate(candidates) if c is right)
    return replace(example, choose=replace(example.choose, candidates=tuple(candidates)), right=at)
