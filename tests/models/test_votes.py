import pytest
from hypothesis import given
from hypothesis import strategies as st
from models_toy import precedent, situation

from knowledge.types import Hit, Observation, Passage, Step, Trajectory
from models.votes import DOUBT, FAR, NEAR, votes

AB, AC = precedent("a", "b", ending="escalate"), precedent("a", "c")


def hit(trajectory: Trajectory, similarity: float = NEAR) -> Hit:
    return Hit(kind="precedent", score=1.0, similarity=similarity, item=trajectory)


def steps(*actions: str) -> list[Step]:
    return [Step(index=i, action=action) for i, action in enumerate(actions)]


def seen(*bodies: object, status: str = "ok") -> list[Observation]:
    return [Observation(step=i, status=status, body=body) for i, body in enumerate(bodies)]  # type: ignore[arg-type]


def test_nobody_votes_without_precedents() -> None:
    assert votes([], [], []) == {}
    passage = Passage(id="p", document_id="d", heading="", text="", start=0, end=0, content_hash="")
    assert votes([Hit(kind="passage", score=1, similarity=1, item=passage)], [], []) == {}
    assert situation().context.precedents == ()


def test_a_precedent_votes_for_its_next_action_and_at_its_end_for_its_ending() -> None:
    share = pytest.approx(1 / (1 + DOUBT))
    assert votes([hit(AB)], [], []) == {"a": share}
    assert votes([hit(AB)], steps("a"), seen(None)) == {"b": share}
    assert votes([hit(AB)], steps("a", "b"), seen(None, None)) == {"escalate": share}


def test_shares_follow_similarity_and_the_far_ones_are_silent() -> None:
    middle = (NEAR + FAR) / 2
    assert votes([hit(AB), hit(AC, middle)], steps("a"), seen(None)) == pytest.approx({"b": 1 / 2, "c": 0.5 / 2})
    assert votes([hit(AB, FAR)], [], []) == {}
    assert votes([hit(AB, -1)], [], []) == {}


def test_out_of_step_counts_half_and_goes_on_after_the_last_common_action() -> None:
    assert votes([hit(AB)], steps("x", "a"), seen(None, None)) == pytest.approx({"b": 0.5 / (0.5 + DOUBT)})
    again = precedent("a", "b", "a", "c")
    assert set(votes([hit(again)], steps("b", "a"), seen(None, None))) == {"c"}
    assert votes([hit(AB)], steps("x"), seen(None)) == {}


def test_another_state_counts_less() -> None:
    locked, active = {"state": "locked"}, {"state": "active"}
    unlocked = precedent("show", "unlock", bodies=(locked,))
    told = precedent("show", "comment", bodies=(active,))
    cast = votes([hit(unlocked), hit(told)], steps("show"), seen(locked))
    assert cast["unlock"] > 2 * cast["comment"] > 0
    free_text = votes([hit(unlocked)], steps("show"), seen({"state": "locked", "name": "Ann Lee"}))
    assert free_text["unlock"] == pytest.approx(1 / (1 + DOUBT))


def test_a_failure_is_another_state() -> None:
    failed = votes([hit(AB)], steps("a"), [Observation(step=0, status="error", code="gone")])
    assert failed["b"] < votes([hit(AB)], steps("a"), seen(None))["b"]


actions = st.lists(st.sampled_from("abcd"), max_size=4)
trajectories = st.builds(
    lambda made, ending: precedent(*made, ending=ending), actions, st.sampled_from(["finish", "ask"])
)
hits = st.lists(st.builds(hit, trajectories, st.floats(-1, 1)), max_size=6)


@given(found=hits, done=actions)
def test_shares_are_positive_and_together_below_one(found: list[Hit], done: list[str]) -> None:
    cast = votes(found, steps(*done), seen(*[{"n": i} for i, _ in enumerate(done)]))
    assert all(share > 0 for share in cast.values())
    assert sum(cast.values()) < 1
    offered = {a for h in found for a in [s.action for s in h.item.steps] + [h.item.ending]}  # type: ignore[union-attr]
    assert set(cast) <= offered
