"""`lamp keys`: who may use the service, and as what."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from api.commands.common import opened, settings_of, stdout

app = typer.Typer(no_args_is_help=True, help="Keys: who may use the service, and as what.")


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who or what will hold it.")],
    role: Annotated[
        str, typer.Option(help="requester (asks, sees the own runs), operator (sees all, approves) or admin.")
    ] = "requester",
    requester: Annotated[str, typer.Option(help="Account its holder acts as; needed for a requester.")] = "",
    days: Annotated[float | None, typer.Option(help="Days until it expires; 0: never.")] = 90.0,
) -> None:
    """Make a key and show it, this once. From the first key on, the service asks everyone for one."""
    from knowledge.keys import Role, mint

    settings = settings_of(context)
    with opened(settings) as services:
        first = not services.record.keys.any()
        made = mint(tenant=settings.tenant, name=name, role=cast(Role, role), requester=requester, days=days or None)
        services.record.keys.add(made.key)
    typer.echo(made.said)
    until = f"until {made.key.expires_at:%d %B %Y}" if made.key.expires_at else "until it is revoked"
    typer.secho(f"Key {made.key.id} ({role}, {until}). It is shown this once: keep it.", err=True, dim=True)
    if first:
        typer.secho("It is the first one: from now on the service asks everyone for a key.", err=True)


@app.command("list")
def list_(context: typer.Context) -> None:
    """List keys, the revoked ones too."""
    from datetime import UTC, datetime

    from rich.table import Table

    from api.describe import state_of

    settings = settings_of(context)
    with opened(settings) as services:
        keys = services.record.keys.list(settings.tenant)
        table = Table(box=None)
        for column in ("id", "name", "role", "acts as", "made", "state"):
            table.add_column(column, no_wrap=column == "id")
        for key in keys:
            made, state = f"{key.created_at:%Y-%m-%d}", state_of(key, datetime.now(UTC))
            table.add_row(key.id, key.name, key.role, key.requester, made, state)
        stdout().print(table if keys else "There is no key yet. Make one: lamp keys create NAME --role admin")


@app.command()
def revoke(context: typer.Context, ids: Annotated[list[str], typer.Argument(help="Ids of keys.")]) -> None:
    """Make keys useless, at once."""
    settings = settings_of(context)
    with opened(settings) as services:
        for each in ids:
            services.record.keys.revoke(each, settings.tenant)
            stdout().print(f"Key {each} is revoked.")
