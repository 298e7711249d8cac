"""Approvals at rest: one row for each call that a person was asked about. Whoever changes the row first, wins.

open ── decide ──→ approved ── redeem, once, in time, for exactly that call ──→ used
  │        └─────→ rejected
  └─ withdraw ───→ withdrawn      nobody answered, or the run ended
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast
from typing import Literal as OneOf

from sqlalchemy import CursorResult, Update, select, update

from knowledge.errors import NotFound, TooLate
from knowledge.store import Database
from knowledge.tables import ApprovalRow
from knowledge.types import JsonValue

ApprovalStatus: TypeAlias = OneOf["open", "approved", "rejected", "withdrawn", "used"]
Refusal: TypeAlias = OneOf["unknown", "undecided", "rejected", "withdrawn", "used", "expired", "mismatch"]
Call: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class StoredApproval:
    """`call` is what was asked about, `edits` what the person changed of its arguments, `call_hash` of the two together
    once it is decided. `expires_at` is None until it is approved."""

    id: str
    tenant: str
    run_id: str
    step: int
    status: ApprovalStatus
    call: Call
    call_hash: str
    edits: Call
    by: str = ""
    note: str = ""
    expires_at: datetime | None = None


def hash_of(call: Call) -> str:
    """Of one exact call: what is approved, and what is run, must have the same."""
    return hashlib.sha256(json.dumps(call, sort_keys=True).encode()).hexdigest()


def edited_call(call: Call, edits: Call) -> dict[str, JsonValue]:
    """The call with other arguments; an edit of None takes the argument away."""
    before = cast(Mapping[str, JsonValue], call.get("arguments") or {})
    after = {name: value for name, value in {**before, **edits}.items() if name not in edits or value is not None}
    return {**call, "arguments": after}


class ApprovalStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, *, run_id: str, step: int, call: Call, at: datetime, tenant: str = "default") -> str:
        """The id of a new approval, open."""
        row = ApprovalRow(
            id=uuid.uuid4().hex,
            tenant=tenant,
            run_id=run_id,
            step=step,
            status="open",
            call=dict(call),
            call_hash=hash_of(call),
            edits={},
            by="",
            note="",
            asked_at=at.timestamp(),
        )
        with self._database.writing() as session:
            session.add(row)
            session.flush()
            return row.id

    def get(self, id: str, tenant: str = "default") -> StoredApproval:
        """Raises NotFound."""
        with self._database.reading() as session:
            if row := session.scalars(select(ApprovalRow).filter_by(id=id, tenant=tenant)).one_or_none():
                return _stored(row)
        raise NotFound(f"There is no approval {id}.")

    def standing(
        self, *, run_id: str, step: int, call_hash: str, at: datetime, tenant: str = "default"
    ) -> StoredApproval | None:
        """The latest approval asked for this call of this step, if it is open, rejected, or good still."""
        query = select(ApprovalRow).filter_by(run_id=run_id, step=step, tenant=tenant).order_by(ApprovalRow.asked_at)
        with self._database.reading() as session:
            rows = [_stored(row) for row in session.scalars(query)]
        latest = next((row for row in reversed(rows) if hash_of(row.call) == call_hash), None)
        if latest is None or latest.status in ("withdrawn", "used"):
            return None
        return None if latest.expires_at is not None and latest.expires_at <= at else latest

    def latest(self, *, run_id: str, step: int, call_hash: str, tenant: str = "default") -> StoredApproval | None:
        """Of this call as it was to be made, with what a person changed; None if it was never asked about."""
        query = select(ApprovalRow).filter_by(run_id=run_id, step=step, call_hash=call_hash, tenant=tenant)
        with self._database.reading() as session:
            row = session.scalars(query.order_by(ApprovalRow.asked_at.desc()).limit(1)).one_or_none()
            return _stored(row) if row else None

    def decide(
        self,
        id: str,
        *,
        approved: bool,
        at: datetime,
        expires_at: datetime,
        edits: Call | None = None,
        by: str = "",
        note: str = "",
        tenant: str = "default",
    ) -> StoredApproval:
        """Raises NotFound, or TooLate if it was decided or withdrawn before: of several deciding at once, one does."""
        asked = self.get(id, tenant)
        edits = dict(edits or {}) if approved else {}
        change = _of(id, tenant).where(ApprovalRow.status == "open")
        values = {
            "status": "approved" if approved else "rejected",
            "edits": edits,
            "call_hash": hash_of(edited_call(asked.call, edits)),
            "by": by,
            "note": note,
            "decided_at": at.timestamp(),
            "expires_at": expires_at.timestamp() if approved else None,
        }
        if not self._changed(change.values(**values)):
            raise TooLate(f"It is {self.get(id, tenant).status} already.", remedy="Read the run again.")
        return self.get(id, tenant)

    def withdraw(self, id: str, tenant: str = "default") -> StoredApproval:
        """What became of it: withdrawn, unless it was decided before."""
        change = _of(id, tenant).where(ApprovalRow.status == "open")
        self._changed(change.values(status="withdrawn"))
        return self.get(id, tenant)

    def redeem(self, id: str, *, call_hash: str, at: datetime, tenant: str = "default") -> Refusal | None:
        """None lets exactly this call through, this once; anything else says why not."""
        change = _of(id, tenant).where(
            ApprovalRow.status == "approved",
            ApprovalRow.call_hash == call_hash,
            ApprovalRow.expires_at > at.timestamp(),
        )
        if self._changed(change.values(status="used", used_at=at.timestamp())):
            return None
        try:
            return _refusal(self.get(id, tenant), call_hash)
        except NotFound:
            return "unknown"

    def _changed(self, change: Update) -> bool:
        with self._database.writing() as session:
            result = cast("CursorResult[Any]", session.execute(change))
            return result.rowcount == 1


def _of(id: str, tenant: str) -> Update:
    return update(ApprovalRow).where(ApprovalRow.id == id, ApprovalRow.tenant == tenant)


def _refusal(stored: StoredApproval, call_hash: str) -> Refusal:
    if stored.status == "open":
        return "undecided"
    if stored.status != "approved":
        return stored.status
    return "expired" if stored.call_hash == call_hash else "mismatch"


def _stored(row: ApprovalRow) -> StoredApproval:
    return StoredApproval(
        id=row.id,
        tenant=row.tenant,
        run_id=row.run_id,
        step=row.step,
        status=cast(ApprovalStatus, row.status),
        call=row.call,
        call_hash=row.call_hash,
        edits=row.edits,
        by=row.by,
        note=row.note,
        expires_at=None if row.expires_at is None else datetime.fromtimestamp(row.expires_at, UTC),
    )
