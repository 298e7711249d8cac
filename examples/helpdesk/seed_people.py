"""240 people: names of varied origin, namesakes, managers, executives, locked and disabled accounts."""

import random
from dataclasses import dataclass

from examples.helpdesk.models import DOMAIN, AccountStatus
from examples.helpdesk.schema import Values
from examples.helpdesk.search import fold

_HEADCOUNT = 240
_FIRST = """
Amara Anders Aiko Alejandro Amélie Anika Arjun Astrid Ayşe Bálint Beatriz Björn Bronwyn Carlos Chiara Chloe Chidi
Clara Dagmar Daniel Davide Dimitra Ebba Eduardo Elif Elena Emeka Emil Erik Esther Fatima Farid Felix Fiona Gabriel
Gita Grace Hana Hannah Hassan Helga Hiroshi Ibrahim Ines Ingrid Isabel Ivan Jakub Jasmin Joana Jonas Joseph Kaito
Kamala Katarzyna Kofi Lars Layla Leila Liam Lucía Magnus Maja Marek Mariam Mateus Mei Mikael Milan Nadia Naoko
Nikolai Noah Nora Olga Oliver Omar Owen Paolo Petra Priya Rafael Rania Ravi Rosa Samira Sanjay Selma Sofia Soren
Stefan Sven Tamar Tariq Thandiwe Theo Tomás Valentina Viktor Wanjiru Xavier Yara Yusuf Zofia Zuri
"""
_LAST = """
Abbott Adeyemi Ahmed Almeida Andersson Aydin Bauer Becker Bennett Bianchi Borg Brandt Carvalho Castillo Chen Chukwu
Conti Dahl Delgado Demir Diallo Dubois Eklund Eriksen Farouk Fernandes Fischer Fontaine Gallo García Ghosh Grant
Greco Haddad Hansen Hashimoto Hoffmann Horvat Huber Hughes Iqbal Ito Ivanova Jansen Jensen Johansson Kamau Kapoor
Kaya Keller Khan Kimura Kowalski Kovacs Kumar Lehmann Lindqvist Lopez Mahmoud Marino Martins Mbeki Mehta Meyer
Moreau Morgan Mwangi Nakamura Navarro Nielsen Novak Nowak Nyberg Oduya Okafor Olsen Ortega Osei Patel Pereira Petrov
Popescu Quinn Ramirez Reddy Ricci Rossi Rousseau Saito Santos Schmidt Sharma Silva Singh Sokolov Suzuki Svensson
Takeda Tanaka Torres Varga Vasquez Vogel Walsh Weber Yilmaz Zhang Zimmermann
"""
_EXECUTIVES = (
    "Chief Executive Officer",
    "Chief Financial Officer",
    "Chief Technology Officer",
    "Chief Operating Officer",
    "Chief People Officer",
    "Chief Marketing Officer",
    "Chief Legal Officer",
    "Chief Commercial Officer",
)
TITLES: dict[str, tuple[str, ...]] = {
    "Executive Office": ("Executive Assistant", "Chief of Staff"),
    "Engineering": ("Software Engineer", "Senior Engineer", "Test Engineer", "Naval Engineer", "Data Engineer"),
    "Design": ("Product Designer", "Graphic Designer", "Design Researcher"),
    "Finance": ("Accountant", "Controller", "Payroll Specialist", "Financial Analyst"),
    "Human Resources": ("HR Partner", "Recruiter", "Learning Specialist"),
    "Legal": ("Counsel", "Paralegal", "Contract Manager"),
    "Marketing": ("Campaign Manager", "Content Editor", "Event Manager"),
    "Sales": ("Account Executive", "Sales Engineer", "Sales Analyst"),
    "Logistics": ("Dispatcher", "Port Coordinator", "Freight Planner", "Warehouse Lead"),
    "Procurement": ("Buyer", "Supplier Manager"),
    "Customer Care": ("Care Agent", "Care Specialist", "Complaints Manager"),
    "Information Technology": ("Systems Administrator", "Network Engineer", "Support Engineer", "Security Analyst"),
}
_NAMESAKES = 7  # so many people share the full name of an earlier one


@dataclass(kw_only=True)
class Person:
    """One account to be."""

    username: str
    full_name: str
    email: str
    department: str
    title: str
    manager: str | None
    status: AccountStatus = "active"
    mfa_enrolled: bool = True
    vip: bool = False
    mobile_ending: str

    def row(self) -> Values:
        return (
            self.username,
            self.full_name,
            self.email,
            self.department,
            self.title,
            self.manager,
            self.status,
            self.mfa_enrolled,
            self.vip,
            self.mobile_ending,
        )


def people(seed: int) -> list[Person]:
    """Executives first, then heads of department, then the staff."""
    rng = random.Random(f"people {seed}")
    names = _names(rng)
    usernames: set[str] = set()
    staff = [_person(rng, usernames, names.pop(), "Executive Office", title, None) for title in _EXECUTIVES]
    for executive in staff:
        executive.vip = True
        executive.manager = None if executive is staff[0] else staff[0].username
    executives = list(staff)
    departments = list(TITLES)[1:]
    heads = [
        _person(rng, usernames, names.pop(), name, f"Head of {name}", rng.choice(executives).username)
        for name in departments
    ]
    staff += heads
    while names:
        staff.append(_member(rng, usernames, names.pop(), staff[0], heads))
    _set_states(rng, staff, len(executives) + len(heads))
    return staff


def _names(rng: random.Random) -> list[str]:
    """Full names, the last to be used first; the names that come twice go to the last of the staff."""
    pairs = [f"{first} {last}" for first in _FIRST.split() for last in _LAST.split()]
    names = rng.sample(pairs, _HEADCOUNT - _NAMESAKES)
    return names[:_NAMESAKES] + names


def _member(rng: random.Random, usernames: set[str], name: str, chief: Person, heads: list[Person]) -> Person:
    """Every 40th works in the Executive Office, the others for one of the heads."""
    if len(usernames) % 40 == 0:
        department, manager = "Executive Office", chief.username
    else:
        head = heads[min(rng.randrange(len(heads)), rng.randrange(len(heads) + 4))]
        department, manager = head.department, head.username
    return _person(rng, usernames, name, department, rng.choice(TITLES[department]), manager)


def _person(
    rng: random.Random, usernames: set[str], name: str, department: str, title: str, manager: str | None
) -> Person:
    first, last = fold(name).split()
    count = 1 + sum(used.rstrip("0123456789") == first[0] + last for used in usernames)
    username = f"{first[0]}{last}{count if count > 1 else ''}"
    usernames.add(username)
    return Person(
        username=username,
        full_name=name,
        email=f"{first}.{last}{count if count > 1 else ''}@{DOMAIN}",
        department=department,
        title=title,
        manager=manager,
        mobile_ending=f"{rng.randrange(100):02}",
    )


def _set_states(rng: random.Random, staff: list[Person], leaders: int) -> None:
    """Among the staff 26 locked and 18 disabled accounts, namesakes excepted; two executives are locked."""
    for person in staff:
        person.mfa_enrolled = person.vip or rng.random() < 0.8
    staff[2].status = staff[5].status = "locked"
    names = [person.full_name for person in staff]
    others = [person for person in staff[leaders:] if names.count(person.full_name) == 1]
    chosen = rng.sample(others, 44)
    for person in chosen[:26]:
        person.status = "locked"
    for person in chosen[26:]:
        person.status = "disabled"
