"""What holds for all operations: token, idempotency, faults, reset, snapshot, parallel requests."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import httpx
import pytest

from examples.helpdesk.database import Database
from examples.helpdesk.server import HelpDeskServer


def _locked(desk):
    return desk.one("accounts", status="locked", vip=False)["username"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize("path", ["/accounts?query=a", "/tickets/T-1001", "/_admin/snapshot"])
def test_every_operation_needs_the_token(helpdesk_server, headers, path):
    answer = httpx.get(helpdesk_server.url + path, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_unknown_paths_and_methods_have_the_error_shape(desk):
    assert desk.refused("GET", "/nothing") == (404, "not_found")
    assert desk.refused("PUT", "/tickets") == (405, "method_not_allowed")
    assert desk.refused("POST", "/tickets", ["no", "object"]) == (422, "invalid")


def test_repeated_write_is_done_once(desk):
    path = f"/accounts/{_locked(desk)}/unlock"
    first = desk.call("POST", path, key="k1")
    again = desk.call("POST", path, key="k1")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.status_code == 200
    assert desk.ok("GET", "/_admin/writes") == {"unlock_account": 1}


def test_repeated_creation_gives_the_same_ticket(desk):
    requester = desk.one("accounts")["username"]
    body = {"title": "Mouse", "requester": requester, "priority": "low", "team": "hardware"}
    answers = [desk.call("POST", "/tickets", body, key="k1") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert desk.ok("GET", "/tickets")["count"] == 121


def test_refusal_is_repeated_under_its_key(desk):
    path = f"/accounts/{_locked(desk)}/unlock"
    desk.ok("POST", path)
    assert desk.refused("POST", path, key="k1") == (409, "not_locked")
    desk.ok("POST", "/_admin/patch", [{"table": "accounts", "key": {"status": "active"}, "values": {}}])
    assert desk.refused("POST", path, key="k1") == (409, "not_locked")


def test_key_of_another_request_is_a_conflict(desk):
    username = _locked(desk)
    desk.ok("POST", f"/accounts/{username}/unlock", key="k1")
    assert desk.refused("POST", f"/accounts/{username}/reset-password", key="k1") == (409, "idempotency_conflict")
    requester = desk.one("accounts", vip=True)["username"]
    path = f"/accounts/{username}/unlock"
    assert desk.refused("POST", path, key="k1", by=requester) == (409, "idempotency_conflict")


def test_writes_without_key_are_repeated(desk):
    path = f"/accounts/{_locked(desk)}/reset-password"
    desk.ok("POST", path)
    desk.ok("POST", path)
    assert desk.ok("GET", "/_admin/writes") == {"reset_password": 2}


def test_fault_before_the_write(desk):
    path = f"/accounts/{_locked(desk)}/unlock"
    desk.ok("POST", "/_admin/fault", {"operation": "unlock_account", "times": 2, "status": 500})
    assert desk.refused("POST", path, key="k1") == (500, "injected_fault")
    assert desk.refused("POST", path, key="k1") == (500, "injected_fault")
    assert desk.ok("POST", path, key="k1")["status"] == "active"


def test_answer_lost_after_the_write_is_found_under_its_key(desk):
    path = f"/accounts/{_locked(desk)}/unlock"
    desk.ok("POST", "/_admin/fault", {"operation": "unlock_account", "after": True})
    assert desk.call("POST", path, key="k1").status_code == 503
    assert desk.ok("POST", path, key="k1")["status"] == "active"
    assert desk.ok("GET", "/_admin/writes") == {"unlock_account": 1}


def test_slow_answer(desk):
    desk.ok("POST", "/_admin/fault", {"operation": "get_ticket", "status": None, "delay_s": 0.1})
    started = time.monotonic()
    desk.ok("GET", "/tickets/T-1001")
    assert time.monotonic() - started >= 0.1


def test_reset_clears_faults_and_keys(desk):
    path = f"/accounts/{_locked(desk)}/unlock"
    desk.ok("POST", path, key="k1")
    desk.ok("POST", "/_admin/fault", {"operation": "unlock_account"})
    desk.ok("POST", "/_admin/reset")
    assert desk.ok("POST", path, key="k1")["status"] == "active"


def test_reset_restores_everything_fast(desk):
    before = desk.snapshot()
    desk.ok("POST", f"/accounts/{_locked(desk)}/unlock")
    desk.ok("DELETE", f"/groups/cycling-club/members/{desk.one('group_members', group='cycling-club')['username']}")
    assert desk.snapshot() != before
    durations = []
    for _ in range(5):
        started = time.monotonic()
        desk.ok("POST", "/_admin/reset")
        durations.append(time.monotonic() - started)
    assert desk.snapshot() == before
    assert min(durations) < 0.05


def test_reset_to_another_seed_and_day(desk):
    before = desk.snapshot()
    desk.ok("POST", "/_admin/reset", {"seed": 8, "today": "2027-01-01"})
    assert desk.snapshot()["accounts"] != before["accounts"]
    username = desk.one("accounts", status="active")["username"]
    assert desk.ok("POST", f"/vpn/{username}", {"until": "2027-01-02"})["active"] is True


def test_reads_leave_no_trace(desk):
    before = desk.snapshot()
    for path in ("/accounts?query=an", "/groups?query=data", "/tickets", "/devices", "/access-requests"):
        desk.ok("GET", path)
    assert desk.snapshot() == before
    assert desk.ok("GET", "/_admin/writes") == {}


def test_patch_updates_inserts_and_deletes(desk):
    username = _locked(desk)
    desk.patch("accounts", {"username": username}, {"status": "active", "vip": True})
    assert desk.one("accounts", username=username).items() >= {"status": "active", "vip": True}.items()
    desk.patch("vpn_access", {"username": "new"}, {"until": "2026-03-05"})
    assert desk.has("vpn_access", username="new", until="2026-03-05")
    desk.patch("vpn_access", {"username": "new"}, None)
    assert not desk.has("vpn_access", username="new")


@pytest.mark.parametrize(
    "change",
    [
        {"table": "idempotency", "key": {"key": "k"}, "values": {}},
        {"table": "accounts", "key": {}, "values": {"vip": True}},
        {"table": "accounts", "key": {"username": "x"}, "values": {"shoe_size": 42}},
    ],
)
def test_patch_that_does_not_fit_changes_nothing(desk, change):
    good = {"table": "vpn_access", "key": {"username": "new"}, "values": {"until": "2026-03-05"}}
    assert desk.refused("POST", "/_admin/patch", [good, change]) == (422, "invalid")


def test_our_own_failure_has_the_error_shape(desk):
    desk.patch("tickets", {"ticket_id": "T-1001"}, {"team": "kitchen"})
    assert desk.refused("GET", "/tickets/T-1001") == (500, "internal_error")


def test_parallel_writes_are_all_done_and_keys_hold(desk):
    requester = desk.one("accounts")["username"]
    body = {"title": "Mouse", "requester": requester, "priority": "low", "team": "hardware"}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: desk.call("POST", "/tickets", body, key=f"k{n % 20}"), range(60)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["ticket_id"] for answer in answers}) == 20
    assert desk.ok("GET", "/_admin/writes") == {"create_ticket": 20}


def test_state_survives_a_restart(tmp_path):
    file = tmp_path / "desk.sqlite"
    with HelpDeskServer(file, token="t", seed=3) as server:
        username = _first_locked(server)
        assert _post(server, f"/accounts/{username}/unlock").status_code == 200
    with HelpDeskServer(file, token="t", seed=3) as server:
        assert _post(server, f"/accounts/{username}/unlock").json()["code"] == "not_locked"


def _first_locked(server):
    headers = {"Authorization": f"Bearer {server.token}"}
    rows = httpx.get(f"{server.url}/_admin/snapshot", headers=headers, trust_env=False).json()["accounts"]
    return next(row["username"] for row in rows if row["status"] == "locked" and not row["vip"])


def _post(server, path):
    return httpx.post(server.url + path, headers={"Authorization": f"Bearer {server.token}"}, trust_env=False)


def test_server_starts_fast_and_stops_twice(tmp_path):
    started = time.monotonic()
    server = HelpDeskServer(tmp_path / "desk.sqlite").start()
    assert time.monotonic() - started < 2
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/openapi.json", trust_env=False)


def test_taken_port_is_refused_at_once(helpdesk_server):
    with pytest.raises(OSError, match="in use"):
        HelpDeskServer(port=int(helpdesk_server.url.rsplit(":", 1)[1]))


def test_seed_is_the_same_in_every_process(tmp_path):
    code = (
        "import hashlib, json, sys; from datetime import date; from examples.helpdesk.seed import seeded;"
        "print(hashlib.sha256(json.dumps(seeded(7, date(2026, 3, 2))).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_without_a_fixed_day_the_clock_is_real(tmp_path):
    database = Database(tmp_path / "desk.sqlite")
    expected = date.today().isoformat()
    grants = [row["until"] for row in database.snapshot()["vpn_access"]]
    assert sum(until >= expected for until in grants) == 48
