"""`lamp train requests`: the encoder of requests, by which precedents are found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.train_common import Out, Rate, Seed, Threads, bar, said
from knowledge.errors import BadConfiguration


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
    from models.contrast import Settings, learn, save, write_card
    from retrieval.embed import MiniLMEmbedder

    if threads:
        torch.set_num_threads(threads)
    left_out = _families(without)
    sources = [wishes.helpdesk(without=left_out), *([wishes.dialogues(sgd)] if sgd else [])]
    settings = Settings(steps=steps, rate=rate, seed=seed)
    with bar("requests") as tell:
        encoder = learn(sources, settings, listen=lambda step, of, _: tell(step, of))
    card = {
        "created": datetime.now(UTC).date().isoformat(),
        "command": said(),
        "settings": {"steps": steps, "peak_rate": rate, "seed": seed},
        "data": [{"name": s.name, "kinds": len(s.kinds), "requests": sum(map(len, s.kinds.values()))} for s in sources],
    }
    save(encoder, out, card)
    figures = {"before": wishes.measured(MiniLMEmbedder(), left_out=left_out)}
    figures["after"] = wishes.measured(MiniLMEmbedder(adapter=out), left_out=left_out)
    write_card(out, {**card, "metrics": figures})
    typer.echo(json.dumps({"out": str(out), **figures}))


def _families(named: str) -> frozenset[str]:
    """Raises BadConfiguration for one that training does not know."""
    from examples.helpdesk.tasks import FAMILIES, HELD_OUT

    families = frozenset(each.strip() for each in named.split(",") if each.strip())
    if unknown := sorted(families - (FAMILIES.keys() - HELD_OUT)):
        known = ", ".join(sorted(FAMILIES.keys() - HELD_OUT))
        raise BadConfiguration(f"No such families are trained on: {', '.join(unknown)}.", remedy=f"There are {known}.")
    return families
