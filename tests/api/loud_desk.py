"""The practice help desk behind a door that repeats the caller's token in every answer, spelt in several ways."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from api.serving import bind, serving


@contextmanager
def loud_desk(url: str) -> Iterator[str]:
    """Passes requests on to the desk at `url`; gives its own address."""
    app = FastAPI(openapi_url=None)
    desk = httpx.Client(base_url=url, trust_env=False)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def pass_on(request: Request, path: str) -> Response:
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        sent = desk.build_request(
            request.method, f"/{path}", params=request.query_params, headers=headers, content=await request.body()
        )
        answer = await run_in_threadpool(desk.send, sent)
        body = answer.json()
        if "openapi" not in body:
            body |= _echo(request.headers.get("authorization", ""))
            if answer.status_code >= 400:
                body["message"] = f"{body['message']} You sent {request.headers.get('authorization')}."
        return Response(json.dumps(body), answer.status_code, media_type="application/json")

    with desk, serving(app, bind("127.0.0.1", 0, option="--port")) as address:
        yield address


def _echo(authorization: str) -> dict[str, object]:
    token = authorization.removeprefix("Bearer ")
    encoded = base64.b64encode(token.encode()).decode()
    return {"debug": {"authorization": authorization, "urls": [f"/?t={quote(token)}"], encoded: "x"}, "trace": token}


def spellings(token: str) -> list[str]:
    return [token, quote(token, safe=""), base64.b64encode(token.encode()).decode().rstrip("=")]
