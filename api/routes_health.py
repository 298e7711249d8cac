"""Is the service alive, and what does it know?"""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from fastapi import APIRouter

from api.deps import SessionsDep
from api.schemas import Health

router = APIRouter(tags=["service"])


def version() -> str:
    try:
        return installed("lamplighter")
    except PackageNotFoundError:
        return "0"


@router.get("/healthz")
def healthz(sessions: SessionsDep) -> Health:
    record, tenant = sessions.services.record, sessions.services.settings.tenant
    return Health(
        status="ok",
        version=version(),
        documents=len(record.documents.list(tenant)),
        actions=len(record.catalogue.actions(tenant)),
        precedents=len(record.memory.list(tenant)),
    )
