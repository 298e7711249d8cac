"""Publishing a handler as an operation: one transaction a request, and a write under one key happens once."""

import functools
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from fastapi import APIRouter, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel

from examples.helpdesk.desk import Desk, Visit
from examples.helpdesk.errors import Problem, documented

Effect: TypeAlias = Literal["read", "write", "irreversible"]
Handler: TypeAlias = Callable[..., BaseModel]
Undoing: TypeAlias = str | Mapping[str, object] | Sequence[Mapping[str, object]]
KEYS_KEPT = "x-lamplighter-idempotency-hours"


def operation(
    router: APIRouter,
    method: str,
    path: str,
    *,
    errors: tuple[str, ...] = (),
    effect: Effect = "write",
    undone_by: Undoing | None = None,
    shows: Mapping[str, object] | None = None,
    only_undoes: bool = False,
    status: int = 200,
) -> Callable[[Handler], Handler]:
    """Publish a handler: its name becomes the operation id, its docstring the description.

    `undone_by`, `shows` and `only_undoes` are Lamplighter's compensation, postcondition and only-undoes.
    """

    def publish(handler: Handler) -> Handler:
        reads = effect == "read"
        router.add_api_route(
            path,
            _reading(handler) if reads else _writing(handler, status),
            methods=[method],
            operation_id=handler.__name__,
            summary=handler.__name__.replace("_", " ").capitalize(),
            description=handler.__doc__,
            status_code=status,
            responses=documented((*errors, *(() if reads else ("idempotency_conflict",)), "unauthorized", "invalid")),
            openapi_extra={
                "x-lamplighter-effect": effect,
                **({} if reads else {KEYS_KEPT: 720}),
                **({"x-lamplighter-compensation": undone_by} if undone_by else {}),
                **({"x-lamplighter-postcondition": shows} if shows else {}),
                **({"x-lamplighter-only-undoes": True} if only_undoes else {}),
            },
        )
        return handler

    return publish


def _reading(handler: Handler) -> Callable[..., BaseModel]:
    @functools.wraps(handler)
    def endpoint(desk: Visit, **arguments: Any) -> BaseModel:
        with desk.faults.around(handler.__name__), desk.database.transaction(write=False) as connection:
            return handler(desk=Desk(connection=connection, on_behalf_of=desk.on_behalf_of), **arguments)

    return endpoint


def _writing(handler: Handler, status: int) -> Callable[..., Response]:
    @functools.wraps(handler)
    def endpoint(desk: Visit, **arguments: Any) -> Response:
        content = json.dumps([handler.__name__, desk.on_behalf_of, jsonable_encoder(arguments)], sort_keys=True)
        with desk.faults.around(handler.__name__), desk.database.transaction(write=True) as connection:
            answer = _stored(connection, desk.idempotency_key, content)
            if answer is None:
                answer = _attempt(connection, handler, desk, arguments, status)
                _store(connection, desk.idempotency_key, content, answer)
            return answer

    return endpoint


def _attempt(
    connection: sqlite3.Connection, handler: Handler, visit: Visit, arguments: dict[str, Any], status: int
) -> Response:
    """Do the write, or undo what it began and answer with the rule it broke."""
    connection.execute("SAVEPOINT attempt")
    try:
        result = handler(desk=Desk(connection=connection, on_behalf_of=visit.on_behalf_of), **arguments)
    except Problem as problem:
        connection.execute("ROLLBACK TO attempt")
        return _json(problem.status, problem.error.model_dump_json())
    connection.execute(
        "INSERT INTO writes VALUES (?, 1) ON CONFLICT (operation) DO UPDATE SET count = count + 1", (handler.__name__,)
    )
    return _json(status, result.model_dump_json())


def _stored(connection: sqlite3.Connection, key: str | None, content: str) -> Response | None:
    row = connection.execute("SELECT * FROM idempotency WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row["content"] != content:
        raise Problem("idempotency_conflict")
    return _json(row["status"], row["body"])


def _store(connection: sqlite3.Connection, key: str | None, content: str, answer: Response) -> None:
    if key is not None:
        row = (key, content, answer.status_code, bytes(answer.body).decode())
        connection.execute("INSERT INTO idempotency VALUES (?, ?, ?, ?)", row)


def _json(status: int, body: str) -> Response:
    return Response(body, status_code=status, media_type="application/json")
