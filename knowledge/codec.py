"""The vocabulary as JSON: `{"format": 1, "type": "Task", ...}`, read back tolerantly (unknown fields are ignored)."""

import dataclasses
import types as pytypes
import typing
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from knowledge.errors import BadConfiguration
from knowledge.types import JsonValue

FORMAT = 1
ELSEWHERE = "It was written by another version of Lamplighter; use that version, or write it again."
T = TypeVar("T")


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
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _noun(kind: type, data: Mapping[str, Any]) -> Any:
    known = {f.name for f in dataclasses.fields(kind)}
    try:
        return kind(**{name: _value(_hints(kind)[name], item) for name, item in data.items() if name in known})
    except (TypeError, ValueError) as error:
        raise BadConfiguration(f"Not a complete {kind.__name__}: {error}.", remedy=ELSEWHERE) from error


def _value(hint: Any, item: Any) -> Any:
    if isinstance(item, Mapping) and (kind := _dataclass(hint, item)):
        return _noun(kind, item)
    if hint is datetime:
        return datetime.fromisoformat(item)
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_value(inner, each) for each in item)
    return item


def _dataclass(hint: Any, item: Mapping[str, Any]) -> type | None:
    """The noun to build: the hint itself, or the member of a union that the data names.

    Raises TypeError if it names none of those members; a union without nouns is plain JSON.
    """
    if dataclasses.is_dataclass(hint):
        return cast(type, hint)
    if typing.get_origin(hint) not in (typing.Union, pytypes.UnionType):
        return None
    nouns = [kind for kind in typing.get_args(hint) if isinstance(kind, type) and dataclasses.is_dataclass(kind)]
    named = next((kind for kind in nouns if kind.__name__ == item.get("type")), None)
    if nouns and named is None:
        raise TypeError(f"{item.get('type')!r} is none of {', '.join(kind.__name__ for kind in nouns)}")
    return named
