"""How much the API takes: requests of one key a minute, bytes of one body."""

import math
import time
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TooFast, TooLarge

if TYPE_CHECKING:
    from limits.strategies import SlidingWindowCounterRateLimiter


class Pace:
    """Counts within this process; several processes each take as much."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute

    @cached_property
    def _limiter(self) -> "SlidingWindowCounterRateLimiter":
        from limits.storage import MemoryStorage
        from limits.strategies import SlidingWindowCounterRateLimiter

        return SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, who: str) -> None:
        """One more request. Raises TooFast."""
        from limits import RateLimitItemPerMinute

        limit = RateLimitItemPerMinute(self._per_minute)
        if self._limiter.hit(limit, who):
            return
        free_at = self._limiter.get_window_stats(limit, who).reset_time
        wait_s = max(1, math.ceil(free_at - time.time()))
        raise TooFast(
            f"More than {self._per_minute} requests in a minute.",
            remedy=f"Try again in {wait_s} seconds, or raise LAMP_REQUESTS_PER_MINUTE.",
            retry_after_s=wait_s,
        )


class BodyLimit:
    """Refuses a body by its Content-Length, or, where none is said, as soon as too much has come."""

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        self._app, self._most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "0")
        if said.isdigit() and int(said) > self._most_bytes:
            await self._refuse(scope, receive, send)
            return
        counted = _Counted(receive, send, self._most_bytes)
        try:
            await self._app(scope, counted.receive, counted.send)
        except _Exceeded:
            if not counted.answered:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        from api.gate import refusal

        size = f"{self._most_bytes / 1_000_000:g} MB"
        error = TooLarge(f"The request is larger than {size}.", remedy="Send less at once, or raise LAMP_MAX_BODY_MB.")
        answer = refusal(error, str(scope["path"]))
        answer.headers["connection"] = "close"
        await answer(scope, receive, send)


class _Exceeded(BaseException):
    """No Exception: what reads the body must not take it for a mistake of its own."""


class _Counted:
    def __init__(self, receive: Receive, send: Send, most_bytes: int) -> None:
        self._receive, self._send, self._left = receive, send, most_bytes
        self.answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _Exceeded
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        await self._send(message)
