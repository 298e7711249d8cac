"""The quick training pass computes what the plain one does, and leaves nothing behind."""

import pytest
import torch
from models_toy import lessons

from models.base import load_encoder, load_tokenizer
from models.encode import Encoder
from models.loss import ChooseItem, FillItem, batch_loss, items
from models.network import PointerNetwork, adapted
from models.quick import quick
from models.settings import Method

Gradients = dict[str, torch.Tensor]


def network(base: str, method: Method = "lora") -> PointerNetwork:
    torch.manual_seed(1)
    made = PointerNetwork(adapted(load_encoder(base), method=method), width=32)
    for name, parameter in made.named_parameters():
        if "lora_B" in name:  # zero in a fresh adapter: then the branch would say nothing
            torch.nn.init.normal_(parameter, std=0.2)
    return made.train()


def batches() -> list[list[ChooseItem | FillItem]]:
    """One of each kind, of sequences of several lengths."""
    pool = [item for each in lessons()[:9] for item in items(each, Encoder(load_tokenizer()))]
    return [[i for i in pool if isinstance(i, kind)] for kind in (ChooseItem, FillItem)]


def gradients(of: PointerNetwork, batch: list[ChooseItem | FillItem]) -> tuple[float, Gradients]:
    of.zero_grad(set_to_none=True)
    loss = batch_loss(of, batch)
    loss.backward()
    return loss.item(), {n: p.grad.clone() for n, p in of.named_parameters() if p.grad is not None}


def near(one: Gradients, other: Gradients, *, within: float) -> bool:
    """Whether no gradient is further from its counterpart than `within` of the largest one."""
    most = max(float(each.norm()) for each in one.values())
    return one.keys() == other.keys() and all(float((one[name] - other[name]).norm()) <= within * most for name in one)


@pytest.mark.parametrize("batch", batches(), ids=["choose", "fill"])
def test_loss_and_gradients_are_those_of_the_plain_pass(
    tiny_base: str, batch: list[ChooseItem | FillItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.network._bf16", lambda device: False)
    plain = network(tiny_base)
    loss, expected = gradients(plain, batch)
    with quick(plain):
        again, got = gradients(plain, batch)
    assert loss == pytest.approx(again, rel=1e-4)
    assert any(float(each.norm()) > 0 for name, each in expected.items() if "lora_A" in name)
    assert near(expected, got, within=1e-4)


def test_with_sixteen_bits_they_differ_by_rounding_only(tiny_base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.network._bf16", lambda device: True)
    plain = network(tiny_base)
    for batch in batches():
        loss, expected = gradients(plain, batch)
        with quick(plain):
            again, got = gradients(plain, batch)
        assert loss == pytest.approx(again, rel=0.03)
        assert near(expected, got, within=0.1)


def test_afterwards_the_network_is_as_it_was(tiny_base: str) -> None:
    made = network(tiny_base)
    bare, layers = made.encoder.get_base_model(), list(made.encoder.modules())
    with quick(made):
        assert bare.config._attn_implementation != "sdpa"
        assert any("forward" in vars(layer) for layer in layers)
    assert bare.config._attn_implementation == "sdpa"
    assert not any("forward" in vars(layer) for layer in layers)


@pytest.mark.parametrize("method", ["dora", "adalora", "ia3"])
def test_other_methods_keep_their_own_layers(tiny_base: str, method: Method) -> None:
    made = network(tiny_base, method)
    with quick(made):
        assert not any("forward" in vars(layer) for layer in made.encoder.modules())
        loss, _ = gradients(made, batches()[0])
    assert loss > 0
