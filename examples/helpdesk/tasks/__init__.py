"""Tasks for the practice help desk: requests as people write them, goal checks, and the expert who solves them."""

from examples.helpdesk.tasks.check import collect, goal_reached
from examples.helpdesk.tasks.families import FAMILIES, HELD_OUT, generate, generate_asides, generate_joined
from examples.helpdesk.tasks.oracle import Oracle
from examples.helpdesk.tasks.task import HelpDeskTask
from examples.helpdesk.tasks.unknown import unknown

__all__ = [
    "FAMILIES",
    "HELD_OUT",
    "HelpDeskTask",
    "Oracle",
    "collect",
    "generate",
    "generate_asides",
    "generate_joined",
    "goal_reached",
    "unknown",
]
