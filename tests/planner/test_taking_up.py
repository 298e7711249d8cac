"""Runs that broke off at any point go on: nothing is done twice, nothing that was done is lost."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from planner_killed import TASK, ByStep, Dies, Killed, break_off, executor, killed, settled, take_up
from planner_world import UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, Someone, World

from examples.helpdesk.server import HelpDeskServer
from knowledge.types import ActionSpec, Decision, Observation
from planner.call import Call
from planner.journal import NOT_DONE
from planner.person import Nobody
from planner.progress import Progress
from planner.seams import SystemClock
from tests.fakes import HashEmbedder

WRITES = ("unlock_account", "grant_vpn_access")


def deaf(world: World) -> None:
    """The application no longer says that it heeds keys."""
    actions = [replace(each, keys_kept_h=0.0) for each in world.catalogued.actions]
    vectors = HashEmbedder().embed([action.id for action in actions])
    world.record.catalogue.put(world.catalogued.application, actions, vectors)


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("after", [False, True])
def test_a_write_in_doubt_is_repeated_under_its_key(
    world: World, monkeypatch: pytest.MonkeyPatch, action: str, after: bool
) -> None:
    break_off(world, monkeypatch, action, after=after)
    run = take_up(world)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert [world.writes(each) for each in WRITES] == [1, 1]
    assert settled(world) == [("repeated under its key", True)]
    assert world.record.memory.get("run").outcome.status == "verified"


def test_what_was_done_is_not_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    break_off(world, monkeypatch, "grant_vpn_access", after=False)
    lives = Dies(executor(world), "nothing")
    run = take_up(world, executor=lives)
    assert "unlock_account" not in lives.calls
    assert [step.action for step in run.steps][1] == "helpdesk.unlock_account"
    assert [step.index for step in run.steps] == [0, 1, 2]


def test_an_outcome_in_the_journal_that_the_run_does_not_know_is_taken_from_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die_of_writes(run: Progress, call: Call, seen: Observation) -> None:
        if call.spec.effect != "read":
            raise Killed
        run.took(call.step, seen, key=call.key)

    with killed(world, monkeypatch), monkeypatch.context() as patched:
        patched.setattr(Progress, "carried_out", die_of_writes)
        world.runner((), lam=ByStep(UNLOCK_AND_VPN_MOVES)).run(TASK, run_id="run", person=Nobody())
    assert len(world.record.runs.get("run").steps) == 1
    run = take_up(world)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert settled(world) == []
    assert [world.writes(each) for each in WRITES] == [1, 1]


def test_a_key_that_the_application_has_forgotten_by_now_is_not_trusted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NextMonth(SystemClock):
        def now(self) -> Any:
            return super().now() + timedelta(hours=721)

    break_off(world, monkeypatch, "grant_vpn_access", after=True)
    take_up(world, clock=NextMonth())
    assert settled(world) == [("read back", True)]
    assert world.writes("grant_vpn_access") == 1


def test_without_keys_it_is_read_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf(world)
    break_off(world, monkeypatch, "grant_vpn_access", after=True)
    run = take_up(world)
    assert settled(world) == [("read back", True)]
    assert world.writes("grant_vpn_access") == 1
    assert "read back" in run.observations[2].message


@pytest.mark.parametrize(("answer", "writes"), [("yes", 0), ("no, it was not", 1)])
def test_what_nobody_can_see_is_put_to_a_person(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str, writes: int
) -> None:
    deaf(world)
    break_off(world, monkeypatch, "unlock_account", after=False)
    person = Someone(answers=iter([answer]))
    run = take_up(world, person=person)
    assert "Was it?" in person.asked[0].question
    assert settled(world) == [("asked", answer == "yes")]
    assert world.writes("unlock_account") == writes
    assert run.status == "done"


def test_a_call_that_nobody_answers_for_is_not_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf(world)
    break_off(world, monkeypatch, "unlock_account", after=False)
    run = take_up(world)
    assert run.outcome
    assert run.outcome.status == "asked"
    assert "Was it?" in run.outcome.question
    assert world.writes("unlock_account") == 0
    assert len(world.record.runs.pending("run")) == 1


def test_what_was_shown_undone_may_be_tried_again_under_the_same_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf(world)
    break_off(world, monkeypatch, "unlock_account", after=False)
    keys = [line.key for line in world.record.runs.journal("run")]
    run = take_up(world, person=Someone(answers=iter(["no"])))
    lines = world.record.runs.journal("run")
    assert keys[0] == lines[0].key
    assert all(line.observation and line.observation.code != NOT_DONE for line in lines)
    assert len(run.steps) == 3


def test_what_the_policy_denies_by_now_is_not_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoWrites:
        def decide(self, spec: ActionSpec, *_: object) -> Decision:
            return Decision(verdict="allow" if spec.effect == "read" else "deny", rule="sunday", reason="It is Sunday.")

    break_off(world, monkeypatch, "unlock_account", after=False)
    run = take_up(world, policy=NoWrites(), person=Someone(answers=iter(["no"])))
    assert run.outcome
    assert run.outcome.status == "refused"
    assert world.writes("unlock_account") == 0


# ---- endings


def test_a_run_that_had_ended_is_only_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    runner = world.runner((), lam=ByStep(UNLOCK_AND_VPN_MOVES))
    with monkeypatch.context() as patched:
        patched.setattr(world.record.memory, "write", die)
        with pytest.raises(Killed):
            runner.run(TASK, run_id="run", person=Nobody())
    before = world.record.runs.get("run")
    assert before.status == "done"
    lives = Dies(executor(world), "nothing")
    assert take_up(world, executor=lives) == before
    assert lives.calls == []
    assert world.kinds == ["ended", "remembered"]
    assert world.record.memory.get("run").ending == "finish"
    take_up(world)
    assert world.kinds == []


def test_a_cancellation_stops_before_the_next_write(world: World) -> None:
    asked = iter([False, False, True])
    runner = world.runner(UNLOCK_AND_VPN_MOVES)
    run = runner.run(TASK, run_id="run", person=Nobody(), cancelled=lambda: next(asked))
    assert run.outcome
    assert run.outcome.status == "cancelled"
    assert world.writes("unlock_account") == 0


def test_the_diary_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    break_off(world, monkeypatch, "grant_vpn_access", after=True)
    take_up(world)
    events = world.record.runs.events("run")
    assert [event.seq for event in events] == list(range(len(events)))
    observed = [e.data["observation"]["step"] for e in events if e.kind == "observed"]  # type: ignore[index, call-overload]
    assert observed == [0, 1, 2]


# ---- what may be repeated at all


@pytest.mark.parametrize(("kept_h", "writes"), [(1.0, 1), (0.0, 1)])
def test_a_write_whose_answer_was_lost_is_repeated_only_under_a_key_that_counts(
    world: World, kept_h: float, writes: int
) -> None:
    world.fault("unlock_account", times=1, status=500, after=True)
    spec = replace(world.spec("unlock_account"), keys_kept_h=kept_h)
    actions = [replace(each, keys_kept_h=kept_h) for each in world.catalogued.actions]
    world.catalogued = replace(world.catalogued, actions=tuple(actions))
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    assert spec.keys_kept_h == kept_h
    assert world.writes("unlock_account") == writes
    assert run.observations[1].status == ("ok" if kept_h else "error")


def test_an_application_that_does_not_heed_keys_says_so(tmp_path: Path) -> None:
    def hours(server: HelpDeskServer) -> set[object]:
        headers = {"Authorization": f"Bearer {server.token}"}
        paths = httpx.get(f"{server.url}/openapi.json", headers=headers, trust_env=False).json()["paths"]
        return {node.get("x-lamplighter-idempotency-hours") for path in paths.values() for node in path.values()}

    with HelpDeskServer(tmp_path / "a.db", today=date(2026, 3, 2)) as heeding:
        assert hours(heeding) == {None, 720}
    with HelpDeskServer(tmp_path / "b.db", today=date(2026, 3, 2), heeds_keys=False) as deaf_server:
        assert hours(deaf_server) == {None}
