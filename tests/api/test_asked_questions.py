"""What the shipped adapter asks somebody whose request leaves something out."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from api.practice.closed_loop import Requester
from api.practice.desk import Practice, practice, task_of
from examples.helpdesk.tasks import generate
from examples.helpdesk.tasks.check import prepare
from examples.helpdesk.tasks.client import Admin, connect
from knowledge.types import Waiting


class Listening(Requester):
    """Answers nothing, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def answer(self, waiting: Waiting) -> None:
        self.asked.append(waiting.question)


@pytest.fixture(scope="module")
def desk() -> Iterator[Practice]:
    with practice() as made:
        yield made


@pytest.mark.parametrize(
    ("family", "text", "missing"),
    [("grant_vpn", "Give {} VPN access.", "until"), ("add_group_member", "Please add {} to a group.", "group")],
)
def test_the_shipped_adapter_says_what_it_lacks(desk: Practice, family: str, text: str, missing: str) -> None:
    task = next(each for each in generate("train", seed=1, per_family=1) if each.family == family)
    with connect(desk.server.url, desk.server.token) as http:
        prepare(task, Admin(http))
    person = Listening()
    asked = replace(task_of(task), text=text.format(task.spans["person"]))
    run = desk.services.runner().run(asked, run_id=f"asked-{family}", person=person)
    assert not [step for step in run.steps if desk.specs[step.action].effect != "read"]
    assert any(missing in question for question in person.asked), (run.outcome, person.asked)
