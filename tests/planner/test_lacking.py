"""What a question is about: the likeliest action that a value is missing for, or nothing."""

from dataclasses import replace

import pytest

from knowledge.types import ActionSpec, Hit, Parameter
from models.lam import Choice, Filled, Option
from planner.lacking import TRIED, lacking

GRANT = ActionSpec(
    name="grant",
    app="desk",
    description="Grants.",
    parameters=(Parameter(name="user", required=True), Parameter(name="until", required=True)),
)
REVOKE = replace(GRANT, name="revoke", description="Revokes.", parameters=GRANT.parameters[:1])
FIND = replace(GRANT, name="find", description="Finds.", parameters=GRANT.parameters[:1], effect="read")
SPECS = {spec.id: spec for spec in (GRANT, REVOKE, FIND)}


def asked(given: dict[str, float], best_first: list[str], missing: dict[str, tuple[str, ...]]) -> str | None:
    """For what, by the model's probabilities, retrieval's order, and what each action would lack."""
    ranked = sorted({"ask": 1 - sum(given.values()), **given}.items(), key=lambda each: -each[1])
    found = lacking(
        Choice(ranked=tuple(Option(action=a, probability=p) for a, p in ranked)),
        offered=[Hit(kind="action", score=0.0, similarity=0.0, item=SPECS[action]) for action in best_first],
        specs=SPECS,
        fill=lambda spec: Filled(arguments=(), missing=missing.get(spec.id, ())),
    )
    return found and found.spec.name


def test_what_lacks_nothing_is_not_what_is_asked_for() -> None:
    likelihood = {"desk.revoke": 0.001, "desk.grant": 0.0001}
    assert asked(likelihood, ["desk.grant", "desk.find", "desk.revoke"], {"desk.grant": ("until",)}) == "grant"


def test_of_two_that_are_as_likely_retrieval_says_which() -> None:
    lacks = {"desk.grant": ("user",), "desk.revoke": ("user",)}
    likelihood = {"desk.revoke": 0.0002, "desk.grant": 0.0001}
    assert asked(likelihood, ["desk.grant", "desk.find", "desk.revoke"], lacks) == "grant"
    assert asked(likelihood, ["desk.revoke", "desk.find", "desk.grant"], lacks) == "revoke"


@pytest.mark.parametrize("missing", [{}, {"desk.grant": ("until",)}])
def test_nothing_is_asked_for_that_nobody_means(missing: dict[str, tuple[str, ...]]) -> None:
    likelihood = {"desk.find": 0.4, "desk.grant": 0.000001}
    assert asked(likelihood, ["desk.find", "desk.revoke", "desk.grant"], missing) is None


def test_without_actions_there_is_nothing() -> None:
    assert asked({}, [], {}) is None


def test_only_a_few_are_filled() -> None:
    many = {f"desk.a{i}": replace(GRANT, name=f"a{i}") for i in range(2 * TRIED)}
    filled: list[str] = []

    def fill(spec: ActionSpec) -> Filled:
        filled.append(spec.name)
        return Filled(arguments=())

    choice = Choice(ranked=tuple(Option(action=a, probability=1 / len(many)) for a in many))
    assert lacking(choice, offered=(), specs=many, fill=fill) is None
    assert len(filled) <= TRIED
