"""`lamp apps`: the applications whose actions can be used."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.common import opened, settings_of, stdout

app = typer.Typer(no_args_is_help=True, help="Applications whose actions can be used.")


@app.command()
def add(
    context: typer.Context,
    openapi: Annotated[str, typer.Argument(help="Path or URL of an OpenAPI document.")],
    name: Annotated[str, typer.Option(help="Short name of the application.")],
    base_url: Annotated[str | None, typer.Option(help="Where it is. [default: as the document says]")] = None,
    auth_header: Annotated[
        str | None, typer.Option(help="Header of its secret. [default: as the document says]")
    ] = None,
    on_behalf_of_header: Annotated[str | None, typer.Option(help="Header that names the requester.")] = None,
    effect: Annotated[
        list[str] | None, typer.Option(help="Effect of an operation, as wipe_device=irreversible; repeatable.")
    ] = None,
) -> None:
    """Read an application's OpenAPI document; its operations become actions."""
    from api.apps import Access, add_app, parse_effects

    access = Access(base_url=base_url, auth_header=auth_header, on_behalf_of_header=on_behalf_of_header)
    with opened(settings_of(context)) as services:
        found = add_app(services, openapi, app=name, access=access, effects=parse_effects(effect or []))
        console = stdout()
        console.print(f"{name}: {len(found.actions)} actions at {found.application.base_url}")
        for skipped in found.skipped:
            console.print(f"skipped {skipped}", style="dim")
        if found.application.secret_name and not services.secrets.has(
            found.application.secret_name, services.settings.tenant
        ):
            console.print(f"It needs a secret: lamp apps secret {found.application.secret_name}")


@app.command("list")
def list_(context: typer.Context) -> None:
    """Show applications and their actions."""
    from rich.table import Table

    with opened(settings_of(context)) as services:
        catalogue, tenant = services.record.catalogue, services.settings.tenant
        applications = catalogue.applications(tenant)
        console = stdout()
        if not applications:
            console.print("No application is known yet. Add one: lamp apps add OPENAPI --name NAME")
        for application in applications:
            table = Table(title=f"{application.name} · {application.base_url}", title_justify="left", box=None)
            for column in ("action", "effect", "description"):
                table.add_column(column, style="dim" if column == "effect" else "")
            for action in catalogue.actions(tenant, apps=[application.name]):
                table.add_row(action.name, action.effect, action.description)
            console.print(table)


@app.command()
def remove(context: typer.Context, name: Annotated[str, typer.Argument(help="Name of the application.")]) -> None:
    """Forget an application and its actions."""
    with opened(settings_of(context)) as services:
        services.record.catalogue.remove(name, services.settings.tenant)
        stdout().print(f"{name} is forgotten.")


@app.command()
def secret(context: typer.Context, name: Annotated[str, typer.Argument(help="Name of the secret.")]) -> None:
    """Keep a secret (token or password) of an application in this machine's keyring; typed, or from a pipe."""
    import sys

    given = typer.prompt("Secret", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().strip()
    with opened(settings_of(context)) as services:
        services.secrets.put(name, given, services.settings.tenant)
        stdout().print(f"Secret {name} is kept in the keyring of this machine.")
