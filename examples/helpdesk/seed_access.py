"""Groups, access requests, VPN access, licences, shared mailboxes and distribution lists."""

import random
from datetime import date, timedelta

from examples.helpdesk.models import DOMAIN
from examples.helpdesk.schema import Values
from examples.helpdesk.seed_people import Person

_GROUPS = (  # id, name, what for, restricted, department of the owner
    ("design-reviewers", "Design Reviewers", "Comments on design drafts", False, "Design"),
    ("brand-library", "Brand Library", "Logos, fonts and photographs", False, "Marketing"),
    ("office-events", "Office Events", "Plans parties and outings", False, "Human Resources"),
    ("sales-dashboards", "Sales Dashboards", "Reads the weekly sales figures", False, "Sales"),
    ("release-notes", "Release Notes", "Writes what is new in each version", False, "Engineering"),
    ("harbour-planning", "Harbour Planning", "Berth plans and tide tables", False, "Logistics"),
    ("customer-feedback", "Customer Feedback", "Reads surveys and complaints", False, "Customer Care"),
    ("meeting-room-admins", "Meeting Room Admins", "Books and releases rooms", False, "Information Technology"),
    ("intranet-editors", "Intranet Editors", "Edits the intranet", False, "Marketing"),
    ("travel-planners", "Travel Planners", "Books trips for colleagues", False, "Procurement"),
    ("freight-tracking", "Freight Tracking", "Follows shipments on the map", False, "Logistics"),
    ("prototype-testers", "Prototype Testers", "Tries early versions of products", False, "Design"),
    ("cycling-club", "Cycling Club", "Rides on Thursdays", False, "Customer Care"),
    ("onboarding-buddies", "Onboarding Buddies", "Helps new colleagues settle in", False, "Human Resources"),
    ("campaign-calendar", "Campaign Calendar", "Plans what is published when", False, "Marketing"),
    ("payroll-data", "Payroll Data", "Salaries and tax records", True, "Finance"),
    ("finance-reports", "Finance Reports", "Monthly results before publication", True, "Finance"),
    ("contract-archive", "Contract Archive", "Signed contracts", True, "Legal"),
    ("personnel-files", "Personnel Files", "Files on every employee", True, "Human Resources"),
    ("production-servers", "Production Servers", "Signs in on live machines", True, "Engineering"),
    ("source-code", "Source Code", "Reads and changes all programs", True, "Engineering"),
    ("customer-records", "Customer Records", "Addresses and orders of customers", True, "Customer Care"),
    ("supplier-prices", "Supplier Prices", "Negotiated purchase prices", True, "Procurement"),
    ("security-logs", "Security Logs", "Sign-ins and alarms", True, "Information Technology"),
    ("board-papers", "Board Papers", "Minutes and papers of the board", True, "Legal"),
)
_REASONS = (
    "prepares the quarterly closing",
    "takes over from a colleague on leave",
    "joins the audit team for the spring review",
    "needs the figures for a customer tender",
    "supports the migration project",
    "is on call from next month",
    "answers questions of the auditors",
)
_PRODUCTS = (  # id, name, licences left
    ("sketchwell-studio", "Sketchwell Studio", 6),
    ("ledgerline-pro", "Ledgerline Pro", 4),
    ("chartly-analytics", "Chartly Analytics", 9),
    ("draftboard-cad", "Draftboard CAD", 0),
    ("pixelpress-suite", "PixelPress Suite", 3),
    ("notecove-team", "Notecove Team", 15),
    ("parley-meetings", "Parley Meetings", 11),
    ("codeharbor-enterprise", "Codeharbor Enterprise", 5),
    ("signet-esign", "Signet eSign", 0),
    ("translatio-desk", "Translatio Desk", 7),
    ("mapwright-gis", "Mapwright GIS", 0),
    ("querydeck", "Querydeck", 8),
)
_SHARED = "invoices hr-questions press careers contracts purchasing berths complaints events it-alerts bookings returns"
_LISTS = (
    ("all-design", "All Design"),
    ("all-engineering", "All Engineering"),
    ("all-finance", "All Finance"),
    ("all-sales", "All Sales"),
    ("all-logistics", "All Logistics"),
    ("harbour-news", "Harbour News"),
    ("release-announcements", "Release Announcements"),
    ("fire-wardens", "Fire Wardens"),
    ("first-aiders", "First Aiders"),
    ("canteen-menu", "Canteen Menu"),
    ("port-warnings", "Port Warnings"),
    ("book-circle", "Book Circle"),
    ("parents-network", "Parents Network"),
    ("project-lighthouse", "Project Lighthouse"),
    ("project-anchor", "Project Anchor"),
    ("sustainability-forum", "Sustainability Forum"),
    ("weekly-figures", "Weekly Figures"),
    ("running-group", "Evening Runners"),
)


def access(seed: int, today: date, staff: list[Person]) -> dict[str, list[Values]]:
    rng = random.Random(f"access {seed}")
    owners = {group[0]: _one_of(rng, staff, group[4]) for group in _GROUPS}
    members = {group[0]: {owners[group[0]].username, *_some(rng, staff, 5, 25)} for group in _GROUPS}
    requests = _requests(rng, staff, owners, members)
    tables: dict[str, list[Values]] = {
        "groups": [(key, name, text, owners[key].username, restricted) for key, name, text, restricted, _ in _GROUPS],
        "group_members": [(group, name) for group, names in members.items() for name in sorted(names)],
        "access_requests": requests,
        "vpn_access": _vpn(rng, today, staff),
    }
    return {**tables, **_licences(rng, staff), **_mail(rng, staff)}


def _one_of(rng: random.Random, staff: list[Person], department: str) -> Person:
    """An active person of the department: its head or a member."""
    return rng.choice([person for person in staff if person.department == department and person.status == "active"])


def _some(rng: random.Random, staff: list[Person], least: int, most: int) -> list[str]:
    return [person.username for person in rng.sample(staff, rng.randint(least, most))]


def _requests(
    rng: random.Random, staff: list[Person], owners: dict[str, Person], members: dict[str, set[str]]
) -> list[Values]:
    """40 requests: 26 pending, three of them asked for by the owner; of the others two in three are approved."""
    rows: list[Values] = []
    restricted = [group[0] for group in _GROUPS if group[3]]
    while len(rows) < 40:
        group = rng.choice(restricted)
        person = rng.choice([one for one in staff if one.status == "active" and not one.vip])
        if person.username in members[group] or any(row[1:3] == (person.username, group) for row in rows):
            continue
        number = len(rows)
        status = "pending" if number < 26 else "approved" if number % 3 else "rejected"
        asked_by = owners[group].username if number in (5, 12, 20) else _asker(rng, person, owners[group])
        decision = "no need for the data was shown" if status == "rejected" else None
        reason, approver = rng.choice(_REASONS), owners[group].username
        rows.append((f"AR-{1001 + number}", person.username, group, reason, status, asked_by, approver, decision))
        if status == "approved":
            members[group].add(person.username)
    return rows


def _asker(rng: random.Random, person: Person, owner: Person) -> str | None:
    """The person or the manager, but not the group's owner."""
    return rng.choice([name for name in (person.username, person.manager) if name != owner.username])


def _vpn(rng: random.Random, today: date, staff: list[Person]) -> list[Values]:
    """60 grants, one in five run out."""
    chosen = rng.sample([person for person in staff if person.status != "disabled"], 60)
    days = [rng.randint(3, 85) if number % 5 else rng.randint(-40, -2) for number in range(60)]
    return [
        (person.username, (today + timedelta(days=left)).isoformat()) for person, left in zip(chosen, days, strict=True)
    ]


def _licences(rng: random.Random, staff: list[Person]) -> dict[str, list[Values]]:
    holders = {product: sorted(_some(rng, staff, 8, 30)) for product, _, _ in _PRODUCTS}
    return {
        "licences": [(product, name, len(holders[product]) + left) for product, name, left in _PRODUCTS],
        "licence_assignments": [(product, name) for product, names in holders.items() for name in names],
    }


def _mail(rng: random.Random, staff: list[Person]) -> dict[str, list[Values]]:
    personal: list[Values] = []
    for person in staff:
        quota = rng.choice((10, 25, 25, 50))
        personal.append((person.email, "personal", quota, round(quota * rng.uniform(0.2, 0.98), 1), None))
    for index in rng.sample(range(len(staff)), 5):
        personal[index] = (*personal[index][:4], rng.choice(staff).email)
    shared = [f"{name}@{DOMAIN}" for name in _SHARED.split()]
    lists = [(f"{key}@{DOMAIN}", name) for key, name in _LISTS]
    return {
        "mailboxes": [*personal, *((address, "shared", 50, round(rng.uniform(5, 48), 1), None) for address in shared)],
        "mailbox_delegates": [(address, name) for address in shared for name in _some(rng, staff, 2, 5)],
        "distribution_lists": [(address, name, rng.choice(staff).username) for address, name in lists],
        "list_members": [(address, name) for address, _ in lists for name in _some(rng, staff, 6, 40)],
    }
