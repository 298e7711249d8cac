"""`lamp train phase3`: self-boosting on the practice help desk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.train_common import (
    BatchTokens,
    Data,
    Out,
    Patience,
    Rate,
    Seed,
    Threads,
    bar,
    by_name,
    learn,
    replay,
    report,
    settings_for,
)

if TYPE_CHECKING:
    from api.practice.boost import Boost, Boosted
    from api.practice.ledger import Ledger
    from models.scene import Example

WEIGHT = 3  # a new success counts as three of what was known


def command(
    out: Out,
    init: Annotated[Path, typer.Option(help="Adapter to boost.")],
    data: Data = None,
    replayed: Annotated[
        int, typer.Option(min=0, help="Rows of the data set to go over again beside what is new.")
    ] = 2000,
    per_family: Annotated[int, typer.Option(min=1, help="Help desk tasks of each family of the train split.")] = 6,
    most: Annotated[int, typer.Option(min=0, help="At most so many of them; 0: all.")] = 0,
    tries: Annotated[int, typer.Option(min=1, help="More tries at each failed task.")] = 4,
    temperature: Annotated[float, typer.Option(min=0.1, help="Of the choices in these tries.")] = 1.5,
    exam: Annotated[int, typer.Option(min=1, help="Dev tasks of each family to measure the gain on.")] = 2,
    exam_most: Annotated[int, typer.Option(min=0, help="At most so many of them; 0: all.")] = 0,
    seed: Seed = 0,
    epochs: Annotated[float, typer.Option(min=0.01)] = 1.0,
    rate: Rate = 3e-4,
    threads: Threads = 0,
    batch_tokens: BatchTokens = 0,
    patience: Patience = 3,
) -> None:
    """Try the train tasks that fail again with sampling, learn from what succeeded, measure the gain.

    The last line is one JSON object: failed, retried, new_successes, and the gain on the same dev tasks.
    """
    from api.practice.boost import Boost
    from api.practice.gain import Exam, examined, fingerprint, gain

    settings = settings_for(
        out,
        seed=seed,
        epochs=epochs,
        rate=rate,
        init=init,
        batch_tokens=batch_tokens,
        patience=patience,
        threads=threads,
    )
    how, asked = Boost(tries=tries, temperature=temperature, seed=seed), Exam(per_family=exam, most=exam_most)
    who = fingerprint(init)
    before = examined(init, asked, _ledger(out, "before", who, asked), "before", bar=bar)
    found = _tried(init, how, per_family, most, _ledger(out, "tries", who, how, per_family, most))
    new = found.new
    counts = {"tasks": found.tasks, "failed": found.failed, "retried": found.retried, "new_successes": len(new)}
    typer.echo(f"{counts}")
    if not new:
        typer.echo(json.dumps(report(out / "phase3.json", {**counts, "gain": None, "before": before["success"]})))
        return
    train, held, said = replay(data, replayed, seed)
    lessons = [example for each in new for example in each.examples]
    said.append(
        {
            "name": "own verified tries on the help desk's train split",
            "licence": "Apache-2.0",
            "sha256": _sha256(lessons),
            "examples": len(lessons),
        }
    )
    made_of = repr((who, [part["sha256"] for part in said], replayed, seed, epochs, rate))
    learn([*train, *lessons * WEIGHT], held, settings, data=said, title="phase 3", made_of=made_of)
    after = examined(out, asked, _ledger(out, "after", who, asked, fingerprint(out)), "after", bar=bar)
    typer.echo(json.dumps(report(out / "phase3.json", counts | gain(before, after))))


def _tried(adapter: Path, how: Boost, per_family: int, most: int, ledger: Ledger) -> Boosted:
    from api.practice.boost import boosted
    from api.practice.desk import practice
    from api.practice.experience import learn_from_experts
    from api.practice.gain import spread
    from examples.helpdesk.tasks import generate

    tasks = spread(generate("train", seed=how.seed + 7, per_family=per_family), most)
    with bar("tries") as tell, practice(adapter=adapter) as desk:
        learn_from_experts(desk.services)
        lam = desk.services.lam
        return boosted(desk, lam, tasks, how, ledger=ledger, tell=by_name(tell))


def _ledger(out: Path, name: str, *identity: object) -> Ledger:
    from api.practice.ledger import Ledger

    return Ledger(out / f"{name}.jsonl", identity=repr(identity))


def _sha256(lessons: list[Example]) -> str:
    from api.practice.parts import fingerprint

    return fingerprint(lessons)
