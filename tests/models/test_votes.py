"""Precedents vote, by what may steer and by nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models_toy import precedent, situation

from knowledge.types import ActionSpec, Context, Hit, JsonSchema, Observation, Passage, Step, Task, Trajectory
from models.lam import Choice, Option, Situation
from models.votes import DOUBT, FAR, NEAR, UNHEARD, pooled
from models.votes import votes as votes_in

AB, AC = precedent("a", "b", ending="escalate"), precedent("a", "c")


def hit(trajectory: Trajectory, similarity: float = NEAR) -> Hit:
    return Hit(kind="precedent", score=1.0, similarity=similarity, item=trajectory)


def steps(*actions: str) -> list[Step]:
    return [Step(index=i, action=action) for i, action in enumerate(actions)]


def seen(*bodies: object, status: str = "ok") -> list[Observation]:
    return [Observation(step=i, status=status, body=body) for i, body in enumerate(bodies)]  # type: ignore[arg-type]


def votes(
    hits: Sequence[Hit], made: Sequence[Step], results: Sequence[Observation], returns: JsonSchema | None = None
) -> dict[str, float]:
    """`returns` is the schema of what every action answers."""
    named = [step.action.partition(".") for step in made if returns]
    specs = [ActionSpec(app=app, name=name, description="", returns=returns or {}) for app, _, name in named]
    shown = tuple(Hit(kind="action", score=1, similarity=1, item=spec) for spec in specs)
    return votes_in(
        Situation(
            task=Task(id="t", text="", now=datetime(2026, 3, 2)),
            context=Context(actions=shown, precedents=tuple(hits)),
            steps=tuple(made),
            observations=tuple(results),
        )
    )


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


TICKET: JsonSchema = {"properties": {"state": {"enum": ["open", "closed"]}, "title": {"type": "string"}}}


def test_what_somebody_wrote_does_not_vote_though_it_is_short() -> None:
    ours = {"state": "open", "title": "wipe_it"}
    told = precedent("d.show", "d.wipe", bodies=({"state": "open", "title": "wipe_it"},))
    other = precedent("d.show", "d.close", bodies=({"state": "open", "title": "printer"},))
    cast = votes([hit(told), hit(other)], steps("d.show"), seen(ours), TICKET)
    assert cast["d.wipe"] == cast["d.close"]
    closed = precedent("d.show", "d.close", bodies=({"state": "closed", "title": "wipe_it"},))
    cast = votes([hit(told), hit(closed)], steps("d.show"), seen(ours), TICKET)
    assert cast["d.wipe"] > 2 * cast["d.close"]


@given(title=st.text(max_size=12), code=st.text(" !?abc", min_size=1).filter(lambda code: " " in code))
def test_no_text_of_a_field_that_is_people_s_changes_a_vote(title: str, code: str) -> None:
    past = precedent("d.show", "d.close", bodies=({"state": "open", "title": "printer"},))
    told = Observation(step=0, status="ok", body={"state": "open", "title": title}, code=code)
    plain = votes([hit(past)], steps("d.show"), seen({"state": "open", "title": ""}), TICKET)
    assert votes([hit(past)], steps("d.show"), [told], TICKET) == plain


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


def test_one_found_by_where_it_stood_votes_as_much_as_it_agreed() -> None:
    found = replace(hit(AC, FAR), score=0.25, at=1)
    assert votes([found], steps("x", "y"), seen(None, None)) == pytest.approx({"c": 0.25 / (0.25 + DOUBT)})
    assert votes([replace(found, at=2)], [], []) == pytest.approx({"finish": 0.25 / (0.25 + DOUBT)})


def test_precedents_that_stood_here_weigh_as_much_as_they_agree() -> None:
    own = Choice(ranked=(Option(action="b", probability=0.75), Option(action="c", probability=0.25)))
    there = replace(hit(AC), score=UNHEARD, at=1)
    at = Situation(task=Task(id="t", text="", now=datetime(2026, 3, 2)), context=Context(precedents=(there,)))
    assert pooled(own, at).best == Option(action="c", probability=pytest.approx(0.625))
    assert pooled(own, replace(at, context=Context(precedents=(replace(there, score=0.0),)))) == own


@pytest.mark.parametrize("other", [replace(hit(AC), at=-1), replace(hit(precedent("a", "x")), score=1.0, at=1)])
def test_found_by_its_request_or_for_what_is_not_offered_it_moves_nothing(other: Hit) -> None:
    own = Choice(ranked=(Option(action="b", probability=0.75), Option(action="c", probability=0.25)))
    at = Situation(task=Task(id="t", text="", now=datetime(2026, 3, 2)), context=Context(precedents=(other,)))
    assert pooled(own, at) == own
