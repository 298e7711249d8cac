"""What became of a run's writes when it was undone: told in its own diary, and in what is remembered of it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import cast

from knowledge.errors import NotFound
from knowledge.record import Record
from knowledge.types import Event, JsonValue, Outcome, Run

TRIES = 5


def undone_steps(record: Record, run: Run) -> frozenset[int]:
    """Numbers of the steps that were taken back."""
    events = record.runs.events(run.id, run.task.tenant)
    told = [cast(Sequence[int], event.data["steps"]) for event in events if event.kind == "undone"]
    return frozenset(number for numbers in told for number in numbers)


def settle(
    record: Record, run_id: str, tenant: str, *, by: str, steps: Sequence[int], remaining: Sequence[str], at: datetime
) -> Run:
    """Write down what was taken back: the run is no success any more, and no precedent."""
    told: dict[str, JsonValue] = {"by": by, "steps": [*steps], "remaining": [*remaining]}
    _append(record, run_id, tenant, told, at)
    reason = f"Undone by run {by}."
    if remaining:
        reason = f"Partly undone by run {by}. What remains: {'; '.join(remaining)}."
    outcome = Outcome(status="partly_undone" if remaining else "undone", reason=reason)
    run = replace(record.runs.get(run_id, tenant), outcome=outcome)
    record.runs.save(run)
    with suppress(NotFound):  # It was forgotten, and stays so.
        record.memory.revise(run_id, outcome, tenant)
    return run


def _append(record: Record, run_id: str, tenant: str, data: dict[str, JsonValue], at: datetime) -> None:
    for left in reversed(range(TRIES)):
        seq = max((event.seq for event in record.runs.events(run_id, tenant)), default=-1) + 1
        event = Event(run_id=run_id, seq=seq, kind="undone", at=at, data=data)
        try:
            record.runs.append(event, tenant)
        except ValueError:
            if not left:
                raise
        else:
            return
