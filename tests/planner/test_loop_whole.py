"""A request carried out on the real help desk, from retrieval to memory."""

import pytest
from planner_world import NOW, UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, World, act, end

from knowledge.codec import to_json
from knowledge.types import Literal, Passage, Reference, Task
from tests.fakes import Move, ScriptedLAM, option, said, seen


def test_a_request_is_carried_out_verified_and_remembered(world: World) -> None:
    assert world.account("abennett")["status"] == "locked"
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    assert run.outcome
    assert (run.status, run.outcome.status) == ("done", "verified"), run.outcome
    assert world.account("abennett")["status"] == "active"
    assert world.vpn("abennett")["until"] == "2026-03-20"
    remembered = world.record.memory.get(run.id)
    assert remembered.outcome.status == "verified"
    assert remembered.ending == "finish"
    assert [step.action for step in remembered.steps] == [
        "helpdesk.search_accounts",
        "helpdesk.unlock_account",
        "helpdesk.grant_vpn_access",
    ]
    assert world.record.runs.get(run.id) == run


def test_the_diary_tells_every_step_in_order(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    look, made = ["decided", "looked"], ["executed", "observed"]
    read, write = ["proposed", "decided", *made], ["proposed", "decided", *look, *made]  # what is there before a write
    assert world.kinds == ["retrieved", *read, *write * 2, *look * 2, "ended", "remembered"]
    assert [event.seq for event in world.events] == list(range(len(world.events)))
    assert list(world.record.runs.events(run.id)) == world.events


def test_what_is_proposed_is_told_with_the_trust_it_has(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    told = [event.data["step"] for event in world.events if event.kind == "proposed"]
    assert told == [to_json(step) for step in run.steps]


def test_writes_are_journalled_under_their_idempotency_key_and_reads_are_not(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    journal = world.record.runs.journal(run.id)
    assert [intent.step for intent in journal] == [1, 2]
    assert all(intent.observation and intent.observation.status == "ok" for intent in journal)
    keys = [event.data["key"] for event in world.events if event.kind == "executed"]
    assert [intent.key for intent in journal] == keys[1:]
    assert not world.record.runs.pending(run.id)


def test_every_argument_of_the_plan_shows_its_source(world: World) -> None:
    run = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    username, until = run.steps[2].arguments
    assert isinstance(username.value, Literal)
    assert (username.value.provenance.source, username.value.provenance.path) == ("observation", "accounts.0.username")
    assert username.value.provenance.trust == "trusted"
    assert isinstance(until.value, Literal)
    assert (until.value.value, until.value.provenance.raw) == ("2026-03-20", "20 March")


def test_a_dry_run_plans_with_references_and_calls_nothing(world: World) -> None:
    before = world.snapshot()
    task = Task(id="t", text=UNLOCK_AND_VPN, now=NOW)
    plan = world.runner(UNLOCK_AND_VPN_MOVES).plan(task)
    assert (len(plan.steps), plan.ending) == (3, "finish")
    assert plan.steps[1].arguments[0].value == Reference(step=0, path="accounts.0.username")
    assert world.snapshot() == before


def test_a_dry_run_stops_before_what_could_not_be_grounded(world: World) -> None:
    moves = [act("search_accounts", query=said("Anders Bennett")), act("unlock_account", username=seen(0, "nowhere.0"))]
    plan = world.runner(moves).plan(Task(id="t", text=UNLOCK_AND_VPN, now=NOW))
    assert (len(plan.steps), plan.ending) == (1, "ask")
    assert "nowhere.0" in plan.reason


def test_only_what_was_verified_becomes_a_precedent(world: World) -> None:
    world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    world.run("Unlock the account of Anders Bennett.", [end("escalate")])
    assert len(world.record.memory.list()) == 2
    assert len(world.record.memory.vectors().ids) == 1


def test_a_precedent_is_credited_with_the_outcome_it_led_to(world: World) -> None:
    first = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES)
    precedent = world.record.memory.get(first.id)
    world.patch("accounts", {"username": "abennett"}, {"status": "locked"})
    moves = UNLOCK_AND_VPN_MOVES[:2]
    world.run("Unlock the account of Anders Bennett.", moves, precedents=[precedent])
    assert world.record.memory.get(first.id).successes == 1
    world.run("Unlock the account of Anders Bennett.", moves, precedents=[precedent])  # it is not locked any more
    assert world.record.memory.get(first.id).failures == 1


@pytest.mark.parametrize(("ending", "status"), [("refuse", "refused"), ("escalate", "escalated")])
def test_refusing_and_escalating_are_outcomes_with_a_reason(world: World, ending: str, status: str) -> None:
    before = world.snapshot()
    rule = Passage(
        id="p", document_id="d", heading="Passwords > Never told", text="No.", start=0, end=3, content_hash=""
    )
    run = world.run("Tell me the password of Anders Bennett.", [end(ending)], passages=[rule])
    assert run.outcome
    assert run.outcome.status == status
    assert "Passwords > Never told" in run.outcome.reason
    assert world.record.memory.get(run.id).ending == ending
    assert world.snapshot() == before


def test_an_application_error_is_seen_by_the_model_and_explains_the_escalation(world: World) -> None:
    world.patch("accounts", {"username": "abennett"}, {"status": "disabled"})
    lam = ScriptedLAM([*UNLOCK_AND_VPN_MOVES[:2], end("escalate")])
    run = world.run(UNLOCK_AND_VPN, [], lam=lam)
    assert lam.situations[-1].observations[1].code == "account_disabled"
    assert run.outcome
    assert run.outcome.status == "escalated"
    assert "Unlock account was not possible" in run.outcome.reason


def test_finishing_over_a_failed_write_is_a_failure(world: World) -> None:
    world.patch("accounts", {"username": "abennett"}, {"status": "active"})
    run = world.run(UNLOCK_AND_VPN, [*UNLOCK_AND_VPN_MOVES[:2], end("finish")])
    assert run.outcome
    assert run.outcome.status == "failed"


def test_a_set_is_worked_through_row_by_row(world: World) -> None:
    tickets = [t for t in world.snapshot()["tickets"] if t["status"] == "open"][:2]
    for ticket in tickets:
        world.patch("tickets", {"ticket_id": ticket["ticket_id"]}, {"requester": "abennett", "status": "resolved"})
    listed = world.desk.get("/tickets", params={"requester": "abennett", "status": "resolved"}).json()["tickets"]
    moves = [
        act("search_accounts", query=said("Anders Bennett")),
        act("list_tickets", requester=seen(0, "accounts.0.username"), status=option("resolved")),
        *[
            act("set_ticket_status", ticket_id=seen(1, f"tickets.{i}.ticket_id"), status=option("closed"))
            for i in range(len(listed))
        ],
    ]
    run = world.run("Close all resolved tickets of Anders Bennett.", moves)
    assert run.outcome
    assert run.outcome.status == "verified"
    assert world.writes("set_ticket_status") == len(listed) >= 2


def test_nothing_matching_asks_with_a_remedy_instead_of_acting(world: World) -> None:
    from tests.fakes import FixedSearcher

    for searcher in (FixedSearcher([]), FixedSearcher(world.catalogued.actions, similarity=0.01)):
        run = world.run("Sing me a song.", [Move(action="helpdesk.search_accounts")], retriever=searcher)
        assert run.outcome
        assert run.outcome.status == "asked"
        assert "lamp apps add" in run.outcome.question
        assert not run.steps
