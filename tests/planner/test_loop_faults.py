"""What goes wrong: the world, the model, ourselves. Nothing is lost, half-written or done twice."""

import itertools
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from planner_world import NOW, UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, World, act, end

from knowledge.errors import BadConfiguration, EmptyIndex
from knowledge.types import ActionSpec, Context, Decision, Event, Observation, Query, Step, Task, Verdict
from models.lam import Choice, Situation
from planner.call import Call, Permit
from planner.execute import HttpExecutor
from planner.loop import Budgets
from planner.person import Cancelled, Nobody
from tests.fakes import HashEmbedder, Move, ScriptedLAM, said

SEARCH, UNLOCK = UNLOCK_AND_VPN_MOVES[:2]


# ---- the world


def test_a_read_is_tried_again_after_a_5xx(world: World) -> None:
    world.fault("search_accounts", times=2, status=503)
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    assert run.outcome
    assert run.outcome.status == "verified"


def test_a_write_whose_answer_was_lost_is_repeated_under_its_key_and_done_once(world: World) -> None:
    world.fault("unlock_account", times=1, status=500, after=True)
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert world.writes("unlock_account") == 1


def test_a_write_that_keeps_failing_is_tried_twice_and_is_no_success(world: World) -> None:
    before = world.snapshot()
    world.fault("unlock_account", times=2, status=503)
    run = world.run(UNLOCK_AND_VPN, [SEARCH, UNLOCK, end("finish")])
    assert run.outcome
    assert run.outcome.status == "failed"
    assert run.observations[1].status == "error"
    assert "Unlock account did not succeed" in run.outcome.reason
    assert "look there whether it was carried out, then ask again" in run.outcome.reason
    assert world.snapshot() == before


def test_a_read_that_keeps_failing_is_told_where_nothing_else_was_done(world: World) -> None:
    world.fault("search_accounts", times=3, status=502)
    run = world.run(UNLOCK_AND_VPN, [SEARCH, end("finish")])
    assert run.outcome
    assert run.outcome.status == "unverified"
    assert "Nothing was changed. Search accounts did not succeed: " in run.outcome.reason
    assert "ask again later" in run.outcome.reason


def test_an_unreachable_application_ends_the_run_with_what_to_do(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, base_url=address)
    assert run.outcome
    assert (run.status, run.outcome.status) == ("done", "failed")
    assert address in run.outcome.reason
    assert "Start the application" in run.outcome.reason
    assert run.observations[0].status == "unreachable"
    assert world.record.memory.get(run.id).outcome == run.outcome
    assert world.record.runs.get(run.id) == run
    assert not world.record.runs.pending(run.id)


def test_a_write_without_an_answer_says_that_it_may_have_happened(world: World) -> None:
    world.fault("unlock_account", times=2, status=None, delay_s=0.6, after=True)
    executor = HttpExecutor([world.catalogued.application], lambda _: world.token, pauses_s=(0,), timeout_s=0.2)
    run = world.run(UNLOCK_AND_VPN, [SEARCH, UNLOCK], executor=executor)
    assert run.outcome
    assert run.outcome.status == "failed"
    assert "may have been carried out" in run.outcome.reason
    assert run.observations[1].code == "no_answer"


def test_wrong_credentials_are_for_a_person_to_mend(world: World) -> None:
    executor = HttpExecutor([world.catalogued.application], lambda _: "wrong", pauses_s=())
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, executor=executor)
    assert run.outcome
    assert run.outcome.status == "failed"
    assert "check the secret" in run.outcome.reason


def test_a_missing_secret_is_a_clear_message(world: World) -> None:
    def secrets(name: str) -> str:
        raise BadConfiguration(f"There is no secret {name!r}.", remedy=f"Give it: lamp apps secret {name}.")

    executor = HttpExecutor([world.catalogued.application], secrets)
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, executor=executor)
    assert run.outcome
    assert "lamp apps secret helpdesk" in run.outcome.reason


def test_an_empty_index_is_a_clear_message(world: World) -> None:
    class Empty:
        def context(self, query: Query) -> Context:
            raise EmptyIndex("Nothing was ingested yet.", remedy="Add an application: lamp apps add.")

    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, retriever=Empty())
    assert run.outcome
    assert run.outcome.status == "failed"
    assert "lamp apps add" in run.outcome.reason


# ---- the model


def test_an_ungrounded_step_is_seen_by_the_model_and_the_next_best_is_tried(world: World) -> None:
    wrong = act("unlock_account", username=said("Anders"))
    lam = ScriptedLAM([SEARCH, replace(wrong, arguments={"user": said("Anders")}), wrong, *UNLOCK_AND_VPN_MOVES[2:]])
    run = world.run(UNLOCK_AND_VPN, [], lam=lam)
    assert run.observations[1].status == "ungrounded"
    assert "user is not a parameter" in run.observations[1].message
    assert lam.situations[2].observations[1].status == "ungrounded"
    assert run.steps[2].action != "helpdesk.unlock_account", "it was tried at this point already"


def test_after_three_ungrounded_proposals_the_run_is_handed_on(world: World) -> None:
    names = ("get_account", "get_mailbox", "get_device", "get_ticket")
    run = world.run(UNLOCK_AND_VPN, [Move(action=f"helpdesk.{name}") for name in names])
    assert run.outcome
    assert run.outcome.status == "escalated"
    assert [each.status for each in run.observations] == ["ungrounded"] * 3


def test_an_action_that_was_not_offered_is_refused(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, [Move(action="helpdesk.format_everything"), end("escalate")])
    assert run.observations[0].status == "ungrounded"
    assert "not among the actions offered" in run.observations[0].message


def test_the_same_call_is_not_made_twice(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, [SEARCH, UNLOCK, UNLOCK, end("finish")])
    assert run.outcome
    assert run.outcome.status == "verified"
    assert run.observations[2].code == "repeated"
    assert world.writes("unlock_account") == 1


def test_a_read_is_worth_repeating_after_a_change(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, [SEARCH, UNLOCK, SEARCH, end("finish")])
    assert [each.status for each in run.observations] == ["ok", "ok", "ok"]


def test_what_the_policy_denies_is_not_sent_and_the_run_refused(world: World) -> None:
    class NoWrites:
        def decide(self, spec: ActionSpec, step: Step, situation: Situation) -> Decision:
            verdict: Verdict = "allow" if spec.effect == "read" else "deny"
            return Decision(verdict=verdict, rule="no-writes", reason="It is Sunday.")

    before = world.snapshot()
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, policy=NoWrites())
    assert run.outcome
    assert run.outcome.status == "refused"
    assert "It is Sunday." in run.outcome.reason
    assert world.snapshot() == before


# ---- budgets


def test_steps_have_a_budget(world: World) -> None:
    people = ("search_accounts", "search_groups", "search_licences", "search_distribution_lists")
    moves = [act(name, query=said("Bennett")) for name in people]
    run = world.run(UNLOCK_AND_VPN, moves, budgets=Budgets(steps=2))
    assert run.outcome
    assert run.outcome.status == "failed"
    assert "2 steps" in run.outcome.reason
    assert world.record.memory.get(run.id).ending == "open"


def test_seconds_have_a_budget(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, itertools.repeat(SEARCH), budgets=Budgets(seconds=-1))  # type: ignore[arg-type]
    assert run.outcome
    assert run.outcome.status == "failed"
    assert "seconds" in run.outcome.reason


# ---- calling it off


def interrupted(error: type[BaseException]) -> Iterator[Move]:
    yield SEARCH
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, Cancelled])
def test_a_run_called_off_is_cancelled_and_remembered(world: World, error: type[BaseException]) -> None:
    run = world.run(UNLOCK_AND_VPN, [], lam=ScriptedLAM(interrupted(error)))
    assert run.outcome
    assert run.outcome.status == "cancelled"
    assert len(run.steps) == 1
    assert world.record.memory.get(run.id).outcome.status == "cancelled"


def test_a_run_can_be_cancelled_between_steps(world: World) -> None:
    runner = world.runner(UNLOCK_AND_VPN_MOVES)
    asked = iter([False, True])
    task = Task(id="t", text=UNLOCK_AND_VPN, now=NOW)
    run = runner.run(task, run_id="r", person=Nobody(), cancelled=lambda: next(asked))
    assert run.outcome
    assert (run.outcome.status, len(run.steps)) == ("cancelled", 1)


def test_what_was_under_way_when_it_was_called_off_is_named(world: World) -> None:
    class Interrupted:
        def execute(self, call: Call, permit: Permit) -> Observation:
            if call.spec.effect == "read":
                return Observation(step=call.step.index, status="error", code="404")
            raise KeyboardInterrupt

    moves = [act("unlock_account", username=said("abennett"))]
    run = world.run("Unlock abennett.", moves, executor=Interrupted())
    assert run.outcome
    assert run.outcome.status == "cancelled"
    assert "helpdesk.unlock_account was under way" in run.outcome.reason
    assert [intent.step for intent in world.record.runs.pending(run.id)] == [0]


# ---- bugs of ours


class Broken(ScriptedLAM):
    def choose(self, situation: Situation) -> Choice:
        if situation.steps:
            raise ZeroDivisionError("a bug")
        return super().choose(situation)


def test_a_bug_leaves_a_closed_run_and_a_memory_and_is_raised(world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        world.run(UNLOCK_AND_VPN, [], lam=Broken([SEARCH]))
    run = world.record.runs.get("run-0")
    assert run.status == "done"
    assert run.outcome
    assert run.outcome.status == "failed"
    assert "a bug" in run.outcome.reason
    assert len(world.record.memory.get("run-0").steps) == 1
    assert world.kinds[-2:] == ["ended", "remembered"]


def test_a_listener_that_fails_loses_no_step_that_was_made(world: World) -> None:
    def fail(event: Event) -> None:
        if event.kind == "executed":
            raise OSError("the terminal is gone")

    runner = world.runner([act("unlock_account", username=said("abennett"))])
    with pytest.raises(OSError, match="terminal"):
        runner.run(Task(id="t", text="Unlock abennett.", now=NOW), run_id="r", person=Nobody(), on_event=fail)
    assert [each.status for each in world.record.runs.get("r").observations] == ["ok"]
    assert world.record.memory.get("r").outcome.status == "failed"


def test_a_bug_in_the_embedder_still_closes_the_run(world: World) -> None:
    class NoEmbedder(HashEmbedder):
        def embed(self, texts: object) -> object:  # type: ignore[override]
            raise RuntimeError("no model")

    with pytest.raises(RuntimeError, match="no model"):
        world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, requests=NoEmbedder())
    assert world.record.runs.get("run-0").status == "done"
    assert world.account("abennett")["status"] == "active"
