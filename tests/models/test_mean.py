"""The mean of two adapters is between them, is read as any other, and says what it was made of."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from models_toy import lessons

from knowledge.errors import BadConfiguration
from models import adapter
from models.card import averaged
from models.mean import mean
from models.settings import Settings
from models.train import train

FEW = lessons()[:9]
TOYS, MORE = ({"name": each, "examples": 9, "licence": "MIT", "sha256": "0" * 64} for each in ("toys", "more"))


@pytest.fixture(scope="module")
def two(tiny_base: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An adapter, and one of a higher rank that went on from it."""
    folder = tmp_path_factory.mktemp("two")
    how = Settings(out=folder / "a", base=tiny_base, epochs=6, peak_rate=1e-2, batch_tokens=1500, device="cpu")
    card = {"base": tiny_base, "training": {"peft": "lora"}, "command": "lamp train mix", "temperature": 1.0}
    adapter.save(train(FEW, how), folder / "a", {**card, "data": [TOYS]})
    onward = replace(how, out=folder / "b", init=folder / "a", rank=24, seed=1)
    more = {"command": "lamp train mix && lamp train mix --rank 24", "temperature": 2.0}
    adapter.save(train(FEW, onward), folder / "b", {**card, **more, "data": [TOYS, MORE]})
    return folder / "a", folder / "b"


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(adapter.load(folder)[0].state_dict())


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_every_weight_is_between(share: float, two: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = map(adapter.read_card, two)
    network = mean(*two, share=share, rank=40)  # as much as both together: nothing is cut off
    adapter.save(network, tmp_path, averaged(first, second, share=share, command="lamp train mean"))
    a, b, between = weights(two[0]), weights(two[1]), weights(tmp_path)
    assert between.keys() == b.keys()
    assert any(not torch.allclose(a[name], b[name], atol=1e-3) for name in a)
    for name, tensor in between.items():
        assert torch.allclose(tensor, (1 - share) * a[name] + share * b[name], atol=2e-3), name


def test_it_says_what_it_was_made_of(two: tuple[Path, Path]) -> None:
    made = averaged(*map(adapter.read_card, two), share=0.25, command="lamp train mean a b")
    assert made["command"] == "lamp train mix && lamp train mix --rank 24 && lamp train mean a b"
    assert [each["name"] for each in made["data"]] == ["toys", "more"]
    assert made["temperature"] == 1.25
    assert made["metrics"] == {}


@pytest.mark.parametrize("change", [{"base": "another"}, {"training": {"peft": "ia3"}}], ids=["base", "kind"])
def test_what_has_no_mean_says_so(change: dict[str, object], two: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    adapter.write_card(other, {**adapter.read_card(two[0]), **change, "data": []})
    with pytest.raises(BadConfiguration):
        mean(two[0], other, share=0.5, rank=8)
