"""Is the service alive, and what does it know?"""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import cast

from fastapi import APIRouter, Request

from api.identity import Identity
from api.schemas import Health
from api.sessions import Sessions

router = APIRouter(tags=["service"])


def version() -> str:
    try:
        return installed("lamplighter")
    except PackageNotFoundError:
        return "0"


@router.get("/healthz")
def healthz(request: Request) -> Health:
    """Anyone may ask whether the service is alive; what it knows is told to those who have signed in."""
    asking: Identity | None = getattr(request.state, "identity", None)
    if asking is None:
        return Health(status="ok", version=version())
    record = cast(Sessions, request.app.state.sessions).services.record
    return Health(
        status="ok",
        version=version(),
        documents=record.documents.size(asking.tenant),
        actions=record.catalogue.size(asking.tenant),
        precedents=record.memory.size(asking.tenant),
    )
