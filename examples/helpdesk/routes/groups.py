"""Groups and their members."""

from typing import Annotated

from fastapi import APIRouter

from examples.helpdesk.bodies import GroupId, Person, Username, search_text
from examples.helpdesk.desk import OpenDesk
from examples.helpdesk.errors import Problem
from examples.helpdesk.models import Group, GroupList, GroupMembers, GroupMembership
from examples.helpdesk.operation import operation
from examples.helpdesk.search import search

router = APIRouter(tags=["groups"])
_MEMBER = 'SELECT count(*) FROM group_members WHERE "group" = ? AND username = ?'


@operation(router, "GET", "/groups", effect="read")
def search_groups(desk: OpenDesk, query: Annotated[str, search_text("Name of the group, or words of it")]) -> GroupList:
    """Find groups by name and see whether they are restricted."""
    rows = desk.rows("SELECT * FROM groups ORDER BY 1")
    found = search(query, rows, exact=("name", "group"), words=("description",))
    return GroupList(count=len(found), groups=[Group.model_validate(dict(row)) for row in found[:10]])


@operation(router, "GET", "/groups/{group}/members", effect="read", errors=("not_found",))
def list_group_members(desk: OpenDesk, group: GroupId) -> GroupMembers:
    """List the usernames of a group's members."""
    desk.find("groups", "group", group)
    members = [row["username"] for row in desk.rows('SELECT * FROM group_members WHERE "group" = ? ORDER BY 2', group)]
    return GroupMembers(group=group, count=len(members), members=members)


@operation(
    router,
    "POST",
    "/groups/{group}/members",
    errors=("not_found", "group_restricted", "already_member"),
    undone_by="remove_group_member",
    shows={"read": "list_group_members", "holds": {"members": {"has": "{username}"}}},
)
def add_group_member(desk: OpenDesk, group: GroupId, body: Person) -> GroupMembership:
    """Add a person to an open group."""
    restricted = desk.find("groups", "group", group)["restricted"]
    desk.account(body.username)
    if restricted:
        raise Problem("group_restricted")
    if desk.number(_MEMBER, group, body.username):
        raise Problem("already_member")
    desk.change("INSERT INTO group_members VALUES (?, ?)", group, body.username)
    return GroupMembership(group=group, username=body.username, member=True)


@operation(
    router,
    "DELETE",
    "/groups/{group}/members/{username}",
    errors=("not_found", "not_member"),
    undone_by="add_group_member",
    shows={"read": "list_group_members", "holds": {"members": {"lacks": "{username}"}}},
)
def remove_group_member(desk: OpenDesk, group: GroupId, username: Username) -> GroupMembership:
    """Remove a person from a group."""
    desk.find("groups", "group", group)
    desk.account(username)
    if not desk.change('DELETE FROM group_members WHERE "group" = ? AND username = ?', group, username):
        raise Problem("not_member")
    return GroupMembership(group=group, username=username, member=False)
