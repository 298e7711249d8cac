"""Laptops, phones and monitors."""

from typing import Annotated

from fastapi import APIRouter, Query

from examples.helpdesk.bodies import AssetTag, Person
from examples.helpdesk.desk import Desk, OpenDesk
from examples.helpdesk.errors import Problem
from examples.helpdesk.models import Device, DeviceKind, DeviceList, DeviceStatus
from examples.helpdesk.operation import operation

router = APIRouter(tags=["devices"])


def _record(desk: Desk, asset_tag: str) -> Device:
    return Device.model_validate(dict(desk.find("devices", "asset_tag", asset_tag)))


def _set_status(desk: Desk, asset_tag: str, status: DeviceStatus) -> Device:
    desk.change("UPDATE devices SET status = ? WHERE asset_tag = ?", status, asset_tag)
    return _record(desk, asset_tag)


@operation(router, "GET", "/devices", effect="read")
def list_devices(
    desk: OpenDesk,
    owner: Annotated[str | None, Query(description="Username of the person who has the device")] = None,
    status: Annotated[DeviceStatus | None, Query(description="Only devices in this state")] = None,
    kind: Annotated[DeviceKind | None, Query(description="Only devices of this kind")] = None,
) -> DeviceList:
    """List laptops, phones and monitors, by owner, state or kind."""
    rows = desk.rows(
        "SELECT * FROM devices WHERE (?1 IS NULL OR owner = ?1) AND status = coalesce(?2, status)"
        " AND kind = coalesce(?3, kind) ORDER BY asset_tag",
        owner,
        status,
        kind,
    )
    return DeviceList(count=len(rows), devices=[Device.model_validate(dict(row)) for row in rows[:20]])


@operation(router, "GET", "/devices/{asset_tag}", effect="read", errors=("not_found",))
def get_device(desk: OpenDesk, asset_tag: AssetTag) -> Device:
    """Show one device with its state and its owner."""
    return _record(desk, asset_tag)


@operation(router, "POST", "/devices/{asset_tag}/assign", errors=("not_found", "not_in_stock"))
def assign_device(desk: OpenDesk, asset_tag: AssetTag, body: Person) -> Device:
    """Give a device that is in stock to a person."""
    device = _record(desk, asset_tag)
    desk.account(body.username)
    if device.status != "in_stock":
        raise Problem("not_in_stock")
    desk.change("UPDATE devices SET owner = ? WHERE asset_tag = ?", body.username, asset_tag)
    return _set_status(desk, asset_tag, "assigned")


@operation(router, "POST", "/devices/{asset_tag}/report-lost", errors=("not_found", "device_not_assigned"))
def report_device_lost(desk: OpenDesk, asset_tag: AssetTag) -> Device:
    """Record that a person's device is lost or stolen."""
    if _record(desk, asset_tag).status != "assigned":
        raise Problem("device_not_assigned")
    return _set_status(desk, asset_tag, "lost")


@operation(router, "POST", "/devices/{asset_tag}/lock", errors=("not_found", "already_locked"))
def lock_device(desk: OpenDesk, asset_tag: AssetTag) -> Device:
    """Lock a device from afar so that nobody can use it."""
    if _record(desk, asset_tag).status == "locked":
        raise Problem("already_locked")
    return _set_status(desk, asset_tag, "locked")


@operation(router, "POST", "/devices/{asset_tag}/wipe", effect="irreversible", errors=("not_found", "not_lost"))
def wipe_device(desk: OpenDesk, asset_tag: AssetTag) -> Device:
    """Erase everything on a lost or locked device for good."""
    if _record(desk, asset_tag).status not in ("lost", "locked"):
        raise Problem("not_lost")
    return _set_status(desk, asset_tag, "wiped")
