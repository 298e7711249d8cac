"""`lamp run`: the practice help desk, the service, one sample request in the terminal; then serve until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import opened, settings_of, stdout

if TYPE_CHECKING:
    from rich.console import Console

    from api.sessions import Sessions
    from api.settings import Settings
    from api.wiring import Services
    from examples.helpdesk.server import HelpDeskServer


def command(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="End after the sample request.")] = False,
    host: Annotated[str | None, typer.Option(help="Address the service listens on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the service; 0 picks a free one. [default: 8600]")] = None,
    helpdesk_port: Annotated[
        int | None, typer.Option(help="Port of the practice help desk; 0 picks a free one. [default: 8601]")
    ] = None,
    experience: Annotated[
        int, typer.Option(min=0, help="Tasks of each family that the experts show to a memory still empty.")
    ] = 8,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and record everything, change nothing.")] = False,
) -> None:
    """Start the practice help desk and the service, carry out one sample request, and serve until Ctrl-C."""
    settings = settings_of(context, host=host, port=port, helpdesk_port=helpdesk_port, dry_run=dry_run or None)
    if not _run(settings, once=once, experience=experience):
        raise typer.Exit(1)


def _run(settings: Settings, *, once: bool, experience: int) -> bool:
    """Whether the sample request was carried out."""
    from api.demo import REQUESTER, helpdesk, sample_task
    from api.http import create_app
    from api.serving import bind, require_free, serving, until_interrupted
    from api.tell import carry_out

    console = stdout()
    settings = settings.model_copy(update={"requester": settings.requester or REQUESTER})
    bound = bind(settings.host, settings.port, option="--port")
    require_free("127.0.0.1", settings.helpdesk_port, option="--helpdesk-port")
    with opened(settings) as services, helpdesk(services, settings.helpdesk_port) as desk:
        console.print(f"Practice help desk at {desk.url}", style="dim", soft_wrap=True)
        app = create_app(services, take_up=False)  # Before the model: NiceGUI walks over all objects, and torch's warn.
        _prepare(services, desk, console, experience)
        with serving(app, bound) as url:
            console.print(f"Lamplighter at {url}", style="dim", soft_wrap=True)
            sessions: Sessions = app.state.sessions
            sessions.open()  # Runs that were left behind go on now that the help desk is known at its address.
            run = carry_out(sessions, sample_task(services, desk), console)
            carried_out = run.outcome is not None and run.outcome.status in ("verified", "unverified")
            if not once:
                _where(console, url, desk.url, settings)
                until_interrupted()
                console.print("Ended.", style="dim")
    return carried_out or not once


def _prepare(services: Services, desk: HelpDeskServer, console: Console, experience: int) -> None:
    """Before anybody is served: a page that knows no application would only say so."""
    from api.demo import make_known
    from api.practice.experience import learn_from_experts
    from api.progress import bar

    with bar(console, "Reading the help desk's documentation") as progress:
        known = make_known(services, desk, progress)
    report = known.documents
    documents = report.added + report.replaced + report.unchanged
    new = f"{report.added + report.replaced} new" if report.added + report.replaced else "as before"
    console.print(f"Known: {documents} documents ({new}), {len(known.catalogued.actions)} actions", style="dim")
    for failure in report.failed:
        console.print(f"Not read: {failure.message}", style="red", markup=False)
    with bar(console, "Learning from what the help desk's experts did") as progress:
        if learned := learn_from_experts(services, progress, per_family=experience):
            console.print(f"Remembered: {learned} verified runs of the help desk's experts", style="dim")
    with console.status("Loading the model …"):
        services.warm()


def _where(console: Console, url: str, desk_url: str, settings: Settings) -> None:
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_row("Page", f"{url}/ui/")
    table.add_row("HTTP", f"{url}/docs")
    table.add_row("Help desk", f"{desk_url}/openapi.json")
    table.add_row("Data", str(settings.data_dir.resolve()))
    console.print("\nServing until Ctrl-C.", style="bold")
    console.print(table)
