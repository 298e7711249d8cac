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
