"""Walks against the real practice help desk: every write is right somewhere, and no held-out pair is made."""

import random
from collections.abc import Iterator

import pytest
from api_world import BagEmbedder

from api.practice.desk import Practice, practice
from api.practice.walks import NOT_TOGETHER, planned
from examples.helpdesk.tasks import HELD_OUT, generate
from planner.replay import Demonstration


@pytest.fixture(scope="module")
def desk() -> Iterator[Practice]:
    with practice(embedder=BagEmbedder()) as each:
        yield each


@pytest.fixture(scope="module")
def made(desk: Practice) -> list[Demonstration]:
    tasks = [t for t in generate("train", seed=5, per_family=2) if t.outcome == "done"]
    return list(planned([each for _, each in desk.solved(tasks)], desk.specs, random.Random(0)))


def test_writes_no_expert_shows_are_right_somewhere(made: list[Demonstration]) -> None:
    right = {call.action.split(".")[1] for walk in made for call in walk.calls}
    assert {"release_licence", "remove_list_member", "reject_access_request"} <= right


def test_everything_needed_was_found_before(made: list[Demonstration], desk: Practice) -> None:
    for walk in made:
        seen = walk.task.text
        for call in walk.calls:
            if desk.specs[call.action].effect != "read":
                assert all(str(value) in seen for value in call.arguments.values()), walk
            seen += str(call.body)


def test_held_out_pairs_are_left_out(made: list[Demonstration], desk: Practice) -> None:
    """The held-out family with two writes: found by solving it, so that the constant cannot go stale."""
    tasks = [t for t in generate("test", seed=0, per_family=1) if t.family in HELD_OUT and t.outcome == "done"]
    pairs = set()
    for _, each in desk.solved(tasks):
        writes = {c.action.split(".")[1] for c in each.calls if desk.specs[c.action].effect != "read"}
        if len(writes) > 1:
            pairs.add(frozenset(writes))
    assert pairs == {NOT_TOGETHER}
    for walk in made:
        assert {c.action.split(".")[1] for c in walk.calls} & NOT_TOGETHER != NOT_TOGETHER


def test_what_stops_one_write_does_not_stop_its_opposite(desk: Practice) -> None:
    """An empty pool: no walk hands a licence out, some give one back."""
    families = {"escalate_pool_empty", "assign_licence"}
    tasks = [t for t in generate("train", seed=5, per_family=3) if t.family in families]
    walks = list(planned([each for _, each in desk.solved(tasks)], desk.specs, random.Random(0)))
    after_empty = {walk.calls[-1].action for walk in walks if _found_no_licence_left(walk)}
    assert after_empty == {"helpdesk.release_licence"}


def _found_no_licence_left(walk: Demonstration) -> bool:
    """Just before the last write."""
    return len(walk.calls) > 1 and "'available': 0" in str(walk.calls[-2].body)
