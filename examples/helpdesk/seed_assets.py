"""About 320 devices: assigned to people, in stock, lost, locked, wiped."""

import random

from examples.helpdesk.schema import Values
from examples.helpdesk.seed_people import Person

_MODELS = {
    "laptop": ("Fjord 13", "Fjord 15", "Skerry Pro 14", "Tern Air"),
    "phone": ("Beacon 5", "Beacon 5 Mini", "Gull X"),
    "monitor": ("Horizon 27", "Horizon 32"),
}


def assets(seed: int, staff: list[Person]) -> dict[str, list[Values]]:
    rng = random.Random(f"assets {seed}")
    plan = [*_assigned(rng, staff), *_elsewhere(rng, staff)]
    rng.shuffle(plan)
    devices: list[Values] = [
        (f"NH-{20401 + number}", kind, rng.choice(_MODELS[kind]), status, owner)
        for number, (kind, status, owner) in enumerate(plan)
    ]
    return {"devices": devices}


def _assigned(rng: random.Random, staff: list[Person]) -> list[tuple[str, str, str | None]]:
    """Most have one laptop, 18 have two; some have a phone or a monitor."""
    working = [person for person in staff if person.status != "disabled"]
    with_laptop = rng.sample(working, 170)
    owners = (
        [("laptop", person) for person in with_laptop]
        + [("laptop", person) for person in with_laptop[:18]]
        + [("phone", person) for person in rng.sample(working, 45)]
        + [("monitor", person) for person in rng.sample(working, 25)]
    )
    return [(kind, "assigned", person.username) for kind, person in owners]


def _elsewhere(rng: random.Random, staff: list[Person]) -> list[tuple[str, str, str | None]]:
    """32 in stock, 12 lost and 8 locked ones with the person who had them, 10 wiped ones without."""
    kinds = ("laptop", "laptop", "phone", "monitor")
    stock = [(kinds[number % 4], "in_stock", None) for number in range(32)]
    missing = [
        (rng.choice(("laptop", "phone")), "lost" if number < 12 else "locked", person.username)
        for number, person in enumerate(rng.sample(staff, 20))
    ]
    return [*stock, *missing, *((rng.choice(("laptop", "phone")), "wiped", None) for _ in range(10))]
