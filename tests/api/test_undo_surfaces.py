"""Undoing over HTTP and in the terminal, against the running help desk."""

import json
from typing import Any

import httpx
import pytest
from api_world import USERNAME, Desk
from test_http_runs import events, start, until
from typer.testing import CliRunner, Result

import api.wiring
from api.cli import app
from api.sessions import new_task
from api.wiring import Services
from planner.person import Nobody

LOCKED_OUT = "Amara Nyberg is locked out. Unlock her and give her VPN until Friday."
WIPE = "Wipe the lost device NH-20463."


def done(client: httpx.Client, text: str) -> str:
    run = until(client, start(client, text), "done")
    assert run["outcome"]["status"] == "verified", run["outcome"]
    return str(run["id"])


def locked(desk: Desk) -> bool:
    return desk.account(USERNAME)["status"] == "locked"


# ---- over HTTP


def test_a_plan_that_was_seen_is_carried_out_without_further_questions(client: httpx.Client, desk: Desk) -> None:
    id = done(client, LOCKED_OUT)
    plan = client.get(f"/v1/runs/{id}/undo").raise_for_status().json()
    assert [each["step"]["action"] for each in plan["calls"]] == ["helpdesk.revoke_vpn_access", "helpdesk.lock_account"]
    assert plan["remaining"] == []
    assert not locked(desk)
    begun = client.post(f"/v1/runs/{id}/undo", json={"plan_hash": plan["plan_hash"]})
    assert begun.status_code == 202
    assert begun.json()["undoes"] == id
    undone = until(client, begun.json()["id"], "done")
    assert undone["outcome"]["status"] == "verified", undone["outcome"]
    assert locked(desk)
    assert client.get(f"/v1/runs/{id}").json()["outcome"]["status"] == "undone"
    assert [event["kind"] for event in events(client, id)][-1] == "undone"


def test_without_a_plan_it_asks_first(client: httpx.Client, desk: Desk) -> None:
    id = done(client, LOCKED_OUT)
    undoing = client.post(f"/v1/runs/{id}/undo", json={}).json()["id"]
    waiting = until(client, undoing, "waiting")["waiting_for"]
    assert "1. revoke vpn access" in waiting["question"]
    assert not locked(desk)
    busy = client.post(f"/v1/runs/{id}/undo", json={})
    assert (busy.status_code, "is being undone" in busy.json()["message"]) == (409, True)
    client.post(f"/v1/runs/{undoing}/answer", json={"text": "yes"}).raise_for_status()
    assert until(client, undoing, "done")["outcome"]["status"] == "verified"
    assert locked(desk)


def test_what_cannot_be_undone_is_a_conflict_with_a_reason(client: httpx.Client) -> None:
    id = done(client, LOCKED_OUT)
    stale = client.post(f"/v1/runs/{id}/undo", json={"plan_hash": "0" * 64})
    assert (stale.status_code, stale.json()["message"]) == (409, "What would undo it is another plan by now.")
    wiping = start(client, WIPE)
    waiting = until(client, wiping, "waiting")
    assert client.get(f"/v1/runs/{wiping}/undo").status_code == 409
    client.post(f"/v1/runs/{wiping}/approve", json={"call_hash": waiting["waiting_for"]["call_hash"]})
    until(client, wiping, "done")
    assert client.get(f"/v1/runs/{wiping}/undo").json()["remaining"][0]["why"] == "it cannot be undone"
    refused = client.post(f"/v1/runs/{wiping}/undo", json={})
    assert refused.status_code == 409
    assert "wipe device" in refused.json()["message"]
    assert client.get("/v1/runs/nothing/undo").status_code == 404


# ---- in the terminal


@pytest.fixture
def lamp(services: Services, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(api.wiring, "build", lambda _: services)
    monkeypatch.setattr(services, "close", lambda: None)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["--data-dir", str(services.settings.data_dir), *arguments], env={"COLUMNS": "160"}
        )

    return run


def test_lamp_undo_shows_asks_and_undoes(lamp: Any, services: Services, desk: Desk) -> None:
    run = services.runner().run(new_task(services, LOCKED_OUT), run_id="run1", person=Nobody())
    shown = lamp("undo", run.id, "--plan")
    assert shown.exit_code == 0, shown.output
    assert "undoes step 3, Grant vpn access" in shown.output
    assert json.loads(lamp("undo", run.id, "--plan", "--json").output)["run"] == run.id
    nobody = lamp("undo", run.id)  # Nobody is at this terminal to say yes.
    assert nobody.exit_code == 1, nobody.output
    assert not locked(desk)
    undone = lamp("undo", run.id, "--approve")
    assert undone.exit_code == 0, undone.output
    assert "Undone; read back from the application." in undone.output
    assert locked(desk)
    again = lamp("undo", run.id)
    assert again.exit_code == 2
    assert "undone already" in again.output


def test_after_a_request_it_is_said_how_to_take_it_back(lamp: Any, services: Services) -> None:
    chat = lamp("chat", LOCKED_OUT)
    assert chat.exit_code == 0, chat.output
    (run,) = services.record.runs.list()
    assert f"lamp undo {run.id}" in chat.output


def test_what_cannot_be_undone_is_said_in_the_plan(lamp: Any) -> None:
    assert "It cannot be undone." in lamp("plan", WIPE).output
    assert "undone" not in lamp("plan", LOCKED_OUT).output


def test_a_task_may_say_what_has_to_be_true_in_the_end(client: httpx.Client) -> None:
    wanted = {"read": "helpdesk.get_account", "arguments": {"username": USERNAME}, "holds": {"status": "locked"}}
    begun = client.post("/v1/runs", json={"text": LOCKED_OUT, "expects": [wanted]})
    assert begun.status_code == 202, begun.text
    outcome = until(client, begun.json()["id"], "done")["outcome"]
    assert outcome["status"] == "failed"
    assert "status is active, not locked" in outcome["reason"]


@pytest.mark.parametrize(
    ("wrong", "status", "message"),
    [
        ({"read": "helpdesk.get_nothing"}, 404, "There is no action"),
        ({"read": "helpdesk.get_account", "holds": {"status": "x"}}, 422, "needs username"),
        ({"read": "helpdesk.get_account", "arguments": {"username": "a"}}, 422, "either `holds` or `gone`"),
        ({"read": "helpdesk.unlock_account", "arguments": {"username": "a"}, "gone": True}, 422, "must be a read"),
    ],
)
def test_a_condition_that_cannot_be_looked_at_is_refused(
    client: httpx.Client, wrong: dict[str, Any], status: int, message: str
) -> None:
    answer = client.post("/v1/runs", json={"text": LOCKED_OUT, "expects": [wrong]})
    assert answer.status_code == status
    assert message in answer.json()["message"]


# ---- what runs show


def test_compensations_are_proposed_confirmed_listed_and_removed(lamp: Any, services: Services, desk: Desk) -> None:
    assert "No verified runs" in lamp("compensations", "propose").output
    pair = ("helpdesk.unlock_account", "helpdesk.lock_account")
    refused = lamp("compensations", "confirm", *pair)
    assert refused.exit_code == 2
    assert "No runs show" in refused.output
    assert "Nothing was confirmed" in lamp("compensations", "list").output
    assert lamp("compensations", "remove", *pair).exit_code == 2
