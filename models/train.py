"""Training the pointer network: examples in, adapter out. Seeded, resumable, on a CPU or a GPU."""

import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models import adapter
from models.base import MINILM, load_encoder, load_tokenizer
from models.encode import Encoder
from models.loss import ChooseItem, FillItem, batch_loss, batches, items
from models.network import PointerNetwork, adapted
from models.scene import Example

CHECKPOINT = "checkpoint.pt"
WARM_UP = 0.06


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`batch_tokens`: padded tokens of one optimiser step. `init`: adapter to go on from."""

    out: Path
    seed: int = 0
    epochs: float = 1.0
    peak_rate: float = 1e-3
    batch_tokens: int = 3072
    init: Path | None = None
    base: str = MINILM
    checkpoint_every_s: float = 120.0
    device: str = "cuda" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True, kw_only=True)
class Progress:
    step: int
    steps: int
    loss: float
    seconds: float


Listener = Callable[[Progress], None]


def train(
    examples: Sequence[Example],
    settings: Settings,
    *,
    listen: Listener | None = None,
    network: PointerNetwork | None = None,
) -> PointerNetwork:
    """One or more passes over the examples; goes on from `settings.out/checkpoint.pt` when there is one.

    `network` is trained if given, else a fresh one, or that of `settings.init`.

    The checkpoint stays: call `finished` when the result is saved.

    The checkpoint remembers the settings and every batch of the plan, and is not used for others.
    """
    torch.manual_seed(settings.seed)
    network = (network or _network(settings)).to(settings.device)
    plan = _plan(examples, settings)
    trained = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=settings.peak_rate, weight_decay=0.01, fused=True)
    rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _one_cycle(step, len(plan)))
    identity = (settings.seed, len(examples), len(plan))
    of = _fingerprint(plan, settings)
    state = _Checkpoint(settings, network, optimiser, rate, identity=identity, fingerprint=of)
    began, mean = time.monotonic(), math.nan
    for step in range(state.resume(), len(plan)):
        loss = batch_loss(network, plan[step])
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        rate.step()
        mean = loss.item() if math.isnan(mean) else 0.95 * mean + 0.05 * loss.item()
        state.save_if_due(step + 1)
        if listen:
            listen(Progress(step=step + 1, steps=len(plan), loss=mean, seconds=time.monotonic() - began))
    state.save(len(plan))
    return network.eval()


def finished(settings: Settings) -> None:
    """Forget the checkpoint, once what came of it is saved."""
    (settings.out / CHECKPOINT).unlink(missing_ok=True)


def _network(settings: Settings) -> PointerNetwork:
    if settings.init:
        network, _ = adapter.load(settings.init, trainable=True)
        return network  # type: ignore[no-any-return]
    base = load_encoder(settings.base)
    return PointerNetwork(adapted(base), width=base.config.hidden_size)


def _plan(examples: Sequence[Example], settings: Settings) -> list[list[ChooseItem | FillItem]]:
    """Every batch of the whole training, in order: the same for the same seed, so that it can be resumed."""
    encoder, rng = Encoder(load_tokenizer(settings.base)), random.Random(settings.seed)
    pool = [item for example in examples for item in items(example, encoder)]
    plan: list[list[ChooseItem | FillItem]] = []
    for _ in range(math.ceil(settings.epochs)):
        plan += batches(pool, tokens=settings.batch_tokens, rng=rng)
    return plan[: round(len(plan) * settings.epochs / math.ceil(settings.epochs))]


def _fingerprint(plan: Sequence[Sequence[ChooseItem | FillItem]], settings: Settings) -> str:
    """sha256 of all that is trained on, in order, and of what is trained how."""
    digest = hashlib.sha256(repr((settings.base, settings.init, settings.peak_rate)).encode())
    for batch in plan:
        digest.update(repr(batch).encode())
    return digest.hexdigest()


def _one_cycle(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to nothing."""
    warm = max(1, round(steps * WARM_UP))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


class _Checkpoint:
    """What a killed training needs to go on, written beside the result and moved into place whole."""

    def __init__(
        self,
        settings: Settings,
        network: PointerNetwork,
        optimiser: Any,
        rate: Any,
        *,
        identity: tuple[int, ...],
        fingerprint: str,
    ) -> None:
        self._path = settings.out / CHECKPOINT
        self._every, self._identity, self._fingerprint = settings.checkpoint_every_s, list(identity), fingerprint
        self._network, self._optimiser, self._rate = network, optimiser, rate
        self._last = time.monotonic()

    def resume(self) -> int:
        """The step to go on with; 0 for a fresh start."""
        if not self._path.exists():
            return 0
        data = torch.load(self._path, weights_only=True)
        if data["identity"] != self._identity or data.get("fingerprint", self._fingerprint) != self._fingerprint:
            return 0
        self._network.load_state_dict(data["network"], strict=False)
        self._optimiser.load_state_dict(data["optimiser"])
        self._rate.load_state_dict(data["rate"])
        return int(data["step"])

    def save_if_due(self, step: int) -> None:
        if time.monotonic() - self._last >= self._every:
            self.save(step)

    def save(self, step: int) -> None:
        self._last = time.monotonic()
        trained = {n for n, p in self._network.named_parameters() if p.requires_grad}
        data = {
            "identity": self._identity,
            "fingerprint": self._fingerprint,
            "step": step,
            "network": {n: t for n, t in self._network.state_dict().items() if n in trained},
            "optimiser": self._optimiser.state_dict(),
            "rate": self._rate.state_dict(),
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(data, self._path.with_suffix(".new"))
        self._path.with_suffix(".new").replace(self._path)


def read_examples(path: Path) -> list[Example]:
    """JSON lines written by `write_examples`."""
    from models.scene import from_plain

    with path.open(encoding="utf-8") as lines:
        return [from_plain(json.loads(line)) for line in lines]


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    from models.scene import to_plain

    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(json.dumps(to_plain(example), ensure_ascii=False) + "\n")
