"""Figures by action and by the LAM paper's notions: hand-counted cases, and laws for any answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.types import JsonValue
from models.metrics import Judged, Move, Taken, action_figures, by_action, judged, lam_figures, same_value

NAMES = st.sampled_from(["look", "unlock", "reset", "finish"])
POINTS = st.lists(st.builds(lambda r, t: Taken(right=r, taken=t), NAMES, NAMES), min_size=1, max_size=40)
JUDGED = st.builds(lambda o, p, s: Judged(object=o, operation=p, status=s), st.booleans(), st.booleans(), st.booleans())


def points(*pairs: tuple[str | None, str | None]) -> list[Taken]:
    return [Taken(right=right, taken=taken) for right, taken in pairs]


def test_precision_recall_and_f1_are_counted_by_action() -> None:
    scores = by_action(points(("look", "look"), ("look", "reset"), ("reset", "reset"), ("unlock", "reset")))
    assert {*scores} == {"look", "reset", "unlock"}
    assert (scores["look"].precision, scores["look"].recall, scores["look"].f1) == (1.0, 0.5, pytest.approx(2 / 3))
    assert (scores["reset"].precision, scores["reset"].recall) == (pytest.approx(1 / 3), 1.0)
    assert (scores["unlock"].f1, scores["unlock"].support, scores["unlock"].taken) == (0.0, 1, 0)


def test_a_step_left_out_costs_recall_and_one_too_many_costs_precision() -> None:
    scores = by_action(points(("look", "look"), ("look", None), (None, "reset")))
    assert (scores["look"].precision, scores["look"].recall) == (1.0, 0.5)
    assert (scores["reset"].precision, scores["reset"].support) == (0.0, 0)


@given(POINTS)
def test_figures_are_those_of_scikit_learn(made: list[Taken]) -> None:
    theirs = pytest.importorskip("sklearn.metrics")
    mine = action_figures(made)
    for average in ("macro", "weighted"):
        found = theirs.precision_recall_fscore_support(
            [p.right for p in made], [p.taken for p in made], average=average, zero_division=0
        )
        names = [f"{kind}_{average}" for kind in ("precision", "recall", "f1")]
        assert [mine[name] for name in names] == pytest.approx([float(x) for x in found[:3]], abs=1e-4)


@given(POINTS)
def test_weighted_recall_is_accuracy_and_all_right_is_one(made: list[Taken]) -> None:
    figures = action_figures(made)
    assert figures["recall_weighted"] == figures["accuracy"]
    perfect = action_figures([Taken(right=p.right, taken=p.right) for p in made])
    assert set(perfect.values()) == {1.0}


def test_nothing_asked_is_no_figure_above_zero() -> None:
    assert set(action_figures([]).values()) == {0.0}
    assert set(lam_figures([]).values()) == {0.0}


UNLOCK = Move(operation="unlock", arguments={"username": "ada"})
DONE = Move(operation="finish", arguments={}, status="finish")


@pytest.mark.parametrize(
    ("made", "object", "operation", "status"),
    [
        (UNLOCK, True, True, True),
        (Move(operation="reset", arguments={"username": "ada"}), True, False, True),
        (Move(operation="unlock", arguments={"username": "bob"}), False, True, True),
        (Move(operation="unlock", arguments={"username": "ada", "why": "x"}), False, True, True),
        (DONE, False, False, False),
        (None, False, False, False),
    ],
)
def test_object_operation_and_status_are_judged_apart(
    made: Move | None, object: bool, operation: bool, status: bool
) -> None:
    assert judged(UNLOCK, made) == Judged(object=object, operation=operation, status=status)


def test_another_ending_has_the_wrong_status() -> None:
    asked = Move(operation="ask", arguments={}, status="ask")
    assert judged(DONE, asked) == Judged(object=True, operation=False, status=False)
    assert judged(None, DONE).success is False


@given(st.lists(st.lists(JUDGED, min_size=1, max_size=6), min_size=1, max_size=8))
def test_a_step_needs_all_three_and_a_task_all_its_steps(tasks: list[list[Judged]]) -> None:
    figures = lam_figures(tasks)
    parts = [figures[f"{kind}_accuracy"] for kind in ("object", "operation", "status")]
    assert figures["step_success"] <= min(parts)
    assert (figures["task_exact"] == 1.0) == (figures["step_success"] == 1.0)
    wrong = Judged(object=True, operation=True, status=False)
    assert lam_figures([[*task, wrong] for task in tasks])["task_exact"] == 0.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        ("1", 1, False),
        ([1, {"a": None}], [1, {"a": None}], True),
        ([1], [1, 2], False),
    ],
)
def test_values_are_the_same_as_json_has_it(one: JsonValue, other: JsonValue, same: bool) -> None:
    assert same_value(one, other) is same
