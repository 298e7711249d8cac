"""The service put together: routes, bearer token, and one shape for every error."""

import logging
import secrets
import sqlite3
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from examples.helpdesk.database import Database
from examples.helpdesk.errors import Problem
from examples.helpdesk.faults import Faults
from examples.helpdesk.operation import KEYS_KEPT
from examples.helpdesk.routes import access, accounts, admin, devices, groups, licences, mail, tickets, vpn

_DESCRIPTION = (
    "The IT help desk of Northwind Harbour, a company that does not exist: accounts, groups, VPN, devices, licences, "
    "mail and tickets. Name the person who asks in the header `X-On-Behalf-Of`; repeat a write safely under the same "
    "`Idempotency-Key`."
)

_log = logging.getLogger("examples.helpdesk")
_bearer = HTTPBearer(auto_error=False)


def create_app(
    database: Path, *, token: str, seed: int = 7, today: date | None = None, heeds_keys: bool = True
) -> FastAPI:
    """The service over one SQLite file, which is seeded if it is empty; `today` fixes its clock.

    Without `heeds_keys` a write repeated under its Idempotency-Key is done again, as most applications do.
    """
    app = FastAPI(
        title="Northwind Harbour help desk",
        version="1.0.0",
        description=_DESCRIPTION,
        dependencies=[Depends(_require_token)],
        docs_url=None,
        redoc_url=None,
    )
    app.state.database = Database(database, seed=seed, today=today)
    app.state.faults = Faults()
    app.state.token = token
    app.state.heeds_keys = heeds_keys
    for area in (accounts, groups, access, vpn, devices, licences, mail, tickets):
        app.include_router(area.router)
    app.include_router(admin.router, include_in_schema=False)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    for bug in (sqlite3.Error, ValidationError, Exception):
        app.add_exception_handler(bug, _our_bug)
    if not heeds_keys:
        for operations in app.openapi()["paths"].values():
            for node in operations.values():
                node.pop(KEYS_KEPT, None)
    return app


async def _require_token(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    given = credentials.credentials if credentials else ""
    if not secrets.compare_digest(given.encode(), request.app.state.token.encode()):
        raise Problem("unauthorized")


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse(error.error.model_dump(), status_code=error.status, headers=headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    parts = [f"{'.'.join(str(part) for part in item['loc'][1:]) or 'body'}: {item['msg']}" for item in error.errors()]
    return await _problem(request, Problem("invalid", "; ".join(parts)))


async def _our_bug(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return await _problem(request, Problem("internal_error"))


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid")
    return await _problem(request, Problem(code, str(error.detail), status=error.status_code))
