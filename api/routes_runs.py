"""Runs over HTTP: start, read, follow, and decide what they wait for."""

from collections.abc import AsyncIterable, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.deps import SessionsDep, needs
from api.errors import BadArguments
from api.schemas import Answer, Approval, Expectation, NewRun, RunList, RunView, Verdict
from api.sessions import new_task
from knowledge.codec import to_json
from knowledge.openapi_undo import condition
from knowledge.types import Postcondition

router = APIRouter(prefix="/v1/runs", tags=["runs"])
MOST_EVENTS = 2**31  # a larger number is none that a database knows
REFUSED: dict[int | str, dict[str, object]] = {  # an error is no stream
    "4XX": {
        "description": "What to do about it",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
DECIDES = [Depends(needs("operator", "approve or reject calls"))]


def known(run_id: str, sessions: SessionsDep) -> None:
    """Raises NotFound before a stream has begun."""
    sessions.get(run_id)


def expectations(sessions: SessionsDep, given: Sequence[Expectation]) -> tuple[Postcondition, ...]:
    """Raises NotFound for an unknown action, BadArguments for what cannot be looked at."""
    found = []
    for each in given:
        spec = sessions.services.record.catalogue.get(each.read, sessions.identity.tenant)
        missing = [p.name for p in spec.parameters if p.required and p.name not in each.arguments]
        if spec.effect != "read" or missing or bool(each.holds) == each.gone:
            why = f"needs {', '.join(missing)}" if missing else "must be a read, with either `holds` or `gone`"
            raise BadArguments(f"expects: {each.read} {why}.", remedy="Correct `expects`, or leave it out.")
        found.append(condition(each.model_dump(), "expects"))
    return tuple(found)


@router.post("", status_code=202)
def start(new: NewRun, sessions: SessionsDep) -> RunView:
    """Start a run; it goes on by itself, and its events tell how."""
    task = new_task(sessions.services, new.text, requester=new.requester or sessions.identity.requester, now=new.now)
    task = replace(task, expects=expectations(sessions, new.expects))
    return RunView.of(sessions.get(sessions.start(task).run_id))


@router.get("")
def recent(sessions: SessionsDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> RunList:
    """The latest runs, newest first."""
    return RunList(runs=[RunView.of(run) for run in sessions.recent(limit)])


@router.get("/{run_id}")
def show(run_id: str, sessions: SessionsDep) -> RunView:
    return RunView.of(sessions.get(run_id))


@router.get("/{run_id}/events", response_class=EventSourceResponse, responses=REFUSED, dependencies=[Depends(known)])
async def events(
    run_id: str, sessions: SessionsDep, last_event_id: Annotated[int, Header(ge=-1, le=MOST_EVENTS)] = -1
) -> AsyncIterable[ServerSentEvent]:
    """The run's diary as server-sent events, from the start or after `Last-Event-ID`; ends with the run."""
    async for event in sessions.follow(run_id, last_event_id):
        yield ServerSentEvent(id=str(event.seq), event=event.kind, data=to_json(event))


@router.post("/{run_id}/approve", dependencies=DECIDES)
def approve(run_id: str, approval: Approval, sessions: SessionsDep) -> RunView:
    """Approve exactly the call that `call_hash` names, or that call with other `arguments`. It is good once."""
    sessions.decide(
        run_id, approved=True, call_hash=approval.call_hash, note=approval.note, arguments=approval.arguments
    )
    return RunView.of(sessions.get(run_id))


@router.post("/{run_id}/reject", dependencies=DECIDES)
def reject(run_id: str, verdict: Verdict, sessions: SessionsDep) -> RunView:
    sessions.decide(run_id, approved=False, call_hash=verdict.call_hash, note=verdict.note)
    return RunView.of(sessions.get(run_id))


@router.post("/{run_id}/answer")
def answer(run_id: str, given: Answer, sessions: SessionsDep) -> RunView:
    sessions.reply(run_id, given.text)
    return RunView.of(sessions.get(run_id))


@router.post("/{run_id}/cancel")
def cancel(run_id: str, sessions: SessionsDep) -> RunView:
    """Stop before the next step; a step under way is finished first."""
    sessions.waiting(run_id).cancel()
    return RunView.of(sessions.get(run_id))
