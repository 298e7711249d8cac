"""Seconds of training on the same batches, as torch and peft compute them and the quick way (models/quick.py).

    .venv/bin/python bench/quick_pass.py [--examples 60] [--passes 4] [--threads 1]

The two take turns, pass by pass, in one process. Told are CPU seconds of this process; the last line is one JSON
object. Compare the ratios between machines, not the seconds.
"""

import argparse
import json
import random
from contextlib import nullcontext

import torch
from upper_layers import Learner

from models import adapter
from models.base import load_tokenizer
from models.encode import Encoder
from models.general import sample
from models.loss import batches, items
from models.quick import quick


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=60)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    encoder = Encoder(load_tokenizer())
    pool = [item for example in sample()[: given.examples] for item in items(example, encoder)]
    plan = list(batches(pool, tokens=3072, rng=random.Random(0)))
    made = {way: Learner(adapter.load(adapter.DEFAULT, trainable=True)[0]) for way in ("plain", "quick")}
    for number in range(given.passes):
        for way, learner in made.items():
            with quick(learner.network) if way == "quick" else nullcontext():
                learner.once(plan)
            print(f"pass {number + 1}, {way}: {learner.seconds[-1]:.1f} s", flush=True)
    seconds = {way: round(sum(learner.seconds), 2) for way, learner in made.items()}
    ratios = [p / q for p, q in zip(made["plain"].seconds, made["quick"].seconds, strict=True)]
    spread = [round(min(ratios), 2), round(max(ratios), 2)]
    times = round(seconds["plain"] / seconds["quick"], 2)
    print(json.dumps({"passes": given.passes, **seconds, "times_faster": times, "least_and_most": spread}))


if __name__ == "__main__":
    main()
