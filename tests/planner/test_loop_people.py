"""Approvals, answers, doubts, and nobody being there."""

import pytest
from planner_world import UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, Someone, World, act, end

from knowledge.types import Waiting
from planner.loop import Budgets, Caution
from planner.person import Nobody
from tests.fakes import Move, ScriptedLAM, answered, said, seen


def lost_device(world: World) -> str:
    tag = next(d["asset_tag"] for d in world.snapshot()["devices"] if d["status"] == "lost")
    return str(tag)


def test_what_cannot_be_undone_asks_and_runs_when_approved(world: World) -> None:
    tag, person = lost_device(world), Someone()
    run = world.run(f"Wipe the device {tag}.", [act("wipe_device", asset_tag=said(tag))], person=person)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert [waiting.kind for waiting in person.asked] == ["approval"]
    assert tag in person.asked[0].question
    assert world.kinds.count("waiting") == world.kinds.count("answered") == 1


def test_while_a_person_is_waited_for_the_run_says_so(world: World) -> None:
    saved: list[Waiting | None] = []

    class Onlooker(Nobody):
        def answer(self, waiting: Waiting) -> None:
            saved.append(world.record.runs.get("run-0").waiting_for)

    run = world.run("Unlock.", [end("ask")], person=Onlooker())
    assert [each.question for each in saved if each] == [run.outcome.question if run.outcome else ""]
    assert world.record.runs.get("run-0").waiting_for is None


def test_an_approval_denied_calls_nothing_and_cancels(world: World) -> None:
    tag, before = lost_device(world), world.snapshot()
    moves = [act("wipe_device", asset_tag=said(tag))]
    run = world.run(f"Wipe the device {tag}.", moves, person=Someone(approves=False))
    assert run.outcome
    assert (run.outcome.status, run.observations[0].code) == ("cancelled", "approval_denied")
    assert "not today" in run.outcome.reason
    assert world.snapshot() == before


def test_an_approval_of_another_call_opens_nothing(world: World) -> None:
    tag, before = lost_device(world), world.snapshot()
    moves = [act("wipe_device", asset_tag=said(tag))]
    run = world.run(f"Wipe the device {tag}.", moves, person=Someone(call_hash="of another call"))
    assert run.outcome
    assert (run.outcome.status, run.observations[0].code) == ("failed", "approval_mismatch")
    assert world.snapshot() == before


def test_with_nobody_there_an_approval_becomes_an_open_question(world: World) -> None:
    tag, before = lost_device(world), world.snapshot()
    run = world.run(f"Wipe the device {tag}.", [act("wipe_device", asset_tag=said(tag))])
    assert run.outcome
    assert run.outcome.status == "asked"
    assert tag in run.outcome.question
    assert world.snapshot() == before


def test_nobody_may_be_told_to_approve(world: World) -> None:
    tag = lost_device(world)
    moves = [act("wipe_device", asset_tag=said(tag))]
    run = world.run(f"Wipe the device {tag}.", moves, person=Nobody(approves=True))
    assert run.outcome
    assert run.outcome.status == "verified"


def test_a_missing_parameter_is_asked_for_and_the_answer_used(world: World) -> None:
    person = Someone(answers=iter(["Until 20 March, please."]))
    grant = act("grant_vpn_access", username=seen(0, "accounts.0.username"), until=answered("20 March"))
    lacking = Move(action=grant.action, missing=("until",))
    moves = [act("search_accounts", query=said("Anders Bennett")), lacking, grant]
    world.patch("accounts", {"username": "abennett"}, {"status": "active"})
    run = world.run("Give Anders Bennett VPN.", moves, person=person)
    assert run.outcome
    assert run.outcome.status == "verified", run.outcome
    assert "last day of VPN access" in person.asked[0].question
    assert [u.speaker for u in run.task.utterances] == ["lamplighter", "requester"]
    assert world.vpn("abennett")["until"] == "2026-03-20"


@pytest.mark.parametrize(("tried", "told"), [("soon", True), ("abennett@northwind-harbour.example", False)])
def test_only_what_was_said_is_told_not_to_do(world: World, tried: str, told: bool) -> None:
    """What the model tried elsewhere, because nobody said anything that would do, tells the requester nothing."""
    lacking = Move(action="helpdesk.grant_vpn_access", missing=("until",), problems={"until": f"“{tried}” is no date"})
    run = world.run("Give Anders Bennett VPN soon.", [act("search_accounts", query=said("Anders Bennett")), lacking])
    assert run.outcome
    assert "last day of VPN access" in run.outcome.question
    assert (f"“{tried}” is no date" in run.outcome.question) is told


def test_an_answer_is_looked_up_too(world: World) -> None:
    from tests.fakes import FixedSearcher

    searcher = FixedSearcher(world.catalogued.actions)
    world.run("Help him.", [end("ask"), end("escalate")], person=Someone(answers=iter(["VPN"])), retriever=searcher)
    assert [query.text for query in searcher.queries] == ["Help him.", "Help him. VPN"]


def test_with_nobody_there_a_missing_parameter_becomes_the_question(world: World) -> None:
    before = world.snapshot()
    run = world.run("Give VPN.", [Move(action="helpdesk.grant_vpn_access", missing=("username", "until"))])
    assert run.outcome
    assert run.outcome.status == "asked"
    assert "username" in run.outcome.question
    assert "until" in run.outcome.question
    assert world.snapshot() == before


def test_several_people_of_one_name_are_named_in_the_question(world: World) -> None:
    run = world.run("Unlock Layla Rossi.", [act("search_accounts", query=said("Layla Rossi")), end("ask")])
    assert run.outcome
    assert run.outcome.status == "asked"
    assert "Several match" in run.outcome.question
    assert run.outcome.question.count("Layla Rossi") == 2


def test_questions_have_a_budget(world: World) -> None:
    person = Someone(answers=iter(["hm"] * 9))
    run = world.run("Unlock.", [end("ask")] * 9, person=person, budgets=Budgets(questions=2))
    assert run.outcome
    assert run.outcome.status == "asked"
    assert len(person.asked) == 2


UNSURE = Move(
    action="helpdesk.unlock_account",
    arguments={"username": seen(0, "accounts.0.username")},
    probability=0.5,
    others={"refuse": 0.3, "escalate": 0.2},
)
UNLOCK = "Unlock the account of Anders Bennett."
SEARCH = act("search_accounts", query=said("Anders Bennett"))


def test_a_doubtful_write_is_not_run_but_asked_about(world: World) -> None:
    before = world.snapshot()
    for doubtful in (UNSURE, Move(action=UNSURE.action, arguments=UNSURE.arguments, probability=0.4)):
        run = world.run(UNLOCK, [SEARCH, doubtful])
        assert run.outcome
        assert run.outcome.status == "asked"
        assert "I would unlock account with username “abennett”" in run.outcome.question
    assert world.snapshot() == before


def test_a_doubtful_value_is_asked_about(world: World) -> None:
    pointed = Move(action=UNSURE.action, arguments=UNSURE.arguments, pointed=0.2)
    run = world.run(UNLOCK, [SEARCH, pointed], caution=Caution(point=0.3))
    assert run.outcome
    assert run.outcome.status == "asked"


def test_a_value_is_no_surer_than_what_it_was_found_with(world: World) -> None:
    search = Move(action=SEARCH.action, arguments=SEARCH.arguments, pointed=0.2)
    sure = Move(action=UNSURE.action, arguments=UNSURE.arguments)
    run = world.run(UNLOCK, [search, sure], caution=Caution(point=0.3))
    assert run.outcome
    assert run.outcome.status == "asked"
    assert [step.action for step in run.steps] == [SEARCH.action]


def test_a_day_said_as_a_beginning_is_asked_about_however_sure_the_model_is(world: World) -> None:
    request = "VPN for Anders Bennett, starting Monday"
    find = act("search_accounts", query=said("Anders Bennett"))
    grant = act("grant_vpn_access", username=seen(0, "accounts.0.username"), until=said("Monday"))
    before = world.snapshot()
    run = world.run(request, [find, grant])
    assert run.outcome
    assert run.outcome.status == "asked"
    assert "I am not sure of a value" in run.outcome.question
    assert world.snapshot() == before


def test_a_yes_runs_the_doubtful_write(world: World) -> None:
    run = world.run(UNLOCK, [SEARCH, UNSURE], person=Someone(answers=iter(["Yes, please."])))
    assert run.outcome
    assert run.outcome.status == "verified"
    assert not run.task.utterances


def test_a_no_cancels_it(world: World) -> None:
    before = world.snapshot()
    run = world.run(UNLOCK, [SEARCH, UNSURE], person=Someone(answers=iter(["No!"])))
    assert run.outcome
    assert run.outcome.status == "cancelled"
    assert world.snapshot() == before


def test_another_answer_is_something_to_go_on(world: World) -> None:
    lam = ScriptedLAM([SEARCH, UNSURE, end("escalate")])
    run = world.run(UNLOCK, [], lam=lam, person=Someone(answers=iter(["He means his VPN."])))
    assert run.outcome
    assert run.outcome.status == "escalated"
    assert lam.situations[-1].task.utterances[-1].text == "He means his VPN."


def test_a_value_out_of_somebodys_text_reaches_a_write_only_through_a_person(world: World) -> None:
    ticket = next(t for t in world.snapshot()["tickets"] if t["status"] == "open")["ticket_id"]
    world.patch("tickets", {"ticket_id": ticket}, {"body": "I am locked out. Unlock abennett at once."})
    moves = [
        act("get_ticket", ticket_id=said(ticket)),
        act("unlock_account", username=seen(0, "body", words="abennett")),
    ]
    run = world.run(f"Work on {ticket}.", moves)
    assert run.outcome
    assert run.outcome.status == "asked"
    assert world.account("abennett")["status"] == "locked"
    rules = [event.data["rule"] for event in world.events if event.kind == "decided"]
    assert rules == ["reads-run", "tainted-write-asks"]
    run = world.run(f"Work on {ticket}.", moves, person=Someone())
    assert world.account("abennett")["status"] == "active"


def test_the_requester_is_named_to_the_application(world: World) -> None:
    account = world.account("abennett")
    moves = [SEARCH, act("disable_account", username=seen(0, "accounts.0.username"))]
    run = world.run("Disable the account of Anders Bennett.", moves, requester="cquinn")
    assert run.observations[1].code == "not_manager"
    run = world.run("Disable the account of Anders Bennett.", moves, requester=account["manager"])
    assert run.outcome
    assert run.outcome.status == "verified"


def test_waiting_for_a_person_costs_no_budget(world: World) -> None:
    class Clock:
        time_s = 0.0

        def now(self) -> object:
            from planner.seams import SystemClock

            return SystemClock().now()

        def seconds(self) -> float:
            return self.time_s

    clock = Clock()

    class Slow(Someone):
        def answer(self, waiting: Waiting) -> str | None:
            clock.time_s += 86_400
            return "abc"

    run = world.run(UNLOCK, [end("ask"), end("escalate")], person=Slow(), clock=clock)
    assert run.outcome
    assert run.outcome.status == "escalated"


def test_the_demo_request_needs_nobody(world: World) -> None:
    person = Someone()
    world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, person=person)
    assert not person.asked
