"""Observations as leaves, and which of them may steer: machine fields are numbers, booleans, enums and short codes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from knowledge.types import JsonSchema, JsonValue

_MACHINE = re.compile(r"[\w.:@/+\-]{1,64}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,23}|\d{1,3}[A-Za-z][A-Za-z0-9_\-]{0,20}|-?\d{1,9}\.\d{1,4}")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}.*)?")
_LIMIT = re.compile(r"\b(?:end|ends|due|expir\w*|until|deadline)\b")
_FIELD = re.compile(r"[A-Za-z0-9_\-$@]{1,40}")
SHOWN_ROWS = 3
SHORTEST_NAMED = 4  # characters; shorter values occur in a request by chance


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One scalar of a body. `path` is `accounts.0.username`; `rows` how many siblings its innermost list has.

    `named`: every key on the way is a field's name, as far as the schema tells. Keys may be data too (counts by title).
    """

    path: str
    value: JsonValue
    schema: JsonSchema
    row: int = 0
    rows: int = 1
    named: bool = True

    @property
    def label(self) -> str:
        """The path in words; a row's number (from 1) is said only where there are several."""
        parts = [p for p in self.path.split(".") if not p.isdigit()]
        if self.rows > 1:
            parts.insert(max(0, len(parts) - 1), str(self.row + 1))
        return re.sub(r"[_\-]+", " ", " ".join(parts)).lower()


def leaves(body: JsonValue, schema: JsonSchema | None = None) -> Iterator[Leaf]:
    """Every scalar of the body, in order."""
    yield from _walk(body, schema or {}, Leaf(path="", value=None, schema={}))


def _walk(body: JsonValue, schema: JsonSchema, here: Leaf) -> Iterator[Leaf]:
    """`here` is where we are: path, row, and whether the keys so far are names."""
    if isinstance(body, dict):
        for name, value in body.items():
            named = here.named and _is_name(name, schema)
            yield from _walk(value, _below(schema, name), replace(here, path=_joined(here.path, name), named=named))
    elif isinstance(body, list):
        items = _mapping(_part(schema, "items"))
        for index, value in enumerate(body):
            yield from _walk(
                value, items, replace(here, path=_joined(here.path, str(index)), row=index, rows=len(body))
            )
    else:
        yield replace(here, value=body, schema=_scalar(schema))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _below(schema: JsonSchema, name: str) -> JsonSchema:
    known = _mapping(_mapping(_part(schema, "properties")).get(name))
    return known or _mapping(_part(schema, "additionalProperties"))


def _part(schema: JsonSchema, keyword: str) -> JsonValue:
    """The keyword's value, or that of the first alternative that has it."""
    if keyword in schema:
        return schema[keyword]
    alternatives = [each for key in ("anyOf", "oneOf", "allOf") for each in _listed(schema.get(key))]
    return next((each[keyword] for each in alternatives if keyword in each), None)


def _listed(value: object) -> list[JsonSchema]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _mapping(value: object) -> JsonSchema:
    return value if isinstance(value, Mapping) else {}


def _is_name(key: str, schema: JsonSchema) -> bool:
    """A key that the schema does not know is data; without a schema, one that does not look like a field's name."""
    known = _mapping(_part(schema, "properties"))
    open_ended = _part(schema, "additionalProperties") not in (None, False)
    return key in known if known or open_ended else bool(_FIELD.fullmatch(key))


def _scalar(schema: JsonSchema) -> JsonSchema:
    """`anyOf: [X, null]` is read as X."""
    options = schema.get("anyOf")
    if isinstance(options, list):
        kept = [_mapping(o) for o in options if _mapping(o).get("type") != "null"]
        return {**kept[0], **{k: v for k, v in schema.items() if k != "anyOf"}} if kept else schema
    return schema


def undescribed(body: JsonValue, schema: JsonSchema | None) -> bool:
    """Whether something of a result had to be shown without a schema that tells states from people's words.

    Also a schema that stops half-way (`type: object`) tells nothing of what lies below.
    """
    return any(leaf.value is not None and not (leaf.schema and leaf.named) for leaf in leaves(body, schema))


def is_machine(value: JsonValue, schema: JsonSchema) -> bool:
    """Whether a value is a number, boolean, enum, id, date, code or another short string without blanks."""
    if not isinstance(value, str):
        return True
    allowed = schema.get("enum")
    return (isinstance(allowed, list) and value in allowed) or bool(_MACHINE.fullmatch(value))


def error_code(code: str) -> str:
    """An application's error code, if it looks like one; applications have been seen to put sentences there."""
    return code if _FIELD.fullmatch(code) else ""


def steers(leaf: Leaf) -> bool:
    """Whether a leaf is shown where actions are chosen: what says a state, not what names a thing.

    An enum is one only if it holds what it promises: an application may be wrong, or be made to be.
    """
    if not isinstance(leaf.value, str):
        return True
    if leaf.schema:
        allowed = leaf.schema.get("enum")
        return isinstance(allowed, list) and leaf.value in allowed
    return bool(_CODE.fullmatch(leaf.value))


def state(
    body: JsonValue,
    schema: JsonSchema | None = None,
    *,
    asked: str = "",
    now: datetime | None = None,
    requester: str = "",
) -> list[str]:
    """`label value` of every steering leaf; only the first rows of a list, and every list's length.

    Also what was worked out: that a value is the requester's own name (what may be done often hangs on whose manager or
    owner asks), and, of what has no schema, that it is one the request (`asked`) names, and whether a day that limits
    something has passed at `now`.
    """
    lines = [f"{name} rows {count}" for name, count in _lengths(body, schema or {})]
    for leaf in leaves(body, schema):
        said = _said(leaf.value) if steers(leaf) else _worked_out(leaf, asked, now, requester)
        if said and leaf.row < SHOWN_ROWS and leaf.named:
            lines.append(f"{leaf.label} {said}")
    return lines


def _worked_out(leaf: Leaf, asked: str, now: datetime | None, requester: str) -> str:
    """The value itself is not told: it may be anybody's text."""
    value = leaf.value
    if requester and value == requester:
        return "the requester"
    if leaf.schema or not isinstance(value, str):
        return ""
    if (day := _DAY.fullmatch(value)) and now and _LIMIT.search(leaf.label):
        return "past" if day[1] < now.date().isoformat() else "to come"
    named = len(value) >= SHORTEST_NAMED and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", asked)
    return "as asked" if named else ""


def _lengths(body: JsonValue, schema: JsonSchema) -> Iterator[tuple[str, int]]:
    if isinstance(body, dict):
        for name, value in body.items():
            named = _is_name(name, schema)
            if isinstance(value, list) and named:
                yield name.replace("_", " "), len(value)
            if named:
                yield from _lengths(value, _below(schema, name))


def _said(value: JsonValue) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value).replace("_", " ")
