"""Where a request may be cut into what it asks for: after a sentence or a line, at a comma, at "and".

Not every joint parts two wishes: "Hi, please unlock her account and tell me" has two joints, and asks for one thing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

JOINT = re.compile(r"(?<=[.!?;:])\s+|\n+|,\s+|\s+(?:and|then|also|plus|as\s+well\s+as)\s+", re.IGNORECASE)

Joint: TypeAlias = tuple[int, int]  # characters: where one segment ends, and where the next one starts


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Words of a request, and at which of its characters they start."""

    text: str
    start: int = 0


def joints(text: str) -> list[Joint]:
    """All of them, in order."""
    return [found.span() for found in JOINT.finditer(text)]


def seam(text: str, between: tuple[int, int]) -> Joint | None:
    """The first joint `between` the end of one wish and the beginning of the next; None if there is none."""
    first, second = between
    return next((at for at in joints(text) if first - 1 <= at[0] and at[1] <= second + 1), None)


def segments(text: str, cuts: Sequence[Joint]) -> list[Segment]:
    """What is left if `cuts` are taken out, in order, without the spaces around it; one without words is left out."""
    edges = [0, *(edge for cut in cuts for edge in cut), len(text)]
    spans = zip(edges[::2], edges[1::2], strict=True)
    found = [Segment(text=text[a:b].strip(), start=b - len(text[a:b].lstrip())) for a, b in spans]
    return [each for each in found if re.search(r"\w", each.text)]
