"""`lamp train acts`: whether a message is an order, a question or a veto."""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated

import typer

from api.commands.train_common import Out, Rate, Seed, Threads, bar, brief, brief_card


def command(
    out: Out,
    steps: Annotated[int, typer.Option(min=1, help="Batches of 72 messages.")] = 700,
    rate: Rate = 1e-3,
    seed: Seed = 0,
    threads: Threads = 0,
) -> None:
    """Learn to tell orders from questions and vetoes. It takes minutes, and begins anew if it was cut off."""
    from api.practice import acts
    from models import dialogue_act_train
    from models.dialogue_act import DialogueActs
    from models.encoder_card import write_card

    sources = {
        "helpdesk": acts.helpdesk(),
        "offices": acts.orders(learned=True),
        "offices_asides": acts.told(learned=True),
        "offices_turned_round": acts.turned_round(learned=True),
    }
    settings = brief(steps, rate, seed, threads)
    with bar("dialogue acts") as tell:
        network = dialogue_act_train.learn([*sources.values()], settings, listen=lambda step, of, _: tell(step, of))
    counts = {name: Counter(each.act for each in of) for name, of in sources.items()}
    data = [{"name": name, **{acts.PLURAL[act]: n for act, n in sorted(of.items())}} for name, of in counts.items()]
    card = brief_card(settings, data)
    dialogue_act_train.save(network, out, card)
    figures = acts.measured(DialogueActs.load(out))
    write_card(out, {**card, "metrics": figures}, dialogue_act_train.README)
    typer.echo(json.dumps({"out": str(out), **figures}))
