"""Seconds of training on the same batches: all layers, the upper ones, and the upper ones over kept activations.

    .venv/bin/python bench/upper_layers.py [--layers 2 3] [--examples 60] [--passes 4] [--threads 1]

The three take turns, pass by pass, in one process. Told are CPU seconds of this process, which other programs disturb
less than the clock; the last line is one JSON object. Compare the ratios between machines, not the seconds.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from typing import Any

import torch

from models import adapter
from models.base import load_tokenizer
from models.encode import Encoder
from models.general import sample
from models.loss import ChooseItem, FillItem, batch_loss, batches, items
from models.network import PointerNetwork
from models.upper import UpperNetwork

Batches = Sequence[Sequence[ChooseItem | FillItem]]


class Learner:
    """A network with its optimiser."""

    def __init__(self, network: PointerNetwork) -> None:
        self.network, self.seconds = network, list[float]()
        self._trained = [p for p in network.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(self._trained, lr=1e-4, fused=True)

    def once(self, plan: Batches) -> None:
        """One pass; its CPU seconds are noted."""
        began = time.process_time()
        for batch in plan:
            batch_loss(self.network, batch).backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
            self._optimiser.zero_grad(set_to_none=True)
        self.seconds.append(time.process_time() - began)


def learners(layers: Sequence[int]) -> dict[str, Learner]:
    def fresh() -> PointerNetwork:
        network, _ = adapter.load(adapter.DEFAULT, trainable=True)
        return network  # type: ignore[no-any-return]

    made = {"all": Learner(fresh())}
    for k in layers:
        made[f"upper_{k}"] = Learner(UpperNetwork(fresh(), layers=k, keep_mb=0))
        made[f"upper_{k}_kept"] = Learner(UpperNetwork(fresh(), layers=k))
    return made


def report(made: dict[str, Learner], plan: Batches, passes: int) -> dict[str, Any]:
    """`first`: the first pass, in which what is kept is computed; `later`: the mean of the others."""
    base = sum(made["all"].seconds)
    rows = {
        name: {
            "first": round(learner.seconds[0], 2),
            "later": round(sum(learner.seconds[1:]) / max(1, passes - 1), 2),
            "times_faster": round(base / sum(learner.seconds), 2),
        }
        for name, learner in made.items()
    }
    kept = {name: each.network.kept_mb for name, each in made.items() if isinstance(each.network, UpperNetwork)}
    tokens = sum(
        len(i.window.ids) if isinstance(i, FillItem) else sum(len(w.ids) for w in i.windows) for b in plan for i in b
    )
    return {"passes": passes, "tokens_a_pass": tokens, **rows, "kept_mb": {k: round(v) for k, v in kept.items() if v}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--examples", type=int, default=60)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    encoder = Encoder(load_tokenizer())
    pool = [item for example in sample()[: given.examples] for item in items(example, encoder)]
    plan = list(batches(pool, tokens=3072, rng=random.Random(0)))
    made = learners(given.layers)
    for number in range(given.passes):
        for name, learner in made.items():
            learner.once(plan)
            print(f"pass {number + 1}, {name}: {learner.seconds[-1]:.1f} s", flush=True)
    print(json.dumps(report(made, plan, given.passes)))


if __name__ == "__main__":
    main()
