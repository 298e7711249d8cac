"""The HTTP service: routes of the API, the web page under /ui, and errors as `{message, remedy}`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api import (
    routes_chat,
    routes_health,
    routes_keys,
    routes_knowledge,
    routes_people,
    routes_runs,
    routes_signin,
    routes_undo,
)
from api.chat.errors import speaks_openai, wrong
from api.door import Door
from api.errors import writable
from api.gate import Gate, refusal
from api.limits import BodyLimit, Pace
from api.same_origin import SameOrigin
from api.schemas import Problem
from api.sessions import Sessions
from api.wiring import Services
from knowledge.errors import LamplighterError


def create_app(services: Services, *, with_ui: bool = True, take_up: bool = True) -> FastAPI:
    """With the page only once a process: NiceGUI has one application a process.

    Without `take_up` the runs that were left behind wait for `app.state.sessions.open()`.
    """
    sessions = Sessions(services)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if take_up:
            await asyncio.to_thread(sessions.open)
        yield
        await asyncio.to_thread(sessions.close)

    problems: dict[int | str, dict[str, object]] = {"4XX": {"model": Problem, "description": "What to do about it"}}
    app = FastAPI(title="Lamplighter", version=routes_health.version(), lifespan=lifespan, responses=problems)
    app.state.sessions, app.state.door = sessions, Door(services)
    app.state.chat = routes_chat.Chat(services)
    app.add_middleware(Gate, door=app.state.door, pace=Pace(services.settings.requests_per_minute))
    app.add_middleware(BodyLimit, most_bytes=int(services.settings.max_body_mb * 1_000_000))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=services.settings.hosts)
    app.add_middleware(SameOrigin)
    app.add_exception_handler(LamplighterError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RecursionError, _too_deep)
    for routes in (
        routes_health,
        routes_runs,
        routes_undo,
        routes_knowledge,
        routes_chat,
        routes_keys,
        routes_people,
        routes_signin,
    ):
        app.include_router(routes.router)
    if with_ui:
        from api.ui import mount

        mount(app, sessions, app.state.door)
        app.add_api_route("/", lambda: RedirectResponse("/ui/"), include_in_schema=False)
    return app


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, LamplighterError)
    return refusal(error, request.url.path)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
    return _problem(request, 422, f"The request is not valid: {wrong}.", "Correct it; /docs describes every request.")


async def _too_deep(request: Request, __: Exception) -> Response:
    return _problem(request, 422, "The request is nested too deeply.", "Send a simpler one.")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(request, error.status_code, f"{error.detail}.", "Look at /docs for what there is.")


def _problem(request: Request, status: int, message: str, remedy: str) -> JSONResponse:
    if speaks_openai(request.url.path):
        return wrong(writable(message), remedy, status=400 if status == 422 else status)
    return JSONResponse({"message": writable(message), "remedy": remedy}, status_code=status)
