"""VPN access, which always has a last day."""

from datetime import date, timedelta

from fastapi import APIRouter

from examples.helpdesk.bodies import Username, VpnGrant
from examples.helpdesk.desk import Desk, OpenDesk
from examples.helpdesk.errors import Problem
from examples.helpdesk.models import Vpn
from examples.helpdesk.operation import operation

router = APIRouter(tags=["vpn"])
_LONGEST = timedelta(days=90)


def _record(desk: Desk, username: str) -> Vpn:
    grant = desk.row("SELECT * FROM vpn_access WHERE username = ?", username)
    until = date.fromisoformat(grant["until"]) if grant else None
    return Vpn(username=username, active=until is not None and until >= desk.today, until=until)


@operation(router, "GET", "/vpn/{username}", effect="read", errors=("not_found",))
def get_vpn_access(desk: OpenDesk, username: Username) -> Vpn:
    """Show whether a person has VPN access and until when."""
    desk.account(username)
    return _record(desk, username)


@operation(
    router,
    "POST",
    "/vpn/{username}",
    errors=("not_found", "account_disabled", "account_locked", "date_in_past", "vpn_longer_than_90_days"),
    undone_by=[
        {"operation": "grant_vpn_access", "arguments": {"until": "before.until"}, "when": {"before.active": True}},
        {"operation": "revoke_vpn_access", "when": {"before.active": False}},
    ],
    shows={"read": "get_vpn_access", "holds": {"active": True, "until": "{until}"}},
)
def grant_vpn_access(desk: OpenDesk, username: Username, body: VpnGrant) -> Vpn:
    """Give a person VPN access until a last day, at most 90 days from today."""
    status = desk.account(username)["status"]
    if status != "active":
        raise Problem(f"account_{status}")
    if body.until < desk.today:
        raise Problem("date_in_past")
    if body.until > desk.today + _LONGEST:
        raise Problem("vpn_longer_than_90_days")
    desk.change("INSERT OR REPLACE INTO vpn_access VALUES (?, ?)", username, body.until.isoformat())
    return _record(desk, username)


@operation(
    router,
    "DELETE",
    "/vpn/{username}",
    errors=("not_found", "no_vpn_access"),
    undone_by={"operation": "grant_vpn_access", "arguments": {"until": "before.until"}},
    shows={"read": "get_vpn_access", "holds": {"active": False}},
)
def revoke_vpn_access(desk: OpenDesk, username: Username) -> Vpn:
    """Take away a person's VPN access at once."""
    desk.account(username)
    if not _record(desk, username).active:
        raise Problem("no_vpn_access")
    desk.change("DELETE FROM vpn_access WHERE username = ?", username)
    return _record(desk, username)
