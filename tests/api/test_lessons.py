"""Lessons of the practice help desk: what is told in each can be known from what it shows."""

from typing import Any

import pytest
from api_world import BagEmbedder

from api.practice.desk import practice
from api.practice.lessons import BRANCHING, HANGING, JOINED, LIMITED, POLICY_WEIGHT, Lessons, helpdesk_lessons
from api.practice.walks import NOT_TOGETHER
from examples.helpdesk import tasks
from examples.helpdesk.tasks import FAMILIES, HELD_OUT
from examples.helpdesk.tasks.task import HelpDeskTask
from models.limits import BEYOND


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    with practice(embedder=BagEmbedder()) as desk:
        return helpdesk_lessons(desk, split="train", per_family=2, seed=4)


def test_lessons_hold_no_held_out_family_and_weigh_policies(lessons: Lessons) -> None:
    origins = {e.origin for e in lessons.examples}
    assert not any(f"helpdesk:{family}" in origins for family in HELD_OUT)
    assert any(origin.startswith("walk:") for origin in origins)
    alone = {f: n for f, n in lessons.families.items() if "+" not in f}
    often = {f for f in alone if f in BRANCHING or FAMILIES[f].outcome != "done"}
    assert often > BRANCHING
    assert {alone[f] for f in often} == {2 * POLICY_WEIGHT}
    assert {n for f, n in alone.items() if f not in often} == {2}
    joined = {f: n for f, n in lessons.families.items() if f not in alone}
    assert sum(joined.values()) == 2 * JOINED
    assert not {name for f in joined for name in f.split("+")} & HELD_OUT
    assert NOT_TOGETHER not in [{*f.split("+")} for f in joined]


def test_what_hangs_on_results_is_learned_from_results(lessons: Lessons) -> None:
    expected = {
        e.origin for e in lessons.examples if e.choose and any(" planned;" in line for line in e.choose.history)
    }
    assert {*FAMILIES} > HANGING | {LIMITED}
    assert {f"helpdesk:{family}" for family in FAMILIES} & expected
    assert not {f"helpdesk:{family}" for family in HANGING} & expected


def test_under_results_that_are_expected_there_is_no_wrong_turn(lessons: Lessons) -> None:
    shown = [e.choose.history for e in lessons.examples if e.choose and e.origin != f"helpdesk:{LIMITED}"]
    assert not [h for h in shown if any(" planned;" in line for line in h) and any(" error " in line for line in h)]


@pytest.fixture
def of_vpn(monkeypatch: pytest.MonkeyPatch) -> Lessons:
    """Many lessons about the limit and what it limits, and no others."""
    every = tasks.generate

    def few(*given: Any, **how: Any) -> list[HelpDeskTask]:
        return [each for each in every(*given, **how) if each.family in (LIMITED, "grant_vpn")]

    monkeypatch.setattr(tasks, "generate", few)
    with practice(embedder=BagEmbedder()) as desk:
        return helpdesk_lessons(desk, split="train", per_family=8, seed=4)


def test_what_a_limit_in_view_rules_out_is_not_tried(of_vpn: Lessons) -> None:
    limited = [(e, e.choose) for e in of_vpn.examples if e.choose and e.origin == f"helpdesk:{LIMITED}"]
    seen = [(e.right, scene) for e, scene in limited if any(" ok: " in line for line in scene.history)]
    told = {scene.candidates[right].name for right, scene in seen if BEYOND in scene.request}
    blind = [(scene.candidates[right].name, scene.history) for right, scene in seen if BEYOND not in scene.request]
    assert told == {"refuse"}
    assert any(name != "refuse" for name, _ in blind)
    assert all(" error " in " ".join(history) for name, history in blind if name == "refuse")
