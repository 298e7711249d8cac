"""What every command needs: settings with the global options, services, a console, and how errors are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.errors import LamplighterError

if TYPE_CHECKING:
    import typer
    from rich.console import Console

    from api.settings import Settings
    from api.wiring import Services


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """The options before the command; None: as the settings say."""

    data_dir: str | None = None
    adapter: str | None = None
    tenant: str | None = None


def settings_of(context: typer.Context, **further: object) -> Settings:
    from api.settings import load_settings

    given = context.obj if isinstance(context.obj, Overrides) else Overrides()
    return load_settings(data_dir=given.data_dir, adapter=given.adapter, tenant=given.tenant, **further)


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    from api.logs import configure
    from api.wiring import build

    services = build(settings)
    configure(settings.log_level, scrub=services.redactor.text)
    try:
        yield services
    finally:
        services.close()


def stdout() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def complain(error: LamplighterError) -> None:
    """Message and remedy on stderr."""
    from rich.console import Console
    from rich.text import Text

    from api.errors import tell

    told = tell(error)
    console = Console(stderr=True, highlight=False)
    console.print(Text.assemble(("Error: ", "bold red"), told.message), soft_wrap=True)
    if told.remedy:
        console.print(Text.assemble(("→ ", "bold"), told.remedy), soft_wrap=True)
