"""`lamp train requests`: the encoder of requests, by which precedents are found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.train_common import Out, Rate, Seed, Threads, bar, families, said


def command(
    out: Out,
    sgd: Annotated[Path | None, typer.Option(help="Folder with SGD's train.json.xz.")] = None,
    without: Annotated[str, typer.Option(help="Families to leave out, with commas: to be measured on.")] = "",
    steps: Annotated[
        int, typer.Option(min=1, help="Batches of 60 requests; more and it knows these families only.")
    ] = 80,
    rate: Rate = 5e-4,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Learn which requests want the same. It takes minutes, and begins anew if it was cut off."""
    import torch

    from api.practice import wishes
    from models.contrast import README, Settings, learn, save
    from models.encoder_card import write_card
    from retrieval.embed import MiniLMEmbedder

    if threads:
        torch.set_num_threads(threads)
    left_out = families(without)
    sources = [wishes.helpdesk(without=left_out), *([wishes.dialogues(sgd)] if sgd else [])]
    settings = Settings(steps=steps, rate=rate, seed=seed)
    with bar("requests") as tell:
        encoder = learn(sources, settings, listen=lambda step, of, _: tell(step, of))
    card = {
        "created": datetime.now(UTC).date().isoformat(),
        "command": said(),
        "settings": {"steps": steps, "peak_rate": rate, "seed": seed},
        "data": [{"name": s.name, "requests": sum(map(len, s.kinds.values())), "kinds": len(s.kinds)} for s in sources],
    }
    save(encoder, out, card)
    figures = {"before": wishes.measured(MiniLMEmbedder(), left_out=left_out)}
    figures["after"] = wishes.measured(MiniLMEmbedder(adapter=out), left_out=left_out)
    write_card(out, {**card, "metrics": figures}, README)
    typer.echo(json.dumps({"out": str(out), **figures}))
