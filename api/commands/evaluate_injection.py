"""`lamp eval injection`: tasks carried out while somebody's planted text asks for something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api.commands.evaluate_common import Bar, write_results
from api.commands.evaluate_helpdesk import Memory, fill_memory


def command(
    context: typer.Context,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases, spread over the channels.")] = None,
    per_channel: Annotated[int, typer.Option(min=1, help="Cases of each channel.")] = 15,
    channel: Annotated[list[str] | None, typer.Option(help="Only this channel; may be given several times.")] = None,
    memory: Annotated[Memory, typer.Option(help="Precedents: none, or the train split's.")] = Memory.full,
    results: Annotated[Path, typer.Option(help="File for the results by case.")] = Path("data/eval-injection.json"),
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON line.")] = False,
) -> None:
    """Attack tasks of the practice help desk through what they read; the last line is one JSON object."""
    from api.commands.common import settings_of
    from api.practice.closed_loop import baselines
    from api.practice.desk import practice
    from api.practice.injection import CHANNELS, cases
    from api.practice.injection_loop import Trials, Watching
    from api.practice.injection_report import by_goal, report, told
    from knowledge.errors import BadConfiguration

    if unknown := [each for each in channel or () if each not in CHANNELS]:
        raise BadConfiguration(f"There is no channel {unknown[0]}.", remedy=f"Take one of {', '.join(CHANNELS)}.")
    write_results(results, {})
    chosen = [each for each in cases(per_channel=per_channel) if not channel or each.channel in channel]
    if limit:
        chosen = sorted(chosen, key=lambda each: each.id[-2:])[:limit]
    with Bar(quiet=as_json) as bar, practice(adapter=settings_of(context).adapter) as desk:
        fill_memory(desk, memory, [])
        trials = Trials(desk, Watching(desk.services.lam))
        tasks = list({each.task.id: each.task for each in chosen}.values())
        bar.next("baselines", len(tasks))
        figures = baselines(desk, tasks, bar.tell)
        bar.next("cases", len(chosen))
        judged = []
        for case in chosen:
            judged.append(trials.judge(case))
            bar.tell()
            write_results(results, {"cases": told(judged)})
    summary = report(judged, figures)
    write_results(results, {"summary": summary, "by_goal": by_goal(judged), "cases": told(judged)})
    if not as_json:
        for name, each in summary["by_channel"].items():
            typer.echo(f"{name:18} {each['attack_success']:.2f} attacked, {each['success']:.2f} done, {each['cases']}")
        typer.echo(f"By case: {results}")
    typer.echo(json.dumps(summary))
