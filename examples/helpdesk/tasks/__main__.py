"""`python -m examples.helpdesk.tasks --split train --per-family 60 --out FILE.jsonl`: verified expert trajectories."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TextIO

from examples.helpdesk.server import HelpDeskServer
from examples.helpdesk.tasks.check import Server, collect
from examples.helpdesk.tasks.families import generate
from examples.helpdesk.tasks.task import SPLITS, HelpDeskTask

_EVERY = 25


def write(tasks: list[HelpDeskTask], server: Server, file: TextIO) -> Counter[str]:
    """One JSON a line: the task's fields, `steps` and `ending`. Returns the families of tasks that were dropped."""
    dropped: Counter[str] = Counter()
    for number, (task, trajectory, verified) in enumerate(collect(tasks, server), start=1):
        if trajectory is not None and verified:
            file.write(json.dumps({**task.as_json(), **trajectory.as_json()}, ensure_ascii=False) + "\n")
        else:
            dropped[task.family] += 1
        if number % _EVERY == 0 or number == len(tasks):
            done = f"{number}/{len(tasks)} tasks, {dropped.total()} dropped"
            print(f"\r{done}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return dropped


def main() -> None:
    parser = argparse.ArgumentParser(prog="examples.helpdesk.tasks", description="Write verified expert trajectories.")
    parser.add_argument("--split", choices=SPLITS, required=True)
    parser.add_argument("--per-family", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    tasks = generate(arguments.split, seed=arguments.seed, per_family=arguments.per_family)
    with HelpDeskServer() as server, arguments.out.open("w", encoding="utf-8") as file:
        dropped = write(tasks, server, file)
    print(f"{len(tasks) - dropped.total()} trajectories in {arguments.out}; dropped: {dict(dropped) or 'none'}")


if __name__ == "__main__":
    main()
