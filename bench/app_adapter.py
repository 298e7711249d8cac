"""An adapter for the practice help desk from its experts' runs: how long it takes, and what it wins on held-out runs.

    .venv/bin/python bench/app_adapter.py [--per-family 3] [--layers 3] [--threads 2]

The experts solve tasks of the train split; `lamp train app helpdesk` learns from four fifths and is asked the others.
The last line is one JSON object. Everything is in a temporary folder.
"""

import argparse
import json
import sys
import time

import torch

from api.app_training import Plan, train_app
from api.practice.desk import practice
from api.practice.experience import learn_from_experts
from models.train import Progress


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-family", type=int, default=3, help="experts' runs of each family of tasks")
    parser.add_argument("--layers", type=int, default=Plan.layers)
    parser.add_argument("--epochs", type=float, default=Plan.epochs)
    parser.add_argument("--rate", type=float, default=Plan.rate)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    plan = Plan(layers=given.layers, epochs=given.epochs, rate=given.rate)
    with practice() as desk:
        remembered = learn_from_experts(desk.services, per_family=given.per_family)
        began = time.process_time()
        made = train_app(desk.services, "helpdesk", plan, tell=_tell, listen=_listen)
    figures = {
        "remembered": remembered,
        "runs": made.material.runs,
        "runs_held_out": made.material.runs_held_out,
        "examples": len(made.material.train),
        "seconds": round(made.seconds, 1),
        "cpu_seconds": round(time.process_time() - began, 1),
        "promoted": made.version.in_use,
    }
    print(json.dumps({**figures, **made.contest.figures(), "why": made.contest.why}))


def _tell(what: str, done: int, total: int) -> None:
    if done == total:
        print(f"{what}: {total}", file=sys.stderr, flush=True)


def _listen(at: Progress) -> None:
    if at.step % 20 == 0 or at.step == at.steps:
        print(f"step {at.step} of {at.steps}, loss {at.loss:.3f}, {at.seconds:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
