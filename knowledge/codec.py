"""The vocabulary as JSON: `{"format": 1, "type": "Task", ...}`, read back tolerantly (unknown fields are ignored)."""

import dataclasses
import types as pytypes
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

from knowledge.errors import BadConfiguration
from knowledge.types import JsonValue

FORMAT = 1
ELSEWHERE = "It was written by another version of Lamplighter; use that version, or write it again."
T = TypeVar("T")
Reader: TypeAlias = Callable[[Any], Any]


def to_json(noun: Any) -> dict[str, JsonValue]:
    """`noun` is any dataclass of `knowledge.types`."""
    return {"format": FORMAT, "type": type(noun).__name__, **_fields(noun)}


def from_json(kind: type[T], data: Mapping[str, JsonValue]) -> T:
    """Raises BadConfiguration for a newer format, another type, or missing fields."""
    if data.get("format", FORMAT) != FORMAT or data.get("type", kind.__name__) != kind.__name__:
        found = f"{data.get('type')} of format {data.get('format')}"
        raise BadConfiguration(f"Expected a {kind.__name__} of format {FORMAT}, found {found}.", remedy=ELSEWHERE)
    return cast(T, _noun(kind, data))


def _fields(noun: Any) -> dict[str, JsonValue]:
    return {f.name: _plain(getattr(noun, f.name)) for f in dataclasses.fields(noun)}


def _plain(value: Any) -> JsonValue:
    if dataclasses.is_dataclass(value):
        return {"type": type(value).__name__, **_fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return cast(JsonValue, value)


@cache
def _readers(kind: type) -> dict[str, Reader]:
    """How each field of a noun is read."""
    hints = typing.get_type_hints(kind)
    return {f.name: _reader(hints[f.name]) for f in dataclasses.fields(kind)}


def _noun(kind: type, data: Mapping[str, Any]) -> Any:
    readers = _readers(kind)
    try:
        return kind(**{name: readers[name](item) for name, item in data.items() if name in readers})
    except (TypeError, ValueError) as error:
        raise BadConfiguration(f"Not a complete {kind.__name__}: {error}.", remedy=ELSEWHERE) from error


def _reader(hint: Any) -> Reader:
    """A union without nouns is plain JSON, and so is what is no object where a noun could stand."""
    if hint is datetime:
        return datetime.fromisoformat
    if typing.get_origin(hint) is tuple:
        inner = _reader(typing.get_args(hint)[0])
        return lambda items: tuple(map(inner, items))
    if dataclasses.is_dataclass(hint):
        return lambda item: _noun(cast(type, hint), item) if isinstance(item, Mapping) else item
    if nouns := _nouns(hint):
        return lambda item: _noun(_named(nouns, item), item) if isinstance(item, Mapping) else item
    return lambda item: item


def _nouns(hint: Any) -> tuple[type, ...]:
    """Those among the members of a union."""
    if typing.get_origin(hint) not in (typing.Union, pytypes.UnionType):
        return ()
    return tuple(kind for kind in typing.get_args(hint) if isinstance(kind, type) and dataclasses.is_dataclass(kind))


def _named(nouns: tuple[type, ...], item: Mapping[str, Any]) -> type:
    """Raises TypeError if the data names none of them."""
    for kind in nouns:
        if kind.__name__ == item.get("type"):
            return kind
    raise TypeError(f"{item.get('type')!r} is none of {', '.join(kind.__name__ for kind in nouns)}")
