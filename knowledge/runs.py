"""Runs, their events and the journal of calls, at rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from knowledge.codec import from_json, to_json
from knowledge.errors import NotFound
from knowledge.store import Database
from knowledge.tables import EventRow, JournalRow, RunRow
from knowledge.types import Event, JsonValue, Observation, Run


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A call that was about to be made; `observation` is what came of it, None while nobody knows."""

    run_id: str
    step: int
    key: str
    call_hash: str
    call: Mapping[str, JsonValue]
    observation: Observation | None = None


Runs: TypeAlias = list[Run]
Events: TypeAlias = list[Event]
Intents: TypeAlias = list[Intent]


class RunStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, run: Run) -> None:
        """Adds the run, or replaces what was saved of it."""
        with self._database.writing() as session:
            row = session.scalars(select(RunRow).filter_by(id=run.id)).one_or_none() or RunRow(id=run.id)
            row.tenant, row.status, row.body = run.task.tenant, run.status, to_json(run)
            session.add(row)

    def get(self, id: str) -> Run:
        """Raises NotFound."""
        with self._database.reading() as session:
            if row := session.scalars(select(RunRow).filter_by(id=id)).one_or_none():
                return from_json(Run, row.body)
        raise NotFound(f"There is no run {id}.")

    def list(self, limit: int = 50, tenant: str = "default") -> Runs:
        """The runs begun last, newest first."""
        query = select(RunRow.body).where(RunRow.tenant == tenant).order_by(RunRow.number.desc()).limit(limit)
        with self._database.reading() as session:
            return [from_json(Run, body) for body in session.scalars(query)]

    def append(self, event: Event) -> None:
        """Raises ValueError if the run has an event with this `seq` already."""
        try:
            with self._database.writing() as session:
                session.add(EventRow(run_id=event.run_id, seq=event.seq, body=to_json(event)))
        except IntegrityError as error:
            raise ValueError(f"Run {event.run_id} has an event {event.seq} already.") from error

    def events(self, run_id: str, after: int = -1) -> Events:
        """Those with `seq` above `after`, in order."""
        query = select(EventRow.body).where(EventRow.run_id == run_id, EventRow.seq > after).order_by(EventRow.seq)
        with self._database.reading() as session:
            return [from_json(Event, body) for body in session.scalars(query)]

    def intend(self, run_id: str, step: int, key: str, call_hash: str, call: Mapping[str, JsonValue]) -> None:
        """Committed before the call is made. Raises ValueError if `key` was intended before: look at `intent` first."""
        row = JournalRow(key=key, run_id=run_id, step=step, call_hash=call_hash, call=dict(call))
        try:
            with self._database.writing() as session:
                session.add(row)
        except IntegrityError as error:
            raise ValueError(f"The call {key} was intended before; it must not be repeated blindly.") from error

    def complete(self, key: str, observation: Observation) -> None:
        """Raises NotFound if `key` was never intended."""
        with self._database.writing() as session:
            row = session.get(JournalRow, key)
            if row is None:
                raise NotFound(f"The journal has no call {key}.")
            row.observation = to_json(observation)

    def intent(self, key: str) -> Intent | None:
        with self._database.reading() as session:
            row = session.get(JournalRow, key)
            return _intent(row) if row else None

    def journal(self, run_id: str) -> Intents:
        """Every call of the run, in the order of its steps."""
        with self._database.reading() as session:
            rows = session.scalars(
                select(JournalRow).filter_by(run_id=run_id).order_by(JournalRow.step, JournalRow.key)
            )
            return [_intent(row) for row in rows]

    def pending(self, run_id: str) -> Intents:
        """Calls of which nobody knows what came."""
        return [intent for intent in self.journal(run_id) if intent.observation is None]


def _intent(row: JournalRow) -> Intent:
    return Intent(
        run_id=row.run_id,
        step=row.step,
        key=row.key,
        call_hash=row.call_hash,
        call=row.call,
        observation=None if row.observation is None else from_json(Observation, row.observation),
    )
