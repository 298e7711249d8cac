"""Two wishes in one request: which go together, how they are said, and that the expert does both."""

from collections import Counter
from random import Random

import pytest

from examples.helpdesk.server import HelpDeskServer
from examples.helpdesk.tasks import FAMILIES, HELD_OUT, HelpDeskTask, collect, generate_joined
from examples.helpdesk.tasks.families.joined import PEOPLE, TICKETS, Unfit, pairs, together
from examples.helpdesk.tasks.task import Split
from examples.helpdesk.tasks.wording import sections

PARTED: tuple[Split, Split] = ("train", "dev")


@pytest.fixture(scope="module")
def tasks() -> dict[str, list[HelpDeskTask]]:
    return {split: generate_joined(split, seed=4, count=60) for split in PARTED}


def test_no_pair_is_both_trained_on_and_measured_nor_asked_for_by_a_held_out_family() -> None:
    train, dev = ({frozenset(pair) for pair in pairs(split)} for split in PARTED)
    assert not train & dev
    assert len(train) > 80
    assert len(dev) > 15
    assert not {name for pair in train | dev for name in pair} & HELD_OUT
    assert frozenset({"add_group_member", "assign_licence"}) not in train | dev


def test_splits_share_no_fragment_and_no_frame() -> None:
    said = {
        split: {line for (name, of), lines in sections().items() if of == split and ":" in name for line in lines}
        for split in PARTED
    }
    assert not said["train"] & said["dev"]
    for split in PARTED:
        assert all(sections()[f"do:{family}", split] for family in (*PEOPLE, *TICKETS))


def test_the_same_seed_gives_the_same_tasks_and_pairs_take_turns(tasks: dict[str, list[HelpDeskTask]]) -> None:
    assert [t.text for t in generate_joined("dev", seed=4, count=60)] == [t.text for t in tasks["dev"]]
    assert [t.text for t in generate_joined("dev", seed=5, count=60)] != [t.text for t in tasks["dev"]]
    assert max(Counter(t.family for t in tasks["train"]).values()) == 1
    assert max(Counter(t.family for t in tasks["dev"]).values()) <= 3


def test_both_wishes_are_in_the_text_and_in_the_goal(tasks: dict[str, list[HelpDeskTask]]) -> None:
    for task in (*tasks["train"], *tasks["dev"]):
        first, second = (FAMILIES[name] for name in task.family.split("+"))
        assert task.joined
        assert all(span in task.text for span in task.spans.values())
        assert "{" not in task.text
        assert not {*first.writes, *second.writes} & set(task.forbidden)
        assert len(task.goal) in (1, 2), task.family
        same_row = len({(change.table, str(change.key)) for change in task.goal}) == 1 and len(task.goal) == 1
        assert same_row or len(task.goal) == 2


def test_the_expert_does_both_and_looks_nothing_up_twice(tasks: dict[str, list[HelpDeskTask]]) -> None:
    with HelpDeskServer() as server:
        collected = list(collect([*tasks["train"], *tasks["dev"]], server))
        astray = list(collect(tasks["train"][:20], server, astray=Random(0)))
    assert [one.task.id for one in (*collected, *astray) if not one.verified] == []
    for task, trajectory, _ in collected:
        assert trajectory is not None
        calls = Counter((step.operation, str(step.arguments)) for step in trajectory.steps)
        assert max(calls.values()) == 1
        first, second = task.family.split("+")
        writes = [step.operation for step in trajectory.steps if not step.operation.startswith(("search", "get"))]
        assert set(writes) == {*FAMILIES[first].writes, *FAMILIES[second].writes}


def test_what_would_need_one_slot_for_two_things_does_not_go_together() -> None:
    with pytest.raises(Unfit):
        together("add_group_member", "remove_group_member", "dev", Random(0))
