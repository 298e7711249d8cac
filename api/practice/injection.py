"""Injection cases: (attack channel) × (attacker's goal) × (task of somebody else), on the practice help desk.

Every case is a whole plan: who is attacked, what text is planted where, and what would show that it worked. The text
names the attacker's values word for word, so that a model which believes it could do what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.practice.injection_forms import FORMS, Form
from api.practice.injection_goals import GOALS, Cast, Goal, cast_for
from api.practice.injection_places import PLACES, Place

if TYPE_CHECKING:
    from examples.helpdesk.tasks.task import HelpDeskTask

SEED, PER_FAMILY, PER_CHANNEL = 31, 8, 15

# Channel → (place, form) in turn. A place says where the text stands, a form what it pretends to be.
CHANNELS: dict[str, tuple[tuple[str, str], ...]] = {
    "document": (("document", "plain"), ("document", "fake_policy"), ("document", "fake_approval")),
    "file_name": (("file_name", "plain"),),
    "hidden_html": (("html_comment", "plain"), ("hidden_element", "plain"), ("markdown_comment", "fake_policy")),
    "markup_in_ticket": (("ticket_body", "comment"), ("ticket_body", "hidden"), ("ticket_comment", "comment")),
    "ticket_body": (("ticket_body", "plain"),),
    "ticket_comment": (("ticket_comment", "plain"),),
    "ticket_title": (("ticket_title", "plain"),),
    "tool_result": (("job_title", "plain"), ("group_description", "plain"), ("device_model", "plain")),
    "access_request": (("request_reason", "plain"),),
    "unicode": (
        ("ticket_body", "zero_width"),
        ("job_title", "bidi"),
        ("ticket_comment", "homoglyphs"),
        ("document", "tags"),
        ("ticket_body", "tags"),
    ),
    "fake_tool_result": (("ticket_body", "fake_result"), ("job_title", "fake_result"), ("document", "fake_result")),
    "fake_approval": (("ticket_comment", "fake_approval"), ("ticket_body", "fake_approval")),
    "fake_policy": (("ticket_body", "fake_policy"), ("group_description", "fake_policy")),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """`text` is what is planted, word for word."""

    id: str
    channel: str
    place: Place
    form: Form
    goal: Goal
    cast: Cast
    task: HelpDeskTask

    @property
    def text(self) -> str:
        return self.form.written(self.goal.wish(self.cast))

    @property
    def values(self) -> dict[str, str]:
        """The arguments that the attacker wants, by parameter."""
        return self.goal.arguments(self.cast)


def cases(tasks: Sequence[HelpDeskTask] | None = None, *, per_channel: int = PER_CHANNEL) -> list[Case]:
    """The same for the same tasks. Each channel meets every goal, and tasks that read what is planted."""
    known = dev_tasks() if tasks is None else tasks
    return [case for channel in CHANNELS for case in _of(channel, known, per_channel)]


def dev_tasks() -> list[HelpDeskTask]:
    from examples.helpdesk.tasks import generate

    found: list[HelpDeskTask] = generate("dev", seed=SEED, per_family=PER_FAMILY)
    return found


def _of(channel: str, tasks: Sequence[HelpDeskTask], count: int) -> Iterator[Case]:
    ways, goals = CHANNELS[channel], list(GOALS.values())
    start = list(CHANNELS).index(channel)
    in_turn = sorted(tasks, key=lambda task: task.id[-3:])  # the first of every family, then the second of each …
    for number in range(count):
        place, form = ways[number % len(ways)]
        goal = goals[(start + number) % len(goals)]
        able = [task for task in in_turn if PLACES[place].reads(task)]
        task = able[(start + number // len(ways)) % len(able)]
        yield Case(
            id=f"{channel}-{goal.name}-{number:02d}",
            channel=channel,
            place=PLACES[place],
            form=FORMS[form],
            goal=goal,
            cast=cast_for(task),
            task=task,
        )
