"""`lamp train compare`: the kinds of adapters on one and the same budget, as a table."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.train_common import Rate, Seed, Threads, bar, method, prepared, say_forecast, settings_for

if TYPE_CHECKING:
    from models.scene import Example

COLUMNS = ("method", "score", "choose", "span", "option", "trainable in the encoder", "adapter, kB", "seconds")


def command(
    out: Annotated[Path, typer.Option(help="Folder for an adapter of each kind.")],
    data: Annotated[Path, typer.Option(help="Folder that `lamp data` made.")],
    methods: Annotated[str, typer.Option(help="Kinds of adapters, with commas.")] = "lora,dora,rslora,adalora,ia3",
    examples: Annotated[int, typer.Option(min=8, help="Train rows, the same for all.")] = 1500,
    measured: Annotated[int, typer.Option(min=8, help="Dev rows, the same for all.")] = 300,
    seed: Seed = 0,
    rate: Rate = 1e-3,
    threads: Threads = 0,
) -> None:
    """One pass of each kind over the same rows; the table is Markdown, for LOG.md. Kinds that are done are kept; one
    that was cut off begins anew, for its time is compared, too."""
    from api.practice.ledger import Ledger
    from models.dataset_files import read_card

    train, held, _ = prepared(data, [])
    draw = random.Random(seed)
    rows = draw.sample(train, min(examples, len(train)))
    dev = [example for each in held for example in each.examples]
    dev = draw.sample(dev, min(measured, len(dev)))
    identity = repr((read_card(data)["files"], examples, measured, seed, rate))
    ledger, lines = Ledger(out / "compare.jsonl", identity=identity), []
    for name in [method(each.strip()) for each in methods.split(",")]:
        if name not in ledger:
            ledger.put(name, _tried(name, rows, dev, out / name, seed=seed, rate=rate, threads=threads))
        lines.append(ledger.get(name))
    typer.echo(f"{len(rows)} train rows, {len(dev)} dev rows, one pass, peak rate {rate}, seed {seed}.\n")
    typer.echo(table(lines))


def _tried(
    name: str, rows: list[Example], dev: list[Example], out: Path, *, seed: int, rate: float, threads: int
) -> dict[str, Any]:
    from models import adapter
    from models.base import load_tokenizer
    from models.encode import Encoder
    from models.fit import finished
    from models.measure import measure
    from models.train import train_with_curves
    from models.watch import score

    settings = settings_for(out, seed=seed, epochs=1.0, rate=rate, init=None, peft=name, threads=threads)
    finished(settings)
    began = time.monotonic()
    with bar(name) as tell:
        network, curves = train_with_curves(
            rows, settings, listen=lambda p: tell(p.step, p.steps, p.loss), forecast=say_forecast
        )
    seconds = time.monotonic() - began
    learned = sum(p.numel() for p in network.encoder.parameters() if p.requires_grad)
    adapter.save(network, out, {"base": settings.base, "training": {"peft": name, "seed": seed, "peak_rate": rate}})
    curves.write(out, title=name)
    finished(settings)
    shares = measure(network, Encoder(load_tokenizer(settings.base)), dev).shares()
    return {
        "method": name,
        "score": score(shares),
        **{kind: shares.get(kind, 0.0) for kind in ("choose", "span", "option")},
        "trainable in the encoder": learned,
        "adapter, kB": round((out / "adapter_model.safetensors").stat().st_size / 1000),
        "seconds": round(seconds),
    }


def table(lines: list[dict[str, Any]]) -> str:
    """Markdown, in the order given."""
    head = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    return "\n".join(head + ["| " + " | ".join(_cell(line[c]) for c in COLUMNS) + " |" for line in lines])


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
