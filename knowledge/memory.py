"""Trajectories at rest: what was done before, how it ended, and how often it helped since."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from knowledge.codec import from_json, to_json
from knowledge.errors import NotFound
from knowledge.store import STORED, Database, Matrix, Vectors, bump, packed, revision, size, unpacked
from knowledge.tables import TrajectoryRow
from knowledge.types import Outcome, OutcomeStatus, Trajectory


@dataclass(frozen=True, kw_only=True)
class Similar:
    """`similarity` is the cosine of the two requests, in [-1, 1]."""

    trajectory: Trajectory
    similarity: float


PRECEDENTS: tuple[OutcomeStatus, ...] = ("verified",)
WRONG: tuple[OutcomeStatus, ...] = ("failed", "refused", "undone", "partly_undone")
# Those of the planner, of every tenant.
OWN = select(TrajectoryRow).where(TrajectoryRow.body["of_caller"].as_boolean().is_not(True))
SAME = 0.99  # cosine of two vectors of one text by one encoder, at least: another machine rounds otherwise
Trajectories: TypeAlias = list[Trajectory]
Similars: TypeAlias = list[Similar]


class Memory:
    """Only verified trajectories are precedents; the others are kept as evidence of what to avoid."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, trajectory: Trajectory, vector: Matrix, tenant: str = "default") -> None:
        """`vector` [D] embeds the request. Replaces this tenant's trajectory of the same id, counts included."""
        row = _row(trajectory, packed(np.reshape(vector, (1, -1)), count=1)[0], tenant)
        with self._database.writing() as session:
            old = session.get(TrajectoryRow, trajectory.id)
            if old and old.tenant != tenant:
                raise ValueError(f"Trajectory {trajectory.id} belongs to another tenant.")
            row.revision = _changed(session, tenant, old.outcome if old else None, row.outcome)
            session.merge(row)

    def list(self, tenant: str = "default", limit: int | None = None) -> Trajectories:
        """Newest first."""
        newest = (
            select(TrajectoryRow)
            .filter_by(tenant=tenant)
            .order_by(TrajectoryRow.created_at.desc(), TrajectoryRow.id)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [_trajectory(row) for row in session.scalars(newest)]

    def size(self, tenant: str = "default") -> int:
        """How many there are, whatever came of them."""
        with self._database.reading() as session:
            return size(session, TrajectoryRow, tenant)

    def get(self, id: str, tenant: str = "default") -> Trajectory:
        """Raises NotFound."""
        with self._database.reading() as session:
            if row := session.scalars(select(TrajectoryRow).filter_by(id=id, tenant=tenant)).one_or_none():
                return _trajectory(row)
        raise _absent(id)

    def forget(self, id: str, tenant: str = "default") -> None:
        """Raises NotFound."""
        gone = delete(TrajectoryRow).filter_by(id=id, tenant=tenant).returning(TrajectoryRow.outcome)
        with self._database.writing() as session:
            outcome = session.scalars(gone).one_or_none()
            if outcome is None:
                raise _absent(id)
            _changed(session, tenant, outcome)

    def clear(self, tenant: str = "default") -> None:
        with self._database.writing() as session:
            session.execute(delete(TrajectoryRow).filter_by(tenant=tenant))
            bump(session, "precedent", tenant)

    def similar(self, vector: Matrix, k: int = 5, tenant: str = "default") -> Similars:
        """The k verified trajectories nearest to `vector` [D], nearest first; exact."""
        return self._nearest(self.vectors(tenant), vector, k, tenant)

    def went_wrong(self, vector: Matrix, k: int = 20, tenant: str = "default") -> Similars:
        """The k nearest of those that failed, were forbidden or undone: evidence of what to avoid."""
        return self._nearest(self._vectors(WRONG, tenant), vector, k, tenant)

    def anything_wrong(self, tenant: str = "default") -> bool:
        """Whether `went_wrong` could find anything."""
        query = select(TrajectoryRow.id).where(TrajectoryRow.tenant == tenant, TrajectoryRow.outcome.in_(WRONG))
        with self._database.reading() as session:
            return session.scalars(query.limit(1)).first() is not None

    def _nearest(self, known: Vectors, vector: Matrix, k: int, tenant: str) -> Similars:
        if not known.ids or k < 1:
            return []
        cosines = known.matrix @ np.asarray(vector, np.float32).reshape(-1)
        best = {known.ids[i]: float(cosines[i]) for i in np.argsort(-cosines, kind="stable")[:k]}
        with self._database.reading() as session:
            rows = session.scalars(select(TrajectoryRow).filter_by(tenant=tenant).where(TrajectoryRow.id.in_(best)))
            found = {row.id: _trajectory(row) for row in rows}  # One may have been forgotten in between.
        return [Similar(trajectory=found[id], similarity=cosine) for id, cosine in best.items() if id in found]

    def count(self, id: str, succeeded: bool, tenant: str = "default") -> None:
        """One more success or failure of a run that had it as precedent; nothing happens if it was forgotten since."""
        column = TrajectoryRow.successes if succeeded else TrajectoryRow.failures
        counted = update(TrajectoryRow).where(TrajectoryRow.id == id, TrajectoryRow.tenant == tenant)
        with self._database.writing() as session:
            session.execute(counted.values({column: column + 1}))

    def revise(self, id: str, outcome: Outcome, tenant: str = "default") -> None:
        """It turned out otherwise: only what is verified is a precedent. Raises NotFound."""
        with self._database.writing() as session:
            row = session.scalars(select(TrajectoryRow).filter_by(id=id, tenant=tenant)).one_or_none()
            if row is None:
                raise _absent(id)
            row.revision = _changed(session, tenant, row.outcome, outcome.status)
            row.outcome = outcome.status
            row.body = to_json(replace(from_json(Trajectory, row.body), outcome=outcome))

    def vectors(self, tenant: str = "default") -> Vectors:
        """Of the verified ones, oldest first."""
        return self._vectors(PRECEDENTS, tenant)

    def precedents_since(self, revision: int, tenant: str = "default") -> tuple[Trajectories, Matrix]:
        """Those that were written after that revision, oldest first, and their vectors."""
        query = (
            select(TrajectoryRow)
            .where(TrajectoryRow.tenant == tenant, TrajectoryRow.outcome.in_(PRECEDENTS))
            .where(TrajectoryRow.revision > revision)
            .order_by(TrajectoryRow.created_at, TrajectoryRow.id)
        )
        with self._database.reading() as session:
            rows = session.scalars(query).all()
            return [_trajectory(row) for row in rows], unpacked([(row.id, row.vector) for row in rows]).matrix

    def precedents(self, tenant: str = "default") -> frozenset[str]:
        """The ids of all of them."""
        query = select(TrajectoryRow.id).where(TrajectoryRow.tenant == tenant, TrajectoryRow.outcome.in_(PRECEDENTS))
        with self._database.reading() as session:
            return frozenset(session.scalars(query))

    def _vectors(self, outcomes: Collection[OutcomeStatus], tenant: str) -> Vectors:
        query = (
            select(TrajectoryRow.id, TrajectoryRow.vector)
            .where(TrajectoryRow.tenant == tenant, TrajectoryRow.outcome.in_(outcomes))
            .order_by(TrajectoryRow.created_at, TrajectoryRow.id)
        )
        with self._database.reading() as session:
            return unpacked([(row.id, row.vector) for row in session.execute(query)])

    def embedded_by(self, embed: Callable[[Sequence[str]], Matrix]) -> bool:
        """Whether the planner's requests are embedded so: one of them is looked at. Callers' conversations are not."""
        with self._database.reading() as session:
            row = session.scalars(OWN.order_by(TrajectoryRow.id).limit(1)).one_or_none()
        if row is None:
            return True
        kept, now = np.frombuffer(row.vector, STORED), embed([_trajectory(row).task.text])[0]
        return kept.shape == now.shape and float(kept @ now) >= SAME

    def embed_anew(self, embed: Callable[[Sequence[str]], Matrix]) -> int:
        """Every request to the planner of every tenant, all at once or none; how many there were."""
        with self._database.reading() as session:
            texts = {row.id: _trajectory(row).task.text for row in session.scalars(OWN)}
        vectors = dict(zip(texts, packed(embed(list(texts.values())), count=len(texts)), strict=True))
        with self._database.writing() as session:
            for row in session.scalars(OWN).all():
                if row.id in vectors:
                    row.vector, row.revision = vectors[row.id], _changed(session, row.tenant, row.outcome)
        return len(vectors)

    def revision(self, tenant: str = "default") -> int:
        """Grows with every precedent written, replaced or removed (not with counts), in any process."""
        with self._database.reading() as session:
            return revision(session, "precedent", tenant)


def _changed(session: Session, tenant: str, *outcomes: str | None) -> int:
    """Of a trajectory, before and after: one that was never a precedent is in no index, and makes no revision (0)."""
    return bump(session, "precedent", tenant) if any(outcome in PRECEDENTS for outcome in outcomes) else 0


def _row(trajectory: Trajectory, vector: bytes, tenant: str) -> TrajectoryRow:
    return TrajectoryRow(
        id=trajectory.id,
        tenant=tenant,
        outcome=trajectory.outcome.status,
        created_at=trajectory.created_at.timestamp(),
        successes=trajectory.successes,
        failures=trajectory.failures,
        body=to_json(trajectory),
        vector=vector,
        revision=0,
    )


def _trajectory(row: TrajectoryRow) -> Trajectory:
    return replace(from_json(Trajectory, row.body), successes=row.successes, failures=row.failures)


def _absent(id: str) -> NotFound:
    return NotFound(f"There is no trajectory {id}.", remedy="`lamp memory list` shows what is remembered.")
