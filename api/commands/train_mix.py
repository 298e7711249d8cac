"""`lamp train mix`: examples from public dialogues and the practice help desk's experts, an adapter out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.collected import Public, collected
from api.commands.train_common import (
    BatchTokens,
    Epochs,
    Extra,
    Held,
    Init,
    Out,
    Patience,
    Peft,
    Rank,
    Rate,
    Seed,
    Threads,
    further_examples,
    learn,
    said_of,
    settings_for,
)
from knowledge.errors import BadConfiguration


def command(
    out: Out,
    sgd: Annotated[Path | None, typer.Option(help="Folder with SGD's train.json.xz and dev.json.xz.")] = None,
    sgd_examples: Annotated[int, typer.Option(help="How many of SGD's examples to take.")] = 7000,
    sgd_skip: Annotated[int, typer.Option(help="How many to leave out first: those of an earlier stage.")] = 0,
    star: Annotated[Path | None, typer.Option(help="star.tar.xz, made from RasaHQ/STAR.")] = None,
    star_examples: Annotated[int, typer.Option(help="How many of STAR's examples to take.")] = 3000,
    star_skip: Annotated[int, typer.Option(help="How many to leave out first: those of an earlier stage.")] = 0,
    helpdesk: Annotated[bool, typer.Option(help="Learn from the practice help desk's experts.")] = True,
    per_family: Annotated[int, typer.Option(help="Help desk tasks of each family of the train split.")] = 60,
    extra: Extra = None,
    extra_examples: Annotated[int, typer.Option(help="How many of the further examples to take, 0 for all.")] = 0,
    init: Init = None,
    seed: Seed = 0,
    epochs: Epochs = 1.0,
    rate: Rate = 1e-3,
    threads: Threads = 0,
    peft: Peft = "lora",
    rank: Rank = 0,
    batch_tokens: BatchTokens = 0,
    patience: Patience = 0,
) -> None:
    """Train on a mixture in one go."""
    if sgd is None and star is None and not extra and not helpdesk:
        remedy = "Give --sgd FOLDER, --star FILE or --extra FILE, or leave out --no-helpdesk."
        raise BadConfiguration("There is nothing to train on.", remedy=remedy)
    settings = settings_for(
        out,
        seed=seed,
        epochs=epochs,
        rate=rate,
        init=init,
        peft=peft,
        rank=rank,
        batch_tokens=batch_tokens,
        patience=patience,
        threads=threads,
    )
    parts = list(
        collected(
            sgd=Public(path=sgd, count=sgd_examples, skip=sgd_skip),
            star=Public(path=star, count=star_examples, skip=star_skip),
            per_family=per_family if helpdesk else 0,
            seed=seed,
        )
    )
    further, more = further_examples(extra or [], most=extra_examples, seed=seed)
    learn(
        [*(e for p in parts for e in p.train), *further],
        [Held(label=p.label, examples=p.dev) for p in parts],
        settings,
        data=[*(said_of(p) for p in parts), *more],
        title="training",
    )
