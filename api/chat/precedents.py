"""Verified conversations as precedents: those that stood where this one stands say what was done next.

Kept in memory beside the runs of the planner, which never sees them: their actions are tools of somebody else.
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from knowledge.ingest import Embedder
from knowledge.record import Record
from knowledge.store import Matrix
from knowledge.types import Hit, Observation, Step, Task, Trajectory
from models.points import Points, standing
from models.votes import nearness

NEAREST = 8  # points that vote
NEAR, FAR = 0.85, 0.35  # cosines of requests that count fully, and not at all, by the encoder as it came
ALIKE = 12  # against the nearest request, one that is .9 as near counts a quarter


@dataclass(frozen=True, kw_only=True)
class Known:
    """Of one tenant, at one revision of its memory. matrix: [runs, D], embeds the requests."""

    revision: int = -1
    runs: tuple[Trajectory, ...] = ()
    matrix: Matrix = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    points: Points = field(default_factory=Points)

    def and_more(self, revision: int, runs: tuple[Trajectory, ...], matrix: Matrix) -> "Known":
        if not runs:
            return replace(self, revision=revision)
        return Known(
            revision=revision,
            runs=(*self.runs, *runs),
            matrix=np.concatenate([self.matrix, matrix]) if self.runs else matrix,
            points=Points(runs, after=self.points),
        )

    def near(
        self,
        task: Task,
        steps: Sequence[Step],
        observations: Sequence[Observation],
        embedder: Embedder,
        *,
        but: Collection[int] = (),
    ) -> tuple[Hit, ...]:
        """Those that stood nearest, nearest first; `but` are runs to leave out."""
        if not self.runs:
            return ()
        here, vector = standing(task, steps, observations)[-1], embedder.embed([task.text])[0]
        cosines = np.clip(self.matrix @ vector, 0.0, 1.0)
        cosines[list(but)] = 0.0
        most = float(cosines.max(initial=1e-9))
        alike = nearness(most, far=FAR, near=NEAR) * (cosines / most) ** ALIKE
        return tuple(
            Hit(
                kind="precedent",
                score=each.weight,
                similarity=float(cosines[each.run]),
                item=self.runs[each.run],
                at=each.at,
            )
            for each in self.points.nearest(here, alike, NEAREST)
        )


class Precedents:
    """Reads memory again when it has changed. Safe to use from several threads."""

    def __init__(self, record: Record, embedder: Embedder) -> None:
        self._memory, self._embedder = record.memory, embedder
        self._known: dict[str, Known] = {}
        self._lock = threading.Lock()

    def near(
        self, task: Task, steps: Sequence[Step], observations: Sequence[Observation], *, tenant: str
    ) -> tuple[Hit, ...]:
        """Those that stood nearest, nearest first."""
        return self._current(tenant).near(task, steps, observations, self._embedder)

    def _current(self, tenant: str) -> Known:
        """The revision is read before the content, so it is never newer than that."""
        revision = self._memory.revision(tenant)
        known = self._known.get(tenant, Known())
        if known.revision == revision:
            return known
        with self._lock:
            self._known[tenant] = self._read(tenant, revision, self._known.get(tenant, Known()))
            return self._known[tenant]

    def _read(self, tenant: str, revision: int, before: Known) -> Known:
        """Only what is new, unless something was taken away or replaced."""
        kept = {run.id for run in before.runs}
        if not kept <= self._memory.precedents(tenant):
            return self._read(tenant, revision, Known())
        added, matrix = self._memory.precedents_since(before.revision, tenant)
        rows = [row for row, run in enumerate(added) if run.of_caller]
        new = tuple(added[row] for row in rows)
        if kept & {run.id for run in added}:
            return self._read(tenant, revision, Known())
        return before.and_more(revision, new, matrix[rows])


def onward(hits: Sequence[Hit], action: str) -> tuple[Hit, ...]:
    """Those that did the same next, one step later."""
    runs = [(hit, hit.item) for hit in hits if isinstance(hit.item, Trajectory)]
    return tuple(
        replace(hit, at=hit.at + 1)
        for hit, run in runs
        if hit.at < len(run.steps) and run.steps[hit.at].action == action
    )
