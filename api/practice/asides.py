"""Lessons in leaving things as they are: what is asked for is about nobody, is only a question, or is a veto.

Who learns from tasks that can be done takes the next best person where a search finds nobody, and unlocks the account
of whoever asks whether it is locked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from api.practice.desk import Practice
from api.practice.experience import PER_FAMILY, SEED, learn_from_experts
from api.practice.lessons import Lessons
from knowledge.types import Query
from models.augment import renamed
from models.scene import Example
from planner.replay import Report, examples, varied

if TYPE_CHECKING:
    from api.practice.lessons import Told
    from examples.helpdesk.tasks.task import HelpDeskTask, Split

EMPTY = 0.2  # of the lessons show an empty memory


def aside_tasks(split: Split, *, count: int, seed: int) -> list[HelpDeskTask]:
    """Half of them are about somebody or something unknown; of the others each kind has as many."""
    from examples.helpdesk.tasks import FAMILIES, generate, generate_asides, unknown

    kinds = len({task.family for task in generate_asides(split, seed=seed, per_family=1)})
    asides = generate_asides(split, seed=seed, per_family=-(-count // (2 * kinds)))
    done = [family for family in FAMILIES.values() if family.outcome == "done" and not family.held_out]
    proper = generate(split, seed=seed, per_family=-(-count // len(done)))
    Random(seed).shuffle(proper)
    return [*asides[: count - count // 2], *islice(unknown(proper, seed=seed), count // 2)]


def aside_lessons(
    practice: Practice, *, split: Split, count: int, seed: int, vary: bool = True, tell: Told | None = None
) -> Lessons:
    """`practice` remembers what the experts did; a task in the same wording is no precedent."""
    from examples.helpdesk.tasks import generate

    learn_from_experts(practice.services)
    said = defaultdict[str, set[str]](set)
    for known in generate("train", seed=SEED, per_family=PER_FAMILY):
        said[known.wording].add(known.id)
    everything = frozenset(id for ids in said.values() for id in ids)
    tasks, rng, report, made = aside_tasks(split, count=count, seed=seed), Random(seed), Report(), list[Example]()
    for number, (task, each) in enumerate(practice.solved(tasks), start=1):
        exclude = everything if vary and rng.random() < EMPTY else frozenset(said[task.wording])
        context = practice.services.retriever.context(Query(text=each.task.text), exclude=exclude)
        made += examples(each, varied(context, rng) if vary else context, practice.specs, report=report)
        if tell:
            tell("asides", number, len(tasks))
    made = [renamed(each, rng) for each in made] if vary else made
    return Lessons(examples=tuple(made), report=report, families=Counter(task.family for task in tasks))
