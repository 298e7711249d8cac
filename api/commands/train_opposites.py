"""`lamp train opposites`: which of an operation and its opposite a request asks for."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.commands.train_common import Out, Rate, Seed, Threads, bar, brief, brief_card


def command(
    out: Out,
    steps: Annotated[int, typer.Option(min=1, help="Batches of 20 requests held against an opposite.")] = 1400,
    rate: Rate = 1e-3,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Learn to tell an operation from its opposite. It takes half an hour, and begins anew if it was cut off."""
    from api.practice import opposites
    from api.practice.desk import practice
    from models import opposites_train
    from models.encoder_card import write_card
    from models.opposites import Opposites

    offices = opposites.of_offices(learned=True)
    with practice() as desk:
        helpdesk, dev = opposites.helpdesk(desk), opposites.helpdesk(desk, "dev")
    sources = {
        "offices": opposites_train.Source(requests=offices, compared=15, sided=9),
        "offices_joined": opposites_train.Source(requests=opposites.joined(offices), compared=1, sided=1),
        "helpdesk": opposites_train.Source(requests=helpdesk, compared=3, sided=2),
    }
    settings = brief(steps, rate, seed, threads)
    with bar("opposites") as tell:
        network = opposites_train.learn(
            [*sources.values()], opposites.operations(), settings, listen=lambda step, of, _: tell(step, of)
        )
    data = [
        {
            "name": name,
            "requests": len(source.requests),
            "with an opposite": sum(bool(each.opposites) for each in source.requests),
        }
        for name, source in sources.items()
    ]
    card = brief_card(settings, data)
    opposites_train.save(network, out, card)
    figures = opposites.measured(Opposites.load(out), dev)
    write_card(out, {**card, "metrics": figures}, opposites_train.README)
    typer.echo(json.dumps({"out": str(out), **figures}))
