"""Plan graphs: the order of independent calls does not matter; names, dependencies and, if asked, values do."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.types import Argument, Literal, Provenance, Reference, Step
from models.plan_graph import graph, isomorphic

Given = dict[str, "str | tuple[int, str]"]


def step(index: int, action: str, **arguments: "str | tuple[int, str]") -> Step:
    """A text is a value of the request, (step, path) what that step returned."""
    return Step(
        index=index, action=action, arguments=tuple(Argument(name=n, value=_of(v)) for n, v in arguments.items())
    )


def _of(value: "str | tuple[int, str]") -> Literal | Reference:
    if isinstance(value, tuple):
        return Reference(step=value[0], path=value[1])
    return Literal(value=value, provenance=Provenance(source="request", source_id="request", raw=value))


def invited(first: str, second: str, *, title: str = "lunch") -> list[Step]:
    """The paper's example: two addresses are looked up, in either order, and an event is made of both."""
    return [
        step(0, "find_address", name=first),
        step(1, "find_address", name=second),
        step(2, "create_event", title=title, **{f"to_{first}": (0, "mail"), f"to_{second}": (1, "mail")}),
    ]


GOLD = graph(invited("sid", "lutfi"))


def test_the_order_of_independent_calls_does_not_matter() -> None:
    swapped = graph(invited("lutfi", "sid"))
    assert isomorphic(GOLD, swapped)
    assert isomorphic(GOLD, swapped, same_values=True)


def test_a_wrong_function_a_missing_one_or_one_too_many_is_another_plan() -> None:
    wrong, right = invited("sid", "lutfi"), invited("sid", "lutfi")
    wrong[1] = replace(wrong[1], action="find_phone")
    assert not isomorphic(GOLD, graph(wrong))
    assert not isomorphic(GOLD, graph(right[1:]))
    assert not isomorphic(GOLD, graph([*right, step(3, "send_mail")]))


def test_a_dependency_that_is_not_there_is_another_plan() -> None:
    loose = [*invited("sid", "lutfi")[:2], step(2, "create_event", title="lunch", to_sid="x", to_lutfi=(1, "mail"))]
    assert not isomorphic(GOLD, graph(loose))


def test_values_count_only_in_the_stricter_form() -> None:
    renamed = graph(invited("sid", "lutfi", title="dinner"))
    assert isomorphic(GOLD, renamed)
    assert not isomorphic(GOLD, renamed, same_values=True)


def test_a_result_handed_to_the_wrong_parameter_is_wrong_in_the_stricter_form() -> None:
    crossed = invited("sid", "lutfi")
    crossed[2] = step(2, "create_event", title="lunch", to_sid=(1, "mail"), to_lutfi=(0, "mail"))
    assert isomorphic(GOLD, graph(crossed))
    assert not isomorphic(GOLD, graph(crossed), same_values=True)


def test_what_was_done_is_read_from_where_its_values_came_from() -> None:
    seen = Provenance(source="observation", source_id="step:4", raw="x@y", path="mail")
    done = [
        step(4, "find_address", name="sid"),
        Step(index=7, action="send", arguments=(Argument(name="to", value=Literal(value="x@y", provenance=seen)),)),
    ]
    planned = [step(0, "find_address", name="sid"), step(1, "send", to=(0, "mail"))]
    assert isomorphic(graph(done), graph(planned))
    (edge,) = graph(done).edges
    assert (edge.before, edge.after) == (0, 1)
    assert graph(done[1:]).edges == ()  # the step it came from is not told: then it is a value
    assert graph(done[1:]).nodes[0].values == {"to": "x@y"}


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    made: list[Step] = []
    for index in range(draw(st.integers(1, 7))):
        arguments: Given = {"what": draw(st.sampled_from("xyz"))}
        for name in draw(st.sets(st.sampled_from(["a", "b"]))):
            if index:
                arguments[name] = (draw(st.integers(0, index - 1)), draw(st.sampled_from(["id", "mail"])))
        made.append(step(index, draw(st.sampled_from(["look", "find", "send"])), **arguments))
    return made


def another_order(plan: list[Step], rng: random.Random) -> list[Step]:
    """The same calls in any order that their dependencies allow, numbered anew."""
    left, number, made = list(plan), dict[int, int](), list[Step]()
    while left:
        ready = [s for s in left if all(a.value.step in number for a in s.arguments if isinstance(a.value, Reference))]
        chosen = rng.choice(ready)
        left.remove(chosen)
        number[chosen.index] = len(made)
        arguments = tuple(
            replace(a, value=replace(a.value, step=number[a.value.step])) if isinstance(a.value, Reference) else a
            for a in chosen.arguments
        )
        made.append(replace(chosen, index=len(made), arguments=arguments))
    return made


@given(plans(), st.randoms(use_true_random=False))
def test_any_order_the_dependencies_allow_is_the_same_plan(plan: list[Step], rng: random.Random) -> None:
    shuffled = graph(another_order(plan, rng))
    assert isomorphic(graph(plan), shuffled, same_values=True)
    assert isomorphic(shuffled, graph(plan))


@given(plans(), st.integers(0, 6), st.sampled_from(["action", "value", "gone"]))
def test_any_change_is_seen(plan: list[Step], which: int, change: str) -> None:
    at = which % len(plan)
    changed = list(plan)
    if change == "action":
        changed[at] = replace(plan[at], action="other")
    elif change == "value":
        changed[at] = replace(plan[at], arguments=(Argument(name="what", value=_of("w")), *plan[at].arguments[1:]))
    else:
        changed = plan[:-1]
    assert not isomorphic(graph(plan), graph(changed), same_values=True)
    assert isomorphic(graph(plan), graph(changed)) == (change == "value")


@given(plans(), plans())
def test_the_stricter_form_is_stricter_and_both_are_symmetric(one: list[Step], other: list[Step]) -> None:
    a, b = graph(one), graph(other)
    for strict in (False, True):
        assert isomorphic(a, b, same_values=strict) == isomorphic(b, a, same_values=strict)
    if isomorphic(a, b, same_values=True):
        assert isomorphic(a, b)


@pytest.mark.parametrize("same_values", [False, True])
def test_two_empty_plans_are_one(same_values: bool) -> None:
    assert isomorphic(graph([]), graph([]), same_values=same_values)
    assert not isomorphic(graph([]), GOLD, same_values=same_values)
