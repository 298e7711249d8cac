"""`lamp ingest`: documentation into the knowledge base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import opened, settings_of, stdout

if TYPE_CHECKING:
    from knowledge.ingest import Failure, IngestReport


def command(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Files, folders or URLs of Markdown, HTML or text.")],
    trusted: Annotated[
        bool | None,
        typer.Option("--trusted/--untrusted", help="May it steer what is done? [default: files trusted, URLs not]"),
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Forget documents that are gone from the folder.")] = False,
) -> None:
    """Read documentation; what did not change since last time is skipped."""
    from api.progress import bar
    from knowledge.fetch import is_url
    from knowledge.ingest import ingest
    from knowledge.types import Trust

    console = stdout()
    failed: list[Failure] = []
    with opened(settings_of(context)) as services:
        urls, paths = [s for s in sources if is_url(s)], [s for s in sources if not is_url(s)]
        for group, usual in ((paths, True), (urls, False)):
            if group:
                trust: Trust = "trusted" if (usual if trusted is None else trusted) else "untrusted"
                with bar(console, "Ingesting") as progress:
                    report = ingest(
                        services.record,
                        services.embedder,
                        group,
                        tenant=services.settings.tenant,
                        trust=trust,
                        prune=prune,
                        progress=progress,
                        redactor=services.redactor_for(services.settings.tenant),
                    )
                console.print(_in_words(report, trust))
                failed += report.failed
    for failure in failed:
        typer.secho(f"Not read: {failure.message}", fg="red", err=True)
    if failed:
        raise typer.Exit(2)


def _in_words(report: IngestReport, trust: str) -> str:
    return (
        f"{report.added} added, {report.replaced} replaced, {report.unchanged} unchanged, {report.removed} removed; "
        f"{report.passages} passages written ({trust})"
    )
