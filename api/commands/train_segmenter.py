"""`lamp train segmenter`: where one wish of a request ends and the next begins."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.train_common import Out, Rate, Seed, Threads, bar, families, said


def command(
    out: Out,
    sgd: Annotated[Path | None, typer.Option(help="Folder with SGD's train.json.xz and dev.json.xz.")] = None,
    without: Annotated[str, typer.Option(help="Families to leave out, with commas: to be measured on.")] = "",
    steps: Annotated[int, typer.Option(min=1, help="Batches of 42 requests.")] = 800,
    rate: Rate = 1e-3,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Learn where two wishes of a request meet. It takes minutes, and begins anew if it was cut off."""
    import torch

    from api.practice import segments
    from models.contrast import Settings
    from models.encoder_card import write_card
    from models.segmenter import Segmenter
    from models.segmenter_train import README, learn, save

    if threads:
        torch.set_num_threads(threads)
    left_out = families(without)
    sources = {"helpdesk": segments.helpdesk(without=left_out), "offices": segments.offices()}
    sources |= {"sgd": segments.dialogues(sgd)} if sgd else {}
    settings = Settings(steps=steps, rate=rate, seed=seed)
    with bar("segmenter") as tell:
        network = learn([*sources.values()], settings, listen=lambda step, of, _: tell(step, of))
    card = {
        "created": datetime.now(UTC).date().isoformat(),
        "command": said(),
        "settings": {"steps": steps, "peak_rate": rate, "seed": seed},
        "data": [
            {"name": name, "requests": len(of), "of several wishes": sum(bool(each.seams) for each in of)}
            for name, of in sources.items()
        ],
    }
    save(network, out, card)
    figures = segments.measured(segmenter := Segmenter.load(out), left_out=left_out)
    if sgd:
        figures |= segments.general(segmenter, segments.dialogues(sgd, "dev"))
    write_card(out, {**card, "metrics": figures}, README)
    typer.echo(json.dumps({"out": str(out), **figures}))
