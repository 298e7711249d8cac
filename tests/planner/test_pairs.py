"""Pairs of actions that undo each other: proposed from verified runs, used after a person confirmed them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from planner_world import World, act
from test_undoing import ANDERS, BOX, status, undo, undoer

from knowledge.compensations import Confirmed
from knowledge.errors import NotFound, NotUndoable
from knowledge.types import ActionSpec, Run
from planner.pairs import Pair, proposed
from tests.fakes import HashEmbedder, Move, said

GROUP = "brand-library"


@pytest.fixture
def silent(world: World) -> World:
    """The help desk, if its document did not say what undoes what."""
    actions: list[ActionSpec] = [
        replace(action, compensation="", undone_by=(), offered=True) for action in world.catalogued.actions
    ]
    vectors = HashEmbedder().embed([action.id for action in actions])
    world.record.catalogue.put(world.catalogued.application, actions, vectors)
    world.catalogued = replace(world.catalogued, actions=tuple(actions))
    return world


def done(world: World, *moves: Move, text: str = "", requester: str = "") -> Run:
    run = world.run(text or f"{ANDERS} {BOX} {GROUP} npetrov 2026-03-20", moves, requester=requester)
    assert status(run) == "verified", (run.outcome, run.observations)
    return run


def disabled_and_enabled(world: World) -> tuple[Run, Run]:
    """Of two different people: the pair holds for anyone."""
    people = [a for a in world.snapshot()["accounts"] if not a["vip"] and a["manager"]]
    one = next(a for a in people if a["status"] == "active")
    other = next(a for a in people if a["username"] != one["username"])
    world.patch("accounts", {"username": other["username"]}, {"status": "disabled"})
    runs = [
        done(world, act(name, username=said(a["username"])), text=a["username"], requester=a["manager"])
        for name, a in (("disable_account", one), ("enable_account", other))
    ]
    return runs[0], runs[1]


def test_what_put_back_what_another_changed_is_proposed_both_ways(silent: World) -> None:
    first, second = disabled_and_enabled(silent)
    assert [(p.action, p.undone_by) for p in proposed(silent.record)] == [
        ("helpdesk.disable_account", "helpdesk.enable_account"),
        ("helpdesk.enable_account", "helpdesk.disable_account"),
    ]
    assert set(proposed(silent.record)[0].evidence) == {first.id, second.id}


def test_members_that_come_and_go_and_dates_are_recognised(silent: World) -> None:
    silent.patch("accounts", {"username": ANDERS}, {"status": "active"})
    silent.patch("vpn_access", {"username": ANDERS}, None)
    done(silent, act("add_group_member", group=said(GROUP), username=said(ANDERS)))
    done(silent, act("remove_group_member", group=said(GROUP), username=said(ANDERS)))
    done(silent, act("grant_vpn_access", username=said(ANDERS), until=said("2026-03-20")))
    done(silent, act("revoke_vpn_access", username=said(ANDERS)))
    pairs = {(p.action, p.undone_by): dict(p.arguments) for p in proposed(silent.record)}
    assert {tuple(id.removeprefix("helpdesk.") for id in both): where for both, where in pairs.items()} == {
        ("add_group_member", "remove_group_member"): {},
        ("remove_group_member", "add_group_member"): {},
        ("grant_vpn_access", "revoke_vpn_access"): {},
        ("revoke_vpn_access", "grant_vpn_access"): {"until": "before.until"},
    }


def test_what_is_known_already_or_was_not_verified_or_does_another_thing_is_not_proposed(world: World) -> None:
    disabled_and_enabled(world)
    assert proposed(world.record) == []


def test_unlike_changes_are_no_pair(silent: World) -> None:
    silent.patch("accounts", {"username": ANDERS}, {"status": "locked", "mfa_enrolled": 1})
    done(silent, act("unlock_account", username=said(ANDERS)))
    done(silent, act("reset_mfa", username=said(ANDERS)))
    done(silent, act("add_mailbox_delegate", address=said(BOX), username=said("npetrov")))
    assert proposed(silent.record) == []


def test_a_pair_is_used_after_a_person_confirmed_it_and_not_before(silent: World) -> None:
    first, _ = disabled_and_enabled(silent)
    with pytest.raises(NotUndoable, match="disable account"):
        undoer(silent).ready(first.id)
    confirm(silent, proposed(silent.record)[0])
    assert status(undo(silent, first)) == "verified"
    username = first.task.text
    assert silent.account(username)["status"] == "active"
    silent.record.compensations.remove("helpdesk.disable_account", "helpdesk.enable_account")
    assert silent.record.catalogue.get("helpdesk.disable_account").undone_by == ()
    with pytest.raises(NotFound):
        silent.record.compensations.remove("helpdesk.disable_account", "helpdesk.enable_account")


def test_what_was_confirmed_belongs_to_a_tenant_and_is_news_to_who_searches(silent: World) -> None:
    disabled_and_enabled(silent)
    pair, revision = proposed(silent.record)[0], silent.record.catalogue.revision()
    confirm(silent, pair)
    assert silent.record.catalogue.revision() == revision + 1
    (kept,) = silent.record.compensations.list()
    assert (kept.action, kept.undone_by, kept.evidence) == (pair.action, pair.undone_by, pair.evidence)
    assert silent.record.compensations.list("other") == []
    assert [p.action for p in proposed(silent.record)] == ["helpdesk.enable_account"]


def confirm(world: World, pair: Pair) -> None:
    world.record.compensations.confirm(
        Confirmed(
            action=pair.action,
            undone_by=pair.undone_by,
            arguments=pair.arguments,
            evidence=pair.evidence,
            confirmed_by="carol",
            confirmed_at=datetime.now(UTC),
        )
    )
