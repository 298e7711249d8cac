"""Software licences, which come from pools of limited size."""

from typing import Annotated

from fastapi import APIRouter

from examples.helpdesk.bodies import Person, Product, Username, search_text
from examples.helpdesk.desk import Desk, OpenDesk
from examples.helpdesk.errors import Problem
from examples.helpdesk.models import LicenceAssignment, LicenceList, LicencePool
from examples.helpdesk.operation import operation
from examples.helpdesk.search import search

router = APIRouter(tags=["licences"])
_HOLDS = "SELECT count(*) FROM licence_assignments WHERE product = ? AND username = ?"


def _pool(desk: Desk, product: str) -> LicencePool:
    licence = desk.find("licences", "product", product)
    used = desk.number("SELECT count(*) FROM licence_assignments WHERE product = ?", product)
    return LicencePool(**dict(licence), used=used, available=licence["total"] - used)


def _assignment(desk: Desk, product: str, username: str) -> LicenceAssignment:
    return LicenceAssignment(
        product=product,
        username=username,
        assigned=desk.number(_HOLDS, product, username) > 0,
        available=_pool(desk, product).available,
    )


@operation(router, "GET", "/licences", effect="read")
def search_licences(
    desk: OpenDesk, query: Annotated[str, search_text("Name of the software product, or words of it")]
) -> LicenceList:
    """Find software licences by product name and see how many are left."""
    found = search(query, desk.rows("SELECT * FROM licences ORDER BY 1"), exact=("name", "product"))
    return LicenceList(count=len(found), licences=[_pool(desk, row["product"]) for row in found[:10]])


@operation(
    router,
    "POST",
    "/licences/{product}/assignments",
    errors=("not_found", "account_disabled", "already_assigned", "pool_empty"),
    undone_by="release_licence",
)
def assign_licence(desk: OpenDesk, product: Product, body: Person) -> LicenceAssignment:
    """Give a person a licence of a software product."""
    pool = _pool(desk, product)
    if desk.account(body.username)["status"] == "disabled":
        raise Problem("account_disabled")
    if desk.number(_HOLDS, product, body.username):
        raise Problem("already_assigned")
    if pool.available < 1:
        raise Problem("pool_empty")
    desk.change("INSERT INTO licence_assignments VALUES (?, ?)", product, body.username)
    return _assignment(desk, product, body.username)


@operation(
    router,
    "DELETE",
    "/licences/{product}/assignments/{username}",
    errors=("not_found", "not_assigned"),
    undone_by="assign_licence",
)
def release_licence(desk: OpenDesk, product: Product, username: Username) -> LicenceAssignment:
    """Take back a person's licence of a software product."""
    desk.find("licences", "product", product)
    desk.account(username)
    if not desk.change("DELETE FROM licence_assignments WHERE product = ? AND username = ?", product, username):
        raise Problem("not_assigned")
    return _assignment(desk, product, username)
