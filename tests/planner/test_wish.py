"""What a request asks for beside what was done is carried out before the run ends, if similar runs say how."""

from typing import Any

import pytest
from planner_world import UNLOCK_AND_VPN, Someone, World, act, end

from knowledge.types import Trajectory
from tests.fakes import FixedSearcher, Move, said, seen

NAME = "Anders Bennett"
USERNAME = seen(0, "accounts.0.username")
LOOK = act("search_accounts", query=said(NAME))
UNLOCK = act("unlock_account", username=USERNAME)
GRANT = act("grant_vpn_access", username=USERNAME, until=said("20 March"))
FINISH = end("finish")
# All of the request; then each part: what it would be begun with, and, where that is wanted, its way to its end.
HALF = [LOOK, UNLOCK, FINISH]


@pytest.fixture
def before(world: World) -> list[Trajectory]:
    """VPN was given before, and it was verified; since then it was taken away, and the account is locked."""
    set_status(world, "active")
    run = world.run(f"VPN for {NAME} until 20 March", [LOOK, GRANT, FINISH])
    assert run.outcome
    assert run.outcome.status == "verified", run.outcome
    set_status(world, "locked")
    world.patch("vpn_access", {"username": username(world)}, None)
    return [each for each in world.record.memory.list("default") if each.id == run.id]


def username(world: World) -> str:
    return str(world.desk.get("/accounts", params={"query": NAME}).json()["accounts"][0]["username"])


def set_status(world: World, status: str) -> None:
    world.patch("accounts", {"username": username(world)}, {"status": status})


def actions(run: Any) -> list[str]:
    return [step.action.partition(".")[2] for step in run.steps]


def test_the_second_of_two_wishes_is_carried_out(world: World, before: list[Trajectory]) -> None:
    run = world.run(UNLOCK_AND_VPN, [*HALF, UNLOCK, GRANT, GRANT, FINISH], precedents=before)
    assert actions(run) == ["search_accounts", "unlock_account", "grant_vpn_access"]
    assert run.outcome, run
    assert run.outcome.status == "verified"
    parts = [event.data.get("part") for event in world.events if event.kind == "retrieved"]
    assert parts == [None, "give him VPN until 20 March."]


def test_the_part_is_chosen_for_by_itself_and_filled_from_everything(world: World, before: list[Trajectory]) -> None:
    runner = world.runner([*HALF, UNLOCK, GRANT, GRANT, FINISH], precedents=before)
    run = world.run(UNLOCK_AND_VPN, [], lam=runner.lam, retriever=runner.retriever)
    shown = [(each.task.text, [s.action.partition(".")[2] for s in each.steps]) for each in runner.lam.situations]  # type: ignore[attr-defined]
    first, second = "Please unlock the account of Anders Bennett", "give him VPN until 20 March."
    assert shown[3:] == [
        (first, ["search_accounts"]),
        (second, ["search_accounts"]),
        (second, ["search_accounts"]),
        (second, ["search_accounts", "grant_vpn_access"]),
    ]
    assert run.task.text == UNLOCK_AND_VPN


@pytest.mark.parametrize(
    "begun", [Move(action=GRANT.action, arguments=GRANT.arguments, probability=0.7), end("ask"), UNLOCK, FINISH]
)
def test_what_the_model_is_not_sure_of_or_has_done_is_no_wish(
    world: World, before: list[Trajectory], begun: Move
) -> None:
    run = world.run(UNLOCK_AND_VPN, [*HALF, UNLOCK, begun, GRANT], precedents=before)
    assert actions(run) == ["search_accounts", "unlock_account"]


def test_without_similar_runs_nothing_more_is_done(world: World, before: list[Trajectory]) -> None:
    assert actions(world.run(UNLOCK_AND_VPN, [*HALF, UNLOCK, GRANT, GRANT])) == ["search_accounts", "unlock_account"]
    far = FixedSearcher(world.catalogued.actions, precedents=before, similarity=0.6)
    set_status(world, "locked")
    run = world.run(UNLOCK_AND_VPN, [*HALF, UNLOCK, GRANT, GRANT], retriever=far)
    assert actions(run) == ["search_accounts", "unlock_account"]


def test_one_wish_is_looked_at_no_further(world: World, before: list[Trajectory]) -> None:
    run = world.run(f"Please unlock the account of {NAME}.", [*HALF, GRANT, GRANT], precedents=before)
    assert actions(run) == ["search_accounts", "unlock_account"]


def test_where_nothing_was_done_nothing_else_is_wished(world: World, before: list[Trajectory]) -> None:
    run = world.run(UNLOCK_AND_VPN, [LOOK, FINISH, UNLOCK, UNLOCK], precedents=before)
    assert actions(run) == ["search_accounts"]


def test_an_answer_brings_the_whole_request_back_into_view(world: World, before: list[Trajectory]) -> None:
    unsure = Move(action=GRANT.action, arguments=GRANT.arguments, pointed=0.1)
    runner = world.runner([*HALF, UNLOCK, GRANT, unsure, GRANT, FINISH], precedents=before)
    run = world.run(
        UNLOCK_AND_VPN, [], lam=runner.lam, retriever=runner.retriever, person=Someone(answers=iter(["until 20 March"]))
    )
    assert "20 March" in runner.lam.situations[-1].task.text  # type: ignore[attr-defined]
    assert runner.lam.situations[-1].task.text == UNLOCK_AND_VPN  # type: ignore[attr-defined]
    assert "grant_vpn_access" in actions(run)
