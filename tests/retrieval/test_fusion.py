import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import Ranking, reciprocal_rank_fusion

ids = st.text("abcdefgh", min_size=1, max_size=2)
rankings = st.lists(
    st.builds(Ranking, ids=st.lists(ids, max_size=12), weight=st.floats(0.1, 3.0)), min_size=1, max_size=5
)


@given(rankings)
def test_every_id_appears_once_with_a_score_in_range_best_first(given_rankings: list[Ranking]) -> None:
    fused = reciprocal_rank_fusion(given_rankings)
    assert {each.id for each in fused} == {each for ranking in given_rankings for each in ranking.ids}
    assert len({each.id for each in fused}) == len(fused)
    assert all(0 < each.score <= 1 for each in fused)
    assert all(a.score >= b.score - 1e-9 for a, b in itertools.pairwise(fused))


@given(rankings, st.randoms(use_true_random=False))
def test_the_order_of_the_rankings_does_not_matter(given_rankings: list[Ranking], order: random.Random) -> None:
    shuffled = order.sample(given_rankings, len(given_rankings))
    assert [e.id for e in reciprocal_rank_fusion(shuffled)] == [e.id for e in reciprocal_rank_fusion(given_rankings)]


@given(st.lists(ids, min_size=1, max_size=12, unique=True), st.integers(1, 4))
def test_rankings_that_agree_are_kept_and_the_first_scores_one(agreed: list[str], times: int) -> None:
    fused = reciprocal_rank_fusion([Ranking(ids=agreed)] * times)
    assert [each.id for each in fused] == agreed
    assert fused[0].score == pytest.approx(1.0)


@given(rankings, st.data())
def test_moving_an_id_up_never_lowers_its_score(given_rankings: list[Ranking], data: st.DataObject) -> None:
    first = list(dict.fromkeys(given_rankings[0].ids))
    if len(first) < 2:
        return
    at = data.draw(st.integers(1, len(first) - 1))
    lifted = [first[at], *first[:at], *first[at + 1 :]]
    raised = [Ranking(ids=lifted, weight=given_rankings[0].weight), *given_rankings[1:]]
    before = {each.id: each.score for each in reciprocal_rank_fusion(given_rankings)}
    after = {each.id: each.score for each in reciprocal_rank_fusion(raised)}
    assert after[first[at]] >= before[first[at]] - 1e-12


def test_a_heavier_ranking_wins() -> None:
    fused = reciprocal_rank_fusion([Ranking(ids=["a", "b"], weight=1.0), Ranking(ids=["b", "a"], weight=2.0)])
    assert [each.id for each in fused] == ["b", "a"]


def test_nothing_in_nothing_out() -> None:
    assert reciprocal_rank_fusion([]) == []
    assert reciprocal_rank_fusion([Ranking(ids=[])]) == []


def test_tied_ids_are_all_first() -> None:
    fused = reciprocal_rank_fusion([Ranking(ids=["b", "a", "c"], tied=True)])
    assert [(each.id, each.score) for each in fused] == [("a", 1.0), ("b", 1.0), ("c", 1.0)]
