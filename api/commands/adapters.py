"""`lamp adapters`: the adapters that applications have of their own, which are in use, and which were before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import opened, settings_of, stdout

if TYPE_CHECKING:
    from models.registry import Registry, Version

app = typer.Typer(no_args_is_help=True, help="Adapters of single applications: versions, promotion, rolling back.")
App = Annotated[str, typer.Argument(metavar="APP", help="Application, as `lamp apps list` names it.")]


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the versions of every application's adapter; the others leave their work to the general adapter."""
    from rich.table import Table

    with opened(settings_of(context)) as services:
        registry = services.app_adapters.registry(services.settings.tenant)
        table = Table(box=None)
        for column in ("app", "version", "in use", "made", "held-out steps", "trained from"):
            table.add_column(column, no_wrap=column != "trained from")
        for name in registry.apps():
            for version in registry.versions(name):
                table.add_row(name, str(version.number), "yes" if version.in_use else "", *_told(version))
        stdout().print(table if table.row_count else "No application has an adapter of its own: `lamp train app NAME`.")


def _told(version: Version) -> tuple[str, str, str]:
    card = version.card
    if version.damage:
        return "", "", version.damage
    training = card.get("training", {})
    started = f"{training.get('runs', '?')} runs, from {training.get('started_from', 'elsewhere')}"
    return str(card.get("created", "")), str(card.get("metrics", {}).get("held-out steps", "")), started


@app.command()
def show(
    context: typer.Context,
    name: App,
    number: Annotated[int, typer.Argument(metavar="VERSION", help="0: the one in use.")] = 0,
) -> None:
    """Show the card of a version as JSON: data, settings, and how it compared with the one before."""
    import json

    with opened(settings_of(context)) as services:
        version = _version(services.app_adapters.registry(services.settings.tenant), name, number)
        shown = {"app": name, "version": version.number, "in_use": version.in_use, "folder": str(version.folder)}
        damage = {"damage": version.damage} if version.damage else {}
        typer.echo(json.dumps({**shown, **damage, **version.card}, indent=2, ensure_ascii=False))


def _version(registry: Registry, name: str, number: int) -> Version:
    from knowledge.errors import NotFound

    if number:
        return registry.version(name, number)
    if version := registry.in_use(name):
        return version
    raise NotFound(f"No adapter of {name} is in use.", remedy="`lamp adapters list` shows what there is.")


@app.command()
def promote(context: typer.Context, name: App, number: Annotated[int, typer.Argument(metavar="VERSION")]) -> None:
    """Take a version into use, whatever its figures: the next run of that application uses it."""
    from models.adapter import load

    with opened(settings_of(context)) as services:
        registry = services.app_adapters.registry(services.settings.tenant)
        load(registry.version(name, number).folder)  # what cannot be loaded is not taken into use
        registry.promote(name, number)
        stdout().print(f"Version {number} of {name} is in use now; `lamp adapters rollback {name}` takes it back.")


@app.command()
def rollback(context: typer.Context, name: App) -> None:
    """Go back to what was in use before: an earlier version, or the general adapter."""
    with opened(settings_of(context)) as services:
        back = services.app_adapters.registry(services.settings.tenant).roll_back(name)
        stdout().print(f"In use for {name} is now {f'version {back.number}' if back else 'the general adapter'}.")
