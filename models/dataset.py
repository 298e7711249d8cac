"""The vocabulary of data sets: rows, the parts they come from, the recipe they are made by, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from models.scene import Example

Level: TypeAlias = Literal["service", "family", "wording"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """`family`: the service or task family; `level`: what of it training must not know, for a row to measure on.

    `made`: how it was varied; empty for an example as it was found.
    """

    part: str
    family: str
    level: Level
    example: Example
    made: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """Examples of one origin, and how the card names them. Without `dev`, whole families are set aside for it.

    `level` says in what the part's dev examples differ from its train examples; `left_out` what did not become an
    example, by reason.
    """

    label: str
    name: str
    licence: str
    sha256: str
    level: Level
    train: tuple[Example, ...]
    dev: tuple[Example, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """`near`: Jaccard of two requests' words from which one is dropped, the action being the same.

    `wording`: a train request this near to one that is measured on is dropped. `hold_families`: families of parts with
    a dev set of their own that are measured on only. `most`: rows of one family, 0 for all. `copies`: varied rows for
    each row.
    """

    seed: int = 0
    near: float = 0.9
    wording: float = 0.8
    hold_families: int = 0
    most: int = 0
    copies: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What became of all that was collected, by reason or kind."""

    collected: Mapping[str, int]
    dropped: Mapping[str, int]
    varied: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    facts: Facts
