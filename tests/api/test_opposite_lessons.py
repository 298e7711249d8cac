"""What the model of opposites learns from, and what the shipped one can do."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.practice import opposites
from api.practice.desk import Practice, practice
from api.practice.sides import GIVES, TAKES, side_of
from examples.helpdesk.tasks import HELD_OUT, generate
from examples.helpdesk.tasks.task import Split
from models.opposites import Opposites, Side
from models.opposites_train import Request


@pytest.fixture(scope="module")
def desk() -> Iterator[Practice]:
    with practice() as found:
        yield found


@pytest.fixture(scope="module")
def helpdesk(desk: Practice) -> list[Request]:
    return opposites.helpdesk(desk)


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("grant_vpn_access", "gives"),
        ("locker_assign", "gives"),
        ("switchOnFloodlights", "gives"),
        ("revoke_vpn_access", "takes"),
        ("takeOffRoad", "takes"),
        ("close_down", "takes"),
        ("reset_password", "neither"),
        ("approve_leave", "gives"),
        ("permit_refuse", "takes"),
        ("cut_approve", None),
        ("end_quarantine", None),
    ],
)
def test_which_side_an_operation_is_on(name: str, side: Side | None) -> None:
    assert side_of(name) == side


def test_no_word_is_on_both_sides() -> None:
    assert not GIVES & TAKES


@pytest.mark.parametrize("split", ["dev", "test"])
def test_it_learns_of_no_other_split_and_no_held_out_family(helpdesk: list[Request], split: Split) -> None:
    learned = {each.text for each in helpdesk}
    assert not learned & {task.text for task in generate(split, seed=3, per_family=8)}
    assert not learned & {task.text for family in HELD_OUT for task in generate("test", seed=3, per_family=2)}


def test_of_a_pair_it_learns_both_sides_or_none(helpdesk: list[Request]) -> None:
    asked = {each.asks for each in helpdesk}
    assert {opposite for each in helpdesk for opposite in each.opposites} <= asked
    named = {each.partition(":")[0] for each in asked}
    assert {"grant vpn access", "revoke vpn access", "unlock account", "disable account"} <= named
    assert not {"approve access request", "reject access request", "add list member", "remove list member"} & named


def test_dev_is_other_requests_for_the_same(desk: Practice, helpdesk: list[Request]) -> None:
    dev = opposites.helpdesk(desk, "dev")
    assert {each.asks for each in dev} <= {each.asks for each in helpdesk}
    assert not {each.text for each in dev} & {each.text for each in helpdesk}
    assert sum(bool(each.opposites) for each in dev) > 80


def test_offices_that_are_measured_on_are_learned_from_by_nobody() -> None:
    learned, left_out = opposites.of_offices(learned=True), opposites.of_offices(learned=False)
    assert sum(bool(each.opposites) for each in learned) > 10_000
    assert sum(bool(each.opposites) for each in left_out) > 350
    assert not {each.origin for each in learned} & {each.origin for each in left_out}
    assert not {each.text for each in learned} & {each.text for each in left_out}
    for each in learned:
        assert each.asks not in {*each.opposites, *each.others}
        assert not set(each.opposites) & set(each.others)
        assert not each.opposites or each.side in ("gives", "takes")


def test_two_wishes_in_one_request_are_both_asked_for() -> None:
    one, other, third = (
        Request(text=text, side=side, origin="gym", asks=asks, opposites=opposed)
        for text, side, asks, opposed in (
            ("Locker for Bo.", "gives", "give", ("take",)),
            ("Bo's locker is free.", "takes", "take", ("give",)),
            ("Towel for Bo.", "gives", "hand", ("fetch",)),
        )
    )
    found = {(each.asks, each.side, each.opposites) for each in opposites.joined([one, other, third])}
    assert found == {
        ("give", "neither", ()),
        ("give", "gives", ("take",)),
        ("take", "neither", ()),
        ("take", "neither", ("give",)),
        ("hand", "gives", ("fetch",)),
        ("hand", "neither", ("fetch",)),
    }


@pytest.mark.slow
def test_the_shipped_one_is_as_good_as_its_card_says(desk: Practice) -> None:
    figures = opposites.measured(Opposites.load(), opposites.helpdesk(desk, "dev"))
    card = json.loads((Path(opposites.__file__).parents[2] / "models/adapters/opposites/card.json").read_text())
    for name, figure in card["metrics"].items():
        assert figures[name] == pytest.approx(figure, abs=0.02), name
    assert figures["both"] > 0.9
    assert figures["held_out_both"] > 0.75
    assert max(figures["asked"], figures["held_out_asked"]) < 0.1


def test_the_command_writes_an_adapter_and_says_what_it_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [
        Request(text="A locker for Bo.", side="gives", origin="gym", asks="give: Gives.", opposites=("take: Takes.",)),
        Request(text="Bo hands it in.", side="takes", origin="gym", asks="take: Takes.", opposites=("give: Gives.",)),
        Request(text="Paint it.", side="neither", origin="gym", asks="paint: Paints.", others=("give: Gives.",)),
    ]
    monkeypatch.setattr(opposites, "of_offices", lambda *, learned: few)
    monkeypatch.setattr(opposites, "joined", lambda requests: few)
    monkeypatch.setattr(opposites, "operations", lambda: [("give: Gives.", "gives"), ("take: Takes.", "takes")])
    monkeypatch.setattr(opposites, "helpdesk", lambda desk, split="train": few)
    done = CliRunner().invoke(app, ["train", "opposites", "--steps", "1", "--out", str(tmp_path / "opposites")])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.output.splitlines()[-1])
    assert figures["n"] == figures["held_out_n"] == 2
    card = json.loads((tmp_path / "opposites" / "card.json").read_text())
    assert card["data"][2] == {"name": "helpdesk", "requests": 3, "with an opposite": 2}
    assert Opposites.load(tmp_path / "opposites").side("give: Gives.") in ("gives", "takes", "neither")
