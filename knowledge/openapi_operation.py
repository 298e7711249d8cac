"""One operation of an OpenAPI document → one ActionSpec, or the reason why it cannot be one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import cast, get_args

from knowledge.catalogue import Application
from knowledge.errors import BadCatalogue
from knowledge.openapi_document import Node, OpenApi, mapping
from knowledge.openapi_schema import SENSITIVE, Schema, resolved, without_null
from knowledge.openapi_undo import compensations, postcondition
from knowledge.types import ActionSpec, Effect, JsonValue, Parameter

METHODS = ("get", "head", "post", "put", "patch", "delete")
HTTP_HEADERS = {"accept", "content-type", "authorization", "idempotency-key"}
SENSITIVE_WORDS = re.compile(
    r"recipients?|forward(ing|ed)?|ur[il]|link|webhook|callback|amount|price|iban|payee|destination"
    r"|permissions?|roles?|passwords?|secrets?|tokens?|credentials?"
)
SENSITIVE_NAMES = {"to", "cc", "bcc"}
SENSITIVE_FORMATS = {"password", "uri", "url", "uri-reference"}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`shared` are the parameters of all the path's operations."""

    method: str
    path: str
    node: Node
    shared: JsonValue = None

    @property
    def where(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Skipped:
    where: str
    reason: str


class _CannotCall(Exception):
    """Sound OpenAPI, but nothing that an executor of JSON calls can do."""


def read_operation(document: OpenApi, operation: Operation, application: Application) -> ActionSpec | Skipped:
    """What it says of other operations still names them by their operationId."""
    if operation.node.get("x-lamplighter-skip"):
        return Skipped(where=operation.where, reason="left out by x-lamplighter-skip")
    try:
        parameters = _parameters(document, operation, application)
    except _CannotCall as reason:
        return Skipped(where=operation.where, reason=str(reason))
    name = _name(operation)
    return ActionSpec(
        name=name,
        app=application.name,
        description=_description(operation.node, name),
        parameters=parameters,
        returns=_returns(document, operation),
        effect=_effect(operation),
        method=operation.method,
        path=operation.path,
        keys_kept_h=_keys_kept_h(operation),
        source=f"{document.origin or application.title}#{operation.where}",
        undone_by=compensations(operation.node, operation.where),
        postcondition=postcondition(operation.node, operation.where),
        offered=operation.node.get("x-lamplighter-only-undoes") is not True,
    )


def _name(operation: Operation) -> str:
    said = operation.node.get("operationId") or f"{operation.method.lower()} {operation.path}"
    return re.sub(r"\W+", "_", str(said), flags=re.ASCII).strip("_") or operation.method.lower()


def _description(node: Node, name: str) -> str:
    """The summary, unless it only repeats the name; else the description's first sentence."""
    summary = " ".join(str(node.get("summary") or "").split()).rstrip(".")
    sentence = _first_sentence(str(node.get("description") or ""))
    only_name = _letters(summary) == _letters(name) or not summary
    return sentence if only_name and sentence else summary or name.replace("_", " ")


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", paragraph, maxsplit=1)[0].rstrip(".")


def _effect(operation: Operation) -> Effect:
    said = operation.node.get("x-lamplighter-effect")
    if said is None:
        return "read" if operation.method in ("GET", "HEAD") else "write"
    if said not in get_args(Effect):
        raise BadCatalogue(
            f"{operation.where}: {said!r} is not an effect.", remedy=f"Use one of {', '.join(get_args(Effect))}."
        )
    return cast(Effect, said)


def _keys_kept_h(operation: Operation) -> float:
    said = operation.node.get("x-lamplighter-idempotency-hours", 0)
    if isinstance(said, bool) or not isinstance(said, int | float) or said < 0:
        raise BadCatalogue(
            f"{operation.where}: {said!r} is no number of hours.",
            remedy="Give in x-lamplighter-idempotency-hours how long an Idempotency-Key is known, or leave it out.",
        )
    return float(said)


def _returns(document: OpenApi, operation: Operation) -> Schema:
    """Schema of the lowest 2xx response that has JSON, else of the default one."""
    responses = mapping(operation.node.get("responses") or {}, f"{operation.where}, responses")
    for status in [*sorted(s for s in responses if str(s).startswith("2")), "default"]:
        if status in responses:
            where = f"{operation.where}, response {status}"
            schema = _json_schema(document.follow(responses[status], where), where)
            if schema is not None:
                return resolved(document, schema, where)
    return {}


def _json_schema(node: Node, where: str) -> JsonValue:
    """None where no JSON is spoken."""
    content = mapping(node.get("content") or {}, where)
    for media_type, each in content.items():
        kind = media_type.partition(";")[0].strip().lower()
        if kind in ("application/json", "*/*", "application/*") or kind.endswith("+json"):
            return mapping(each, where).get("schema", {})
    return None


def _parameters(document: OpenApi, operation: Operation, application: Application) -> tuple[Parameter, ...]:
    outside = list(_outside_body(document, operation, application))
    names = {parameter.name for parameter in outside}
    missing = [name for name in re.findall(r"{([^{}]+)}", operation.path) if name not in names]
    if missing:
        raise BadCatalogue(
            f"{operation.where}: the path has {{{missing[0]}}}, but no such parameter is declared.",
            remedy="Declare it with `in: path`.",
        )
    body = list(_body(document, operation))
    if clash := [each.name for each in body if each.name in names and each.required]:
        raise _CannotCall(f"{clash[0]} is both in the body and outside it")
    return (*outside, *(each for each in body if each.name not in names))


def _outside_body(document: OpenApi, operation: Operation, application: Application) -> Iterator[Parameter]:
    """Path, query and header parameters; the operation's own come instead of shared ones of the same name."""
    ours = {application.auth_header.lower(), application.on_behalf_of_header.lower()} | HTTP_HEADERS
    for (name, location), node in _declared(document, operation).items():
        required = node.get("required") is True or location == "path"
        if location == "cookie" and required:
            raise _CannotCall(f"it needs the cookie {name}")
        if location == "cookie" or (location == "header" and name.lower() in ours):
            continue
        where = f"{operation.where}, parameter {name}"
        schema = node.get("schema") if "schema" in node else _json_schema(node, where)
        yield _parameter(
            name,
            {} if schema is None else resolved(document, schema, where),
            description=node.get("description"),
            required=required,
            location=location,
            sensitive=node.get(SENSITIVE),
        )


def _declared(document: OpenApi, operation: Operation) -> dict[tuple[str, str], Node]:
    found: dict[tuple[str, str], Node] = {}
    for listed in (operation.shared, operation.node.get("parameters")):
        if not isinstance(listed, list | None):
            raise BadCatalogue(f"{operation.where}: `parameters` is not a list.", remedy="Correct it there.")
        for number, node in enumerate(listed or [], start=1):
            where = f"{operation.where}, parameter {number}"
            parameter = document.follow(node, where)
            name, location = parameter.get("name"), parameter.get("in")
            if not name or location not in ("path", "query", "header", "cookie"):
                raise BadCatalogue(f"{where} lacks its `name` or `in`.", remedy="Add it there.")
            found[str(name), str(location)] = parameter
    return found


def _body(document: OpenApi, operation: Operation) -> Iterator[Parameter]:
    """The top-level properties of a JSON body."""
    if "requestBody" not in operation.node:
        return
    where = f"{operation.where}, body"
    node = document.follow(operation.node["requestBody"], where)
    needed = node.get("required") is True
    raw = _json_schema(node, where)
    schema = {} if raw is None else resolved(document, raw, where)
    properties = schema.get("properties", {})
    if needed and (raw is None or not isinstance(properties, Mapping) or not (properties or _is_object(schema))):
        raise _CannotCall("its body is not a JSON object")
    required = schema.get("required") or []
    for name, each in properties.items() if isinstance(properties, Mapping) else ():
        if isinstance(each, dict) and each.get("readOnly") is not True:
            must = needed and isinstance(required, list) and name in required
            yield _parameter(name, each, description="", required=must, location="body", sensitive=None)


def _is_object(schema: Schema) -> bool:
    return schema.get("type") in ("object", ["object", "null"])


def _parameter(
    name: str, schema: Schema, *, description: JsonValue, required: bool, location: str, sensitive: JsonValue
) -> Parameter:
    slim = without_null(schema)
    said = slim.pop(SENSITIVE, sensitive)
    text = slim.pop("description", "")
    return Parameter(
        name=name,
        description=" ".join(str(description or text).split()),
        schema=slim,
        required=required,
        location=cast(OneOf["path", "query", "header", "body"], location),
        sensitive=said if isinstance(said, bool) else is_sensitive(name, slim),
    )


def is_sensitive(name: str, schema: Schema) -> bool:
    """By the words of the name, or the format: what a stranger's text must not choose for the requester."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return (
        any(SENSITIVE_WORDS.fullmatch(word.lower()) for word in words)
        or name.lower() in SENSITIVE_NAMES
        or str(schema.get("format")) in SENSITIVE_FORMATS
    )
