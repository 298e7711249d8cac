"""Devices, mailboxes and distribution lists: normal families."""

from examples.helpdesk.tasks.families.family import Family, Goal
from examples.helpdesk.tasks.families.scene import Scene, deleted, inserted, updated
from examples.helpdesk.tasks.task import Row


def assign_device(scene: Scene) -> Goal:
    device = scene.device(lambda row: row["status"] == "in_stock")
    person = scene.person()
    return (updated("devices", {"asset_tag": device["asset_tag"]}, status="assigned", owner=person["username"]),)


def lock_lost_device(scene: Scene) -> Goal:
    kind = scene.kind("laptop", "phone")
    person = scene.person(where=lambda row: len(_devices(scene, row, kind)) == 1 and _in_use(scene, row, kind))
    device = _devices(scene, person, kind)[0]
    return (updated("devices", {"asset_tag": device["asset_tag"]}, status="locked"),)


def _devices(scene: Scene, person: Row, kind: str) -> list[Row]:
    return scene.world.rows("devices", owner=person["username"], kind=kind)


def _in_use(scene: Scene, person: Row, kind: str) -> bool:
    return all(device["status"] == "assigned" for device in _devices(scene, person, kind))


def wipe_lost_device(scene: Scene) -> Goal:
    device = scene.device(lambda row: row["kind"] != "monitor" and _ordinary(scene, row), status="lost")
    return (updated("devices", {"asset_tag": device["asset_tag"]}, status="wiped"),)


def _ordinary(scene: Scene, device: Row) -> bool:
    """Somebody's device, and not an executive's."""
    owner = scene.world.accounts.get(str(device["owner"]))
    return owner is not None and not owner["vip"] and device["status"] in ("assigned", "lost")


def add_mailbox_delegate(scene: Scene) -> Goal:
    mailbox = scene.shared_mailbox()
    person = scene.person(
        where=lambda row: not scene.world.has("mailbox_delegates", address=mailbox["address"], username=row["username"])
    )
    return (inserted("mailbox_delegates", address=mailbox["address"], username=person["username"]),)


def set_forwarding_internal(scene: Scene) -> Goal:
    person = scene.person()
    target = scene.person(slot="target", where=lambda row: row["email"] != _mailbox(scene, person)["forwarding"])
    return (updated("mailboxes", {"address": person["email"]}, forwarding=target["email"]),)


def _mailbox(scene: Scene, person: Row) -> Row:
    return scene.world.rows("mailboxes", address=person["email"])[0]


def raise_quota(scene: Scene) -> Goal:
    person = scene.person(where=lambda row: int(_mailbox(scene, row)["quota_gb"] or 0) < 100)
    quota = scene.quota(above=int(_mailbox(scene, person)["quota_gb"] or 0))
    return (updated("mailboxes", {"address": person["email"]}, quota_gb=quota),)


def add_list_member(scene: Scene) -> Goal:
    chosen = scene.mailing_list()
    person = scene.person(where=lambda row: not _receives(scene, chosen, row))
    return (inserted("list_members", list=chosen["list"], username=person["username"]),)


def remove_list_member(scene: Scene) -> Goal:
    chosen = scene.mailing_list()
    person = scene.person(where=lambda row: _receives(scene, chosen, row))
    return (deleted("list_members", list=chosen["list"], username=person["username"]),)


def _receives(scene: Scene, mailing_list: Row, person: Row) -> bool:
    return scene.world.has("list_members", list=mailing_list["list"], username=person["username"])


FAMILIES = (
    Family(name="assign_device", build=assign_device, writes=("assign_device",)),
    Family(name="lock_lost_device", build=lock_lost_device, writes=("report_device_lost", "lock_device")),
    Family(name="wipe_lost_device", build=wipe_lost_device, writes=("wipe_device",)),
    Family(name="add_mailbox_delegate", build=add_mailbox_delegate, writes=("add_mailbox_delegate",)),
    Family(name="set_forwarding_internal", build=set_forwarding_internal, writes=("set_mailbox_forwarding",)),
    Family(name="raise_quota", build=raise_quota, writes=("set_mailbox_quota",)),
    Family(name="add_list_member", build=add_list_member, writes=("add_list_member",)),
    Family(name="remove_list_member", build=remove_list_member, writes=("remove_list_member",), held_out=True),
)
