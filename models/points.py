"""Where earlier runs stood: points of verified trajectories, found by what was known there.

A request whose cause is hidden says little of what is next; what was found out since says nearly all. A point is a run
up to one of its steps, known by the latest result of each action that was called (only what may steer), the later the
weightier, the latest of all by itself, and the action before it. What was done next is what `models.votes` counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge.types import Observation, Step, Task, Trajectory
from models.fields import error_code, state
from models.layout import request_text

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int32]
SHARPNESS = 12  # a point that agrees in .9 counts a quarter of one that agrees in all
SEVERAL = 8  # points looked at for each that is wanted: a run has many
LATER, LONG_AGO = 0.5, 0.2  # weight of a result for each call since, and the least; its words share it
BEGUN = ""  # stands in every set, so that none is empty


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known before the next step: `known` of all actions, `latest` of the last one alone. Words and weights."""

    known: Mapping[str, float] = field(default_factory=dict)
    latest: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Near:
    """A point of `run` (its place among the runs) after `at` steps; `weight` in [0, 1]."""

    run: int
    at: int
    weight: float


class Points:
    """The points of some runs, as arrays: 20,000 are compared in a few milliseconds. Immutable."""

    def __init__(self, runs: Sequence[Trajectory] = (), *, after: "Points | None" = None) -> None:
        """Of `runs`, which come after those of `after`."""
        first: int = after.runs if after else 0
        places = [(number, at, here) for number, run in enumerate(runs, start=first) for at, here in points(run)]
        self.runs: int = first + len(runs)
        self._run: Ints = np.array([number for number, _, _ in places], np.int32)
        self._at: Ints = np.array([at for _, at, _ in places], np.int32)
        self._known: _Sets = _Sets([here.known for _, _, here in places], after=after._known if after else None)
        self._latest: _Sets = _Sets([here.latest for _, _, here in places], after=after._latest if after else None)
        if after:
            self._run, self._at = np.concatenate([after._run, self._run]), np.concatenate([after._at, self._at])

    def nearest(self, here: Standing, similarity: Floats, k: int) -> list[Near]:
        """The k nearest, at most one a run. `similarity` [runs], in [0, 1]: how near each run's request is to ours."""
        if not len(self._run):
            return []
        agreement = (self._known.overlap(here.known) + self._latest.overlap(here.latest)) / 2
        weights = agreement**SHARPNESS * similarity[self._run]
        found: dict[int, Near] = {}
        for place in np.argsort(-weights, kind="stable")[: SEVERAL * k]:
            run = int(self._run[place])
            if run not in found and weights[place] > 0:
                found[run] = Near(run=run, at=int(self._at[place]), weight=float(weights[place]))
        return list(found.values())[:k]


def points(run: Trajectory) -> Iterator[tuple[int, Standing]]:
    """Every point that somebody may go on from as the run did: not before a step that nobody is to learn."""
    standings = standing(run.task, run.steps, run.observations)
    for at, here in enumerate(standings):
        if at == len(run.steps) or run.steps[at].confidence > 0:
            yield at, here


def standing(task: Task, steps: Sequence[Step], observations: Sequence[Observation]) -> list[Standing]:
    """Before every step, and after the last one."""
    latest: dict[str, tuple[int, frozenset[str]]] = {}
    made, before = [Standing()], BEGUN
    for at, (step, seen) in enumerate(zip(steps, observations, strict=True)):
        said = frozenset(_said(step, seen, task))
        latest[step.action] = (at, said)
        known = {
            word: max(LONG_AGO, LATER ** (at - when)) / len(words) for when, words in latest.values() for word in words
        }
        made.append(Standing(known=known, latest=dict.fromkeys(said | {f"after {before}"}, 1.0)))
        before = step.action
    return made


def _said(step: Step, seen: Observation, task: Task) -> Iterator[str]:
    yield step.action
    fields = state(seen.body, None, asked=request_text(task), now=task.now, requester=task.requester)
    for each in (seen.status, error_code(seen.code), *fields):
        if each:
            yield f"{step.action} {each}"


class _Sets:
    """Many sets of weighted words; how much each has in common with another set."""

    def __init__(self, sets: Sequence[Mapping[str, float]], *, after: "_Sets | None" = None) -> None:
        self._numbers: dict[str, int] = dict(after._numbers) if after else {BEGUN: 0}
        rows = [[0, *(self._numbers.setdefault(word, len(self._numbers)) for word in each)] for each in sets]
        self._words: Ints = np.array([number for row in rows for number in row], np.int32)
        self._weights: Floats = np.array([w for each in sets for w in (1.0, *each.values())], np.float32)
        self._sizes: Ints = np.array([len(row) for row in rows], np.int32)
        if after:
            self._words = np.concatenate([after._words, self._words])
            self._weights = np.concatenate([after._weights, self._weights])
            self._sizes = np.concatenate([after._sizes, self._sizes])

    def overlap(self, words: Mapping[str, float]) -> Floats:
        """Weighted Jaccard similarity (Ruzicka) with every set, in (0, 1]: the smaller weights over the larger ones."""
        here = np.zeros(len(self._numbers), np.float32)
        here[0] = 1.0
        for word, weight in words.items():
            if word in self._numbers:
                here[self._numbers[word]] = weight
        starts = np.cumsum(self._sizes) - self._sizes
        common = np.add.reduceat(np.minimum(here[self._words], self._weights), starts)
        total = np.add.reduceat(self._weights, starts) + 1.0 + sum(words.values())
        found: Floats = (common / (total - common)).astype(np.float32)
        return found
