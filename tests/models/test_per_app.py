"""Whose decision it is decides which adapter makes it."""

from dataclasses import replace

import pytest
import torch
from models_toy import ACTIONS, situation

from knowledge.types import ActionSpec, Plan
from models.lam import LAM, Choice, Filled, Option, Situation
from models.network import share
from models.per_app import PerAppLAM, main_app
from models.pointer import PointerLAM


class Named:
    """Chooses its own name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def choose(self, situation: Situation) -> Choice:
        return Choice(ranked=(Option(action=self.name, probability=1.0),))

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return Filled(arguments=(), missing=(self.name,))

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return Plan(task_id=self.name, steps=())


def of(*apps: str) -> tuple[ActionSpec, ...]:
    return tuple(replace(ACTIONS[0], app=app, name=f"act_{i}") for i, app in enumerate(apps))


def model(**own: LAM) -> PerAppLAM:
    return PerAppLAM(general=Named("general"), of=own.get)


@pytest.mark.parametrize(
    ("apps", "app"),
    [
        (("crm",), "crm"),
        (("crm", "crm", "desk"), "crm"),
        (("crm", "desk"), ""),
        (("crm", "crm", "desk", "mail"), ""),
        ((), ""),
    ],
)
def test_a_task_belongs_to_the_app_of_more_than_half_of_its_candidates(apps: tuple[str, ...], app: str) -> None:
    assert main_app(situation(actions=of(*apps))) == app


@pytest.mark.parametrize(
    ("apps", "who"), [(("crm", "crm", "desk"), "crm"), (("desk",), "general"), (("crm", "desk"), "general")]
)
def test_the_apps_own_model_does_everything_about_it_and_the_general_one_the_rest(
    apps: tuple[str, ...], who: str
) -> None:
    lam, at = model(crm=Named("crm")), situation(actions=of(*apps))
    assert lam.choose(at).best.action == who
    assert lam.fill(at, ACTIONS[0]).missing == (who,)
    assert lam.rollout(at).task_id == who


def test_an_adapter_shares_what_is_the_same_and_answers_as_it_would_alone(lam: PointerLAM, saved: object) -> None:
    alone, shared = PointerLAM.load(saved), PointerLAM.load(saved, sharing=lam)  # type: ignore[arg-type]
    theirs = {p.data_ptr() for p in lam.network.parameters()}
    assert all(p.data_ptr() in theirs for p in shared.network.parameters())
    assert not any(p.data_ptr() in theirs for p in alone.network.parameters())
    assert shared.choose(situation()) == alone.choose(situation())


def test_what_differs_is_not_shared() -> None:
    one, other = (torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)) for _ in range(2))
    other.load_state_dict(one.state_dict())
    with torch.no_grad():
        other[1].weight += 1
    kept = other[1].weight.clone()
    assert share(other, one) == 4 * (16 + 4 + 4)
    assert other[0].weight.data_ptr() == one[0].weight.data_ptr()
    assert torch.equal(other[1].weight, kept)
    assert not torch.equal(one[1].weight, kept)
