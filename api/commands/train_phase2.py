"""`lamp train phase2`: what experts did, of all applications at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.train_common import (
    BatchTokens,
    Epochs,
    Extra,
    Hard,
    Init,
    Out,
    Patience,
    Peft,
    Rank,
    Rate,
    Seed,
    Threads,
    learn,
    prepared,
    settings_for,
)


def command(
    out: Out,
    data: Annotated[Path, typer.Option(help="Folder that `lamp data` made.")],
    extra: Extra = None,
    init: Init = None,
    seed: Seed = 0,
    epochs: Epochs = 1.0,
    rate: Rate = 1e-3,
    threads: Threads = 0,
    peft: Peft = "lora",
    rank: Rank = 0,
    batch_tokens: BatchTokens = 0,
    patience: Patience = 3,
    hard: Hard = 0.0,
) -> None:
    """Expert trajectories: choose and fill, step by step, as `lamp data` collected them."""
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
        hard=hard,
    )
    train, held, said = prepared(data, extra or [])
    learn(train, held, settings, data=said, title="phase 2")
