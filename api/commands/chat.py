"""`lamp chat`: requests one after another in the terminal; questions and approvals are asked there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated

import typer

from api.commands.common import complain, opened, settings_of, stdout
from knowledge.errors import LamplighterError

END = ("", "exit", "quit", ":q")


def command(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(help="One request; without it, requests are read until an empty line.")
    ] = None,
    requester: Annotated[str | None, typer.Option(help="Account name of the person asking.")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve every call without asking.")] = False,
) -> None:
    """Say what should be done; it is planned, approved where needed, and carried out."""
    from api.sessions import Sessions, new_task, require_actions
    from api.tell import carry_out

    console = stdout()
    settings = settings_of(context, requester=requester)
    with ExitStack() as stack:
        services = stack.enter_context(opened(settings))
        require_actions(services, settings.tenant)
        sessions = stack.enter_context(Sessions(services))
        for request in [text] if text is not None else _requests():
            try:
                run = carry_out(sessions, new_task(services, request), console, approve_all=approve)
            except LamplighterError as error:
                if text is not None:
                    raise
                complain(error)
                continue
            if text is not None and (run.outcome is None or run.outcome.status in ("failed", "cancelled")):
                raise typer.Exit(1)


def _requests() -> Iterator[str]:
    while True:
        try:
            request = input("\nWhat should be done? ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if request.lower() in END:
            return
        yield request
