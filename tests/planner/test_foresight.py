"""A plan of a request for two things: each wish planned as if it were all, and what was looked up planned once."""

from planner_world import NOW, UNLOCK_AND_VPN, World, act, end

from knowledge.joints import Segment
from knowledge.types import Reference, Task, Trajectory
from tests.fakes import said, seen

NAME = "Anders Bennett"
FIRST, SECOND = "Please unlock the account of Anders Bennett", "give him VPN until 20 March."
LOOK = act("search_accounts", query=said(NAME))
UNLOCK = act("unlock_account", username=seen(0, "accounts.0.username"))
GRANT = act("grant_vpn_access", username=seen(0, "accounts.0.username"), until=said("20 March"))


class Two:
    def segments(self, text: str) -> list[Segment]:
        return [Segment(text=part, start=text.index(part)) for part in (FIRST, SECOND)]


def before(world: World) -> list[Trajectory]:
    run = world.run(f"Unlock {NAME}", [LOOK, UNLOCK, end("finish")])
    return [each for each in world.record.memory.list("default") if each.id == run.id]


def test_both_wishes_are_planned_and_refer_to_one_look(world: World) -> None:
    runner = world.runner(
        [LOOK, UNLOCK, end("finish"), GRANT, end("finish")], precedents=before(world), segmenter=Two()
    )
    plan = runner.plan(Task(id="task", text=UNLOCK_AND_VPN, requester="", now=NOW))
    assert [step.action for step in plan.steps] == [LOOK.action, UNLOCK.action, GRANT.action]
    assert (plan.ending, plan.reason) == ("finish", "")
    who = [argument.value for step in plan.steps[1:] for argument in step.arguments if argument.name == "username"]
    assert who == [Reference(step=0, path="accounts.0.username")] * 2
    shown = [(each.task.text, len(each.steps)) for each in runner.lam.situations]  # type: ignore[attr-defined]
    assert shown == [(FIRST, 0), (FIRST, 1), (FIRST, 2), (SECOND, 1), (SECOND, 2)]


def test_it_ends_with_the_first_wish_that_would_not_be_carried_out(world: World) -> None:
    runner = world.runner([LOOK, end("refuse"), GRANT], precedents=before(world), segmenter=Two())
    plan = runner.plan(Task(id="task", text=UNLOCK_AND_VPN, requester="", now=NOW))
    assert (len(plan.steps), plan.ending) == (1, "refuse")


def test_where_a_part_says_too_little_the_whole_request_is_planned(world: World) -> None:
    script = [end("ask"), LOOK, UNLOCK, GRANT, end("finish")]
    runner = world.runner(script, precedents=before(world), segmenter=Two())
    plan = runner.plan(Task(id="task", text=UNLOCK_AND_VPN, requester="", now=NOW))
    assert [step.action for step in plan.steps] == [LOOK.action, UNLOCK.action, GRANT.action]
    assert plan.ending == "finish"
    shown = [each.task.text for each in runner.lam.situations]  # type: ignore[attr-defined]
    assert shown == [FIRST, *[UNLOCK_AND_VPN] * 4]


def test_what_the_whole_request_leaves_open_is_asked_about(world: World) -> None:
    runner = world.runner([end("ask"), end("ask"), GRANT], precedents=before(world), segmenter=Two())
    plan = runner.plan(Task(id="task", text=UNLOCK_AND_VPN, requester="", now=NOW))
    assert (plan.steps, plan.ending) == ((), "ask")
