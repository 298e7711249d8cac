"""120 tickets of every category; ten people have two or three that are resolved but not closed."""

import random
from collections.abc import Callable

from examples.helpdesk.schema import Values
from examples.helpdesk.seed_people import Person

_TEXTS = {  # category: team, then title and description, in which {name} is the affected person
    "password": (
        "service_desk",
        ("Forgotten password", "{name} does not remember the password and needs a new one."),
        ("Password no longer accepted", "Since this morning {name}'s password is refused. A reset would help."),
    ),
    "locked_account": (
        "service_desk",
        ("Account locked", "{name} typed the password wrong too often and is locked out."),
        ("Locked out after the holidays", "{name} is back from leave and the account is locked."),
    ),
    "mfa": (
        "service_desk",
        ("New phone, no second factor", "{name} has a new phone and cannot confirm sign-ins any more."),
        ("Authenticator app lost", "{name}'s authenticator app is gone; the second factor must be enrolled again."),
    ),
    "vpn": (
        "network",
        ("VPN drops every hour", "The connection of {name} ends after about an hour."),
        ("VPN for work from home", "{name} works from home for some weeks."),
    ),
    "access": (
        "applications",
        ("Cannot open the shared folder", "{name} sees an error when opening the team's folder."),
        ("Report is missing", "{name} no longer finds the monthly report."),
    ),
    "hardware": (
        "hardware",
        ("Laptop fan is loud", "The fan of {name}'s laptop runs all day."),
        ("Monitor flickers", "The monitor at {name}'s desk flickers."),
        ("Docking station without power", "{name}'s docking station does not charge the laptop."),
    ),
    "software": (
        "applications",
        ("Program crashes on start", "The planning program closes at once for {name}."),
        ("Update failed", "An update stopped half-way on {name}'s machine."),
    ),
    "mail": (
        "applications",
        ("Mailbox almost full", "{name} gets warnings about the size of the mailbox."),
        ("Calendar does not synchronise", "{name}'s phone shows last week's appointments."),
    ),
    "other": (
        "service_desk",
        ("Question about the new printers", "{name} asks where the new printers are."),
        ("Desk move on the second floor", "{name} moves to another desk and needs cables."),
    ),
}
_COMMENTS = (
    "Called back, nobody answered.",
    "Asked for a screenshot.",
    "Waiting for the supplier.",
    "Happens again since Monday.",
    "Tried another cable, no change.",
)
_ELIGIBLE: dict[str, Callable[[Person], bool]] = {
    "password": lambda person: person.status == "active",
    "locked_account": lambda person: person.status == "locked",
    "mfa": lambda person: person.status == "active" and person.mfa_enrolled,
}
_COUNTS = {
    "password": 18,
    "locked_account": 14,
    "mfa": 14,
    "vpn": 10,
    "access": 9,
    "hardware": 12,
    "software": 9,
    "mail": 9,
    "other": 2,
}


def tickets(seed: int, staff: list[Person]) -> dict[str, list[Values]]:
    rng = random.Random(f"tickets {seed}")
    ordinary = [person for person in staff if not person.vip]
    rows = [_ticket(rng, ordinary, category) for category, count in _COUNTS.items() for _ in range(count)]
    rows += _resolved(rng, [person for person in ordinary if person.status == "active"])
    rng.shuffle(rows)
    numbered: list[Values] = [(f"T-{1001 + number}", *row) for number, row in enumerate(rows)]
    comments: list[Values] = [
        (row[0], number + 1, "service-desk", text)
        for row in numbered
        for number, text in enumerate(rng.sample(_COMMENTS, rng.choice((0, 0, 0, 1, 2))))
    ]
    return {"tickets": numbered, "ticket_comments": comments}


def _ticket(rng: random.Random, staff: list[Person], category: str) -> Values:
    """What the service desk can settle at once is open; the rest is in any state but resolved."""
    eligible = _ELIGIBLE.get(category, lambda person: person.status != "disabled")
    person = rng.choice([one for one in staff if eligible(one)])
    status = "open" if category in _ELIGIBLE else rng.choice(("open", "open", "in_progress", "waiting", "closed"))
    requester = person.manager if rng.random() < 0.2 else person.username
    return _row(rng, person, category, status, requester)


def _resolved(rng: random.Random, staff: list[Person]) -> list[Values]:
    """23 resolved tickets of ten people."""
    categories = ("hardware", "software", "mail", "vpn", "access")
    return [
        _row(rng, person, category, "resolved", person.username)
        for number, person in enumerate(rng.sample(staff, 10))
        for category in rng.sample(categories, 3 if number < 3 else 2)
    ]


def _row(rng: random.Random, person: Person, category: str, status: str, requester: str | None) -> Values:
    team, *texts = _TEXTS[category]
    title, body = rng.choice(texts)
    priority = rng.choice(("low", "normal", "normal", "normal", "high", "urgent"))
    text = body.format(name=person.full_name)
    return (title, text, category, priority, status, requester or person.username, person.username, team)
