"""An adapter that gets more room computes what it did, learns in all of it, and is read back with it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from models_toy import lessons

from knowledge.errors import BadConfiguration
from models import adapter
from models.encode import Encoder
from models.loss import ChooseItem, choose_scores, items
from models.network import PointerNetwork
from models.settings import Method, Settings
from models.train import fresh, train
from models.widen import rank_of, widen

FEW = lessons()[:9]


def scores(network: PointerNetwork, encoder: Encoder) -> torch.Tensor:
    found = [item for example in FEW for item in items(example, encoder) if isinstance(item, ChooseItem)]
    with torch.inference_mode():
        return torch.cat(choose_scores(network.eval(), found))


def settings(out: Path, base: str, method: Method = "lora") -> Settings:
    return Settings(out=out, base=base, peft=method, epochs=6, peak_rate=1e-2, batch_tokens=1500, device="cpu")


@pytest.mark.parametrize("method", ["lora", "rslora"])
def test_a_widened_adapter_computes_what_it_did_and_learns_on(
    method: Method, tiny_base: str, encoder: Encoder, tmp_path: Path
) -> None:
    how = settings(tmp_path / "narrow", tiny_base, method)
    narrow = train(FEW, how)
    adapter.save(narrow, tmp_path / "narrow", {"base": tiny_base, "training": {"peft": method}})
    onward = replace(how, out=tmp_path / "wide", init=tmp_path / "narrow", rank=48)
    begun = fresh(onward)
    assert rank_of(begun.encoder) == 48
    before = scores(narrow, encoder)
    assert torch.allclose(scores(begun, encoder), before, atol=0.05)  # the heads are kept in half precision

    learned = train(FEW, onward)
    added = [p for name, p in learned.encoder.named_parameters() if "lora_B" in name]
    assert any(p[:, 16:].abs().max() > 0 for p in added), "the new room is used"
    adapter.save(learned, tmp_path / "wide", {"base": tiny_base, "training": {"peft": method}})
    read, _ = adapter.load(tmp_path / "wide")
    assert torch.allclose(scores(read, encoder), scores(learned, encoder), atol=0.3)
    assert not torch.allclose(scores(read, encoder), before, atol=0.3)


@pytest.mark.parametrize(("method", "rank"), [("dora", 48), ("ia3", 48), ("lora", 8)])
def test_what_can_t_be_widened_says_so(method: Method, rank: int, tiny_base: str, tmp_path: Path) -> None:
    network = fresh(settings(tmp_path, tiny_base, method))
    with pytest.raises(BadConfiguration, match="Leave --rank out"):
        widen(network.encoder, rank)
