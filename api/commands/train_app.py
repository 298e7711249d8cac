"""`lamp train app NAME`: an adapter for one application, from its own verified runs."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def command(
    context: typer.Context,
    app: Annotated[str, typer.Argument(help="Application, as `lamp apps list` names it.")],
    layers: Annotated[int, typer.Option(min=1, help="How many upper layers of the encoder learn.")] = 3,
    epochs: Annotated[float, typer.Option(min=0.01, help="Passes over the examples.")] = 4.0,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 5e-4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same examples in the same order.")] = 0,
    most: Annotated[int, typer.Option(min=20, help="Learn from so many of the newest verified runs, at most.")] = 400,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON line.")] = False,
) -> None:
    """Train an adapter for one application from its own verified runs; take it into use if it does better.

    It starts from the adapter in use. A fifth of the runs is held out, by wording: on these it must get more steps
    right than the adapter in use, without a loss beyond noise anywhere. Killed, the same command goes on.
    """
    from api.app_training import Plan, train_app
    from api.commands.common import opened, settings_of
    from api.commands.evaluate_common import Bars
    from api.commands.train_common import say_forecast

    if threads:
        import torch

        torch.set_num_threads(threads)
    plan = Plan(layers=layers, epochs=epochs, rate=rate, seed=seed, most=most)
    with opened(settings_of(context)) as services, Bars(quiet=as_json) as bars:
        made = train_app(
            services,
            app,
            plan,
            tell=bars.tell,
            listen=lambda p: bars.tell("training", p.step, p.steps, loss=p.loss),
            forecast=None if as_json else say_forecast,
        )
    summary = {
        "app": app,
        "version": made.version.number,
        "promoted": made.version.in_use,
        "why": made.contest.why,
        **made.contest.figures(),
        "runs": made.material.runs,
        "runs_held_out": made.material.runs_held_out,
        "examples": len(made.material.train),
        "seconds": round(made.seconds, 1),
    }
    if not as_json:
        for each in made.contest.all:
            typer.echo(f"{each.name:16} {str(each).removeprefix(f'{each.name} ')}")
        typer.echo(f"Version {made.version.number} of {app}, trained from {made.before}. {made.contest.why}")
        typer.echo("It is in use now." if made.version.in_use else f"In use is still {made.before}.")
    typer.echo(json.dumps(summary))
