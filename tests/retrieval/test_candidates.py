from datetime import UTC, datetime

from retrieval_desk import desk_actions

from knowledge.types import Hit, Outcome, Step, Task, Trajectory
from retrieval.candidates import WEIGHTS, Witnesses, likeness, rank_actions, voted
from retrieval.schema_graph import SchemaGraph

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = frozenset(each.id for each in desk_actions())
GRAPH = SchemaGraph(desk_actions())


def precedent(similarity: float, *actions: str) -> Hit:
    trajectory = Trajectory(
        id=str(actions),
        task=Task(id="t", text="", now=NOW),
        steps=tuple(Step(index=index, action=each) for index, each in enumerate(actions)),
        observations=(),
        ending="finish",
        outcome=Outcome(status="verified"),
        created_at=NOW,
    )
    return Hit(kind="precedent", score=1.0, similarity=similarity, item=trajectory)


def test_votes_add_up_by_similarity_and_unknown_actions_have_none() -> None:
    hits = [
        precedent(0.5, "desk.wipe_device", "desk.wipe_device", "gone.action"),
        precedent(0.3, "desk.get_device", "desk.unlock_account"),
        precedent(0.4, "desk.unlock_account"),
        precedent(-0.9, "desk.get_account"),
    ]
    assert voted(hits, known=KNOWN)[:3] == ["desk.unlock_account", "desk.wipe_device", "desk.get_device"]
    assert "gone.action" not in voted(hits, known=KNOWN)


def test_a_far_precedent_does_not_count() -> None:
    assert likeness([]) == 0.0
    assert likeness([precedent(WEIGHTS.unlike, "desk.wipe_device")]) == 0.0
    assert likeness([precedent(0.1, "desk.wipe_device"), precedent(WEIGHTS.alike, "desk.wipe_device")]) == 1.0
    far = Witnesses(by_words=["desk.unlock_account"], precedents=[precedent(0.1, "desk.wipe_device")])
    assert "desk.wipe_device" not in {each.id for each in rank_actions(far, graph=GRAPH, known=KNOWN)}


def test_what_a_write_needs_comes_right_after_it() -> None:
    ranked = rank_actions(Witnesses(by_meaning=["desk.grant_vpn_access"]), graph=GRAPH, known=KNOWN)
    assert [each.id for each in ranked] == ["desk.grant_vpn_access", "desk.search_accounts"]


def test_what_is_like_a_part_of_the_request_brings_its_actions_forward() -> None:
    whole = [precedent(WEIGHTS.alike, "desk.unlock_account")]
    part = [precedent(WEIGHTS.alike, "desk.get_device", "desk.wipe_device")]
    both = rank_actions(Witnesses(precedents=whole, of_parts=[whole, part]), graph=GRAPH, known=KNOWN)
    assert {"desk.get_device", "desk.wipe_device"} <= {each.id for each in both}
    assert both[0].id == "desk.unlock_account"


def test_actions_that_take_an_id_of_the_request_come_first() -> None:
    witnesses = Witnesses(by_words=["desk.unlock_account"], by_shape=["desk.get_device", "desk.wipe_device"])
    ranked = rank_actions(witnesses, graph=GRAPH, known=KNOWN)
    assert {each.id for each in ranked[:2]} == {"desk.get_device", "desk.wipe_device"}


def test_only_known_actions_are_ranked_and_scores_fall() -> None:
    witnesses = Witnesses(
        by_meaning=["gone.action", "desk.wipe_device", "desk.unlock_account"],
        by_passage=[["desk.wipe_device"], ["desk.unlock_account"]],
        precedents=[precedent(0.9, "desk.wipe_device")],
    )
    known = KNOWN - {"desk.unlock_account", "desk.get_device"}
    ranked = rank_actions(witnesses, graph=GRAPH, known=known)
    assert ranked[0].id == "desk.wipe_device"
    assert {each.id for each in ranked} <= known
    assert [each.score for each in ranked] == sorted((each.score for each in ranked), reverse=True)
    assert all(0 < each.score <= 1 for each in ranked)
