"""How far a run agrees with the expert: hand-counted cases, and laws for any two sequences."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.practice.score import Aligned, aligned, by_actions, paired, single_steps
from knowledge.types import Argument, JsonValue, Literal, Observation, Outcome, Provenance, Run, Step, Task
from planner.replay import Call, Demonstration

TASK = Task(id="t", text="do it", now=datetime(2026, 3, 2))


def expert(*calls: tuple[str, dict[str, JsonValue]], ending: str = "finish") -> Demonstration:
    made = tuple(Call(action=action, arguments=arguments, ok=True, body=None) for action, arguments in calls)
    return Demonstration(task=TASK, calls=made, ending=ending, origin="x")  # type: ignore[arg-type]


def run(*calls: tuple[str, dict[str, JsonValue]], outcome: str | None = "verified", status: str = "ok") -> Run:
    where = Provenance(source="request", source_id="request", raw="")
    steps = tuple(
        Step(
            index=i,
            action=action,
            arguments=tuple(Argument(name=n, value=Literal(value=v, provenance=where)) for n, v in arguments.items()),
        )
        for i, (action, arguments) in enumerate(calls)
    )
    seen = tuple(Observation(step=s.index, status=status) for s in steps)  # type: ignore[arg-type]
    ended = Outcome(status=outcome) if outcome else None  # type: ignore[arg-type]
    return Run(id="r", task=TASK, status="done", steps=steps, observations=seen, outcome=ended)


A, B, C = ("a", {"x": 1}), ("b", {"y": "v", "z": True}), ("c", {})


def counts(found: Aligned) -> tuple[int, int, int, int, int]:
    return found.steps, found.steps_right, found.actions_right, found.arguments, found.arguments_right


@pytest.mark.parametrize(
    ("calls", "all_five"),
    [
        ((A, B, C), (4, 4, 4, 3, 3)),
        ((), (4, 1, 1, 0, 0)),
        ((A, C), (4, 3, 3, 1, 1)),
        ((A, ("b", {"y": "w", "z": True}), C), (4, 3, 4, 3, 2)),
        ((A, ("b", {"z": True}), C), (4, 3, 4, 3, 2)),
        ((A, A, B, A, C), (6, 4, 4, 3, 3)),
        ((C, B, A), (4, 2, 2, 1, 1)),
    ],
    ids=["same", "nothing", "one left out", "other value", "value left out", "detours", "backwards"],
)
def test_agreement_is_counted_in_order(
    calls: tuple[tuple[str, dict[str, JsonValue]], ...], all_five: tuple[int, ...]
) -> None:
    found = counts(aligned(expert(A, B, C), run(*calls)))
    if calls == (C, B, A):  # any one of the three is a longest common subsequence
        assert found[:3] == all_five[:3]
    else:
        assert found == all_five


@pytest.mark.parametrize(
    ("ending", "outcome", "right"),
    [
        ("finish", "verified", 1),
        ("finish", "unverified", 1),
        ("ask", "asked", 1),
        ("refuse", "refused", 1),
        ("escalate", "escalated", 1),
        ("ask", "verified", 0),
        ("refuse", "escalated", 0),
        ("ask", None, 0),
    ],
)
def test_the_ending_is_one_more_step(ending: str, outcome: str | None, right: int) -> None:
    found = aligned(expert(ending=ending), run(outcome=outcome))
    assert counts(found) == (1, right, right, 0, 0)


def test_steps_that_never_ran_do_not_count() -> None:
    assert counts(aligned(expert(A), run(A, status="denied"))) == (2, 1, 1, 0, 0)
    assert counts(aligned(expert(A), run(A, status="error"))) == (2, 2, 2, 1, 1)


calls = st.lists(
    st.tuples(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xy"), st.integers(0, 1))), max_size=6
)


@given(one=calls, other=calls)
def test_agreement_never_exceeds_what_there_is(
    one: list[tuple[str, dict[str, JsonValue]]], other: list[tuple[str, dict[str, JsonValue]]]
) -> None:
    found = aligned(expert(*one), run(*other))
    assert found.steps == max(len(one), len(other)) + 1
    assert 1 <= found.steps_right <= found.actions_right <= found.steps
    assert found.arguments_right <= found.arguments <= sum(len(arguments) for _, arguments in one)
    assert found.actions_right == aligned(expert(*other), run(*one)).actions_right


@given(one=calls)
def test_the_expert_agrees_with_itself(one: list[tuple[str, dict[str, JsonValue]]]) -> None:
    found = aligned(expert(*one), run(*one))
    assert found.steps == found.steps_right == found.actions_right
    assert found.arguments == found.arguments_right


def told(*calls: tuple[str, dict[str, JsonValue]], **how: str) -> list[tuple[str, str]]:
    pairs = paired(expert(A, B, C), run(*calls, **how))  # type: ignore[arg-type]
    return [(p.right.operation if p.right else "", p.made.operation if p.made else "") for p in pairs]


END = ("finish", "finish")


def test_both_sequences_are_laid_side_by_side() -> None:
    assert told(A, B, C) == [("a", "a"), ("b", "b"), ("c", "c"), END]
    assert told(A, C) == [("a", "a"), ("b", ""), ("c", "c"), END]
    assert told(A, A, B, C) == [("a", "a"), ("", "a"), ("b", "b"), ("c", "c"), END]
    assert told(A, ("d", {}), C) == [("a", "a"), ("b", "d"), ("c", "c"), END]
    assert told() == [("a", ""), ("b", ""), ("c", ""), END]
    assert told(A, outcome="escalated") == [("a", "a"), ("b", ""), ("c", ""), ("finish", "escalate")]


def test_calls_that_never_reached_the_application_are_no_steps() -> None:
    assert told(A, B, C, status="ungrounded") == told()


def test_the_run_that_does_as_the_expert_is_right_in_everything() -> None:
    right = single_steps([paired(expert(A, B, C), run(A, B, C))])
    assert set(right.values()) == {1.0}
    wrong = single_steps([paired(expert(A, B, C), run(outcome="asked"))])
    assert (wrong["operation_accuracy"], wrong["object_accuracy"], wrong["task_exact"]) == (0.0, 0.25, 0.0)


def test_every_action_and_ending_has_its_scores() -> None:
    scores = by_actions([paired(expert(A, B), run(A, C)), paired(expert(A), run(A, outcome="asked"))])
    assert (scores["a"].precision, scores["a"].recall, scores["a"].support) == (1.0, 1.0, 2)
    assert (scores["b"].recall, scores["c"].precision) == (0.0, 0.0)
    assert (scores["finish"].precision, scores["finish"].recall, scores["ask"].precision) == (1.0, 0.5, 0.0)


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abcd"), max_size=6))
def test_no_step_is_lost_or_told_twice(gold: list[str], made: list[str]) -> None:
    pairs = paired(expert(*((name, {}) for name in gold)), run(*((name, {}) for name in made)))
    assert [p.right.operation for p in pairs if p.right] == [*gold, "finish"]
    assert [p.made.operation for p in pairs if p.made] == [*made, "finish"]
    assert all(p.right or p.made for p in pairs)
