"""A progress bar for long work; plain where the terminal cannot draw one."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from knowledge.ingest import Progress


@contextmanager
def bar(console: Console, title: str) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        line = bars.add_task(title, total=None)

        def progress(done: int, of: int, source: str) -> None:
            bars.update(line, completed=done, total=of)

        yield progress
