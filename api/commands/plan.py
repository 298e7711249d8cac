"""`lamp plan`: what would be done, without doing it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.commands.common import opened, settings_of, stdout


def command(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What should be done, in plain words.")],
    requester: Annotated[str | None, typer.Option(help="Account name of the person asking.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Plan a request and show each value's source; nothing is carried out."""
    from api.sessions import new_task, require_actions
    from api.tell import show_plan
    from knowledge.codec import to_json

    with opened(settings_of(context, requester=requester)) as services:
        require_actions(services, services.settings.tenant)
        task = new_task(services, text)
        plan = services.runner().plan(task)
        if as_json:
            typer.echo(json.dumps(to_json(plan), ensure_ascii=False, indent=2))
        else:
            show_plan(services, task, plan, stdout())
