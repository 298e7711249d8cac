"""From parts to a data set: made clean, kept apart, varied, and accounted for.

`built` reads as one line a stage. Everything is drawn by the recipe's seed: the same parts and recipe give the same
rows in the same order.
"""

import random
from collections import Counter
from collections.abc import Sequence

from models.augment_mix import Mix, varied
from models.dataset import Dataset, Facts, Level, Part, Recipe, Row
from models.dataset_clean import cleaned, normalised
from models.dataset_near import distinct
from models.dataset_split import apart, divided


def built(parts: Sequence[Part], recipe: Recipe) -> Dataset:
    rng, dropped = random.Random(recipe.seed), Counter[str]()
    rows = [row for part in parts for row in _rows(part)]
    collected = Counter(row.part for row in rows)
    measured = [row for part in parts for row in _rows(part, dev=True)]
    collected.update(f"{row.part} (dev)" for row in measured)
    rows, measured = normalised(rows), normalised(measured)
    rows, measured = cleaned(rows, dropped), cleaned(measured, dropped)
    rows, measured = distinct(rows, recipe.near, dropped), distinct(measured, recipe.near, dropped)
    rows, measured = divided(rows, measured, hold=recipe.hold_families, rng=rng)
    rows = apart(rows, measured, recipe.wording, dropped)
    rows = _capped(rows, recipe.most, rng, dropped)
    copies, kinds = _varied(rows, measured, recipe, rng, dropped)
    train = [*rows, *copies]
    rng.shuffle(train)
    facts = Facts(collected=dict(collected), dropped=dict(dropped), varied=dict(kinds))
    return Dataset(train=tuple(train), dev=tuple(measured), facts=facts)


def _rows(part: Part, *, dev: bool = False) -> list[Row]:
    level: Level = part.level if part.dev else "family"
    return [
        Row(part=part.label, family=example.origin, level=level, example=example)
        for example in (part.dev if dev else part.train)
    ]


def _varied(
    rows: Sequence[Row], measured: Sequence[Row], recipe: Recipe, rng: random.Random, dropped: Counter[str]
) -> tuple[list[Row], Counter[str]]:
    """In other words a request may come near to one that is measured on: such a copy is none."""
    copies, kinds = varied(rows, Mix(copies=recipe.copies), rng)
    far = apart(copies, measured, recipe.wording, Counter())
    if near := len(copies) - len(far):
        dropped["a varied copy whose wording is measured on"] += near
        kinds -= _ways(copies) - _ways(far)
    return far, kinds


def _ways(copies: Sequence[Row]) -> Counter[str]:
    return Counter(way for row in copies for way in row.made)


def _capped(rows: Sequence[Row], most: int, rng: random.Random, dropped: Counter[str]) -> list[Row]:
    """At most so many rows of one family, drawn by lot; their order stays."""
    if not most:
        return list(rows)
    order = list(range(len(rows)))
    rng.shuffle(order)
    seen, kept = Counter[str](), set[int]()
    for index in order:
        seen[rows[index].family] += 1
        if seen[rows[index].family] <= most:
            kept.add(index)
    dropped["more than its family's share"] += len(rows) - len(kept)
    return [row for index, row in enumerate(rows) if index in kept]
