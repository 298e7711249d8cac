"""What was done before, but never for a request like this one, is asked about."""

import pytest
from planner_world import NOW, Someone, World, act, end

from knowledge.types import ActionSpec, Context, Hit, Observation, Outcome, Step, Task, Trajectory
from models.lam import Situation
from planner.policy import FilePolicy
from planner.policy_file import parse_policy
from planner.unprecedented import NEAREST, unprecedented
from tests.fakes import said, seen

REQUEST = "Please unlock the account of Anders Bennett."
LOOK = act("search_accounts", query=said("Anders Bennett"))
UNLOCK = act("unlock_account", username=seen(0, "accounts.0.username"))
MOVES = [LOOK, UNLOCK, end("finish")]


def ran(id: str, *actions: str) -> Trajectory:
    return Trajectory(
        id=id,
        task=Task(id=id, text=f"Request {id}", now=NOW),
        steps=tuple(Step(index=n, action=f"helpdesk.{each}") for n, each in enumerate(actions)),
        observations=tuple(Observation(step=n, status="ok", body={}) for n in range(len(actions))),
        ending="finish",
        outcome=Outcome(status="verified"),
        created_at=NOW,
    )


RESETS = [ran(f"reset-{n}", "search_accounts", "reset_mfa") for n in range(NEAREST)]
UNLOCKS = [ran(f"unlock-{n}", "search_accounts", "unlock_account") for n in range(3)]


@pytest.fixture(autouse=True)
def locked(world: World) -> None:
    name = world.desk.get("/accounts", params={"query": "Anders Bennett"}).json()["accounts"][0]["username"]
    world.patch("accounts", {"username": name}, {"status": "locked"})


def test_it_is_asked_about_and_nothing_is_done_without_a_yes(world: World) -> None:
    person = Someone()
    run = world.run(REQUEST, MOVES, person=person, precedents=RESETS, spare=UNLOCKS)
    (asked,) = (each.question for each in person.asked)
    assert "but requests like this one led to reset mfa so far. Shall I go ahead?" in asked
    assert run.outcome
    assert run.outcome.status == "asked"
    assert world.writes("unlock_account") == 0


def test_a_yes_goes_on(world: World) -> None:
    run = world.run(REQUEST, MOVES, person=Someone(answers=iter(["yes"])), precedents=RESETS, spare=UNLOCKS)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert world.writes("unlock_account") == 1


def test_where_nothing_was_changed_that_is_said(world: World) -> None:
    person = Someone()
    only_looked = [ran(f"look-{n}", "search_accounts") for n in range(NEAREST)]
    world.run(REQUEST, MOVES, person=person, precedents=only_looked, spare=UNLOCKS)
    assert "requests like this one led to no change so far" in person.asked[-1].question


@pytest.mark.parametrize(
    ("precedents", "spare"),
    [
        pytest.param([], [], id="there is no memory"),
        pytest.param(RESETS, [], id="memory does not know the action"),
        pytest.param([*RESETS[1:], UNLOCKS[0]], UNLOCKS[1:], id="one that is like it did the same"),
        pytest.param(UNLOCKS, RESETS, id="all that are like it did the same"),
        pytest.param(RESETS[2:], UNLOCKS, id="so few are known that these are like it, too"),
    ],
)
def test_nobody_is_asked(world: World, precedents: list[Trajectory], spare: list[Trajectory]) -> None:
    person = Someone()
    run = world.run(REQUEST, MOVES, person=person, precedents=precedents, spare=spare)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert person.asked == []


def test_who_stood_at_the_same_point_is_heard_whatever_was_asked_for(world: World) -> None:
    """A ticket says what is to be done only once it was read: what then stands among the precedents stood there."""
    person = Someone()
    world.run(REQUEST, MOVES, person=person, precedents=[*RESETS, UNLOCKS[0]], spare=UNLOCKS[1:])
    assert person.asked == []
    assert world.writes("unlock_account") == 1


def test_a_read_is_not_told_even_if_it_is_not_offered() -> None:
    look, unlock = (
        ActionSpec(app="helpdesk", name=name, description="", effect=effect)
        for name, effect in (("search_accounts", "read"), ("unlock_account", "write"))
    )
    found = Context(
        actions=(Hit(kind="action", score=1, similarity=0.5, item=unlock),),
        precedents=tuple(Hit(kind="precedent", score=1, similarity=0.8, item=each) for each in RESETS),
        spare=(
            *(Hit(kind="precedent", score=1, similarity=0.4, item=each) for each in UNLOCKS),
            Hit(kind="action", score=1, similarity=0.5, item=look),
        ),
    )
    situation = Situation(task=Task(id="t", text=REQUEST, now=NOW), context=found)
    assert unprecedented(situation, unlock) == "requests like this one led to reset mfa so far"
    assert unprecedented(situation, look) == ""


def test_reading_is_never_asked_about(world: World) -> None:
    person = Someone()
    only_unlocked = [ran(f"u-{n}", "unlock_account") for n in range(NEAREST)]
    world.run(REQUEST, MOVES, person=person, precedents=only_unlocked, spare=RESETS)
    assert person.asked == []


def test_what_needs_an_approval_says_it_there(world: World) -> None:
    rules = "version: 1\nrules:\n  - {name: careful, verdict: ask, reason: Mind.}\n"
    policy, person = FilePolicy(parse_policy(rules, source="p.yaml")), Someone(approves=False)
    unlock = act("unlock_account", username=said("abennett"))
    world.run("Unlock abennett.", [unlock], person=person, policy=policy, precedents=RESETS, spare=UNLOCKS)
    (asked,) = (each.question for each in person.asked)
    assert asked.endswith("? Mind. Besides, requests like this one led to reset mfa so far.")
