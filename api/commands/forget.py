"""`lamp forget`: a person, erased from all that is kept, with the proof."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import opened, settings_of, stdout

if TYPE_CHECKING:
    from api.forgetting import Forgotten

SHOWN = 20


def command(
    context: typer.Context,
    who: Annotated[list[str], typer.Argument(help="Account name, e-mail address and full name of one person.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    documents: Annotated[
        bool, typer.Option("--documents", help="Remove documents that mention the person too.")
    ] = False,
) -> None:
    """Erase a person's data, then look through every file for the names; exit code 1 if they are still somewhere."""
    from api.forgetting import forget
    from knowledge.names import Names

    names = Names(who)
    with opened(settings_of(context)) as services:
        done = forget(services, names, tenant=services.settings.tenant, documents=documents, dry_run=dry_run)
    _tell_found(done, "would go" if dry_run else "are gone", documents=documents)
    if not dry_run:
        _tell_proof(done)
        raise typer.Exit(0 if done.proved else 1)


def _tell_found(done: Forgotten, verb: str, *, documents: bool) -> None:
    found, console = done.found, stdout()
    kept = verb if documents else "stay; --documents removes them"
    remembered = len(found.runs | found.trajectories)
    console.print(f"{remembered} runs or trajectories, {found.attempts} attempts {verb}.")
    for line, ids in (
        (f"Runs of others that quote them; the quotation {verb.replace('are', 'is')}", found.quoting),
        ("Keys that act in their name: revoked, without the name", found.keys),
        (f"Documents that mention them {kept}", found.documents.values()),
        ("Applications that mention them stay: correct the OpenAPI document and add it again", found.actions),
        (f"Adapters that learned from these runs {verb}; `lamp train app` makes them anew", done.adapters),
        ("Known as well as these; name them to have them forgotten", found.also),
        ("Longer names that stay; name them if they are the same person's", found.longer),
    ):
        if ids:
            console.print(f"{line}: {_listed(ids)}", soft_wrap=True)


def _listed(ids: Iterable[str]) -> str:
    every = sorted(ids)
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more


def _tell_proof(done: Forgotten) -> None:
    from rich.table import Table

    table = Table("looked through", "still there", box=None)
    for place, count in done.left.items():
        table.add_row(place, str(count))
    stdout().print(table)
    if not done.proved:
        typer.secho("They are not forgotten yet: see above what is left, mend it, and try again.", err=True, fg="red")
