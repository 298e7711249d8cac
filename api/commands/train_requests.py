"""`lamp train requests`: the encoder of requests, by which precedents are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.commands.train_common import Out, Rate, Seed, Threads, Without, bar, brief, brief_card, families


def command(
    out: Out,
    sgd: Annotated[Path | None, typer.Option(help="Folder with SGD's train.json.xz.")] = None,
    without: Without = "",
    steps: Annotated[
        int, typer.Option(min=1, help="Batches of 60 requests; more and it knows these families only.")
    ] = 600,
    rate: Rate = 5e-4,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Learn which requests want the same. It takes minutes, and begins anew if it was cut off."""
    from api.practice import wishes
    from models.contrast import README, learn, save
    from models.encoder_card import write_card
    from retrieval.embed import MiniLMEmbedder

    left_out = families(without)
    sources = [wishes.helpdesk(without=left_out), *([wishes.dialogues(sgd)] if sgd else [])]
    settings = brief(steps, rate, seed, threads)
    with bar("requests") as tell:
        encoder = learn(sources, settings, listen=lambda step, of, _: tell(step, of))
    data = [{"name": s.name, "requests": sum(map(len, s.kinds.values())), "kinds": len(s.kinds)} for s in sources]
    card = brief_card(settings, data)
    save(encoder, out, card)
    figures = {"before": wishes.measured(MiniLMEmbedder(), left_out=left_out)}
    figures["after"] = wishes.measured(MiniLMEmbedder(adapter=out), left_out=left_out)
    write_card(out, {**card, "metrics": figures}, README)
    typer.echo(json.dumps({"out": str(out), **figures}))
