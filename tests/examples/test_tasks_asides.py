"""Asides and unknown names: nothing can be done, the expert sees it, and the splits stay apart."""

from random import Random

import pytest

from examples.helpdesk.server import HelpDeskServer
from examples.helpdesk.tasks import FAMILIES, HELD_OUT, collect, generate, generate_asides, unknown
from examples.helpdesk.tasks.families.asides import ASIDES
from examples.helpdesk.tasks.families.family import WRITES
from examples.helpdesk.tasks.task import Split
from examples.helpdesk.tasks.wording import wordings
from tests.nearness import near

KINDS = [family.name for family in ASIDES]


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_expert_leaves_everything_as_it_is(split: Split) -> None:
    proper = generate(split, seed=21, per_family=3)
    tasks = [*generate_asides(split, seed=21, per_family=3), *Random(1).sample(list(unknown(proper, seed=21)), 40)]
    with HelpDeskServer() as server:
        found = list(collect(tasks, server))
    solved = [one.task for one in found if one.verified and one.trajectory]
    assert len(solved) >= 0.95 * len(tasks)
    assert {task.family for task in solved} >= set(KINDS)
    for one in found:
        if one.verified and one.trajectory:
            assert not {step.operation for step in one.trajectory.steps} & {*WRITES}
            assert one.trajectory.ending.kind == ("finish" if one.task.outcome == "done" else "ask")


def test_what_is_unknown_is_a_task_of_training_about_another_name() -> None:
    proper = {task.id: task for task in generate("train", seed=22, per_family=4)}
    made = list(unknown(list(proper.values()), seed=1))
    assert made == list(unknown(list(proper.values()), seed=1))
    assert len(made) > len(proper) / 2
    changed = set[str]()
    for task in made:
        before = proper[task.id.removesuffix("-unknown")]
        (slot,) = [slot for slot in task.spans if task.spans[slot] != before.spans[slot]]
        assert task.text == before.text.replace(before.spans[slot], task.spans[slot])
        assert FAMILIES[task.family].outcome == "done"
        assert task.family not in HELD_OUT
        assert (task.outcome, task.goal, task.forbidden) == ("asked", (), WRITES)
        changed.add(slot)
    assert changed >= {"person", "group", "product", "list", "ticket", "tag"}


def test_asides_are_no_families_of_the_tasks_proper() -> None:
    assert not {task.family for task in generate("test", seed=3, per_family=1)} & set(KINDS)


def test_no_aside_to_train_on_is_nearly_one_to_measure_on() -> None:
    measured = [
        one.pattern for name in (*KINDS, *FAMILIES) for split in ("dev", "test") for one in wordings(name, split)
    ]
    trained = [one.pattern for kind in KINDS for one in wordings(kind, "train")]
    assert len(trained) > 1100
    assert near(trained, measured) == []
