"""What routes are given."""

from typing import Annotated, cast

from fastapi import Depends, Request

from api.sessions import Sessions


def _sessions(request: Request) -> Sessions:
    return cast(Sessions, request.app.state.sessions)


SessionsDep = Annotated[Sessions, Depends(_sessions)]
