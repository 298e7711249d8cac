"""`lamp train phase1`: which action follows which, from schemas and runbooks alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.train_common import (
    BatchTokens,
    Epochs,
    Held,
    Init,
    Out,
    Patience,
    Peft,
    Rate,
    Seed,
    Threads,
    bar,
    by_name,
    learn,
    settings_for,
)

if TYPE_CHECKING:
    from models.scene import Example


def command(
    out: Out,
    sgd: Annotated[Path | None, typer.Option(help="Folder with SGD's train.json.xz: its schemas.")] = None,
    each: Annotated[int, typer.Option(min=1, help="Wordings of each operation and runbook.")] = 6,
    per_family: Annotated[int, typer.Option(min=1, help="Help desk tasks of each family that plans walk over.")] = 6,
    init: Init = None,
    seed: Seed = 0,
    epochs: Epochs = 1.0,
    rate: Rate = 1e-3,
    threads: Threads = 0,
    peft: Peft = "lora",
    batch_tokens: BatchTokens = 0,
    patience: Patience = 3,
) -> None:
    """Task and plan pairs from documentation and schemas: choices without state, nothing to fill."""
    from api.practice import parts
    from models.train import write_examples

    settings = settings_for(
        out,
        seed=seed,
        epochs=epochs,
        rate=rate,
        init=init,
        peft=peft,
        batch_tokens=batch_tokens,
        patience=patience,
        threads=threads,
    )
    made, held = _helpdesk(each, per_family, seed)
    data = [_said("Lamplighter practice help desk: operations and runbooks", "Apache-2.0", made)]
    if sgd:
        from api.practice.pairs import service_pairs

        schemas = service_pairs(sgd, each=each, seed=seed)
        data.append(_said("Schema-Guided Dialogue (google-research-datasets), schemas", "CC BY-SA 4.0", schemas))
        made += schemas
    out.mkdir(parents=True, exist_ok=True)
    write_examples(out / "pairs.jsonl.xz", made)
    learn(made, [Held(label="plans", examples=held)], settings, data=data, title="phase 1")
    typer.echo(f"Pairs in {out / 'pairs.jsonl.xz'}; sha256 {parts.fingerprint(made)[:16]}…")


def _helpdesk(each: int, per_family: int, seed: int) -> tuple[list[Example], list[Example]]:
    from api.practice.desk import practice
    from api.practice.pairs import dev_plans, documentation_pairs

    with bar("plans") as tell, practice() as desk:
        made = documentation_pairs(desk, each=each, per_family=per_family, seed=seed, tell=by_name(tell))
        held = dev_plans(desk, per_family=2, seed=seed)
    told = ", ".join(f"{count} from {kind}" for kind, count in made.kinds.items())
    lines = ", ".join(f"{count} {what}" for what, count in made.lines.items())
    typer.echo(f"{len(made.examples)} choices; plans: {told}; runbook lines: {lines}")
    return made.examples, held


def _said(name: str, licence: str, examples: list[Example]) -> dict[str, object]:
    from api.practice import parts

    return {"name": name, "licence": licence, "sha256": parts.fingerprint(examples), "examples": len(examples)}
