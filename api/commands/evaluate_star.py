"""`lamp eval star`: the next action in dialogues about tasks that training never saw."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    context: typer.Context,
    star: Annotated[
        Path, typer.Option(envvar="LAMP_STAR", help="star.tar.xz, made from RasaHQ/STAR's tasks, apis and dialogues.")
    ] = Path("../shared/data/star/star.tar.xz"),
    limit: Annotated[int, typer.Option(min=1, help="At most so many moments, dialogue by dialogue.")] = 2000,
    seed: Annotated[int, typer.Option(help="Of the dialogues drawn, and of the intervals.")] = 1,
    results: Annotated[Path, typer.Option(help="File for the results by task.")] = Path("data/eval-star.json"),
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON line.")] = False,
) -> None:
    """Measure the next action on the five held-out tasks of STAR, happy dialogues about one task.

    `next_action_f1`: F1 over the actions, weighted by how often each is right, as in the papers on STAR.
    Offered are the task's own actions, what each says, and its graph, as to the papers' models.
    """
    from api.commands.common import settings_of
    from api.commands.evaluate_common import Bar, write_results
    from api.practice.next_action import by_actions, chosen, held_out, report
    from models import adapter

    write_results(results, {})
    asked = held_out(star, count=limit, seed=seed)
    network, card = adapter.load(settings_of(context).adapter or adapter.DEFAULT)
    with Bar(quiet=as_json) as bar:
        bar.next("moments", len(asked))
        taken = chosen(network.eval(), card["base"], asked, tell=bar.tell)
    summary, tasks = report(asked, taken, seed=seed)
    pairs = zip(asked, taken, strict=True)
    rows = [{"dialogue": a.dialogue, "task": a.task, "right": a.right, "taken": t} for a, t in pairs]
    actions = {name: dataclasses.asdict(score) for name, score in by_actions(asked, taken).items()}
    write_results(results, {"summary": summary, "tasks": tasks, "actions": actions, "moments": rows})
    if not as_json:
        for name, figures in tasks.items():
            typer.echo(f"{name:20} " + "  ".join(f"{kind} {figure}" for kind, figure in figures.items()))
    typer.echo(json.dumps(summary))
