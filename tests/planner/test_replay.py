"""Demonstrations become examples exactly as the loop would have lived them; and what becomes of them otherwise."""

import random
from dataclasses import dataclass, replace

import pytest
from planner_world import NOW, UNLOCK_AND_VPN, UNLOCK_AND_VPN_MOVES, World

from knowledge.types import ActionSpec, Context, Hit, Literal, Passage, Reference, Run, Task
from models.base import PLACEHOLDER
from models.layout import choose_scene, fill_scene, options
from models.scene import Example
from planner.ground import ground
from planner.replay import Call, Demonstration, Report, at_noon, examples, trajectory, varied
from tests.fakes import FixedSearcher, ScriptedLAM


@dataclass(frozen=True, kw_only=True)
class Lived:
    """One run of the loop on the real help desk, and the same as an expert would have handed it in."""

    run: Run
    lam: ScriptedLAM
    context: Context
    demonstration: Demonstration
    specs: dict[str, ActionSpec]


def demonstration(run: Run) -> Demonstration:
    calls = []
    for step, seen in zip(run.steps, run.observations, strict=True):
        arguments = {a.name: a.value.value for a in step.arguments if isinstance(a.value, Literal)}
        calls.append(
            Call(action=step.action, arguments=arguments, ok=seen.status == "ok", body=seen.body, code=seen.code)
        )
    return Demonstration(task=run.task, calls=tuple(calls), ending="finish", origin="unlock")


@pytest.fixture
def lived(world: World) -> Lived:
    lam = ScriptedLAM(UNLOCK_AND_VPN_MOVES)
    searcher = FixedSearcher(world.catalogued.actions)
    run = world.run(UNLOCK_AND_VPN, (), lam=lam, retriever=searcher)
    assert run.outcome
    assert run.outcome.status == "verified", run.outcome
    context = lam.situations[0].context
    specs = {a.id: a for a in world.catalogued.actions}
    return Lived(run=run, lam=lam, context=context, demonstration=demonstration(run), specs=specs)


def replayed(lived: Lived, *, context: Context | None = None, expected: bool = False) -> tuple[list[Example], Report]:
    report = Report()
    made = examples(lived.demonstration, context or lived.context, lived.specs, report=report, expected=expected)
    return list(made), report


def test_what_is_trained_on_is_what_the_loop_shows(lived: Lived) -> None:
    made, report = replayed(lived)
    assert [e.choose for e in made] == [choose_scene(s) for s in lived.lam.situations]
    chosen = [s.action for s in lived.run.steps]
    fills = [fill_scene(s, lived.specs[a]) for s, a in zip(lived.lam.situations, chosen, strict=False)]
    assert [e.fill for e in made] == [*fills, None]
    right = [options(lived.lam.situations[0])[e.right] for e in made]
    assert right == [*chosen, "finish"]
    assert report.steps == 3
    assert not +report.unplaced
    assert not +report.unoffered


def test_labels_are_the_values_the_calls_had(lived: Lived) -> None:
    made, _ = replayed(lived)
    for example, step in zip(made, lived.run.steps, strict=False):
        assert example.fill
        given = {a.name: a.value for a in step.arguments}
        for parameter, label in zip(example.fill.parameters, example.labels, strict=True):
            value = given.get(parameter.name)
            if not isinstance(value, Literal):
                assert label.none
                continue
            texts = {example.fill.sources[s.source].text[s.start : s.end] for s in label.spans}
            assert value.provenance.raw in texts


def test_a_demonstration_is_a_precedent_that_the_gate_would_let_pass(lived: Lived) -> None:
    found = trajectory(lived.demonstration, lived.specs)
    assert [s.action for s in found.steps] == [s.action for s in lived.run.steps]
    assert (found.id, found.ending, found.outcome.status) == (lived.run.task.id, "finish", "verified")
    for index, (step, real) in enumerate(zip(found.steps, lived.run.steps, strict=True)):
        values = {a.name: a.value.value for a in step.arguments if isinstance(a.value, Literal)}
        assert values == {a.name: a.value.value for a in real.arguments if isinstance(a.value, Literal)}
        at = replace(lived.lam.situations[index], steps=found.steps[:index], observations=found.observations[:index])
        assert ground(step, at).spec.id == step.action


def test_with_results_expected_only_placeholders_are_seen(lived: Lived) -> None:
    made, _ = replayed(lived, expected=True)
    _, unlock, grant, end = made
    assert end.choose
    assert all(line.endswith("planned;") for line in end.choose.history)
    for example, parameter in ((unlock, "username"), (grant, "username")):
        assert example.fill
        names = [p.name for p in example.fill.parameters]
        label = example.labels[names.index(parameter)]
        pointed = {(example.fill.sources[s.source].path, example.fill.sources[s.source].text) for s in label.spans}
        assert ("accounts.0.username", PLACEHOLDER) in pointed
    until = grant.labels[[p.name for p in grant.fill.parameters].index("until")] if grant.fill else None
    assert until
    assert until.spans


def test_a_plan_expected_carries_references(lived: Lived) -> None:
    """The steps that `expected` examples see are those a rollout makes."""
    made, _ = replayed(lived, expected=True)
    assert made[-1].choose
    assert "accounts 0 username" in made[-1].choose.history[1]
    steps = trajectory(lived.demonstration, lived.specs).steps
    assert not any(isinstance(a.value, Reference) for s in steps for a in s.arguments)


def test_a_step_that_retrieval_did_not_offer_teaches_only_its_values(lived: Lived) -> None:
    few = replace(lived.context, actions=tuple(h for h in lived.context.actions if "vpn" not in h.item.id))
    made, report = replayed(lived, context=few)
    assert [e.choose is None for e in made] == [False, False, True, False]
    assert made[2].fill
    assert made[2].right == -1
    assert +report.unoffered == {"grant_vpn_access": 1}
    offered = {h.item.name for h in few.actions if isinstance(h.item, ActionSpec)}
    for example in made:
        if example.choose:
            assert {c.name for c in example.choose.candidates} - offered == {"finish", "ask", "escalate", "refuse"}
    assert "access granted" not in (made[-1].choose.history[-1] if made[-1].choose else "")


def test_values_that_stand_nowhere_are_counted_and_not_learned(lived: Lived) -> None:
    first, *others = lived.demonstration.calls
    odd = replace(first, arguments={"query": "somebody else"})
    made, report = replayed(replace(lived, demonstration=replace(lived.demonstration, calls=(odd, *others))))
    assert +report.unplaced == {"search_accounts.query": 1}
    assert not any(label.spans for label in made[0].labels)


def test_failed_calls_are_remembered_as_errors(lived: Lived) -> None:
    first, unlock, grant = lived.demonstration.calls
    failed = replace(unlock, ok=False, body={"detail": "no"}, code="not_locked")
    again = replace(lived.demonstration, calls=(first, failed, grant))
    assert [o.status for o in trajectory(again, lived.specs).observations] == ["ok", "error", "ok"]
    made, _ = replayed(replace(lived, demonstration=again), expected=True)
    assert made[2].choose
    assert made[2].choose.history[1].endswith("error not locked;")


def test_a_wrong_turn_is_seen_and_not_learned(lived: Lived) -> None:
    first, unlock, grant = lived.demonstration.calls
    wrong = replace(grant, ok=False, body={"detail": "no"}, code="no_vpn_access", astray=True)
    again = replace(lived.demonstration, calls=(first, wrong, unlock, grant))
    made, report = replayed(replace(lived, demonstration=again))
    straight, _ = replayed(lived)
    assert [e.right for e in made] == [e.right for e in straight]
    assert report.steps == 3
    assert made[1].choose
    assert "error no vpn access;" in made[1].choose.history[1]
    assert [step.action for step in trajectory(again, lived.specs).steps] == [c.action for c in (first, unlock, grant)]


def test_a_worse_day_changes_the_context_but_never_the_candidates(lived: Lived) -> None:
    other = Passage(id="o", document_id="o", heading="", text="other", start=0, end=5, content_hash="")
    others = [Hit(kind="passage", score=0.1, similarity=0.1, item=replace(other, id=f"o{i}")) for i in range(5)]
    mine = Hit(kind="passage", score=1.0, similarity=0.9, item=other)
    full = replace(lived.context, passages=(mine,), precedents=(mine,))
    days = [varied(full, random.Random(seed), others=others) for seed in range(200)]
    assert all(set(map(id, d.actions)) == set(map(id, full.actions)) for d in days)
    assert any(d.actions != full.actions for d in days)
    assert {len(d.passages) for d in days} == {0, 1, 2}
    assert 20 < sum(not d.precedents for d in days) < 100
    assert varied(full, random.Random(3), others=others) == varied(full, random.Random(3), others=others)


def test_noon() -> None:
    assert at_noon("2026-03-02").isoformat() == "2026-03-02T12:00:00"
    assert Task(id="t", text="", now=at_noon("2026-03-02")).now.date() == NOW.date()
