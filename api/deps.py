"""What routes are given: everything as the one who asks may see it."""

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Request

from api.door import Door
from api.errors import Unknown
from api.identity import Identity
from api.own_sessions import OwnSessions
from api.sessions import Sessions
from knowledge.keys import Role


def _door(request: Request) -> Door:
    return cast(Door, request.app.state.door)


def identity(request: Request) -> Identity:
    """Who the gate let in. Raises Unknown where it let pass without: a public path."""
    found: Identity | None = getattr(request.state, "identity", None)
    if found is None:
        raise Unknown("This service asks for a key.", remedy="Send Authorization: Bearer KEY.")
    return found


IdentityDep = Annotated[Identity, Depends(identity)]
DoorDep = Annotated[Door, Depends(_door)]


def _sessions(request: Request, asking: IdentityDep) -> OwnSessions:
    return OwnSessions(cast(Sessions, request.app.state.sessions), asking)


SessionsDep = Annotated[OwnSessions, Depends(_sessions)]


def needs(role: Role, what: str) -> Callable[[Identity], None]:
    """A dependency that raises Forbidden for lesser roles; `what` follows "may not"."""

    def check(asking: IdentityDep) -> None:
        asking.require(role, what)

    return check
