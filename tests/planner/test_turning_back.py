"""A step that is the opposite of one of the same run is asked about; another change of the same thing is not."""

import pytest
from planner_world import Someone, World, act, end

from tests.fakes import Move, said

REQUEST = "Take abennett out of cycling-club, and put abennett into the group cycling-club. Title: Engineer, in Sales."
WHO = {"username": said("abennett")}
IN = act("add_group_member", group=said("cycling-club"), **WHO)
OUT = act("remove_group_member", group=said("cycling-club"), **WHO)


@pytest.fixture
def moves() -> list[Move]:
    return [IN, OUT, end("finish")]


def test_it_is_asked_about(world: World, moves: list[Move]) -> None:
    person = Someone(answers=iter(["yes"]))
    run = world.run(REQUEST, moves, person=person)
    assert "it would undo what step 1 did" in person.asked[-1].question
    assert [step.action.partition(".")[2] for step in run.steps] == ["add_group_member", "remove_group_member"]


def test_without_an_answer_nothing_is_undone(world: World, moves: list[Move]) -> None:
    run = world.run(REQUEST, moves)
    assert run.outcome
    assert run.outcome.status == "asked"
    assert world.writes("remove_group_member") == 0


def test_the_opposite_of_what_could_not_be_done_is_asked_about(world: World) -> None:
    """Nobody who is not in a group to be taken out of it is put into it instead."""
    person = Someone()
    run = world.run(REQUEST, [OUT, IN, end("finish")], person=person)
    assert [each.code for each in run.observations] == ["not_member"]
    assert "it is the opposite of step 1, which did not succeed" in person.asked[-1].question
    assert world.writes("add_group_member") == 0


def test_for_somebody_else_it_is_no_turning_back(world: World) -> None:
    other = act("remove_group_member", group=said("cycling-club"), username=said("bchen"))
    person = Someone()
    world.run(f"{REQUEST} Not bchen.", [IN, other, end("finish")], person=person)
    assert not any("undo" in each.question for each in person.asked)


def test_a_second_change_by_the_same_action_is_no_turning_back(world: World) -> None:
    title = act("update_account", title=said("Engineer"), **WHO)
    department = act("update_account", department=said("Sales"), **WHO)
    person = Someone()
    run = world.run(REQUEST, [title, department, end("finish")], person=person)
    assert not any("undo what" in each.question for each in person.asked)
    assert len(run.steps) == 2
