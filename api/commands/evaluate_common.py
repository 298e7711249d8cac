"""What the evaluations share: a progress bar, and the file of results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from knowledge.errors import BadConfiguration


def write_results(path: Path, content: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False))
    except OSError as error:
        raise BadConfiguration(
            f"{path} cannot be written: {error}.", remedy="Give another file with --results."
        ) from error


class Bar:
    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._progress = Progress(console=Console(stderr=True), disable=quiet)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def next(self, what: str, total: int) -> None:
        self._task = self._progress.add_task(what, total=total)

    def tell(self) -> None:
        self._progress.advance(self._task)


class Bars:
    """A bar for each thing that is told of, made when it is first heard of."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), disable=quiet)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, what: str, done: int, total: int, *, loss: float | None = None) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        text = what if loss is None else f"{what}, loss {loss:.3f}"
        self._progress.update(self._tasks[what], completed=done, total=total, description=text)
