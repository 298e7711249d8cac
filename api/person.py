"""The person at the terminal: asked there; not there when the terminal is not interactive."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.prompt import Confirm, Prompt
from rich.text import Text

from knowledge.types import Waiting
from planner.person import Approval


class TerminalPerson:
    def __init__(self, console: Console, *, approve_all: bool = False, interactive: bool | None = None) -> None:
        self._console = console
        self._approve_all = approve_all
        self._interactive = sys.stdin.isatty() if interactive is None else interactive

    def approve(self, waiting: Waiting) -> Approval | None:
        if not self._approve_all and not self._interactive:
            return None
        approved = self._approve_all or self._confirmed(waiting.question)
        note = "--approve was given" if self._approve_all else ""
        return Approval(approved=approved, call_hash=waiting.call_hash, note=note)

    def answer(self, waiting: Waiting) -> str | None:
        if not self._interactive:
            return None
        try:
            said = Prompt.ask(Text(f"   {waiting.question}", style="bold yellow"), console=self._console)
        except EOFError:
            return None
        return said.strip() or None

    def goes_ahead(self, question: str) -> bool:
        """No where nobody is there to say yes."""
        return self._approve_all or (self._interactive and self._confirmed(question))

    def _confirmed(self, question: str) -> bool:
        try:
            return Confirm.ask(Text(f"   {question}", style="bold yellow"), console=self._console, default=False)
        except EOFError:
            return False
