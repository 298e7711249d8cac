"""Declared post-conditions, of actions and of tasks."""

from dataclasses import replace
from typing import Any

import pytest
from planner_world import NOW, UNLOCK_AND_VPN_MOVES, World, act
from test_verifying import CLOSE, GET, MEMBERS, OPEN

from knowledge.openapi_undo import condition
from knowledge.types import Argument, JsonValue, Literal, Observation, Outcome, Postcondition, Provenance, Step, Task
from planner.person import Nobody
from planner.readback import ReadBack
from planner.verify import verify
from tests.fakes import Move, option, said

ANDERS = "abennett"


def declared(spec: Any, **holds: JsonValue) -> Any:
    gone = holds.pop("gone", False)
    said = {"read": GET.id, "holds": holds, "gone": gone, "arguments": {"id": "{id}"}}
    return replace(spec, postcondition=condition(said, "test"))


def check(*done: tuple[Any, JsonValue], back: Any, expects: tuple[Postcondition, ...] = (), **values: str) -> Outcome:
    where = Provenance(source="request", source_id="request", raw="x")
    arguments = tuple(
        Argument(name=name, value=Literal(value=value, provenance=where))
        for name, value in {"id": "c1", **values}.items()
    )
    steps = [Step(index=i, action=f"{i}", arguments=arguments) for i, _ in enumerate(done)]
    seen = [Observation(step=i, status="ok", body=body) for i, (_, body) in enumerate(done)]
    specs = {f"{i}": spec for i, (spec, _) in enumerate(done)}

    def read(wanted: ReadBack) -> Observation:
        body = back[wanted.spec.id] if isinstance(back, dict) and wanted.spec.id in back else back
        return body if isinstance(body, Observation) else Observation(step=9, status="ok", body=body)

    return verify(steps, seen, specs=specs, reads=(GET, MEMBERS), read=read, expects=expects)


GONE = Observation(step=9, status="error", code="not_found")
DOWN = Observation(step=9, status="unreachable")


def test_a_declared_condition_decides_whatever_the_result_had_promised() -> None:
    close = declared(CLOSE, state="closed")
    assert check((close, {"id": "c1", "state": "closing"}), back={"id": "c1", "state": "closed"}).status == "verified"
    failed = check((close, {"id": "c1", "state": "closed"}), back={"id": "c1", "state": "open"})
    assert failed.status == "failed"
    assert "state is open, not closed" in failed.reason
    assert check((close, {"id": "c1"}), back=DOWN).status == "unverified"


@pytest.mark.parametrize(
    ("holds", "body", "good"),
    [
        ({"owner": "{user}"}, {"owner": "Ada "}, True),
        ({"owner": "{result.by}"}, {"owner": "bob"}, True),
        ({"owner": {"none": True}}, {"owner": None}, True),
        ({"owner": {"none": True}}, {}, False),
        ({"open": True}, {"open": 1}, False),
        ({"members": {"has": "{user}"}}, {"members": ["ada", "bob"]}, True),
        ({"members": {"has": "{user}"}}, {"members": []}, False),
        ({"members": {"lacks": "{user}"}}, {"members": ["bob"]}, True),
        ({"members": {"lacks": "{user}"}}, {"members": ["ada"]}, False),
        ({"members": {"lacks": "{user}"}}, {"members": "ada"}, False),
        ({"deep.state": "x"}, {"deep": {"state": "x"}}, True),
        ({"gone": True}, GONE, True),
        ({"gone": True}, {"id": "c1"}, False),
    ],
)
def test_what_a_condition_may_say(holds: dict[str, JsonValue], body: Any, good: bool) -> None:
    spec = declared(CLOSE, **holds)
    outcome = check((spec, {"by": "bob"}), back={GET.id: body}, user="ada")
    assert outcome.status == ("verified" if good else "failed"), outcome


def test_a_later_write_overrules_an_earlier_one() -> None:
    both = ((declared(CLOSE, state="closed"), {}), (declared(OPEN, state="open"), {}))
    assert check(*both, back={"id": "c1", "state": "open"}).status == "verified"
    assert check(*both, back={"id": "c1", "state": "closed"}).status == "failed"


def test_a_task_may_want_more_than_its_writes_promise() -> None:
    wants = (condition({"read": MEMBERS.id, "arguments": {"id": "c1"}, "holds": {"members": {"has": "ada"}}}, "test"),)
    done = (declared(CLOSE, state="closed"), {})
    closed = {"id": "c1", "state": "closed"}
    assert check(done, back={GET.id: closed, MEMBERS.id: {"members": ["ada"]}}, expects=wants).status == "verified"
    missed = check(done, back={GET.id: closed, MEMBERS.id: {"members": []}}, expects=wants)
    assert missed.status == "failed"
    assert "members does not have ada" in missed.reason
    assert check(done, back={GET.id: closed, MEMBERS.id: DOWN}, expects=wants).status == "unverified"


# ---- on the help desk


def test_a_task_condition_decides_whether_a_run_becomes_a_precedent(world: World) -> None:
    world.patch("accounts", {"username": ANDERS}, {"status": "locked"})
    wants = condition(
        {"read": "helpdesk.get_vpn_access", "arguments": {"username": ANDERS}, "holds": {"until": "2026-04-01"}}, "test"
    )
    task = Task(id="t", text="Unlock Anders Bennett and give VPN until 20 March.", now=NOW, expects=(wants,))
    run = world.runner(UNLOCK_AND_VPN_MOVES).run(task, run_id="r", person=Nobody())
    assert run.outcome
    assert run.outcome.status == "failed", run.outcome
    assert "until is 2026-03-20, not 2026-04-01" in run.outcome.reason
    assert world.record.memory.vectors().ids == []


@pytest.mark.parametrize(
    "move",
    [
        act("set_ticket_priority", ticket_id=said("T-1001"), priority=option("urgent")),
        act("add_group_member", group=said("brand-library"), username=said(ANDERS)),
    ],
    ids=lambda move: move.action,
)
def test_what_the_help_desk_declares_is_looked_at(world: World, move: Move) -> None:
    name = move.action.partition(".")[2]
    assert world.spec(name).postcondition
    run = world.run(f"{ANDERS} brand-library T-1001", [move])
    assert run.outcome
    assert run.outcome.status == "verified", run.outcome
