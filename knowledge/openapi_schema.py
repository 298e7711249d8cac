"""OpenAPI's JSON schemas, made self-contained: `$ref`s resolved, 3.0 spelled as 3.1, needless wrappers removed."""

from collections.abc import Iterable, Mapping

from knowledge.errors import BadCatalogue
from knowledge.openapi_document import OpenApi, kind_of
from knowledge.types import JsonValue

Schema = dict[str, JsonValue]

MAX_DEPTH = 16
MAX_NODES = 5_000
NAMED = ("properties", "patternProperties", "dependentSchemas")
SINGLE = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")
LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
SENSITIVE = "x-lamplighter-sensitive"
DROPPED = ("$ref", "$defs", "$schema", "$id", "title", "xml", "externalDocs", "discriminator", "example", "nullable")


def resolved(document: OpenApi, schema: JsonValue, where: str) -> Schema:
    """Where a `$ref` leads back into itself, only the type is kept; so is what lies deeper than anyone reads."""
    return _Resolver(document, where).expand(schema, (), 0)


def without_null(schema: Schema) -> Schema:
    """For an input that is left out where a caller might send null."""
    kinds, enum = schema.get("type"), schema.get("enum")
    slim = dict(schema)
    if isinstance(kinds, list):
        left = [kind for kind in kinds if kind != "null"]
        slim["type"] = left[0] if len(left) == 1 else left
    if isinstance(enum, list):
        slim["enum"] = [each for each in enum if each is not None]
    if slim.get("default", ...) is None:
        del slim["default"]
    return slim


class _Resolver:
    def __init__(self, document: OpenApi, where: str) -> None:
        self._document = document
        self._where = where
        self._nodes = 0

    def expand(self, schema: JsonValue, above: tuple[str, ...], depth: int) -> Schema:
        self._nodes += 1
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, Mapping):
            raise BadCatalogue(
                f"{self._where}: expected a schema, found {kind_of(schema)}.",
                remedy="Correct the OpenAPI document there.",
            )
        ref = schema.get("$ref")
        if isinstance(ref, str):
            return {**self._follow(ref, above, depth), **self._keywords(schema, above, depth)}
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            return _stub(schema)
        return _simplified(self._keywords(schema, above, depth), nullable=schema.get("nullable") is True)

    def _follow(self, ref: str, above: tuple[str, ...], depth: int) -> Schema:
        target = self._document.target(ref, self._where)
        if ref in above and isinstance(target, Mapping):
            return _stub(target)
        return self.expand(target, (*above, ref), depth)

    def _keywords(self, schema: Mapping[str, JsonValue], above: tuple[str, ...], depth: int) -> Schema:
        return {
            key: self._keyword(key, value, above, depth + 1)
            for key, value in schema.items()
            if key == SENSITIVE or not (key in DROPPED or key.startswith("x-"))
        }

    def _keyword(self, key: str, value: JsonValue, above: tuple[str, ...], depth: int) -> JsonValue:
        if key in NAMED and isinstance(value, Mapping):
            return {name: self.expand(each, above, depth) for name, each in value.items()}
        if key in SINGLE and isinstance(value, Mapping):
            return self.expand(value, above, depth)
        if key in LISTED and isinstance(value, list):
            return [self.expand(each, above, depth) for each in value]
        return value


def _stub(schema: Mapping[str, JsonValue]) -> Schema:
    return {key: schema[key] for key in ("type", "description") if key in schema}


def _simplified(schema: Schema, *, nullable: bool) -> Schema:
    schema = _bounds(_merged(schema))
    for key in ("anyOf", "oneOf"):
        schema = _unwrapped(schema, key)
    return _or_null(schema) if nullable else schema


def _bounds(schema: Schema) -> Schema:
    """3.0 says `minimum: 1, exclusiveMinimum: true` for what is `exclusiveMinimum: 1`."""
    slim = dict(schema)
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        said = slim.get(exclusive)
        if isinstance(said, bool):
            del slim[exclusive]
            if said and bound in slim:
                slim[exclusive] = slim.pop(bound)
    return slim


def _merged(schema: Schema) -> Schema:
    """`allOf` as one schema, where its members do not contradict each other."""
    members = schema.get("allOf")
    if not isinstance(members, list):
        return schema
    rest = {key: value for key, value in schema.items() if key != "allOf"}
    parts = [member for member in members if isinstance(member, dict)]
    merged: Schema | None = {}
    for part in (*parts, rest):
        merged = None if merged is None else _joined(merged, part)
    return schema if merged is None else merged


def _joined(left: Schema, right: Schema) -> Schema | None:
    """None where they contradict each other."""
    joined = {**left, **right}
    for key in left.keys() & right.keys():
        mine, theirs = left[key], right[key]
        if key == "properties" and isinstance(mine, dict) and isinstance(theirs, dict):
            joined[key] = {**mine, **theirs}
        elif key == "required" and isinstance(mine, list) and isinstance(theirs, list):
            joined[key] = [*mine, *(name for name in theirs if name not in mine)]
        elif key not in ("description", "default") and mine != theirs:
            return None
    return joined


def _unwrapped(schema: Schema, key: str) -> Schema:
    """`anyOf: [X, null]` is X or null."""
    members = schema.get(key)
    if not isinstance(members, list):
        return schema
    real = [member for member in members if isinstance(member, dict) and member.get("type") != "null"]
    if len(real) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name != key}
    joined = _joined(real[0], rest)
    if joined is None:
        return schema
    return _or_null(joined) if len(members) > 1 else joined


def _or_null(schema: Schema) -> Schema:
    kinds, enum = schema.get("type"), schema.get("enum")
    wider = dict(schema)
    if kinds is not None:
        wider["type"] = list(_unique([*(kinds if isinstance(kinds, list) else [kinds]), "null"]))
    if isinstance(enum, list):
        wider["enum"] = list(_unique([*enum, None]))
    return wider


def _unique(values: Iterable[JsonValue]) -> list[JsonValue]:
    found: list[JsonValue] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
