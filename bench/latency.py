"""Milliseconds of one step's two passes, beside one bare pass of the base encoder over as many tokens.

    .venv/bin/python bench/latency.py [--threads 2] [--steps 40]

The last line is one JSON object. Compare the ratio between machines, not the milliseconds.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from api.practice.desk import Practice, practice, task_of
from knowledge.types import Query, Task
from models.base import load_encoder
from models.lam import Situation
from models.layout import choose_scene, fill_scene
from models.pointer import PointerLAM


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def step(lam: PointerLAM, bare: Any, desk: Practice, task: Task) -> tuple[float, float, float]:
    """choose, fill, and the bare encoder over the same windows."""
    situation = Situation(task=task, context=desk.services.retriever.context(Query(text=task.text)))
    action = situation.candidates[0]
    windows = [*lam.encoder.choose(choose_scene(situation)), *lam.encoder.fill(fill_scene(situation, action))]

    @torch.inference_mode()
    def passes() -> None:
        for window in windows:
            bare(input_ids=torch.tensor([window.ids]))

    return (
        milliseconds(lambda: lam.choose(situation)),
        milliseconds(lambda: lam.fill(situation, action)),
        milliseconds(passes),
    )


def main() -> None:
    from examples.helpdesk.tasks import generate

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=40)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    lam, bare = PointerLAM.load(), load_encoder().eval()
    with practice(lam=lam) as desk:
        tasks = generate("dev", seed=11, per_family=1)[: arguments.steps]
        rows = [step(lam, bare, desk, task_of(task)) for task in tasks]
    choose, fill, base = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        json.dumps(
            {
                "steps": len(rows),
                "threads": arguments.threads,
                "choose_ms_p50": round(choose, 1),
                "fill_ms_p50": round(fill, 1),
                "bare_encoder_ms_p50": round(base, 1),
                "ratio": round((choose + fill) / base, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
