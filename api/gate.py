"""Nothing behind it is reached by someone unknown: routes, pages, websockets, and what is added later."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.chat.errors import refused, speaks_openai
from api.door import Door
from api.errors import TooFast, Unknown, headers_for, tell
from api.identity import Identity
from api.limits import Pace
from knowledge.errors import LamplighterError

PUBLIC = ("/healthz", "/signin")
COUNTED = ("/v1/", "/signin")  # a page is many small files


class Gate:
    """Puts the Identity into the request's state; /healthz and /signin may be seen without one."""

    def __init__(self, app: ASGIApp, *, door: Door, pace: Pace) -> None:
        self._app, self._door, self._pace = app, door, pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            identity = await self._identity(scope, headers)
        except (Unknown, TooFast) as error:
            await _turned_away(error, headers, scope, receive, send)
            return
        scope.setdefault("state", {})["identity"] = identity
        await self._app(scope, receive, send)

    async def _identity(self, scope: Scope, headers: Headers) -> Identity | None:
        """None on public paths. Raises Unknown, and TooFast: whoever is unknown is counted by address."""
        address = scope["client"][0] if scope.get("client") else ""
        shown, cookies = headers.get("authorization", ""), headers.get("cookie", "")
        try:
            identity = await run_in_threadpool(self._door.identify, shown, cookies)
        except Unknown:
            self._pace.count(f"address {address}")
            if scope["path"] in PUBLIC:
                return None
            raise
        if scope["path"].startswith(COUNTED):
            self._pace.count(f"key {identity.key_id}" if identity.key_id else f"address {address}")
        return identity


async def _turned_away(error: LamplighterError, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
    """People are led to the sign-in page, programs are told."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "sign in first"})
        return
    page = isinstance(error, Unknown) and scope["method"] == "GET" and "text/html" in headers.get("accept", "")
    path = str(scope["path"])
    answer: Response = RedirectResponse(f"/signin?then={quote(path)}", 303) if page else refusal(error, path)
    await answer(scope, receive, send)


def refusal(error: LamplighterError, path: str) -> JSONResponse:
    """In the shape that those who ask there read."""
    if speaks_openai(path):
        return refused(error)
    told = tell(error)
    problem = {"message": told.message, "remedy": told.remedy}
    return JSONResponse(problem, status_code=told.status, headers=headers_for(error))
