"""`lamp train`: a mixture of examples in one go, the four phases one after the other, or one application's adapter."""

from __future__ import annotations

import typer

from api.commands import (
    train_acts,
    train_app,
    train_compare,
    train_mean,
    train_mix,
    train_opposites,
    train_phase1,
    train_phase2,
    train_phase3,
    train_phase4,
    train_requests,
    train_segmenter,
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Train the model's adapter. Killed, the same command goes on from its last checkpoint.",
)
app.command("mix")(train_mix.command)
app.command("phase1")(train_phase1.command)
app.command("phase2")(train_phase2.command)
app.command("phase3")(train_phase3.command)
app.command("phase4")(train_phase4.command)
app.command("requests")(train_requests.command)
app.command("segmenter")(train_segmenter.command)
app.command("acts")(train_acts.command)
app.command("opposites")(train_opposites.command)
app.command("mean")(train_mean.command)
app.command("compare")(train_compare.command)
app.command("app")(train_app.command)
