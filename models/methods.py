"""The ways of fine-tuning a few parameters that peft knows and the base allows, behind one name each.

LoRA (Hu et al. 2021), DoRA (Liu et al. 2024), rsLoRA (Kalajdzievski 2023), AdaLoRA (Zhang et al. 2023) and IA³ (Liu et
al. 2022). AdaLoRA moves its ranks about while it learns, and wants to be told of every step.
"""

from typing import Any

import torch
from torch import Tensor

from knowledge.errors import BadConfiguration
from models.settings import METHODS, Method

# Not "dense" for both: the pooler has one, too. Where somebody loads the base with it, peft would miss its weights.
TARGETS = ["query", "key", "value", "intermediate.dense", "output.dense"]
RANK, ALPHA = 16, 32
ORTHOGONAL = 0.1  # weight of AdaLoRA's regulariser; with .5 it outweighed the loss


def config(method: Method, *, steps: int = 0) -> Any:
    """The peft config of a fresh adapter. `steps`: of the whole training, for what follows a schedule."""
    import peft

    if method == "ia3":
        modules = {"target_modules": ["key", "value", "output.dense"], "feedforward_modules": ["output.dense"]}
        return peft.IA3Config(**modules)
    common = {"lora_alpha": ALPHA, "target_modules": TARGETS}
    if method == "adalora":
        total = max(steps, 10)
        schedule = {"tinit": total // 10, "tfinal": total // 3, "deltaT": max(1, total // 50), "total_step": total}
        return peft.AdaLoraConfig(init_r=RANK * 3 // 2, target_r=RANK, **schedule, **common)
    if method not in METHODS:
        raise BadConfiguration(f"There is no method {method}.", remedy=f"Use one of {', '.join(METHODS)}.")
    return peft.LoraConfig(r=RANK, use_dora=method == "dora", use_rslora=method == "rslora", **common)


def method_of(encoder: Any) -> str:
    """The name under which an adapter's config is known here."""
    found = encoder.peft_config["default"]
    kind = str(getattr(found.peft_type, "value", found.peft_type)).lower()
    if kind == "lora" and found.use_dora:
        return "dora"
    return "rslora" if kind == "lora" and found.use_rslora else kind


class Schedule:
    """What a method wants beside the gradient; nothing but for a fresh AdaLoRA adapter."""

    def __init__(self, network: Any) -> None:
        encoder = getattr(network, "encoder", None)
        config = getattr(encoder, "peft_config", {}).get("default")
        self._model = encoder.base_model if encoder is not None and getattr(config, "total_step", None) else None

    def penalty(self) -> Tensor | float:
        """How far the two sides of every update are from orthogonal."""
        if self._model is None:
            return 0.0
        sides = [p for name, p in self._model.named_parameters() if "lora_A" in name or "lora_B" in name]
        return ORTHOGONAL * torch.stack([_skew(p if p.shape[0] < p.shape[1] else p.T) for p in sides]).mean()

    def stepped(self, step: int) -> None:
        """After every optimiser step, before the gradients are cleared; `step` counts from 1."""
        if self._model is not None:
            self._model.update_and_allocate(step)

    def state(self) -> dict[str, Any]:
        if self._model is None:
            return {}
        allocator = self._model.rankallocator
        config = self._model.peft_config["default"]
        return {
            "ipt": dict(getattr(allocator, "ipt", {})),
            "exp_avg_ipt": dict(getattr(allocator, "exp_avg_ipt", {})),
            "exp_avg_unc": dict(getattr(allocator, "exp_avg_unc", {})),
            "rank_pattern": config.rank_pattern,
            "ranknum": {n: p.detach().clone() for n, p in self._model.named_parameters() if "ranknum" in n},
        }

    def restore(self, state: dict[str, Any]) -> None:
        if self._model is None or not state:
            return
        allocator = self._model.rankallocator
        allocator.ipt, allocator.exp_avg_ipt = state["ipt"], state["exp_avg_ipt"]
        allocator.exp_avg_unc = state["exp_avg_unc"]
        self._model.peft_config["default"].rank_pattern = state["rank_pattern"]
        for name, parameter in self._model.named_parameters():
            if name in state["ranknum"]:
                parameter.data.copy_(state["ranknum"][name])


def _skew(rows: Tensor) -> Tensor:
    """Distance of rows [R, D] from orthonormal ones."""
    distance: Tensor = torch.linalg.matrix_norm(rows @ rows.T - torch.eye(len(rows), device=rows.device))
    return distance
