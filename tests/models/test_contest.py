"""Promotion: strictly more whole steps right, and no loss beyond noise anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contest import Compared, Contest, contest
from models.general import sample
from models.measure import Verdict

GOOD = Verdict(right="look", taken="look", filled=(("span", True), ("option", True)))
BAD_CHOICE = Verdict(right="look", taken="ask", chosen=False, filled=(("span", True), ("option", True)))
BAD_SPAN = Verdict(right="look", taken="look", filled=(("span", False), ("option", True)))
VERDICTS = st.sampled_from([GOOD, BAD_CHOICE, BAD_SPAN])


def held(before: list[Verdict], after: list[Verdict]) -> Contest:
    return contest(before=before, after=after, general_before=[GOOD], general_after=[GOOD])


def test_one_more_whole_step_wins() -> None:
    found = held([GOOD, BAD_SPAN, BAD_CHOICE], [GOOD, GOOD, BAD_CHOICE])
    assert (found.whole.before, found.whole.after, found.whole.n) == (1, 2, 3)
    assert found.wins
    assert "1 → 2 of 3" in found.why


@given(st.lists(VERDICTS, min_size=1, max_size=30))
def test_doing_the_same_never_wins(verdicts: list[Verdict]) -> None:
    assert not held(verdicts, verdicts).wins


@given(st.lists(st.tuples(VERDICTS, VERDICTS), min_size=1, max_size=30))
def test_what_wins_got_strictly_more_steps_right_and_never_wins_both_ways(
    pairs: list[tuple[Verdict, Verdict]],
) -> None:
    before, after = [b for b, _ in pairs], [a for _, a in pairs]
    if held(before, after).wins:
        assert sum(v == GOOD for v in after) > sum(v == GOOD for v in before)
        assert not held(after, before).wins


def test_a_loss_beyond_noise_elsewhere_forbids_it() -> None:
    better = {"before": [BAD_CHOICE], "after": [GOOD]}
    noise = contest(**better, general_before=[GOOD] * 20, general_after=[BAD_SPAN] * 4 + [GOOD] * 16)
    loss = contest(**better, general_before=[GOOD] * 20, general_after=[BAD_SPAN] * 5 + [GOOD] * 15)
    assert noise.wins
    assert not loss.wins
    assert "general steps 20 → 15 of 20 (beyond noise)" in loss.why


def test_a_loss_of_one_kind_on_the_held_out_runs_forbids_it_too() -> None:
    before = [BAD_CHOICE] * 9 + [GOOD] * 8
    after = [GOOD] * 9 + [BAD_SPAN] * 8
    found = held(before, after)
    assert found.whole.after > found.whole.before
    assert [c.name for c in found.losses] == ["span"]
    assert not found.wins


@pytest.mark.parametrize(
    ("won", "lost", "worse"), [(0, 4, False), (0, 5, True), (3, 9, False), (3, 11, True), (9, 9, False), (9, 0, False)]
)
def test_noise_is_what_a_fair_coin_does(won: int, lost: int, worse: bool) -> None:
    assert Compared(name="x", n=40, before=20, after=20 + won - lost, won=won, lost=lost).worse is worse


def test_an_ending_is_a_whole_step_and_unasked_kinds_lose_nothing() -> None:
    ending = Verdict(right="finish", taken="finish")
    found = held([Verdict(right="finish", taken="ask", chosen=False)], [ending])
    assert found.wins
    assert [(c.name, c.n) for c in found.parts] == [("choose", 1), ("span", 0), ("option", 0)]


def test_the_general_sample_is_there_and_asks_for_everything() -> None:
    examples = sample()
    assert len(examples) == 148
    assert len({e.origin for e in examples}) == 8
    assert sum(e.fill is not None for e in examples) == 120
    assert all(e.choose and e.right >= 0 for e in examples)
