"""`lamp memory`: what was done before, and how it ended."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.common import opened, settings_of, stdout

app = typer.Typer(no_args_is_help=True, help="What was done before, and how it ended.")


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 30,
) -> None:
    """List remembered trajectories, newest first."""
    from rich.table import Table

    from api.describe import shorten

    with opened(settings_of(context)) as services:
        trajectories = services.record.memory.list(services.settings.tenant, limit)
        table = Table(box=None)
        for column in ("id", "request", "steps", "outcome", "helped"):
            table.add_column(column, no_wrap=column in ("id", "outcome"))
        for each in trajectories:
            helped = f"{each.successes} / {each.successes + each.failures}"
            table.add_row(each.id, shorten(each.task.text, 70), str(len(each.steps)), each.outcome.status, helped)
        stdout().print(table if trajectories else "Nothing is remembered yet.")


@app.command()
def show(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of a trajectory.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show a trajectory: its steps, each value's source, and what came of it."""
    from api.view import show_trajectory
    from knowledge.codec import to_json

    with opened(settings_of(context)) as services:
        trajectory = services.record.memory.get(id, services.settings.tenant)
        if as_json:
            typer.echo(json.dumps(to_json(trajectory), ensure_ascii=False, indent=2))
        else:
            show_trajectory(stdout(), trajectory)


@app.command()
def forget(context: typer.Context, ids: Annotated[list[str], typer.Argument(help="Ids of trajectories.")]) -> None:
    """Forget trajectories for good."""
    with opened(settings_of(context)) as services:
        for id in ids:
            services.record.memory.forget(id, services.settings.tenant)
            stdout().print(f"{id} is forgotten.")


@app.command()
def learn(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(help="Conversations with calls of tools, as OpenAI's fine-tuning format has them.")
    ],
) -> None:
    """Take verified conversations as precedents for chat completions. If one is none, nothing is taken."""
    from api.chat.demonstrations import FORMAT, precedent, read
    from api.chat.shelves import Shelves
    from api.commands.train_common import bar
    from api.errors import tell as told
    from knowledge.errors import BadConfiguration, LamplighterError

    with opened(settings_of(context)) as services:
        tenant = services.settings.tenant
        redactor = services.redactor_for(tenant)
        shown, shelves, now, found = list(read(path)), Shelves(services.embedder), datetime.now().astimezone(), []
        with bar("conversations") as tell:
            for number, each in enumerate(shown, start=1):
                try:
                    found.append(precedent(each.redacted(redactor), shelves, now=now, tenant=tenant))
                except LamplighterError as error:
                    what = told(error)
                    message = f"Conversation {number} of {path}: {what.message}"
                    raise BadConfiguration(message, remedy=what.remedy or FORMAT) from error
                tell(number, len(shown))
        vectors = services.embedder.embed([each.task.text for each in found])
        for trajectory, vector in zip(found, vectors, strict=True):
            services.record.memory.write(trajectory, vector, tenant)
        stdout().print(f"{len(found)} conversations are precedents now.")
