"""`lamp calibrate`: how sure a choice has to be, fitted on the practice help desk's dev tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    context: typer.Context,
    risk: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Wrong acts among those taken unasked, at most.")
    ] = 0.03,
    per_family: Annotated[int, typer.Option(min=1, help="Dev tasks of each family, each under three memories.")] = 4,
    seed: Annotated[int, typer.Option(help="Of the tasks.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON line.")] = False,
) -> None:
    """Fit temperature and threshold of an adapter on decisions it was not trained on; the card and a drawing say them.

    The last line is one JSON object, with the risk-coverage curve. `checked`: what temperature and threshold come to on
    decisions that they were not fitted on, five-fold by request. The adapter is the one of the settings: name another
    with `lamp --adapter FOLDER calibrate`.
    """
    from api.commands.common import settings_of
    from api.commands.evaluate_common import Bars
    from api.practice.desk import practice
    from api.practice.lessons import held_out_decisions
    from models import adapter
    from models.base import load_tokenizer
    from models.calibrate import Decision, as_card, checked, curves, decisions, draw, fitted
    from models.encode import Encoder

    folder = settings_of(context).adapter or adapter.DEFAULT
    network, card = adapter.load(folder)
    encoder, found = Encoder(load_tokenizer(card["base"])), list[Decision]()
    network.eval()
    with Bars(quiet=as_json) as bars:
        with practice() as desk:
            examples = held_out_decisions(desk, per_family=per_family, seed=seed, tell=bars.tell)
            reads = [spec.name for spec in desk.specs.values() if spec.effect == "read"]
        for number, example in enumerate(examples, start=1):
            found += decisions(network, encoder, [example], reads=reads)
            bars.tell("decisions", number, len(examples))
    calibration = fitted(found)
    draw(calibration, folder / "calibration.png", risk=risk)
    check = checked(found, risk=risk)
    figures = as_card(calibration, risk=risk) | {
        "checked_ece": round(check.error, 4),
        "checked_risk": round(check.risk, 4),
        "checked_coverage": round(check.coverage, 4),
        "checked_acts": check.acts,
    }
    adapter.write_card(folder, {**card, "temperature": calibration.temperature, "calibration": figures})
    if not as_json:
        typer.echo(_told(calibration.temperature, figures, folder))
    drawing = {"drawing": str(folder / "calibration.png"), **curves(calibration)}
    typer.echo(json.dumps({"temperature": calibration.temperature, **figures, **drawing}))


def _told(temperature: float, figures: dict[str, float], folder: Path) -> str:
    return (
        f"Temperature {temperature}; expected calibration error {figures['ece']} "
        f"(uncalibrated {figures['ece_uncalibrated']}, n = {figures['decisions']}). "
        f"Acts unasked from probability {figures['act']} on: {100 * figures['coverage']:.0f} % of the wished acts, "
        f"{100 * figures['risk_observed']:.1f} % of those taken wrong; on decisions it was not fitted on "
        f"{100 * figures['checked_coverage']:.0f} % and {100 * figures['checked_risk']:.1f} %. "
        f"Drawn in {folder / 'calibration.png'}."
    )
