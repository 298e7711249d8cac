"""`lamp eval offices`: single decisions in made-up offices, applications that the model never saw."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    context: typer.Context,
    each: Annotated[int, typer.Option(min=1, help="Tasks of each operation of the offices never trained on.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the tasks, and of what memory knows.")] = 1,
    results: Annotated[Path, typer.Option(help="File for the results by operation.")] = Path("data/eval-offices.json"),
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON line.")] = False,
) -> None:
    """Measure `choose`, `span`, `option` and `call_exact` on every call that an expert makes, one at a time.

    `choose`: the call, among twelve of the office's and the four endings. In half of the tasks memory knows nothing of
    the operation; `misled` are the calls where precedents vote for something else.
    """
    from api.commands.common import settings_of
    from api.commands.evaluate_common import Bar, write_results
    from api.practice.offices import misled, office_lessons
    from api.practice.services import counted, judged
    from examples.offices import HELD_OUT, offices
    from models import adapter

    write_results(results, {})
    unseen = [office for office in offices() if office.name in HELD_OUT]
    network, card = adapter.load(settings_of(context).adapter or adapter.DEFAULT)
    with Bar(quiet=as_json) as bar:
        bar.next("offices", len(unseen))
        examples = office_lessons(unseen, each=each, seed=seed, vary=False, tell=lambda *_: bar.tell()).examples
        bar.next("decisions", len(examples))
        verdicts = judged(network.eval(), card["base"], examples, tell=bar.tell)
    found = counted(examples, verdicts)
    astray = [(each, verdict) for each, verdict in zip(examples, verdicts, strict=True) if misled(each)]
    there = counted([each for each, _ in astray], [verdict for _, verdict in astray]).summary
    summary = found.summary | {f"misled_{key}": there[key] for key in ("choose", "choose_n", "choose_ci95")}
    actions = {name: dataclasses.asdict(score) for name, score in found.actions.items()}
    write_results(results, {"summary": summary, "operations": found.services, "actions": actions})
    if not as_json:
        for name, shares in found.services.items():
            typer.echo(f"{name:40} " + "  ".join(f"{kind} {share:.2f}" for kind, share in shares.items()))
    typer.echo(json.dumps(summary))
