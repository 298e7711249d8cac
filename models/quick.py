"""The encoder's training pass in fewer and cheaper steps on a CPU: the same mathematics, other kernels.

Two things take most of the time of a LoRA step over short sequences that torch and peft do in general ways: fused
attention, whose CPU backward is slower than plain matrix products, and the low-rank branch, which costs two more
products and four more passes over the activations in every layer. Here attention runs sequence by sequence without
its padding, and the branch is folded into the frozen weight before the product (Hu et al. 2021, section 4.1), its two
gradients being taken from the product's own. Figures in LOG.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

NAME = "blocked"


@contextmanager
def quick(network: Any) -> Iterator[None]:
    """Inside, the network's encoder computes the quick way wherever it can: on a CPU, plain LoRA, BERT's attention."""
    encoder = getattr(network, "encoder", None)
    if encoder is None or next(network.parameters()).device.type != "cpu":
        yield
        return
    bare = encoder.get_base_model() if hasattr(encoder, "get_base_model") else encoder
    folded = [each for each in encoder.modules() if _folds(each)]
    before = bare.config._attn_implementation
    if before == "sdpa":
        _register()
        bare.config._attn_implementation = NAME
    for layer in folded:
        layer.forward = _Folded(layer)
    try:
        yield
    finally:
        bare.config._attn_implementation = before
        for layer in folded:
            del layer.forward


# ---- attention


def _register() -> None:
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_ATTENTION_FUNCTIONS.register(NAME, _attend)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, sdpa_mask)


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, None]:
    """[B, T, H, D] of query, key and value [B, H, T, D]. The mask [B, 1, T, T] only hides padding at the end."""
    lengths = [query.shape[2]] * len(query)
    if attention_mask is not None:
        lengths = attention_mask[:, 0, 0].sum(-1).tolist()
    out: Tensor = _Attention.apply(query, key, value, lengths, kwargs.get("scaling"))  # type: ignore[no-untyped-call]
    return out.transpose(1, 2), None


class _Attention(torch.autograd.Function):
    """Sequence by sequence, so that the scores stay in the cache. Rows of padding come out as zeros."""

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, lengths: list[int], scaling: float | None
    ) -> Tensor:
        scale = query.shape[-1] ** -0.5 if scaling is None else scaling
        query, key, value = (query * scale).contiguous(), key.contiguous(), value.contiguous()
        out, kept = torch.zeros_like(query), []
        for row, n in enumerate(lengths):
            q, k, v = query[row, :, :n], key[row, :, :n], value[row, :, :n]
            weights = torch.softmax(torch.bmm(q, k.transpose(1, 2)), -1)
            out[row, :, :n] = torch.bmm(weights, v)
            kept.append(weights)
        ctx.save_for_backward(query, key, value, *kept)
        ctx.lengths, ctx.scale = lengths, scale
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, *kept = ctx.saved_tensors
        dq, dk, dv = (torch.zeros_like(each) for each in (query, key, value))
        whole = gradients[0].contiguous()
        for row, (n, weights) in enumerate(zip(ctx.lengths, kept, strict=True)):
            g = whole[row, :, :n]
            dv[row, :, :n] = torch.bmm(weights.transpose(1, 2), g)
            dw = torch.bmm(g, value[row, :, :n].transpose(1, 2))
            ds = torch._softmax_backward_data(dw, weights, -1, weights.dtype)
            dq[row, :, :n] = torch.bmm(ds, key[row, :, :n])
            dk[row, :, :n] = torch.bmm(ds.transpose(1, 2), query[row, :, :n])
        return dq.mul_(ctx.scale), dk, dv, None, None


# ---- LoRA


def _folds(layer: Any) -> bool:
    """Whether this is a peft layer of plain LoRA over a linear one, with one adapter that learns."""
    from peft.tuners.lora import Linear

    if type(layer) is not Linear or layer.merged or layer.disable_adapters or len(layer.active_adapters) != 1:
        return False
    name = layer.active_adapters[0]
    return (
        name in layer.lora_A
        and name not in layer.lora_variant
        and isinstance(layer.lora_dropout[name], torch.nn.Identity)
        and type(layer.base_layer) is torch.nn.Linear
    )


class _Folded:
    """The layer's forward."""

    def __init__(self, layer: Any) -> None:
        name = layer.active_adapters[0]
        self._base, self._scale = layer.base_layer, layer.scaling[name]
        self._down, self._up = layer.lora_A[name].weight, layer.lora_B[name].weight

    def __call__(self, x: Tensor) -> Tensor:
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))
        y: Tensor = _Linear.apply(x, self._base.weight, self._base.bias, self._down, self._up, self._scale)  # type: ignore[no-untyped-call]
        return y


class _Linear(torch.autograd.Function):
    """x [..., in] times (weight [out, in] + scale * up [out, r] down [r, in]) transposed; the weight is frozen."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scale: float
    ) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            whole = torch.addmm(weight, up, down, alpha=scale).to(x.dtype)
            y = F.linear(x, whole, None if bias is None else bias.to(x.dtype))
        ctx.save_for_backward(x, whole, down, up)
        ctx.scale = scale
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, whole, down, up = ctx.saved_tensors
        g = gradients[0]
        rows, seen = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
        d_up = d_down = None
        if ctx.needs_input_grad[4]:
            d_up = (rows.T @ (seen @ down.T.to(x.dtype))).to(up.dtype).mul_(ctx.scale)
        if ctx.needs_input_grad[3]:
            d_down = ((rows @ up.to(x.dtype)).T @ seen).to(down.dtype).mul_(ctx.scale)
        d_x = g @ whole if ctx.needs_input_grad[0] else None
        return d_x, None, None, d_down, d_up, None
