"""Rows of a result: which one was meant by what was asked, and whether there are any."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.types import Argument, JsonValue, Literal, Observation, Step
from planner.paths import text_of


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The innermost list on the way to a value, and the number of its row on that way."""

    rows: Sequence[JsonValue]
    number: int

    @property
    def row(self) -> JsonValue:
        return self.rows[self.number]


def singled_out(path: str, body: JsonValue, step: Step) -> bool:
    """A row that was found is meant only if it, and no other, holds word for word what the step asked for.

    Also when it is the only one: searches are forgiving, and a single chance hit is nobody's wish. A row that equals
    what was asked goes before rows that only contain it; of two that equal it, neither is meant. Rows of a
    listing are meant if they hold the very value that it was limited to, in the field of that name. What an option
    limits ("all pending ones"), or nothing, names nobody.
    """
    found = _row_of(path, body)
    if found is None:
        return True
    asked = [each for each in step.arguments if isinstance(each.value, Literal) and _open(each.value)]
    return any(_limited(argument, found.row) or _only_one(argument, found) for argument in asked)


def nothing(seen: Observation) -> bool:
    """Whether a look found no rows: a list without any, and beside it nothing but counts."""
    fields = list(seen.body.values()) if isinstance(seen.body, dict) else [seen.body]
    return seen.status == "ok" and [] in fields and all(not each or isinstance(each, int | float) for each in fields)


def _open(value: Literal) -> bool:
    return value.provenance.source not in ("option", "default")


def _limited(argument: Argument, row: JsonValue) -> bool:
    assert isinstance(argument.value, Literal)
    value = argument.value.value
    return isinstance(row, dict) and row.get(argument.name) == value and isinstance(value, str | int)


def _only_one(argument: Argument, found: _Found) -> bool:
    assert isinstance(argument.value, Literal)
    wanted = _words(text_of(argument.value.value))
    equal = [i for i, row in enumerate(found.rows) if any(_words(text) == wanted for text in _texts(row))]
    holding = [i for i, row in enumerate(found.rows) if any(wanted <= _words(text) for text in _texts(row))]
    return bool(wanted) and (equal or holding) == [found.number]


def _row_of(path: str, body: JsonValue) -> _Found | None:
    found = None
    for part in path.split("."):
        if isinstance(body, list):
            found = _Found(rows=body, number=int(part))
            body = body[int(part)]
        elif isinstance(body, dict):
            body = body[part]
    return found


def _texts(row: JsonValue) -> Iterator[str]:
    inner = row.values() if isinstance(row, dict) else row if isinstance(row, list) else None
    if inner is not None:
        for value in inner:
            yield from _texts(value)
    elif isinstance(row, str | int | float) and not isinstance(row, bool):
        yield text_of(row)


def _words(text: str) -> frozenset[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return frozenset(re.findall(r"[\w@.\-]*\w", plain))
