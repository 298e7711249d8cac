"""Lessons in leaving things as they are."""

import re
from itertools import combinations

import pytest
from api_world import BagEmbedder

from api.practice.asides import aside_lessons, aside_tasks
from api.practice.desk import practice
from examples.helpdesk.tasks.families.asides import ASIDES
from examples.helpdesk.tasks.families.family import WRITES
from examples.helpdesk.tasks.task import SPLITS
from models.scene import Example

KINDS = {family.name for family in ASIDES}


@pytest.fixture(scope="module")
def lessons() -> list[Example]:
    with practice(embedder=BagEmbedder()) as desk:
        made = aside_lessons(desk, split="train", count=48, seed=3, vary=False)
    assert made.report.steps
    return list(made.examples)


def test_half_of_the_tasks_are_asides_of_each_kind() -> None:
    tasks = aside_tasks("dev", count=48, seed=3)
    asides = [task.family for task in tasks if task.family in KINDS]
    assert len(tasks) == 2 * len(asides) == 48
    assert {asides.count(kind) for kind in KINDS} == {2}
    assert all(task.id.endswith("-unknown") for task in tasks if task.family not in KINDS)


def test_no_lesson_changes_anything(lessons: list[Example]) -> None:
    right = [each.choose.candidates[each.right].name for each in lessons if each.choose and each.right >= 0]
    assert not {*right} & {*WRITES}
    assert {"ask", "finish", "search_accounts", "get_ticket"} <= {*right}
    assert {each.origin.partition(":")[0] for each in lessons} == {"helpdesk"}


def test_after_a_search_in_vain_it_is_asked(lessons: list[Example]) -> None:
    after = [
        each.choose.candidates[each.right].name
        for each in lessons
        if each.choose and each.choose.history and re.match(r"search .* rows 0", each.choose.history[-1])
    ]
    assert after
    assert {*after} == {"ask"}


def test_what_is_learned_from_is_in_no_other_split() -> None:
    tasks = {split: aside_tasks(split, count=48, seed=3) for split in SPLITS}
    said = {split: {task.wording for task in found} for split, found in tasks.items()}
    assert all(task.split == split for split, found in tasks.items() for task in found)
    assert not any(said[one] & said[other] for one, other in combinations(SPLITS, 2))
