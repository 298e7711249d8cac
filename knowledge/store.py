"""What the stores share: transactions, vectors as bytes, revision numbers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from knowledge.errors import BadConfiguration
from knowledge.tables import ActionRow, DocumentRow, RevisionRow, TrajectoryRow
from knowledge.types import HitKind

Matrix: TypeAlias = NDArray[np.float32]

DIMENSIONS = 384
STORED = np.dtype("<f4")


class Vectors(NamedTuple):
    """`matrix[i]` belongs to `ids[i]`. Shape [N, D] float32, L2-normalised; [0, 384] when there is nothing."""

    ids: list[str]
    matrix: Matrix


class Database:
    """Hands out one Session per call, so every store may be used from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(write=True)
        self._flusher = engine.execution_options(write=True, flush=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self, *, flushed: bool = False) -> Iterator[Session]:
        """One transaction: committed as a whole at the end, or not at all; `flushed`: it outlives a power cut too."""
        with Session(self._flusher if flushed else self._writer) as session, session.begin():
            yield session


def packed(vectors: Matrix, *, count: int) -> list[bytes]:
    """`vectors` [count, D]. Raises ValueError for another shape, or what is not finite."""
    matrix = np.asarray(vectors, dtype=STORED)
    fits = matrix.size == 0 if count == 0 else matrix.ndim == 2 and len(matrix) == count and matrix.size
    if not (fits and np.isfinite(matrix).all()):
        raise ValueError(f"Expected {count} finite vectors, got an array of shape {matrix.shape}.")
    return [row.tobytes() for row in matrix] if count else []


def unpacked(rows: Sequence[tuple[str, bytes]]) -> Vectors:
    """`rows` are ids with their stored vectors."""
    if not rows:
        return Vectors([], np.empty((0, DIMENSIONS), np.float32))
    if len({len(stored) for _, stored in rows}) > 1:
        raise BadConfiguration(
            "The stored vectors come from different embedding models.",
            remedy="Ingest the documents and applications again with the model you use now.",
        )
    matrix = np.frombuffer(b"".join(stored for _, stored in rows), STORED).reshape(len(rows), -1)
    return Vectors([id for id, _ in rows], matrix.astype(np.float32))


def bump(session: Session, kind: HitKind, tenant: str) -> int:
    """The new revision. Locked until the transaction ends: no two make the same one, none is seen before an earlier."""
    row = session.get(RevisionRow, (tenant, kind), with_for_update=True)
    if row is None:
        row = RevisionRow(tenant=tenant, kind=kind, number=0)
        session.add(row)
    row.number += 1
    return row.number


def size(session: Session, rows: type[ActionRow | DocumentRow | TrajectoryRow], tenant: str) -> int:
    """How many there are, without reading them."""
    return session.scalar(select(func.count()).select_from(rows).filter_by(tenant=tenant)) or 0


def revision(session: Session, kind: HitKind, tenant: str) -> int:
    row = session.get(RevisionRow, (tenant, kind))
    return row.number if row else 0
