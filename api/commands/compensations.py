"""`lamp compensations`: what undoes what, where an application's document does not say so."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.common import opened, settings_of, stdout

app = typer.Typer(no_args_is_help=True, help="What undoes an action: what runs suggest, and what a person confirmed.")
Action = Annotated[str, typer.Argument(help="Id of the action to be undone, as helpdesk.block_badge.")]
UndoneBy = Annotated[str, typer.Argument(help="Id of the action that undoes it.")]


@app.command()
def propose(context: typer.Context) -> None:
    """Show actions that seem to undo each other, by the verified runs so far. Nothing is used until it is confirmed."""
    from planner.pairs import proposed

    with opened(settings_of(context)) as services:
        pairs = proposed(services.record, services.settings.tenant)
        for pair in pairs:
            stdout().print(
                f"{pair.undone_by} seems to undo {pair.action}: runs {', '.join(pair.evidence)}.", markup=False
            )
        if pairs:
            stdout().print("Confirm one: lamp compensations confirm ACTION UNDONE_BY", style="dim")
        else:
            stdout().print("No verified runs put back what others had changed, beyond what is known.")


@app.command()
def confirm(context: typer.Context, action: Action, undone_by: UndoneBy) -> None:
    """Confirm that one action undoes another. From now on `lamp undo` uses it."""
    from datetime import UTC, datetime

    from knowledge.compensations import Confirmed
    from knowledge.errors import NotFound
    from planner.pairs import proposed

    with opened(settings_of(context)) as services:
        record, tenant = services.record, services.settings.tenant
        pairs = proposed(record, tenant)
        pair = next((each for each in pairs if (each.action, each.undone_by) == (action, undone_by)), None)
        if pair is None:
            remedy = "`lamp compensations propose` lists what runs show."
            raise NotFound(f"No runs show that {undone_by} undoes {action}.", remedy=remedy)
        confirmed = Confirmed(
            action=action,
            undone_by=undone_by,
            arguments=pair.arguments,
            evidence=pair.evidence,
            confirmed_by=services.settings.requester or "command line",
            confirmed_at=datetime.now(UTC),
        )
        record.compensations.confirm(confirmed, tenant)
        stdout().print(f"{undone_by} undoes {action} from now on.", markup=False)


@app.command("list")
def list_(context: typer.Context) -> None:
    """List what was confirmed."""
    with opened(settings_of(context)) as services:
        found = services.record.compensations.list(services.settings.tenant)
        for each in found:
            told = f"{each.undone_by} undoes {each.action}; {each.confirmed_by}, {each.confirmed_at:%Y-%m-%d}"
            stdout().print(told, markup=False)
        if not found:
            stdout().print("Nothing was confirmed. What applications declare is used without that.")


@app.command()
def remove(context: typer.Context, action: Action, undone_by: UndoneBy) -> None:
    """Take a confirmation back."""
    with opened(settings_of(context)) as services:
        services.record.compensations.remove(action, undone_by, services.settings.tenant)
        stdout().print(f"{undone_by} is not used to undo {action} any more.", markup=False)
