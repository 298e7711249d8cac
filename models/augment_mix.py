"""Which of the ways to vary an example are used how often, over a whole data set."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from models.augment import renamed
from models.augment_noise import noisy
from models.augment_offer import distracted, forgetful, narrowed
from models.augment_values import substituted
from models.augment_wording import paraphrased
from models.dataset import Row
from models.endings import ENDINGS
from models.scene import CandidateText, Example

STRANGERS = 400  # candidates of the whole data set, to mislead with
TWO = 0.4  # how often two ways are taken together
WEIGHTS: Mapping[str, int] = {
    "other values": 4,
    "other words": 4,
    "other names of actions": 3,
    "foreign candidates": 2,
    "missing candidates": 2,
    "less memory": 2,
    "slips": 2,
}

Way: TypeAlias = Callable[[Example, random.Random], Example | None]


@dataclass(frozen=True, kw_only=True)
class Mix:
    """`copies`: varied rows for each row; 0.5 is one for every other row."""

    copies: float = 0.5


def varied(rows: Sequence[Row], mix: Mix, rng: random.Random) -> tuple[list[Row], Counter[str]]:
    """Varied copies of rows drawn by lot, and how many of each way. Where a way fits an example not at all, none is."""
    ways, kinds, made = _ways(_strangers(rows, rng)), Counter[str](), list[Row]()
    for _ in range(round(len(rows) * mix.copies)):
        row = rng.choice(rows)
        names = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=2 if rng.random() < TWO else 1)
        example, done = _through(row.example, [(name, ways[name]) for name in dict.fromkeys(names)], rng)
        if done:
            made.append(replace(row, example=example, made=done))
            kinds.update(done)
        else:
            kinds["(did not fit)"] += 1
    return made, kinds


def _through(example: Example, ways: Sequence[tuple[str, Way]], rng: random.Random) -> tuple[Example, tuple[str, ...]]:
    done: list[str] = []
    for name, way in ways:
        other = way(example, rng)
        if other is not None and other != example:
            example = other
            done.append(name)
    return example, tuple(done)


def _ways(strangers: Sequence[CandidateText]) -> dict[str, Way]:
    return {
        "other values": substituted,
        "other words": paraphrased,
        "other names of actions": lambda example, rng: renamed(example, rng, share=1.0),
        "foreign candidates": lambda example, rng: distracted(example, rng, strangers),
        "missing candidates": narrowed,
        "less memory": forgetful,
        "slips": noisy,
    }


def _strangers(rows: Sequence[Row], rng: random.Random) -> list[CandidateText]:
    found = {
        c.name: c for row in rows if row.example.choose for c in row.example.choose.candidates if c.name not in ENDINGS
    }
    names = sorted(found)
    return [found[name] for name in rng.sample(names, min(len(names), STRANGERS))]
