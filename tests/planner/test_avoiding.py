"""What went wrong before is not simply done again: something else is tried, or the requester is asked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta, tzinfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from planner_world import NOW, UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, Someone, World, act, end
from test_undoing import undo

from knowledge.types import Observation, Plan, Run, Task
from models.lam import Choice, Option
from planner.avoid import Caveat, blamed, lowered
from tests.fakes import HashEmbedder, Move, said, seen

TEXT = "Please unlock the account of Anders Bennett."
ANDERS = "abennett"
UNLOCK = act("unlock_account", username=seen(0, "accounts.0.username"))
MOVES = (act("search_accounts", query=said("Anders Bennett")), UNLOCK, end("finish"))


def status(run: Run) -> str:
    assert run.outcome
    return run.outcome.status


def refused_by_the_application(world: World) -> Run:
    """It fails, for the account is disabled."""
    world.patch("accounts", {"username": ANDERS}, {"status": "disabled"})
    run = world.run(TEXT, MOVES)
    assert status(run) == "failed"
    return run


def unlocks_tried(run: Run) -> int:
    return sum(step.action == "helpdesk.unlock_account" for step in run.steps)


def test_without_memory_the_same_is_done_again(world: World) -> None:
    refused_by_the_application(world)
    world.record.memory.clear()
    again = world.run(TEXT, MOVES)
    assert unlocks_tried(again) == 1
    assert status(again) == "failed"


def test_after_a_failure_the_same_request_asks_instead(world: World) -> None:
    refused_by_the_application(world)
    again = world.run(TEXT, MOVES)
    assert unlocks_tried(again) == 0
    assert status(again) == "asked"
    assert again.outcome
    assert "unlock account did not succeed: “The account is disabled.”" in again.outcome.question


@pytest.mark.parametrize("zone", [None, UTC])
def test_what_an_expert_did_at_a_time_without_a_zone_is_earlier_or_later_too(world: World, zone: tzinfo | None) -> None:
    refused_by_the_application(world)
    (failed,) = world.record.memory.list()
    past = replace(failed, id="expert", created_at=failed.created_at.replace(tzinfo=zone))
    assert status(world.run(TEXT, MOVES, precedents=[past])) == "asked"


def test_after_a_failure_the_next_best_action_is_tried_where_it_was_a_real_alternative(world: World) -> None:
    def moves(share: float) -> list[Move]:
        torn = replace(UNLOCK, probability=share, others={"helpdesk.enable_account": 1 - share})
        return [MOVES[0], torn, end("finish")]

    world.patch("accounts", {"username": ANDERS}, {"status": "disabled"})
    manager = world.account(ANDERS)["manager"]
    assert status(world.run(TEXT, moves(0.6), requester=manager)) == "failed"
    again = world.run(TEXT, moves(0.6), requester=manager)
    assert [step.action for step in again.steps][1] == "helpdesk.enable_account"
    assert status(again) == "verified"
    world.patch("accounts", {"username": ANDERS}, {"status": "disabled"})
    world.record.memory.forget(again.id)
    assert status(world.run(TEXT, moves(0.95), requester=manager)) == "asked"


def test_who_insists_gets_it_done_and_who_says_no_does_not(world: World) -> None:
    refused_by_the_application(world)
    no = world.run(TEXT, MOVES, person=Someone(answers=iter(["No."])))
    assert (status(no), unlocks_tried(no)) == ("cancelled", 0)
    world.patch("accounts", {"username": ANDERS}, {"status": "locked"})
    person = Someone(answers=iter(["yes"]))
    yes = world.run(TEXT, MOVES, person=person)
    assert (status(yes), unlocks_tried(yes), len(person.asked)) == ("verified", 1, 1)


def test_once_it_was_done_with_success_nobody_is_warned_any_more(world: World) -> None:
    failure = refused_by_the_application(world)
    world.patch("accounts", {"username": ANDERS}, {"status": "locked"})
    success = world.run(TEXT, MOVES, person=Someone(answers=iter(["yes"])))
    assert status(success) == "verified"
    world.patch("accounts", {"username": ANDERS}, {"status": "locked"})
    precedent = world.record.memory.get(success.id)
    third = world.run(TEXT, MOVES, precedents=[precedent])
    assert status(third) == "verified"
    older = replace(precedent, created_at=world.record.memory.get(failure.id).created_at - timedelta(days=1))
    world.patch("accounts", {"username": ANDERS}, {"status": "disabled"})
    assert status(world.run(TEXT, MOVES, precedents=[older])) == "asked"


def test_what_failed_for_one_person_is_done_for_another(world: World) -> None:
    refused_by_the_application(world)
    other = next(a for a in world.snapshot()["accounts"] if a["username"] != ANDERS and not a["vip"])
    world.patch("accounts", {"username": other["username"]}, {"status": "locked"})
    moves = [act("search_accounts", query=said(other["username"])), UNLOCK, end("finish")]

    for record in world.record.memory.list():
        world.record.memory.write(record, OneVector().embed([""])[0])
    run = world.run(f"Please unlock the account of {other['username']}.", moves, requests=OneVector())
    assert status(run) == "verified"


class OneVector(HashEmbedder):
    """Takes all requests for the same."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return super().embed(["the same"] * len(texts))


def test_what_was_undone_is_not_done_again_unasked(world: World) -> None:
    world.patch("accounts", {"username": ANDERS}, {"status": "locked"})
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    assert status(undo(world, run)) == "verified"
    again = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    assert status(again) == "asked"
    assert again.outcome
    assert "unlock account was undone afterwards" in again.outcome.question
    assert world.account(ANDERS)["status"] == "locked"


# ---- plans


def planned(world: World, text: str = TEXT, moves: Sequence[Move] = MOVES) -> Plan:
    return world.runner(moves).plan(Task(id="planned", text=text, now=NOW))


def test_a_plan_ends_where_the_run_would_ask(world: World) -> None:
    assert [step.action for step in planned(world).steps] == ["helpdesk.search_accounts", "helpdesk.unlock_account"]
    refused_by_the_application(world)
    plan, run = planned(world), world.run(TEXT, MOVES)
    assert [step.action for step in plan.steps] == [step.action for step in run.steps] == ["helpdesk.search_accounts"]
    assert run.outcome
    assert (plan.ending, plan.reason) == ("ask", run.outcome.question)


def test_a_plan_takes_the_next_best_action_where_the_run_does(world: World) -> None:
    def torn() -> list[Move]:
        move = replace(UNLOCK, probability=0.6, others={"helpdesk.enable_account": 0.4})
        return [MOVES[0], move, end("finish")]

    world.patch("accounts", {"username": ANDERS}, {"status": "disabled"})
    manager = world.account(ANDERS)["manager"]
    assert status(world.run(TEXT, torn(), requester=manager)) == "failed"
    task = Task(id="planned", text=TEXT, requester=manager, now=NOW)
    plan = world.runner(torn()).plan(task)
    assert [step.action for step in plan.steps] == [
        step.action for step in world.run(TEXT, torn(), requester=manager).steps
    ]
    assert plan.steps[1].action == "helpdesk.enable_account"


def test_a_plan_for_somebody_else_is_not_warned(world: World) -> None:
    refused_by_the_application(world)
    other = next(a for a in world.snapshot()["accounts"] if a["username"] != ANDERS and not a["vip"])
    for record in world.record.memory.list():
        world.record.memory.write(record, OneVector().embed([""])[0])
    moves = [act("search_accounts", query=said(other["username"])), UNLOCK, end("finish")]
    task = Task(id="planned", text=f"Please unlock the account of {other['username']}.", now=NOW)
    plan = world.runner(moves, requests=OneVector()).plan(task)
    assert (len(plan.steps), plan.ending) == (2, "finish")


def test_an_application_that_was_down_is_nobodys_fault(world: World) -> None:
    world.patch("accounts", {"username": ANDERS}, {"status": "locked"})
    down = world.run(TEXT, MOVES, base_url="http://127.0.0.1:9")
    assert status(down) == "failed"
    assert status(world.run(TEXT, MOVES)) == "verified"


# ---- by hand


def test_only_what_was_to_blame_is_blamed(world: World) -> None:
    failed = world.record.memory.get(refused_by_the_application(world).id)
    assert blamed(failed, changes=lambda action: "unlock" in action) == [1]
    passing = replace(failed, observations=(failed.observations[0], Observation(step=1, status="error", code="503")))
    assert blamed(passing, changes=lambda action: "unlock" in action) == []
    for harmless in ("verified", "unverified", "asked", "cancelled"):
        ended = replace(failed, outcome=replace(failed.outcome, status=harmless))
        assert blamed(ended, changes=lambda _: True) == []


shares = st.lists(st.floats(0.001, 1), min_size=3, max_size=6)


@given(shares=shares, weight=st.floats(0, 1), which=st.integers(0, 2))
def test_lowering_moves_probability_to_others_and_to_a_question(shares: list[float], weight: float, which: int) -> None:
    names = ["ask", *(f"a.{i}" for i in range(len(shares) - 1))]
    before = {name: share / sum(shares) for name, share in zip(names, shares, strict=True)}
    ranked = sorted((Option(action=n, probability=p) for n, p in before.items()), key=lambda o: -o.probability)
    warned = names[1 + which % (len(names) - 1)]
    after = lowered(Choice(ranked=tuple(ranked)), {warned: Caveat(action=warned, weight=weight, happened="")})
    assert sum(option.probability for option in after.ranked) == pytest.approx(1)
    assert [o.probability for o in after.ranked] == sorted((o.probability for o in after.ranked), reverse=True)
    for option in after.ranked:
        if option.action == warned:
            assert option.probability == pytest.approx(before[warned] * (1 - weight))
        elif option.action != "ask":  # What was unlikely does not become likely: at most twice what it was.
            assert before[option.action] <= option.probability + 1e-9
            assert option.probability <= 2 * before[option.action] + 1e-9
