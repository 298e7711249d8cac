"""`lamp undo`: take a run back, as far as that can be done."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.commands.common import opened, settings_of, stdout


def command(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="Id of the run, as `lamp memory list` shows it.")],
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would undo it.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Go ahead and approve every call.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --plan: print it as JSON.")] = False,
) -> None:
    """Show what would undo a run and what would remain of it; then, after a yes, undo it and look again."""
    from api.schemas_undo import UndoPlanView
    from api.sessions import Sessions
    from api.tell import undo_run
    from api.view import show, undo_lines

    with opened(settings_of(context)) as services:
        console, found = stdout(), services.undoer().plan(run, services.settings.tenant)
        if plan and as_json:
            typer.echo(json.dumps(UndoPlanView.of(found).model_dump(mode="json"), ensure_ascii=False, indent=2))
            return
        show(console, undo_lines(found))
        if plan:
            return
        with Sessions(services) as sessions:
            undone = undo_run(sessions, found, console, approve_all=approve)
        if undone is None or undone.outcome is None or undone.outcome.status not in ("verified", "unverified"):
            raise typer.Exit(1)
