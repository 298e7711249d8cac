"""Groups, access requests and licences: normal families."""

from examples.helpdesk.tasks.families.family import Family, Goal
from examples.helpdesk.tasks.families.scene import Scene, deleted, inserted, updated
from examples.helpdesk.tasks.task import Change, Row


def add_group_member(scene: Scene) -> Goal:
    group = scene.group(lambda row: not row["restricted"])
    return (_joined(scene, group),)


def _joined(scene: Scene, group: Row) -> Change:
    person = scene.person(where=lambda row: not _member(scene, group, row))
    return inserted("group_members", group=group["group"], username=person["username"])


def _member(scene: Scene, group: Row, person: Row) -> bool:
    return scene.world.has("group_members", group=group["group"], username=person["username"])


def remove_group_member(scene: Scene) -> Goal:
    group = scene.group()
    person = scene.person(where=lambda row: _member(scene, group, row))
    return (deleted("group_members", group=group["group"], username=person["username"]),)


def request_restricted_access(scene: Scene) -> Goal:
    group = scene.group(lambda row: bool(row["restricted"]))
    person = scene.person(where=lambda row: not _member(scene, group, row) and not _asked(scene, group, row))
    reason = scene.text("reason")
    return (
        inserted("access_requests", username=person["username"], group=group["group"], reason=reason, status="pending"),
    )


def _asked(scene: Scene, group: Row, person: Row) -> bool:
    return scene.world.has("access_requests", group=group["group"], username=person["username"])


def pending_request(scene: Scene) -> Row:
    """An access request that waits for its approver, who is neither the person concerned nor the one who asked."""
    request = scene.rng.choice(
        scene.world.rows("access_requests", lambda row: row["approver"] not in (row["username"], row["requested_by"]))
    )
    scene.slots["request"] = str(request["request_id"])
    if request["status"] != "pending":
        scene.patch(
            "access_requests",
            {"request_id": request["request_id"]},
            {"status": "pending", "decision_reason": None},
        )
    key: Row = {"group": request["group"], "username": request["username"]}
    if scene.world.has("group_members", **key):
        scene.patch("group_members", key, None)
    return request


def approve_access(scene: Scene) -> Goal:
    request = pending_request(scene)
    scene.requester = str(request["approver"])
    return (
        updated("access_requests", {"request_id": request["request_id"]}, status="approved"),
        inserted("group_members", group=request["group"], username=request["username"]),
    )


def reject_access(scene: Scene) -> Goal:
    request = pending_request(scene)
    scene.requester = str(request["approver"])
    return (updated("access_requests", {"request_id": request["request_id"]}, status="rejected"),)


def assign_licence(scene: Scene) -> Goal:
    product = scene.product(lambda row: scene.world.available(row) > 0)
    person = scene.person(where=lambda row: not _holds(scene, product, row))
    return (inserted("licence_assignments", product=product["product"], username=person["username"]),)


def release_licence(scene: Scene) -> Goal:
    product = scene.product(lambda row: any(_holds(scene, row, account) for account in scene.world.accounts.values()))
    person = scene.person(where=lambda row: _holds(scene, product, row))
    return (deleted("licence_assignments", product=product["product"], username=person["username"]),)


def _holds(scene: Scene, product: Row, person: Row) -> bool:
    return scene.world.has("licence_assignments", product=product["product"], username=person["username"])


def group_and_licence(scene: Scene) -> Goal:
    group = scene.group(lambda row: not row["restricted"])
    product = scene.product(lambda row: scene.world.available(row) > 0)
    person = scene.person(where=lambda row: not _member(scene, group, row) and not _holds(scene, product, row))
    return (
        inserted("group_members", group=group["group"], username=person["username"]),
        inserted("licence_assignments", product=product["product"], username=person["username"]),
    )


FAMILIES = (
    Family(name="add_group_member", build=add_group_member, writes=("add_group_member",)),
    Family(name="remove_group_member", build=remove_group_member, writes=("remove_group_member",)),
    Family(name="request_restricted_access", build=request_restricted_access, writes=("create_access_request",)),
    Family(name="approve_access", build=approve_access, writes=("approve_access_request",)),
    Family(name="reject_access", build=reject_access, writes=("reject_access_request",), held_out=True),
    Family(name="assign_licence", build=assign_licence, writes=("assign_licence",)),
    Family(name="release_licence", build=release_licence, writes=("release_licence",), held_out=True),
    Family(
        name="group_and_licence",
        build=group_and_licence,
        writes=("add_group_member", "assign_licence"),
        held_out=True,
    ),
)
