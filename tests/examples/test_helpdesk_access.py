"""Groups, access requests and VPN."""

import pytest


def _outsider(desk, group):
    members = desk.ok("GET", f"/groups/{group}/members")["members"]
    return next(
        row["username"]
        for row in desk.snapshot()["accounts"]
        if row["username"] not in members and not row["vip"] and row["status"] == "active"
    )


def _pending(desk, *, by_owner=False):
    return next(
        row
        for row in desk.snapshot()["access_requests"]
        if row["status"] == "pending" and (row["requested_by"] == row["approver"]) == by_owner
    )


@pytest.mark.parametrize("query", ["Payroll Data", "payroll-data", "the payroll data group", "payr"])
def test_search_groups(desk, query):
    found = desk.ok("GET", "/groups", query=query)
    assert [(group["group"], group["restricted"]) for group in found["groups"]] == [("payroll-data", True)]


def test_add_and_remove_group_member(desk):
    username = _outsider(desk, "design-reviewers")
    before = desk.ok("GET", "/groups/design-reviewers/members")["count"]
    path = "/groups/design-reviewers/members"
    assert desk.ok("POST", path, {"username": username})["member"] is True
    assert desk.refused("POST", path, {"username": username}) == (409, "already_member")
    assert desk.ok("GET", path)["count"] == before + 1
    assert desk.ok("DELETE", f"{path}/{username}")["member"] is False
    assert desk.refused("DELETE", f"{path}/{username}") == (404, "not_member")


def test_group_rules(desk):
    username = _outsider(desk, "payroll-data")
    assert desk.refused("POST", "/groups/payroll-data/members", {"username": username}) == (403, "group_restricted")
    assert desk.refused("POST", "/groups/none/members", {"username": username}) == (404, "not_found")
    assert desk.refused("POST", "/groups/cycling-club/members", {"username": "nobody"}) == (404, "not_found")
    assert desk.refused("GET", "/groups/none/members") == (404, "not_found")
    assert desk.refused("DELETE", f"/groups/none/members/{username}") == (404, "not_found")


def test_create_access_request(desk):
    username = _outsider(desk, "board-papers")
    body = {"username": username, "group": "board-papers", "reason": "takes the minutes"}
    answer = desk.call("POST", "/access-requests", body, by="nobody")
    assert answer.json()["code"] == "requester_unknown"
    answer = desk.call("POST", "/access-requests", body)
    assert answer.status_code == 201
    request = answer.json()
    assert request == desk.ok("GET", f"/access-requests/{request['request_id']}")
    assert request["request_id"] == "AR-1041"
    assert (request["status"], request["requested_by"]) == ("pending", username)
    assert request["approver"] == desk.one("groups", group="board-papers")["owner"]
    assert desk.refused("POST", "/access-requests", body) == (409, "already_pending")


def test_create_access_request_rules(desk):
    username = _outsider(desk, "cycling-club")
    member = desk.ok("GET", "/groups/board-papers/members")["members"][0]

    def ask(username, group):
        return desk.refused("POST", "/access-requests", {"username": username, "group": group, "reason": "because"})

    assert ask(username, "cycling-club") == (409, "group_not_restricted")
    assert ask(member, "board-papers") == (409, "already_member")
    assert ask("nobody", "board-papers") == (404, "not_found")
    assert ask(username, "none") == (404, "not_found")
    assert desk.refused("POST", "/access-requests", {"username": username}) == (422, "invalid")


def test_list_access_requests(desk):
    request = _pending(desk)
    mine = desk.ok("GET", "/access-requests", username=request["username"], status="pending")["access_requests"]
    assert request in mine
    assert len(desk.ok("GET", "/access-requests")["access_requests"]) == 20
    assert desk.ok("GET", "/access-requests")["count"] == 40
    assert desk.refused("GET", "/access-requests", status="lost") == (422, "invalid")
    assert desk.refused("GET", "/access-requests/AR-1") == (404, "not_found")


def test_approve_adds_the_member(desk):
    request = _pending(desk)
    path = f"/access-requests/{request['request_id']}/approve"
    assert desk.ok("POST", path, by=request["approver"])["status"] == "approved"
    assert desk.has("group_members", group=request["group"], username=request["username"])
    assert desk.refused("POST", path, by=request["approver"]) == (409, "not_pending")


def test_reject_keeps_the_reason(desk):
    request = _pending(desk)
    path = f"/access-requests/{request['request_id']}/reject"
    answer = desk.ok("POST", path, {"reason": "not needed"}, by=request["approver"])
    assert (answer["status"], answer["decision_reason"]) == ("rejected", "not needed")
    assert not desk.has("group_members", group=request["group"], username=request["username"])


def test_reject_without_a_body(desk):
    request = _pending(desk)
    answer = desk.ok("POST", f"/access-requests/{request['request_id']}/reject", by=request["approver"])
    assert (answer["status"], answer["decision_reason"]) == ("rejected", None)


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_only_the_owner_decides_and_never_on_an_own_request(desk, decision):
    request, own = _pending(desk), _pending(desk, by_owner=True)
    path = f"/access-requests/{request['request_id']}/{decision}"
    assert desk.refused("POST", path) == (403, "requester_unknown")
    assert desk.refused("POST", path, by=request["username"]) == (403, "not_owner")
    own_path = f"/access-requests/{own['request_id']}/{decision}"
    assert desk.refused("POST", own_path, by=own["approver"]) == (403, "own_request")
    assert desk.refused("POST", f"/access-requests/AR-1/{decision}", by=own["approver"]) == (404, "not_found")


def test_grant_and_revoke_vpn(desk):
    username = desk.one("accounts", status="active", vip=False)["username"]
    path = f"/vpn/{username}"
    granted = {"username": username, "active": True, "until": "2026-05-31"}
    assert desk.ok("POST", path, {"until": "2026-05-31"}) == granted
    assert desk.ok("GET", path) == granted
    assert desk.ok("POST", path, {"until": "2026-03-02"})["until"] == "2026-03-02"
    assert desk.ok("DELETE", path) == {"username": username, "active": False, "until": None}
    assert desk.refused("DELETE", path) == (404, "no_vpn_access")
    assert desk.ok("GET", path)["active"] is False


def test_vpn_rules(desk):
    def grant(username, until):
        return desk.refused("POST", f"/vpn/{username}", {"until": until})

    active = desk.one("accounts", status="active")["username"]
    assert grant(active, "2026-06-01") == (403, "vpn_longer_than_90_days")
    assert grant(active, "2026-03-01") == (422, "date_in_past")
    assert grant(active, "next week") == (422, "invalid")
    assert grant(desk.one("accounts", status="disabled")["username"], "2026-03-09") == (409, "account_disabled")
    assert grant(desk.one("accounts", status="locked")["username"], "2026-03-09") == (409, "account_locked")
    assert grant("nobody", "2026-03-09") == (404, "not_found")
    assert desk.refused("GET", "/vpn/nobody") == (404, "not_found")


def test_vpn_that_ran_out_is_not_active(desk):
    expired = next(row for row in desk.snapshot()["vpn_access"] if row["until"] < "2026-03-02")
    assert desk.ok("GET", f"/vpn/{expired['username']}") == {**expired, "active": False}
    assert desk.refused("DELETE", f"/vpn/{expired['username']}") == (404, "no_vpn_access")
