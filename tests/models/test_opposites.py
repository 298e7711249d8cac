"""An operation or its opposite: learned on a few requests, with the real encoder; what the shipped one says."""

import shutil
from pathlib import Path

import pytest
import torch

from knowledge.errors import BadConfiguration
from knowledge.types import ActionSpec
from models import headed
from models.adapter import DEFAULT
from models.brief import Settings
from models.opposites import SHIPPED, SIDES, SURE, Odds, Opposites, OppositesNetwork, Side, described
from models.opposites_train import Request, Source, learn, save

LEND, RECALL, PAINT = (
    "lend boat: Gives a boat to a member.",
    "recall boat: Takes a boat back.",
    "paint boat: Paints it.",
)
SAID: dict[Side, list[str]] = {
    "gives": ["Bo may have the Swan.", "Ann would like the Heron.", "The Swan is for Cy.", "Let Di use the Coot."],
    "takes": ["Bo is done with the Swan.", "Ann must hand in the Heron.", "Fetch the Swan.", "Di is over her time."],
    "neither": ["The Swan shall be red.", "Ann wants the Heron blue.", "A new coat for the Coot.", "Green suits it."],
}
ASKED = {"gives": LEND, "takes": RECALL, "neither": PAINT}
OPPOSED = {"gives": (RECALL,), "takes": (LEND,), "neither": ()}
REQUESTS = [
    Request(
        text=text,
        side=side,
        origin="boats",
        asks=ASKED[side],
        opposites=OPPOSED[side],
        others=(PAINT,) if side != "neither" else (LEND, RECALL),
    )
    for side, texts in SAID.items()
    for text in texts
]
SOURCES = [Source(requests=REQUESTS, compared=8, sided=4)]
OPERATIONS: list[tuple[str, Side]] = [(LEND, "gives"), (RECALL, "takes"), (PAINT, "neither")]
CARD = {"command": "lamp train opposites", "data": [{"name": "toy", "requests": 12}]}


def spec(operation: str) -> ActionSpec:
    name, _, about = operation.partition(": ")
    return ActionSpec(app="boats", name=name.replace(" ", "_"), description=about, effect="write")


@pytest.fixture(scope="module")
def learned() -> OppositesNetwork:
    return learn(SOURCES, OPERATIONS, Settings(steps=60, rate=2e-3))


def test_it_learns_which_is_asked_for(learned: OppositesNetwork) -> None:
    opposites = Opposites(learned)
    for text, side in [(each.text, each.side) for each in REQUESTS if each.opposites]:
        odds = opposites.odds(text, ASKED[side], OPPOSED[side][0], side)
        assert odds.match < 0, text
        assert odds.side < 0, text


def test_it_learns_what_operations_do(learned: OppositesNetwork) -> None:
    with torch.inference_mode():
        best = learned.sides([text for text, _ in OPERATIONS]).argmax(dim=1).tolist()
    assert [SIDES[at] for at in best] == [side for _, side in OPERATIONS]


def test_odds_turn_round_with_the_operations(learned: OppositesNetwork) -> None:
    opposites = Opposites(learned)
    one = opposites.odds("Bo may have the Swan.", LEND, RECALL, "gives")
    other = opposites.odds("Bo may have the Swan.", RECALL, LEND, "takes")
    assert one.match == pytest.approx(-other.match, abs=0.05)  # bf16 products
    assert one.side == pytest.approx(-other.side, abs=0.05)


def test_an_opposite_is_meant_only_if_surely(monkeypatch: pytest.MonkeyPatch, learned: OppositesNetwork) -> None:
    opposites = Opposites(learned)
    side_of: dict[str, Side] = {LEND: "gives", RECALL: "takes", PAINT: "neither"}
    monkeypatch.setattr(opposites, "_side_of", side_of.__getitem__)
    for match, side, meant in ((SURE, 0.0, True), (1.0, SURE - 1.1, False), (-1.0, SURE + 1.1, True)):
        monkeypatch.setattr(opposites, "odds", lambda *_, found=Odds(match, side): found)
        found = opposites.instead("", spec(LEND), [spec(PAINT), spec(RECALL)])
        assert found == (spec(RECALL) if meant else None)
    assert opposites.instead("", spec(LEND), [spec(PAINT), spec(LEND)]) is None
    assert opposites.instead("", spec(PAINT), [spec(LEND), spec(RECALL)]) is None
    assert opposites.instead("", spec(LEND), []) is None


def test_the_same_seed_learns_the_same_and_tells_every_step() -> None:
    told: list[tuple[int, int]] = []
    settings = Settings(steps=2, rate=1e-3)
    one = Opposites(learn(SOURCES, OPERATIONS, settings, listen=lambda step, of, _: told.append((step, of))))
    other = Opposites(learn(SOURCES, OPERATIONS, settings))
    assert told == [(1, 2), (2, 2)]
    assert one.odds("Swan?", LEND, RECALL, "gives") == other.odds("Swan?", LEND, RECALL, "gives")


def test_others_in_a_batch_change_nothing(learned: OppositesNetwork) -> None:
    asked = [(each.text, [LEND, RECALL]) for each in REQUESTS]
    with torch.inference_mode():
        together = torch.stack(learned.matches(asked))
        alone = torch.stack([learned.matches([each])[0] for each in asked])
    assert torch.allclose(together, alone, atol=0.05)  # bf16 products


def test_what_is_long_is_cut_and_the_operations_stay(learned: OppositesNetwork) -> None:
    opposites, long = Opposites(learned), "word " * 1000
    assert opposites.odds(long, LEND, RECALL, "gives") != opposites.odds(long, PAINT, RECALL, "gives")


def test_it_survives_saving(learned: OppositesNetwork, tmp_path: Path) -> None:
    save(learned, tmp_path, CARD)
    loaded, before = Opposites.load(tmp_path), Opposites(learned)
    for request in REQUESTS[:8]:
        asked = request.text, request.asks, request.opposites[0], request.side
        assert loaded.odds(*asked) == pytest.approx(before.odds(*asked), abs=0.15)
    assert "- toy: 12 requests" in (tmp_path / "README.md").read_text()


def test_what_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="model of opposites in"):
        Opposites.load(tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "cut")
    (tmp_path / "cut" / headed.HEAD).write_bytes(b"cut")
    with pytest.raises(BadConfiguration, match="cannot be loaded"):
        Opposites.load(tmp_path / "cut")


@pytest.fixture(scope="module")
def shipped() -> Opposites:
    return Opposites.load()


def locker(name: str, description: str) -> ActionSpec:
    return ActionSpec(app="gym", name=name, description=description, effect="write")


GIVE = locker("assign_locker", "Gives a member a locker.")
TAKE = locker("withdraw_locker", "Takes the locker away from a member.")


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("Ann Lee does not need her locker any more.", GIVE, TAKE),
        ("Ann Lee would like to have a locker.", TAKE, GIVE),
    ],
)
def test_what_the_shipped_one_says(shipped: Opposites, text: str, wrong: ActionSpec, right: ActionSpec) -> None:
    assert shipped.instead(text, wrong, [right]) == right
    assert shipped.instead(text, right, [wrong]) is None


@pytest.mark.parametrize(("operation", "side"), [(TAKE, "takes"), (GIVE, "gives")])
def test_the_shipped_one_knows_what_operations_do(shipped: Opposites, operation: ActionSpec, side: Side) -> None:
    assert shipped.side(described(operation)) == side


def test_weights_are_kept_once() -> None:
    from models import adapter

    network, _ = adapter.load(DEFAULT)
    mine = Opposites.load(sharing=network)._network
    embeddings = {name: p.data_ptr() for name, p in network.named_parameters() if "word_embeddings" in name}
    assert embeddings
    assert {name: p.data_ptr() for name, p in mine.named_parameters() if "word_embeddings" in name} == embeddings
