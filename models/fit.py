"""The optimiser's loop: whatever is trained on whatever batches. Seeded, resumable, watched."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from models.curves import Curves
from models.methods import Schedule
from models.quick import quick
from models.settings import Forecast, Forecaster, Listener, Progress, Settings
from models.watch import Watch, trained

CHECKPOINT, SET_ASIDE = "checkpoint.pt", "checkpoint-before.pt"
WARM_UP = 0.06
TIMED = 3  # steps that the forecast rests on
log = logging.getLogger(__name__)

Batch = TypeVar("Batch")


def fit(
    network: Any,
    plan: Sequence[Batch],
    loss_of: Callable[[Any, Batch], Tensor],
    settings: Settings,
    *,
    fingerprint: str,
    watch: Watch | None = None,
    listen: Listener | None = None,
    forecast: Forecaster | None = None,
) -> Curves:
    """All batches of the plan in order; goes on from `settings.out/checkpoint.pt` if that is of the same fingerprint.

    The network is left in evaluation mode, with the best weights if it was watched with patience. The checkpoint
    stays: call `finished` when the result is saved.
    """
    learning = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=settings.peak_rate, weight_decay=0.01, fused=True)
    rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _one_cycle(step, len(plan)))
    schedule = Schedule(network if settings.init is None and settings.peft == "adalora" else None)
    state = Checkpoint(settings, network, optimiser, rate, schedule, watch, fingerprint=fingerprint)
    first, began = state.resume(), time.monotonic()
    mean = state.mean
    with quick(network):
        if forecast:
            forecast(_forecast(network, plan[first:], loss_of, watch))
        for step in range(first, len(plan)):
            loss = loss_of(network, plan[step])
            (loss + schedule.penalty()).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learning, 1.0)
            optimiser.step()
            schedule.stepped(step + 1)
            optimiser.zero_grad(set_to_none=True)
            rate.step()
            mean = loss.item() if math.isnan(mean) else 0.95 * mean + 0.05 * loss.item()
            state.mean = mean
            state.curves.loss(step + 1, mean)
            goes_on = watch is None or watch.goes_on(network, step + 1, len(plan), state.curves)
            state.save_if_due(step + 1)
            if listen:
                listen(Progress(step=step + 1, steps=len(plan), loss=mean, seconds=time.monotonic() - began))
            if not goes_on:
                break
    state.save(len(plan))
    if watch:
        watch.back_to_best(network)
    network.eval()
    return state.curves


def finished(settings: Settings) -> None:
    """Forget the checkpoint, once what came of it is saved."""
    (settings.out / CHECKPOINT).unlink(missing_ok=True)


def _forecast(network: Any, plan: Sequence[Batch], loss_of: Callable[[Any, Batch], Tensor], watch: Any) -> Forecast:
    """From batches all over the plan, with gradients that are thrown away; a look is timed once."""
    if not plan:
        return Forecast(steps=0, seconds=0.0)
    batches = [plan[i * (len(plan) - 1) // max(1, TIMED - 1)] for i in range(TIMED)]
    loss_of(network, batches[0])  # the first one warms up
    began = time.monotonic()
    for batch in batches:
        loss_of(network, batch).backward()  # type: ignore[no-untyped-call]
        network.zero_grad(set_to_none=True)
    each, looking = (time.monotonic() - began) / len(batches), 0.0
    if watch:
        began = time.monotonic()
        watch.look(network)
        looking = (time.monotonic() - began) * (len(plan) // watch.every + 1)
    return Forecast(steps=len(plan), seconds=each * len(plan) + looking)


def _one_cycle(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to nothing."""
    warm = max(1, round(steps * WARM_UP))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


class Checkpoint:
    """What a killed training needs to go on, written beside the result and moved into place whole."""

    def __init__(
        self,
        settings: Settings,
        network: Any,
        optimiser: Any,
        rate: Any,
        schedule: Schedule,
        watch: Watch | None,
        *,
        fingerprint: str,
    ) -> None:
        self._path: Path = settings.out / CHECKPOINT
        self._every, self._fingerprint = settings.checkpoint_every_s, fingerprint
        self._network, self._optimiser, self._rate = network, optimiser, rate
        self._schedule, self._watch = schedule, watch
        self._last = time.monotonic()
        self.curves, self.mean = Curves(), math.nan

    def resume(self) -> int:
        """The step to go on with; 0 for a fresh start, where what another training left is set aside, not lost."""
        if not self._path.exists():
            return 0
        data = torch.load(self._path, weights_only=True)
        if data.get("fingerprint") != self._fingerprint or "curves" not in data:
            self._path.replace(self._path.with_name(SET_ASIDE))
            log.warning(
                "The checkpoint in %s is of another training: other data, settings or number of threads. It is %s now, "
                "and this training begins anew.",
                self._path.parent,
                SET_ASIDE,
            )
            return 0
        self._network.load_state_dict(data["network"], strict=False)
        self._optimiser.load_state_dict(data["optimiser"])
        self._rate.load_state_dict(data["rate"])
        self._schedule.restore(data["schedule"])
        self.curves, self.mean = Curves.of(data["curves"]), data["mean"]
        if self._watch and data["watch"]:
            self._watch.restore(data["watch"])
        return int(data["step"])

    def save_if_due(self, step: int) -> None:
        if time.monotonic() - self._last >= self._every:
            self.save(step)

    def save(self, step: int) -> None:
        self._last = time.monotonic()
        data = {
            "fingerprint": self._fingerprint,
            "step": step,
            "network": trained(self._network),
            "optimiser": self._optimiser.state_dict(),
            "rate": self._rate.state_dict(),
            "schedule": self._schedule.state(),
            "curves": self.curves.state(),
            "mean": self.mean,
            "watch": self._watch.state() if self._watch else None,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(data, self._path.with_suffix(".new"))
        self._path.with_suffix(".new").replace(self._path)
