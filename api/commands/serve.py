"""`lamp serve`: the service alone, over what was ingested and added before."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.common import opened, settings_of, stdout


def command(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one. [default: 8600]")] = None,
) -> None:
    """Serve the HTTP API and the web page until Ctrl-C."""
    from api.http import create_app
    from api.serving import bind, serving, until_interrupted

    settings = settings_of(context, host=host, port=port)
    console = stdout()
    with opened(settings) as services:
        services.policy()  # A policy that cannot be used is told now, not at the first request.
        bound = bind(settings.host, settings.port, option="--port")
        with serving(create_app(services), bound) as url:
            console.print(f"Lamplighter serves at {url}/ui/ (HTTP: {url}/docs) until Ctrl-C.", soft_wrap=True)
            until_interrupted()
            console.print("Ended.", style="dim")
