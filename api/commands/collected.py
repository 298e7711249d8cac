"""Public sets, the practice help desk's experts and the made-up offices, collected with a word on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from models.dataset import Part


@dataclass(frozen=True, kw_only=True)
class Public:
    """A public set: where it lies, how many examples to take, and how many to leave out first."""

    path: Path | None
    count: int
    skip: int = 0


def collected(
    *, sgd: Public, star: Public, per_family: int, newest: int = 0, offices: int = 0, seed: int
) -> Iterator[Part]:
    """What has a path; the help desk if `per_family` is not 0, and the made-up offices if `offices` is not."""
    from api.commands.train_common import bar, by_name
    from api.practice import parts

    if sgd.path:
        yield told(parts.sgd(sgd.path, count=sgd.count, skip=sgd.skip, seed=seed))
    if star.path:
        yield told(parts.star(star.path, count=star.count, skip=star.skip, seed=seed))
    if per_family:
        with bar("help desk") as tell:
            made = parts.helpdesk(per_family=per_family, seed=seed, newest=newest, tell=by_name(tell))
        yield told(made)
    if offices:
        with bar("offices") as tell:
            made = parts.offices(each=offices, seed=seed, tell=by_name(tell))
        yield told(made)


def told(part: Part) -> Part:
    from api.practice.parts import told

    typer.echo(told(part))
    return part
