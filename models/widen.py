"""More room in an adapter that has learned already: the same function, with a higher rank to go on learning in."""

import math
from typing import Any

import torch
from torch import nn

from knowledge.errors import BadConfiguration
from models.methods import method_of


def rank_of(encoder: Any) -> int:
    """Rank of a LoRA adapter; 0 for a method that has none of its own."""
    return int(getattr(encoder.peft_config["default"], "r", 0) or 0)


def widen(encoder: Any, rank: int) -> None:
    """Changes the adapter in place. Nothing it computes changes: new rows of A meet columns of zeros in B, as in a
    fresh adapter. `lora_alpha` grows so that the scale stays. Raises BadConfiguration if it would have to shrink, or is
    no LoRA whose rank can be changed.
    """
    config = encoder.peft_config["default"]
    before = rank_of(encoder)
    kind = method_of(encoder)
    if kind not in ("lora", "rslora") or config.rank_pattern or rank < before:
        raise BadConfiguration(
            f"A {kind} adapter of rank {before} can't go on with rank {rank}.",
            remedy="Leave --rank out, or name a higher one for a LoRA or rsLoRA adapter.",
        )
    ratio = rank / before
    config.lora_alpha *= math.sqrt(ratio) if kind == "rslora" else ratio
    config.r = rank
    for module in encoder.modules():
        if "default" in getattr(module, "lora_A", {}):
            _widen(module, rank, alpha=config.lora_alpha)


def _widen(module: Any, rank: int, *, alpha: float) -> None:
    a, b = module.lora_A["default"], module.lora_B["default"]
    wide_a = nn.Linear(a.in_features, rank, bias=False, dtype=a.weight.dtype, device=a.weight.device)
    wide_b = nn.Linear(rank, b.out_features, bias=False, dtype=b.weight.dtype, device=b.weight.device)
    nn.init.kaiming_uniform_(wide_a.weight, a=math.sqrt(5))  # as peft begins
    with torch.no_grad():
        wide_a.weight[: a.out_features] = a.weight
        wide_b.weight.zero_()
        wide_b.weight[:, : b.in_features] = b.weight
    module.lora_A["default"], module.lora_B["default"] = wide_a, wide_b
    module.r["default"], module.lora_alpha["default"] = rank, alpha
