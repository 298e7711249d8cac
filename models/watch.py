"""Early stopping: the held-out score from time to time, the best weights kept, an end when it gets no better.

Without patience it only looks: a score over some hundred examples ties and wavers, and weights from before the rate
came down, kept because of it, would throw the rest of the training away.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from models.curves import Curves
from models.measure import Tally

Look = Callable[[Any], Tally]
SCORED = ("choose", "span", "option", "judged", "ranked")  # call_exact follows from the first three


@dataclass
class Watch:
    """`look` measures a network; `every` so many steps, and at the last one. `patience` 0: the last weights stay."""

    look: Look
    every: int
    patience: int
    best: float = -1.0
    since: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def goes_on(self, network: nn.Module, step: int, steps: int, curves: Curves) -> bool:
        """False when training should stop."""
        if step % self.every and step != steps:
            return True
        network.eval()
        shares = self.look(network).shares()
        network.train()
        mean = score(shares)
        curves.looks.append((step, mean, shares))
        self.since = 0 if mean > self.best else self.since + 1
        if mean >= self.best or not self.patience:
            self.best, curves.best_step = mean, step
        if self.patience and curves.best_step == step:
            self.weights = {name: tensor.detach().cpu().clone() for name, tensor in trained(network).items()}
        curves.stopped_early = bool(self.patience) and self.since >= self.patience and step != steps
        return not curves.stopped_early

    def back_to_best(self, network: nn.Module) -> None:
        if self.weights:
            network.load_state_dict(self.weights, strict=False)

    def state(self) -> dict[str, Any]:
        return {"best": self.best, "since": self.since, "weights": self.weights}

    def restore(self, state: dict[str, Any]) -> None:
        self.best, self.since, self.weights = state["best"], state["since"], state["weights"]


def score(shares: dict[str, float]) -> float:
    """The mean over the kinds of decisions, each counting alike however many there are."""
    found = [shares[kind] for kind in SCORED if kind in shares]
    return round(sum(found) / len(found), 5) if found else 0.0


def trained(network: nn.Module) -> dict[str, Tensor]:
    """All that learns, by name."""
    names = {name for name, p in network.named_parameters() if p.requires_grad}
    with torch.no_grad():
        return {name: tensor for name, tensor in network.state_dict().items() if name in names}
