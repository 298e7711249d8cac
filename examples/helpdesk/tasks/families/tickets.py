"""Tickets: normal families."""

from typing import Any

from examples.helpdesk.tasks.families.family import Family, Goal
from examples.helpdesk.tasks.families.scene import Scene, account_updated, inserted, updated
from examples.helpdesk.tasks.task import Change, Row

TEAMS = ("service_desk", "network", "hardware", "applications", "security", "procurement")
PRIORITIES = ("low", "normal", "high", "urgent")
PROBLEMS = {
    "password": (
        ("Password forgotten", "I do not remember my password since the holidays."),
        ("Cannot sign in", "It says wrong password, whatever I try."),
        ("New password needed", "The old one was on a note that is gone."),
    ),
    "locked_account": (
        ("Account locked", "Too many wrong attempts, now the account is locked."),
        ("Locked out since this morning", "I know my password, but the account is blocked."),
        ("Please unlock", "My phone kept trying an old password."),
    ),
    "mfa": (
        ("Authenticator on the old phone", "I have a new phone and no codes."),
        ("Second factor does not work", "The app was deleted, please let me enrol it again."),
        ("New phone", "MFA has to be set up from the beginning."),
    ),
}


def create_ticket(scene: Scene) -> Goal:
    person = scene.person()
    return (
        inserted(
            "tickets",
            title=scene.text("title"),
            requester=person["username"],
            priority=scene.option("priority", *PRIORITIES),
            team=scene.option("team", *TEAMS),
            status="open",
        ),
    )


def comment_ticket(scene: Scene) -> Goal:
    ticket = scene.ticket()
    return (inserted("ticket_comments", ticket_id=ticket["ticket_id"], text=scene.text("text", pool="comment")),)


def route_ticket(scene: Scene) -> Goal:
    ticket = scene.ticket()
    team = scene.option("team", *(team for team in TEAMS if team != ticket["team"]))
    return (_ticket_updated(ticket, team=team),)


def resolve_ticket(scene: Scene) -> Goal:
    return (_ticket_updated(scene.ticket(lambda row: row["status"] != "resolved"), status="resolved"),)


def _ticket_updated(ticket: Row, **values: str) -> Change:
    return updated("tickets", {"ticket_id": ticket["ticket_id"]}, **values)


def handle_ticket(scene: Scene) -> Goal:
    category = scene.rng.choice(sorted(PROBLEMS))
    person = _affected(scene, category)
    title, body = scene.rng.choice(PROBLEMS[category])
    ticket = scene.ticket(
        category=category,
        title=title,
        body=body,
        status="open",
        affected_user=person["username"],
        team="service_desk",
    )
    done = {
        "password": inserted("password_resets", username=person["username"]),
        "locked_account": account_updated(person, status="active"),
        "mfa": account_updated(person, mfa_enrolled=False),
    }
    return (done[category], _ticket_updated(ticket, status="resolved"))


def _affected(scene: Scene, category: str) -> Row:
    """The person with the problem, who is not named in the text."""
    needed: dict[str, Any] = {"status": "locked"} if category == "locked_account" else {"mfa_enrolled": True}
    person = scene.person(**needed)
    del scene.slots["person"]
    return person


def close_resolved_tickets(scene: Scene) -> Goal:
    person = scene.person(where=lambda row: len(_resolved(scene, row)) <= 1)
    own = _resolved(scene, person)
    others = scene.world.rows(
        "tickets", lambda row: row["status"] != "closed" and row["requester"] != person["username"]
    )
    wanted = scene.rng.randint(2, 3) - len(own)
    still_open = scene.rng.randint(0, 2)
    picked = scene.rng.sample(others, wanted + still_open)
    for number, ticket in enumerate(picked):
        status = "resolved" if number < wanted else "open"
        scene.patch(
            "tickets",
            {"ticket_id": ticket["ticket_id"]},
            {"requester": person["username"], "affected_user": person["username"], "status": status},
        )
    return tuple(_ticket_updated(ticket, status="closed") for ticket in [*own, *picked[:wanted]])


def _resolved(scene: Scene, person: Row) -> list[Row]:
    return scene.world.rows("tickets", requester=person["username"], status="resolved")


FAMILIES = (
    Family(name="create_ticket", build=create_ticket, writes=("create_ticket",)),
    Family(name="comment_ticket", build=comment_ticket, writes=("add_ticket_comment",)),
    Family(name="route_ticket", build=route_ticket, writes=("assign_ticket",)),
    Family(name="resolve_ticket", build=resolve_ticket, writes=("set_ticket_status",)),
    Family(
        name="handle_ticket",
        build=handle_ticket,
        writes=("reset_password", "unlock_account", "reset_mfa", "set_ticket_status"),
    ),
    Family(name="close_resolved_tickets", build=close_resolved_tickets, writes=("set_ticket_status",)),
)
