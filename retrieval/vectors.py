"""Vectors with their ids, and exact search in them: the oracle in tests and the fallback while an index is rebuilt."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Nearest:
    """`similarity` is the cosine, in [-1, 1]."""

    id: str
    similarity: float


class DenseIndex(Protocol):
    """Nearest neighbours. Safe to call from several threads."""

    def search(self, vector: NDArray[np.float32], k: int, *, groups: Collection[str] = ()) -> list[Nearest]:
        """The k nearest to `vector` [D], nearest first; only members of `groups`, if any are named."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Vectors:
    """`matrix[i]` is the vector of `ids[i]`, which belongs to `groups[i]` (an app, or "" where there are none).

    matrix: [N, D] float32, L2-normalised.
    """

    ids: tuple[str, ...]
    matrix: NDArray[np.float32]
    groups: tuple[str, ...]

    @cached_property
    def rows(self) -> dict[str, int]:
        return {each: row for row, each in enumerate(self.ids)}

    @cached_property
    def fingerprint(self) -> str:
        """Changes when any id, group or vector does."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update("\0".join(self.ids).encode())
        digest.update("\0".join(self.groups).encode())
        digest.update(np.ascontiguousarray(self.matrix).tobytes())
        return digest.hexdigest()

    def similarity(self, each: str, vector: NDArray[np.float32]) -> float:
        return float(np.clip(self.matrix[self.rows[each]] @ vector, -1.0, 1.0))

    def joined(self, others: "Vectors") -> "Vectors":
        """A copy with the others at the end, in place of earlier vectors of their ids."""
        kept = [row for row, each in enumerate(self.ids) if each not in others.rows]
        return Vectors(
            ids=(*(self.ids[row] for row in kept), *others.ids),
            matrix=np.concatenate([self.matrix[kept].reshape(-1, others.matrix.shape[1]), others.matrix]),
            groups=(*(self.groups[row] for row in kept), *others.groups),
        )


class ExactIndex:
    """Every vector is compared: 16 ms for 100,000 × 384. Ties are broken by position."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors

    def search(self, vector: NDArray[np.float32], k: int, *, groups: Collection[str] = ()) -> list[Nearest]:
        rows = self._rows(groups)
        if k <= 0 or not len(rows):
            return []
        similarities = self.vectors.matrix[rows] @ vector
        best = _best(similarities, k)
        return [
            Nearest(id=self.vectors.ids[rows[at]], similarity=float(np.clip(similarities[at], -1.0, 1.0)))
            for at in best
        ]

    def _rows(self, groups: Collection[str]) -> Sequence[int] | NDArray[np.intp]:
        if not groups:
            return np.arange(len(self.vectors.ids))
        return [row for row, group in enumerate(self.vectors.groups) if group in groups]


def _best(similarities: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Positions of the k largest, largest first."""
    if k >= len(similarities):
        return np.argsort(-similarities, kind="stable")
    among = np.sort(np.argpartition(-similarities, k)[:k])
    return np.asarray(among[np.argsort(-similarities[among], kind="stable")])
