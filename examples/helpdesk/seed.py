"""The company's data, the same for the same seed and date."""

from datetime import date

from examples.helpdesk.schema import Values
from examples.helpdesk.seed_access import access
from examples.helpdesk.seed_assets import assets
from examples.helpdesk.seed_people import people
from examples.helpdesk.seed_tickets import tickets


def seeded(seed: int, today: date) -> dict[str, list[Values]]:
    """Rows by table, columns in the order of the schema."""
    staff = people(seed)
    return {
        "accounts": [person.row() for person in staff],
        **access(seed, today, staff),
        **assets(seed, staff),
        **tickets(seed, staff),
    }
