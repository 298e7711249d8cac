"""Errors of the room, and how any LamplighterError is told to a person: message and remedy, never a traceback."""

from dataclasses import dataclass

from knowledge.errors import (
    ApplicationError,
    BadConfiguration,
    EmptyIndex,
    Forbidden,
    LamplighterError,
    NotFound,
    NotUndoable,
    TooLate,
    Unreachable,
    UserError,
)


class NotWaiting(UserError):
    """An approval or answer that no run waits for: it went on, or the call is another one by now."""


class Busy(UserError):
    """As many runs as the service carries at the same time are open."""


class BadRequest(UserError):
    """A chat request that cannot be used; `param` says which part of it."""

    def __init__(self, message: str, *, remedy: str, param: str = "messages") -> None:
        super().__init__(message, remedy=remedy)
        self.param = param


class BadArguments(UserError):
    """Values put into an approval that the action does not take."""


class Unknown(UserError):
    """Nobody who may use the service: no key, or one that opens nothing (any more)."""


class TooFast(UserError):
    """More requests than the limit; `retry_after_s` is when the next one will be taken."""

    def __init__(self, message: str, *, remedy: str, retry_after_s: int) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class TooLarge(UserError):
    """A request of more bytes than the limit."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """An error as the person sees it; `status` is the HTTP status for it."""

    message: str
    remedy: str
    status: int


def writable(text: str) -> str:
    """JSON may name half a character, which no answer can carry."""
    return text.encode("utf-8", "replace").decode()


def tell(error: LamplighterError) -> Told:
    if isinstance(error, UserError):
        return Told(message=writable(error.message), remedy=writable(error.remedy), status=_status(error))
    message, _, remedy = (str(error) or "The application failed.").partition(". ")
    return Told(message=writable(f"{message.rstrip('.')}."), remedy=remedy or _world_remedy(error), status=424)


def no_practice() -> BadConfiguration:
    """Of an installation from the wheel, which has the rooms only."""
    return BadConfiguration(
        "The practice help desk is not part of this installation.",
        remedy="Run it from a clone of the repository, or use `lamp serve` with an application of your own.",
    )


def headers_for(error: LamplighterError) -> dict[str, str]:
    """What HTTP wants beside the message."""
    if isinstance(error, TooFast):
        return {"Retry-After": str(error.retry_after_s)}
    return {"WWW-Authenticate": 'Bearer realm="Lamplighter"'} if isinstance(error, Unknown) else {}


def _status(error: UserError) -> int:
    statuses = {
        Unknown: 401,
        Forbidden: 403,
        NotFound: 404,
        NotWaiting: 409,
        TooLate: 409,
        NotUndoable: 409,
        EmptyIndex: 409,
        TooLarge: 413,
        Busy: 429,
        TooFast: 429,
    }
    return next((status for kind, status in statuses.items() if isinstance(error, kind)), 422)


def _world_remedy(error: LamplighterError) -> str:
    if isinstance(error, Unreachable):
        return "Check the address, and that the application is running; then try again."
    if isinstance(error, ApplicationError):
        return "Look at the application's own log; then try again."
    return "Try again; if it happens again, look at the log."
