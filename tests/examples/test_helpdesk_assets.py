"""Devices and licences."""

import pytest


def _active(desk):
    return desk.one("accounts", status="active", vip=False)["username"]


def test_list_devices_filters(desk):
    device = desk.one("devices", status="assigned", kind="phone")
    found = desk.ok("GET", "/devices", owner=device["owner"], kind="phone")
    assert device in found["devices"]
    assert {row["owner"] for row in found["devices"]} == {device["owner"]}
    stock = desk.ok("GET", "/devices", status="in_stock")
    assert (stock["count"], len(stock["devices"])) == (32, 20)
    assert desk.ok("GET", "/devices", owner="nobody") == {"count": 0, "devices": []}
    assert desk.refused("GET", "/devices", kind="toaster") == (422, "invalid")


def test_get_device(desk):
    device = desk.one("devices", status="wiped")
    assert desk.ok("GET", f"/devices/{device['asset_tag']}") == device
    assert desk.refused("GET", "/devices/NH-1") == (404, "not_found")


def test_assign_device(desk):
    path = f"/devices/{desk.one('devices', status='in_stock')['asset_tag']}/assign"
    username = _active(desk)
    assert desk.refused("POST", path, {"username": "nobody"}) == (404, "not_found")
    device = desk.ok("POST", path, {"username": username})
    assert (device["status"], device["owner"]) == ("assigned", username)
    assert desk.refused("POST", path, {"username": username}) == (409, "not_in_stock")


def test_lost_device_is_reported_locked_and_wiped(desk):
    device = desk.one("devices", status="assigned", kind="laptop")
    path = f"/devices/{device['asset_tag']}"
    assert desk.refused("POST", f"{path}/wipe") == (409, "not_lost")
    assert desk.ok("POST", f"{path}/report-lost")["status"] == "lost"
    assert desk.refused("POST", f"{path}/report-lost") == (409, "device_not_assigned")
    assert desk.ok("POST", f"{path}/lock")["status"] == "locked"
    assert desk.refused("POST", f"{path}/lock") == (409, "already_locked")
    assert desk.ok("POST", f"{path}/wipe") == {**device, "status": "wiped"}


def test_lost_device_is_wiped_without_locking(desk):
    lost = desk.one("devices", status="lost")["asset_tag"]
    assert desk.ok("POST", f"/devices/{lost}/wipe")["status"] == "wiped"


@pytest.mark.parametrize("action", ["assign", "report-lost", "lock", "wipe"])
def test_unknown_device(desk, action):
    body = {"username": _active(desk)} if action == "assign" else None
    assert desk.refused("POST", f"/devices/NH-1/{action}", body) == (404, "not_found")


@pytest.mark.parametrize("query", ["Sketchwell Studio", "sketchwell-studio", "sketchwell", "Studio licence"])
def test_search_licences(desk, query):
    pools = desk.ok("GET", "/licences", query=query)["licences"]
    assert [pool["product"] for pool in pools] == ["sketchwell-studio"]
    assert pools[0]["available"] == pools[0]["total"] - pools[0]["used"] == 6


def test_assign_and_release_licence(desk):
    username = next(
        row["username"]
        for row in desk.snapshot()["accounts"]
        if row["status"] == "active"
        and not desk.has("licence_assignments", product="querydeck", username=row["username"])
    )
    path = "/licences/querydeck/assignments"
    taken = {"product": "querydeck", "username": username, "assigned": True, "available": 7}
    assert desk.ok("POST", path, {"username": username}) == taken
    assert desk.refused("POST", path, {"username": username}) == (409, "already_assigned")
    assert desk.ok("DELETE", f"{path}/{username}") == {**taken, "assigned": False, "available": 8}
    assert desk.refused("DELETE", f"{path}/{username}") == (404, "not_assigned")


def test_licence_rules(desk):
    leaver = desk.one("accounts", status="disabled")["username"]
    desk.patch("licence_assignments", {"product": "querydeck", "username": leaver}, None)
    username = _active(desk)
    desk.patch("licence_assignments", {"product": "mapwright-gis", "username": username}, None)
    desk.patch("licences", {"product": "mapwright-gis"}, {"total": 1})

    def assign(product, username):
        return desk.refused("POST", f"/licences/{product}/assignments", {"username": username})

    assert assign("querydeck", leaver) == (409, "account_disabled")
    assert assign("mapwright-gis", username) == (409, "pool_empty")
    assert assign("none", username) == (404, "not_found")
    assert assign("querydeck", "nobody") == (404, "not_found")
    assert desk.refused("DELETE", f"/licences/none/assignments/{username}") == (404, "not_found")


def test_some_pools_are_empty(desk):
    available = {
        pool["product"]: desk.ok("GET", "/licences", query=pool["product"])["licences"][0]["available"]
        for pool in desk.snapshot()["licences"]
    }
    assert len(available) == 12
    assert [product for product, left in available.items() if left == 0] == [
        "draftboard-cad",
        "mapwright-gis",
        "signet-esign",
    ]
