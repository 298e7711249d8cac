"""Which actions the model gets to choose from, whatever the request calls them.

Five witnesses are fused: the request by meaning and by words, ids in it by their shape, the passages found for it
(runbooks name the steps), the actions of similar verified runs (of those similar to a part of it, too: a part may be a
wish of its own), and the schemas (a write needs reads that find its identifiers). The weights were tuned on the
practice help desk's train and dev tasks: see LOG.md.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.types import Hit, Trajectory
from retrieval.fusion import Fused, Ranking, reciprocal_rank_fusion
from retrieval.schema_graph import SchemaGraph


@dataclass(frozen=True, kw_only=True)
class Witnesses:
    """Ids of actions, best first; those of `by_shape` in no order. `of_parts`: precedents of each part."""

    by_meaning: Sequence[str] = ()
    by_words: Sequence[str] = ()
    by_shape: Sequence[str] = ()
    by_passage: Sequence[Sequence[str]] = ()
    precedents: Sequence[Hit] = ()
    of_parts: Sequence[Sequence[Hit]] = ()


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much each witness counts.

    `producer` and `sibling` are the shares of a score that pass on to the reads which the best `expanded` actions
    need; precedents count in full from a cosine of `alike` and not at all up to `unlike`.
    """

    meaning: float = 0.5
    words: float = 0.8
    shape: float = 2.0
    passage: float = 0.3
    precedent: float = 1.5
    unlike: float = 0.5
    alike: float = 0.95
    producer: float = 0.98
    sibling: float = 0.5
    expanded: int = 7
    constant: float = 4.0


WEIGHTS = Weights()


def rank_actions(
    witnesses: Witnesses, *, graph: SchemaGraph, known: frozenset[str], weights: Weights = WEIGHTS
) -> list[Fused]:
    """Ids of `known`, best first, with scores in (0, 1]."""
    rankings = [
        Ranking(ids=witnesses.by_meaning, weight=weights.meaning),
        Ranking(ids=witnesses.by_words, weight=weights.words),
        Ranking(ids=witnesses.by_shape, weight=weights.shape, tied=True),
        *(Ranking(ids=ids, weight=weights.passage) for ids in witnesses.by_passage),
        *(
            Ranking(ids=voted(hits, known=known), weight=weights.precedent * likeness(hits, weights))
            for hits in (witnesses.precedents, *witnesses.of_parts)
        ),
    ]
    fused = reciprocal_rank_fusion([each for each in rankings if each.ids and each.weight], constant=weights.constant)
    return _expanded([each for each in fused if each.id in known], graph, known, weights)


def voted(precedents: Sequence[Hit], *, known: frozenset[str]) -> list[str]:
    """The actions that precedents used, those of the most and the most similar ones first."""
    votes: defaultdict[str, float] = defaultdict(float)
    for hit in precedents:
        if isinstance(hit.item, Trajectory):
            for action in dict.fromkeys(step.action for step in hit.item.steps):
                votes[action] += max(0.0, hit.similarity)
    return sorted((each for each in votes if each in known), key=lambda each: -votes[each])


def likeness(precedents: Sequence[Hit], weights: Weights = WEIGHTS) -> float:
    """How far the nearest precedent can be trusted: 0 for another subject, 1 for the same request about others."""
    nearest = max((hit.similarity for hit in precedents), default=0.0)
    return min(1.0, max(0.0, (nearest - weights.unlike) / (weights.alike - weights.unlike)))


def _expanded(fused: list[Fused], graph: SchemaGraph, known: frozenset[str], weights: Weights) -> list[Fused]:
    """Lift the reads that the best actions need to just below those actions."""
    scores = {each.id: each.score for each in fused}
    for each in fused[: weights.expanded]:
        needed = graph.needed(each.id)
        lifts = [(weights.producer, read) for read in needed.producers]
        lifts += [(weights.sibling, read) for read in needed.siblings]
        for share, read in lifts:
            if read in known:
                scores[read] = max(scores.get(read, 0.0), share * each.score)
    ranked = [Fused(id=each, score=score) for each, score in scores.items()]
    return sorted(ranked, key=lambda item: (-item.score, item.id))
