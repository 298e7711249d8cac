"""Runs, their events and the journal of calls, at rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Update, null, select, update
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


LISTED = "GET /v1/runs lists the runs that you may see."
Runs: TypeAlias = list[Run]
Events: TypeAlias = list[Event]
Intents: TypeAlias = list[Intent]


class RunStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, run: Run) -> None:
        """Adds the run, or replaces what was saved of it; `run.task.tenant` says whose it is."""
        with self._database.writing() as session:
            row = session.scalars(select(RunRow).filter_by(id=run.id)).one_or_none()
            row = row or RunRow(id=run.id, called_off=False)
            if row.tenant not in (None, run.task.tenant):
                raise ValueError(f"Run {run.id} belongs to another tenant.")
            row.tenant, row.status, row.body = run.task.tenant, run.status, to_json(run)
            row.reply = None if run.status == "done" else row.reply
            session.add(row)

    def get(self, id: str, tenant: str = "default") -> Run:
        """Raises NotFound."""
        with self._database.reading() as session:
            if row := session.scalars(select(RunRow).filter_by(id=id, tenant=tenant)).one_or_none():
                return from_json(Run, row.body)
        raise NotFound(f"There is no run {id}.", remedy=LISTED)

    def list(self, limit: int = 50, tenant: str = "default", *, requester: str | None = None) -> Runs:
        """The runs begun last, newest first; only those of `requester`, if given."""
        query = select(RunRow.body).where(RunRow.tenant == tenant).order_by(RunRow.number.desc()).limit(limit)
        if requester is not None:
            query = query.where(RunRow.body["task"]["requester"].as_string() == requester)
        with self._database.reading() as session:
            return [from_json(Run, body) for body in session.scalars(query)]

    def open(self, tenant: str | None = None) -> Runs:
        """Those that have not ended, in the order they were begun; without a tenant everybody's."""
        query = select(RunRow.body).where(RunRow.status != "done").order_by(RunRow.number)
        if tenant is not None:
            query = query.where(RunRow.tenant == tenant)
        with self._database.reading() as session:
            return [from_json(Run, body) for body in session.scalars(query)]

    # ---- what people say to a run, kept until it was heard

    def call_off(self, run_id: str, tenant: str = "default") -> None:
        with self._database.writing() as session:
            session.execute(_of(run_id, tenant).values(called_off=True))

    def called_off(self, run_id: str, tenant: str = "default") -> bool:
        with self._database.reading() as session:
            query = select(RunRow.called_off).filter_by(id=run_id, tenant=tenant)
            return bool(session.scalars(query).one_or_none())

    def reply(self, run_id: str, question: str, text: str, tenant: str = "default") -> None:
        """An answer to what the run asks now; the latest one counts."""
        with self._database.writing() as session:
            session.execute(_of(run_id, tenant).values(reply={"question": question, "text": text}))

    def replied(self, run_id: str, question: str, tenant: str = "default") -> str | None:
        """The answer to exactly this question that the run has not heard yet."""
        with self._database.reading() as session:
            query = select(RunRow.reply).filter_by(id=run_id, tenant=tenant)
            reply = session.scalars(query).one_or_none() or {}
        return str(reply["text"]) if reply.get("question") == question else None

    def heard(self, run_id: str, tenant: str = "default") -> None:
        """The answer became part of the run."""
        with self._database.writing() as session:
            session.execute(_of(run_id, tenant).values(reply=null()))

    # ---- the diary

    def append(self, event: Event, tenant: str = "default") -> None:
        """Raises ValueError if the run has an event with this `seq` already."""
        try:
            with self._database.writing() as session:
                session.add(EventRow(tenant=tenant, run_id=event.run_id, seq=event.seq, body=to_json(event)))
        except IntegrityError as error:
            raise ValueError(f"Run {event.run_id} has an event {event.seq} already.") from error

    def events(self, run_id: str, tenant: str = "default", *, after: int = -1) -> Events:
        """Those with `seq` above `after`, in order."""
        query = select(EventRow.body).filter_by(tenant=tenant, run_id=run_id).where(EventRow.seq > after)
        with self._database.reading() as session:
            return [from_json(Event, body) for body in session.scalars(query.order_by(EventRow.seq))]

    # ---- the journal

    def intend(
        self,
        run_id: str,
        step: int,
        key: str,
        call_hash: str,
        call: Mapping[str, JsonValue],
        tenant: str = "default",
    ) -> None:
        """Committed before the call is made, and on the disk. Raises ValueError if `key` was intended before."""
        row = JournalRow(tenant=tenant, key=key, run_id=run_id, step=step, call_hash=call_hash, call=dict(call))
        try:
            with self._database.writing(flushed=True) as session:
                session.add(row)
        except IntegrityError as error:
            raise ValueError(f"The call {key} was intended before; it must not be repeated blindly.") from error

    def complete(self, key: str, observation: Observation, tenant: str = "default") -> None:
        """Raises NotFound if `key` was never intended."""
        with self._database.writing() as session:
            row = session.get(JournalRow, (tenant, key))
            if row is None:
                raise NotFound(f"The journal has no call {key}.")
            row.observation = to_json(observation)

    def reopen(self, key: str, tenant: str = "default") -> None:
        """What was shown not to have been carried out is about to be tried once more. Raises NotFound."""
        with self._database.writing(flushed=True) as session:
            row = session.get(JournalRow, (tenant, key))
            if row is None:
                raise NotFound(f"The journal has no call {key}.")
            row.observation = None

    def intent(self, key: str, tenant: str = "default") -> Intent | None:
        with self._database.reading() as session:
            row = session.get(JournalRow, (tenant, key))
            return _intent(row) if row else None

    def journal(self, run_id: str, tenant: str = "default") -> Intents:
        """Every call of the run, in the order of its steps."""
        query = select(JournalRow).filter_by(tenant=tenant, run_id=run_id)
        with self._database.reading() as session:
            return [_intent(row) for row in session.scalars(query.order_by(JournalRow.step, JournalRow.key))]

    def pending(self, run_id: str, tenant: str = "default") -> Intents:
        """Calls of which nobody knows what came."""
        return [intent for intent in self.journal(run_id, tenant) if intent.observation is None]


def _of(run_id: str, tenant: str) -> Update:
    return update(RunRow).where(RunRow.id == run_id, RunRow.tenant == tenant)


def _intent(row: JournalRow) -> Intent:
    return Intent(
        run_id=row.run_id,
        step=row.step,
        key=row.key,
        call_hash=row.call_hash,
        call=row.call,
        observation=None if row.observation is None else from_json(Observation, row.observation),
    )
