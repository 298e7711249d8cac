"""What the service takes and gives: records, lists of records, and request bodies."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DOMAIN = "northwind-harbour.example"

AccountStatus = Literal["active", "locked", "disabled"]
Department = Literal[
    "Executive Office",
    "Engineering",
    "Design",
    "Finance",
    "Human Resources",
    "Legal",
    "Marketing",
    "Sales",
    "Logistics",
    "Procurement",
    "Customer Care",
    "Information Technology",
]
RequestStatus = Literal["pending", "approved", "rejected"]
DeviceKind = Literal["laptop", "phone", "monitor"]
DeviceStatus = Literal["assigned", "in_stock", "lost", "locked", "wiped"]
Category = Literal["password", "locked_account", "mfa", "vpn", "access", "hardware", "software", "mail", "other"]
Priority = Literal["low", "normal", "high", "urgent"]
TicketStatus = Literal["open", "in_progress", "waiting", "resolved", "closed"]
Team = Literal["service_desk", "network", "hardware", "applications", "security", "procurement"]

Name = Annotated[str, Field(description="Username of the account")]
Count = Annotated[int, Field(description="Number of matches, listed or not")]


class Account(BaseModel):
    username: Name
    full_name: str = Field(description="First and last name of the person")
    email: str = Field(description="E-mail address of the person")
    department: Department = Field(description="Department the person works in")
    title: str = Field(description="Job title of the person")
    manager: str | None = Field(description="Username of the person's manager")
    status: AccountStatus = Field(description="Whether the person can sign in")
    mfa_enrolled: bool = Field(description="Whether a second factor is enrolled")
    vip: bool = Field(description="Whether this is an executive account")


class AccountList(BaseModel):
    count: Count
    accounts: list[Account] = Field(description="Matching accounts, at most 10")


class PasswordReset(BaseModel):
    username: Name
    delivered_to: str = Field(description="Where the temporary password was sent")
    expires_at: datetime = Field(description="When the temporary password expires")


class Group(BaseModel):
    group: str = Field(description="Id of the group")
    name: str = Field(description="Spoken name of the group")
    description: str = Field(description="What the group is for")
    owner: str = Field(description="Username of the group's owner")
    restricted: bool = Field(description="Whether membership needs an approved access request")


class GroupList(BaseModel):
    count: Count
    groups: list[Group] = Field(description="Matching groups, at most 10")


class GroupMembers(BaseModel):
    group: str = Field(description="Id of the group")
    count: int = Field(description="Number of members")
    members: list[str] = Field(description="Usernames of the members")


class GroupMembership(BaseModel):
    group: str = Field(description="Id of the group")
    username: Name
    member: bool = Field(description="Whether the person is a member now")


class AccessRequest(BaseModel):
    request_id: str = Field(description="Id of the access request, such as AR-1042")
    username: Name
    group: str = Field(description="Id of the restricted group")
    reason: str = Field(description="Why access is needed")
    status: RequestStatus = Field(description="Whether and how it was decided")
    requested_by: str = Field(description="Username of the person who asked")
    approver: str = Field(description="Username of the group's owner, who decides")
    decision_reason: str | None = Field(description="Why it was rejected, if said")


class AccessRequestList(BaseModel):
    count: Count
    access_requests: list[AccessRequest] = Field(description="Matching access requests, at most 20")


class Vpn(BaseModel):
    username: Name
    active: bool = Field(description="Whether VPN access is active today")
    until: date | None = Field(description="Last day of VPN access")


class Device(BaseModel):
    asset_tag: str = Field(description="Asset tag of the device, such as NH-20417")
    kind: DeviceKind = Field(description="Kind of device")
    model: str = Field(description="Model of the device")
    status: DeviceStatus = Field(description="State of the device")
    owner: str | None = Field(description="Username of the person who has the device")


class DeviceList(BaseModel):
    count: Count
    devices: list[Device] = Field(description="Matching devices, at most 20")


class LicencePool(BaseModel):
    product: str = Field(description="Id of the product")
    name: str = Field(description="Spoken name of the product")
    total: int = Field(description="Licences bought")
    used: int = Field(description="Licences in use")
    available: int = Field(description="Licences left")


class LicenceList(BaseModel):
    count: Count
    licences: list[LicencePool] = Field(description="Matching licence pools, at most 10")


class LicenceAssignment(BaseModel):
    product: str = Field(description="Id of the product")
    username: Name
    assigned: bool = Field(description="Whether the person holds a licence now")
    available: int = Field(description="Licences left now")


class Mailbox(BaseModel):
    address: str = Field(description="E-mail address of the mailbox")
    kind: Literal["personal", "shared"] = Field(description="Whether one person or a team uses it")
    quota_gb: int = Field(description="Allowed size in GB")
    used_gb: float = Field(description="Used size in GB")
    forwarding: str | None = Field(description="Address to which mail is forwarded")
    delegates: list[str] = Field(description="Usernames of people who may open the mailbox")


class DistributionList(BaseModel):
    list: str = Field(description="Address of the distribution list")
    name: str = Field(description="Spoken name of the distribution list")
    owner: str = Field(description="Username of the list's owner")
    member_count: int = Field(description="Number of members")


class DistributionListList(BaseModel):
    count: Count
    lists: list[DistributionList] = Field(description="Matching distribution lists, at most 10")


class ListMembership(BaseModel):
    list: str = Field(description="Address of the distribution list")
    username: Name
    member: bool = Field(description="Whether the person is a member now")


class TicketSummary(BaseModel):
    ticket_id: str = Field(description="Id of the ticket, such as T-1007")
    title: str = Field(description="What the ticket is about, in one line")
    category: Category = Field(description="Kind of problem")
    priority: Priority = Field(description="How urgent it is")
    status: TicketStatus = Field(description="State of the ticket")
    requester: str = Field(description="Username of the person who opened it")
    affected_user: str | None = Field(description="Username of the person who has the problem")
    team: Team = Field(description="Team that works on it")


class Comment(BaseModel):
    author: str = Field(description="Who wrote the comment")
    text: str = Field(description="Text of the comment")


class Ticket(TicketSummary):
    body: str = Field(description="The whole description of the problem")
    comments: list[Comment] = Field(description="Comments, oldest first")


class TicketList(BaseModel):
    count: Count
    tickets: list[TicketSummary] = Field(description="Matching tickets, at most 20")


class Body(BaseModel):
    """A request body: unknown fields are an error, surrounding blanks are not."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
