"""Forgetting people, for administrators."""

from fastapi import APIRouter, Depends

from api.deps import SessionsDep, needs
from api.forgetting import forget
from api.schemas_people import Forget, ForgetReport
from knowledge.names import Names

router = APIRouter(
    prefix="/v1/people", tags=["people"], dependencies=[Depends(needs("admin", "have people forgotten"))]
)


@router.post("/forget")
def forget_person(wanted: Forget, sessions: SessionsDep) -> ForgetReport:
    """Erase a person's data from record, indexes and memory. `left` counts where the names still are: all 0 is the
    proof. Documents that mention the person stay unless `documents` says otherwise."""
    done = forget(
        sessions.services,
        Names(wanted.names),
        tenant=sessions.identity.tenant,
        documents=wanted.documents,
        dry_run=wanted.dry_run,
        open_runs=sessions.everyones.open_ids(),
    )
    return ForgetReport.of(done)
