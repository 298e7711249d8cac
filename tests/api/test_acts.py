"""What the model of dialogue acts learns from, and what the shipped one can do."""

import json
import re
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.practice import acts
from api.practice.turned import TEMPLATES, turned
from examples.helpdesk.tasks import HELD_OUT, generate, generate_asides, generate_joined
from examples.helpdesk.tasks.task import Split
from examples.offices import HELD_OUT as HELD_OUT_OFFICES
from examples.offices import offices
from examples.offices.office import PLACE
from models.dialogue_act import ACTS, DialogueActs
from models.dialogue_act_train import Message


@pytest.fixture(scope="module")
def helpdesk() -> list[Message]:
    return acts.helpdesk()


@pytest.mark.parametrize("split", ["dev", "test"])
def test_it_learns_of_no_other_split_and_no_held_out_family(helpdesk: list[Message], split: Split) -> None:
    learned = {each.text for each in helpdesk}
    assert not learned & {task.text for task in generate(split, seed=3, per_family=8)}
    assert not learned & {task.text for task in generate_asides(split, seed=3, per_family=12)}
    assert not learned & {task.text for family in HELD_OUT for task in generate("test", seed=3, per_family=2)}
    if split == "dev":
        assert not learned & {task.text for task in generate_joined(split, seed=3, count=60)}


def test_there_are_enough_of_each(helpdesk: list[Message]) -> None:
    by_act = {act: sum(each.act == act for each in helpdesk) for act in ACTS}
    assert by_act["order"] > 8000
    assert min(by_act["question"], by_act["veto"]) > 1500


def test_what_is_asked_to_be_done_is_an_order_and_asides_are_none() -> None:
    found = {each.text: each.act for each in acts.helpdesk("dev")}
    assert {found[task.text] for task in generate("dev", seed=3, per_family=5)} == {"order"}
    asides = generate_asides("dev", seed=3, per_family=12)
    assert {found[task.text] for task in asides if task.family.startswith("know_")} == {"question"}
    assert {found[task.text] for task in asides if task.family.startswith("leave_")} == {"veto"}


def test_offices_that_are_measured_on_are_learned_from_by_nobody() -> None:
    learned, left_out = acts.told(learned=True), acts.told(learned=False)
    assert len(left_out) > 280
    assert {each.act for each in left_out} == set(ACTS)
    assert not {each.text for each in learned} & {each.text for each in left_out}
    assert len(learned) > 9000
    assert len(acts.turned_round(learned=True)) > 9000
    ordered, measured = acts.orders(learned=True), acts.orders(learned=False)
    assert not {each.text for each in ordered} & {each.text for each in measured}
    assert len(measured) < 0.05 * len(ordered)
    assert len(offices()) > len(HELD_OUT_OFFICES)


@pytest.mark.parametrize(
    ("order", "verb", "done"),
    [
        ("Unlock {gate.name}.", "unlock {gate.name}", "unlocked"),
        ("Please drop the ban on {member.name} today.", "drop the ban on {member.name} today", "dropped today"),
        ("Give the key of {room.no} to {member.name}!", "give the key of {room.no} to {member.name}", "given to {m"),
        ("Move {crate.id} to {shelf}", "move {crate.id} to {shelf}", "moved to {shelf}"),
    ],
)
def test_a_plain_order_is_turned_round(order: str, verb: str, done: str) -> None:
    made = [each for seed in range(60) for each in turned(order, Random(seed))]
    assert {act for act, _ in made} == set(ACTS)
    texts = {text for _, text in made}
    assert {f"Don't {verb}.", f"How do I {verb}?", f"I want you to {verb}."} <= texts
    assert any(done in text for text in texts)
    places = sorted(PLACE.findall(order))
    assert all(sorted(PLACE.findall(text)) == places for text in texts)
    assert list(turned(order, Random(1))) == list(turned(order, Random(1)))


@pytest.mark.parametrize(
    "text", ["{gate.name} is stuck.", "Leave {gate.name} shut.", "Put up {tent.name}.", "Open it."]
)
def test_what_is_no_plain_order_is_left_alone(text: str) -> None:
    assert list(turned(text, Random(0))) == []


def test_no_order_is_turned_into_what_another_act_says() -> None:
    said = [(act, text) for act, texts in TEMPLATES.items() for text in texts]
    assert len({text for _, text in said}) == len(said) > 40
    assert all(re.search(r"\{(it|do)\}", text) for _, text in said)


@pytest.mark.slow
def test_the_shipped_one_is_as_good_as_its_card_says() -> None:
    figures = acts.measured(DialogueActs.load())
    card = json.loads((Path(acts.__file__).parents[2] / "models/adapters/dialogue_act/card.json").read_text())
    for name, figure in card["metrics"].items():
        assert figures[name] == pytest.approx(figure, abs=0.02), name
    assert figures["order"] > 0.97
    assert figures["held_out_order"] > 0.95
    assert min(figures["held_out_hard_question"], figures["held_out_hard_veto"]) > 0.85


def test_the_command_writes_an_adapter_and_says_what_it_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [
        Message(text=text, act=act) for act, text in (("order", "Do it."), ("question", "Is it?"), ("veto", "Don't."))
    ]
    for name in ("orders", "told", "turned_round"):
        monkeypatch.setattr(acts, name, lambda *, learned: few)
    monkeypatch.setattr(acts, "helpdesk", lambda split="train": few)
    done = CliRunner().invoke(app, ["train", "acts", "--steps", "1", "--out", str(tmp_path / "acts")])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.output.splitlines()[-1])
    assert figures["question_n"] == figures["held_out_turned_veto_n"] == 1
    card = json.loads((tmp_path / "acts" / "card.json").read_text())
    assert card["data"][0] == {"name": "helpdesk", "orders": 1, "questions": 1, "vetoes": 1}
    assert DialogueActs.load(tmp_path / "acts").chances("Do it.").keys() == set(ACTS)
