"""A brief training of a small adapter: minutes long, the rate once up and down, begun anew if it was cut off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn

WARM = 0.1  # share of the steps until the peak rate

Listener: TypeAlias = Callable[[int, int, float], None]  # step, how many there are, loss


@dataclass(frozen=True, kw_only=True)
class Settings:
    steps: int = 120
    rate: float = 5e-4
    seed: int = 0


def fit(network: nn.Module, settings: Settings, loss_of: Callable[[], Tensor], listen: Listener | None = None) -> None:
    """Trains what learns of the network in place; `loss_of` draws a batch and says how badly it does there."""
    network.train()
    optimiser = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=settings.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=settings.steps, pct_start=WARM)
    for step in range(1, settings.steps + 1):
        loss = loss_of()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if listen:
            listen(step, settings.steps, loss.item())
    network.eval()
