"""`lamp runs`: what was asked for, how it stands, and taking up what a process left behind."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import opened, settings_of, stdout

if TYPE_CHECKING:
    from api.sessions import Sessions
    from knowledge.types import Run

app = typer.Typer(no_args_is_help=True, help="Runs: how they stand, and taking up what was left behind.")
ELSEWHERE_S = 5.0
LOOK_S = 0.2


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 30,
) -> None:
    """List runs, newest first."""
    with opened(settings_of(context)) as services:
        _show(services.record.runs.list(limit, services.settings.tenant))


@app.command()
def resume(context: typer.Context) -> None:
    """Take up the runs that a process left behind, and wait until each has ended or waits for a person.

    `lamp serve` and `lamp run` do so by themselves; what waits for a person is decided there.
    """
    from api.sessions import Sessions

    with opened(settings_of(context)) as services, Sessions(services) as sessions:
        tenant = services.settings.tenant
        left = [run.id for run in services.record.runs.open(tenant)]
        sessions.adopt(tenant)
        _await(sessions, left, tenant)
        _show([services.record.runs.get(id, tenant) for id in left])


def _await(sessions: Sessions, left: list[str], tenant: str) -> None:
    """What is not taken up within a few seconds is carried out by another process."""
    runs, began, seen = sessions.services.record.runs, time.monotonic(), set[str]()
    while left:
        live = {id: sessions.live(id) for id in left}
        seen |= {id for id, found in live.items() if found}
        waiting = {id for id, found in live.items() if found and found.waiting}
        late = set() if time.monotonic() - began < ELSEWHERE_S else set(left) - seen
        left = [id for id in left if id not in waiting | late and runs.get(id, tenant).status != "done"]
        time.sleep(LOOK_S if left else 0)


def _show(runs: list[Run]) -> None:
    from rich.table import Table

    from api.describe import shorten

    table = Table(box=None)
    for column in ("id", "request", "steps", "status"):
        table.add_column(column, no_wrap=column in ("id", "status"))
    for run in runs:
        status = run.outcome.status if run.outcome else run.status
        table.add_row(run.id, shorten(run.task.text, 70), str(len(run.steps)), status)
    stdout().print(table if runs else "No runs.")
