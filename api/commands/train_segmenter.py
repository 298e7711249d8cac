"""`lamp train segmenter`: where one wish of a request ends and the next begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.commands.train_common import Out, Rate, Seed, Threads, Without, bar, brief, brief_card, families


def command(
    out: Out,
    sgd: Annotated[Path | None, typer.Option(help="Folder with SGD's train.json.xz and dev.json.xz.")] = None,
    mean: Annotated[
        list[Path] | None, typer.Option(help="Segmenters to average instead of learning; name several.")
    ] = None,
    without: Without = "",
    steps: Annotated[int, typer.Option(min=1, help="Batches of 48 requests.")] = 900,
    rate: Rate = 1e-3,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Learn where two wishes of a request meet. It takes minutes, and begins anew if it was cut off."""
    from api.practice import segments
    from models import segmenter_train
    from models.adapter import any_card
    from models.encoder_card import write_card
    from models.segmenter import Segmenter

    left_out = families(without)
    if mean:
        data = [each for folder in mean for each in any_card(folder).get("data", ())]
        network, card = segmenter_train.mean(mean), brief_card(None, data)
    else:
        sources = {"helpdesk": segments.helpdesk(without=left_out), "offices": segments.offices()}
        sources |= {"made_up_offices": segments.made_up(learned=True)}
        sources |= {"sgd": segments.dialogues(sgd)} if sgd else {}
        settings = brief(steps, rate, seed, threads)
        with bar("segmenter") as tell:
            network = segmenter_train.learn([*sources.values()], settings, listen=lambda step, of, _: tell(step, of))
        data = [
            {"name": name, "requests": len(of), "of several wishes": sum(bool(each.seams) for each in of)}
            for name, of in sources.items()
        ]
        card = brief_card(settings, data)
    segmenter_train.save(network, out, card)
    figures = segments.measured(segmenter := Segmenter.load(out), left_out=left_out)
    figures |= segments.general(segmenter, segments.made_up(), "made_up_offices")
    if sgd:
        figures |= segments.general(segmenter, segments.dialogues(sgd, "dev"))
    write_card(out, {**card, "metrics": figures}, segmenter_train.README)
    typer.echo(json.dumps({"out": str(out), **figures}))
