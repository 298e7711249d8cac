"""Keeps other web sites out: their pages must not approve runs or upload documents through the user's browser."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class SameOrigin:
    """Refuses requests and websockets whose Origin is not the host they are sent to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or _same(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "another web site"})
        else:
            problem = {
                "message": "Requests of other web sites are not accepted.",
                "remedy": "Use the page of this service, or a client that sends no Origin.",
            }
            await JSONResponse(problem, status_code=403)(scope, receive, send)


def _same(headers: Headers) -> bool:
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # no address at all
        return False
