"""Directory accounts: find, unlock, reset, disable, enable, update."""

from datetime import datetime, time, timedelta
from sqlite3 import Row
from typing import Annotated

from fastapi import APIRouter

from examples.helpdesk.bodies import AccountUpdate, Username, search_text
from examples.helpdesk.desk import Desk, OpenDesk
from examples.helpdesk.errors import Problem
from examples.helpdesk.models import Account, AccountList, PasswordReset
from examples.helpdesk.operation import operation
from examples.helpdesk.search import search

router = APIRouter(tags=["accounts"])
_PERSON = search_text("Name, username or e-mail address of the person")


def _record(row: Row) -> Account:
    return Account.model_validate(dict(row))


def _service_desk_may_change(desk: Desk, username: str) -> Row:
    account = desk.account(username)
    if account["vip"]:
        raise Problem("vip_account")
    return account


def _enabled(desk: Desk, username: str) -> Row:
    account = _service_desk_may_change(desk, username)
    if account["status"] == "disabled":
        raise Problem("account_disabled")
    return account


def _requested_by_manager_or_hr(desk: Desk, account: Row) -> None:
    requester = desk.requester
    if requester["username"] != account["manager"] and requester["department"] != "Human Resources":
        raise Problem("not_manager")


def _set_status(desk: Desk, username: str, status: str) -> Account:
    desk.change("UPDATE accounts SET status = ? WHERE username = ?", status, username)
    return _record(desk.account(username))


@operation(router, "GET", "/accounts", effect="read")
def search_accounts(desk: OpenDesk, query: Annotated[str, _PERSON]) -> AccountList:
    """Find people's accounts by full name, username or e-mail address."""
    found = search(query, desk.rows("SELECT * FROM accounts ORDER BY 1"), exact=("full_name", "username", "email"))
    return AccountList(count=len(found), accounts=[_record(row) for row in found[:10]])


@operation(router, "GET", "/accounts/{username}", effect="read", errors=("not_found",))
def get_account(desk: OpenDesk, username: Username) -> Account:
    """Show one account with its status, department and manager."""
    return _record(desk.account(username))


@operation(
    router,
    "POST",
    "/accounts/{username}/unlock",
    errors=("not_found", "vip_account", "account_disabled", "not_locked"),
    undone_by="lock_account",
    shows={"read": "get_account", "holds": {"status": "active"}},
)
def unlock_account(desk: OpenDesk, username: Username) -> Account:
    """Unlock a locked account so that the person can sign in again."""
    if _enabled(desk, username)["status"] != "locked":
        raise Problem("not_locked")
    return _set_status(desk, username, "active")


@operation(
    router,
    "POST",
    "/accounts/{username}/lock",
    errors=("not_found", "vip_account", "account_disabled", "account_locked"),
    undone_by="unlock_account",
    shows={"read": "get_account", "holds": {"status": "locked"}},
    only_undoes=True,
)
def lock_account(desk: OpenDesk, username: Username) -> Account:
    """Lock an account again that should not have been unlocked."""
    if _enabled(desk, username)["status"] == "locked":
        raise Problem("account_locked", "The account is locked already.")
    return _set_status(desk, username, "locked")


@operation(
    router, "POST", "/accounts/{username}/reset-password", errors=("not_found", "vip_account", "account_disabled")
)
def reset_password(desk: OpenDesk, username: Username) -> PasswordReset:
    """Reset a person's password and send a temporary one to the person's phone."""
    account = _enabled(desk, username)
    number = desk.number("SELECT count(*) + 1 FROM password_resets WHERE username = ?", username)
    expires_at = datetime.combine(desk.today + timedelta(days=1), time(18))
    desk.change("INSERT INTO password_resets VALUES (?, ?, ?)", username, number, expires_at.isoformat())
    phone = f"mobile phone ending in {account['mobile_ending']}"
    return PasswordReset(username=username, delivered_to=phone, expires_at=expires_at)


@operation(
    router,
    "POST",
    "/accounts/{username}/reset-mfa",
    errors=("not_found", "vip_account", "account_disabled", "mfa_not_enrolled"),
    shows={"read": "get_account", "holds": {"mfa_enrolled": False}},
)
def reset_mfa(desk: OpenDesk, username: Username) -> Account:
    """Remove a person's second factor (MFA) so that a new phone or app can be enrolled."""
    if not _enabled(desk, username)["mfa_enrolled"]:
        raise Problem("mfa_not_enrolled")
    desk.change("UPDATE accounts SET mfa_enrolled = 0 WHERE username = ?", username)
    return _record(desk.account(username))


@operation(
    router,
    "POST",
    "/accounts/{username}/disable",
    errors=("not_found", "vip_account", "requester_unknown", "not_manager", "already_disabled"),
    undone_by="enable_account",
    shows={"read": "get_account", "holds": {"status": "disabled"}},
)
def disable_account(desk: OpenDesk, username: Username) -> Account:
    """Disable the account of a person who leaves, when the manager or Human Resources asks."""
    account = _service_desk_may_change(desk, username)
    _requested_by_manager_or_hr(desk, account)
    if account["status"] == "disabled":
        raise Problem("already_disabled")
    return _set_status(desk, username, "disabled")


@operation(
    router,
    "POST",
    "/accounts/{username}/enable",
    errors=("not_found", "requester_unknown", "not_manager", "not_disabled"),
    undone_by="disable_account",
    shows={"read": "get_account", "holds": {"status": "active"}},
)
def enable_account(desk: OpenDesk, username: Username) -> Account:
    """Enable the disabled account of a person who returns, when the manager or Human Resources asks."""
    account = desk.account(username)
    _requested_by_manager_or_hr(desk, account)
    if account["status"] != "disabled":
        raise Problem("not_disabled")
    return _set_status(desk, username, "active")


@operation(
    router,
    "PATCH",
    "/accounts/{username}",
    errors=("not_found",),
    undone_by={
        "operation": "update_account",
        "arguments": {"title": "before.title", "department": "before.department"},
    },
)
def update_account(desk: OpenDesk, username: Username, body: AccountUpdate) -> Account:
    """Change a person's job title or department in the directory."""
    account = desk.account(username)
    if body.title is None and body.department is None:
        raise Problem("invalid", "Name a new title or a new department.")
    desk.change(
        "UPDATE accounts SET title = ?, department = ? WHERE username = ?",
        body.title or account["title"],
        body.department or account["department"],
        username,
    )
    return _record(desk.account(username))
