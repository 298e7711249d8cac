"""An office's application as its OpenAPI document describes it."""

from typing import Any

from examples.offices.office import Kind, Office, Operation, Taken

# Fields with a few words of the application's. Not its states: rows are drawn whatever is asked, and a model that sees
# a course that is full being booked learns not to look.
KINDS = ("kind", "role", "type", "level")
SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "number": {"type": "number"},
}


def document(office: Office) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": office.about, "version": "1"},
        "servers": [{"url": f"https://{office.name.replace('_', '-')}.example"}],
        "paths": {f"/{each.name}": _path(office, each) for each in office.operations},
    }


def _path(office: Office, operation: Operation) -> dict[str, Any]:
    kind = office.kinds.get(operation.finds)
    answer = _found(kind) if kind else {"type": "object", "properties": {t.name: _schema(t) for t in operation.takes}}
    said: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about,
        "responses": {"200": {"description": "Done.", "content": {"application/json": {"schema": answer}}}},
    }
    if kind:
        first = operation.takes[0].name
        said["parameters"] = [
            {"name": t.name, "in": "query", "required": t.name == first, "description": t.about, "schema": _schema(t)}
            for t in operation.takes
        ]
        return {"get": said}
    body = {
        "type": "object",
        "required": [t.name for t in operation.takes if not t.optional],
        "properties": {t.name: {**_schema(t), "description": t.about} for t in operation.takes},
    }
    said["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return {"post": said}


def _schema(taken: Taken) -> dict[str, Any]:
    return {"type": "string", "enum": list(taken.options)} if taken.options else dict(SCHEMAS[taken.type])


def _found(kind: Kind) -> dict[str, Any]:
    fields = {name: _field(kind, name) for name in kind.rows[0]}
    rows = {"type": "array", "items": {"type": "object", "properties": fields}}
    return {"type": "object", "properties": {kind.plural: rows}}


def _field(kind: Kind, name: str) -> dict[str, Any]:
    values = [row[name] for row in kind.rows]
    if all(isinstance(value, int | float) for value in values):
        return {"type": "number"}
    if name in KINDS:
        return {"type": "string", "enum": list(dict.fromkeys(map(str, values)))}
    return {"type": "string"}
