"""What a request asks for beside what was done is carried out before the run ends, if similar runs say how."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from planner_killed import TASK, Dies, executor, killed
from planner_world import UNLOCK_AND_VPN, Someone, World, act, end

from knowledge.joints import Segment, segments
from knowledge.types import ActionSpec, Context, Literal, Observation, Step, Trajectory, Utterance
from models.lam import Filled, Situation
from planner.person import Nobody
from planner.seams import Undivided
from planner.wish import Wish
from tests.fakes import FixedSearcher, Move, ScriptedLAM, said, seen

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


def test_a_part_that_nobody_suspects_is_not_looked_at(world: World, before: list[Trajectory]) -> None:
    class Sure(Undivided):
        def suspected(self, text: str) -> list[Segment]:
            return []

    run = world.run(UNLOCK_AND_VPN, [*HALF, UNLOCK, GRANT, GRANT], precedents=before, segmenter=Sure())
    assert actions(run) == ["search_accounts", "unlock_account"]


def test_where_nothing_was_done_nothing_else_is_wished(world: World, before: list[Trajectory]) -> None:
    run = world.run(UNLOCK_AND_VPN, [LOOK, FINISH, UNLOCK, UNLOCK], precedents=before)
    assert actions(run) == ["search_accounts"]


def test_after_an_answer_the_wish_stays_in_view(world: World, before: list[Trajectory]) -> None:
    unsure = Move(action=GRANT.action, arguments=GRANT.arguments, pointed=0.1)
    runner = world.runner([*HALF, UNLOCK, GRANT, unsure, GRANT, FINISH], precedents=before)
    run = world.run(
        UNLOCK_AND_VPN, [], lam=runner.lam, retriever=runner.retriever, person=Someone(answers=iter(["until 20 March"]))
    )
    last = runner.lam.situations[-1].task  # type: ignore[attr-defined]
    assert (last.text, last.utterances[-1].text) == ("give him VPN until 20 March.", "until 20 March")
    assert "grant_vpn_access" in actions(run)


# ---- wishes that are told apart from the start


@dataclass(frozen=True)
class PartedAt(Undivided):
    """A segmenter that cuts where `word` stands."""

    word: str = " and "

    def segments(self, text: str) -> list[Segment]:
        at = text.index(self.word)
        return segments(text, [(at, at + len(self.word))])


FIRST, SECOND = "Please unlock the account of Anders Bennett", "give him VPN until 20 March."


def test_each_wish_is_in_view_as_if_it_were_all(world: World, before: list[Trajectory]) -> None:
    runner = world.runner([LOOK, UNLOCK, FINISH, GRANT, FINISH], precedents=before)
    run = world.run(UNLOCK_AND_VPN, [], lam=runner.lam, retriever=runner.retriever, segmenter=PartedAt())
    assert actions(run) == ["search_accounts", "unlock_account", "grant_vpn_access"]
    assert run.outcome
    assert run.outcome.status == "verified"
    shown = [(each.task.text, len(each.steps)) for each in runner.lam.situations]  # type: ignore[attr-defined]
    assert shown == [(FIRST, 0), (FIRST, 1), (FIRST, 2), (SECOND, 1), (SECOND, 2)]
    parts = [event.data.get("part") for event in world.events if event.kind == "retrieved"]
    assert parts == [None, FIRST, SECOND]


def test_a_value_found_in_a_wish_has_its_place_in_the_request(world: World, before: list[Trajectory]) -> None:
    run = world.run(UNLOCK_AND_VPN, [LOOK, UNLOCK, FINISH, GRANT, FINISH], precedents=before, segmenter=PartedAt())
    until = next(each.value for each in run.steps[2].arguments if each.name == "until")
    assert isinstance(until, Literal)
    assert UNLOCK_AND_VPN[until.provenance.start : until.provenance.end] == "20 March"


def test_what_a_wish_leaves_open_is_looked_for_in_the_whole_request(world: World, before: list[Trajectory]) -> None:
    class Narrow(ScriptedLAM):
        """Finds nobody in a request that does not name Anders."""

        def fill(self, situation: Situation, action: ActionSpec) -> Filled:
            if NAME not in situation.task.text:
                return Filled(arguments=(), missing=("query",))
            return super().fill(situation, action)

    text = f"Give him VPN until 20 March and unlock the account of {NAME}."
    lam = Narrow([LOOK, GRANT, FINISH, UNLOCK, FINISH])
    run = world.run(text, [], lam=lam, precedents=before, segmenter=PartedAt())
    assert actions(run) == ["search_accounts", "grant_vpn_access", "unlock_account"]


def test_a_refusal_says_what_was_not_begun(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, [LOOK, end("refuse")], segmenter=PartedAt())
    assert run.outcome
    assert run.outcome.status == "refused"
    assert run.outcome.reason.endswith(f"Not begun: “{SECOND}”.")
    last = world.run(UNLOCK_AND_VPN, [LOOK, FINISH, end("refuse")], segmenter=PartedAt())
    assert last.outcome
    assert "Not begun" not in last.outcome.reason


def test_a_run_that_broke_off_goes_on_with_the_wish_it_was_at(
    world: World, before: list[Trajectory], monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = Dies(executor(world), "grant_vpn_access")
    with killed(world, monkeypatch):
        moves = [LOOK, UNLOCK, FINISH, GRANT]
        world.runner(moves, precedents=before, segmenter=PartedAt(), executor=dies).run(
            TASK, run_id="run", person=Nobody()
        )
    again = world.runner([FINISH], precedents=before, segmenter=PartedAt())
    run = again.take_up("run", tenant="default", person=Nobody())
    assert actions(run) == ["search_accounts", "unlock_account", "grant_vpn_access"]
    assert {each.task.text for each in again.lam.situations} == {SECOND}  # type: ignore[attr-defined]
    assert world.writes("unlock_account") == 1


def test_what_a_wish_says_too_little_for_is_chosen_by_the_whole_request(world: World, before: list[Trajectory]) -> None:
    runner = world.runner([LOOK, UNLOCK, FINISH, end("ask"), GRANT, FINISH], precedents=before)
    run = world.run(UNLOCK_AND_VPN, [], lam=runner.lam, retriever=runner.retriever, segmenter=PartedAt())
    assert actions(run) == ["search_accounts", "unlock_account", "grant_vpn_access"]
    shown = [each.task.text for each in runner.lam.situations]  # type: ignore[attr-defined]
    assert shown[3:6] == [SECOND, UNLOCK_AND_VPN, UNLOCK_AND_VPN]


def test_a_whole_request_that_is_asked_about_is_not_parted_again(world: World) -> None:
    runner = world.runner([end("ask"), end("ask")])
    run = world.run(UNLOCK_AND_VPN, [], lam=runner.lam, segmenter=PartedAt())
    assert run.outcome
    assert run.outcome.status == "asked"
    assert [each.task.text for each in runner.lam.situations] == [FIRST, UNLOCK_AND_VPN]  # type: ignore[attr-defined]


def test_what_similar_runs_did_as_one_is_not_parted(world: World) -> None:
    both = world.run(UNLOCK_AND_VPN, [LOOK, UNLOCK, GRANT, FINISH])
    known = [each for each in world.record.memory.list("default") if each.id == both.id]
    for precedents, parted in ((known * 2, False), (known, True)):
        runner = world.runner([end("refuse")], precedents=precedents)
        world.run(UNLOCK_AND_VPN, [], lam=runner.lam, retriever=runner.retriever, segmenter=PartedAt())
        shown = [each.task.text for each in runner.lam.situations]  # type: ignore[attr-defined]
        assert shown == [FIRST if parted else UNLOCK_AND_VPN]
        plan = world.runner([end("refuse")], precedents=precedents, segmenter=PartedAt())
        plan.plan(TASK)
        assert [each.task.text for each in plan.lam.situations] == shown  # type: ignore[attr-defined]


def test_what_was_said_stands_where_it_stood_among_the_steps_in_view() -> None:
    says = [Utterance(speaker="requester", text=str(after), after=after) for after in (1, 4, 5)]
    steps = tuple(Step(index=at, action="x") for at in range(6))
    seen = tuple(Observation(step=at, status="ok") for at in range(6))
    task = replace(TASK, utterances=tuple(says))
    view = Wish(text=SECOND, start=0, since=4, kept=(0,)).view(
        Situation(task=task, context=Context(), steps=steps, observations=seen)
    )
    assert [step.index for step in view.steps] == [0, 4, 5]
    assert [(each.text, each.after) for each in view.task.utterances] == [("1", 0), ("4", 1), ("5", 2)]


def test_a_request_that_was_widened_is_looked_at_part_by_part_before_its_end(
    world: World, before: list[Trajectory]
) -> None:
    runner = world.runner([end("ask"), LOOK, UNLOCK, FINISH, UNLOCK, GRANT, GRANT, FINISH], precedents=before)
    run = world.run(UNLOCK_AND_VPN, [], lam=runner.lam, retriever=runner.retriever, segmenter=PartedAt())
    assert actions(run) == ["search_accounts", "unlock_account", "grant_vpn_access"]
    shown = [each.task.text for each in runner.lam.situations]  # type: ignore[attr-defined]
    assert shown == [FIRST, *[UNLOCK_AND_VPN] * 3, FIRST, *[SECOND] * 3]
