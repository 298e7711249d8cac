"""A wrong call refuses nothing, and a look that found nothing may have been at the wrong place."""

from typing import Any

import pytest
from planner_world import Someone, World, act, end

from tests.fakes import Move, Pointer, said, seen

MEMBER = "Anders Bennett"
PERSON = act("search_accounts", query=said(MEMBER))
USERNAME = seen(0, "accounts.0.username")
NO_VPN = act("revoke_vpn_access", username=USERNAME)  # 404: there is none
REFUSE, ESCALATE = end("refuse"), end("escalate")


def second(name: str, before: Move, *, likely: float = 0.3, **arguments: Pointer) -> Move:
    """What the model says of the point before: mostly `before`, and `name` in second place."""
    others = {name if name in ("refuse", "ask") else f"helpdesk.{name}": likely}
    return Move(action=before.action, arguments=arguments, probability=1 - likely, others=others)


@pytest.fixture
def group(world: World) -> dict[str, Any]:
    """A group that the person is made a member of; they have no VPN."""
    username = world.desk.get("/accounts", params={"query": MEMBER}).json()["accounts"][0]["username"]
    assert world.desk.get(f"/vpn/{username}").json().get("vpn") is None
    found = world.desk.get("/groups", params={"query": "Calendar"}).json()["groups"]
    free = next(each for each in found if not each["restricted"])
    if username not in members(world, free):
        world.desk.post(f"/groups/{free['group']}/members", json={"username": username}).raise_for_status()
    return {**free, "username": username}


def members(world: World, group: dict[str, Any]) -> list[str]:
    found: list[str] = world.desk.get(f"/groups/{group['group']}/members").json()["members"]
    return found


def test_after_a_wrong_call_the_second_best_is_done_and_the_wrong_call_is_told(
    world: World, group: dict[str, Any]
) -> None:
    remove = act("remove_group_member", group=seen(2, "groups.0.group"), username=USERNAME)
    look = second("search_groups", NO_VPN, query=said(group["name"]))
    text = f"Please take {MEMBER} out of {group['name']}."
    run = world.run(text, [PERSON, NO_VPN, REFUSE, look, remove, end("finish")])
    assert [seen.http_status for seen in run.observations] == [0, 404, 0, 0]
    assert group["username"] not in members(world, group)
    assert run.outcome
    assert run.outcome.status == "unverified"
    assert "But: Revoke vpn access did not succeed: " in run.outcome.reason


def test_after_a_look_that_found_nothing_it_looks_elsewhere_instead_of_giving_up(
    world: World, group: dict[str, Any]
) -> None:
    licences = act("search_licences", query=said(group["name"]))
    look = second("search_groups", licences, query=said(group["name"]))
    run = world.run(f"{MEMBER}: out of {group['name']}", [PERSON, licences, ESCALATE, look, end("ask")])
    assert [step.action.partition(".")[2] for step in run.steps][1:] == ["search_licences", "search_groups"]
    assert run.outcome
    assert run.outcome.status == "asked"


def test_what_is_forbidden_stays_refused(world: World) -> None:
    disable = act("disable_account", username=USERNAME)
    run = world.run(f"Disable {MEMBER}.", [PERSON, disable, REFUSE, second("search_groups", disable)])
    assert run.observations[1].http_status == 403
    assert run.outcome
    assert run.outcome.status == "refused"


def test_what_may_pass_is_no_wrong_call(world: World) -> None:
    world.fault("unlock_account", times=2, status=503)
    unlock = act("unlock_account", username=USERNAME)
    run = world.run(f"Unlock {MEMBER}.", [PERSON, unlock, REFUSE, second("search_groups", unlock)])
    assert run.outcome
    assert run.outcome.status == "refused"


def test_a_second_best_write_is_never_done_unasked(world: World, group: dict[str, Any]) -> None:
    before, person = world.snapshot(), Someone()
    write = second("reset_mfa", NO_VPN, likely=0.49, username=USERNAME)
    run = world.run(f"{MEMBER}: everything", [PERSON, NO_VPN, REFUSE, write], person=person)
    assert "I am not sure that this is the right action" in person.asked[0].question
    assert world.snapshot() == before
    assert run.outcome
    assert run.outcome.status == "asked"


@pytest.mark.parametrize("thought", [second("refuse", NO_VPN), second("search_groups", NO_VPN, likely=0.04)])
def test_where_nothing_better_was_in_sight_it_is_refused(world: World, group: dict[str, Any], thought: Move) -> None:
    run = world.run(f"{MEMBER}: VPN", [PERSON, NO_VPN, REFUSE, thought])
    assert run.outcome
    assert run.outcome.status == "refused"
    assert "The person has no active VPN access" in run.outcome.reason


@pytest.mark.parametrize(("same", "status"), [(True, "unverified"), (False, "failed")])
def test_what_was_barred_is_made_good_by_another_way_to_the_same_only(world: World, same: bool, status: str) -> None:
    groups = world.desk.get("/groups", params={"query": "Payroll"}).json()["groups"]
    barred = next(each for each in groups if each["restricted"])
    other = world.desk.get("/groups", params={"query": "Production"}).json()["groups"][0]
    text = f"Put {MEMBER} into {barred['name']} ({barred['group']}, not {other['group']}): audit."
    add = act("add_group_member", group=said(barred["group"]), username=USERNAME)
    wanted = said(barred["group"] if same else other["group"])
    ask = act("create_access_request", group=wanted, username=USERNAME, reason=said("audit"))
    run = world.run(text, [PERSON, add, ask, end("finish")])
    assert [seen.http_status for seen in run.observations][1] == 403
    assert run.observations[2].status == "ok"
    assert run.outcome
    assert run.outcome.status == status
    assert "Add group member did not succeed: " in run.outcome.reason
