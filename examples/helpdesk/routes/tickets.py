"""Tickets, their comments and states."""

from sqlite3 import Row
from typing import Annotated

from fastapi import APIRouter, Query

from examples.helpdesk.bodies import NewComment, NewTicket, PriorityChoice, StatusChoice, TeamChoice, TicketId
from examples.helpdesk.desk import Desk, OpenDesk
from examples.helpdesk.errors import Problem
from examples.helpdesk.models import Comment, Team, Ticket, TicketList, TicketStatus, TicketSummary
from examples.helpdesk.operation import operation

router = APIRouter(tags=["tickets"])


def _record(desk: Desk, ticket_id: str) -> Ticket:
    row = desk.find("tickets", "ticket_id", ticket_id)
    comments = desk.rows("SELECT author, text FROM ticket_comments WHERE ticket_id = ? ORDER BY number", ticket_id)
    return Ticket(**dict(row), comments=[Comment(**dict(comment)) for comment in comments])


def _not_closed(desk: Desk, ticket_id: str) -> Row:
    ticket = desk.find("tickets", "ticket_id", ticket_id)
    if ticket["status"] == "closed":
        raise Problem("ticket_closed")
    return ticket


@operation(router, "GET", "/tickets", effect="read")
def list_tickets(
    desk: OpenDesk,
    requester: Annotated[str | None, Query(description="Username of the person who opened the tickets")] = None,
    status: Annotated[TicketStatus | None, Query(description="Only tickets in this state")] = None,
    team: Annotated[Team | None, Query(description="Only tickets of this team")] = None,
) -> TicketList:
    """List tickets, by requester, state or team."""
    rows = desk.rows(
        "SELECT * FROM tickets WHERE requester = coalesce(?, requester) AND status = coalesce(?, status)"
        " AND team = coalesce(?, team) ORDER BY ticket_id",
        requester,
        status,
        team,
    )
    return TicketList(count=len(rows), tickets=[TicketSummary.model_validate(dict(row)) for row in rows[:20]])


@operation(router, "GET", "/tickets/{ticket_id}", effect="read", errors=("not_found",))
def get_ticket(desk: OpenDesk, ticket_id: TicketId) -> Ticket:
    """Show one ticket with its description, affected person and comments."""
    return _record(desk, ticket_id)


@operation(router, "POST", "/tickets", errors=("not_found",), status=201)
def create_ticket(desk: OpenDesk, body: NewTicket) -> Ticket:
    """Open a new ticket for a person with a title, a priority and a team."""
    desk.account(body.requester)
    ticket_id = f"T-{desk.number('SELECT coalesce(max(substr(ticket_id, 3) + 0), 1000) + 1 FROM tickets')}"
    desk.change(
        "INSERT INTO tickets VALUES (?, ?, '', 'other', ?, 'open', ?, NULL, ?)",
        ticket_id,
        body.title,
        body.priority,
        body.requester,
        body.team,
    )
    return _record(desk, ticket_id)


@operation(router, "POST", "/tickets/{ticket_id}/comments", errors=("not_found", "requester_unknown", "ticket_closed"))
def add_ticket_comment(desk: OpenDesk, ticket_id: TicketId, body: NewComment) -> Ticket:
    """Add a comment to a ticket."""
    _not_closed(desk, ticket_id)
    number = desk.number("SELECT coalesce(max(number), 0) + 1 FROM ticket_comments WHERE ticket_id = ?", ticket_id)
    author = desk.asked_by("service-desk")
    desk.change("INSERT INTO ticket_comments VALUES (?, ?, ?, ?)", ticket_id, number, author, body.text)
    return _record(desk, ticket_id)


@operation(
    router,
    "POST",
    "/tickets/{ticket_id}/assign",
    errors=("not_found",),
    undone_by={"operation": "assign_ticket", "arguments": {"team": "before.team"}},
    shows={"read": "get_ticket", "holds": {"team": "{team}"}},
)
def assign_ticket(desk: OpenDesk, ticket_id: TicketId, body: TeamChoice) -> Ticket:
    """Hand a ticket to another team."""
    desk.find("tickets", "ticket_id", ticket_id)
    desk.change("UPDATE tickets SET team = ? WHERE ticket_id = ?", body.team, ticket_id)
    return _record(desk, ticket_id)


@operation(
    router,
    "POST",
    "/tickets/{ticket_id}/status",
    errors=("not_found", "ticket_closed"),
    undone_by={"operation": "set_ticket_status", "arguments": {"status": "before.status"}},
    shows={"read": "get_ticket", "holds": {"status": "{status}"}},
)
def set_ticket_status(desk: OpenDesk, ticket_id: TicketId, body: StatusChoice) -> Ticket:
    """Set the state of a ticket, such as resolved or closed."""
    _not_closed(desk, ticket_id)
    desk.change("UPDATE tickets SET status = ? WHERE ticket_id = ?", body.status, ticket_id)
    return _record(desk, ticket_id)


@operation(
    router,
    "POST",
    "/tickets/{ticket_id}/priority",
    errors=("not_found",),
    undone_by={"operation": "set_ticket_priority", "arguments": {"priority": "before.priority"}},
    shows={"read": "get_ticket", "holds": {"priority": "{priority}"}},
)
def set_ticket_priority(desk: OpenDesk, ticket_id: TicketId, body: PriorityChoice) -> Ticket:
    """Set how urgent a ticket is."""
    desk.find("tickets", "ticket_id", ticket_id)
    desk.change("UPDATE tickets SET priority = ? WHERE ticket_id = ?", body.priority, ticket_id)
    return _record(desk, ticket_id)
