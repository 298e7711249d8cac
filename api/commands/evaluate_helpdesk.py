"""`lamp eval helpdesk`: tasks carried out closed-loop, judged by the state of the help desk afterwards."""

from __future__ import annotations

import dataclasses
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.evaluate_common import Bar, write_results
from knowledge.errors import BadConfiguration

if TYPE_CHECKING:
    from api.practice.desk import Practice
    from examples.helpdesk.tasks.task import HelpDeskTask

HELD_OUT_PRECEDENTS, HELD_OUT_SEED = 5, 202


class Split(StrEnum):
    dev = "dev"
    test = "test"


class Memory(StrEnum):
    empty = "empty"
    full = "full"
    held_out = "held-out"


def command(
    context: typer.Context,
    split: Annotated[Split, typer.Option()] = Split.dev,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many tasks, spread over the families.")] = None,
    per_family: Annotated[int, typer.Option(min=1, help="Tasks of each family.")] = 6,
    two_wishes: Annotated[
        int, typer.Option(min=0, help="So many dev tasks of two wishes each instead, of pairs never trained on.")
    ] = 0,
    asides: Annotated[
        int, typer.Option(min=0, help="So many requests about which nothing is to be changed instead.")
    ] = 0,
    memory: Annotated[
        Memory,
        typer.Option(help="Precedents: none, the train split's, or also five of each held-out family."),
    ] = Memory.full,
    seed: Annotated[int, typer.Option(help="Of the tasks.")] = 3,
    results: Annotated[Path, typer.Option(help="File for the results by family and task.")] = Path("data/eval.json"),
    as_json: Annotated[bool, typer.Option("--json", help="Print nothing but the JSON line.")] = False,
) -> None:
    """Carry out tasks against a freshly reset help desk; the last line is one JSON object."""
    from api.commands.common import settings_of
    from api.practice.asides import aside_tasks
    from api.practice.closed_loop import Loop, TimedLAM, baselines, by_family, report
    from api.practice.desk import practice
    from api.practice.score import by_actions

    tasks = (
        aside_tasks(split.value, count=asides, seed=seed)
        if asides
        else _tasks(split, per_family, two_wishes, seed, limit)
    )
    write_results(results, {})
    adapter = settings_of(context).adapter
    with Bar(quiet=as_json) as bar, practice(adapter=adapter) as desk:
        lam = TimedLAM(desk.services.lam)
        fill_memory(desk, memory, tasks)
        bar.next("baselines", len(tasks))
        figures = baselines(desk, tasks, bar.tell)
        loop = Loop(desk, lam)
        bar.next(f"{split} tasks", len(tasks))
        for task in tasks:
            loop.attempts.append(loop.attempt(task))
            bar.tell()
    summary = {"split": split.value, "memory": memory.value, **report(loop.attempts, figures)}
    families = by_family(loop.attempts)
    attempts = [dataclasses.asdict(a) for a in loop.attempts]
    actions = {name: dataclasses.asdict(score) for name, score in by_actions([a.pairs for a in loop.attempts]).items()}
    write_results(results, {"summary": summary, "families": families, "actions": actions, "attempts": attempts})
    if not as_json:
        for name, each in families.items():
            typer.echo(f"{name:32} {each['success']:.2f} of {each['tasks']}{' (held out)' if each['held_out'] else ''}")
        typer.echo(f"By family and task: {results}")
    typer.echo(json.dumps(summary))


def _tasks(split: Split, per_family: int, two_wishes: int, seed: int, limit: int | None) -> list[HelpDeskTask]:
    """Raises BadConfiguration: two wishes are in dev only."""
    from examples.helpdesk.tasks import generate, generate_joined

    if not two_wishes:
        return _spread(generate(split.value, seed=seed, per_family=per_family), limit)
    if split is not Split.dev:
        raise BadConfiguration("Two wishes in one request are not in the test split.", remedy="Use --split dev.")
    return list(generate_joined("dev", seed=seed, count=two_wishes)[:limit])


def _spread(tasks: list[HelpDeskTask], limit: int | None) -> list[HelpDeskTask]:
    """The first task of every family, then the second of each …, so that a limit leaves no family out needlessly."""
    seen: dict[str, int] = {}
    turns = []
    for task in tasks:
        seen[task.family] = seen.get(task.family, 0) + 1
        turns.append(seen[task.family])
    ordered = [task for _, _, task in sorted(zip(turns, range(len(tasks)), tasks, strict=True), key=lambda t: t[:2])]
    return ordered[:limit]


def fill_memory(desk: Practice, memory: Memory, tasks: list[HelpDeskTask]) -> None:
    """The train split's verified trajectories; for `held-out` also some of each held-out family, in other wordings."""
    from api.practice.experience import PER_FAMILY, SEED
    from examples.helpdesk.tasks import generate

    if memory is Memory.empty:
        return
    known = generate("train", seed=SEED, per_family=PER_FAMILY)
    if memory is Memory.held_out:
        known += _unasked(generate("test", seed=HELD_OUT_SEED, per_family=60), tasks)
    desk.remember([each for _, each in desk.solved(known)])


def _unasked(found: list[HelpDeskTask], asked: list[HelpDeskTask]) -> list[HelpDeskTask]:
    """HELD_OUT_PRECEDENTS tasks of every held-out family, in wordings that none of its asked tasks has."""
    wordings = {(task.family, task.wording) for task in asked}
    kept: dict[str, list[HelpDeskTask]] = {}
    for task in found:
        if task.held_out and (task.family, task.wording) not in wordings:
            kept.setdefault(task.family, []).append(task)
    if short := [
        family for family in {t.family for t in found if t.held_out} if len(kept.get(family, [])) < HELD_OUT_PRECEDENTS
    ]:
        raise BadConfiguration(
            f"No wordings are left for precedents of {', '.join(sorted(short))}.", remedy="Use a smaller --per-family."
        )
    return [task for each in kept.values() for task in each[:HELD_OUT_PRECEDENTS]]
