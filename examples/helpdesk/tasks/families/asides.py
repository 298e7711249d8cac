"""Asides: somebody only wants to know something, or wants something left alone. Nothing is to be changed.

They are no families of the tasks proper: `generate_asides` makes them.
"""

from examples.helpdesk.tasks.families.family import Build, Family, Goal
from examples.helpdesk.tasks.families.scene import Scene


def _about(*things: str) -> Build:
    """The scene holds these things, in whatever state they are."""

    def build(scene: Scene) -> Goal:
        for thing in things:
            getattr(scene, thing)()
        return ()

    return build


ASIDES = (
    Family(name="know_account", build=_about("person")),
    Family(name="know_vpn", build=_about("person")),
    Family(name="know_devices", build=_about("person")),
    Family(name="know_group", build=_about("group")),
    Family(name="know_licence", build=_about("product")),
    Family(name="know_ticket", build=_about("ticket")),
    Family(name="leave_account", build=_about("person"), outcome="asked"),
    Family(name="leave_vpn", build=_about("person"), outcome="asked"),
    Family(name="leave_device", build=_about("person"), outcome="asked"),
    Family(name="leave_group", build=_about("person", "group"), outcome="asked"),
    Family(name="leave_licence", build=_about("person", "product"), outcome="asked"),
    Family(name="leave_ticket", build=_about("ticket"), outcome="asked"),
)
