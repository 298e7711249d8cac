"""`lamp calibrate`: how sure a choice has to be, fitted on the practice help desk's dev tasks."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    context: typer.Context,
    risk: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Wrong acts among those taken unasked, at most.")
    ] = 0.03,
    per_family: Annotated[int, typer.Option(min=1, help="Dev tasks of each family, each under three memories.")] = 4,
    seed: Annotated[int, typer.Option(help="Of the tasks.")] = 5,
) -> None:
    """Fit temperature and threshold of an adapter on decisions it was not trained on; the card and a drawing say them.

    The adapter is the one of the settings: name another with `lamp --adapter FOLDER calibrate`.
    """
    from api.commands.common import settings_of
    from api.practice.desk import practice
    from api.practice.lessons import held_out_decisions
    from models import adapter
    from models.base import load_tokenizer
    from models.calibrate import as_card, decisions, draw, fitted
    from models.encode import Encoder

    folder = settings_of(context).adapter or adapter.DEFAULT
    network, card = adapter.load(folder)
    with practice() as desk:
        examples = held_out_decisions(desk, per_family=per_family, seed=seed)
        reads = [spec.name for spec in desk.specs.values() if spec.effect == "read"]
    found = decisions(network.eval(), Encoder(load_tokenizer(card["base"])), examples, reads=reads)
    calibration = fitted(found)
    draw(calibration, folder / "calibration.png", risk=risk)
    figures = as_card(calibration, risk=risk)
    adapter.write_card(folder, {**card, "temperature": calibration.temperature, "calibration": figures})
    typer.echo(
        f"Temperature {calibration.temperature}; expected calibration error {figures['ece']} "
        f"(uncalibrated {figures['ece_uncalibrated']}, n = {figures['decisions']}). "
        f"Acts unasked from probability {figures['act']} on: {100 * figures['coverage']:.0f} % of the wished acts, "
        f"{100 * figures['risk_observed']:.1f} % of those taken wrong. Drawn in {folder / 'calibration.png'}."
    )
