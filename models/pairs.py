"""Task and plan from descriptions alone: an operation's own description, said as a wish, asks for that operation."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.augment import reworded, vocabulary
from models.encode import words
from models.endings import ENDING_TEXTS
from models.scene import CandidateText, ChooseScene, Example

WISHES = (
    "{wish}.",
    "{wish}, please.",
    "I would like to {small}.",
    "Can you {small}?",
    "Please {small}.",
    "user: {wish}\nagent: What exactly?\nuser: What I said: {small}.",
    "We need this today: {small}",
)
STRANGERS = (3, 9)  # of other groups, at least and at most


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is known of an operation before anyone used it; those of one `group` are offered together."""

    name: str
    description: str
    group: str


def wish(name: str, description: str, rng: random.Random) -> str:
    """A request for the operation, sometimes by its name, in more or less other words."""
    said = rng.choice((description, description, words(name))).rstrip(".")
    said = reworded(said, vocabulary(rng, share=rng.choice((0.0, 0.5, 0.9))))
    return rng.choice(WISHES).format(wish=said[:1].upper() + said[1:], small=said[:1].lower() + said[1:])


def pairs(operations: Sequence[Operation], rng: random.Random, *, each: int, origin: str) -> Iterator[Example]:
    """`each` choices for every operation, among those of its own group and strangers."""
    for operation in operations:
        own = [o for o in operations if o.group == operation.group]
        others = [o for o in operations if o.group != operation.group and o.name != operation.name]
        for _ in range(each):
            listed = own + rng.sample(others, min(len(others), rng.randint(*STRANGERS)))
            rng.shuffle(listed)
            candidates = [CandidateText(name=o.name, description=o.description) for o in listed]
            candidates += [CandidateText(name=name, description=text) for name, text in ENDING_TEXTS.items()]
            request = wish(operation.name, operation.description, rng)
            scene = ChooseScene(request=request, candidates=tuple(candidates))
            yield Example(origin=f"{origin}:{operation.group}", choose=scene, right=listed.index(operation))
