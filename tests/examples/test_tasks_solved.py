"""The expert against the real service: every family is solved, and the goal check can say no."""

import functools
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import httpx
import pytest

from examples.helpdesk.server import HelpDeskServer
from examples.helpdesk.tasks import FAMILIES, HELD_OUT, HelpDeskTask, Oracle, collect, generate, goal_reached
from examples.helpdesk.tasks.__main__ import write
from examples.helpdesk.tasks.check import Collected, prepare
from examples.helpdesk.tasks.client import Admin, connect
from examples.helpdesk.tasks.detours import LOOKS
from examples.helpdesk.tasks.solutions import SOLUTIONS
from examples.helpdesk.tasks.task import Patch

DONE = [name for name, family in FAMILIES.items() if family.outcome == "done"]
POLICY = [name for name, family in FAMILIES.items() if family.outcome != "done"]


@functools.cache
def tasks() -> list[HelpDeskTask]:
    held_out = [task for task in generate("test", seed=11, per_family=2) if task.family in HELD_OUT]
    return [*generate("train", seed=11, per_family=2), *held_out]


def one_of(family: str) -> HelpDeskTask:
    return next(task for task in tasks() if task.family == family)


@pytest.fixture(scope="module")
def server() -> Iterator[HelpDeskServer]:
    with HelpDeskServer() as running:
        yield running


@pytest.fixture(scope="module")
def http(server: HelpDeskServer) -> Iterator[httpx.Client]:
    with connect(server.url, server.token) as client:
        yield client


@pytest.fixture(scope="module")
def admin(http: httpx.Client) -> Admin:
    return Admin(http)


@pytest.fixture(scope="module")
def collected(server: HelpDeskServer) -> list[Collected]:
    return list(collect(tasks(), server))


def test_the_expert_solves_every_task(collected: list[Collected]) -> None:
    assert [one.task.id for one in collected if not one.verified] == []
    assert len({one.task.family for one in collected}) == 47


def test_arguments_come_from_the_request_an_option_or_an_observation(collected: list[Collected]) -> None:
    for task, trajectory, _ in collected:
        assert trajectory is not None
        seen = json.dumps({**task.spans, **task.values}, ensure_ascii=False)
        for step in trajectory.steps:
            fixed = step.operation in ("set_ticket_status", "list_tickets")
            for name, value in step.arguments.items():
                known = json.dumps(value, ensure_ascii=False) in seen
                assert known or (fixed and name == "status"), (task.id, step)
            seen += json.dumps(step.response, ensure_ascii=False)


def test_searches_use_the_words_of_the_request(collected: list[Collected]) -> None:
    for task, trajectory, _ in collected:
        assert trajectory is not None
        for step in trajectory.steps:
            if "query" in step.arguments:
                assert str(step.arguments["query"]) in task.text


def test_no_expert_does_a_forbidden_write(collected: list[Collected]) -> None:
    for task, trajectory, _ in collected:
        assert trajectory is not None
        accepted = {step.operation for step in trajectory.steps if step.status < 300}
        assert not accepted & {*task.forbidden}, task.id


@pytest.mark.parametrize(
    ("family", "rejected"),
    [("refuse_vpn_too_long", 2), ("refuse_disable_not_manager", 2), ("refuse_not_owner", 0)],
)
def test_a_refusal_comes_from_the_service_only_where_nothing_said_so_before(
    server: HelpDeskServer, family: str, rejected: int
) -> None:
    """Who approves stands in the access request; who manages somebody does not always stand in the account."""
    tasks = [task for task in generate("train", seed=2, per_family=4) if task.family == family]
    solved = [trajectory for _, trajectory, _ in collect(tasks, server) if trajectory]
    assert len(solved) == 4
    assert sum(any(step.status == 403 for step in each.steps) for each in solved) == rejected


@pytest.mark.parametrize("family", DONE)
def test_doing_nothing_does_not_reach_a_goal(family: str, admin: Admin) -> None:
    task = one_of(family)
    before = prepare(task, admin)
    assert not goal_reached(task, before, before, "done")


def test_an_extra_write_spoils_the_goal(http: httpx.Client, admin: Admin) -> None:
    oracle = Oracle(http, SOLUTIONS)
    for task in map(one_of, DONE[::2]):
        before = prepare(task, admin)
        oracle.solve(task)
        after = admin.snapshot()
        assert goal_reached(task, before, after, "done")
        extra = {"title": "One more", "requester": task.requester, "priority": "low", "team": "network"}
        http.post("/tickets", json=extra).raise_for_status()
        assert not goal_reached(task, before, admin.snapshot(), "done"), task.id


def test_half_the_work_does_not_reach_the_goal(admin: Admin) -> None:
    task = one_of("unlock_and_vpn")
    before = prepare(task, admin)
    username = str(task.goal[0].key["username"])
    admin.patch((Patch(table="accounts", key={"username": username}, values={"status": "active"}),))
    assert not goal_reached(task, before, admin.snapshot(), "done")


def test_the_wrong_value_does_not_reach_the_goal(http: httpx.Client, admin: Admin) -> None:
    task = one_of("grant_vpn")
    before = prepare(task, admin)
    Oracle(http, SOLUTIONS).solve(replace(task, values={"until": task.now.isoformat()}))
    assert not goal_reached(task, before, admin.snapshot(), "done")


@pytest.mark.parametrize("family", POLICY)
def test_a_write_or_another_ending_fails_a_policy_task(family: str, http: httpx.Client, admin: Admin) -> None:
    task = one_of(family)
    before = prepare(task, admin)
    assert goal_reached(task, before, before, task.outcome)
    assert not goal_reached(task, before, before, "done")
    new = {"title": "Asked for", "requester": task.requester, "priority": "low", "team": "security"}
    http.post("/tickets", json=new).raise_for_status()
    assert not goal_reached(task, before, admin.snapshot(), task.outcome)


def test_a_task_that_contradicts_the_service_is_dropped(server: HelpDeskServer) -> None:
    task = one_of("unlock_account")
    broken = replace(task, setup=())
    usable = replace(task, goal=())
    assert [one.verified for one in collect([broken, usable, task], server)] == [False, False, True]
    file = io.StringIO()
    assert write([broken, task], server, file) == {"unlock_account": 1}
    (line,) = file.getvalue().splitlines()
    written = json.loads(line)
    assert [step["operation"] for step in written["steps"]] == ["search_accounts", "unlock_account"]
    assert written["ending"] == {"kind": "finish", "about": ""}
    assert written["text"] == task.text
    assert written["now"] == task.now.isoformat()


def test_wrong_turns_change_nothing_and_the_goal_is_reached_all_the_same(server: HelpDeskServer) -> None:
    chosen = [t for t in generate("train", seed=5, per_family=2) if t.outcome == "done"]
    found = list(collect(chosen, server, astray=Random(3)))
    assert all(one.verified for one in found)
    astray = [step for one in found if one.trajectory for step in one.trajectory.steps if step.astray]
    assert len(astray) > 10
    assert {step.operation for step in astray} > {"search_licences"}
    assert all(step.operation in LOOKS or 400 <= step.status < 500 for step in astray)
    forbidden = [step.operation for step in astray if step.status == 403]
    assert set(forbidden) <= {"add_group_member"}  # a restricted group: it can be requested
