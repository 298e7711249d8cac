"""Places in an observation's body, as `accounts.0.username`."""

import re
from collections.abc import Mapping, Sequence

from knowledge.types import JsonSchema, JsonValue


def at(body: JsonValue, path: str) -> JsonValue:
    """The value at `path`, the whole body for "". Raises KeyError where nothing is. Names may contain dots."""
    return _walk(body, path.split(".")) if path else body


def _walk(body: JsonValue, parts: Sequence[str]) -> JsonValue:
    if not parts:
        return body
    if isinstance(body, list):
        if parts[0].isdecimal() and int(parts[0]) < len(body):
            return _walk(body[int(parts[0])], parts[1:])
        raise KeyError(parts[0])
    for length in range(1, len(parts) + 1):
        name = ".".join(parts[:length])
        if isinstance(body, dict) and name in body:
            return _walk(body[name], parts[length:])
    raise KeyError(".".join(parts))


def text_of(value: JsonValue) -> str:
    """A scalar as the model reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def step_number(source_id: str) -> int:
    """The number a provenance's `source_id` ends with ("2", "step 2", "answer:2"); -1 for none."""
    found = re.search(r"(\d+)$", source_id)
    return int(found[1]) if found else -1


def schema_at(schema: JsonSchema, path: str) -> JsonSchema:
    """The part of a result schema that describes `path`; empty where it says nothing."""
    for part in path.split(".") if path else ():
        schema = _inner(schema, part)
    return schema


def _inner(schema: JsonSchema, part: str) -> JsonSchema:
    for branch in branches(schema):
        properties, items = branch.get("properties"), branch.get("items")
        if isinstance(properties, Mapping) and isinstance(found := properties.get(part), Mapping):
            return found
        if part.isdecimal() and isinstance(items, Mapping):
            return items
    return {}


def branches(schema: JsonSchema) -> list[JsonSchema]:
    """The schema itself and its alternatives (`anyOf`, `oneOf`, `allOf`), as a nullable field has them."""
    found = [schema]
    for key in ("anyOf", "oneOf", "allOf"):
        alternatives = schema.get(key)
        if isinstance(alternatives, list):
            found += [inner for each in alternatives if isinstance(each, Mapping) for inner in branches(each)]
    return found
