"""`lamp eval services`: single decisions in schema-guided dialogues, of services the model never saw."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    context: typer.Context,
    sgd: Annotated[
        Path, typer.Option(envvar="LAMP_SGD", help="Folder with SGD's train.json.xz and dev.json.xz.")
    ] = Path("../shared/data/sgd"),
    limit: Annotated[int, typer.Option(min=1, help="How many calls to measure on.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the calls drawn, and of their distractors.")] = 1,
    results: Annotated[Path, typer.Option(help="File for the results by service.")] = Path("data/eval-services.json"),
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON line.")] = False,
) -> None:
    """Measure `choose`, `span`, `option` and `call_exact` on the dev dialogues' calls of unseen services.

    `choose`: the called intent, among the service's own, two to eight of other services, and the four endings.
    `moment`: the same over every decision, with those where asking or finishing was right.
    """
    from api.commands.common import settings_of
    from api.commands.evaluate_common import Bar, write_results
    from api.practice.services import measured, unseen
    from models import adapter

    write_results(results, {})
    examples = unseen(sgd, count=limit, seed=seed)
    network, card = adapter.load(settings_of(context).adapter or adapter.DEFAULT)
    with Bar(quiet=as_json) as bar:
        bar.next("calls", len(examples))
        found = measured(network.eval(), card["base"], examples, tell=bar.tell)
    actions = {name: dataclasses.asdict(score) for name, score in found.actions.items()}
    write_results(results, {"summary": found.summary, "services": found.services, "actions": actions})
    if not as_json:
        for name, shares in found.services.items():
            typer.echo(f"{name:24} " + "  ".join(f"{kind} {share:.2f}" for kind, share in shares.items()))
    typer.echo(json.dumps(found.summary))
