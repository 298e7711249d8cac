"""Request bodies and the parameters that the operations share."""

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from examples.helpdesk.models import Body, Department, Priority, Team, TicketStatus

Username = Annotated[str, Path(description="Username of the account")]
GroupId = Annotated[str, Path(alias="group", description="Id of the group, as search_groups gives it")]
RequestId = Annotated[str, Path(description="Id of the access request, such as AR-1042")]
AssetTag = Annotated[str, Path(description="Asset tag of the device, such as NH-20417")]
Product = Annotated[str, Path(description="Id of the licence product, as search_licences gives it")]
Address = Annotated[str, Path(description="E-mail address of the mailbox")]
ListAddress = Annotated[str, Path(alias="list", description="Address of the distribution list")]
TicketId = Annotated[str, Path(description="Id of the ticket, such as T-1007")]


def search_text(what: str) -> object:
    """The `query` parameter of a search."""
    return Query(min_length=1, description=what)


class Person(Body):
    username: str = Field(min_length=1, description="Username of the account")


class AccountUpdate(Body):
    title: str | None = Field(default=None, min_length=1, description="New job title")
    department: Department | None = Field(default=None, description="New department")


class NewAccessRequest(Body):
    username: str = Field(min_length=1, description="Username of the person who needs access")
    group: str = Field(min_length=1, description="Id of the restricted group")
    reason: str = Field(min_length=1, description="Why access is needed")


class Rejection(Body):
    reason: str | None = Field(default=None, min_length=1, description="Why the request is rejected")


class VpnGrant(Body):
    until: date = Field(description="Last day of VPN access")


class Quota(Body):
    quota_gb: int = Field(ge=1, description="New size limit in GB, at most 100")


class Forwarding(Body):
    forward_to: str = Field(min_length=3, description="Internal e-mail address that receives the mail")


class NewTicket(Body):
    title: str = Field(min_length=1, description="What the ticket is about, in one line")
    requester: str = Field(min_length=1, description="Username of the person the ticket is for")
    priority: Priority = Field(description="How urgent it is")
    team: Team = Field(description="Team that works on it")


class NewComment(Body):
    text: str = Field(min_length=1, description="Text of the comment")


class TeamChoice(Body):
    team: Team = Field(description="Team that works on the ticket from now on")


class StatusChoice(Body):
    status: TicketStatus = Field(description="New state of the ticket")


class PriorityChoice(Body):
    priority: Priority = Field(description="New priority of the ticket")
