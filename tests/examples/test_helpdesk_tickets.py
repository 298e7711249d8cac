"""Tickets, their comments and states."""

import pytest


def _new(desk, **other):
    requester = desk.one("accounts", status="active")["username"]
    body = {"title": "Chair squeaks", "requester": requester, "priority": "low", "team": "hardware", **other}
    return desk.call("POST", "/tickets", body)


def test_create_ticket(desk):
    answer = _new(desk)
    assert answer.status_code == 201
    ticket = answer.json()
    assert (ticket["ticket_id"], ticket["status"], ticket["category"]) == ("T-1121", "open", "other")
    assert ticket == desk.ok("GET", "/tickets/T-1121")
    assert _new(desk).json()["ticket_id"] == "T-1122"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [("requester", "nobody", 404), ("priority", "extreme", 422), ("team", "kitchen", 422), ("title", "", 422)],
)
def test_create_ticket_rules(desk, field, value, expected):
    assert _new(desk, **{field: value}).status_code == expected


def test_list_tickets(desk):
    resolved = desk.one("tickets", status="resolved")
    found = desk.ok("GET", "/tickets", requester=resolved["requester"], status="resolved")
    assert found["count"] == len(found["tickets"]) >= 2
    assert not {"body", "comments"} & set(found["tickets"][0])
    everything = desk.ok("GET", "/tickets")
    assert (everything["count"], len(everything["tickets"])) == (120, 20)
    assert {row["team"] for row in desk.ok("GET", "/tickets", team="network")["tickets"]} == {"network"}
    assert desk.refused("GET", "/tickets", status="gone") == (422, "invalid")


def test_get_ticket_shows_comments_in_order(desk):
    desk.ok("POST", "/tickets/T-1001/comments", {"text": "first"})
    asker = desk.one("accounts", vip=True)["username"]
    comments = desk.ok("POST", "/tickets/T-1001/comments", {"text": "second"}, by=asker)["comments"]
    assert comments[-2:] == [{"author": "service-desk", "text": "first"}, {"author": asker, "text": "second"}]
    assert desk.ok("GET", "/tickets/T-1001")["comments"] == comments


def test_comment_of_an_unknown_person(desk):
    body = {"text": "boo"}
    assert desk.refused("POST", "/tickets/T-1001/comments", body, by="nobody") == (403, "requester_unknown")


def test_assign_priority_and_status(desk):
    ticket = desk.one("tickets", status="open")["ticket_id"]
    assert desk.ok("POST", f"/tickets/{ticket}/assign", {"team": "security"})["team"] == "security"
    assert desk.ok("POST", f"/tickets/{ticket}/priority", {"priority": "urgent"})["priority"] == "urgent"
    assert desk.ok("POST", f"/tickets/{ticket}/status", {"status": "resolved"})["status"] == "resolved"
    assert desk.ok("POST", f"/tickets/{ticket}/status", {"status": "closed"})["status"] == "closed"


def test_closed_tickets_stay_closed(desk):
    ticket = desk.one("tickets", status="closed")["ticket_id"]
    assert desk.refused("POST", f"/tickets/{ticket}/status", {"status": "open"}) == (409, "ticket_closed")
    assert desk.refused("POST", f"/tickets/{ticket}/comments", {"text": "hello?"}) == (409, "ticket_closed")


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("comments", {"text": "x"}),
        ("assign", {"team": "network"}),
        ("status", {"status": "open"}),
        ("priority", {"priority": "low"}),
    ],
)
def test_unknown_tickets_and_wrong_bodies(desk, action, body):
    assert desk.refused("GET", "/tickets/T-1") == (404, "not_found")
    assert desk.refused("POST", f"/tickets/T-1/{action}", body) == (404, "not_found")
    assert desk.refused("POST", f"/tickets/T-1001/{action}", {}) == (422, "invalid")
