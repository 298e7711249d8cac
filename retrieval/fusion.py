"""Reciprocal-rank fusion: several rankings of the same things become one (Cormack, Clarke, Büttcher, SIGIR 2009)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

CONSTANT = 60.0


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Ids, best first; a repeated id counts where it comes first. If `tied`, all are first."""

    ids: Sequence[str]
    weight: float = 1.0
    tied: bool = False


@dataclass(frozen=True, kw_only=True)
class Fused:
    id: str
    score: float


def reciprocal_rank_fusion(rankings: Sequence[Ranking], *, constant: float = CONSTANT) -> list[Fused]:
    """Every id of any ranking, best first. Scores are in (0, 1]; 1 means first in every ranking.

    Equal scores are ordered by id, so the result does not depend on the order of the rankings.
    """
    best = sum(ranking.weight for ranking in rankings) / (constant + 1)
    scores: defaultdict[str, float] = defaultdict(float)
    for ranking in rankings:
        for rank, each in enumerate(dict.fromkeys(ranking.ids), start=1):
            scores[each] += ranking.weight / (constant + (1 if ranking.tied else rank))
    fused = [Fused(id=each, score=min(1.0, score / best)) for each, score in scores.items()]
    return sorted(fused, key=lambda item: (-round(item.score, 12), item.id))
