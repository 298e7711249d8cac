"""`lamp train mean`: one adapter between two of the same base, without training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.train_common import Out, said


def command(
    first: Annotated[Path, typer.Argument(help="An adapter.")],
    second: Annotated[Path, typer.Argument(help="Another, best one that went on from the first.")],
    out: Out,
    share: Annotated[float, typer.Option(min=0.0, max=1.0, help="How much of the second.")] = 0.5,
    rank: Annotated[int, typer.Option(min=1, max=384, help="Rank of the result.")] = 32,
) -> None:
    """Average two adapters. It says nothing of how sure the result is: `lamp calibrate` does, afterwards."""
    from models import adapter
    from models.card import averaged
    from models.mean import mean

    network = mean(first, second, share=share, rank=rank)
    cards = adapter.read_card(first), adapter.read_card(second)
    adapter.save(network, out, averaged(*cards, share=share, command=said()))
    typer.echo(f"Adapter in {out}; not measured yet.")
