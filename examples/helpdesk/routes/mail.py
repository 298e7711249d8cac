"""Mailboxes and distribution lists."""

from typing import Annotated

from fastapi import APIRouter

from examples.helpdesk.bodies import Address, Forwarding, ListAddress, Person, Quota, Username, search_text
from examples.helpdesk.desk import Desk, OpenDesk
from examples.helpdesk.errors import Problem
from examples.helpdesk.models import DOMAIN, DistributionList, DistributionListList, ListMembership, Mailbox
from examples.helpdesk.operation import operation
from examples.helpdesk.search import search

router = APIRouter(tags=["mail"])


def _mailbox(desk: Desk, address: str) -> Mailbox:
    row = desk.find("mailboxes", "address", address.lower())
    delegates = desk.rows("SELECT username FROM mailbox_delegates WHERE address = ? ORDER BY 1", row["address"])
    return Mailbox(**dict(row), delegates=[delegate["username"] for delegate in delegates])


@operation(router, "GET", "/mailboxes/{address}", effect="read", errors=("not_found",))
def get_mailbox(desk: OpenDesk, address: Address) -> Mailbox:
    """Show a mailbox with its size limit, forwarding and delegates."""
    return _mailbox(desk, address)


@operation(
    router,
    "PATCH",
    "/mailboxes/{address}/quota",
    errors=("not_found", "quota_over_100"),
    undone_by={"operation": "set_mailbox_quota", "arguments": {"quota_gb": "before.quota_gb"}},
    shows={"read": "get_mailbox", "holds": {"quota_gb": "{quota_gb}"}},
)
def set_mailbox_quota(desk: OpenDesk, address: Address, body: Quota) -> Mailbox:
    """Set the size limit of a mailbox in GB."""
    mailbox = _mailbox(desk, address)
    if body.quota_gb > 100:
        raise Problem("quota_over_100")
    desk.change("UPDATE mailboxes SET quota_gb = ? WHERE address = ?", body.quota_gb, mailbox.address)
    return _mailbox(desk, mailbox.address)


@operation(
    router,
    "PUT",
    "/mailboxes/{address}/forwarding",
    errors=("not_found", "external_address"),
    undone_by=[
        {"operation": "set_mailbox_forwarding", "arguments": {"forward_to": "before.forwarding"}},
        {"operation": "clear_mailbox_forwarding", "when": {"before.forwarding": {"none": True}}},
    ],
)
def set_mailbox_forwarding(desk: OpenDesk, address: Address, body: Forwarding) -> Mailbox:
    """Forward the mail of a mailbox to a colleague's address inside the company."""
    mailbox = _mailbox(desk, address)
    if not body.forward_to.lower().endswith(f"@{DOMAIN}"):
        raise Problem("external_address")
    target = _mailbox(desk, body.forward_to)
    desk.change("UPDATE mailboxes SET forwarding = ? WHERE address = ?", target.address, mailbox.address)
    return _mailbox(desk, mailbox.address)


@operation(
    router,
    "DELETE",
    "/mailboxes/{address}/forwarding",
    errors=("not_found",),
    undone_by={"operation": "set_mailbox_forwarding", "arguments": {"forward_to": "before.forwarding"}},
    shows={"read": "get_mailbox", "holds": {"forwarding": {"none": True}}},
    only_undoes=True,
)
def clear_mailbox_forwarding(desk: OpenDesk, address: Address) -> Mailbox:
    """Stop forwarding the mail of a mailbox."""
    mailbox = _mailbox(desk, address)
    desk.change("UPDATE mailboxes SET forwarding = NULL WHERE address = ?", mailbox.address)
    return _mailbox(desk, mailbox.address)


@operation(
    router,
    "POST",
    "/mailboxes/{address}/delegates",
    errors=("not_found", "already_delegate"),
    undone_by="remove_mailbox_delegate",
    shows={"read": "get_mailbox", "holds": {"delegates": {"has": "{username}"}}},
)
def add_mailbox_delegate(desk: OpenDesk, address: Address, body: Person) -> Mailbox:
    """Let a person open a shared mailbox or a colleague's mailbox."""
    mailbox = _mailbox(desk, address)
    desk.account(body.username)
    if body.username in mailbox.delegates:
        raise Problem("already_delegate")
    desk.change("INSERT INTO mailbox_delegates VALUES (?, ?)", mailbox.address, body.username)
    return _mailbox(desk, mailbox.address)


@operation(
    router,
    "DELETE",
    "/mailboxes/{address}/delegates/{username}",
    errors=("not_found", "not_member"),
    undone_by="add_mailbox_delegate",
    shows={"read": "get_mailbox", "holds": {"delegates": {"lacks": "{username}"}}},
    only_undoes=True,
)
def remove_mailbox_delegate(desk: OpenDesk, address: Address, username: Username) -> Mailbox:
    """Stop letting a person open a mailbox."""
    mailbox = _mailbox(desk, address)
    if not desk.change("DELETE FROM mailbox_delegates WHERE address = ? AND username = ?", mailbox.address, username):
        raise Problem("not_member")
    return _mailbox(desk, mailbox.address)


@operation(router, "GET", "/distribution-lists", effect="read")
def search_distribution_lists(
    desk: OpenDesk, query: Annotated[str, search_text("Name or address of the distribution list")]
) -> DistributionListList:
    """Find e-mail distribution lists by name or address."""
    rows = desk.rows(
        "SELECT *, (SELECT count(*) FROM list_members m WHERE m.list = l.list) AS member_count"
        " FROM distribution_lists l ORDER BY 1"
    )
    found = search(query, rows, exact=("name", "list"))
    lists = [DistributionList.model_validate(dict(row)) for row in found[:10]]
    return DistributionListList(count=len(found), lists=lists)


@operation(
    router,
    "POST",
    "/distribution-lists/{list}/members",
    errors=("not_found", "already_member"),
    undone_by="remove_list_member",
)
def add_list_member(desk: OpenDesk, address: ListAddress, body: Person) -> ListMembership:
    """Add a person to an e-mail distribution list."""
    row = desk.find("distribution_lists", "list", address.lower())
    desk.account(body.username)
    if not desk.change("INSERT OR IGNORE INTO list_members VALUES (?, ?)", row["list"], body.username):
        raise Problem("already_member")
    return ListMembership(list=row["list"], username=body.username, member=True)


@operation(
    router,
    "DELETE",
    "/distribution-lists/{list}/members/{username}",
    errors=("not_found", "not_member"),
    undone_by="add_list_member",
)
def remove_list_member(desk: OpenDesk, address: ListAddress, username: Username) -> ListMembership:
    """Remove a person from an e-mail distribution list."""
    row = desk.find("distribution_lists", "list", address.lower())
    desk.account(username)
    if not desk.change("DELETE FROM list_members WHERE list = ? AND username = ?", row["list"], username):
        raise Problem("not_member")
    return ListMembership(list=row["list"], username=username, member=False)
