"""Which actions the model gets to choose from, whatever the request calls them.

Four witnesses are fused: the request itself, the passages found for it (runbooks name the steps), the actions that
similar verified runs used, and the schemas (a write needs reads that find its identifiers).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.types import Hit, Trajectory
from retrieval.fusion import Fused, Ranking, reciprocal_rank_fusion
from retrieval.schema_graph import SchemaGraph


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much each witness counts; `producer` and `sibling` are shares of the write's own score."""

    request: float = 1.0
    passage: float = 0.6
    precedent: float = 1.5
    producer: float = 0.97
    sibling: float = 0.9
    expanded: int = 6
    constant: float = 8.0


WEIGHTS = Weights()
UNLIKE, ALIKE = 0.3, 0.7  # cosines of two requests


def rank_actions(
    *,
    by_request: Sequence[str],
    by_passage: Sequence[Sequence[str]],
    precedents: Sequence[Hit],
    graph: SchemaGraph,
    known: frozenset[str],
    weights: Weights = WEIGHTS,
) -> list[Fused]:
    """Ids of `known`, best first, with scores in (0, 1]. `by_…` are ids of actions, best first."""
    rankings = [
        Ranking(ids=by_request, weight=weights.request),
        *(Ranking(ids=ids, weight=weights.passage / place) for place, ids in enumerate(by_passage, start=1)),
        Ranking(ids=voted(precedents, known=known), weight=weights.precedent * likeness(precedents)),
    ]
    fused = reciprocal_rank_fusion([each for each in rankings if each.ids and each.weight], constant=weights.constant)
    return _expanded([each for each in fused if each.id in known], graph, weights)


def voted(precedents: Sequence[Hit], *, known: frozenset[str]) -> list[str]:
    """The actions that precedents used, those of the most and the most similar ones first."""
    votes: defaultdict[str, float] = defaultdict(float)
    for hit in precedents:
        if isinstance(hit.item, Trajectory):
            for action in dict.fromkeys(step.action for step in hit.item.steps):
                votes[action] += max(0.0, hit.similarity)
    return sorted((each for each in votes if each in known), key=lambda each: -votes[each])


def likeness(precedents: Sequence[Hit]) -> float:
    """How far the nearest precedent can be trusted: 0 for another subject, 1 for the same request about others."""
    nearest = max((hit.similarity for hit in precedents), default=0.0)
    return min(1.0, max(0.0, (nearest - UNLIKE) / (ALIKE - UNLIKE)))


def _expanded(fused: list[Fused], graph: SchemaGraph, weights: Weights) -> list[Fused]:
    """Lift the reads that the best actions need to just below those actions."""
    scores = {each.id: each.score for each in fused}
    for each in fused[: weights.expanded]:
        needed = graph.needed(each.id)
        lifts = [(weights.producer, needed.producers), (weights.sibling, needed.siblings)]
        for share, reads in lifts:
            for read in reads:
                scores[read] = max(scores.get(read, 0.0), share * each.score)
    ranked = [Fused(id=each, score=score) for each, score in scores.items()]
    return sorted(ranked, key=lambda item: (-item.score, item.id))
