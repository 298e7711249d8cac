"""Two looks at the same thing: which fields differ, leaving out those that only say that something was touched."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from knowledge.types import JsonSchema, JsonValue, Observation
from planner.paths import schema_at, text_of
from planner.readback import ReadBack

TOUCHED = re.compile(r"(updated|modified|changed|last|touched)_?(at|on|by|time)?|(e?tag|version|revision)", re.I)
GONE = ("404", "not_found", "410", "gone")


@dataclass(frozen=True, kw_only=True)
class Change:
    old: JsonValue
    new: JsonValue


Changes: TypeAlias = dict[str, Change]
State: TypeAlias = Mapping[str, JsonValue]


def state_of(observation: Observation, back: ReadBack) -> State | None:
    """The fields of what was looked at; empty if it is not there, None if nobody knows."""
    if observation.status != "ok":
        return {} if observation.status == "error" and observation.code in GONE else None
    body = row_of(observation.body, back) if back.row else observation.body
    if isinstance(body, Mapping):
        return {name: value for name, value in body.items() if not _touched(name, back.spec.returns)}
    return {} if back.row and body is None else {"": body}


def row_of(body: JsonValue, back: ReadBack) -> JsonValue:
    """The one row that the write was about, by its identity."""
    name = back.identity[0]
    wanted = next((getattr(a.value, "value", None) for a in back.arguments), None)
    lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else [body]
    rows = [row for rows in lists if isinstance(rows, list) for row in rows if isinstance(row, dict)]
    return next((row for row in rows if row.get(name) == wanted), None)


def changes(old: State, new: State, *, among: Collection[str] | None = None) -> Changes:
    """By field; only those of `among`, if given."""
    names = [name for name in dict.fromkeys([*old, *new]) if among is None or name in among]
    return {
        name: Change(old=old.get(name), new=new.get(name))
        for name in names
        if not alike(old.get(name), new.get(name)) or (name in old) != (name in new)
    }


def alike(one: JsonValue, other: JsonValue) -> bool:
    """Equal; lists of plain values in any order."""
    if isinstance(one, list) and isinstance(other, list) and _plain(one) and _plain(other):
        return sorted(map(_sortable, one)) == sorted(map(_sortable, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def told(found: Changes, *, was: str = "was") -> str:
    """`until is 2026-03-20, was none`."""
    return "; ".join(f"{name or 'it'} is {_brief(each.new)}, {was} {_brief(each.old)}" for name, each in found.items())


def _brief(value: JsonValue) -> str:
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    return "none" if value is None else text_of(value)[:60] or "empty"


def _touched(name: str, schema: JsonSchema) -> bool:
    return TOUCHED.fullmatch(name) is not None and schema_at(schema, name).get("type") != "boolean"


def _plain(values: list[JsonValue]) -> bool:
    return not any(isinstance(value, list | dict) for value in values)


def _sortable(value: JsonValue) -> tuple[str, str]:
    return type(value).__name__, text_of(value)
