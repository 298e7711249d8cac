"""Errors in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`, the message with its remedy."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from api.chat.wire import Wrong, WrongAnswer
from api.errors import BadRequest, headers_for, tell
from knowledge.errors import BadCatalogue, LamplighterError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class OpenAIRoute(APIRoute):
    """A route whose errors OpenAI's clients understand."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                return _invalid(error)
            except LamplighterError as error:
                return refused(error)

        return told


def speaks_openai(path: str) -> bool:
    """Whether clients of OpenAI's API ask there, so that what refuses them before a route does so in its shape."""
    return path == "/v1/models" or path.startswith(("/v1/models/", "/v1/chat/"))


def refused(error: LamplighterError) -> JSONResponse:
    said = tell(error)
    param = error.param if isinstance(error, BadRequest) else "tools" if isinstance(error, BadCatalogue) else None
    answer = wrong(said.message, said.remedy, status=400 if said.status == 422 else said.status, param=param)
    answer.headers.update(headers_for(error))
    return answer


def wrong(message: str, remedy: str, *, status: int, param: str | None = None, code: str | None = None) -> JSONResponse:
    kind = TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    error = Wrong(message=f"{message} {remedy}".strip(), type=kind, param=param, code=code)
    return JSONResponse(WrongAnswer(error=error).model_dump(), status_code=status)


def _invalid(error: RequestValidationError) -> JSONResponse:
    """The first mistake is the one that OpenAI names."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part != "body"]
    param = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in place).lstrip(".")
    said = "the body is not JSON" if first["type"] == "json_invalid" else first["msg"]
    remedy = "Correct it; docs/chat-completions.md says what is read."
    return wrong(f"{param or 'The request'} is not valid: {said}.", remedy, status=400, param=param or None)
