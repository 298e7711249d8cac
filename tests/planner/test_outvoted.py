"""What precedents did otherwise is asked about, where the model is in two minds itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planner_world import World, act, end

from knowledge.types import ActionSpec, Run, Trajectory
from models.lam import Choice, Option
from planner.budgets import Caution
from tests.fakes import said, seen

TEXT = "Let Anders Bennett in again."
SEARCH = act("search_accounts", query=said("Anders Bennett"))
UNLOCK = act("unlock_account", username=seen(0, "accounts.0.username"))
OTHER = "helpdesk.enable_account"


def done_before(world: World, action: str) -> Trajectory:
    """A verified run for the like that did this after the same look."""
    run = world.run("Anders Bennett can't get in.", [SEARCH, UNLOCK, end("finish")])
    (found,) = [each for each in world.record.memory.list("default") if each.id == run.id]
    world.patch("accounts", {"username": "abennett"}, {"status": "locked"})
    world.record.memory.clear()
    return replace(found, steps=(found.steps[0], replace(found.steps[1], action=action)))


def carried_out(world: World, before: str, probability: float, second: str = OTHER) -> Run:
    torn = replace(UNLOCK, probability=probability, others={second: 1 - probability})
    return world.run(TEXT, [SEARCH, torn, end("finish")], precedents=[done_before(world, before)] if before else [])


def test_what_was_done_otherwise_before_is_asked_about(world: World) -> None:
    run = carried_out(world, OTHER, 0.7)
    assert run.outcome
    assert run.outcome.status == "asked"
    assert "I would unlock account with username “abennett”, but something else was done" in run.outcome.question
    assert [step.action for step in run.steps] == [SEARCH.action]


@pytest.mark.parametrize(
    ("before", "probability", "second"),
    [
        ("", 0.7, OTHER),
        (UNLOCK.action, 0.7, OTHER),
        (OTHER, 0.84, OTHER),
        (OTHER, 0.7, "helpdesk.reset_mfa"),
    ],
    ids=["nothing known", "the same was done", "the model is sure", "the model thinks of something else"],
)
def test_else_it_is_carried_out(world: World, before: str, probability: float, second: str) -> None:
    run = carried_out(world, before, probability, second)
    assert run.outcome
    assert run.outcome.status == "verified"


shares = st.floats(0, 1)


@given(probability=st.floats(0.3, 1), ours=shares, theirs=shares)
def test_only_a_lead_of_the_second_choice_holds_an_action_back(probability: float, ours: float, theirs: float) -> None:
    spec = ActionSpec(name="unlock", app="desk", description="")
    choice = Choice(
        ranked=(
            Option(action=spec.id, probability=probability),
            Option(action="enable", probability=1 - probability),
        )
    )
    caution = Caution()
    held = bool(caution.outvoted(spec, choice, {spec.id: ours, "enable": theirs}))
    torn = probability < caution.sure and 1 - probability >= caution.second
    assert held == (torn and theirs - ours > caution.lead)
    assert not caution.outvoted(replace(spec, effect="read"), choice, {"enable": 1.0})
    assert not caution.outvoted(spec, choice, {"refuse": 1.0})
