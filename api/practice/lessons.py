"""Lessons: what the experts did on the practice help desk, as examples under the contexts retrieval really returns.

Every task is shown under several memories: with precedents of its own family (never of its own wording: a memory that
holds the very same sentence would teach to copy), without its family, and empty.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from api.practice.desk import Practice
from knowledge.types import Hit, Query
from models.lam import Situation
from models.scene import Example
from planner.replay import Demonstration, Report, choice, examples, prefixes, varied

if TYPE_CHECKING:
    from examples.helpdesk.tasks.task import HelpDeskTask

FAMILY_UNKNOWN, EXPECTED = 0.35, 0.2
CATALOGUE_LESSONS = 24  # of each write
SAYINGS = ("{}", "{}, please.", "Please do this: {}.", "We need the following. {}.", "Task: {}", "Could you? {}.")

T = TypeVar("T")
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Lessons:
    examples: tuple[Example, ...]
    report: Report
    families: Counter[str]


def helpdesk_lessons(
    practice: Practice, *, split: str, per_family: int, seed: int, vary: bool = True, tell: Told | None = None
) -> Lessons:
    """`vary` off: as a run would see it with a full memory, to measure on."""
    from examples.helpdesk.tasks import generate

    tasks = generate(split, seed=seed, per_family=per_family)
    solved = list(_told(practice.solved(tasks), "solving", len(tasks), tell))
    if vary:
        practice.remember([each for _, each in solved])
    rng, report, made = random.Random(seed), Report(), list[Example]()
    near = _neighbours([task for task, _ in solved]) if vary else {}
    if vary:
        made += catalogue_lessons(practice, [each for _, each in solved], rng, tell=tell)
    strangers = _some_passages(practice, [each for _, each in solved[:40]])
    for task, each in _told(iter(solved), "replaying", len(solved), tell):
        exclude = near.get(task.id, frozenset())
        if vary and rng.random() < FAMILY_UNKNOWN:
            exclude = exclude | {other.id for other, _ in solved if other.family == task.family}
        context = practice.services.retriever.context(Query(text=each.task.text), exclude=exclude)
        if vary:
            context = varied(context, rng, others=strangers)
        expected = vary and rng.random() < EXPECTED
        made += examples(each, context, practice.specs, report=report, expected=expected)
    return Lessons(examples=tuple(made), report=report, families=Counter(task.family for task, _ in solved))


def catalogue_lessons(
    practice: Practice, demonstrations: Sequence[Demonstration], rng: random.Random, *, tell: Told | None = None
) -> list[Example]:
    """Task–action pairs from the catalogue alone: its own description, said as a request, asks for an action.

    Demonstrations never show some of an application's actions; a model trained on them alone learns that these are
    always wrong. Here every write is right equally often, after things that really happened.
    """
    specs, made = practice.specs, list[Example]()
    writes = [spec for spec in specs.values() if spec.effect != "read"]
    begun = [(each, list(prefixes(each, specs))) for each in demonstrations]
    begun = [(each, before) for each, before in begun if before]
    for number in range(CATALOGUE_LESSONS * len(writes)):
        spec, (each, before) = writes[number % len(writes)], rng.choice(begun)
        steps, observations = rng.choice(before)
        task = replace(each.task, text=rng.choice(SAYINGS).format(spec.description.rstrip(".")))
        context = varied(practice.services.retriever.context(Query(text=task.text)), rng)
        if spec in Situation(task=task, context=context).candidates:
            situation = Situation(task=task, context=context, steps=steps, observations=observations)
            made.append(choice(situation, spec.id, f"catalogue:{spec.name}"))
        if tell:
            tell("catalogue", number + 1, CATALOGUE_LESSONS * len(writes))
    return made


def _neighbours(tasks: Sequence[HelpDeskTask]) -> dict[str, frozenset[str]]:
    """Ids of the tasks with the same wording as each, its own included."""
    said: dict[str, list[str]] = {}
    for task in tasks:
        said.setdefault(task.wording, []).append(task.id)
    return {task.id: frozenset(said[task.wording]) for task in tasks}


def _some_passages(practice: Practice, demonstrations: Sequence[Demonstration]) -> list[Hit]:
    retriever = practice.services.retriever
    return [hit for each in demonstrations for hit in retriever.search(Query(text=each.task.text), "passage", k=2)]


def _told(each: Iterator[T], what: str, total: int, tell: Told | None) -> Iterator[T]:
    for number, item in enumerate(each, start=1):
        yield item
        if tell:
            tell(what, number, total)
