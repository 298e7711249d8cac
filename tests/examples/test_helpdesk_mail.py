"""Mailboxes and distribution lists."""

import pytest

SHARED = "invoices@northwind-harbour.example"
LIST = "harbour-news@northwind-harbour.example"


def _outsider(desk, table, **where):
    taken = {row["username"] for row in desk.snapshot()[table] if where.items() <= row.items()}
    return next(row["username"] for row in desk.snapshot()["accounts"] if row["username"] not in taken)


def test_every_account_has_a_mailbox(desk):
    addresses = {row["address"] for row in desk.snapshot()["mailboxes"] if row["kind"] == "personal"}
    assert addresses == {row["email"] for row in desk.snapshot()["accounts"]}


def test_get_mailbox(desk):
    mailbox = desk.ok("GET", f"/mailboxes/{SHARED.upper()}")
    assert (mailbox["address"], mailbox["kind"], mailbox["forwarding"]) == (SHARED, "shared", None)
    assert mailbox["delegates"] == sorted(mailbox["delegates"])
    assert desk.refused("GET", "/mailboxes/no@northwind-harbour.example") == (404, "not_found")


def test_set_quota(desk):
    path = f"/mailboxes/{SHARED}/quota"
    assert desk.ok("PATCH", path, {"quota_gb": 100})["quota_gb"] == 100
    assert desk.refused("PATCH", path, {"quota_gb": 101}) == (403, "quota_over_100")
    assert desk.refused("PATCH", path, {"quota_gb": 0}) == (422, "invalid")
    assert desk.refused("PATCH", "/mailboxes/no@x.example/quota", {"quota_gb": 20}) == (404, "not_found")


def test_set_forwarding_inside_the_company_only(desk):
    target = desk.one("accounts", vip=False)["email"]
    path = f"/mailboxes/{SHARED}/forwarding"
    assert desk.ok("PUT", path, {"forward_to": target})["forwarding"] == target
    assert desk.refused("PUT", path, {"forward_to": "me@mail.example"}) == (403, "external_address")
    sly = {"forward_to": "me@mail.example/northwind-harbour.example"}
    assert desk.refused("PUT", path, sly) == (403, "external_address")
    unknown = {"forward_to": "no@northwind-harbour.example"}
    assert desk.refused("PUT", path, unknown) == (404, "not_found")
    assert desk.refused("PUT", "/mailboxes/no@x.example/forwarding", {"forward_to": target}) == (404, "not_found")


def test_add_delegate(desk):
    username = _outsider(desk, "mailbox_delegates", address=SHARED)
    path = f"/mailboxes/{SHARED}/delegates"
    assert username in desk.ok("POST", path, {"username": username})["delegates"]
    assert desk.refused("POST", path, {"username": username}) == (409, "already_delegate")
    assert desk.refused("POST", path, {"username": "nobody"}) == (404, "not_found")
    assert desk.refused("POST", "/mailboxes/no@x.example/delegates", {"username": username}) == (404, "not_found")


@pytest.mark.parametrize("query", ["Harbour News", LIST, "harbour news list", "news"])
def test_search_distribution_lists(desk, query):
    found = desk.ok("GET", "/distribution-lists", query=query)["lists"]
    assert [row["list"] for row in found] == [LIST]
    assert found[0]["member_count"] == sum(row["list"] == LIST for row in desk.snapshot()["list_members"])


def test_add_and_remove_list_member(desk):
    username = _outsider(desk, "list_members", list=LIST)
    path = f"/distribution-lists/{LIST}/members"
    assert desk.ok("POST", path, {"username": username}) == {"list": LIST, "username": username, "member": True}
    assert desk.refused("POST", path, {"username": username}) == (409, "already_member")
    assert desk.ok("DELETE", f"{path}/{username}")["member"] is False
    assert desk.refused("DELETE", f"{path}/{username}") == (404, "not_member")


def test_list_rules(desk):
    path = f"/distribution-lists/{LIST}/members"
    assert desk.refused("POST", path, {"username": "nobody"}) == (404, "not_found")
    assert desk.refused("DELETE", f"{path}/nobody") == (404, "not_found")
    assert desk.refused("POST", "/distribution-lists/none/members", {"username": "nobody"}) == (404, "not_found")
    assert desk.refused("DELETE", "/distribution-lists/none/members/nobody") == (404, "not_found")
