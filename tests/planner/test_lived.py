"""Runs of one's own as demonstrations: what reached the application, with the values it was called with."""

from dataclasses import replace
from datetime import datetime

import pytest

from knowledge.types import ActionSpec, Context, Ending, Hit, Parameter, Task, Trajectory
from planner.lived import demonstration
from planner.replay import Call, Demonstration, Report, examples, trajectory

TEXT = {"type": "string"}
SEARCH = ActionSpec(
    name="search",
    app="crm",
    description="Find a customer by name",
    effect="read",
    parameters=(Parameter(name="query", schema=TEXT, required=True),),
    returns={"type": "object", "properties": {"id": TEXT}},
)
CLOSE = ActionSpec(
    name="close",
    app="crm",
    description="Close a customer's account",
    parameters=(Parameter(name="id", schema=TEXT, required=True), Parameter(name="note", schema=TEXT)),
)
SPECS = {spec.id: spec for spec in (SEARCH, CLOSE)}
TASK = Task(id="t1", text="Please close the account of Ann Lee.", now=datetime(2026, 3, 2))
EXPERT = Demonstration(
    task=TASK,
    calls=(
        Call(action="crm.search", arguments={"query": "Ann Lee"}, ok=True, body={"id": "C-17"}),
        Call(
            action="crm.close", arguments={"id": "C-17"}, ok=False, body={"code": "open_invoice"}, code="open_invoice"
        ),
    ),
    ending="escalate",
    origin="expert",
)


@pytest.fixture
def lived() -> Trajectory:
    return trajectory(EXPERT, SPECS)


def test_a_run_becomes_the_demonstration_it_was(lived: Trajectory) -> None:
    assert demonstration(lived, SPECS, origin="expert") == EXPERT


@pytest.mark.parametrize(("ending", "learned"), [("finish", 1), ("escalate", 2)])
def test_a_wrong_call_is_no_lesson_where_the_run_was_finished_all_the_same(
    ending: Ending, learned: int, lived: Trajectory
) -> None:
    first, second = lived.observations
    run = replace(lived, observations=(first, replace(second, http_status=409)), ending=ending)
    found = demonstration(run, SPECS, origin="x")
    assert found
    assert len([call for call in found.calls if not call.astray]) == learned


def test_what_never_reached_the_application_is_left_out(lived: Trajectory) -> None:
    first, second = lived.observations
    refused = replace(lived, observations=(first, replace(second, status="ungrounded")))
    found = demonstration(refused, SPECS, origin="x")
    assert found
    assert [call.action for call in found.calls] == ["crm.search"]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: replace(t, ending="open"),
        lambda t: replace(t, steps=(replace(t.steps[0], action="crm.gone"), t.steps[1])),
        lambda t: replace(t, steps=(replace(t.steps[0], arguments=()), t.steps[1])),
    ],
    ids=["no ending", "an action that is gone", "a required value that is gone"],
)
def test_what_cannot_be_learned_from_is_none(lived: Trajectory, change: object) -> None:
    assert demonstration(change(lived), SPECS, origin="x") is None  # type: ignore[operator]


def test_lessons_of_a_run_are_those_of_the_expert(lived: Trajectory) -> None:
    context = Context(actions=tuple(Hit(kind="action", score=1.0, similarity=0.5, item=s) for s in SPECS.values()))
    made = demonstration(lived, SPECS, origin="expert")
    assert made
    assert list(examples(made, context, SPECS, report=Report())) == list(
        examples(EXPERT, context, SPECS, report=Report())
    )
