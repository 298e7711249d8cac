"""Undoing over HTTP: look at what would undo a run, then have it undone."""

from fastapi import APIRouter

from api.deps import SessionsDep
from api.schemas import RunView
from api.schemas_undo import Undoing, UndoPlanView

router = APIRouter(prefix="/v1/runs", tags=["runs"])


@router.get("/{run_id}/undo")
def plan(run_id: str, sessions: SessionsDep) -> UndoPlanView:
    """What would undo the run, last write first, and what would remain. Nothing is called."""
    return UndoPlanView.of(sessions.undo_plan(run_id))


@router.post("/{run_id}/undo", status_code=202)
def undo(run_id: str, agreed: Undoing, sessions: SessionsDep) -> RunView:
    """Start a run that takes the run back. Without `plan_hash` it asks first; the policy decides about each call."""
    return RunView.of(sessions.get(sessions.undo(run_id, agreed=agreed.plan_hash).run_id))
