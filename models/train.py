"""Training the pointer network: examples in, adapter out. Seeded, resumable, on a CPU or a GPU."""

import hashlib
import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from models import adapter
from models.base import load_encoder, load_tokenizer
from models.curves import Curves
from models.encode import Encoder
from models.fit import CHECKPOINT, finished, fit
from models.hard import Tell, hardest, losses_of, sure
from models.loss import ChooseItem, FillItem, batch_loss, batches, items
from models.measure import Tally, measure
from models.network import PointerNetwork, adapted
from models.scene import Example
from models.settings import METHODS, Forecast, Forecaster, Listener, Method, Progress, Settings
from models.watch import Watch
from models.widen import widen

__all__ = [
    "CHECKPOINT",
    "METHODS",
    "Forecast",
    "Listener",
    "Method",
    "Progress",
    "Settings",
    "finished",
    "fresh",
    "read_examples",
    "train",
    "train_with_curves",
    "write_examples",
]

LOOKED_AT = 150  # held-out examples of one look


def train(
    examples: Sequence[Example],
    settings: Settings,
    *,
    held_out: Sequence[Example] = (),
    listen: Listener | None = None,
    forecast: Forecaster | None = None,
    network: PointerNetwork | None = None,
) -> PointerNetwork:
    """One or more passes over the examples; goes on from `settings.out/checkpoint.pt` when there is one.

    The checkpoint remembers the settings and every batch of the plan, and is not used for others. It stays: call
    `finished` when the result is saved. With `held_out`, training stops early and the best weights are kept. `network`
    is trained if given, else a fresh one, or that of `settings.init`.
    """
    made, _ = train_with_curves(
        examples, settings, held_out=held_out, listen=listen, forecast=forecast, network=network
    )
    return made


def train_with_curves(
    examples: Sequence[Example],
    settings: Settings,
    *,
    held_out: Sequence[Example] = (),
    listen: Listener | None = None,
    forecast: Forecaster | None = None,
    weighed: Tell | None = None,
    network: PointerNetwork | None = None,
) -> tuple[PointerNetwork, Curves]:
    """As `train`, with the loss and the held-out score over its steps. `weighed` hears how far the search for what is
    hard has come, where `settings.hard` asks for one."""
    plan = _plan(examples, settings, weighed)
    network = network.to(settings.device) if network else fresh(settings, steps=len(plan))
    curves = fit(
        network,
        plan,
        batch_loss,
        settings,
        fingerprint=_fingerprint(plan, settings, held_out),
        watch=watching(held_out, settings, steps=len(plan)),
        listen=listen,
        forecast=forecast,
    )
    return network.eval(), curves


def fresh(settings: Settings, *, steps: int = 0) -> PointerNetwork:
    """The network to begin with: `settings.init`'s, or the base under a new adapter. The same for the same seed."""
    torch.manual_seed(settings.seed)
    if settings.init:
        network, _ = adapter.load(settings.init, trainable=True)
        if settings.rank:
            widen(network.encoder, settings.rank)
    else:
        base = load_encoder(settings.base)
        network = PointerNetwork(adapted(base, method=settings.peft, steps=steps), width=base.config.hidden_size)
    return network.to(settings.device)  # type: ignore[no-any-return]


def watching(held_out: Sequence[Example], settings: Settings, *, steps: int) -> Watch | None:
    """On a sample of what is held out, the same at every look; None where nothing is, or there is nothing to do."""
    if not held_out or not steps:
        return None
    sample = random.Random(settings.seed).sample(list(held_out), min(len(held_out), LOOKED_AT))
    encoder = Encoder(load_tokenizer(settings.base))

    def look(network: Any) -> Tally:
        return measure(network, encoder, sample)

    return Watch(look=look, every=max(1, steps // settings.looks), patience=settings.patience)


def _plan(
    examples: Sequence[Example], settings: Settings, weighed: Tell | None = None
) -> list[list[ChooseItem | FillItem]]:
    """Every batch of the whole training, in order: the same for the same seed, so that it can be resumed."""
    rng = random.Random(settings.seed)
    pool = _pool(examples, settings, weighed)
    plan: list[list[ChooseItem | FillItem]] = []
    for _ in range(math.ceil(settings.epochs)):
        plan += batches(pool, tokens=settings.step_tokens, rng=rng)
    return plan[: round(len(plan) * settings.epochs / math.ceil(settings.epochs))]


def _pool(examples: Sequence[Example], settings: Settings, weighed: Tell | None) -> list[ChooseItem | FillItem]:
    """Everything there is to learn; with `settings.hard`, of what is sure only the hardest and as much by lot."""
    encoder = Encoder(load_tokenizer(settings.base))
    made = [(sure(example.origin), item) for example in examples for item in items(example, encoder)]
    if not settings.hard or settings.init is None:
        return [item for _, item in made]
    network, _ = adapter.load(settings.init)
    asked = [item for known, item in made if known]
    losses = losses_of(
        network.to(settings.device), asked, tokens=settings.step_tokens, folder=settings.out, tell=weighed
    )
    found = hardest(asked, losses, share=settings.hard, rng=random.Random(settings.seed))
    kept = {id(item) for item in found}
    return [item for known, item in made if not known or id(item) in kept]


def _fingerprint(
    plan: Sequence[Sequence[ChooseItem | FillItem]], settings: Settings, held_out: Sequence[Example]
) -> str:
    """sha256 of all that is trained on, in order, of what is trained how, and of what it is watched by."""
    how = (settings.seed, settings.base, settings.init, settings.peak_rate, settings.peft, settings.rank)
    watched = (settings.looks, settings.patience, len(held_out)) if held_out else ()
    digest = hashlib.sha256(repr((how, watched)).encode())
    for batch in plan:
        digest.update(repr(batch).encode())
    return digest.hexdigest()


def read_examples(path: Path) -> list[Example]:
    """JSON lines written by `write_examples` or `lamp data`, compressed if the name ends in .xz."""
    from models.dataset_files import read_file

    return read_file(path)


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    from models.dataset_files import opened
    from models.scene import to_plain

    with opened(path, "w") as file:
        for example in examples:
            file.write(json.dumps(to_plain(example), ensure_ascii=False) + "\n")
