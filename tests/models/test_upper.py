"""Training the upper layers only: the same results, the lower layers run once, and an adapter as any."""

from pathlib import Path
from typing import Any

import pytest
import torch
from models_toy import lessons

from models import adapter
from models.base import load_tokenizer
from models.encode import Encoder
from models.loss import batch_loss, items
from models.network import PointerNetwork
from models.pointer import PointerLAM
from models.train import Settings, train
from models.upper import UpperNetwork


@pytest.fixture
def whole(saved: Path) -> PointerNetwork:
    network, _ = adapter.load(saved, trainable=True)
    return network  # type: ignore[no-any-return]


def sequences(tiny_base: str) -> list[tuple[int, ...]]:
    encoder = Encoder(load_tokenizer(tiny_base))
    pool = [item for example in lessons()[:4] for item in items(example, encoder)]
    return [w.ids for item in pool for w in getattr(item, "windows", None) or (item.window,)]


def counted(network: UpperNetwork) -> list[int]:
    """How many rows the lowest layer is given, at each call."""
    rows: list[int] = []
    layer: Any = network.encoder.get_base_model().encoder.layer[0]
    layer.register_forward_pre_hook(lambda _, given: rows.append(len(given[0])))
    return rows


def test_it_gives_what_the_whole_network_gives(whole: PointerNetwork, tiny_base: str) -> None:
    some = sequences(tiny_base)
    with torch.inference_mode():
        right = whole.hidden(some)
    upper = UpperNetwork(whole, layers=1)
    for _ in range(2):  # the second time from what was kept
        made = upper.hidden(some)
        for i, sequence in enumerate(some):
            assert torch.allclose(made[i, : len(sequence)], right[i, : len(sequence)], atol=0.03)


def test_lower_layers_are_run_once_for_each_sequence(whole: PointerNetwork, tiny_base: str) -> None:
    some = sequences(tiny_base)
    upper = UpperNetwork(whole, layers=1)
    rows = counted(upper)
    upper.hidden(some[:3])
    upper.hidden(some[1:5])
    upper.hidden(some)
    assert sum(rows) == len(set(some))
    assert upper.kept_mb > 0


def test_without_room_nothing_is_kept_and_nothing_else_changes(whole: PointerNetwork, tiny_base: str) -> None:
    some = sequences(tiny_base)
    upper, tight = UpperNetwork(whole, layers=1), UpperNetwork(whole, layers=1, keep_mb=0)
    assert torch.equal(upper.hidden(some), tight.hidden(some))
    assert tight.kept_mb == 0
    rows = counted(tight)
    tight.hidden(some)
    assert sum(rows) == len(set(some))


def test_only_the_upper_layers_and_the_heads_learn(whole: PointerNetwork) -> None:
    upper = UpperNetwork(whole, layers=1)
    learning = {name for name, p in upper.named_parameters() if p.requires_grad}
    assert any(".layer.1." in name for name in learning)
    assert all(".layer.1." in name or not name.startswith("encoder.") for name in learning)
    encoder = Encoder(load_tokenizer())
    (first, *_) = items(lessons()[0], encoder)
    batch_loss(upper, [first]).backward()
    assert all(p.grad is None for name, p in upper.named_parameters() if name not in learning)


def test_all_layers_may_learn_too(whole: PointerNetwork, tiny_base: str) -> None:
    upper = UpperNetwork(whole, layers=99)
    assert any(".layer.0." in name for name, p in upper.named_parameters() if p.requires_grad)
    assert upper.hidden(sequences(tiny_base)[:2]).isfinite().all()


def test_what_was_trained_is_an_adapter_as_any(saved: Path, whole: PointerNetwork, tmp_path: Path) -> None:
    settings = Settings(
        out=tmp_path, epochs=2, batch_tokens=1500, init=saved, base=adapter.read_card(saved)["base"], device="cpu"
    )
    trained = train(lessons(), settings, network=UpperNetwork(whole, layers=1))
    adapter.save(trained, tmp_path / "made", adapter.read_card(saved))
    before, after = (PointerLAM.load(folder).network.state_dict() for folder in (saved, tmp_path / "made"))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(".layer.1." in name for name in changed)
    assert not any(".layer.0." in name or "embeddings" in name for name in changed)
