"""Undoing runs on the practice help desk: what was there before is there again, and what is not is said."""

from collections.abc import Sequence
from typing import Any

import pytest
from planner_world import UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, Someone, World, act, end

from knowledge.errors import NotUndoable, TooLate
from knowledge.types import Literal, Run
from planner.execute import HttpExecutor
from planner.person import Nobody, Person
from planner.policy import FirstPolicy
from planner.undo import Undoer
from tests.fakes import Move, option, said, seen

ANDERS = "abennett"
BOX = "anders.bennett@northwind-harbour.example"
TABLES = ("accounts", "vpn_access", "group_members", "licence_assignments", "list_members", "mailboxes",
          "mailbox_delegates", "tickets")  # fmt: skip


def undoer(world: World, **parts: Any) -> Undoer:
    executor = HttpExecutor(
        [world.catalogued.application], lambda _: world.token, approvals=world.record.approvals, pauses_s=(0, 0)
    )
    return Undoer(**({"record": world.record, "executor": executor, "policy": FirstPolicy()} | parts))


def undo(world: World, run: Run, *, person: Person | None = None, agreed: bool = True, **parts: Any) -> Run:
    found = undoer(world, **parts)
    agreed_hash = found.plan(run.id).hash if agreed else ""
    world.events = []
    return found.run(run.id, person=person or Nobody(), agreed=agreed_hash, on_event=world.events.append)


def state(world: World) -> dict[str, Any]:
    snapshot = world.snapshot()
    return {table: snapshot[table] for table in TABLES}


def status(run: Run) -> str:
    assert run.outcome
    return run.outcome.status


@pytest.fixture
def locked(world: World) -> World:
    world.patch("accounts", {"username": ANDERS}, {"status": "locked"})
    world.patch("vpn_access", {"username": ANDERS}, None)
    return world


@pytest.fixture
def done(locked: World) -> Run:
    run = locked.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, requester="npetrov")
    assert status(run) == "verified"
    return run


# ---- the whole way


def test_a_run_is_undone_in_reverse_and_read_back(locked: World, done: Run) -> None:
    undone = undo(locked, done)
    assert status(undone) == "verified", undone.outcome
    assert locked.account(ANDERS)["status"] == "locked"
    assert not locked.vpn(ANDERS)["active"]
    made = [step.action for step in undone.steps if step.index >= len(undone.steps) - 2]
    assert made == ["helpdesk.revoke_vpn_access", "helpdesk.lock_account"]
    assert undone.undoes == done.id


def test_every_value_of_an_undoing_call_comes_from_where_the_run_had_it(locked: World, done: Run) -> None:
    for call in undoer(locked).plan(done.id).calls:
        for argument in call.step.arguments:
            assert isinstance(argument.value, Literal)
            assert argument.value.provenance.source == "observation"
            assert argument.value.provenance.source_id == "step:0"


def test_an_undone_run_is_no_precedent_any_more(locked: World, done: Run) -> None:
    assert locked.record.memory.vectors().ids == [done.id]
    undone = undo(locked, done)
    assert locked.record.memory.vectors().ids == []
    assert locked.record.memory.get(done.id).outcome.status == "undone"
    told = locked.record.runs.get(done.id)
    assert status(told) == "undone"
    assert told.outcome
    assert undone.id in told.outcome.reason


def test_undoing_twice_says_that_it_is_done(locked: World, done: Run) -> None:
    undo(locked, done)
    with pytest.raises(TooLate, match="undone already"):
        undo(locked, done)
    with pytest.raises(NotUndoable, match="undid run"):
        undoer(locked).plan(f"{done.id}-undo1")


def test_each_undoing_call_is_decided_and_journalled(locked: World, done: Run) -> None:
    undone = undo(locked, done)
    journal = locked.record.runs.journal(undone.id)
    assert [line.call["action"] for line in journal] == ["helpdesk.revoke_vpn_access", "helpdesk.lock_account"]
    decided = [e.data["action"] for e in locked.events if e.kind == "decided" and not e.data["verifying"]]
    assert decided == ["helpdesk.revoke_vpn_access", "helpdesk.lock_account"]


TEXTS = (
    f"{ANDERS} {BOX} npetrov brand-library T-1001 codeharbor-enterprise all-design@northwind-harbour.example 25 lead"
)
AGAINST: list[tuple[str, Sequence[Move]]] = [
    ("a group", [act("add_group_member", group=said("brand-library"), username=said(ANDERS))]),
    ("a licence", [act("assign_licence", product=said("codeharbor-enterprise"), username=said(ANDERS))]),
    ("a list", [act("add_list_member", list=said("all-design@northwind-harbour.example"), username=said(ANDERS))]),
    ("a delegate", [act("add_mailbox_delegate", address=said(BOX), username=said("npetrov"))]),
    ("a quota", [act("set_mailbox_quota", address=said(BOX), quota_gb=said("25"))]),
    ("a priority", [act("set_ticket_priority", ticket_id=said("T-1001"), priority=option("urgent"))]),
    ("a state", [act("set_ticket_status", ticket_id=said("T-1001"), status=option("resolved"))]),
    ("a team", [act("assign_ticket", ticket_id=said("T-1001"), team=option("security"))]),
    ("a title", [act("update_account", username=said(ANDERS), title=said("lead"))]),
    ("both ways", [act("add_mailbox_delegate", address=said(BOX), username=said("npetrov")),
                   act("set_mailbox_quota", address=said(BOX), quota_gb=said("25"))]),
]  # fmt: skip


@pytest.mark.parametrize("moves", [moves for _, moves in AGAINST], ids=[name for name, _ in AGAINST])
def test_what_was_there_before_is_there_again(world: World, moves: Sequence[Move]) -> None:
    before = state(world)
    run = world.run(TEXTS, moves)
    assert [each.status for each in run.observations] == ["ok"] * len(moves), run.observations
    assert state(world) != before
    undone = undo(world, run, person=Someone())
    assert status(undone) == "verified", undone.outcome
    assert state(world) == before


def test_forwarding_is_cleared_or_set_back_to_what_it_was(world: World) -> None:
    boxes = [each["address"] for each in world.snapshot()["mailboxes"] if each["address"] != BOX]
    for earlier, target in ((None, boxes[0]), (boxes[0], boxes[1])):
        world.patch("mailboxes", {"address": BOX}, {"forwarding": earlier})
        moves = [act("set_mailbox_forwarding", address=said(BOX), forward_to=said(target))]
        run = world.run(f"{BOX} {target}", moves)
        assert run.observations[0].status == "ok", run.observations
        assert status(undo(world, run, person=Someone())) == "verified"
        assert world.desk.get(f"/mailboxes/{BOX}").json()["forwarding"] == earlier


def test_an_earlier_vpn_date_comes_back(world: World) -> None:
    world.patch("accounts", {"username": ANDERS}, {"status": "active"})
    world.patch("vpn_access", {"username": ANDERS}, {"until": "2026-03-10"})
    run = world.run(f"{ANDERS} 2026-03-20", [act("grant_vpn_access", username=said(ANDERS), until=said("2026-03-20"))])
    assert status(undo(world, run)) == "verified"
    assert world.vpn(ANDERS)["until"] == "2026-03-10"


# ---- asking


def test_it_asks_before_anything_is_undone(locked: World, done: Run) -> None:
    person = Someone(answers=iter(["no"]))
    undone = undo(locked, done, person=person, agreed=False)
    assert status(undone) == "cancelled"
    assert locked.account(ANDERS)["status"] == "active"
    assert "1. revoke vpn access" in person.asked[0].question
    assert "2. lock account" in person.asked[0].question
    again = undo(locked, done, person=Someone(answers=iter(["yes"])), agreed=False)
    assert status(again) == "verified"
    assert again.id == f"{done.id}-undo2"


def test_with_nobody_there_nothing_is_undone(locked: World, done: Run) -> None:
    undone = undo(locked, done, agreed=False)
    assert status(undone) == "asked"
    assert locked.vpn(ANDERS)["active"]


def test_another_plan_than_the_one_agreed_to_is_not_carried_out(locked: World, done: Run) -> None:
    with pytest.raises(TooLate, match="another plan"):
        undoer(locked).run(done.id, person=Nobody(), agreed="0" * 64)
    assert locked.vpn(ANDERS)["active"]


def test_the_policy_decides_about_undoing_too(locked: World, done: Run) -> None:
    from planner.policy import FilePolicy
    from planner.policy_file import parse_policy

    rules = """
version: 1
rules:
  - {name: reads, effect: read, verdict: allow, reason: It changes nothing.}
  - {name: no-locks, action: "*.lock_account", verdict: deny, reason: Nobody is locked out.}
  - {name: rest, verdict: ask, reason: Careful.}
"""
    person = Someone()
    undone = undo(locked, done, person=person, policy=FilePolicy(parse_policy(rules, source="test")))
    assert [waiting.kind for waiting in person.asked] == ["approval"]
    assert status(undone) == "refused"
    assert undone.outcome
    assert "What remains: unlock account" in undone.outcome.reason
    assert not locked.vpn(ANDERS)["active"]
    assert locked.account(ANDERS)["status"] == "active"


# ---- what cannot be undone


RESET = act("reset_password", username=seen(0, "accounts.0.username"))


def test_what_remains_is_said_beforehand_and_afterwards(locked: World) -> None:
    text = "Unlock Anders Bennett and reset his password."
    run = locked.run(text, [*UNLOCK_AND_VPN_MOVES[:2], RESET, end("finish")])
    person = Someone(answers=iter(["yes"]))
    undone = undo(locked, run, person=person, agreed=False)
    assert "What remains: reset password" in person.asked[0].question
    assert "nothing is known that would undo it" in person.asked[0].question
    assert undone.outcome
    assert "What remains: reset password" in undone.outcome.reason
    told = locked.record.runs.get(run.id).outcome
    assert told
    assert told.status == "partly_undone"
    assert "reset password" in told.reason
    assert locked.record.memory.get(run.id).outcome.status == "partly_undone"
    with pytest.raises(NotUndoable, match=r"Nothing of run .* What remains: reset password"):
        undo(locked, run)


def test_a_run_without_a_way_back_is_refused(world: World) -> None:
    run = world.run(ANDERS, [act("reset_password", username=said(ANDERS))])
    with pytest.raises(NotUndoable, match="reset password"):
        undoer(world).run(run.id, person=Nobody())
    reading = world.run(UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES[:1])
    with pytest.raises(NotUndoable, match="changed nothing"):
        undoer(world).plan(reading.id)


def test_what_is_irreversible_stays(world: World) -> None:
    world.patch("devices", {"asset_tag": "NH-20463"}, {"status": "lost"})
    run = world.run("Wipe NH-20463.", [act("wipe_device", asset_tag=said("NH-20463"))], person=Someone())
    assert status(run) == "verified"
    (left,) = undoer(world).plan(run.id).remaining
    assert left.why == "it cannot be undone"


def test_a_call_that_fails_stops_it_and_says_what_remains(locked: World, done: Run) -> None:
    locked.patch("accounts", {"username": ANDERS}, {"vip": 1})  # Service desk may not touch it any more.
    undone = undo(locked, done)
    assert status(undone) == "failed"
    assert undone.outcome
    assert "What remains: unlock account" in undone.outcome.reason
    assert "executive support" in undone.outcome.reason
    told = locked.record.runs.get(done.id)
    assert status(told) == "partly_undone"
    locked.patch("accounts", {"username": ANDERS}, {"vip": 0})
    rest = undo(locked, done)
    assert status(rest) == "verified"
    assert locked.account(ANDERS)["status"] == "locked"
    assert status(locked.record.runs.get(done.id)) == "undone"


# ---- the world went on


def test_what_somebody_changed_since_is_asked_about(locked: World, done: Run) -> None:
    locked.patch("vpn_access", {"username": ANDERS}, {"until": "2026-04-01"})
    person = Someone(answers=iter(["no"]))
    undone = undo(locked, done, person=person)
    assert "it was changed since (until is 2026-04-01, was 2026-03-20)" in person.asked[0].question
    assert status(undone) == "cancelled"
    assert locked.vpn(ANDERS)["until"] == "2026-04-01"


def test_what_somebody_took_back_already_is_not_taken_back_again(locked: World, done: Run) -> None:
    locked.patch("vpn_access", {"username": ANDERS}, None)
    undone = undo(locked, done)
    assert status(undone) == "verified", undone.outcome
    assert locked.writes("revoke_vpn_access") == 0
    assert locked.account(ANDERS)["status"] == "locked"


def test_an_undoing_that_broke_off_goes_on_without_repeating_a_call(locked: World, done: Run) -> None:
    found, calls = undoer(locked), 0

    class Breaking:
        def execute(self, call: Any, permit: Any) -> Any:
            nonlocal calls
            calls += call.spec.effect != "read"
            if calls == 2:
                raise SystemExit("killed")
            return found.executor.execute(call, permit)

    with pytest.raises(SystemExit):
        undoer(locked, executor=Breaking()).run(done.id, person=Nobody(), agreed=found.plan(done.id).hash)
    assert locked.writes("revoke_vpn_access") == 1
    rest = undo(locked, done)
    assert status(rest) == "verified", rest.outcome
    assert locked.writes("revoke_vpn_access") == 1
    assert locked.account(ANDERS)["status"] == "locked"
