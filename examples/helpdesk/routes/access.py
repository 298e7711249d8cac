"""Access requests for restricted groups, which the group's owner decides."""

from sqlite3 import Row
from typing import Annotated

from fastapi import APIRouter, Query

from examples.helpdesk.bodies import NewAccessRequest, Rejection, RequestId
from examples.helpdesk.desk import Desk, OpenDesk
from examples.helpdesk.errors import Problem
from examples.helpdesk.models import AccessRequest, AccessRequestList, RequestStatus
from examples.helpdesk.operation import operation

router = APIRouter(tags=["access requests"])
_NO_REASON = Rejection()
_RULES = ("not_found", "requester_unknown", "not_owner", "own_request", "not_pending")


def _record(desk: Desk, request_id: str) -> AccessRequest:
    return AccessRequest.model_validate(dict(desk.find("access_requests", "request_id", request_id)))


def _to_decide(desk: Desk, request_id: str) -> Row:
    """The pending request, if the requester may decide on it."""
    request = desk.find("access_requests", "request_id", request_id)
    requester = desk.requester["username"]
    if requester != request["approver"]:
        raise Problem("not_owner")
    if requester in (request["username"], request["requested_by"]):
        raise Problem("own_request")
    if request["status"] != "pending":
        raise Problem("not_pending")
    return request


@operation(
    router,
    "POST",
    "/access-requests",
    errors=("not_found", "requester_unknown", "group_not_restricted", "already_member", "already_pending"),
    status=201,
)
def create_access_request(desk: OpenDesk, body: NewAccessRequest) -> AccessRequest:
    """Ask a restricted group's owner to let a person in, giving the reason."""
    desk.account(body.username)
    group = desk.find("groups", "group", body.group)
    if not group["restricted"]:
        raise Problem("group_not_restricted")
    same = (body.group, body.username)
    if desk.row('SELECT 1 FROM group_members WHERE "group" = ? AND username = ?', *same):
        raise Problem("already_member")
    if desk.row('SELECT 1 FROM access_requests WHERE "group" = ? AND username = ? AND status = ?', *same, "pending"):
        raise Problem("already_pending")
    request_id = f"AR-{desk.number('SELECT coalesce(max(substr(request_id, 4) + 0), 1000) + 1 FROM access_requests')}"
    desk.change(
        "INSERT INTO access_requests VALUES (?, ?, ?, ?, 'pending', ?, ?, NULL)",
        request_id,
        body.username,
        body.group,
        body.reason,
        desk.asked_by(body.username),
        group["owner"],
    )
    return _record(desk, request_id)


@operation(router, "GET", "/access-requests", effect="read")
def list_access_requests(
    desk: OpenDesk,
    status: Annotated[RequestStatus | None, Query(description="Only requests in this state")] = None,
    username: Annotated[str | None, Query(description="Only requests for this person's account")] = None,
) -> AccessRequestList:
    """List access requests, by state or by person."""
    rows = desk.rows(
        "SELECT * FROM access_requests WHERE status = coalesce(?, status) AND username = coalesce(?, username)"
        " ORDER BY request_id",
        status,
        username,
    )
    return AccessRequestList(
        count=len(rows), access_requests=[AccessRequest.model_validate(dict(row)) for row in rows[:20]]
    )


@operation(router, "GET", "/access-requests/{request_id}", effect="read", errors=("not_found",))
def get_access_request(desk: OpenDesk, request_id: RequestId) -> AccessRequest:
    """Show one access request with its state and its approver."""
    return _record(desk, request_id)


@operation(router, "POST", "/access-requests/{request_id}/approve", errors=_RULES)
def approve_access_request(desk: OpenDesk, request_id: RequestId) -> AccessRequest:
    """Approve a pending access request for the group's owner, which adds the person to the group."""
    request = _to_decide(desk, request_id)
    desk.change("UPDATE access_requests SET status = 'approved' WHERE request_id = ?", request_id)
    desk.change("INSERT OR IGNORE INTO group_members VALUES (?, ?)", request["group"], request["username"])
    return _record(desk, request_id)


@operation(router, "POST", "/access-requests/{request_id}/reject", errors=_RULES)
def reject_access_request(desk: OpenDesk, request_id: RequestId, body: Rejection = _NO_REASON) -> AccessRequest:
    """Reject a pending access request for the group's owner."""
    _to_decide(desk, request_id)
    desk.change(
        "UPDATE access_requests SET status = 'rejected', decision_reason = ? WHERE request_id = ?",
        body.reason,
        request_id,
    )
    return _record(desk, request_id)
