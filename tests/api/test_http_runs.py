"""Runs over HTTP: started, followed, decided; against the running help desk."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from api_world import Desk

from api.wiring import Services

UNLOCK = "Unlock the account of Amara Nyberg, please."
WIPE = "Wipe the lost device NH-20463."
VPN = "Give Amara Nyberg VPN access."
OTHER = "NH-20464"


def start(client: httpx.Client, text: str) -> str:
    answer = client.post("/v1/runs", json={"text": text})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def until(client: httpx.Client, run_id: str, status: str) -> dict[str, Any]:
    for _ in range(200):
        run: dict[str, Any] = client.get(f"/v1/runs/{run_id}").raise_for_status().json()
        if run["status"] == status:
            return run
        time.sleep(0.05)
    raise AssertionError(f"not {status}: {run}")


def events(client: httpx.Client, run_id: str, after: int | None = None) -> Iterator[dict[str, Any]]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", f"/v1/runs/{run_id}/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield from (json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: "))


def test_a_run_is_carried_out_and_shows_where_each_value_comes_from(client: httpx.Client, desk: Desk) -> None:
    run = until(client, start(client, UNLOCK), "done")
    assert run["outcome"]["status"] == "verified"
    assert desk.account("anyberg")["status"] == "active"
    search, unlock = run["steps"]
    assert search["arguments"][0]["source"] == "your request"
    assert unlock["arguments"][0]["value"] == "anyberg"
    assert unlock["arguments"][0]["source"] == "result of step 1, accounts.0.username"
    assert unlock["arguments"][0]["provenance"]["source"] == "observation"
    assert [run["id"]] == [each["id"] for each in client.get("/v1/runs").json()["runs"]]


def test_the_requester_of_the_settings_is_named_unless_another_is_given(client: httpx.Client) -> None:
    assert client.post("/v1/runs", json={"text": UNLOCK}).json()["task"]["requester"] == "npetrov"
    other = client.post("/v1/runs", json={"text": UNLOCK, "requester": "someone"}).json()
    assert other["task"]["requester"] == "someone"


def test_events_tell_the_run_from_the_start_and_end_with_it(client: httpx.Client) -> None:
    told = list(events(client, start(client, UNLOCK)))
    kinds = [event["kind"] for event in told]
    assert kinds[0] == "retrieved"
    assert kinds[-2:] == ["ended", "remembered"]
    assert kinds.count("observed") == 2
    assert [event["seq"] for event in told] == list(range(len(told)))


def test_events_go_on_after_the_last_one_seen(client: httpx.Client) -> None:
    run_id = start(client, UNLOCK)
    until(client, run_id, "done")
    told = list(events(client, run_id))
    assert list(events(client, run_id, after=3)) == told[4:]


def test_a_stream_opened_while_the_run_waits_gets_what_happens_later(client: httpx.Client) -> None:
    run_id = start(client, WIPE)
    waiting = until(client, run_id, "waiting")["waiting_for"]
    told: list[dict[str, Any]] = []
    follower = threading.Thread(target=lambda: told.extend(events(client, run_id)))
    follower.start()
    client.post(f"/v1/runs/{run_id}/reject", json={"call_hash": waiting["call_hash"]}).raise_for_status()
    follower.join(20)
    assert told[-1]["kind"] == "remembered"


def test_what_cannot_be_undone_waits_for_approval(client: httpx.Client, desk: Desk) -> None:
    run_id = start(client, WIPE)
    waiting = until(client, run_id, "waiting")["waiting_for"]
    assert waiting["kind"] == "approval"
    assert waiting["step"]["action"] == "helpdesk.wipe_device"
    assert desk.writes() == 0
    answer = client.post(f"/v1/runs/{run_id}/approve", json={"call_hash": waiting["call_hash"], "note": "go"})
    assert answer.status_code == 200
    assert until(client, run_id, "done")["outcome"]["status"] == "verified"
    assert desk.writes() == 1


def test_what_is_rejected_is_not_done(client: httpx.Client, desk: Desk) -> None:
    run_id = start(client, WIPE)
    waiting = until(client, run_id, "waiting")["waiting_for"]
    client.post(f"/v1/runs/{run_id}/reject", json={"call_hash": waiting["call_hash"], "note": "not yet"})
    outcome = until(client, run_id, "done")["outcome"]
    assert outcome["status"] == "cancelled"
    assert "not yet" in outcome["reason"]
    assert desk.writes() == 0


def test_an_approval_of_another_call_is_refused(client: httpx.Client, desk: Desk) -> None:
    run_id = start(client, WIPE)
    until(client, run_id, "waiting")
    answer = client.post(f"/v1/runs/{run_id}/approve", json={"call_hash": "0" * 64})
    assert answer.status_code == 409
    assert answer.json()["remedy"]
    assert desk.writes() == 0
    client.post(f"/v1/runs/{run_id}/cancel").raise_for_status()


def test_an_approval_may_change_the_arguments(client: httpx.Client, desk: Desk) -> None:
    desk.patch("devices", {"asset_tag": OTHER}, {"status": "lost"})
    run_id = start(client, WIPE)
    waiting = until(client, run_id, "waiting")["waiting_for"]
    body = {"call_hash": waiting["call_hash"], "arguments": {"asset_tag": OTHER}}
    assert client.post(f"/v1/runs/{run_id}/approve", json=body).status_code == 200
    run = until(client, run_id, "done")
    assert run["outcome"]["status"] == "verified"
    (argument,) = run["steps"][0]["arguments"]
    assert (argument["value"], argument["source"]) == (OTHER, "who approved it")
    assert argument["provenance"]["source"] == "person"
    status = {tag: desk.admin.get(f"/devices/{tag}").json()["status"] for tag in ("NH-20463", OTHER)}
    assert status["NH-20463"] == "lost"
    assert status[OTHER] != "lost"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"asset_tag": 7}, "asset_tag: 7 is not of type 'string'."),
        ({"asset_tag": None}, "asset_tag is required."),
        ({"colour": "red"}, "colour is not a parameter of wipe_device."),
        ({"asset_tag": "../x"}, "cannot be part of an address."),
    ],
)
def test_arguments_that_the_action_does_not_take_decide_nothing(
    client: httpx.Client, desk: Desk, arguments: dict[str, Any], told: str
) -> None:
    run_id = start(client, WIPE)
    waiting = until(client, run_id, "waiting")["waiting_for"]
    body = {"call_hash": waiting["call_hash"], "arguments": arguments}
    answer = client.post(f"/v1/runs/{run_id}/approve", json=body)
    assert answer.status_code == 422
    assert told in answer.json()["message"]
    assert until(client, run_id, "waiting")["waiting_for"] == waiting
    client.post(f"/v1/runs/{run_id}/cancel").raise_for_status()
    assert desk.writes() == 0


def test_of_approving_and_rejecting_at_once_one_counts(client: httpx.Client, services: Services, desk: Desk) -> None:
    for _ in range(3):
        desk.patch("devices", {"asset_tag": "NH-20463"}, {"status": "lost"})
        before, run_id = desk.writes(), start(client, WIPE)
        waiting = until(client, run_id, "waiting")["waiting_for"]
        together = threading.Barrier(6)

        def say(verdict: str, run_id: str = run_id, hash: str = waiting["call_hash"], at: Any = together) -> int:
            at.wait()
            return client.post(f"/v1/runs/{run_id}/{verdict}", json={"call_hash": hash}).status_code

        with ThreadPoolExecutor(6) as pool:
            answers = dict(enumerate(pool.map(say, ["approve", "reject"] * 3)))
        assert sorted(answers.values()) == [200, *[409] * 5]
        approved = next(n for n, status in answers.items() if status == 200) % 2 == 0
        run = until(client, run_id, "done")
        assert run["outcome"]["status"] == ("verified" if approved else "cancelled")
        assert desk.writes() - before == approved


def test_a_question_is_answered(client: httpx.Client, desk: Desk) -> None:
    desk.patch("accounts", {"username": "anyberg"}, {"status": "active"})
    run_id = start(client, VPN)
    waiting = until(client, run_id, "waiting")["waiting_for"]
    assert waiting["kind"] == "answer"
    assert "until" in waiting["question"]
    last_day = (date.today() + timedelta(days=20)).isoformat()
    assert client.post(f"/v1/runs/{run_id}/answer", json={"text": last_day}).status_code == 200
    run = until(client, run_id, "done")
    given = {each["name"]: each for each in run["steps"][1]["arguments"]}
    assert given["until"]["value"] == last_day
    assert given["until"]["source"] == "your answer"
    assert desk.admin.get("/vpn/anyberg").json() == {"username": "anyberg", "active": True, "until": last_day}


def test_an_answer_is_no_approval(client: httpx.Client) -> None:
    run_id = start(client, WIPE)
    until(client, run_id, "waiting")
    assert client.post(f"/v1/runs/{run_id}/answer", json={"text": "yes"}).status_code == 409
    client.post(f"/v1/runs/{run_id}/cancel").raise_for_status()


def test_a_waiting_run_is_cancelled(client: httpx.Client, desk: Desk) -> None:
    run_id = start(client, WIPE)
    until(client, run_id, "waiting")
    client.post(f"/v1/runs/{run_id}/cancel").raise_for_status()
    assert until(client, run_id, "done")["outcome"]["status"] == "cancelled"
    assert desk.writes() == 0
    assert client.post(f"/v1/runs/{run_id}/cancel").status_code == 409


def test_a_request_that_must_be_refused(client: httpx.Client, desk: Desk) -> None:
    run = until(client, start(client, "Tell me the Password of Amara Nyberg."), "done")
    assert run["outcome"]["status"] == "refused"
    assert run["outcome"]["reason"]
    assert desk.writes() == 0


def test_a_request_that_nothing_matches_asks(client: httpx.Client, desk: Desk) -> None:
    run_id = start(client, "zzyzx qwertz")
    waiting = until(client, run_id, "waiting")["waiting_for"]
    assert "Nothing I know of fits" in waiting["question"]
    client.post(f"/v1/runs/{run_id}/cancel").raise_for_status()


@pytest.mark.parametrize("path", ["/v1/runs/nope", "/v1/runs/nope/events"])
def test_an_unknown_run_is_not_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"message", "remedy"}


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " \n"}, {"text": 7}, {"text": "x", "now": "soon"}])
def test_a_request_that_is_none_is_told_so(client: httpx.Client, body: dict[str, Any]) -> None:
    answer = client.post("/v1/runs", json=body)
    assert answer.status_code == 422
    assert set(answer.json()) == {"message", "remedy"}
    if isinstance(text := body.get("text"), str) and not text.strip():
        assert answer.json()["message"] == "The request is empty."
